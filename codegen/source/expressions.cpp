// Scalar values: operators of C where C has them with the meaning of ir/expr/expr.h, calls of tn_*
// functions where it has not.
//
//   fma(x[i], 2.0, min(a, b))   f32   ->   tn_fma(x[i], 2.0f, tn_min(a, b))
//   a + b                       i32   ->   tn_add(a, b)        (wraps)
//   (i - 3) // 2                index ->   tn_floor_div(i - 3, 2), or i / 2 where i >= 0 is proved
#include "codegen/source/literals.h"
#include "codegen/source/printer.h"
#include "ir/expr/element.h"

namespace tenon::codegen::source {
namespace {

// The operator of C on operands of any type; "" where it is a function.
const char* infix(Op op) {
  switch (op) {
    case Op::Add: return "+";
    case Op::Sub: return "-";
    case Op::Mul: return "*";
    case Op::Div: return "/";
    case Op::Eq: return "==";
    case Op::Ne: return "!=";
    case Op::Lt: return "<";
    case Op::Le: return "<=";
    default: return "";
  }
}

const char* function_name(Op op) {
  switch (op) {
    case Op::Add: return "tn_add";
    case Op::Sub: return "tn_sub";
    case Op::Mul: return "tn_mul";
    case Op::Neg: return "tn_neg";
    case Op::FloorDiv: return "tn_floor_div";
    case Op::FloorMod: return "tn_floor_mod";
    case Op::TruncDiv: return "tn_trunc_div";
    case Op::TruncRem: return "tn_trunc_rem";
    case Op::And: return "tn_and";
    case Op::Or: return "tn_or";
    case Op::Xor: return "tn_xor";
    case Op::Not: return "tn_not";
    case Op::Shl: return "tn_shl";
    case Op::Shr: return "tn_shr";
    case Op::Min: return "tn_min";
    case Op::Max: return "tn_max";
    case Op::Abs: return "tn_abs";
    case Op::Sqrt: return "tn_sqrt";
    case Op::Floor: return "tn_floor";
    case Op::Ceil: return "tn_ceil";
    case Op::RoundEven: return "tn_round_even";
    case Op::Trunc: return "tn_trunc";
    case Op::Fma: return "tn_fma";
    default: return "";
  }
}

bool is_comparison(Op op) { return op == Op::Eq || op == Op::Ne || op == Op::Lt || op == Op::Le; }

bool is_atom(Expr e) {
  return e.kind() == ExprKind::IntImm || e.kind() == ExprKind::FloatImm ||
         e.kind() == ExprKind::Var;
}

}  // namespace

std::string KernelPrinter::type_name(DType type) const {
  switch (type) {
    case DType::F32: return "float";
    case DType::F64: return "double";
    case DType::Bool: return "uint8_t";
    case DType::F16:
    case DType::BF16: return "uint16_t";
    case DType::Index: return index_type();
    default: return (is_signed(type) ? "int" : "uint") + std::to_string(bits_of(type)) + "_t";
  }
}

std::string KernelPrinter::value_type(const Value& value) const {
  return value.type == DType::Bool ? "bool" : type_name(value.type);
}

Value KernelPrinter::apply(Op op, DType type, std::vector<Value> x) {
  DType result = is_comparison(op) ? DType::Bool : type;
  auto made = [&](Piece piece) { return Value{std::move(piece), result, 0, 0}; };
  std::vector<Piece> operands;
  for (const Value& operand : x) operands.push_back(operand.piece);
  if (op == Op::Select) return made(conditional(operands[0], operands[1], operands[2]));
  if (is_comparison(op)) return made(binary(operands[0], infix(op), operands[1]));
  if (type == DType::Bool) {
    if (op == Op::And) return made(binary(operands[0], "&&", operands[1]));
    if (op == Op::Or) return made(binary(operands[0], "||", operands[1]));
    if (op == Op::Xor) return made(binary(operands[0], "!=", operands[1]));
    if (op == Op::Not) return made(unary("!", operands[0]));
  }
  bool plain = is_float(type) || type == DType::Index;
  if (type == DType::Index && op == Op::Add) return made(sum(operands[0], operands[1]));
  if (plain && *infix(op)) return made(binary(operands[0], infix(op), operands[1]));
  if (plain && op == Op::Neg) return made(unary("-", operands[0]));
  std::string name = function_name(op);
  if (name.empty())
    return fail("no text for " + std::string(text_of(op)) + " on " + std::string(name_of(type)));
  // The operands of a function agree in their type, literals included.
  if (type == DType::Index && index_type() == "int64_t")
    for (size_t i = 0; i < operands.size(); ++i)
      if (operands[i].text.find_first_not_of("-0123456789") == std::string::npos)
        operands[i] = call("INT64_C", {operands[i]});
  return made(call(name, operands));
}

Value KernelPrinter::convert(DType to, const Value& from) {
  if (to == from.type) return from;
  if (!is_arithmetic(to) || !is_arithmetic(from.type))
    return fail(
        "no conversion from " + std::string(name_of(from.type)) + " to " + std::string(name_of(to)),
        to);
  if (to == DType::Bool) {
    Piece zero = is_float(from.type) ? real_literal(from.type, 0) : Piece{"0"};
    return {binary(from.piece, "!=", zero), to, 0, 0};
  }
  Value target{{}, to, 0, 0};
  if (is_float(from.type) && !is_float(to))
    return {call("tn_saturate<" + value_type(target) + ">", {from.piece}), to, 0, 0};
  return {cast(value_type(target), from.piece), to, 0, 0};
}

Value KernelPrinter::reinterpret(DType to, const Value& from) {
  if (to == from.type) return from;
  Value target{{}, to, 0, 0};
  if (to == DType::Bool || from.type == DType::Bool) return convert(to, from);
  bool same_type = value_type(target) == value_type(from);  // f16 and u16 are both their bits
  if (same_type) return {from.piece, to, 0, 0};
  return {call("tn_bits<" + value_type(target) + ">", {from.piece}), to, 0, 0};
}

// ---- nodes --------------------------------------------------------------------------------------

Expr KernelPrinter::fixed(Expr e) {
  if (expanded_.empty()) return e;
  Expr result = substitute(e, expanded_);
  return result == e ? e : simplify(result, ranges_);
}

std::vector<Expr> KernelPrinter::fixed(std::span<const Expr> list) {
  std::vector<Expr> result;
  for (Expr e : list) result.push_back(fixed(e));
  return result;
}

bool KernelPrinter::is_proved(Expr condition) {
  return is_true(condition) || prove(condition, ranges_);
}

void KernelPrinter::begin_statement(std::span<const Expr> parts) {
  uses_.clear();
  known_.clear();
  for (Expr part : parts) {
    ++uses_[part.node()];
    for_each_node(part, [&](Expr node) {
      for (Expr child : node.children()) ++uses_[child.node()];
    });
  }
}

Value KernelPrinter::value(Expr e) {
  auto known = known_.find(e.node());
  if (known != known_.end()) return known->second;
  Value result = value_of_node(e);
  auto uses = uses_.find(e.node());
  bool repeats = uses != uses_.end() && uses->second > 1;
  bool is_short = is_atom(e) || e.type() == DType::Index ||
                  (e.kind() == ExprKind::Read && local(e.as<Read>()->tensor));
  if (repeats && !is_short && !failure_) result = name_value(result);
  known_[e.node()] = result;
  return result;
}

Value KernelPrinter::name_value(const Value& value) {
  std::string name = names_.temporary("t");
  out_.line("const " + value_type(value) + " " + name + " = " + value.piece.text + ";");
  Value named = value;
  named.piece = {name};
  return named;
}

Value KernelPrinter::value_of_node(Expr e) {
  switch (e.kind()) {
    case ExprKind::IntImm: return {integer_literal(e.type(), e.as<IntImm>()->value), e.type()};
    case ExprKind::FloatImm:
      if (e.type() == DType::F16 || e.type() == DType::BF16) {
        uint8_t bytes[2];
        store_element(e.type(), bytes, 0, Scalar{.f = e.as<FloatImm>()->value});
        return {integer_literal(e.type(), bytes[0] | bytes[1] << 8), e.type()};
      }
      if (e.type() != DType::F32 && e.type() != DType::F64)
        return fail("no literal of type " + std::string(name_of(e.type())), e.type());
      return {real_literal(e.type(), e.as<FloatImm>()->value), e.type()};
    case ExprKind::Var: return {{names_.of(e.as<Var>()->name)}, DType::Index};
    case ExprKind::Read: return read(e);
    case ExprKind::Cast: {
      const Cast* cast = e.as<Cast>();
      Value from = value(cast->value());
      return cast->bits ? reinterpret(e.type(), from) : convert(e.type(), from);
    }
    case ExprKind::Apply: {
      const Apply* apply_node = e.as<Apply>();
      DType type = apply_node->children[apply_node->op == Op::Select ? 1 : 0].type();
      std::vector<Value> operands;
      for (Expr child : apply_node->children) operands.push_back(value(child));
      bool divides = apply_node->op == Op::FloorDiv || apply_node->op == Op::FloorMod;
      if (type == DType::Index && divides && operands[0].lanes == 0 &&
          bounds_of(apply_node->children[0], ranges_).min >= 0)
        return {binary(operands[0].piece, apply_node->op == Op::FloorDiv ? "/" : "%",
                       operands[1].piece),
                type};
      return apply(apply_node->op, type, std::move(operands));
    }
  }
  return fail("an expression of an unknown kind");
}

Value KernelPrinter::read(Expr e) {
  const Read* node = e.as<Read>();
  Value result{element(node->tensor, node->indices()), e.type()};
  const loop::Buffer* buffer = memory(node->tensor);
  if (e.type() == DType::Bool) result.piece = binary(result.piece, "!=", {"0"});
  Expr inside = node->has_otherwise && buffer ? inside_condition(*buffer, node->indices()) : Expr();
  if (!inside) return result;
  return apply(Op::Select, e.type(), {value(inside), result, value(node->otherwise())});
}

}  // namespace tenon::codegen::source
