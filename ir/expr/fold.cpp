// What each operation gives on values.
#include "ir/expr/fold.h"

#include <cmath>
#include <limits>

#include "ir/expr/element.h"

namespace tenon {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

bool unsigned_type(DType type) { return !is_signed(type); }

struct IntOps {
  DType type;

  int64_t div_trunc(int64_t a, int64_t b) const {
    if (b == 0) return 0;
    if (unsigned_type(type))
      return static_cast<int64_t>(static_cast<uint64_t>(a) / static_cast<uint64_t>(b));
    if (b == -1) return wrap(type, static_cast<int64_t>(0 - static_cast<uint64_t>(a)));
    return a / b;
  }
  int64_t rem_trunc(int64_t a, int64_t b) const {
    if (b == 0 || (b == -1 && !unsigned_type(type))) return 0;
    if (unsigned_type(type))
      return static_cast<int64_t>(static_cast<uint64_t>(a) % static_cast<uint64_t>(b));
    return a % b;
  }
  int64_t floor_div(int64_t a, int64_t b) const {
    if (unsigned_type(type) || b == 0 || b == -1) return div_trunc(a, b);
    int64_t q = a / b;
    return a % b != 0 && ((a < 0) != (b < 0)) ? q - 1 : q;
  }
  int64_t floor_mod(int64_t a, int64_t b) const {
    if (b == 0) return 0;
    if (unsigned_type(type)) return rem_trunc(a, b);
    if (b == -1) return 0;
    int64_t r = a % b;
    return r != 0 && ((r < 0) != (b < 0)) ? r + b : r;
  }
  bool less(int64_t a, int64_t b) const {
    return type == DType::U64 ? static_cast<uint64_t>(a) < static_cast<uint64_t>(b) : a < b;
  }
  int64_t shift_left(int64_t a, int64_t b) const {
    return b < 0 || b >= bits_of(type)
               ? 0
               : wrap(type, static_cast<int64_t>(static_cast<uint64_t>(a) << b));
  }
  // Logical for unsigned types, arithmetic for signed ones.
  int64_t shift_right(int64_t a, int64_t b) const {
    if (b < 0 || b >= bits_of(type)) return 0;
    return type == DType::U64 ? static_cast<int64_t>(static_cast<uint64_t>(a) >> b) : a >> b;
  }
};

int64_t evaluate_int(Op op, DType type, const Scalar* x) {
  IntOps ops{type};
  uint64_t a = static_cast<uint64_t>(x[0].i),
           b = arity_of(op) > 1 ? static_cast<uint64_t>(x[1].i) : 0;
  int64_t p = x[0].i, q = static_cast<int64_t>(b);
  switch (op) {
    case Op::Add: return wrap(type, static_cast<int64_t>(a + b));
    case Op::Sub: return wrap(type, static_cast<int64_t>(a - b));
    case Op::Mul: return wrap(type, static_cast<int64_t>(a * b));
    case Op::FloorDiv: return ops.floor_div(p, q);
    case Op::FloorMod: return ops.floor_mod(p, q);
    case Op::TruncDiv: return ops.div_trunc(p, q);
    case Op::TruncRem: return ops.rem_trunc(p, q);
    case Op::Min: return ops.less(q, p) ? q : p;
    case Op::Max: return ops.less(p, q) ? q : p;
    case Op::Eq: return p == q;
    case Op::Ne: return p != q;
    case Op::Lt: return ops.less(p, q);
    case Op::Le: return !ops.less(q, p);
    case Op::And: return p & q;
    case Op::Or: return p | q;
    case Op::Xor: return p ^ q;
    case Op::Shl: return ops.shift_left(p, q);
    case Op::Shr: return ops.shift_right(p, q);
    case Op::Not: return type == DType::Bool ? p == 0 : wrap(type, ~p);
    case Op::Neg: return wrap(type, static_cast<int64_t>(0 - a));
    case Op::Abs: return p < 0 && is_signed(type) ? wrap(type, static_cast<int64_t>(0 - a)) : p;
    default: break;
  }
  TENON_CHECK(false, "no integer form of " + std::string(text_of(op)));
  return 0;
}

double evaluate_double(Op op, const Scalar* x) {
  double a = x[0].f, b = arity_of(op) > 1 ? x[1].f : 0;
  switch (op) {
    case Op::Add: return a + b;
    case Op::Sub: return a - b;
    case Op::Mul: return a * b;
    case Op::Div: return a / b;
    case Op::Min: return std::isnan(a) || std::isnan(b) ? kNaN : b < a ? b : a;
    case Op::Max: return std::isnan(a) || std::isnan(b) ? kNaN : a < b ? b : a;
    case Op::Neg: return -a;
    case Op::Abs: return std::fabs(a);
    case Op::Sqrt: return std::sqrt(a);
    case Op::Floor: return std::floor(a);
    case Op::Ceil: return std::ceil(a);
    case Op::RoundEven: return std::nearbyint(a);
    case Op::Trunc: return std::trunc(a);
    case Op::Exp: return std::exp(a);
    case Op::Log: return std::log(a);
    case Op::Tanh: return std::tanh(a);
    case Op::Erf: return std::erf(a);
    case Op::Sigmoid: return 1 / (1 + std::exp(-a));
    case Op::Sin: return std::sin(a);
    case Op::Cos: return std::cos(a);
    case Op::Tan: return std::tan(a);
    case Op::Asin: return std::asin(a);
    case Op::Acos: return std::acos(a);
    case Op::Atan: return std::atan(a);
    case Op::Sinh: return std::sinh(a);
    case Op::Cosh: return std::cosh(a);
    case Op::Asinh: return std::asinh(a);
    case Op::Acosh: return std::acosh(a);
    case Op::Atanh: return std::atanh(a);
    case Op::Pow: return std::pow(a, b);
    case Op::Fmod: return std::fmod(a, b);
    default: break;
  }
  TENON_CHECK(false, "no float form of " + std::string(text_of(op)));
  return 0;
}

bool is_comparison(Op op) { return op == Op::Eq || op == Op::Ne || op == Op::Lt || op == Op::Le; }

// Where every operand is of one float type: +, -, *, / and sqrt in double and then rounded to float
// equal the operation rounded once (double has more than 2 * 24 + 2 bits); fma does not, so it runs
// in its own type.
Scalar evaluate_float(Op op, DType type, const Scalar* x) {
  Scalar result;
  if (is_comparison(op)) {
    double a = x[0].f, b = x[1].f;
    result.i = op == Op::Eq ? a == b : op == Op::Ne ? a != b : op == Op::Lt ? a < b : a <= b;
  } else if (op == Op::Fma) {
    result.f = type == DType::F32 ? std::fma(static_cast<float>(x[0].f), static_cast<float>(x[1].f),
                                             static_cast<float>(x[2].f))
                                  : std::fma(x[0].f, x[1].f, x[2].f);
  } else {
    result.f = round_to(type, evaluate_double(op, x));
  }
  return result;
}

// 64-bit integers round once, straight to the destination. On the way to the short floats double
// gets their first 53 bits, the last of them set where more follow.
template <class Integer>
double round_integer(DType to, Integer value) {
  if (to == DType::F64) return static_cast<double>(value);
  if (to == DType::F32) return static_cast<float>(value);
  constexpr Integer kExact = Integer{1} << 53, kDropped = (1 << 11) - 1;
  bool is_exact = value < kExact && (std::is_unsigned_v<Integer> || value > 0 - kExact);
  if (!is_exact && (value & kDropped)) value = (value & ~kDropped) | (kDropped + 1);
  return round_to(to, static_cast<double>(value));
}

Scalar literal_of(Expr e) {
  Scalar value;
  if (const IntImm* imm = e.as<IntImm>())
    value.i = imm->value;
  else
    value.f = e.as<FloatImm>()->value;
  return value;
}

bool is_literal(Expr e) { return e.kind() == ExprKind::IntImm || e.kind() == ExprKind::FloatImm; }

Expr make_literal(ExprPool& pool, DType type, Scalar value) {
  return is_float(type) ? pool.real(type, value.f) : pool.integer(type, value.i);
}

bool is_real(Expr e, double value) {
  const FloatImm* imm = e.as<FloatImm>();
  return imm && imm->value == value && std::signbit(imm->value) == std::signbit(value);
}

// Integer and index identities, one a line.
Expr integer_identity(ExprPool& pool, Op op, Expr a, Expr b) {
  switch (op) {
    case Op::Add: return is_int(b, 0) ? a : is_int(a, 0) ? b : Expr();
    case Op::Sub: return is_int(b, 0) ? a : a == b ? pool.integer(a.type(), 0) : Expr();
    case Op::Mul:
      return is_int(b, 1) ? a : is_int(a, 1) ? b : is_int(a, 0) ? a : is_int(b, 0) ? b : Expr();
    case Op::FloorDiv:
    case Op::TruncDiv: return is_int(b, 1) ? a : Expr();
    case Op::FloorMod:
    case Op::TruncRem: return is_int(b, 1) ? pool.integer(a.type(), 0) : Expr();
    case Op::Min:
    case Op::Max: return a == b ? a : Expr();
    case Op::Eq:
    case Op::Le: return a == b ? pool.boolean(true) : Expr();
    case Op::Ne:
    case Op::Lt: return a == b ? pool.boolean(false) : Expr();
    default: return {};
  }
}

Expr boolean_identity(Op op, Expr a, Expr b) {
  if (op == Op::And)
    return is_int(a, 1) || is_int(b, 0) || a == b ? b : is_int(b, 1) || is_int(a, 0) ? a : Expr();
  if (op == Op::Or)
    return is_int(a, 0) || is_int(b, 1) || a == b ? b : is_int(b, 0) || is_int(a, 1) ? a : Expr();
  return {};
}

}  // namespace

int64_t wrap(DType type, int64_t value) {
  switch (type) {
    case DType::Bool: return value != 0;
    case DType::I8: return static_cast<int8_t>(value);
    case DType::U8: return static_cast<uint8_t>(value);
    case DType::I16: return static_cast<int16_t>(value);
    case DType::U16: return static_cast<uint16_t>(value);
    case DType::I32: return static_cast<int32_t>(value);
    case DType::U32: return static_cast<uint32_t>(value);
    default: return value;
  }
}

Scalar evaluate(Op op, DType type, const Scalar* operands) {
  if (op == Op::Select) return operands[0].i ? operands[1] : operands[2];
  if (is_float(type)) return evaluate_float(op, type, operands);
  Scalar result;
  result.i = evaluate_int(op, type, operands);
  return result;
}

Scalar convert(DType to, DType from, Scalar value) {
  Scalar result;
  if (is_float(to)) {
    result.f = is_float(from)       ? round_to(to, value.f)
               : from == DType::U64 ? round_integer(to, static_cast<uint64_t>(value.i))
                                    : round_integer(to, value.i);
  } else if (is_float(from)) {
    double x = value.f;
    if (to == DType::Bool)
      result.i = x != 0;
    else if (std::isnan(x))
      result.i = 0;
    else if (to == DType::U64)
      result.i = x <= -1       ? 0
                 : x >= 0x1p64 ? -1
                               : static_cast<int64_t>(static_cast<uint64_t>(std::max(x, 0.0)));
    else {
      int bits = bits_of(to);
      double low = is_signed(to) ? -std::ldexp(1.0, bits - 1) : 0,
             limit = std::ldexp(1.0, is_signed(to) ? bits - 1 : bits);
      result.i = x <= low     ? static_cast<int64_t>(low)
                 : x >= limit ? (bits == 64 ? INT64_MAX : static_cast<int64_t>(limit) - 1)
                              : static_cast<int64_t>(x);
    }
  } else {
    result.i = wrap(to, value.i);
  }
  return result;
}

Scalar reinterpret(DType to, DType from, Scalar value) {
  uint8_t bytes[8] = {};
  store_element(from, bytes, 0, value);
  return load_element(to, bytes, 0);
}

Expr fold_apply(ExprPool& pool, Op op, const std::vector<Expr>& operands) {
  bool literal = true;
  for (Expr operand : operands) literal = literal && is_literal(operand);
  DType type = operands[op == Op::Select ? 1 : 0].type();
  if (op == Op::Select) {
    if (const int64_t* condition = as_int(operands[0])) return operands[*condition ? 1 : 2];
    return operands[1] == operands[2] ? operands[1] : Expr();
  }
  // Mathematical functions stay: their expansion, not the host's libm, says what they give.
  if (literal && !is_math_function(op)) {
    Scalar values[3];
    for (size_t i = 0; i < operands.size(); ++i) values[i] = literal_of(operands[i]);
    return make_literal(pool, is_comparison(op) ? DType::Bool : type, evaluate(op, type, values));
  }
  if (op == Op::Neg)
    if (const Apply* inner = operands[0].as_op(Op::Neg)) return inner->operand(0);
  if (op == Op::Not)
    if (const Apply* inner = operands[0].as_op(Op::Not)) return inner->operand(0);
  if (operands.size() != 2) return {};
  Expr a = operands[0], b = operands[1];
  if (type == DType::Bool) return boolean_identity(op, a, b);
  if (!is_float(type)) return integer_identity(pool, op, a, b);
  if (op == Op::Mul) return is_real(b, 1) ? a : is_real(a, 1) ? b : Expr();
  if (op == Op::Div) return is_real(b, 1) ? a : Expr();
  if (op == Op::Sub) return is_real(b, 0) ? a : Expr();
  return {};
}

Expr fold_cast(ExprPool& pool, DType type, Expr value) {
  if (!is_literal(value)) return {};
  return make_literal(pool, type, convert(type, value.type(), literal_of(value)));
}

Expr fold_bitcast(ExprPool& pool, DType type, Expr value) {
  if (!is_literal(value)) return {};
  Scalar before = literal_of(value), after = reinterpret(type, value.type(), before);
  if ((is_float(value.type()) && std::isnan(before.f)) || (is_float(type) && std::isnan(after.f)))
    return {};
  return make_literal(pool, type, after);
}

}  // namespace tenon
