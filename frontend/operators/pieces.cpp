// Joining, cutting and padding, whose numbers are attributes in older versions and inputs in newer
// ones.
//
//   Split-18 (x) {axis=0, num_outputs=3}, x : f32[8]   ->   split %x {axis=0, sizes=[3, 3, 2]}
#include <numeric>

#include "frontend/operators/operators.h"
#include "ir/expr/text.h"

namespace tenon::frontend {

using high::ValueId;

namespace {

std::vector<Expr> literals(ExprPool& pool, const std::vector<int64_t>& values) {
  std::vector<Expr> result;
  for (int64_t value : values) result.push_back(pool.index(value));
  return result;
}

std::vector<int64_t> counting(size_t count) {
  std::vector<int64_t> numbers(count);
  std::iota(numbers.begin(), numbers.end(), int64_t{0});
  return numbers;
}

}  // namespace

void convert_concat(NodeContext& node) {
  int64_t axis = node.normalized_axis(node.integer("axis"), node.rank(0));
  node.result("concat", node.inputs(), attributes({{"axis", axis}}));
}

namespace {

// Equal parts; from version 18 on the last one may be smaller.
std::vector<Expr> equal_sizes(NodeContext& node, Expr extent) {
  int64_t count = node.output_count();
  if (node.version() >= 18 && node.integer("num_outputs") != count)
    node.fail("num_outputs is " + std::to_string(node.integer("num_outputs")) + ", the node has " +
              std::to_string(count) + " outputs");
  const int64_t* known = as_int(extent);
  if (!known) return std::vector<Expr>(static_cast<size_t>(count), floor_div(extent, count));
  int64_t size = (*known + count - 1) / count, last = *known - size * (count - 1);
  if (last < 0 || (last != size && node.version() < 18))
    node.fail("an axis of " + std::to_string(*known) + " elements cannot be split into " +
                  std::to_string(count) + " equal parts",
              "give the sizes of the parts");
  std::vector<Expr> sizes(static_cast<size_t>(count), node.pool().index(size));
  sizes.back() = node.pool().index(last);
  return sizes;
}

}  // namespace

void convert_split(NodeContext& node) {
  int64_t axis = node.normalized_axis(node.integer("axis"), node.rank(0));
  std::vector<Expr> sizes;
  if (node.version() >= 13) {
    if (node.has_input(1)) sizes = node.exprs(1, "sizes of the split");
  } else {
    sizes = literals(node.pool(), node.integer_list("split"));
  }
  if (sizes.empty()) sizes = equal_sizes(node, node.extent(0, axis));
  if (static_cast<int>(sizes.size()) != node.output_count())
    node.fail("there are " + std::to_string(sizes.size()) + " sizes of the split, and " +
                  std::to_string(node.output_count()) + " outputs",
              "give a size for each output");
  for (Expr size : sizes)
    if (const int64_t* known = as_int(size); known && *known < 0)
      node.fail("a size of the split is negative: " + to_string(size),
                "give the number of elements of each part");
  node.result("split", {node.input(0)}, attributes({{"axis", axis}, {"sizes", sizes}}));
}

void convert_slice(NodeContext& node) {
  std::vector<Expr> starts, ends;
  std::optional<std::vector<int64_t>> axes;
  std::vector<int64_t> steps;
  if (node.version() < 10) {
    starts = literals(node.pool(), node.integer_list("starts"));
    ends = literals(node.pool(), node.integer_list("ends"));
    if (node.has_attribute("axes")) axes = node.integer_list("axes");
  } else {
    starts = node.exprs(1, "starts");
    ends = node.exprs(2, "ends");
    if (node.has_input(3)) axes = node.integers(3, "axes");
    if (node.has_input(4)) steps = node.integers(4, "steps");
  }
  if (!axes) axes = counting(starts.size());
  if (steps.empty()) steps.assign(axes->size(), 1);
  if (starts.size() != axes->size() || ends.size() != axes->size() || steps.size() != axes->size())
    node.fail("there are " + std::to_string(starts.size()) + " starts, " +
                  std::to_string(ends.size()) + " ends, " + std::to_string(axes->size()) +
                  " axes and " + std::to_string(steps.size()) + " steps",
              "give as many of each");
  for (int64_t& axis : *axes) axis = node.normalized_axis(axis, node.rank(0));
  for (int64_t step : steps)
    if (step == 0)
      node.fail("a step of the slice is 0",
                "give a positive step, or a negative one to go backwards");
  node.result("slice", {node.input(0)},
              attributes({{"starts", starts}, {"ends", ends}, {"axes", *axes}, {"steps", steps}}));
}

// Version 2 has attributes; 11 takes pads and value as inputs; 18 also axes.
void convert_pad(NodeContext& node) {
  size_t rank = static_cast<size_t>(node.rank(0));
  std::vector<Expr> given;
  std::vector<int64_t> axes = counting(rank);
  ValueId value;
  if (node.version() < 11) {
    given = literals(node.pool(), node.integer_list("pads"));
    if (double constant = node.real("value"); constant != 0)
      value = node.literal(node.type(0).type, {}, {constant});
  } else {
    given = node.exprs(1, "pads");
    value = node.optional_input(2);
    if (node.version() >= 18 && node.has_input(3)) axes = node.integers(3, "axes");
  }
  if (given.size() != 2 * axes.size())
    node.fail("there are " + std::to_string(given.size()) + " pads, expected are two for each of " +
                  std::to_string(axes.size()) + " axes",
              "give the padding before, for all axes, then the padding behind");
  std::vector<Expr> pads(2 * rank, node.pool().index(0));
  for (size_t i = 0; i < axes.size(); ++i) {
    size_t axis = static_cast<size_t>(node.normalized_axis(axes[i], static_cast<int64_t>(rank)));
    pads[axis] = given[i];
    pads[axis + rank] = given[i + axes.size()];
  }
  std::vector<ValueId> inputs = {node.input(0)};
  const std::string& mode = node.text("mode");
  if (mode == "constant" && value) inputs.push_back(value);
  node.result("pad", std::move(inputs), attributes({{"pads", pads}, {"mode", mode}}));
}

void convert_trilu(NodeContext& node) {
  int64_t k = 0;
  if (node.has_input(1)) {
    std::vector<int64_t> diagonal = node.integers(1, "diagonal k");
    if (diagonal.size() != 1)
      node.fail("the diagonal k has " + std::to_string(diagonal.size()) +
                " elements, expected is one");
    k = diagonal[0];
  }
  node.result("trilu", {node.input(0)}, attributes({{"k", k}, {"upper", node.integer("upper")}}));
}

}  // namespace tenon::frontend
