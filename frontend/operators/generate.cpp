// Operators that make tensors: constants, and patterns that are combinations of others.
//
//   ConstantOfShape (s), s = {batch, 8}   ->   expand 0.0 {shape=[batch, 8]}
//   OneHot (i, depth, values)             ->   where (equal %i, range(depth)), on, off
#include "frontend/operators/operators.h"

namespace tenon::frontend {

using high::ValueId;

void convert_constant(NodeContext& node) {
  if (const onnx::TensorProto* value = node.tensor("value")) {
    node.output(0, node.constant(*value));
  } else if (node.has_attribute("value_float")) {
    node.output(0, node.literal(DType::F32, {}, {node.real("value_float")}));
  } else if (node.has_attribute("value_int")) {
    ExprPool& pool = node.pool();
    node.output(
        0, node.builder().add_elements(node.output_name(0), DType::I64, {},
                                       {pool.index(node.integer("value_int"))}, node.location()));
  } else if (node.has_attribute("value_floats") || node.has_attribute("value_ints")) {
    node.output(
        0, node.constant_of_list(node.has_attribute("value_ints") ? "value_ints" : "value_floats"));
  } else {
    node.fail("the constant has no value that is supported",
              "strings and sparse tensors are not; give a dense tensor of numbers");
  }
}

void convert_constant_of_shape(NodeContext& node) {
  ValueId one;
  if (const onnx::TensorProto* value = node.tensor("value")) {
    one = node.constant(*value);
    if (high::element_count(node.builder().type(one).shape) != 1)
      node.fail("the value is " + to_string(node.builder().type(one)) +
                ", expected is one element");
  } else {
    one = node.literal(DType::F32, {1}, {0});
  }
  std::vector<Expr> shape = node.exprs(0, "shape");
  if (shape.empty())
    node.result("reshape", {one}, attributes({{"shape", shape}}));
  else
    node.result("expand", {one}, attributes({{"shape", shape}}));
}

// Ones on a diagonal: what is left of a matrix of ones when both sides are cut off.
void convert_eye_like(NodeContext& node) {
  if (node.rank(0) != 2) node.fail("the input " + to_string(node.type(0)) + " is no matrix");
  DType type = node.has_attribute("dtype") ? node.dtype("dtype") : node.type(0).type;
  ValueId ones = node.add("expand", {node.literal(type, {1, 1}, {1})},
                          attributes({{"shape", node.type(0).shape}}));
  ValueId upper = node.add("trilu", {ones}, attributes({{"k", node.integer("k")}, {"upper", 1}}));
  node.result("trilu", {upper}, attributes({{"k", node.integer("k")}, {"upper", 0}}));
}

// An index that is negative counts from the end; one outside of the depth gives a row of `off`.
void convert_one_hot(NodeContext& node) {
  std::vector<Expr> depth = node.exprs(1, "depth");
  if (depth.size() != 1)
    node.fail("the depth has " + std::to_string(depth.size()) + " elements, expected is one");
  if (!is_integer(node.type(0).type))
    node.fail("the indices are " + to_string(node.type(0)) + ", expected are integers",
              "convert them with a Cast");
  if (high::element_count(node.type(2).shape) != 2)
    node.fail("the values are " + to_string(node.type(2)) + ", expected are two: off and on");
  int64_t rank = node.rank(0), axis = node.normalized_axis(node.integer("axis"), rank + 1);

  auto scalar = [&](Expr value) {
    return node.builder().add_elements("depth", DType::I64, {}, {value}, node.location());
  };
  ValueId classes = node.add(
      "range", {scalar(node.pool().index(0)), scalar(depth[0]), scalar(node.pool().index(1))});
  std::vector<Expr> column(static_cast<size_t>(rank) + 1, node.pool().index(1)),
      shape = node.type(0).shape;
  column[static_cast<size_t>(axis)] = depth[0];
  classes = node.add("reshape", {classes}, attributes({{"shape", column}}));

  ValueId index = node.add("cast", {node.input(0)}, attributes({{"to", "i64"}}));
  ValueId from_end = node.add("add", {index, scalar(depth[0])});
  index =
      node.add("where", {node.add("less", {index, scalar(node.pool().index(0))}), from_end, index});
  shape.insert(shape.begin() + axis, node.pool().index(1));
  index = node.add("reshape", {index}, attributes({{"shape", shape}}));

  auto value = [&](int64_t which) {
    ValueId one = node.add("slice", {node.input(2)},
                           attributes({{"starts", std::vector{node.pool().index(which)}},
                                       {"ends", std::vector{node.pool().index(which + 1)}},
                                       {"axes", std::vector<int64_t>{0}}}));
    return node.add("reshape", {one}, attributes({{"shape", std::vector<Expr>()}}));
  };
  node.result("where", {node.add("equal", {index, classes}), value(1), value(0)});
}

}  // namespace tenon::frontend
