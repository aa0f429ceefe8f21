// Matrix products: a register tile of rows by vectors of columns, accumulated over the whole depth,
// with the constant operand packed in panels of the tile's columns.
//
//   split acc.n by 48 exact -> no, ni      split ni by 16 exact -> nv, lane     split acc.m by 8 clamped -> mo, mi
//   reorder no, mo, acc.k, mi, nv, lane    vectorize lane    unroll mi, nv      attach y at mo like acc
//   pack w as <1/48, 0, 1%48>              cache_write acc in register at mo    parallel no chunk 4
//
// Tile sizes and loop order come from target/cost_model.h.
#include <algorithm>

#include "schedule/templates/template.h"

namespace tenon::schedule {
namespace {

// The two operands of the product in the anchor's value, and which axis of the stage is which.
struct Product {
  const loop::Stage* stage = nullptr;
  const Read* left = nullptr;   // varies with rows
  const Read* right = nullptr;  // varies with columns, not with rows
  std::string row, column;      // axis names; row is empty for a vector times a matrix
  std::vector<std::string> batch;
};

Result<Product> find_product(const LeafAt& anchor) {
  Product product;
  product.stage = anchor.leaf.stage.get();
  const loop::Stage& stage = *product.stage;
  const Apply* times = stage.value.as_op(Op::Mul);
  if (stage.reducer != loop::Reducer::Sum || !times || stage.axes.empty() || stage.where)
    return Failure{"the anchor is no sum of products"};
  product.left = times->operand(0).as<Read>();
  product.right = times->operand(1).as<Read>();
  if (!product.left || !product.right) return Failure{"the factors are not elements of tensors"};
  product.column = stage.axes.back().name;
  if (!uses_var(times->operand(1), product.column)) std::swap(product.left, product.right);
  if (!uses_var(Expr(product.right), product.column) ||
      uses_var(Expr(product.left), product.column))
    return Failure{"both factors vary along the columns"};
  size_t batch_axes = stage.axes.size() - 1;
  if (batch_axes > 0 && !uses_var(Expr(product.right), stage.axes[batch_axes - 1].name))
    product.row = stage.axes[--batch_axes].name;
  for (size_t i = 0; i < batch_axes; ++i) product.batch.push_back(stage.axes[i].name);
  return product;
}

// <column/PANEL, others in order, column%PANEL> for the constant operand; empty where the column is
// no plain subscript.
std::string panel_layout(const Product& product, int64_t panel) {
  std::string outer, others, inner;
  std::span<const Expr> indices = product.right->indices();
  for (size_t d = 0; d < indices.size(); ++d) {
    const Var* var = indices[d].as<Var>();
    std::string axis = std::to_string(d);
    if (var && var->name == product.column) {
      outer = axis + "/" + std::to_string(panel);
      inner = axis + "%" + std::to_string(panel);
    } else if (uses_var(indices[d], product.column)) {
      return "";
    } else {
      others += ", " + axis;
    }
  }
  return "<" + outer + others + ", " + inner + ">";
}

}  // namespace

Status schedule_gemm(Plan& plan) {
  const std::string acc = plan.state.function.anchor_stage;
  std::optional<LeafAt> anchor = plan.leaf_of(acc);
  if (!anchor) return Failure{"the anchor has no nest of its own"};
  Result<Product> found = find_product(*anchor);
  if (!found) return found.error();
  const Product& product = *found;
  const loop::Stage& stage = *product.stage;
  if (stage.type != DType::F32 || stage.reduce_axes.size() != 1)
    return Failure{"not an f32 product over one axis"};

  bool constant = plan.is_constant(product.right->tensor);
  std::string right = product.right->tensor;
  target::GemmShape shape;
  Expr rows = product.row.empty() ? plan.state.index(1) : stage.find_axis(product.row)->extent;
  Expr columns = stage.find_axis(product.column)->extent;
  shape.rows = plan.extent(rows);
  shape.columns = plan.extent(columns);
  shape.depth = plan.extent(stage.reduce_axes[0].extent);
  shape.constant_b = constant;
  target::GemmPlan tile = target::plan_gemm(shape, plan.target);
  int64_t lanes = plan.lanes(), panel = tile.vectors * lanes;
  int64_t tile_rows = std::min<int64_t>(tile.rows, shape.rows.high);
  if (shape.rows.known() && tile.row_split.large > 0) tile_rows = tile.row_split.large;
  // What follows the product elementwise must be attached, so everything else in the function must
  // come before it.
  std::vector<std::string> epilogue = plan.epilogue_of(acc);

  std::string n = acc + "." + product.column, m = acc + "." + product.row,
              k = acc + "." + stage.reduce_axes[0].name;
  std::vector<std::string> lines;
  std::string vectors = "lane";
  if (tile.vectors > 1) {
    lines = {"split " + n + " by " + std::to_string(panel) + " " +
                 plan.tail(columns, panel, "masked") + " -> no, ni",
             "split ni by " + std::to_string(lanes) + " exact -> nv, lane"};
    vectors = "nv, lane";
  } else {
    lines = {"split " + n + " by " + std::to_string(lanes) + " " +
             plan.tail(columns, lanes, "masked") + " -> no, lane"};
  }
  std::string innermost_tile = "no", order = "no, " + k + ", " + vectors,
              unrolled = tile.vectors > 1 ? "nv" : "", parallel_loop = "no";
  if (!product.row.empty()) {
    lines.push_back("split " + m + " by " + std::to_string(tile_rows) + " " +
                    plan.tail(rows, tile_rows, "clamped") + " -> mo, mi");
    bool columns_outer = tile.order == target::LoopOrder::columns_outer;
    innermost_tile = columns_outer ? "mo" : "no";
    parallel_loop = columns_outer ? "no" : "mo";
    order = (columns_outer ? "no, mo, " : "mo, no, ") + k + ", mi, " + vectors;
    unrolled = unrolled.empty() ? "mi" : "mi, " + unrolled;
  }
  lines.push_back("reorder " + order);
  lines.push_back("vectorize lane");
  if (!unrolled.empty()) lines.push_back("unroll " + unrolled);
  for (const std::string& consumer : epilogue)
    lines.push_back("attach " + consumer + " at " + innermost_tile + " like " + acc);
  if (constant) {
    std::string layout = panel_layout(product, panel);
    if (layout.empty()) return Failure{"the constant operand cannot be packed"};
    lines.push_back("pack " + right + " as " + layout);
  }
  lines.push_back("cache_write " + acc + " in register at " + innermost_tile);
  if (Status status = plan.apply(lines); !status) return status;
  if (!product.batch.empty()) {
    plan.attempt("parallel " + acc + "." + product.batch[0]);
  } else if (!tile.parallel.serial()) {
    plan.attempt("parallel " + parallel_loop + " chunk " + std::to_string(tile.parallel.chunk));
  }
  return Done{};
}

}  // namespace tenon::schedule
