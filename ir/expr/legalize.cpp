// The table, and the dispatch of what is not in it to the expansions.
#include "ir/expr/legalize.h"

#include "ir/expr/math/functions.h"

namespace tenon {
namespace {

DTypeSet every_type() {
#define X(name, ...) DType::name,
  return {TENON_DTYPES(X)};
#undef X
}

Op op_named(std::string_view text) {
#define X(name, op_text, ...) \
  if (text == op_text) return Op::name;
  TENON_OPS(X)
#undef X
  TENON_CHECK(false, "a table of operations names " + std::string(text));
  return Op::Add;
}

bool is_long(DType type) { return !is_float(type) && bits_of(type) == 64; }
bool is_short(DType type) { return type == DType::F16 || type == DType::BF16; }

class Legalize final : public Rewriter {
 public:
  Legalize(ExprPool& pool, const LegalOperations& legal) : Rewriter(pool), legal_(legal) {}

 private:
  Expr rewrite(Expr old) override {
    Expr e = rewrite_children(old);
    const Apply* apply = e.as<Apply>();
    if (apply && !legal_.has(apply->op, operand_type(*apply))) return expanded(*apply, e);
    const Cast* cast = e.as<Cast>();
    if (cast && !cast->bits) return converted(e.type(), cast->value());
    return e;
  }

  Expr expanded(const Apply& apply, Expr unchanged) {
    switch (apply.op) {
      case Op::Fma: return apply.operand(0) * apply.operand(1) + apply.operand(2);
      case Op::FloorDiv:
      case Op::FloorMod:
      case Op::TruncDiv:
      case Op::TruncRem:
        // Indices keep their form, which code generators analyse.
        return operand_type(apply) == DType::Index
                   ? unchanged
                   : math::divide_integers(apply.op, apply.operand(0), apply.operand(1));
      case Op::RoundEven: return math::round_to_even(apply.operand(0));
      case Op::Trunc: return math::truncate(apply.operand(0));
      case Op::Floor: return math::floor(apply.operand(0));
      case Op::Ceil: return math::ceiling(apply.operand(0));
      default: return unchanged;
    }
  }

  Expr converted(DType to, Expr x) {
    DType from = x.type();
    if (to == from) return x;
    if (legal_.converts(to, from)) return cast(to, x);
    if (is_short(from))
      return to != DType::F32      ? converted(to, converted(DType::F32, x))
             : from == DType::BF16 ? math::bf16_to_f32(x)
                                   : math::f16_to_f32(x);
    if (is_long(from) && to == DType::F64) return math::long_to_f64(x);
    if (is_long(from) && to == DType::F32)
      return cast(to, converted(DType::F64, math::at_most_53_bits(x)));
    if (is_long(to) && is_float(from)) return math::f64_to_long(to, converted(DType::F64, x));
    if (!is_short(to)) return cast(to, x);
    if (from == DType::F32) return to == DType::BF16 ? math::f32_to_bf16(x) : math::f32_to_f16(x);
    if (from == DType::F64) return converted(to, math::f32_rounded_to_odd(x));
    // f32 holds every integer below 2^24, and beyond 2^16 all are infinite in f16.
    if (to == DType::F16 || bits_of(from) <= 16) return converted(to, converted(DType::F32, x));
    return converted(to, converted(DType::F64, is_long(from) ? math::at_most_53_bits(x) : x));
  }

  const LegalOperations& legal_;
};

}  // namespace

LegalOperations::LegalOperations() {
  types_.fill(every_type());
  sources_.fill(every_type());
}

LegalOperations::LegalOperations(const OperationTable& table) {
  for (const OperationRow& row : table.operations)
    for (std::string_view rest = row.operations; !rest.empty();) {
      size_t end = std::min(rest.find(' '), rest.size());
      DTypeSet& types = types_[static_cast<size_t>(op_named(rest.substr(0, end)))];
      types = types | row.types;
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  for (const ConversionRow& row : table.conversions)
    for (size_t to = 0; to < sources_.size(); ++to)
      if (row.to.has(static_cast<DType>(to))) sources_[to] = sources_[to] | row.from;
}

DType operand_type(const Apply& apply) {
  return apply.children[apply.op == Op::Select ? 1 : 0].type();
}

Expr legalize(Expr e, const LegalOperations& legal) { return Legalize(e.pool(), legal)(e); }

}  // namespace tenon
