// Matrix products: 64x64 a block, 4x4 a thread, k by 16 through shared memory; smaller tiles where
// the problem has too few of these.
//
//   split acc.m by 64 guarded -> mo, mb   split mb by 4 exact -> mt, mi ...
//   reorder mo, no, steps, mt, nt, term, mi, ni
//   bind mt to thread   bind nt to thread   cache_read x in shared at steps -> x.s ...
//   attach y at no like acc   cache_write acc in register at no as <0/4, 1/4, 0%4, 1%4>
#include "schedule/templates/gpu.h"

namespace tenon::schedule {

Status schedule_gpu_gemm(Plan& plan) {
  std::optional<LeafAt> anchor = plan.leaf_of(plan.state.function.anchor_stage);
  if (!anchor) return Failure{"the anchor has no nest of its own"};
  const loop::Stage stage = *anchor->leaf.stage;
  Result<GpuOperands> operands = gpu_operands(stage);
  if (!operands) return operands.error();
  // The sides are the last axes of either operand; the result's last axis is one of them.
  loop::Axis m = operands->first.back(), n = operands->second.back();
  if (stage.axes.back().name == m.name) std::swap(m, n);
  if (stage.axes.back().name != n.name || stage.reduce_axes.size() != 1)
    return Failure{"the result's last axis is none of the tile's"};
  target::Extent rows = plan.extent(m.extent), columns = plan.extent(n.extent);
  constexpr int64_t kEnoughBlocks = 96;
  int64_t problems = 1;
  for (const loop::Axis& axis : stage.axes)
    if (axis.name != m.name && axis.name != n.name) problems *= plan.extent(axis.extent).planned();
  auto blocks = [&](int64_t side) {
    return problems * ((rows.planned() + side - 1) / side) *
           ((columns.planned() + side - 1) / side);
  };
  int64_t side = blocks(64) >= kEnoughBlocks ? 64 : 32;
  GpuAxis tile_m{m.name, gpu_tile(rows, side), 1}, tile_n{n.name, gpu_tile(columns, side), 1};
  tile_m.thread = tile_m.block >= 64 ? 4 : tile_m.block >= 16 ? 2 : 1;
  tile_n.thread = tile_n.block >= 16 ? 4 : 1;
  GpuTile tile{{tile_m, tile_n}, stage.reduce_axes[0].name, 16};
  tile.step = gpu_tile(plan.extent(stage.reduce_axes[0].extent), 16);
  return tile_for_gpu(plan, tile);
}

}  // namespace tenon::schedule
