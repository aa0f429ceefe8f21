// Register tile, loop order and chunks of a matrix product.
//
//   128x768x3072 on znver5  ->  tile 8x3 vectors, 64 panels of 48 columns outermost, 32 chunks
#include <tuple>

#include "support/check.h"
#include "target/tile_cost.h"

namespace tenon::target {

namespace {

constexpr int kMostVectors = 8;

// Rows at a stride of 4 KiB fall into one set of L1, for a way of L1 is a page on every x86-64
// processor: a tile of more rows than ways evicts its own operands. At K = 1024, 14x32 fell to 79 %
// of peak on Zen 4 (8 ways; 12x32 to 92, 8x32 99) and to 89 % on Zen 5 (12 ways; 12x32 95).
constexpr int64_t kWayBytes = 4096;

bool rows_alias(const GemmShape& shape, int64_t rows, const Target& target) {
  const int64_t stride =
      shape.row_stride_bytes > 0 ? shape.row_stride_bytes : shape.depth.planned() * shape.a_bytes;
  return stride % kWayBytes == 0 && rows > target.l1.bytes / kWayBytes;
}

Candidate<GemmPlan> make_candidate(const GemmShape& shape, int rows, int vectors, LoopOrder order,
                                   const Target& target) {
  const int64_t row_count = shape.rows.planned();
  const int64_t depth = shape.depth.planned();
  const int64_t batch = shape.batch.planned();
  const int64_t column_count = shape.columns.planned();

  GemmPlan plan;
  plan.rows = rows;
  plan.vectors = vectors;
  plan.panel_columns = vectors * target.lanes(shape.element_bytes);
  plan.order = order;
  plan.row_split = balanced_split(row_count, rows);
  plan.column_panels = balanced_split(column_count, plan.panel_columns).count;
  plan.depth_unroll = depth_unroll(int64_t{rows} * vectors, shape.depth, target);

  const double tile_column_cycles = sum_over_tiles(shape.rows, rows, [&](double tile_rows) {
    return static_cast<double>(depth) * step_cycles(tile_rows, vectors, target) +
           tile_end_cycles(tile_rows, vectors, target);
  });
  const double compute = tile_column_cycles * static_cast<double>(plan.column_panels);

  TiledNest nest;
  nest.order = order;
  nest.row_tiles = plan.row_split.count;
  nest.column_panels = plan.column_panels;
  nest.a_bytes = static_cast<double>(row_count * depth * shape.a_bytes);
  nest.a_tile_bytes = static_cast<double>(rows * depth * shape.a_bytes);
  nest.panel_bytes = static_cast<double>(plan.panel_columns * depth * shape.b_bytes);
  nest.b_bytes = nest.panel_bytes * static_cast<double>(plan.column_panels);
  nest.c_bytes = static_cast<double>(row_count * column_count * shape.element_bytes);
  nest.constant_b = shape.constant_b;

  plan.cycles = static_cast<double>(batch) * nest_cycles(nest, compute, target);
  const bool columns_outer = order == LoopOrder::columns_outer;
  std::tie(plan.axis, plan.parallel) =
      plan_nest_parallel(batch, columns_outer ? nest.column_panels : nest.row_tiles,
                         columns_outer ? nest.row_tiles : nest.column_panels, plan.cycles, target);

  const double loads_per_fma = static_cast<double>(rows + vectors) / (rows * vectors);
  return {plan, compute, !shape.rows.known() || plan.row_split.even(), loads_per_fma};
}

}  // namespace

std::vector<GemmPlan> rank_gemm_plans(const GemmShape& shape, const Target& target, int count) {
  TENON_CHECK(
      shape.rows.low >= 1 && shape.columns.low >= 1 && shape.depth.low >= 1 && shape.batch.low >= 1,
      "a matrix product without elements has no plan");
  const int64_t lanes = target.lanes(shape.element_bytes);
  const int64_t column_vectors = (shape.columns.planned() + lanes - 1) / lanes;
  std::vector<Candidate<GemmPlan>> candidates;
  for (int rows = 1; tile_fits(rows, 1, target); ++rows) {
    if (!is_distinct_tile(shape.rows, rows) || rows_alias(shape, rows, target)) continue;
    for (int vectors = 1; vectors <= kMostVectors && tile_fits(rows, vectors, target); ++vectors) {
      if (vectors > column_vectors) break;
      for (LoopOrder order : {LoopOrder::columns_outer, LoopOrder::rows_outer}) {
        candidates.push_back(make_candidate(shape, rows, vectors, order, target));
      }
    }
  }
  return take_best(std::move(candidates), count);
}

GemmPlan plan_gemm(const GemmShape& shape, const Target& target) {
  return rank_gemm_plans(shape, target, 1).front();
}

}  // namespace tenon::target
