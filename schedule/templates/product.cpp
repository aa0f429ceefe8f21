// The register tile of a product: rows by vectors of columns, accumulated over the whole depth, with
// the constant operand packed in panels of the tile's columns.
//
//   split acc.n by 48 exact -> no, ni      split ni by 16 exact -> nv, lane
//   split acc.m by 8 clamped -> mo, mi     reorder no, mo, acc.k, mi, nv, lane
//   vectorize lane    unroll mi, nv        pack w as <1/48, 0, 1%48>
//   cache_write acc in register at mo
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

Result<Product> find_product(const Plan& plan, const LeafAt& anchor) {
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
  // The rows are the longest axis that shares the right operand: of a sequence through one cell the
  // time, where the batch is 1.
  int64_t most = 0;
  for (size_t i = 0; i + 1 < stage.axes.size(); ++i) {
    const loop::Axis& axis = stage.axes[i];
    int64_t length = plan.extent(axis.extent).planned();
    if (uses_var(Expr(product.right), axis.name) || length < most) continue;
    most = length;
    product.row = axis.name;
  }
  for (size_t i = 0; i + 1 < stage.axes.size(); ++i)
    if (stage.axes[i].name != product.row) product.batch.push_back(stage.axes[i].name);
  return product;
}

int64_t panel_of(const Plan& plan, const TiledProduct& tiled) {
  return tiled.plan.vectors * plan.lanes();
}

bool ends_with_panel(const Plan& plan, const Product& product, const TiledProduct& tiled) {
  Expr columns = product.stage->find_axis(product.column)->extent;
  return plan.tail(columns, panel_of(plan, tiled), "masked") == "exact";
}

// A computed right operand whose columns end inside a panel is copied panel by panel, with zeros
// behind its end: the tile then needs no masks, which would take as many registers as a row of it
// (x86-64-v3: half the time for Q*K^T of 6 to 128 rows). Not where masks have registers of their own
// and a load under one costs nothing, and not for what every tile of rows would copy again.
void copy_panel(Plan& plan, const Product& product, const target::Extent& rows,
                const TiledProduct& tiled, const std::string& columns) {
  const std::string& tensor = product.right->tensor;
  const std::string column = std::to_string(product.right->indices().size() - 1);
  const Var* last = product.right->indices().back().as<Var>();
  const bool copied_once =
      tiled.plan.order == target::LoopOrder::columns_outer || tiled.plan.row_split.count == 1;
  const bool masks_are_cheap =
      plan.target.mask_registers || (plan.target.has_masked_access() && rows.high == 1);
  if (!copied_once || masks_are_cheap || !last || last->name != product.column) return;
  const std::string copy = tensor + ".panel", loop = copy + ".i" + column, vectors = loop + ".v",
                    lane = tiled.plan.vectors > 1 ? loop + ".lane" : loop;
  std::vector<std::string> lines = {"cache_read " + tensor + " in scratch at " + columns + " -> " +
                                    copy};
  if (tiled.plan.vectors > 1) {
    lines.push_back("split " + loop + " by " + std::to_string(plan.lanes()) + " exact -> " +
                    vectors + ", " + lane);
    lines.push_back("unroll " + vectors);
  }
  lines.push_back("vectorize " + lane);
  const State before = plan.state;
  if (!plan.apply(lines)) plan.state = before;
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

target::GemmShape shape_of(const Plan& plan, const Product& product) {
  const loop::Stage& stage = *product.stage;
  auto extent_of = [&](const std::string& axis) {
    return plan.extent(stage.find_axis(axis)->extent);
  };
  target::GemmShape shape;
  shape.rows = product.row.empty() ? plan.extent(plan.state.index(1)) : extent_of(product.row);
  shape.columns = extent_of(product.column);
  shape.depth = plan.extent(stage.reduce_axes[0].extent);
  shape.constant_b = plan.is_constant(product.right->tensor);
  int64_t problems = 1;
  for (const std::string& axis : product.batch) problems *= extent_of(axis).planned();
  shape.batch = problems;
  return shape;
}

// Columns become PREFIXno, [PREFIXnv,] PREFIXlane; rows PREFIXmo, PREFIXmi; the depth PREFIXko,
// PREFIXki where a few steps are written out. Fills in all of `tiled` but the plan, which it
// follows; gives the lines.
std::vector<std::string> tile_loops(const Plan& plan, const Product& product,
                                    const target::GemmShape& shape, const std::string& acc,
                                    const std::string& prefix, TiledProduct& tiled) {
  const loop::Stage& stage = *product.stage;
  const target::GemmPlan& tile = tiled.plan;
  const std::string k = acc + "." + stage.reduce_axes[0].name, no = prefix + "no",
                    ni = prefix + "ni", nv = prefix + "nv", mo = prefix + "mo", mi = prefix + "mi",
                    lane = prefix + "lane", ko = prefix + "ko", ki = prefix + "ki";
  std::vector<std::string> lines, order, unrolled;
  auto split = [&](const std::string& loop, int64_t factor, const std::string& policy,
                   const std::string& outer, const std::string& inner) {
    lines.push_back("split " + loop + " by " + std::to_string(factor) + " " + policy + " -> " +
                    outer + ", " + inner);
  };
  for (const std::string& axis : product.batch) tiled.batch.push_back(acc + "." + axis);
  order = tiled.batch;

  int64_t lanes = plan.lanes(), panel = tile.vectors * lanes;
  split(acc + "." + product.column, panel,
        plan.tail(stage.find_axis(product.column)->extent, panel, "masked"), no,
        tile.vectors > 1 ? ni : lane);
  if (tile.vectors > 1) split(ni, lanes, "exact", nv, lane);
  tiled.innermost = tiled.outermost = no;
  order.push_back(no);
  if (!product.row.empty()) {
    int64_t rows = std::min<int64_t>(tile.rows, shape.rows.high);
    if (shape.rows.known() && tile.row_split.large > 0) rows = tile.row_split.large;
    split(acc + "." + product.row, rows,
          plan.tail(stage.find_axis(product.row)->extent, rows, "clamped"), mo, mi);
    bool columns_outer = tile.order == target::LoopOrder::columns_outer;
    order.insert(columns_outer ? order.end() : order.end() - 1, mo);
    tiled.innermost = columns_outer ? mo : no;
    tiled.outermost = columns_outer ? no : mo;
  }
  if (tile.depth_unroll > 1) {
    split(k, tile.depth_unroll, "exact", ko, ki);
    unrolled.push_back(ki);
  }
  order.push_back(tile.depth_unroll > 1 ? ko : k);
  if (!product.row.empty()) unrolled.push_back(mi);
  if (tile.vectors > 1) unrolled.push_back(nv);
  order.insert(order.end(), unrolled.begin(), unrolled.end());
  order.push_back(lane);
  lines.push_back("reorder " + join(order, ", "));
  lines.push_back("vectorize " + lane);
  if (!unrolled.empty()) lines.push_back("unroll " + join(unrolled, ", "));
  return lines;
}

}  // namespace

Result<TiledProduct> tile_product(Plan& plan, const std::string& acc, const std::string& prefix,
                                  const std::vector<std::string>& epilogue) {
  std::optional<LeafAt> anchor = plan.leaf_of(acc);
  if (!anchor) return Failure{acc + " has no nest of its own"};
  Result<Product> product = find_product(plan, *anchor);
  if (!product) return product.error();
  if (product->stage->type != DType::F32 || product->stage->reduce_axes.size() != 1)
    return Failure{"not an f32 product over one axis"};

  target::GemmShape shape = shape_of(plan, *product);
  TiledProduct tiled;
  tiled.plan = target::plan_gemm(shape, plan.target);
  std::vector<std::string> lines = tile_loops(plan, *product, shape, acc, prefix, tiled);
  for (const std::string& consumer : epilogue)
    lines.push_back("attach " + consumer + " at " + tiled.innermost + " like " + acc);
  if (shape.constant_b) {
    std::string layout = panel_layout(*product, panel_of(plan, tiled));
    if (layout.empty()) return Failure{"the constant operand cannot be packed"};
    lines.push_back("pack " + product->right->tensor + " as " + layout);
  }
  State before = plan.state;
  Status status = plan.apply(lines);
  if (status && !shape.constant_b && !ends_with_panel(plan, *product, tiled))
    copy_panel(plan, *product, shape.rows, tiled, prefix + "no");
  if (status) status = plan.apply({"cache_write " + acc + " in register at " + tiled.innermost});
  if (!status) {
    plan.state = std::move(before);
    return status.error();
  }
  return tiled;
}

}  // namespace tenon::schedule
