// Every ONNX operator that is read, in alphabetical order: the versions of it, by the opset in
// which they came, and its conversion. An operator without a row, or in a version that its row
// lacks, is expanded from the function body of its ONNX definition, where it has one.
#include <algorithm>

#include "frontend/operators/operators.h"

namespace tenon::frontend {
namespace {

// Opsets in which only types were added that change nothing here.
const std::vector<int> kTypeLists = {19, 21, 23, 24, 25};

std::vector<int> and_type_lists(std::vector<int> versions) {
  versions.insert(versions.end(), kTypeLists.begin(), kTypeLists.end());
  return versions;
}

std::vector<OnnxOperator> make_table() {
  return {
      {"Abs", {6, 13}, to("abs")},
      {"Acos", {7, 22}, to("acos")},
      {"Acosh", {9, 22}, to("acosh")},
      {"Add", {7, 13, 14}, to("add")},
      {"And", {7}, to("logical_and")},
      {"ArgMax", {1, 11, 12, 13}, arg_reduction("arg_max")},
      {"ArgMin", {1, 11, 12, 13}, arg_reduction("arg_min")},
      {"Asin", {7, 22}, to("asin")},
      {"Asinh", {9, 22}, to("asinh")},
      {"Atan", {7, 22}, to("atan")},
      {"Atanh", {9, 22}, to("atanh")},
      {"AveragePool", {7, 10, 11, 19, 22}, convert_average_pool, "one to three spatial axes"},
      {"BatchNormalization", {7, 9, 14, 15}, convert_batch_normalization, "inference only"},
      {"BitShift", {11, 28}, convert_bit_shift},
      {"BitwiseAnd", {18}, to("bitwise_and")},
      {"BitwiseNot", {18}, to("bitwise_not")},
      {"BitwiseOr", {18}, to("bitwise_or")},
      {"BitwiseXor", {18}, to("bitwise_xor")},
      {"Cast", {9, 13, 19, 21, 23, 24, 25}, convert_cast, "no strings; saturate must be 1"},
      {"CastLike", {15, 19, 21, 23, 24, 25}, convert_cast_like, "no strings; saturate must be 1"},
      {"Ceil", {6, 13}, to("ceil")},
      {"Celu", {12, 28}, to_with_reals("celu", {"alpha"})},
      {"Clip", {6, 11, 12, 13}, convert_clip},
      {"Concat", {4, 11, 13}, convert_concat},
      {"Constant", and_type_lists({1, 9, 11, 12, 13}), convert_constant,
       "no strings, no sparse tensors"},
      {"ConstantOfShape",
       {9, 20, 21, 23, 24, 25},
       convert_constant_of_shape,
       "the shape must follow from constants and dimensions"},
      {"Conv",
       {1, 11, 22},
       convert_conv,
       "one to three spatial axes; the weight has a constant shape"},
      {"ConvTranspose",
       {1, 11, 22},
       convert_conv_transpose,
       "one to three spatial axes; the weight has a constant shape"},
      {"Cos", {7, 22}, to("cos")},
      {"Cosh", {9, 22}, to("cosh")},
      {"CumSum", {11, 14}, convert_cum_sum, "the axis must be constant"},
      {"DepthToSpace",
       {1, 11, 13, 28},
       [](NodeContext& node) {
         high::Attributes given = attributes({{"blocksize", node.integer("blocksize")}});
         if (node.version() >= 11) given.set("mode", node.text("mode"));
         node.result("depth_to_space", {node.input(0)}, std::move(given));
       }},
      {"Div", {7, 13, 14}, to("div")},
      {"Dropout", {7, 10, 12, 13, 22}, convert_dropout, "inference only"},
      {"Einsum", {12}, convert_einsum, "one or two operands; no label twice in one operand"},
      {"Elu", {6, 22}, to_with_reals("elu", {"alpha"})},
      {"Equal", {7, 11, 13, 19}, to("equal"), "no strings"},
      {"Erf", {9, 13}, to("erf")},
      {"Exp", {6, 13}, to("exp")},
      {"Expand", {8, 13}, convert_expand, "the shape must follow from constants and dimensions"},
      {"EyeLike", {9, 22}, convert_eye_like},
      {"Flatten", {1, 9, 11, 13, 21, 23, 24, 25}, convert_flatten},
      {"Floor", {6, 13}, to("floor")},
      {"GRU", {7, 14, 22}, recurrent("gru"), "sequence_lens must each be the whole sequence"},
      {"Gather", {1, 11, 13}, to_with_integers("gather", {"axis"})},
      {"GatherElements", {11, 13}, to_with_integers("gather_elements", {"axis"})},
      {"GatherND",
       {11, 12, 13},
       [](NodeContext& node) {
         high::Attributes given;
         if (node.version() >= 12) given.set("batch_dims", node.integer("batch_dims"));
         node.result("gather_nd", node.inputs(), std::move(given));
       }},
      {"Gelu", {20}, to_with_text("gelu", "approximate")},
      {"Gemm", {7, 9, 11, 13}, convert_gemm},
      {"GlobalAveragePool", {1, 22}, global_pool("reduce_mean")},
      {"GlobalMaxPool", {1, 22}, global_pool("reduce_max")},
      {"Greater", {7, 9, 13}, to("greater")},
      {"GreaterOrEqual", {12, 16}, to("greater_or_equal")},
      {"HardSigmoid", {6, 22}, to_with_reals("hard_sigmoid", {"alpha", "beta"})},
      {"HardSwish", {14, 22}, to("hard_swish")},
      {"Identity", and_type_lists({1, 13, 14, 16}), convert_identity},
      {"InstanceNormalization", {6, 22}, convert_instance_normalization},
      {"IsInf", {10, 20}, to_with_integers("is_inf", {"detect_negative", "detect_positive"})},
      {"IsNaN", {9, 13, 20}, to("is_nan")},
      {"LSTM",
       {7, 14, 22},
       recurrent("lstm"),
       "no peepholes; sequence_lens must each be the whole sequence"},
      {"LayerNormalization", {17}, convert_layer_normalization},
      {"LeakyRelu", {6, 16}, to_with_reals("leaky_relu", {"alpha"})},
      {"Less", {7, 9, 13}, to("less")},
      {"LessOrEqual", {12, 16}, to("less_or_equal")},
      {"Log", {6, 13}, to("log")},
      {"LogSoftmax", {1, 11, 13}, softmax_along("log_softmax")},
      {"MatMul", {1, 9, 13}, to("matmul")},
      {"Max", {6, 8, 12, 13}, fold_inputs("max")},
      {"MaxPool",
       {1, 8, 10, 11, 12, 22},
       convert_max_pool,
       "one to three spatial axes; no output of indices"},
      {"Mean", {6, 8, 13}, convert_mean},
      {"Min", {6, 8, 12, 13}, fold_inputs("min")},
      {"Mish", {18, 22}, to("mish")},
      {"Mod", {10, 13, 28}, to_with_integers("mod", {"fmod"})},
      {"Mul", {7, 13, 14}, to("mul")},
      {"Neg", {6, 13}, to("neg")},
      {"Not", {1}, to("logical_not")},
      {"OneHot",
       {9, 11},
       convert_one_hot,
       "integer indices; the depth must follow from constants and dimensions"},
      {"Or", {7}, to("logical_or")},
      {"PRelu", {7, 9, 16}, to("prelu")},
      {"Pad", and_type_lists({2, 11, 13, 18}), convert_pad,
       "the pads must follow from constants and dimensions"},
      {"Pow", {7, 12, 13, 15}, to("pow")},
      {"RMSNormalization", {23}, convert_rms_normalization},
      {"RNN", {7, 14, 22}, recurrent("rnn"), "sequence_lens must each be the whole sequence"},
      {"Range", {11, 27}, to("range"), "its bounds must follow from constants and dimensions"},
      {"Reciprocal", {6, 13}, to("reciprocal")},
      {"ReduceL1", {1, 11, 13, 18}, reduction("reduce_l1", 18)},
      {"ReduceL2", {1, 11, 13, 18}, reduction("reduce_l2", 18)},
      {"ReduceLogSum", {1, 11, 13, 18}, reduction("reduce_log_sum", 18)},
      {"ReduceLogSumExp", {1, 11, 13, 18}, reduction("reduce_log_sum_exp", 18)},
      {"ReduceMax", {1, 11, 12, 13, 18, 20}, reduction("reduce_max", 18)},
      {"ReduceMean", {1, 11, 13, 18}, reduction("reduce_mean", 18)},
      {"ReduceMin", {1, 11, 12, 13, 18, 20}, reduction("reduce_min", 18)},
      {"ReduceProd", {1, 11, 13, 18}, reduction("reduce_prod", 18)},
      {"ReduceSum", {1, 11, 13}, reduction("reduce_sum", 13)},
      {"ReduceSumSquare", {1, 11, 13, 18}, reduction("reduce_sum_square", 18)},
      {"Relu", {6, 13, 14}, to("relu")},
      {"Reshape", and_type_lists({5, 13, 14}), convert_reshape,
       "the shape must follow from constants and dimensions"},
      {"Round", {11, 22}, to("round")},
      {"Selu", {6, 22}, to_with_reals("selu", {"alpha", "gamma"})},
      {"Shape", and_type_lists({1, 13, 15}), convert_shape},
      {"Shrink", {9}, to_with_reals("shrink", {"bias", "lambd"})},
      {"Sigmoid", {6, 13}, to("sigmoid")},
      {"Sign", {9, 13}, to("sign")},
      {"Sin", {7, 22}, to("sin")},
      {"Sinh", {9, 22}, to("sinh")},
      {"Size", and_type_lists({1, 13}), convert_size},
      {"Slice",
       {1, 10, 11, 13},
       convert_slice,
       "starts and ends must follow from constants and dimensions; axes and steps must be "
       "constant"},
      {"Softmax", {1, 11, 13}, softmax_along("softmax")},
      {"Softplus", {1, 22}, to("softplus")},
      {"Softsign", {1, 22}, to("softsign")},
      {"SpaceToDepth", {1, 13}, to_with_integers("space_to_depth", {"blocksize"})},
      {"Split",
       {2, 11, 13, 18},
       convert_split,
       "the sizes must follow from constants and dimensions"},
      {"Sqrt", {6, 13}, to("sqrt")},
      {"Squeeze", {1, 11, 13, 21, 23, 24, 25}, convert_squeeze},
      {"Sub", {7, 13, 14}, to("sub")},
      {"Sum", {6, 8, 13}, fold_inputs("add")},
      {"Swish", {24}, to_with_reals("swish", {"alpha"})},
      {"Tan", {7, 22}, to("tan")},
      {"Tanh", {6, 13}, to("tanh")},
      {"ThresholdedRelu", {10, 22}, to_with_reals("thresholded_relu", {"alpha"})},
      {"Tile", {6, 13}, convert_tile, "the repeats must follow from constants and dimensions"},
      {"Transpose", {1, 13, 21, 23, 24, 25}, convert_transpose},
      {"Trilu", {14}, convert_trilu, "k must be constant"},
      {"Unsqueeze", {1, 11, 13, 21, 23, 24, 25}, convert_unsqueeze},
      {"Where", {9, 16}, to("where")},
      {"Xor", {7}, to("logical_xor")},
  };
}

}  // namespace

Convert to(std::string_view op) {
  return [op](NodeContext& node) { node.result(op, node.inputs()); };
}

Convert to_with_reals(std::string_view op, std::vector<std::string> names) {
  return [op, names = std::move(names)](NodeContext& node) {
    high::Attributes given;
    for (const std::string& name : names) given.set(name, node.real(name));
    node.result(op, node.inputs(), std::move(given));
  };
}

Convert to_with_integers(std::string_view op, std::vector<std::string> names) {
  return [op, names = std::move(names)](NodeContext& node) {
    high::Attributes given;
    for (const std::string& name : names) given.set(name, node.integer(name));
    node.result(op, node.inputs(), std::move(given));
  };
}

Convert to_with_text(std::string_view op, std::string name) {
  return [op, name = std::move(name)](NodeContext& node) {
    node.result(op, node.inputs(), attributes({{name, node.text(name)}}));
  };
}

bool OnnxOperator::reads(int since_version) const {
  return std::binary_search(versions.begin(), versions.end(), since_version);
}

const std::vector<OnnxOperator>& onnx_operators() {
  static const std::vector<OnnxOperator> table = make_table();
  return table;
}

const OnnxOperator* find_onnx_operator(std::string_view name) {
  const std::vector<OnnxOperator>& table = onnx_operators();
  auto found =
      std::lower_bound(table.begin(), table.end(), name,
                       [](const OnnxOperator& row, std::string_view n) { return row.name < n; });
  return found != table.end() && found->name == name ? &*found : nullptr;
}

}  // namespace tenon::frontend
