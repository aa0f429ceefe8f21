// What the templates for a GPU share.
#pragma once

#include "schedule/templates/template.h"

namespace tenon::schedule {

constexpr int64_t kBlockThreads = 256;

/// The loops of a leaf that bind a spatial axis and no reduced one, outermost first.
std::vector<std::string> spatial_loops(const LeafAt& at);

/// Fuses loops that are each the whole body of the one before into one; gives its name: that of the
/// only loop, or `name`. `name` with a number behind it stands for the steps between.
Result<std::string> fuse_loops(Plan& plan, const std::vector<std::string>& loops,
                               const std::string& name);

/// Gives a nest that no block shares to the threads of one: its spatial loops become one, which is
/// split over the block's threads. New names begin with `prefix`.
Status share_among_threads(Plan& plan, const std::vector<std::string>& loops,
                           const std::string& prefix, int64_t threads);

/// An axis of a product in tiles: elements of a block, and of each of its threads.
struct GpuAxis {
  std::string axis;
  int64_t block = 1, thread = 1;
};
struct GpuTile {
  std::vector<GpuAxis> axes;  // in the order of the stage's axes
  std::string reduced;        // the reduced axis that goes in steps
  int64_t step = 1;           // of so many terms
};
/// gpu_product.cpp: gives the anchor, a sum of products, tiles of blocks and threads, its operands
/// windows in shared memory, and its epilogue the same loops. All of the function must be these.
Status tile_for_gpu(Plan& plan, const GpuTile& tile);

/// The power of two from 1 to `most` that holds the extent, or `most`.
int64_t gpu_tile(target::Extent extent, int64_t most);

/// Of a sum of products: the spatial axes that only one of the two operands has.
struct GpuOperands {
  std::vector<loop::Axis> first, second;
};
Result<GpuOperands> gpu_operands(const loop::Stage& stage);

}  // namespace tenon::schedule
