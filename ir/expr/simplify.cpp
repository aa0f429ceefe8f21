// The simplifier: one memoised walk, children first. An index expression becomes a polynomial, is
// put in normal form and built again; rules stand one a line with their identity. Each rule leaves
// fewer divisions, modulos, min, max, terms or conditions than it found, or smaller divisors, so
// the walk ends.
#include "ir/expr/simplify.h"

#include <algorithm>

#include "ir/expr/bounds.h"
#include "ir/expr/divide.h"
#include "ir/expr/linear_form.h"

namespace tenon {
namespace {

constexpr int kBudgetOfSimplify = 200;
constexpr int kBudgetOfProve = 1000;
// Longer lists of operands of min, max, and, or are searched for equal ones only.
constexpr size_t kMaxOperandsCompared = 8;

class Simplifier final : public Rewriter {
 public:
  Simplifier(ExprPool& pool, const Ranges& ranges, int budget)
      : Rewriter(pool), bounds_(pool, ranges, budget), divide_(pool, bounds_) {}

  Bounds& bounds() { return bounds_; }
  /// The normal form of an index expression.
  const LinearForm& form(Expr e);

 private:
  Expr rewrite(Expr e) override;

  LinearForm compute_form(Expr e);
  LinearForm or_unresolved(LinearForm result, Op op, const LinearForm& a, const LinearForm& b);
  LinearForm join_divisions(LinearForm sum);
  Expr extremum(Op op, Expr e);

  Expr compare_index(Op op, const LinearForm& a, const LinearForm& b);
  Expr inequality(LinearForm difference);
  Expr equality(Op op, LinearForm difference);
  Expr negated(Expr condition);
  Expr logical(Op op, Expr e);
  bool implies(Expr a, Expr b);
  bool contradict(Expr a, Expr b);

  Bounds bounds_;
  Division divide_;
  std::unordered_map<const ExprNode*, LinearForm> forms_;  // looked up, never iterated
};

Expr Simplifier::rewrite(Expr e) {
  if (e.type() == DType::Index) return build(pool(), form(e));
  const Apply* apply = e.as<Apply>();
  if (!apply) return rewrite_children(e);
  switch (apply->op) {
    case Op::Eq:
    case Op::Ne:
    case Op::Lt:
    case Op::Le:
      if (apply->operand(0).type() != DType::Index) return rewrite_children(e);
      return compare_index(apply->op, form(apply->operand(0)), form(apply->operand(1)));
    case Op::And:
    case Op::Or: return e.type() == DType::Bool ? logical(apply->op, e) : rewrite_children(e);
    case Op::Not:
      return e.type() == DType::Bool ? negated((*this)(apply->operand(0))) : rewrite_children(e);
    default: return rewrite_children(e);
  }
}

// ---- sums and products --------------------------------------------------------------------------

const LinearForm& Simplifier::form(Expr e) {
  auto found = forms_.find(e.node());
  if (found != forms_.end()) return found->second;
  LinearForm result = compute_form(e);
  return forms_.emplace(e.node(), std::move(result)).first->second;
}

LinearForm Simplifier::compute_form(Expr e) {
  if (const Cast* cast = e.as<Cast>(); cast && !cast->bits) {
    // index(i64(x)) = x
    const Cast* inner = cast->value().as<Cast>();
    if (inner && !inner->bits && inner->type == DType::I64 && inner->value().type() == DType::Index)
      return form(inner->value());
  }
  const Apply* apply = e.as<Apply>();
  if (!apply) return linear_form(rewrite_children(e));
  auto operand = [&](int i) -> const LinearForm& { return form(apply->operand(i)); };
  switch (apply->op) {
    case Op::Add:
      return or_unresolved(add(operand(0), operand(1)), Op::Add, operand(0), operand(1));
    case Op::Sub:
      return or_unresolved(add(operand(0), operand(1), -1), Op::Sub, operand(0), operand(1));
    case Op::Neg: return or_unresolved(scaled(operand(0), -1), Op::Sub, {}, operand(0));
    case Op::Mul:
      return or_unresolved(multiply(operand(0), operand(1)), Op::Mul, operand(0), operand(1));
    case Op::FloorDiv: return divide_(Division::Part::Quotient, operand(0), operand(1));
    case Op::FloorMod: return divide_(Division::Part::Remainder, operand(0), operand(1));
    case Op::Min:
    case Op::Max: return linear_form(extremum(apply->op, e));
    default: return linear_form(rewrite_children(e));
  }
}

// What leaves i64 or grows too long stays an operation on its simplified operands.
LinearForm Simplifier::or_unresolved(LinearForm result, Op op, const LinearForm& a,
                                     const LinearForm& b) {
  if (result.valid) return join_divisions(std::move(result));
  Expr x = build(pool(), a), y = build(pool(), b);
  if (op != Op::Sub && compare(y, x) < 0) std::swap(x, y);
  return atom_form(pool().apply(op, {x, y}));
}

int divisions_in(const LinearForm& form) {
  int count = 0;
  for (const Term& term : form.terms)
    for (Expr factor : term.factors)
      count += factor.as_op(Op::FloorDiv) || factor.as_op(Op::FloorMod);
  return count;
}

// k*d*(x//d) + k*(x%d) = k*x
LinearForm Simplifier::join_divisions(LinearForm sum) {
  int divisions = divisions_in(sum);
  if (divisions < 2) return sum;
  for (const Term& term : sum.terms) {
    for (Expr factor : term.factors) {
      const Apply* modulo = factor.as_op(Op::FloorMod);
      if (!modulo) continue;
      LinearForm x = linear_form(modulo->operand(0)), d = linear_form(modulo->operand(1));
      LinearForm k = form_of(quotient(term, {1, {factor}}));
      LinearForm multiple = multiply(multiply(k, d), divide_(Division::Part::Quotient, x, d));
      LinearForm without = add(sum, multiple, -1);
      if (!without.valid || divisions_in(without) >= divisions)
        continue;  // the other half is not there
      LinearForm joined = add(without, multiply(k, add(x, atom_form(factor), -1)));
      if (joined.valid && divisions_in(joined) < divisions)
        return join_divisions(std::move(joined));
    }
  }
  return sum;
}

// ---- min and max --------------------------------------------------------------------------------

void flatten(Op op, Expr e, std::vector<Expr>& operands) {
  if (const Apply* apply = e.as_op(op)) {
    for (Expr child : apply->children) flatten(op, child, operands);
  } else {
    operands.push_back(e);
  }
}

// min(a, b) = a where a <= b;   max(a, b) = a where b <= a.   Operands in one order, a literal
// last.
Expr Simplifier::extremum(Op op, Expr e) {
  std::vector<Expr> written, operands, kept;
  flatten(op, e, written);
  for (Expr operand : written) flatten(op, (*this)(operand), operands);
  auto wins = [&](Expr a, Expr b) {
    if (a == b) return true;
    if (operands.size() > kMaxOperandsCompared) return false;
    LinearForm difference = add(linear_form(b), linear_form(a), -1);
    return bounds_.nonnegative(op == Op::Min ? difference : scaled(difference, -1));
  };
  for (Expr operand : operands) {
    if (std::any_of(kept.begin(), kept.end(), [&](Expr other) { return wins(other, operand); }))
      continue;
    std::erase_if(kept, [&](Expr other) { return wins(operand, other); });
    kept.push_back(operand);
  }
  std::sort(kept.begin(), kept.end(), [](Expr a, Expr b) {
    if ((as_int(a) != nullptr) != (as_int(b) != nullptr)) return as_int(b) != nullptr;
    return compare(a, b) < 0;
  });
  Expr result = kept[0];
  for (size_t i = 1; i < kept.size(); ++i) result = pool().apply(op, {result, kept[i]});
  return result;
}

// ---- conditions ---------------------------------------------------------------------------------

Expr Simplifier::compare_index(Op op, const LinearForm& a, const LinearForm& b) {
  bool equal = op == Op::Eq || op == Op::Ne;
  LinearForm difference = equal ? add(a, b, -1) : add(b, a, -1);
  if (op == Op::Lt) difference = add(difference, constant_form(-1));
  if (!difference.valid) return pool().apply(op, {build(pool(), a), build(pool(), b)});
  return equal ? equality(op, std::move(difference)) : inequality(std::move(difference));
}

void divide_terms(LinearForm& form, int64_t divisor) {
  for (Term& term : form.terms) term.coefficient /= divisor;
}

// Positive terms to one side, negative ones to the other; both without constant.
void sides(const LinearForm& difference, LinearForm& positive, LinearForm& negative) {
  for (const Term& term : difference.terms) {
    if (term.coefficient > 0)
      positive.terms.push_back(term);
    else
      negative.terms.push_back({-term.coefficient, term.factors});
  }
}

// difference >= 0, written as a < b, or a <= b where that needs no constant.
Expr Simplifier::inequality(LinearForm difference) {
  if (bounds_.nonnegative(difference)) return pool().boolean(true);
  if (bounds_.nonnegative(add(scaled(difference, -1), constant_form(-1))))
    return pool().boolean(false);
  // g*a + k >= 0 = a + k//g >= 0
  int64_t g = content(difference);
  divide_terms(difference, g);
  int64_t k = difference.constant / g - (difference.constant % g < 0);
  LinearForm left, right;
  sides(difference, right, left);
  if (k == 0) return le(build(pool(), left), build(pool(), right));
  // a <= b + k = a < b + (k + 1); the constant goes where it is positive, or stands alone
  if (right.terms.empty() || (k >= 0 && !left.terms.empty()))
    right.constant = k + 1;
  else
    left.constant = -(k + 1);
  return lt(build(pool(), left), build(pool(), right));
}

// difference == 0 or != 0, written as a == b with the leading term on the left.
Expr Simplifier::equality(Op op, LinearForm difference) {
  bool when_equal = op == Op::Eq;
  if (difference.is_zero()) return pool().boolean(when_equal);
  LinearForm opposite = scaled(difference, -1);
  bool at_least = bounds_.nonnegative(difference), at_most = bounds_.nonnegative(opposite);
  if (at_least && at_most) return pool().boolean(when_equal);
  if (at_least && bounds_.positive(difference)) return pool().boolean(!when_equal);
  if (at_most && bounds_.positive(opposite)) return pool().boolean(!when_equal);
  // g*a + k == 0 is false where g does not divide k
  int64_t g = content(difference);
  if (difference.constant % g != 0) return pool().boolean(!when_equal);
  if (difference.terms[0].coefficient < 0) difference = opposite;
  divide_terms(difference, g);
  int64_t k = difference.constant / g;
  LinearForm left, right;
  sides(difference, left, right);
  if (k >= 0 && !right.terms.empty())
    left.constant = k;
  else
    right.constant = -k;
  return pool().apply(op, {build(pool(), left), build(pool(), right)});
}

// The polynomial p of a simplified inequality p >= 0 on indices; invalid for any other condition.
LinearForm inequality_form(Expr condition) {
  const Apply* apply = condition.as<Apply>();
  bool inequality = apply && (apply->op == Op::Lt || apply->op == Op::Le) &&
                    apply->operand(0).type() == DType::Index;
  if (!inequality) return {0, {}, false};
  LinearForm difference = add(linear_form(apply->operand(1)), linear_form(apply->operand(0)), -1);
  return apply->op == Op::Lt ? add(difference, constant_form(-1)) : difference;
}

// The opposite of a simplified condition.
Expr Simplifier::negated(Expr condition) {
  const Apply* apply = condition.as<Apply>();
  if (!apply || condition.type() != DType::Bool) return logical_not(condition);
  Expr a = apply->operand(0), b = apply->children.size() > 1 ? apply->operand(1) : Expr();
  switch (apply->op) {
    case Op::Eq: return ne(a, b);
    case Op::Ne: return eq(a, b);
    case Op::And: return negated(a) | negated(b);
    case Op::Or: return negated(a) & negated(b);
    case Op::Lt:
    case Op::Le: {
      LinearForm form = inequality_form(condition);
      if (form.valid) return inequality(add(scaled(form, -1), constant_form(-1)));
      if (is_float(a.type())) return logical_not(condition);  // of unordered operands neither holds
      return apply->op == Op::Lt ? le(b, a) : lt(b, a);
    }
    default: return logical_not(condition);
  }
}

bool Simplifier::implies(Expr a, Expr b) {
  if (a == b) return true;
  LinearForm p = inequality_form(a), q = inequality_form(b);
  return p.valid && q.valid && bounds_.nonnegative(add(q, p, -1));  // p >= 0 and q >= p
}

bool Simplifier::contradict(Expr a, Expr b) {
  if (negated(a) == b) return true;
  LinearForm p = inequality_form(a), q = inequality_form(b);
  return p.valid && q.valid &&
         bounds_.positive(scaled(add(p, q), -1));  // p >= 0 and q >= 0, but p + q < 0
}

// a & true = a;   a & false = false;   a & b = a where a implies b, false where they contradict.
// Disjunctions likewise.
Expr Simplifier::logical(Op op, Expr e) {
  bool is_and = op == Op::And;
  std::vector<Expr> written, operands, kept;
  flatten(op, e, written);
  for (Expr operand : written) flatten(op, (*this)(operand), operands);
  bool compared = operands.size() <= kMaxOperandsCompared;
  for (Expr operand : operands) {
    if (is_int(operand, is_and)) continue;
    if (is_int(operand, !is_and)) return pool().boolean(!is_and);
    // In a conjunction the implied condition goes, in a disjunction the implying one.
    auto makes_needless = [&](Expr a, Expr b) {
      return a == b || (compared && (is_and ? implies(a, b) : implies(b, a)));
    };
    auto excludes = [&](Expr other) {
      return compared &&
             (is_and ? contradict(other, operand) : contradict(negated(other), negated(operand)));
    };
    if (std::any_of(kept.begin(), kept.end(), excludes)) return pool().boolean(!is_and);
    if (std::any_of(kept.begin(), kept.end(),
                    [&](Expr other) { return makes_needless(other, operand); }))
      continue;
    std::erase_if(kept, [&](Expr other) { return makes_needless(operand, other); });
    kept.push_back(operand);
  }
  if (kept.empty()) return pool().boolean(is_and);
  Expr result = kept[0];
  for (size_t i = 1; i < kept.size(); ++i) result = pool().apply(op, {result, kept[i]});
  return result;
}

}  // namespace

// ---- the interface ------------------------------------------------------------------------------

void Ranges::set_extent(const std::string& name, Expr extent) {
  set(name, extent.pool().index(0), extent - 1);
}

const Ranges::Range* Ranges::find(const std::string& name) const {
  auto found = ranges_.find(name);
  return found == ranges_.end() ? nullptr : &found->second;
}

Interval bounds_of(Expr e, const Ranges& ranges) {
  TENON_CHECK(e.type() == DType::Index, "bounds of " + std::string(name_of(e.type())));
  Simplifier simplifier(e.pool(), ranges, kBudgetOfProve);
  return simplifier.bounds().of(simplifier.form(e));
}

Expr simplify(Expr e, const Ranges& ranges) {
  return Simplifier(e.pool(), ranges, kBudgetOfSimplify)(e);
}

bool prove(Expr condition, const Ranges& ranges) {
  TENON_CHECK(condition.type() == DType::Bool,
              "a proof of " + std::string(name_of(condition.type())));
  return is_true(Simplifier(condition.pool(), ranges, kBudgetOfProve)(condition));
}

}  // namespace tenon
