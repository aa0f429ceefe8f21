// Normalisations and softmax.
//
//   Softmax-11 (x) {axis=1}, x : f32[2, 3, 4]   ->   reshape to [2, 12], softmax {axis=-1}, reshape
//   to [2, 3, 4]
#include "frontend/operators/operators.h"

namespace tenon::frontend {

using high::ValueId;

void convert_batch_normalization(NodeContext& node) {
  bool training = node.version() >= 14 && node.flag("training_mode");
  for (int i = 1; i < node.output_count(); ++i) training = training || node.wants_output(i);
  if (training)
    node.fail("the node trains: it updates its mean and variance",
              "export the model for inference");
  if (node.version() < 9 && !node.flag("spatial"))
    node.fail("spatial = 0 is not supported: a mean for each element in place of each channel",
              "set spatial to 1");
  node.result("batch_norm", node.inputs(), attributes({{"epsilon", node.real("epsilon")}}));
}

void convert_instance_normalization(NodeContext& node) {
  node.result("instance_norm", node.inputs(), attributes({{"epsilon", node.real("epsilon")}}));
}

// The mean and the inverse deviation as results are rare; the definition in the schema gives them.
void convert_layer_normalization(NodeContext& node) {
  if (node.wants_output(1) || node.wants_output(2)) throw UseDefinition{};
  node.result("layer_norm", node.inputs(),
              attributes({{"axis", node.integer("axis")}, {"epsilon", node.real("epsilon")}}));
}

void convert_rms_normalization(NodeContext& node) {
  node.result("rms_norm", node.inputs(),
              attributes({{"axis", node.integer("axis")}, {"epsilon", node.real("epsilon")}}));
}

Convert softmax_along(std::string_view op) {
  return [op](NodeContext& node) {
    int64_t rank = node.rank(0), axis = node.normalized_axis(node.integer("axis"), rank);
    if (node.version() >= 13 || axis == rank - 1) {
      node.result(op, {node.input(0)}, attributes({{"axis", axis}}));
      return;
    }
    std::vector<Expr> shape = node.type(0).shape, rows(shape.begin(), shape.begin() + axis);
    Expr row = node.pool().index(1);
    for (int64_t i = axis; i < rank; ++i) row = row * shape[static_cast<size_t>(i)];
    rows.push_back(row);
    ValueId flat = node.add("reshape", {node.input(0)}, attributes({{"shape", rows}}));
    ValueId soft = node.add(op, {flat}, attributes({{"axis", -1}}));
    node.result("reshape", {soft}, attributes({{"shape", shape}}));
  };
}

}  // namespace tenon::frontend
