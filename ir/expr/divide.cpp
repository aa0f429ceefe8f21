// The rules of division. In comments, quotient and remainder of one rule stand together; a, b, k, x
// stand for polynomials, c and g for positive integers, d, e and f for what is proved positive.
#include "ir/expr/divide.h"

#include <algorithm>
#include <functional>
#include <numeric>
#include <set>

namespace tenon {
namespace {

constexpr int kMaxStepsOfLongDivision = 16;

int64_t floor_div(int64_t a, int64_t c) { return a / c - (a % c < 0); }
int64_t floor_mod(int64_t a, int64_t c) { return a - floor_div(a, c) * c; }

bool is_monomial(const LinearForm& form) {
  return form.valid &&
         (form.terms.empty() ? form.constant != 0 : form.terms.size() == 1 && form.constant == 0);
}

Term monomial(const LinearForm& form) {
  return form.terms.empty() ? Term{form.constant, {}} : form.terms[0];
}

// The terms of `form` (its constant is one) that `divisor` divides, divided by it; the others go to
// `rest`.
LinearForm divisible_part(const LinearForm& form, const Term& divisor, LinearForm& rest) {
  LinearForm part;
  rest = {};
  for (const Term& term : form.terms) {
    bool whole = divides(divisor, term);
    LinearForm& target = whole ? part : rest;
    target = add(target, form_of(whole ? quotient(term, divisor) : term));
  }
  bool whole =
      form.constant != 0 && divisor.factors.empty() && form.constant % divisor.coefficient == 0;
  (whole ? part : rest).constant = whole ? form.constant / divisor.coefficient : form.constant;
  return part;
}

// n / d where that is a polynomial; d is a monomial.
bool divide_exactly(const LinearForm& n, const LinearForm& d, LinearForm& result) {
  if (!n.valid || !is_monomial(d)) return false;
  LinearForm rest;
  result = divisible_part(n, monomial(d), rest);
  return rest.is_zero();
}

}  // namespace

LinearForm Division::operator()(Part part, const LinearForm& n, const LinearForm& d) {
  if (d.is_constant() && d.constant > 0) return by_constant(part, n, d.constant);
  if (d.is_constant() || !bounds_.positive(d)) return unresolved(part, n, d);
  return by_form(part, n, d);
}

LinearForm Division::by_constant(Part part, const LinearForm& n, int64_t c) {
  bool quotient = part == Part::Quotient;
  // x // 1 = x                      x % 1 = 0
  if (c == 1) return quotient ? n : LinearForm{};

  // (c*a + b) // c = a + b // c     (c*a + b) % c = b % c
  LinearForm rest, whole = divisible_part(n, {c, {}}, rest);
  whole.constant = floor_div(n.constant, c);
  rest.constant = floor_mod(n.constant, c);
  if (!whole.is_zero()) {
    LinearForm result =
        quotient ? add(whole, by_constant(part, rest, c)) : by_constant(part, rest, c);
    return result.valid ? result : unresolved(part, n, constant_form(c));
  }

  // b // c = k                      b % c = b - c*k                where c*k <= b < c*k + c
  auto constant_quotient = [this](const LinearForm& b, int64_t divisor, int64_t& k) {
    Interval range = bounds_.of(b);
    if (!range.bounded() || floor_div(range.min, divisor) != floor_div(range.max, divisor))
      return false;
    k = floor_div(range.min, divisor);
    return true;
  };
  int64_t k = 0;
  if (constant_quotient(rest, c, k))
    return quotient ? constant_form(k) : add(rest, constant_form(c), -k);

  // (g*a + b) // (g*c) = a // c     ... % (g*c) = g*(a % c) + b    where 0 <= b < g
  std::set<int64_t, std::greater<>> divisors;
  for (const Term& term : rest.terms) divisors.insert(std::gcd(term.coefficient, c));
  for (int64_t g : divisors) {
    if (g == 1) break;
    LinearForm b, a = divisible_part(rest, {g, {}}, b);
    a.constant = floor_div(rest.constant, g);
    b.constant = floor_mod(rest.constant, g);
    if (!constant_quotient(b, g, k)) continue;
    a = add(a, constant_form(k));
    if (quotient) return by_constant(part, a, c / g);
    LinearForm result = add(add(b, constant_form(g), -k), by_constant(part, a, c / g), g);
    if (result.valid) return result;
  }
  return of_divisions(part, rest, constant_form(c));
}

bool Division::within(const LinearForm& n, const LinearForm& d) {
  return bounds_.nonnegative(n) && bounds_.positive(add(d, n, -1));
}

LinearForm Division::by_form(Part part, const LinearForm& n, const LinearForm& d) {
  bool want_quotient = part == Part::Quotient;
  // b // d = 0                      b % d = b                      where 0 <= b < d
  if (within(n, d)) return want_quotient ? LinearForm{} : n;
  // b // d = -1                     b % d = b + d                  where -d <= b < 0
  if (within(add(n, d), d)) return want_quotient ? constant_form(-1) : add(n, d);

  // (a*d + b) // d = a + b // d     (a*d + b) % d = b % d
  LinearForm a, b = n;
  for (int step = 0; step < kMaxStepsOfLongDivision; ++step) {
    auto found = std::find_if(b.terms.begin(), b.terms.end(),
                              [&](const Term& t) { return divides(d.terms[0], t); });
    if (found == b.terms.end()) break;
    LinearForm multiple = form_of(quotient(*found, d.terms[0]));
    a = add(a, multiple);
    b = add(b, multiply(multiple, d), -1);
    if (!a.valid || !b.valid) break;
  }
  bool resolved = a.valid && b.valid && !a.is_zero();
  if (resolved && (b.terms.size() < n.terms.size() || within(b, d) || within(add(b, d), d))) {
    LinearForm result = want_quotient ? add(a, by_form(part, b, d)) : by_form(part, b, d);
    if (result.valid) return result;
  }

  // (f*a) // (f*d) = a // d         (f*a) % (f*d) = f*(a % d)
  auto without = [&](const Term& common, const LinearForm& numerator, LinearForm& result) {
    LinearForm smaller_n, smaller_d, f = form_of(common);
    if (!divide_exactly(numerator, f, smaller_n) || !divide_exactly(d, f, smaller_d)) return false;
    result = (*this)(part, smaller_n, smaller_d);
    if (!want_quotient) result = multiply(result, f);
    return result.valid;
  };
  LinearForm result;
  int64_t g = std::gcd(std::gcd(content(n), n.constant), std::gcd(content(d), d.constant));
  if (g > 1 && without({g, {}}, n, result)) return result;
  for (Expr factor : d.terms[0].factors)
    if (bounds_.positive(atom_form(factor)) && without({1, {factor}}, n, result)) return result;

  // (f*a + b) // (f*d) = a // d     ... % (f*d) = f*(a % d) + b    where 0 <= b < f
  if (is_monomial(d)) {
    std::vector<Term> parts;  // f is all of the divisor but one factor
    if (d.terms[0].coefficient > 1) parts.push_back({d.terms[0].coefficient, {}});
    for (Expr factor : d.terms[0].factors) parts.push_back({1, {factor}});
    for (const Term& divisor : parts) {
      Term f = quotient(d.terms[0], divisor);
      LinearForm remainder, multiple = divisible_part(n, f, remainder);
      if (f.factors.empty() && f.coefficient == 1) continue;
      if (multiple.is_zero() || !within(remainder, form_of(f))) continue;
      result = (*this)(part, multiple, form_of(divisor));
      if (!want_quotient) result = add(multiply(result, form_of(f)), remainder);
      if (result.valid) return result;
    }
  }
  return of_divisions(part, n, d);
}

LinearForm Division::of_divisions(Part part, const LinearForm& n, const LinearForm& d) {
  Expr atom = n.terms.size() == 1 && n.terms[0].coefficient == 1 && n.terms[0].factors.size() == 1
                  ? n.terms[0].factors[0]
                  : Expr();
  if (part == Part::Quotient && atom) {
    // (x//e + k) // d = (x + k*e) // (e*d)                where k is a constant
    if (const Apply* inner = atom.as_op(Op::FloorDiv)) {
      LinearForm x = linear_form(inner->operand(0)), e = linear_form(inner->operand(1)),
                 product = multiply(e, d);
      LinearForm dividend = add(x, e, n.constant);
      if (is_monomial(e) && is_monomial(d) && product.valid && dividend.valid &&
          bounds_.positive(e))
        return (*this)(part, dividend, product);
    }
    // (x % (e*d)) // d = (x // d) % e
    const Apply* inner = n.constant == 0 ? atom.as_op(Op::FloorMod) : nullptr;
    LinearForm e;
    if (inner && divide_exactly(linear_form(inner->operand(1)), d, e))
      return (*this)(Part::Remainder, (*this)(Part::Quotient, linear_form(inner->operand(0)), d),
                     e);
  }
  if (part == Part::Remainder) {
    // (k*(x % e) + b) % d = (k*x + b) % d                 where d divides k*e
    for (const Term& term : n.terms) {
      for (Expr factor : term.factors) {
        const Apply* inner = factor.as_op(Op::FloorMod);
        if (!inner) continue;
        LinearForm k = form_of(quotient(term, {1, {factor}})), multiple;
        if (!divide_exactly(multiply(k, linear_form(inner->operand(1))), d, multiple)) continue;
        LinearForm dividend =
            add(n, multiply(k, add(linear_form(inner->operand(0)), atom_form(factor), -1)));
        if (dividend.valid) return (*this)(part, dividend, d);
      }
    }
  }
  return unresolved(part, n, d);
}

LinearForm Division::unresolved(Part part, const LinearForm& n, const LinearForm& d) {
  Op op = part == Part::Quotient ? Op::FloorDiv : Op::FloorMod;
  return linear_form(pool_.apply(op, {build(pool_, n), build(pool_, d)}));
}

}  // namespace tenon
