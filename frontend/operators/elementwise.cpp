// Operators on one element of each input that are more than a change of name.
//
//   Clip-6 (x) {min=0, max=6}   ->   clip %x, 0.0, 6.0          Mean (a, b)   ->   div (add %a,
//   %b), 2.0
#include "frontend/operators/operators.h"

namespace tenon::frontend {

using high::ValueId;

void convert_identity(NodeContext& node) { node.output(0, node.input(0)); }

// Inference leaves the input as it is; the mask lets everything through.
void convert_dropout(NodeContext& node) {
  if (node.version() >= 12 && node.has_input(2) && node.number(2, "training_mode") != 0)
    node.fail("training_mode is true: the result would be random",
              "export the model for inference");
  node.output(0, node.input(0));
  if (!node.wants_output(1)) return;
  DType type = node.version() >= 10 ? DType::Bool : node.type(0).type;
  ValueId one = node.literal(type, {}, {1});
  node.output(1, node.add("expand", {one}, attributes({{"shape", node.type(0).shape}})));
}

namespace {

bool is_small_float(DType type) { return is_float(type) && bits_of(type) <= 8; }

void cast_to(NodeContext& node, DType type) {
  if (type == DType::String || node.type(0).type == DType::String)
    node.fail("strings are not supported", "keep texts outside of the model");
  if (node.version() >= 19 && is_small_float(type) && !node.flag("saturate"))
    node.fail("saturate = 0 is not supported: numbers beyond the type's range would become NaN",
              "set saturate to 1");
  if (type == node.type(0).type)
    node.output(0, node.input(0));
  else
    node.result("cast", {node.input(0)}, attributes({{"to", std::string(name_of(type))}}));
}

}  // namespace

void convert_cast(NodeContext& node) { cast_to(node, node.dtype("to")); }
void convert_cast_like(NodeContext& node) { cast_to(node, node.type(1).type); }

// Version 6 has the bounds as attributes, later ones as inputs. A bound that is absent does not
// bind.
void convert_clip(NodeContext& node) {
  std::vector<ValueId> inputs = node.inputs();
  if (node.version() < 11) {
    for (const char* bound : {"min", "max"})
      inputs.push_back(node.has_attribute(bound)
                           ? node.literal(node.type(0).type, {}, {node.real(bound)})
                           : ValueId{});
  }
  bool bound = false;
  for (size_t i = 1; i < inputs.size(); ++i) bound = bound || inputs[i];
  if (bound)
    node.result("clip", std::move(inputs));
  else
    node.output(0, node.input(0));
}

Convert fold_inputs(std::string_view op) {
  return [op](NodeContext& node) {
    if (node.input_count() == 1) {
      node.output(0, node.input(0));
      return;
    }
    ValueId total = node.input(0);
    for (int i = 1; i + 1 < node.input_count(); ++i) total = node.add(op, {total, node.input(i)});
    node.result(op, {total, node.input(node.input_count() - 1)});
  };
}

void convert_mean(NodeContext& node) {
  ValueId total = node.input(0);
  for (int i = 1; i < node.input_count(); ++i) total = node.add("add", {total, node.input(i)});
  ValueId count = node.literal(node.type(0).type, {}, {static_cast<double>(node.input_count())});
  node.result("div", {total, count});
}

void convert_bit_shift(NodeContext& node) {
  const std::string& direction = node.text("direction");
  if (direction != "LEFT" && direction != "RIGHT")
    node.fail("the attribute direction is " + tenon::quoted(direction), "it must be LEFT or RIGHT");
  node.result("bit_shift", node.inputs(),
              attributes({{"direction", std::string(direction == "LEFT" ? "left" : "right")}}));
}

}  // namespace tenon::frontend
