// The pool: interning, type checks and literal folding of scalar expressions; traversal and
// rewriting.
#include "ir/expr/expr.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <deque>
#include <set>
#include <unordered_set>

#include "ir/expr/fold.h"

namespace tenon {
namespace {

struct OpRow {
  std::string_view text;
  int arity;
  std::string_view where;
  char result;
};

constexpr OpRow kOps[] = {
#define X(name, text, arity, where, result) {text, arity, where, result},
    TENON_OPS(X)
#undef X
};

const OpRow& row(Op op) { return kOps[static_cast<size_t>(op)]; }

size_t mix(size_t seed, size_t value) {
  return (seed ^ value) * 0x9E3779B97F4A7C15ull + (seed >> 29);
}

// What tells two nodes of one kind apart, besides their children.
struct Payload {
  int64_t bits = 0;
  const std::string* name = nullptr;
};

Payload payload(const ExprNode& node) {
  switch (node.kind) {
    case ExprKind::IntImm: return {static_cast<const IntImm&>(node).value};
    case ExprKind::FloatImm:
      return {std::bit_cast<int64_t>(static_cast<const FloatImm&>(node).value)};
    case ExprKind::Var: return {0, &static_cast<const Var&>(node).name};
    case ExprKind::Apply: return {static_cast<int64_t>(static_cast<const Apply&>(node).op)};
    case ExprKind::Cast: return {static_cast<const Cast&>(node).bits};
    case ExprKind::Read:
      return {static_cast<const Read&>(node).has_otherwise, &static_cast<const Read&>(node).tensor};
  }
  return {};
}

struct HashNode {
  size_t operator()(const ExprNode* node) const {
    size_t hash = mix(static_cast<size_t>(node->kind), static_cast<size_t>(node->type));
    Payload p = payload(*node);
    hash = mix(hash, static_cast<size_t>(p.bits));
    if (p.name) hash = mix(hash, std::hash<std::string>()(*p.name));
    for (Expr child : node->children) hash = mix(hash, child.node()->id);
    return hash;
  }
};

struct SameNode {
  bool operator()(const ExprNode* a, const ExprNode* b) const {
    if (a->kind != b->kind || a->type != b->type || a->children != b->children) return false;
    Payload p = payload(*a), q = payload(*b);
    return p.bits == q.bits && (p.name == nullptr || *p.name == *q.name);
  }
};

}  // namespace

std::string_view text_of(Op op) { return row(op).text; }
int arity_of(Op op) { return row(op).arity; }

bool applies_to(Op op, DType type) {
  if (op == Op::Select) return type != DType::String;
  char class_of = is_float(type) ? 'f' : type == DType::Bool ? 'b' : 'i';
  return row(op).where.find(class_of) != std::string_view::npos && is_arithmetic(type);
}

bool is_math_function(Op op) { return op >= Op::Exp && op <= Op::Fmod; }

ExprKind Expr::kind() const { return node_->kind; }
DType Expr::type() const { return node_->type; }
ExprPool& Expr::pool() const { return *node_->pool; }
std::span<const Expr> Expr::children() const { return node_->children; }

const Apply* Expr::as_op(Op op) const {
  const Apply* apply = as<Apply>();
  return apply && apply->op == op ? apply : nullptr;
}

// ---- the pool -----------------------------------------------------------------------------------

struct ExprPool::Table {
  std::unordered_set<const ExprNode*, HashNode, SameNode> known;  // looked up, never iterated
  std::deque<IntImm> ints;
  std::deque<FloatImm> floats;
  std::deque<Var> vars;
  std::deque<Apply> applies;
  std::deque<Cast> casts;
  std::deque<Read> reads;
  uint32_t next_id = 0;

  template <class T>
  Expr intern(std::deque<T>& storage, T node) {
    auto found = known.find(&node);
    if (found != known.end()) return Expr(*found);
    node.id = next_id++;
    storage.push_back(std::move(node));
    known.insert(&storage.back());
    return Expr(&storage.back());
  }
};

ExprPool::ExprPool() : table_(std::make_unique<Table>()) {}
ExprPool::~ExprPool() = default;
size_t ExprPool::size() const { return table_->next_id; }

Expr ExprPool::integer(DType type, int64_t value) {
  TENON_CHECK(!is_float(type) && type != DType::String,
              "an integer literal of type " + std::string(name_of(type)));
  return table_->intern(table_->ints, {{ExprKind::IntImm, type, 0, this, {}}, wrap(type, value)});
}

Expr ExprPool::real(DType type, double value) {
  TENON_CHECK(is_float(type), "a float literal of type " + std::string(name_of(type)));
  double rounded =
      std::isnan(value) ? std::numeric_limits<double>::quiet_NaN() : round_to(type, value);
  return table_->intern(table_->floats, {{ExprKind::FloatImm, type, 0, this, {}}, rounded});
}

Expr ExprPool::literal(DType type, double value) {
  return is_float(type) ? real(type, value) : integer(type, static_cast<int64_t>(value));
}

Expr ExprPool::var(std::string_view name) {
  return table_->intern(table_->vars,
                        {{ExprKind::Var, DType::Index, 0, this, {}}, std::string(name)});
}

Expr ExprPool::apply(Op op, std::vector<Expr> operands) {
  TENON_CHECK(static_cast<int>(operands.size()) == arity_of(op), std::string(text_of(op)));
  for (Expr operand : operands)
    TENON_CHECK(operand && &operand.pool() == this, std::string(text_of(op)));
  size_t first = op == Op::Select ? 1 : 0;
  if (op == Op::Select) TENON_CHECK(operands[0].type() == DType::Bool, "the condition of select");
  DType type = operands[first].type();
  for (size_t i = first; i < operands.size(); ++i)
    TENON_CHECK(operands[i].type() == type, std::string(text_of(op)) + " of " +
                                                std::string(name_of(type)) + " and " +
                                                std::string(name_of(operands[i].type())));
  TENON_CHECK(applies_to(op, type), std::string(text_of(op)) + " of " + std::string(name_of(type)));
  if (Expr folded = fold_apply(*this, op, operands)) return folded;
  DType result = row(op).result == 'b' ? DType::Bool : type;
  return table_->intern(table_->applies,
                        {{ExprKind::Apply, result, 0, this, std::move(operands)}, op});
}

Expr ExprPool::cast(DType type, Expr value) {
  if (value.type() == type) return value;
  if (Expr folded = fold_cast(*this, type, value)) return folded;
  return table_->intern(table_->casts, {{ExprKind::Cast, type, 0, this, {value}}, false});
}

Expr ExprPool::bitcast(DType type, Expr value) {
  TENON_CHECK(bits_of(type) == bits_of(value.type()), "a bit cast between widths");
  if (value.type() == type) return value;
  if (Expr folded = fold_bitcast(*this, type, value)) return folded;
  return table_->intern(table_->casts, {{ExprKind::Cast, type, 0, this, {value}}, true});
}

Expr ExprPool::read(std::string_view tensor, DType type, std::vector<Expr> indices,
                    Expr otherwise) {
  for (Expr index : indices)
    TENON_CHECK(index.type() == DType::Index, "a subscript of " + std::string(tensor));
  if (otherwise) {
    TENON_CHECK(otherwise.type() == type, "the else value of " + std::string(tensor));
    indices.push_back(otherwise);
  }
  return table_->intern(table_->reads, {{ExprKind::Read, type, 0, this, std::move(indices)},
                                        std::string(tensor),
                                        static_cast<bool>(otherwise)});
}

Expr ExprPool::with_children(Expr expr, std::vector<Expr> children) {
  switch (expr.kind()) {
    case ExprKind::IntImm: return integer(expr.type(), expr.as<IntImm>()->value);
    case ExprKind::FloatImm: return real(expr.type(), expr.as<FloatImm>()->value);
    case ExprKind::Var: return var(expr.as<Var>()->name);
    case ExprKind::Apply: return apply(expr.as<Apply>()->op, std::move(children));
    case ExprKind::Cast:
      return expr.as<Cast>()->bits ? bitcast(expr.type(), children[0])
                                   : cast(expr.type(), children[0]);
    case ExprKind::Read: {
      const Read* read_node = expr.as<Read>();
      Expr otherwise;
      if (read_node->has_otherwise) {
        otherwise = children.back();
        children.pop_back();
      }
      return read(read_node->tensor, expr.type(), std::move(children), otherwise);
    }
  }
  return {};
}

Expr ExprPool::import(Expr foreign) {
  // A rewriter that changes nothing makes what belongs to another pool anew, each shared node once.
  return &foreign.pool() == this ? foreign : Rewriter(*this)(foreign);
}

// ---- sugar --------------------------------------------------------------------------------------

Expr Literal::of(ExprPool& pool, DType type) const {
  if (!is_integer_) return pool.literal(type, real_);
  return is_float(type) ? pool.literal(type, static_cast<double>(integer_))
                        : pool.integer(type, integer_);
}

namespace {
Expr binary(Op op, Expr a, Expr b) { return a.pool().apply(op, {a, b}); }
Expr like(Expr e, Literal value) { return value.of(e.pool(), e.type()); }
}  // namespace

Expr operator+(Expr a, Expr b) { return binary(Op::Add, a, b); }
Expr operator-(Expr a, Expr b) { return binary(Op::Sub, a, b); }
Expr operator*(Expr a, Expr b) { return binary(Op::Mul, a, b); }
Expr operator/(Expr a, Expr b) { return binary(Op::Div, a, b); }
Expr operator-(Expr a) { return a.pool().apply(Op::Neg, {a}); }
Expr operator+(Expr a, Literal b) { return a + like(a, b); }
Expr operator-(Expr a, Literal b) { return a - like(a, b); }
Expr operator*(Expr a, Literal b) { return a * like(a, b); }
Expr operator/(Expr a, Literal b) { return a / like(a, b); }
Expr operator+(Literal a, Expr b) { return like(b, a) + b; }
Expr operator-(Literal a, Expr b) { return like(b, a) - b; }
Expr operator*(Literal a, Expr b) { return like(b, a) * b; }
Expr operator/(Literal a, Expr b) { return like(b, a) / b; }
Expr floor_div(Expr a, Expr b) { return binary(Op::FloorDiv, a, b); }
Expr floor_mod(Expr a, Expr b) { return binary(Op::FloorMod, a, b); }
Expr floor_div(Expr a, Literal b) { return floor_div(a, like(a, b)); }
Expr floor_mod(Expr a, Literal b) { return floor_mod(a, like(a, b)); }
Expr ceil_div(Expr a, int64_t b) { return b == 1 ? a : floor_div(a + (b - 1), b); }
Expr min(Expr a, Expr b) { return binary(Op::Min, a, b); }
Expr max(Expr a, Expr b) { return binary(Op::Max, a, b); }
Expr min(Expr a, Literal b) { return min(a, like(a, b)); }
Expr max(Expr a, Literal b) { return max(a, like(a, b)); }
Expr eq(Expr a, Expr b) { return binary(Op::Eq, a, b); }
Expr ne(Expr a, Expr b) { return binary(Op::Ne, a, b); }
Expr lt(Expr a, Expr b) { return binary(Op::Lt, a, b); }
Expr le(Expr a, Expr b) { return binary(Op::Le, a, b); }
Expr gt(Expr a, Expr b) { return lt(b, a); }
Expr ge(Expr a, Expr b) { return le(b, a); }
Expr operator&(Expr a, Expr b) { return binary(Op::And, a, b); }
Expr operator|(Expr a, Expr b) { return binary(Op::Or, a, b); }
Expr logical_not(Expr a) { return a.pool().apply(Op::Not, {a}); }
Expr select(Expr condition, Expr when_true, Expr when_false) {
  return condition.pool().apply(Op::Select, {condition, when_true, when_false});
}
Expr fma(Expr a, Expr b, Expr c) { return a.pool().apply(Op::Fma, {a, b, c}); }
Expr call(Op op, Expr a) { return a.pool().apply(op, {a}); }
Expr cast(DType type, Expr value) { return value.pool().cast(type, value); }

const int64_t* as_int(Expr e) {
  const IntImm* imm = e.as<IntImm>();
  return imm ? &imm->value : nullptr;
}

bool is_int(Expr e, int64_t value) {
  const int64_t* imm = as_int(e);
  return imm && *imm == value;
}

bool is_true(Expr e) { return e.type() == DType::Bool && is_int(e, 1); }

int compare(Expr a, Expr b) {
  if (a == b) return 0;
  auto order = [](auto x, auto y) { return x < y ? -1 : x > y ? 1 : 0; };
  if (int c = order(a.kind(), b.kind())) return c;
  if (int c = order(a.type(), b.type())) return c;
  Payload p = payload(*a.node()), q = payload(*b.node());
  if (int c = order(p.bits, q.bits)) return c;
  if (p.name && q.name)
    if (int c = p.name->compare(*q.name)) return c < 0 ? -1 : 1;
  std::span<const Expr> x = a.children(), y = b.children();
  if (int c = order(x.size(), y.size())) return c;
  for (size_t i = 0; i < x.size(); ++i)
    if (int c = compare(x[i], y[i])) return c;
  return 0;
}

// ---- traversal ----------------------------------------------------------------------------------

Expr Rewriter::operator()(Expr e) {
  auto found = memo_.find(e.node());
  if (found != memo_.end()) return found->second;
  Expr result = rewrite(e);
  memo_.emplace(e.node(), result);
  return result;
}

Expr Rewriter::rewrite_children(Expr e) {
  std::vector<Expr> children;
  bool changed = &e.pool() != &pool_;
  for (Expr child : e.children()) {
    children.push_back((*this)(child));
    changed = changed || children.back() != child;
  }
  return changed ? pool_.with_children(e, std::move(children)) : e;
}

namespace {

class Substitute final : public Rewriter {
 public:
  Substitute(ExprPool& pool, std::span<const Substitution> substitutions)
      : Rewriter(pool), substitutions_(substitutions) {}

 private:
  Expr rewrite(Expr e) override {
    const Var* var = e.as<Var>();
    if (!var) return rewrite_children(e);
    for (const Substitution& s : substitutions_)
      if (s.name == var->name) return s.value;
    return e;
  }

  std::span<const Substitution> substitutions_;
};

void visit_nodes(Expr e, std::unordered_set<const ExprNode*>& seen,
                 const std::function<void(Expr)>& visit) {
  if (!seen.insert(e.node()).second) return;
  for (Expr child : e.children()) visit_nodes(child, seen, visit);
  visit(e);
}

}  // namespace

Expr substitute(Expr e, std::span<const Substitution> substitutions) {
  return substitutions.empty() ? e : Substitute(e.pool(), substitutions)(e);
}

std::vector<Expr> conjuncts(Expr condition) {
  if (!condition) return {};
  const Apply* both = condition.as_op(Op::And);
  if (!both) return {condition};
  std::vector<Expr> parts = conjuncts(both->operand(0));
  for (Expr part : conjuncts(both->operand(1))) parts.push_back(part);
  return parts;
}

Expr conjunction(std::span<const Expr> conditions) {
  Expr all;
  for (Expr condition : conditions) all = all ? all & condition : condition;
  return all;
}

void for_each_node(Expr e, const std::function<void(Expr)>& visit) {
  std::unordered_set<const ExprNode*> seen;
  visit_nodes(e, seen, visit);
}

bool uses_var(Expr e, std::string_view name) {
  bool found = false;
  for_each_node(e, [&](Expr node) {
    if (const Var* var = node.as<Var>()) found = found || var->name == name;
  });
  return found;
}

std::vector<std::string> variables_of(Expr e) {
  std::set<std::string> names;
  for_each_node(e, [&](Expr node) {
    if (const Var* var = node.as<Var>()) names.insert(var->name);
  });
  return {names.begin(), names.end()};
}

}  // namespace tenon
