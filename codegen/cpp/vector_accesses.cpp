// Loads and stores of lanes, plain and masked, and of arrays of vectors.
//
//   x[k, no*48 + lane]       stride 1   ->   tn_load8(x + (k * 48 + no) * 48)
//   x[h, 2*lane]             stride 2   ->   tn_gather8(x + h * 56, 2)
//   acc[wi, ov*8 + lane]     register   ->   acc[wi][ov]
#include "codegen/cpp/kernel_printer.h"
#include "codegen/source/literals.h"
#include "ir/expr/linear_form.h"

namespace tenon::codegen::cpp {

using source::binary;
using source::call;

// ---- memory -------------------------------------------------------------------------------------

// Null where the access is the same for all lanes.
std::optional<KernelPrinter::Access> KernelPrinter::access_of(const loop::Buffer& buffer,
                                                              std::span<const Expr> indices) {
  bool depends = false;
  std::vector<Expr> first;
  for (Expr index : indices) {
    depends = depends || uses_lane(index);
    Substitution start{lane_->name, pool_->index(0)};
    first.push_back(uses_lane(index) ? simplify(substitute(index, {&start, 1}), ranges_) : index);
  }
  if (!depends) return std::nullopt;
  Split split = split_by(linear_form(flat(buffer, indices)), lane_->variable);
  return Access{flat(buffer, first), split.coefficient.constant};
}

// In memory a bool is a byte, and in registers a mask.
KernelPrinter::Value KernelPrinter::from_memory(DType type, Value value) {
  if (type != DType::Bool) return value;
  if (value.lanes == 0) return {binary(value.piece, "!=", {"0"}), DType::Bool};
  return {binary(value.piece, "!=", {"0"}), DType::Bool, value.lanes, 8};
}

KernelPrinter::Value KernelPrinter::to_memory(DType type, const Value& value) {
  if (type != DType::Bool || value.lanes == 0) return value;
  Value bytes{{}, DType::U8, value.lanes};
  bytes.piece = call("tn_convert<" + value_type(bytes) + ">", {binary(value.piece, "&", {"1"})});
  return bytes;
}

KernelPrinter::Value KernelPrinter::read(Expr e) {
  const Read* node = e.as<Read>();
  if (const source::LocalArray* array = local(node->tensor))
    return read_local(*node, *array, e.type());
  const loop::Buffer* buffer = memory(node->tensor);
  if (!lane_ || !buffer) return source::KernelPrinter::read(e);
  return read_memory(e, *buffer);
}

KernelPrinter::Value KernelPrinter::read_memory(Expr e, const loop::Buffer& buffer) {
  const Read* node = e.as<Read>();
  std::span<const Expr> indices = node->indices();
  Expr condition = inside_condition(buffer, indices);
  std::optional<Value> inside;
  if (condition && node->has_otherwise) inside = value(condition);
  // What lanes that are switched off would read may lie outside.
  std::optional<Value> allowed = inside;
  if (condition && mask_) allowed = inside ? apply(Op::And, DType::Bool, {*mask_, *inside}) : mask_;

  std::optional<Access> access = access_of(buffer, indices);
  DType type = e.type();
  if (!access) {
    Value element_value = from_memory(type, {element(buffer.name, indices), type});
    if (!allowed) return element_value;
    Value zero{type == DType::Bool ? Piece{"false"}
               : is_float(type)    ? source::real_literal(type, 0)
                                   : source::integer_literal(type, 0),
               type};
    if (type == DType::F16 || type == DType::BF16)
      zero.piece = source::integer_literal(DType::U16, 0);
    Piece any = allowed->lanes ? call("tn_any", {allowed->piece}) : allowed->piece;
    element_value.piece = source::conditional(any, element_value.piece, zero.piece);
    if (!inside) return element_value;
    return apply(Op::Select, type, {*inside, element_value, value(node->otherwise())});
  }
  DType stored = type == DType::Bool ? DType::U8 : type;
  std::vector<Piece> arguments = {address(buffer.name, access->first)};
  std::string name = access->stride == 1 ? "tn_load" : "tn_gather";
  if (access->stride != 1)
    arguments.push_back(source::integer_literal(DType::Index, access->stride));
  if (allowed && allowed->lanes) {
    arguments.push_back(with_bits(*allowed, bits_of(stored)).piece);
    Value loaded{call(lanes_name(name), arguments), stored, lane_->count};
    Value result = from_memory(type, loaded);
    if (!inside) return result;
    Value otherwise = value(node->otherwise());
    const FloatImm* real = node->otherwise().as<FloatImm>();
    bool is_zero =
        real ? real->value == 0 && loaded.type != DType::Bool : is_int(node->otherwise(), 0);
    return is_zero ? result : apply(Op::Select, type, {*inside, result, otherwise});
  }
  Value result = from_memory(type, {call(lanes_name(name), arguments), stored, lane_->count});
  if (!inside) return result;
  return apply(Op::Select, type, {*inside, result, value(node->otherwise())});
}

void KernelPrinter::print_store(const loop::Store& store) {
  std::vector<Expr> indices = fixed(store.indices);
  Expr stored = fixed(store.value);
  begin_statement({&stored, 1});
  Value result = value(stored);
  if (failure_) return;
  if (local(store.buffer)) return write_local(store, indices, result);
  const loop::Buffer* buffer = memory(store.buffer);
  if (!buffer) {
    fail("no buffer " + store.buffer + " is declared here");
    return;
  }
  if (!lane_) {
    out_.line(element(store.buffer, indices).text + " = " + result.piece.text + ";");
    return;
  }
  std::optional<Access> access = access_of(*buffer, indices);
  if (!access && !mask_ && result.lanes == 0) {
    out_.line(element(store.buffer, indices).text + " = " + result.piece.text + ";");
    return;
  }
  if (!access) access = Access{flat(*buffer, indices), 0};
  result = to_memory(buffer->type, splat(result));
  std::vector<Piece> arguments = {address(store.buffer, access->first)};
  bool is_dense = access->stride == 1;
  if (!is_dense) arguments.push_back(source::integer_literal(DType::Index, access->stride));
  arguments.push_back(result.piece);
  if (mask_) arguments.push_back(with_bits(*mask_, bits_of(buffer->type)).piece);
  out_.line(call(lanes_name(is_dense ? "tn_store" : "tn_scatter"), arguments).text + ";");
}

void KernelPrinter::print_prefetch(const loop::Prefetch& prefetch) {
  loop::Prefetch first = prefetch;
  if (lane_) {
    Substitution start{lane_->name, pool_->index(0)};
    for (Expr& index : first.indices) index = substitute(index, {&start, 1});
  }
  source::KernelPrinter::print_prefetch(first);
}

// ---- arrays of vectors --------------------------------------------------------------------------

KernelPrinter::Value KernelPrinter::read_local(const Read& node, const source::LocalArray& array,
                                               DType type) {
  std::span<const Expr> indices = node.indices();
  const std::string& name = names_.of(node.tensor);
  DType stored = type == DType::Bool ? DType::U8 : type;
  auto own = private_.find(node.tensor);
  if (own != private_.end())
    return from_memory(
        type, {source::subscript(name, array_subscripts(array, indices)), stored, own->second});
  bool in_lanes = lane_ && !indices.empty() && uses_lane(indices.back());
  std::vector<Expr> first(indices.begin(), indices.end());
  if (in_lanes) {
    Substitution start{lane_->name, pool_->index(0)};
    first.back() = simplify(substitute(first.back(), {&start, 1}), ranges_);
  }
  Piece slot = source::subscript(name, array_subscripts(array, first));
  if (array.group == 1) return from_memory(type, {slot, stored});
  Piece place = index(simplify(floor_mod(first.back(), array.group), ranges_));
  if (!in_lanes)
    return from_memory(
        type, {{source::bound(slot, source::Binding::Postfix) + "[" + place.text + "]"}, stored});
  if (array.group == lane_->count) return from_memory(type, {slot, stored, lane_->count});
  return from_memory(type, {call(lanes_name("tn_part"), {slot, place}), stored, lane_->count});
}

void KernelPrinter::write_local(const loop::Store& store, std::span<const Expr> indices,
                                Value value) {
  const source::LocalArray array = *local(store.buffer);
  const std::string& name = names_.of(store.buffer);
  auto own = private_.find(store.buffer);
  bool in_lanes = lane_ && !indices.empty() && uses_lane(indices.back());
  bool is_private = own != private_.end();
  if (lane_ && !in_lanes && !is_private && (mask_ || value.lanes)) {
    fail("lanes of a vectorized loop write one element of the register buffer " + store.buffer);
    return;
  }
  std::vector<Expr> first(indices.begin(), indices.end());
  if (in_lanes) {
    Substitution start{lane_->name, pool_->index(0)};
    first.back() = simplify(substitute(first.back(), {&start, 1}), ranges_);
  }
  Piece slot = source::subscript(name, array_subscripts(array, first));
  Piece place{"0"};
  if (array.group > 1 && !is_private)
    place = index(simplify(floor_mod(first.back(), array.group), ranges_));
  if (!in_lanes && !is_private) {
    std::string element_place = array.group > 1 ? "[" + place.text + "]" : "";
    out_.line(slot.text + element_place + " = " + value.piece.text + ";");
    return;
  }
  value = to_memory(array.type, splat(value));
  bool is_part = !is_private && array.group != lane_->count;
  if (mask_) {
    Piece old = is_part ? call(lanes_name("tn_part"), {slot, place}) : slot;
    Value mask = with_bits(*mask_, bits_of(array.type));
    value.piece = call("tn_select", {mask.piece, value.piece, old});
  }
  if (is_part) value.piece = call("tn_with_part", {slot, place, value.piece});
  out_.line(slot.text + " = " + value.piece.text + ";");
}

}  // namespace tenon::codegen::cpp
