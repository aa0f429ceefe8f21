// Matrix products: Gemm, and Einsum of up to two operands as transposes, reshapes and one matrix
// product.
//
//   Einsum (a, b) {equation="bhid,bhjd->bhij"}   ->   matmul %a, (transpose %b {perm=[0, 1, 3, 2]})
#include <algorithm>

#include "frontend/operators/operators.h"

namespace tenon::frontend {

using high::ValueId;

void convert_gemm(NodeContext& node) {
  node.result("gemm", node.inputs(),
              attributes({{"alpha", node.real("alpha")},
                          {"beta", node.real("beta")},
                          {"trans_a", int64_t{node.flag("transA")}},
                          {"trans_b", int64_t{node.flag("transB")}}}));
}

namespace {

// The labels of each operand and of the result; '.' stands for the axes of an ellipsis, one '.'
// each.
struct Equation {
  std::vector<std::string> operands;
  std::string result;
};

Equation parse_equation(NodeContext& node) {
  std::string text;
  for (char c : node.text("equation"))
    if (c != ' ') text += c;
  size_t arrow = text.find("->");
  Equation equation;
  equation.operands.emplace_back();
  for (char c : text.substr(0, arrow)) {
    if (c == ',')
      equation.operands.emplace_back();
    else
      equation.operands.back() += c;
  }
  if (arrow != std::string::npos) equation.result = text.substr(arrow + 2);
  if (text.find('.') != std::string::npos)
    node.fail("the equation " + tenon::quoted(text) + " has an ellipsis, which is not supported",
              "write a letter for each axis");
  if (arrow == std::string::npos) {
    // Without an arrow: the labels that occur once, in alphabetical order.
    std::string all = text;
    all.erase(std::remove(all.begin(), all.end(), ','), all.end());
    std::sort(all.begin(), all.end());
    for (char c : all)
      if (std::count(all.begin(), all.end(), c) == 1) equation.result += c;
  }
  for (const std::string& labels : equation.operands)
    for (char c : labels)
      if (!std::isalpha(static_cast<unsigned char>(c)) ||
          std::count(labels.begin(), labels.end(), c) != 1)
        node.fail("the equation " + tenon::quoted(text) +
                      " names an axis twice in one operand, or with something that is no letter",
                  "take diagonals outside of the Einsum");
  for (char c : equation.result)
    if (std::count(equation.result.begin(), equation.result.end(), c) != 1 ||
        text.substr(0, arrow).find(c) == std::string::npos)
      node.fail("the result of the equation " + tenon::quoted(text) + " names the axis " +
                std::string(1, c) + " twice, or no operand has it");
  if (equation.operands.size() != static_cast<size_t>(node.input_count()) ||
      equation.operands.size() > 2)
    node.fail("the equation " + tenon::quoted(text) + " has " +
                  std::to_string(equation.operands.size()) + " operands, the node has " +
                  std::to_string(node.input_count()) + " inputs",
              "one or two operands are supported; split longer products into several nodes");
  for (size_t i = 0; i < equation.operands.size(); ++i)
    if (static_cast<int>(equation.operands[i].size()) != node.rank(static_cast<int>(i)))
      node.fail("operand " + std::to_string(i) + " of the equation " + tenon::quoted(text) +
                " has " + std::to_string(equation.operands[i].size()) + " labels, the input is " +
                to_string(node.type(static_cast<int>(i))));
  return equation;
}

bool has(const std::string& labels, char label) { return labels.find(label) != std::string::npos; }

// A value whose axes have labels.
struct Labelled {
  ValueId value;
  std::string labels;
};

Labelled sum_away(NodeContext& node, Labelled x, const std::string& kept) {
  std::vector<int64_t> axes;
  std::string left;
  for (size_t i = 0; i < x.labels.size(); ++i) {
    if (has(kept, x.labels[i]))
      left += x.labels[i];
    else
      axes.push_back(static_cast<int64_t>(i));
  }
  if (axes.empty()) return x;
  return {node.add("reduce_sum", {x.value}, attributes({{"axes", axes}, {"keepdims", 0}})), left};
}

Labelled transposed(NodeContext& node, Labelled x, const std::string& order) {
  if (x.labels == order) return x;
  std::vector<int64_t> perm;
  for (char label : order) perm.push_back(static_cast<int64_t>(x.labels.find(label)));
  return {node.add("transpose", {x.value}, attributes({{"perm", perm}})), order};
}

// Axes of `x` merged to [batch..., rows, columns], where rows and columns are runs of labels.
ValueId as_matrix(NodeContext& node, Labelled x, const std::string& batch, const std::string& rows,
                  const std::string& columns) {
  x = transposed(node, x, batch + rows + columns);
  if (rows.size() == 1 && columns.size() == 1) return x.value;
  const std::vector<Expr> extents = node.builder().type(x.value).shape;
  std::vector<Expr> shape(extents.begin(), extents.begin() + static_cast<long>(batch.size()));
  size_t at = batch.size();
  for (size_t count : {rows.size(), columns.size()}) {
    Expr product = node.pool().index(1);
    for (size_t i = 0; i < count; ++i) product = product * extents[at++];
    shape.push_back(product);
  }
  return node.add("reshape", {x.value}, attributes({{"shape", shape}}));
}

Labelled contract(NodeContext& node, const Labelled& a, const Labelled& b,
                  const std::string& result) {
  std::string batch, rows, columns, inner;
  std::vector<Expr> extents, row_extents, column_extents;
  auto extent = [&](const Labelled& x, char label) {
    return node.builder().type(x.value).shape[x.labels.find(label)];
  };
  for (char c : result)
    if (has(a.labels, c) && has(b.labels, c)) batch += c, extents.push_back(extent(a, c));
  for (char c : a.labels) {
    if (!has(b.labels, c))
      rows += c, row_extents.push_back(extent(a, c));
    else if (!has(result, c))
      inner += c;
  }
  for (char c : b.labels)
    if (!has(a.labels, c)) columns += c, column_extents.push_back(extent(b, c));
  ValueId product = node.add("matmul", {as_matrix(node, a, batch, rows, inner),
                                        as_matrix(node, b, batch, inner, columns)});
  std::string labels = batch + rows + columns;
  if (rows.size() == 1 && columns.size() == 1) return {product, labels};
  extents.insert(extents.end(), row_extents.begin(), row_extents.end());
  extents.insert(extents.end(), column_extents.begin(), column_extents.end());
  return {node.add("reshape", {product}, attributes({{"shape", extents}})), labels};
}

}  // namespace

void convert_einsum(NodeContext& node) {
  Equation equation = parse_equation(node);
  Labelled x{node.input(0), equation.operands[0]};
  if (equation.operands.size() == 1) {
    x = sum_away(node, x, equation.result);
  } else {
    Labelled y{node.input(1), equation.operands[1]};
    x = sum_away(node, x, equation.result + y.labels);
    y = sum_away(node, y, equation.result + x.labels);
    x = contract(node, x, y, equation.result);
  }
  node.output(0, transposed(node, x, equation.result).value);
}

}  // namespace tenon::frontend
