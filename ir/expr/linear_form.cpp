// Polynomials over atoms: sums, products, and the way back to expressions.
#include "ir/expr/linear_form.h"

#include <algorithm>
#include <numeric>

namespace tenon {
namespace {

// Longer products are left as a product of sums: (a + b + ...) * (c + d + ...).
constexpr size_t kMaxTermsOfProduct = 32;

bool less(Expr a, Expr b) { return compare(a, b) < 0; }

// Long products first, then by content.
int compare_factors(const std::vector<Expr>& a, const std::vector<Expr>& b) {
  if (a.size() != b.size()) return a.size() > b.size() ? -1 : 1;
  for (size_t i = 0; i < a.size(); ++i)
    if (a[i] != b[i]) return compare(a[i], b[i]);
  return 0;
}

int64_t checked_add(int64_t a, int64_t b, bool& valid) {
  int64_t result = 0;
  // The least i64 is kept out, so that every number has a negative and an absolute value.
  if (__builtin_add_overflow(a, b, &result) || result == INT64_MIN) valid = false;
  return result;
}

int64_t checked_multiply(int64_t a, int64_t b, bool& valid) {
  int64_t result = 0;
  if (__builtin_mul_overflow(a, b, &result) || result == INT64_MIN) valid = false;
  return result;
}

}  // namespace

LinearForm constant_form(int64_t value) { return {value, {}, value != INT64_MIN}; }
LinearForm atom_form(Expr atom) { return {0, {{1, {atom}}}, true}; }
LinearForm form_of(Term term) {
  if (term.factors.empty()) return constant_form(term.coefficient);
  LinearForm form;
  form.terms.push_back(std::move(term));
  return form;
}

LinearForm add(const LinearForm& a, const LinearForm& b, int64_t scale) {
  LinearForm sum;
  sum.valid = a.valid && b.valid;
  if (!sum.valid) return sum;
  sum.constant = checked_add(a.constant, checked_multiply(b.constant, scale, sum.valid), sum.valid);
  sum.terms.reserve(a.terms.size() + b.terms.size());
  auto x = a.terms.begin(), y = b.terms.begin();
  while (x != a.terms.end() || y != b.terms.end()) {
    int order = x == a.terms.end()   ? 1
                : y == b.terms.end() ? -1
                                     : compare_factors(x->factors, y->factors);
    int64_t coefficient = 0;
    if (order <= 0) coefficient = x->coefficient;
    if (order >= 0)
      coefficient =
          checked_add(coefficient, checked_multiply(y->coefficient, scale, sum.valid), sum.valid);
    if (coefficient != 0) sum.terms.push_back({coefficient, order <= 0 ? x->factors : y->factors});
    if (order <= 0) ++x;
    if (order >= 0) ++y;
  }
  return sum;
}

LinearForm scaled(const LinearForm& a, int64_t scale) { return add({}, a, scale); }

LinearForm multiply(const LinearForm& a, const LinearForm& b) {
  if (a.is_constant()) return scaled(b, a.constant);
  if (b.is_constant()) return scaled(a, b.constant);
  LinearForm product;
  product.valid =
      a.valid && b.valid && (a.terms.size() + 1) * (b.terms.size() + 1) <= kMaxTermsOfProduct;
  if (!product.valid) return product;
  std::vector<Term> terms;
  for (const Term& x : a.terms) {
    for (const Term& y : b.terms) {
      Term term{checked_multiply(x.coefficient, y.coefficient, product.valid), {}};
      std::merge(x.factors.begin(), x.factors.end(), y.factors.begin(), y.factors.end(),
                 std::back_inserter(term.factors), less);
      terms.push_back(std::move(term));
    }
  }
  std::sort(terms.begin(), terms.end(),
            [](const Term& x, const Term& y) { return compare_factors(x.factors, y.factors) < 0; });
  for (Term& term : terms) {
    if (product.terms.empty() || product.terms.back().factors != term.factors) {
      product.terms.push_back(std::move(term));
    } else {
      Term& last = product.terms.back();
      last.coefficient = checked_add(last.coefficient, term.coefficient, product.valid);
    }
  }
  std::erase_if(product.terms, [](const Term& term) { return term.coefficient == 0; });
  LinearForm a_part = a, b_part = b;
  a_part.constant = 0;
  b_part.constant = 0;
  product = add(product, a_part, b.constant);
  product = add(product, b_part, a.constant);
  product.constant = checked_multiply(a.constant, b.constant, product.valid);
  return product;
}

bool same(const LinearForm& a, const LinearForm& b) {
  if (!a.valid || !b.valid || a.constant != b.constant || a.terms.size() != b.terms.size())
    return false;
  for (size_t i = 0; i < a.terms.size(); ++i)
    if (a.terms[i].coefficient != b.terms[i].coefficient ||
        a.terms[i].factors != b.terms[i].factors)
      return false;
  return true;
}

LinearForm linear_form(Expr e) {
  if (const int64_t* value = as_int(e)) {
    LinearForm form = constant_form(*value);
    return form.valid ? form : atom_form(e);
  }
  const Apply* apply = e.as<Apply>();
  if (!apply) return atom_form(e);
  LinearForm form;
  switch (apply->op) {
    case Op::Add: form = add(linear_form(apply->operand(0)), linear_form(apply->operand(1))); break;
    case Op::Sub:
      form = add(linear_form(apply->operand(0)), linear_form(apply->operand(1)), -1);
      break;
    case Op::Neg: form = scaled(linear_form(apply->operand(0)), -1); break;
    case Op::Mul:
      form = multiply(linear_form(apply->operand(0)), linear_form(apply->operand(1)));
      break;
    default: return atom_form(e);
  }
  return form.valid ? form : atom_form(e);
}

bool divides(const Term& divisor, const Term& term) {
  return term.coefficient % divisor.coefficient == 0 &&
         std::includes(term.factors.begin(), term.factors.end(), divisor.factors.begin(),
                       divisor.factors.end(), less);
}

Term quotient(const Term& term, const Term& divisor) {
  Term result{term.coefficient / divisor.coefficient, {}};
  std::set_difference(term.factors.begin(), term.factors.end(), divisor.factors.begin(),
                      divisor.factors.end(), std::back_inserter(result.factors), less);
  return result;
}

int64_t content(const LinearForm& form) {
  int64_t divisor = 0;
  for (const Term& term : form.terms) divisor = std::gcd(divisor, term.coefficient);
  return divisor;
}

Split split_by(const LinearForm& form, Expr atom) {
  Split split;
  split.coefficient.valid = split.rest.valid = form.valid;
  split.rest.constant = form.constant;
  for (const Term& term : form.terms) {
    auto occurrences = std::count(term.factors.begin(), term.factors.end(), atom);
    if (occurrences == 0) {
      split.rest.terms.push_back(term);
    } else if (occurrences > 1) {
      split.linear = false;
    } else {
      // Removing one factor can change the order of terms, so each is added.
      split.coefficient = add(split.coefficient, form_of(quotient(term, {1, {atom}})));
    }
  }
  return split;
}

Expr single_atom(const LinearForm& form) {
  bool single = form.valid && form.constant == 0 && form.terms.size() == 1 &&
                form.terms[0].coefficient == 1 && form.terms[0].factors.size() == 1;
  return single ? form.terms[0].factors[0] : Expr();
}

Expr build(ExprPool& pool, const LinearForm& form) {
  TENON_CHECK(form.valid, "an invalid form has no expression");
  std::vector<const Term*> order;
  for (const Term& term : form.terms) order.push_back(&term);
  std::stable_sort(order.begin(), order.end(), [](const Term* a, const Term* b) {
    if ((a->coefficient > 0) != (b->coefficient > 0)) return a->coefficient > 0;
    if (a->factors.size() != b->factors.size()) return a->factors.size() > b->factors.size();
    return std::abs(a->coefficient) > std::abs(b->coefficient);
  });
  auto product = [&](const Term& term, int64_t coefficient) {
    Expr result = term.factors[0];
    for (size_t i = 1; i < term.factors.size(); ++i) result = result * term.factors[i];
    return result * pool.index(coefficient);
  };
  Expr sum;
  int64_t constant = form.constant;
  bool all_negative = order.empty() || order[0]->coefficient < 0;
  if (all_negative && (constant > 0 || order.empty())) {
    sum = pool.index(constant);
    constant = 0;
  }
  for (const Term* term : order) {
    if (!sum)
      sum = term->coefficient == -1 ? -product(*term, 1) : product(*term, term->coefficient);
    else if (term->coefficient > 0)
      sum = sum + product(*term, term->coefficient);
    else
      sum = sum - product(*term, -term->coefficient);
  }
  return constant < 0 ? sum - pool.index(-constant) : sum + pool.index(constant);
}

}  // namespace tenon
