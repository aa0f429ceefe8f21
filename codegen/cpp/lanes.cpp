// Values with lanes: the operators of C on vectors, and tn_* functions, which take vectors too.
//
//   select(v*8 + lane < n, x, 0.0)   ->   tn_select(tn_first8(n - v * 8), x, tn_splat8(0.0f))
//   i32(x), x: f32                   ->   tn_saturate<i32x8>(x)
#include <algorithm>

#include "codegen/cpp/kernel_printer.h"
#include "codegen/source/literals.h"
#include "ir/expr/linear_form.h"

namespace tenon::codegen::cpp {
namespace {

using source::binary;
using source::Binding;
using source::call;
using source::conditional;

bool is_comparison(Op op) { return op == Op::Eq || op == Op::Ne || op == Op::Lt || op == Op::Le; }

// A number written out, that is no NaN.
bool is_literal(const source::Piece& piece) {
  return piece.text.find_first_not_of("-+.0123456789ef") == std::string::npos;
}

}  // namespace

std::string KernelPrinter::vector_type(DType type, unsigned lanes) const {
  if (type == DType::Index) type = DType::I64;
  if (type == DType::F16 || type == DType::BF16) type = DType::U16;
  if (type == DType::Bool) type = DType::U8;
  return std::string(name_of(type)) + "x" + std::to_string(lanes);
}

std::string KernelPrinter::value_type(const Value& value) const {
  if (value.lanes == 0) return source::KernelPrinter::value_type(value);
  if (value.type == DType::Bool)
    return "i" + std::to_string(value.mask_bits) + "x" + std::to_string(value.lanes);
  return vector_type(value.type, value.lanes);
}

std::string KernelPrinter::lanes_name(const std::string& name) const {
  return name + std::to_string(lane_->count);
}

KernelPrinter::Value KernelPrinter::splat(const Value& value) {
  if (value.lanes) return value;
  unsigned lanes = lane_->count;
  if (value.type == DType::Bool)
    return {call(lanes_name("tn_mask"), {value.piece}), DType::Bool, lanes, 32};
  std::string name = lanes_name("tn_splat") + (value.type == DType::Index ? "<int64_t>" : "");
  return {call(name, {value.piece}), value.type, lanes};
}

KernelPrinter::Value KernelPrinter::with_bits(const Value& mask, int bits) {
  if (mask.mask_bits == bits) return mask;
  Value result{{}, DType::Bool, mask.lanes, bits};
  result.piece = call("tn_convert<" + value_type(result) + ">", {mask.piece});
  return result;
}

KernelPrinter::Value KernelPrinter::apply(Op op, DType type, std::vector<Value> x) {
  unsigned lanes = 0;
  for (const Value& operand : x) lanes = std::max(lanes, operand.lanes);
  if (lanes == 0) return source::KernelPrinter::apply(op, type, std::move(x));
  if (op == Op::Select && x[0].lanes == 0) {
    Value a = splat(x[1]), b = splat(x[2]);
    if (type == DType::Bool) b = with_bits(b, a.mask_bits);
    return {conditional(x[0].piece, a.piece, b.piece), type, lanes, a.mask_bits};
  }
  if (op == Op::Select && type != DType::Bool) {
    x[0] = with_bits(x[0], bits_of(type));
    return {call("tn_select", {x[0].piece, splat(x[1]).piece, splat(x[2]).piece}), type, lanes};
  }
  if (type == DType::Bool) {
    int bits = 0;
    for (const Value& operand : x) bits = std::max(bits, operand.mask_bits);
    std::vector<Piece> masks;
    for (const Value& operand : x) masks.push_back(with_bits(splat(operand), bits).piece);
    auto made = [&](Piece piece) { return Value{std::move(piece), DType::Bool, lanes, bits}; };
    switch (op) {
      case Op::And: return made(binary(masks[0], "&", masks[1]));
      case Op::Or: return made(binary(masks[0], "|", masks[1]));
      case Op::Ne:
      case Op::Xor: return made(binary(masks[0], "^", masks[1]));
      case Op::Eq: return made(source::unary("~", binary(masks[0], "^", masks[1])));
      case Op::Not: return made(source::unary("~", masks[0]));
      case Op::Select: return made(call("tn_select", {masks[0], masks[1], masks[2]}));
      default: return fail("no text for " + std::string(text_of(op)) + " on masks");
    }
  }
  if (is_comparison(op)) {
    const char* text = op == Op::Eq ? "==" : op == Op::Ne ? "!=" : op == Op::Lt ? "<" : "<=";
    std::vector<Piece> sides;
    for (const Value& operand : x)
      sides.push_back(is_float(type) ? operand.piece : splat(operand).piece);
    return {binary(sides[0], text, sides[1]), DType::Bool, lanes, bits_of(type)};
  }
  // On floats operators and fma take a scalar beside vectors, for all lanes.
  bool is_infix = op == Op::Add || op == Op::Sub || op == Op::Mul || op == Op::Div;
  if (type == DType::Index && (is_infix || op == Op::Neg))
    for (Value& operand : x) operand = splat(operand);
  if ((is_float(type) || type == DType::Index) && (is_infix || op == Op::Neg || op == Op::Fma)) {
    Value result = source::KernelPrinter::apply(op, type, std::move(x));
    result.lanes = lanes;
    return result;
  }
  if (is_float(type) && (op == Op::Min || op == Op::Max)) {
    if (x[0].lanes == 0 && is_literal(x[0].piece)) std::swap(x[0], x[1]);
    if (x[1].lanes != 0 || !is_literal(x[1].piece)) x[1] = splat(x[1]);
    x[0] = splat(x[0]);
  } else {
    for (Value& operand : x) operand = splat(operand);
  }
  DType scalar = type == DType::Index ? DType::I64 : type;  // no casts of literals
  Value result = source::KernelPrinter::apply(op, scalar, std::move(x));
  result.type = type;
  result.lanes = lanes;
  return result;
}

KernelPrinter::Value KernelPrinter::convert(DType to, const Value& from) {
  if (from.lanes == 0) return source::KernelPrinter::convert(to, from);
  if (to == from.type) return from;
  if (!is_arithmetic(to) || !is_arithmetic(from.type))
    return fail(
        "no conversion from " + std::string(name_of(from.type)) + " to " + std::string(name_of(to)),
        to);
  if (to == DType::Bool) {
    Value zero{is_float(from.type) ? source::real_literal(from.type, 0)
                                   : source::integer_literal(from.type, 0),
               from.type};
    return {binary(from.piece, "!=", splat(zero).piece), to, from.lanes, bits_of(from.type)};
  }
  Value target{{}, to, from.lanes};
  std::string type = value_type(target);
  Piece piece = from.type == DType::Bool ? binary(from.piece, "&", {"1"}) : from.piece;
  bool saturates = is_float(from.type) && !is_float(to);
  target.piece = call((saturates ? "tn_saturate<" : "tn_convert<") + type + ">", {piece});
  return target;
}

KernelPrinter::Value KernelPrinter::reinterpret(DType to, const Value& from) {
  if (from.lanes == 0) return source::KernelPrinter::reinterpret(to, from);
  if (to == from.type) return from;
  if (to == DType::Bool || from.type == DType::Bool) return convert(to, from);
  Value target{from.piece, to, from.lanes};
  if (value_type(target) != value_type(from))
    target.piece = call("tn_bits<" + value_type(target) + ">", {from.piece});
  return target;
}

// ---- the lane's number --------------------------------------------------------------------------

bool KernelPrinter::uses_lane(Expr e) const { return lane_ && uses_var(e, lane_->name); }

bool KernelPrinter::varies(Expr e) const {
  bool found = uses_lane(e);
  for_each_node(e, [&](Expr node) {
    const Read* read = node.as<Read>();
    found = found || (lane_ && read && private_.count(read->tensor));
  });
  return found;
}

KernelPrinter::Value KernelPrinter::value_of_node(Expr e) {
  if (!lane_ || !uses_lane(e)) return source::KernelPrinter::value_of_node(e);
  if (e.type() == DType::Index && e.kind() != ExprKind::Cast && e.kind() != ExprKind::Read)
    return lane_index(e);
  const Apply* apply_node = e.as<Apply>();
  if (apply_node && is_comparison(apply_node->op) && apply_node->children[0].type() == DType::Index)
    if (auto limit = lane_limit(apply_node->op, apply_node->children[0], apply_node->children[1]))
      return *limit;
  return source::KernelPrinter::value_of_node(e);
}

// An index that differs from lane to lane: first + stride * <0, 1, 2, ...>.
KernelPrinter::Value KernelPrinter::lane_index(Expr e) {
  Split split = split_by(linear_form(e), lane_->variable);
  bool linear = split.linear && split.coefficient.is_constant() && split.rest.valid;
  for (const Term& term : split.rest.terms)
    for (Expr factor : term.factors) linear = linear && !uses_lane(factor);
  if (!linear) return source::KernelPrinter::value_of_node(e);
  Value numbers{call(lanes_name("tn_lanes"), {}), DType::Index, lane_->count};
  int64_t step = split.coefficient.constant;
  if (step != 1)
    numbers.piece = binary(numbers.piece, "*", source::integer_literal(DType::Index, step));
  Expr first = build(*pool_, split.rest);
  if (!is_int(first, 0)) numbers.piece = binary(index(first), "+", numbers.piece);
  return numbers;
}

// With b - a = rest + lane or rest - lane the comparison says which lanes are below a limit.
//   0 <  rest - lane: lane < rest          0 <= rest - lane: lane < rest + 1
//   0 <  rest + lane: not lane < 1 - rest  0 <= rest + lane: not lane < -rest
std::optional<KernelPrinter::Value> KernelPrinter::lane_limit(Op op, Expr a, Expr b) {
  Split split = split_by(add(linear_form(b), linear_form(a), -1), lane_->variable);
  int64_t step = split.coefficient.constant;
  bool is_step = split.linear && split.coefficient.is_constant() && (step == 1 || step == -1);
  if (!is_step || (op != Op::Lt && op != Op::Le) || !split.rest.valid) return std::nullopt;
  for (const Term& term : split.rest.terms)
    for (Expr factor : term.factors)
      if (uses_lane(factor)) return std::nullopt;
  LinearForm limit = scaled(split.rest, -step);
  if (op == Op::Lt && step == 1) limit.constant += 1;
  if (op == Op::Le && step == -1) limit.constant += 1;
  Piece mask = call(lanes_name("tn_first"), {index(build(*pool_, limit))});
  if (step == 1) mask = source::unary("~", mask);
  return Value{mask, DType::Bool, lane_->count, 32};
}

}  // namespace tenon::codegen::cpp
