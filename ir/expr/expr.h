// Scalar expressions: one immutable type for shapes, subscripts and arithmetic at every level.
//
//   max(acc[m, n] + b[n], 0.0)      f32      Apply(Max, Apply(Add, Read, Read), FloatImm)
//   (batch * seq + 15) // 16        index    Apply(FloorDiv, ...)
//
// Semantics
// - `index` values are mathematical integers; `//` and `%` on them are floor division and modulo by
//   a divisor that is proved positive. The verifier proves that no index leaves i64.
// - Data integers wrap. `x // 0 = 0`, `x % 0 = 0`, and the least value divided by -1 is itself, for
//   floor and truncating forms alike; shifts by the width or more give 0.
// - Each float operation rounds once, to nearest even; `fma` is an operation of its own and never
//   formed silently. min and max are NaN if either operand is; the sign of a zero result is free.
//   Comparisons are ordered, except `!=`.
// - Float to integer saturates, NaN gives 0. f16, bf16 and fp8 have no arithmetic: convert,
//   compute, convert.
// - A read must be in bounds, unless it has an `else` value, which it yields outside.
// - Both operands of select, and, or may be evaluated; no expression has an effect.
//
// Nodes are interned in a pool: equal expressions of one pool are one node, so `==` is a pointer
// comparison and hashing is by content. A handle is valid as long as its pool lives.
#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "support/check.h"
#include "support/dtype.h"

namespace tenon {

#define TENON_EXPR_KINDS(X) X(IntImm) X(FloatImm) X(Var) X(Apply) X(Cast) X(Read)

enum class ExprKind : uint8_t {
#define X(name) name,
  TENON_EXPR_KINDS(X)
#undef X
};

// Operations. X(enumerator, text, number of operands, where, result)
//   where: on i index and data integers, f floats, b bool;   result: s as the operands, b bool
// Infix when the text is punctuation, else a function call.
#define TENON_OPS(X)                      \
  X(Add, "+", 2, "if", 's')               \
  X(Sub, "-", 2, "if", 's')               \
  X(Mul, "*", 2, "if", 's')               \
  X(Div, "/", 2, "f", 's')                \
  X(FloorDiv, "//", 2, "i", 's')          \
  X(FloorMod, "%", 2, "i", 's')           \
  X(TruncDiv, "div_trunc", 2, "i", 's')   \
  X(TruncRem, "rem_trunc", 2, "i", 's')   \
  X(Min, "min", 2, "if", 's')             \
  X(Max, "max", 2, "if", 's')             \
  X(Eq, "==", 2, "ifb", 'b')              \
  X(Ne, "!=", 2, "ifb", 'b')              \
  X(Lt, "<", 2, "if", 'b')                \
  X(Le, "<=", 2, "if", 'b')               \
  X(And, "&", 2, "ib", 's')               \
  X(Or, "|", 2, "ib", 's')                \
  X(Xor, "^", 2, "ib", 's')               \
  X(Shl, "<<", 2, "i", 's')               \
  X(Shr, ">>", 2, "i", 's')               \
  X(Not, "not", 1, "ib", 's')             \
  X(Neg, "neg", 1, "if", 's')             \
  X(Abs, "abs", 1, "if", 's')             \
  X(Sqrt, "sqrt", 1, "f", 's')            \
  X(Floor, "floor", 1, "f", 's')          \
  X(Ceil, "ceil", 1, "f", 's')            \
  X(RoundEven, "round_even", 1, "f", 's') \
  X(Trunc, "trunc", 1, "f", 's')          \
  X(Exp, "exp", 1, "f", 's')              \
  X(Log, "log", 1, "f", 's')              \
  X(Tanh, "tanh", 1, "f", 's')            \
  X(Erf, "erf", 1, "f", 's')              \
  X(Sigmoid, "sigmoid", 1, "f", 's')      \
  X(Sin, "sin", 1, "f", 's')              \
  X(Cos, "cos", 1, "f", 's')              \
  X(Tan, "tan", 1, "f", 's')              \
  X(Asin, "asin", 1, "f", 's')            \
  X(Acos, "acos", 1, "f", 's')            \
  X(Atan, "atan", 1, "f", 's')            \
  X(Sinh, "sinh", 1, "f", 's')            \
  X(Cosh, "cosh", 1, "f", 's')            \
  X(Asinh, "asinh", 1, "f", 's')          \
  X(Acosh, "acosh", 1, "f", 's')          \
  X(Atanh, "atanh", 1, "f", 's')          \
  X(Pow, "pow", 2, "f", 's')              \
  X(Fmod, "fmod", 2, "f", 's')            \
  X(Fma, "fma", 3, "f", 's')              \
  X(Select, "select", 3, "ifb", 's')

enum class Op : uint8_t {
#define X(name, text, arity, where, result) name,
  TENON_OPS(X)
#undef X
};

/// "+", "max", ...
std::string_view text_of(Op op);
int arity_of(Op op);
/// True where the operation is defined on operands of this type (of select: its values).
bool applies_to(Op op, DType type);
/// True for the functions that the pass expand_math turns into arithmetic (exp ... fmod).
bool is_math_function(Op op);

class ExprPool;
struct ExprNode;
template <class T>
inline constexpr ExprKind kKindOf = static_cast<ExprKind>(255);

/// A handle on an interned node. Copying copies a pointer; `==` means "same node", which within a
/// pool means "same expression".
class Expr {
 public:
  Expr() = default;
  explicit Expr(const ExprNode* node) : node_(node) {}

  explicit operator bool() const { return node_ != nullptr; }
  bool operator==(const Expr&) const = default;

  const ExprNode* node() const { return node_; }
  ExprKind kind() const;
  DType type() const;
  ExprPool& pool() const;

  /// The node as a `T`, or null when it is something else.
  template <class T>
  const T* as() const;
  /// The operation of an Apply with this op, or null.
  const struct Apply* as_op(Op op) const;
  /// Operands of an Apply, the value of a Cast, subscripts (then the else value) of a Read; none
  /// for the leaves.
  std::span<const Expr> children() const;

 private:
  const ExprNode* node_ = nullptr;
};

struct ExprNode {
  ExprKind kind;
  DType type;
  uint32_t id;  // creation order in its pool
  ExprPool* pool;
  std::vector<Expr> children;
};

/// A literal of an integer type, index or bool; data integers are stored wrapped to their width.
struct IntImm : ExprNode {
  int64_t value;
};
/// A literal of a float type, already rounded to it.
struct FloatImm : ExprNode {
  double value;
};
/// A symbol, an axis or a loop variable: always of type index.
struct Var : ExprNode {
  std::string name;
};
struct Apply : ExprNode {
  Op op;
  Expr operand(int i) const { return children[static_cast<size_t>(i)]; }
};
/// Conversion of a value (`f32(x)`), or of its bits (`bits_f32(x)`).
struct Cast : ExprNode {
  bool bits;
  Expr value() const { return children[0]; }
};
/// One element of a tensor or buffer: `x[i, j]`, or `x[i, j] else 0.0`, which is 0.0 outside.
struct Read : ExprNode {
  std::string tensor;
  bool has_otherwise;
  std::span<const Expr> indices() const {
    return std::span(children).first(children.size() - (has_otherwise ? 1 : 0));
  }
  Expr otherwise() const { return has_otherwise ? children.back() : Expr(); }
};

#define X(name) \
  template <>   \
  inline constexpr ExprKind kKindOf<name> = ExprKind::name;
TENON_EXPR_KINDS(X)
#undef X

template <class T>
const T* Expr::as() const {
  return node_ && node_->kind == kKindOf<T> ? static_cast<const T*>(node_) : nullptr;
}

/// Makes and owns nodes. Makers check types and fold what is literal: 2 + 3 is 5, and for index
/// i * 1 is i (floats keep x + 0 and x * 0). Not safe for concurrent makers; concurrent readers are
/// fine.
class ExprPool {
 public:
  ExprPool();
  ~ExprPool();
  ExprPool(const ExprPool&) = delete;
  ExprPool& operator=(const ExprPool&) = delete;

  /// A literal: of an integer type, index or bool ...
  Expr integer(DType type, int64_t value);
  Expr index(int64_t value) { return integer(DType::Index, value); }
  Expr boolean(bool value) { return integer(DType::Bool, value); }
  /// ... of a float type (rounded to it) ...
  Expr real(DType type, double value);
  /// ... or of whichever `type` is; integers truncate `value`.
  Expr literal(DType type, double value);

  Expr var(std::string_view name);
  Expr apply(Op op, std::vector<Expr> operands);
  Expr cast(DType type, Expr value);
  /// Reinterprets the bits; the widths must be equal.
  Expr bitcast(DType type, Expr value);
  /// `type` is the tensor's element type.
  Expr read(std::string_view tensor, DType type, std::vector<Expr> indices, Expr otherwise = {});

  /// The same expression in this pool.
  Expr import(Expr foreign);
  /// `expr` with other children, through the makers above (so literals fold).
  Expr with_children(Expr expr, std::vector<Expr> children);

  size_t size() const;

 private:
  struct Table;
  std::unique_ptr<Table> table_;
};

/// A number beside an expression, which becomes a literal of the expression's type: x * 2.
class Literal {
 public:
  Literal(std::integral auto value) : integer_(static_cast<int64_t>(value)), is_integer_(true) {}
  Literal(std::floating_point auto value) : real_(static_cast<double>(value)) {}
  /// An integer's literal of a float type is the nearest double's, and a float's of an integer type
  /// has no fraction.
  Expr of(ExprPool& pool, DType type) const;

 private:
  int64_t integer_ = 0;
  double real_ = 0;
  bool is_integer_ = false;
};

// Sugar.
Expr operator+(Expr a, Expr b);
Expr operator-(Expr a, Expr b);
Expr operator*(Expr a, Expr b);
Expr operator/(Expr a, Expr b);  // floats only
Expr operator-(Expr a);
Expr operator+(Expr a, Literal b);
Expr operator-(Expr a, Literal b);
Expr operator*(Expr a, Literal b);
Expr operator/(Expr a, Literal b);
Expr operator+(Literal a, Expr b);
Expr operator-(Literal a, Expr b);
Expr operator*(Literal a, Expr b);
Expr operator/(Literal a, Expr b);
Expr floor_div(Expr a, Expr b);
Expr floor_mod(Expr a, Expr b);
Expr floor_div(Expr a, Literal b);
Expr floor_mod(Expr a, Literal b);
/// The least k with k * b >= a; index, b positive.
Expr ceil_div(Expr a, int64_t b);
Expr min(Expr a, Expr b);
Expr max(Expr a, Expr b);
Expr min(Expr a, Literal b);
Expr max(Expr a, Literal b);
Expr eq(Expr a, Expr b);
Expr ne(Expr a, Expr b);
Expr lt(Expr a, Expr b);
Expr le(Expr a, Expr b);
Expr gt(Expr a, Expr b);  // b < a
Expr ge(Expr a, Expr b);  // b <= a
Expr operator&(Expr a, Expr b);
Expr operator|(Expr a, Expr b);
/// The opposite of a bool, all bits of an integer. Not an operator: `!e` asks whether the handle is
/// null.
Expr logical_not(Expr a);
Expr select(Expr condition, Expr when_true, Expr when_false);
Expr fma(Expr a, Expr b, Expr c);
Expr call(Op op, Expr a);
Expr cast(DType type, Expr value);

/// The value of an integer literal, if it is one.
const int64_t* as_int(Expr e);
bool is_int(Expr e, int64_t value);
bool is_true(Expr e);

/// Total order by content, the same for equal texts in different pools: literals, then variables by
/// name, then by size.
int compare(Expr a, Expr b);

/// Base of every rewrite of expressions: override `rewrite` for the kinds of interest, call
/// `rewrite_children` to descend. Results are kept per node, so shared sub-expressions are
/// rewritten once; an expression in which nothing changed comes back as the same node. New nodes
/// are made in `pool`.
class Rewriter {
 public:
  explicit Rewriter(ExprPool& pool) : pool_(pool) {}
  virtual ~Rewriter() = default;
  Expr operator()(Expr e);

 protected:
  virtual Expr rewrite(Expr e) { return rewrite_children(e); }
  Expr rewrite_children(Expr e);
  ExprPool& pool() { return pool_; }

 private:
  ExprPool& pool_;
  std::unordered_map<const ExprNode*, Expr> memo_;  // looked up, never iterated
};

/// Replaces variables: pairs of (variable name, expression).
struct Substitution {
  std::string name;
  Expr value;
};
Expr substitute(Expr e, std::span<const Substitution> substitutions);

/// The conditions joined by `&` in a bool expression, in order; none for null.
std::vector<Expr> conjuncts(Expr condition);
/// Their conjunction; null for none.
Expr conjunction(std::span<const Expr> conditions);

/// Calls `visit` once for each node of `e`, children first.
void for_each_node(Expr e, const std::function<void(Expr)>& visit);
bool uses_var(Expr e, std::string_view name);
/// Names of all variables in `e`, sorted.
std::vector<std::string> variables_of(Expr e);

}  // namespace tenon
