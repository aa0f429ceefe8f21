// Flat code of expressions.
#include "ir/loop/flat_builder.h"

#include <algorithm>
#include <bit>

namespace tenon::loop {
namespace {

// The instruction of its own for an operation on operands of this type, if there is one.
std::optional<FlatOp> direct_op(Op op, DType type) {
  if (type == DType::F32 || type == DType::F64) {
    bool wide = type == DType::F64;
    switch (op) {
#define X(name) \
  case Op::name: return wide ? FlatOp::name##F64 : FlatOp::name##F32;
      TENON_FLAT_FLOAT_OPS(X)
#undef X
      default: return std::nullopt;
    }
  }
  if (is_float(type)) return std::nullopt;
  // Slots hold integers sign- or zero-extended: of u64 only what does not ask for the sign is the
  // same, and division of narrow types has cases that wrap.
  bool full = type == DType::Index || type == DType::I64;
  switch (op) {
    case Op::Add: return FlatOp::AddInt;
    case Op::Sub: return FlatOp::SubInt;
    case Op::Mul: return FlatOp::MulInt;
    case Op::Eq: return FlatOp::EqInt;
    case Op::Ne: return FlatOp::NeInt;
    case Op::And: return FlatOp::AndInt;
    case Op::Or: return FlatOp::OrInt;
    case Op::FloorDiv: return full ? std::optional(FlatOp::FloorDivInt) : std::nullopt;
    case Op::FloorMod: return full ? std::optional(FlatOp::FloorModInt) : std::nullopt;
    case Op::Min:
    case Op::Max:
    case Op::Lt:
    case Op::Le:
      if (type == DType::U64) return std::nullopt;
      return op == Op::Min   ? FlatOp::MinInt
             : op == Op::Max ? FlatOp::MaxInt
             : op == Op::Lt  ? FlatOp::LtInt
                             : FlatOp::LeInt;
    case Op::Not: return type == DType::Bool ? std::optional(FlatOp::Not) : std::nullopt;
    default: return std::nullopt;
  }
}

bool may_leave_width(Op op, DType type) {
  return (op == Op::Add || op == Op::Sub || op == Op::Mul) && is_integer(type) &&
         bits_of(type) < 64;
}

// True when every value of `from` is the same number in `to`: slots need no change.
bool keeps_values(DType to, DType from) {
  if (to == from || from == DType::Bool) return true;
  if (to == DType::Bool) return false;
  if (bits_of(to) == 64) return true;
  return bits_of(to) > bits_of(from) && (is_signed(to) || !is_signed(from));
}

enum class Access { Load, LoadStep, Store, StoreStep };

FlatOp memory_op(Access access, DType type) {
  auto pick = [&](FlatOp load, FlatOp load_step, FlatOp store, FlatOp store_step) {
    return access == Access::Load       ? load
           : access == Access::LoadStep ? load_step
           : access == Access::Store    ? store
                                        : store_step;
  };
  switch (type == DType::Index ? DType::I64 : type) {
#define X(name, ctype, member)                                                   \
  case DType::name:                                                              \
    return pick(FlatOp::Load##name, FlatOp::LoadStep##name, FlatOp::Store##name, \
                FlatOp::StoreStep##name);
    TENON_FLAT_MEMORY_TYPES(X)
#undef X
    default:
      return pick(FlatOp::LoadOther, FlatOp::LoadStepOther, FlatOp::StoreOther,
                  FlatOp::StoreStepOther);
  }
}

}  // namespace

struct FlatBuilder::Suspended {
  std::vector<Region> regions;
  std::vector<FlatVariable> variables;
};

FlatBuilder::FlatBuilder(FlatCode& code) : code_(code) { regions_.emplace_back(); }

// ---- regions ------------------------------------------------------------------------------------

void FlatBuilder::open_region(bool always) {
  regions_.emplace_back();
  regions_.back().always = always;
}

FlatBuilder::Code FlatBuilder::close_region() {
  Code code = std::move(regions_.back().code);
  regions_.pop_back();
  return code;
}

void FlatBuilder::append(const Code& code) {
  Code& current = regions_.back().code;
  current.insert(current.end(), code.begin(), code.end());
}

void FlatBuilder::emit(Instruction instruction) {
  regions_.back().code.push_back({instruction, {statement_, depth()}});
}

std::shared_ptr<FlatBuilder::Suspended> FlatBuilder::suspend(int depth) {
  auto result = std::make_shared<Suspended>();
  auto first = regions_.begin() + depth + 1;
  std::move(first, regions_.end(), std::back_inserter(result->regions));
  regions_.erase(first, regions_.end());
  result->variables = variable_stack_;
  std::erase_if(variable_stack_,
                [&](const FlatVariable& variable) { return variable.depth > depth; });
  return result;
}

void FlatBuilder::resume(const std::shared_ptr<Suspended>& suspended) {
  std::move(suspended->regions.begin(), suspended->regions.end(), std::back_inserter(regions_));
  variable_stack_ = std::move(suspended->variables);
}

FlatBuilder::Value FlatBuilder::emit_value(Instruction instruction,
                                           std::initializer_list<Value> operands, bool checked) {
  int at = checked ? fault_depth() : 0;
  for (const Value& operand : operands) at = std::max(at, operand.depth);
  instruction.dst = new_slot();
  regions_[static_cast<size_t>(at)].code.push_back({instruction, {statement_, at}});
  return {instruction.dst, at};
}

int FlatBuilder::fault_depth() const {
  int at = depth();
  while (at > 0 && regions_[static_cast<size_t>(at)].always) --at;
  return at;
}

// ---- names --------------------------------------------------------------------------------------

void FlatBuilder::begin_statement(const Stmt& stmt) {
  statement_ = static_cast<int32_t>(code_.statements.size());
  code_.statements.push_back({stmt, variable_stack_});
  for (auto& known : known_in_statement_) known.clear();
}

int32_t FlatBuilder::define_variable(const std::string& name) {
  int32_t slot = new_slot();
  bool fresh = variables_.emplace(name, Value{slot, depth()}).second;
  TENON_CHECK(fresh, "two loops around each other have the variable " + name);
  variable_stack_.push_back({name, slot, depth()});
  return slot;
}

void FlatBuilder::forget_variable(const std::string& name) {
  variables_.erase(name);
  variable_stack_.pop_back();
}

const FlatBuilder::ScopedBuffer& FlatBuilder::buffer(const std::string& name) const {
  auto found = buffers_.find(name);
  TENON_CHECK(found != buffers_.end(), "no buffer " + name + " is in scope");
  return found->second;
}

int32_t FlatBuilder::new_slot() {
  code_.slots.push_back(Slot{.i = 0});
  return static_cast<int32_t>(code_.slots.size()) - 1;
}

// ---- values -------------------------------------------------------------------------------------

FlatBuilder::Value FlatBuilder::constant(Slot value) {
  auto [found, added] = constants_.emplace(value.i, -1);
  if (added) {
    found->second = new_slot();
    code_.slots[static_cast<size_t>(found->second)] = value;
  }
  return {found->second, 0};
}

FlatBuilder::Value FlatBuilder::constant_int(int64_t value) { return constant(Slot{.i = value}); }

bool FlatBuilder::depends_on_writes(Expr e) {
  if (e.children().empty() && e.kind() != ExprKind::Read) return false;
  auto found = depends_on_writes_.find(e.node());
  if (found != depends_on_writes_.end()) return found->second;
  const Read* read = e.as<Read>();
  bool result = read && buffer(read->tensor).changes;
  for (Expr child : e.children()) result = result || depends_on_writes(child);
  depends_on_writes_[e.node()] = result;
  return result;
}

FlatBuilder::Value FlatBuilder::value(Expr e, bool quiet) {
  switch (e.kind()) {
    case ExprKind::IntImm: return constant_int(e.as<IntImm>()->value);
    case ExprKind::FloatImm: {
      Slot slot{.i = 0};
      if (e.type() == DType::F32)
        slot.s = static_cast<float>(e.as<FloatImm>()->value);
      else
        slot.d = e.as<FloatImm>()->value;
      return constant(slot);
    }
    case ExprKind::Var: {
      auto found = variables_.find(e.as<Var>()->name);
      bool known = found != variables_.end() && found->second.depth <= depth();
      TENON_CHECK(known, "the variable " + e.as<Var>()->name + " has no value here");
      return found->second;
    }
    default: break;
  }
  if (depends_on_writes(e)) {
    auto& known = known_in_statement_[quiet];
    auto found = known.find(e.node());
    if (found != known.end()) return found->second;
    Value result = compute(e, quiet);
    known[e.node()] = result;
    return result;
  }
  for (int at = depth(); at >= 0; --at) {
    auto& known = regions_[static_cast<size_t>(at)].known;
    auto found = known.find(e.node());
    if (found != known.end()) return {found->second, at};
  }
  Value result = compute(e, quiet);
  regions_[static_cast<size_t>(result.depth)].known[e.node()] = result.slot;
  return result;
}

FlatBuilder::Value FlatBuilder::compute(Expr e, bool quiet) {
  if (const Apply* apply = e.as<Apply>()) return compute_apply(*apply, quiet);
  if (const Cast* cast = e.as<Cast>()) return compute_cast(*cast, quiet);
  return compute_read(*e.as<Read>(), quiet);
}

FlatBuilder::Value FlatBuilder::compute_apply(const Apply& apply, bool quiet) {
  // The operand that select does not take, and the second one of a decided and/or, may be memory
  // that nothing has written.
  bool lazy = apply.op == Op::Select ||
              ((apply.op == Op::And || apply.op == Op::Or) && apply.type == DType::Bool);
  Value operands[3] = {constant_int(0), constant_int(0), constant_int(0)};
  for (size_t i = 0; i < apply.children.size(); ++i)
    operands[i] = value(apply.children[i], quiet || (lazy && i > 0));
  DType type = apply.children[apply.op == Op::Select ? 1 : 0].type();
  Instruction instruction{.op = FlatOp::Apply};
  instruction.a = operands[0].slot;
  instruction.b = operands[1].slot;
  instruction.c = operands[2].slot;
  if (apply.op == Op::Select) {
    instruction.op = FlatOp::Select;
  } else if (std::optional<FlatOp> direct = direct_op(apply.op, type)) {
    instruction.op = *direct;
  } else {
    instruction.x = static_cast<uint8_t>(apply.op);
    instruction.y = static_cast<uint8_t>(type);
  }
  Value result = emit_value(instruction, {operands[0], operands[1], operands[2]});
  if (instruction.op == FlatOp::Apply || !may_leave_width(apply.op, type)) return result;
  return emit_value({.op = FlatOp::Wrap, .x = static_cast<uint8_t>(type), .a = result.slot},
                    {result});
}

FlatBuilder::Value FlatBuilder::compute_cast(const Cast& cast, bool quiet) {
  Value operand = value(cast.value(), quiet);
  DType from = cast.value().type(), to = cast.type;
  Instruction instruction{.op = FlatOp::Convert};
  instruction.x = static_cast<uint8_t>(to);
  instruction.y = static_cast<uint8_t>(from);
  instruction.a = operand.slot;
  if (cast.bits) {
    instruction.op = FlatOp::Reinterpret;
  } else if (!is_float(to) && !is_float(from)) {
    if (keeps_values(to, from)) return operand;
    instruction.op = FlatOp::Wrap;
  } else if (to == DType::F32 && !is_float(from) && from != DType::U64) {
    instruction.op = FlatOp::IntToF32;
  } else if (to == DType::F32 && is_float(from)) {
    instruction.op = FlatOp::F64ToF32;
  } else if (to == DType::F64 && from == DType::F32) {
    instruction.op = FlatOp::F32ToF64;
  }
  return emit_value(instruction, {operand});
}

// ---- accesses -----------------------------------------------------------------------------------

std::vector<Expr> FlatBuilder::relative_indices(const ScopedBuffer& buffer,
                                                std::span<const Expr> indices) const {
  TENON_CHECK(indices.size() == buffer.declared.extents.size(),
              "subscripts of " + buffer.declared.name);
  std::vector<Expr> result(indices.begin(), indices.end());
  for (size_t i = 0; i < buffer.declared.base.size(); ++i)
    result[i] = result[i] - buffer.declared.base[i];
  return result;
}

std::vector<FlatBuilder::AddressStep> FlatBuilder::address_steps(const ScopedBuffer& buffer,
                                                                 std::span<const Expr> indices,
                                                                 bool quiet) {
  std::vector<Expr> relative = relative_indices(buffer, indices);
  const Layout& layout = buffer.declared.layout;
  std::vector<AddressStep> steps;
  auto add = [&](Expr index, Expr extent, Expr stride, size_t axis) {
    const int64_t* literal = as_int(extent);
    if (is_int(index, 0) && literal && *literal > 0) return;
    steps.push_back({value(index, quiet), value(extent), value(stride), static_cast<int>(axis)});
  };
  if (layout.is_row_major()) {
    for (size_t i = 0; i < relative.size(); ++i)
      add(relative[i], buffer.physical_extents[i], buffer.strides[i], i);
    return steps;
  }
  std::vector<Expr> physical = layout.physical_indices(relative);
  std::vector<int> parts(relative.size());
  for (const PhysicalDim& dim : layout.dims) ++parts[static_cast<size_t>(dim.axis)];
  for (size_t d = 0; d < layout.dims.size(); ++d) {
    const PhysicalDim& dim = layout.dims[d];
    size_t axis = static_cast<size_t>(dim.axis);
    // The outermost part bounds its axis, padding included: whole blocks. The parts inside cannot
    // leave their block.
    if (dim.modulus == 0 && parts[axis] > 1)
      add(relative[axis], buffer.physical_extents[d] * pool_.index(dim.divisor), pool_.index(0),
          axis);
    add(simplify(physical[d], ranges_), buffer.physical_extents[d], buffer.strides[d], axis);
  }
  return steps;
}

FlatBuilder::Value FlatBuilder::offset_of(std::vector<AddressStep>& steps, int32_t number) {
  // What changes least goes first, so that its part of the offset leaves the inner loops.
  std::stable_sort(steps.begin(), steps.end(), [](const AddressStep& a, const AddressStep& b) {
    return a.index.depth < b.index.depth;
  });
  Value offset = constant_int(0);
  for (size_t i = 0; i + 1 < steps.size(); ++i) {
    const AddressStep& step = steps[i];
    Instruction instruction{.op = FlatOp::Step, .x = static_cast<uint8_t>(step.axis)};
    instruction.a = offset.slot;
    instruction.b = step.index.slot;
    instruction.c = step.extent.slot;
    instruction.d = step.stride.slot;
    instruction.buffer = number;
    offset =
        emit_value(instruction, {offset, step.index, step.extent, step.stride}, /*checked=*/true);
  }
  return offset;
}

FlatBuilder::Value FlatBuilder::compute_read(const Read& read, bool quiet) {
  const ScopedBuffer& source = buffer(read.tensor);
  if (read.has_otherwise) return compute_read_or_else(source, read, quiet);
  std::vector<AddressStep> steps = address_steps(source, read.indices(), quiet);
  Instruction instruction{
      .op = memory_op(steps.empty() ? Access::Load : Access::LoadStep, read.type)};
  Value offset = offset_of(steps, source.number);
  AddressStep last = steps.empty()
                         ? AddressStep{constant_int(0), constant_int(0), constant_int(0), 0}
                         : steps.back();
  // Memory that changes is read where it stands, all other as early as its subscripts are known.
  Value here{-1, source.changes ? depth() : 0};
  instruction.x = static_cast<uint8_t>(last.axis);
  instruction.y = quiet;
  instruction.a = offset.slot;
  instruction.b = last.index.slot;
  instruction.c = last.extent.slot;
  instruction.d = last.stride.slot;
  instruction.buffer = source.number;
  return emit_value(instruction, {offset, last.index, last.extent, last.stride, here},
                    /*checked=*/true);
}

FlatBuilder::Value FlatBuilder::compute_read_or_else(const ScopedBuffer& source, const Read& read,
                                                     bool quiet) {
  std::vector<Expr> relative = relative_indices(source, read.indices());
  Value inside = constant_int(1), offset = constant_int(0);
  auto combine = [&](FlatOp op, Value a, Value b) {
    return emit_value({.op = op, .a = a.slot, .b = b.slot}, {a, b});
  };
  for (size_t i = 0; i < relative.size(); ++i)
    inside = combine(
        FlatOp::AndInt, inside,
        combine(FlatOp::InRange, value(relative[i], quiet), value(source.declared.extents[i])));
  std::vector<Expr> physical = source.declared.layout.physical_indices(relative);
  for (size_t d = 0; d < physical.size(); ++d)
    offset = combine(FlatOp::AddInt, offset,
                     combine(FlatOp::MulInt, value(physical[d], quiet), value(source.strides[d])));
  Value otherwise = value(read.otherwise(), quiet), here{-1, source.changes ? depth() : 0};
  Instruction instruction{.op = FlatOp::LoadOrElse};
  instruction.y = quiet;
  instruction.a = offset.slot;
  instruction.b = inside.slot;
  instruction.c = otherwise.slot;
  instruction.buffer = source.number;
  return emit_value(instruction, {offset, inside, otherwise, here}, /*checked=*/true);
}

void FlatBuilder::check_padding(const ScopedBuffer& target, const std::vector<Expr>& indices,
                                Value stored) {
  std::vector<Expr> relative = relative_indices(target, indices);
  Value inside = constant_int(1);
  for (size_t i = 0; i < relative.size(); ++i) {
    Value index = value(relative[i]), extent = value(target.declared.extents[i]);
    Value in_axis =
        emit_value({.op = FlatOp::InRange, .a = index.slot, .b = extent.slot}, {index, extent});
    inside =
        emit_value({.op = FlatOp::AndInt, .a = inside.slot, .b = in_axis.slot}, {inside, in_axis});
  }
  emit({.op = FlatOp::CheckPadding,
        .x = static_cast<uint8_t>(target.declared.type),
        .a = stored.slot,
        .b = inside.slot,
        .buffer = target.number});
}

void FlatBuilder::store(const std::string& name, const std::vector<Expr>& indices, Value stored) {
  const ScopedBuffer& target = buffer(name);
  if (target.declared.layout.pads(target.declared.extents)) check_padding(target, indices, stored);
  std::vector<AddressStep> steps = address_steps(target, indices, false);
  Instruction instruction{
      .op = memory_op(steps.empty() ? Access::Store : Access::StoreStep, target.declared.type)};
  instruction.a = offset_of(steps, target.number).slot;
  if (!steps.empty()) {
    instruction.x = static_cast<uint8_t>(steps.back().axis);
    instruction.b = steps.back().index.slot;
    instruction.c = steps.back().extent.slot;
    instruction.d = steps.back().stride.slot;
  }
  instruction.dst = stored.slot;
  instruction.buffer = target.number;
  emit(instruction);
}

}  // namespace tenon::loop
