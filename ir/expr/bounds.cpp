// Bounds of polynomials; see bounds.h for the method. The elimination of variables by the sign of
// their coefficient is that of Fourier and Motzkin, restricted to one path, as in the index provers
// of Halide and Exo.
#include "ir/expr/bounds.h"

#include <algorithm>

#include "ir/expr/fold.h"

namespace tenon {
namespace {

constexpr int64_t kMin = Interval::kMin, kMax = Interval::kMax;

bool infinite(int64_t x) { return x == kMin || x == kMax; }

int64_t negate(int64_t x) { return x == kMin ? kMax : x == kMax ? kMin : -x; }

int64_t clamp(__int128 x) { return x <= kMin ? kMin : x >= kMax ? kMax : static_cast<int64_t>(x); }

int64_t multiply_bound(int64_t a, int64_t b) {
  if (a == 0 || b == 0) return 0;
  if (infinite(a) || infinite(b)) return (a < 0) == (b < 0) ? kMax : kMin;
  return clamp(static_cast<__int128>(a) * b);
}

int64_t floor_div_bound(int64_t a, int64_t b) {
  if (infinite(a)) return b == kMax ? (a < 0 ? kMin : kMax) : a;
  if (b == kMax) return a < 0 ? -1 : 0;
  int64_t quotient = a / b;
  return a % b != 0 && a < 0 ? quotient - 1 : quotient;
}

int64_t ceil_div(int64_t a, int64_t b) { return infinite(a) ? a : negate(floor_div_bound(-a, b)); }

Interval interval_union(Interval a, Interval b) {
  return {std::min(a.min, b.min), std::max(a.max, b.max)};
}

// What a conversion to index can give.
Interval interval_of_type(DType type) {
  if (type == DType::Bool) return {0, 1};
  int bits = bits_of(type);
  if (is_float(type) || type == DType::String || bits >= 64) return {};
  return is_signed(type) ? Interval{-(int64_t{1} << (bits - 1)), (int64_t{1} << (bits - 1)) - 1}
                         : Interval{0, (int64_t{1} << bits) - 1};
}

}  // namespace

Interval interval_add(Interval a, Interval b) {
  return {a.min == kMin || b.min == kMin ? kMin : clamp(static_cast<__int128>(a.min) + b.min),
          a.max == kMax || b.max == kMax ? kMax : clamp(static_cast<__int128>(a.max) + b.max)};
}

Interval interval_multiply(Interval a, Interval b) {
  int64_t corners[] = {multiply_bound(a.min, b.min), multiply_bound(a.min, b.max),
                       multiply_bound(a.max, b.min), multiply_bound(a.max, b.max)};
  return {*std::min_element(corners, corners + 4), *std::max_element(corners, corners + 4)};
}

Interval interval_floor_div(Interval a, Interval b) {
  if (b.min < 1) return {};
  return {floor_div_bound(a.min, a.min < 0 ? b.min : b.max),
          floor_div_bound(a.max, a.max < 0 ? b.max : b.min)};
}

Interval interval_floor_mod(Interval a, Interval b) {
  if (b.min < 1) return {};
  if (a.min >= 0 && a.max < b.min) return a;
  int64_t most = b.max == kMax ? kMax : b.max - 1;
  return {0, a.min >= 0 ? std::min(a.max, most) : most};
}

int64_t Bounds::lower(const LinearForm& form, int64_t enough) {
  if (searching_) return search(form, enough);
  searching_ = true;
  left_ = budget_;
  int64_t result = search(form, enough);
  searching_ = false;
  return result;
}

int64_t Bounds::upper(const LinearForm& form, int64_t enough) {
  return negate(lower(scaled(form, -1), negate(enough)));
}

int64_t Bounds::search(const LinearForm& form, int64_t enough) {
  if (!form.valid) return kMin;
  if (form.terms.empty()) return form.constant;
  left_ -= static_cast<int>(form.terms.size());
  if (left_ < 0) return kMin;
  int64_t best = sum_interval(form).min;
  if (best >= enough || interval_is_exact(form)) return best;

  // Innermost first: the atom that depends on the longest chain of others.
  std::vector<Expr> atoms;
  for (const Term& term : form.terms)
    for (Expr atom : term.factors)
      if (std::find(atoms.begin(), atoms.end(), atom) == atoms.end()) atoms.push_back(atom);
  std::stable_sort(atoms.begin(), atoms.end(),
                   [this](Expr a, Expr b) { return depth(a) > depth(b); });
  for (Expr atom : atoms)
    if (std::optional<int64_t> found = eliminate(form, atom, enough)) return std::max(best, *found);
  return best;
}

std::optional<int64_t> Bounds::eliminate(const LinearForm& form, Expr atom, int64_t enough) {
  Split split = split_by(form, atom);
  if (!split.linear) return std::nullopt;
  Interval sign = sum_interval(split.coefficient);
  bool up = sign.min >= 0 || search(split.coefficient, 0) >= 0;  // least where the atom is least
  bool down = !up && (sign.max <= 0 || search(scaled(split.coefficient, -1), 0) >= 0);
  auto with = [&](const LinearForm& value) {
    return add(split.rest, multiply(split.coefficient, value));
  };
  auto lower_with = [&](const LinearForm& value) { return search(with(value), enough); };

  if (const Ranges::Range* range = range_of(atom)) {
    if (up) return range->min ? std::optional(lower_with(form_of_bound(range->min))) : std::nullopt;
    if (down)
      return range->max ? std::optional(lower_with(form_of_bound(range->max))) : std::nullopt;
    if (!range->min || !range->max) return std::nullopt;
    // A polynomial that is linear in the variable is least at one of the ends.
    const std::string& name = atom.as<Var>()->name;
    for (const Term& term : form.terms)
      for (Expr factor : term.factors)
        if (factor != atom && uses_var(factor, name)) return std::nullopt;
    return std::min(lower_with(form_of_bound(range->min)), lower_with(form_of_bound(range->max)));
  }
  const Apply* apply = atom.as<Apply>();
  if (!apply) return std::nullopt;
  auto operand = [&](int i) { return linear_form(apply->operand(i)); };
  switch (apply->op) {
    case Op::Min:  // at most either operand, at least one of them
      if (up) return std::min(lower_with(operand(0)), lower_with(operand(1)));
      if (down) return std::max(lower_with(operand(0)), lower_with(operand(1)));
      return std::nullopt;
    case Op::Max:
      if (up) return std::max(lower_with(operand(0)), lower_with(operand(1)));
      if (down) return std::min(lower_with(operand(0)), lower_with(operand(1)));
      return std::nullopt;
    case Op::Select: return std::min(lower_with(operand(1)), lower_with(operand(2)));
    case Op::FloorDiv:
      if (!up && !down) return std::nullopt;
      return eliminate_division(operand(0), operand(1), split, up, enough);
    case Op::FloorMod: {  // between 0 and divisor - 1, and at most a nonnegative dividend
      LinearForm divisor = operand(1);
      if ((!up && !down) || search(divisor, 1) < 1) return std::nullopt;
      if (up) return lower_with(constant_form(0));
      int64_t by_divisor = lower_with(add(divisor, constant_form(-1)));
      if (by_divisor >= enough || search(operand(0), 0) < 0) return by_divisor;
      return std::max(by_divisor, lower_with(operand(0)));
    }
    default: return std::nullopt;
  }
}

// form = coefficient * (x // divisor) + rest, where x - divisor + 1 <= divisor * (x // divisor) <=
// x.
std::optional<int64_t> Bounds::eliminate_division(const LinearForm& x, const LinearForm& divisor,
                                                  const Split& split, bool at_least,
                                                  int64_t enough) {
  if (search(divisor, 1) < 1) return std::nullopt;
  LinearForm extreme = at_least ? add(add(x, divisor, -1), constant_form(1)) : x;
  // Where the coefficient is k * divisor, no fraction appears.
  if (divisor.is_constant() && split.coefficient.is_constant() &&
      split.coefficient.constant % divisor.constant == 0)
    return search(add(split.rest, extreme, split.coefficient.constant / divisor.constant), enough);
  for (int64_t sign : {1, -1})
    if (same(split.coefficient, scaled(divisor, sign)))
      return search(add(split.rest, extreme, sign), enough);
  LinearForm multiple =
      add(multiply(split.coefficient, extreme), multiply(divisor, split.rest));  // divisor * form
  if (divisor.is_constant()) {
    int64_t wanted = infinite(enough) ? enough : multiply_bound(enough, divisor.constant);
    return ceil_div(search(multiple, wanted), divisor.constant);
  }
  // Of a symbolic multiple only the sign tells: divisor * form > -divisor proves form >= 0.
  if (enough <= 0 && search(add(add(multiple, divisor), constant_form(-1)), 0) >= 0) return 0;
  return std::nullopt;
}

Interval Bounds::sum_interval(const LinearForm& form) {
  Interval sum{form.constant, form.constant};
  for (const Term& term : form.terms) {
    Interval product{term.coefficient, term.coefficient};
    for (Expr factor : term.factors) product = interval_multiply(product, atom_interval(factor));
    sum = interval_add(sum, product);
  }
  return sum;
}

Interval Bounds::atom_interval(Expr atom) {
  auto found = intervals_.find(atom.node());
  if (found != intervals_.end()) return found->second;
  Interval interval = compute_atom_interval(atom);
  if (left_ >= 0) intervals_.emplace(atom.node(), interval);  // else the search was cut short
  return interval;
}

Interval Bounds::compute_atom_interval(Expr atom) {
  auto bounds = [this](Expr e) {
    LinearForm form = linear_form(e);
    return Interval{search(form, kMax), negate(search(scaled(form, -1), kMax))};
  };
  if (const Ranges::Range* range = range_of(atom)) {
    Interval interval;
    if (range->min) interval.min = search(form_of_bound(range->min), kMax);
    if (range->max) interval.max = negate(search(scaled(form_of_bound(range->max), -1), kMax));
    return interval;
  }
  if (const Cast* cast = atom.as<Cast>())
    return cast->bits ? Interval{} : interval_of_type(cast->value().type());
  const Apply* apply = atom.as<Apply>();
  if (!apply || atom.type() != DType::Index) return {};
  switch (apply->op) {
    case Op::FloorDiv:
      return interval_floor_div(bounds(apply->operand(0)), bounds(apply->operand(1)));
    case Op::FloorMod:
      return interval_floor_mod(bounds(apply->operand(0)), bounds(apply->operand(1)));
    case Op::Mul: return interval_multiply(bounds(apply->operand(0)), bounds(apply->operand(1)));
    case Op::Select: return interval_union(bounds(apply->operand(1)), bounds(apply->operand(2)));
    case Op::Min: {
      Interval a = bounds(apply->operand(0)), b = bounds(apply->operand(1));
      return {std::min(a.min, b.min), std::min(a.max, b.max)};
    }
    case Op::Max: {
      Interval a = bounds(apply->operand(0)), b = bounds(apply->operand(1));
      return {std::max(a.min, b.min), std::max(a.max, b.max)};
    }
    case Op::Abs: {
      Interval a = bounds(apply->operand(0));
      int64_t most = std::max(negate(a.min), a.max);
      return {std::max({int64_t{0}, a.min, negate(a.max)}), most};
    }
    default: return {};
  }
}

bool Bounds::interval_is_exact(const LinearForm& form) {
  for (size_t i = 0; i < form.terms.size(); ++i) {
    const std::vector<Expr>& factors = form.terms[i].factors;
    if (factors.size() != 1) return false;  // the variable of another term may be a factor here
    const Ranges::Range* range = range_of(factors[0]);
    if (!range || !range->min || !range->max || !as_int(range->min) || !as_int(range->max))
      return false;
  }
  return true;
}

// The length of the longest chain of dependencies: through operands, and from a variable to the
// ends of its range.
int Bounds::depth(Expr e) {
  auto [found, inserted] = depths_.emplace(e.node(), 0);  // a cycle of ranges ends here
  if (!inserted) return found->second;
  int deepest = 0;
  auto visit = [&](Expr child) {
    if (child) deepest = std::max(deepest, depth(pool_.import(child)) + 1);
  };
  for (Expr child : e.children()) visit(child);
  if (const Ranges::Range* range = range_of(e)) {
    visit(range->min);
    visit(range->max);
  }
  return depths_[e.node()] = deepest;
}

const Ranges::Range* Bounds::range_of(Expr atom) {
  const Var* var = atom.as<Var>();
  return var ? ranges_.find(var->name) : nullptr;
}

}  // namespace tenon
