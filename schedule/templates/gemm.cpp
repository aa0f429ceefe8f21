// Matrix products: the register tile of product.cpp with what follows elementwise attached to it.
//
//   split acc.n by 48 exact -> no, ni ...   attach y at mo like acc
//   cache_write acc in register at mo       parallel no chunk 4
#include "schedule/templates/template.h"

namespace tenon::schedule {

Status schedule_gemm(Plan& plan) {
  const std::string acc = plan.state.function.anchor_stage;
  // What follows the product elementwise must be attached, so everything else in the function must
  // come before it.
  Result<TiledProduct> tiled = tile_product(plan, acc, "", plan.epilogue_of(acc));
  if (!tiled) return tiled.error();
  if (tiled->plan.axis == target::ParallelAxis::none) return Done{};
  // Chunks come from the problems of a batch where these are enough, else from the tiles of all.
  std::vector<std::string> chunked = tiled->batch;
  if (tiled->plan.axis != target::ParallelAxis::batch) chunked.push_back(tiled->outermost);
  if (tiled->plan.axis == target::ParallelAxis::tiles && tiled->innermost != tiled->outermost)
    chunked.push_back(tiled->innermost);
  plan.make_parallel(chunked, tiled->plan.parallel.chunk);
  return Done{};
}

}  // namespace tenon::schedule
