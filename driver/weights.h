// The weights of a bundle: which constants lie where in the blob, and their bytes, made one after
// another when they are written.
//
//   const w: f32[64, 48]<1/16, 0, 1%16> = initializer "w"   ->   offset 4096, 12288 bytes, packed from the mapped file
#pragma once

#include "codegen/bundle/weights.h"
#include "driver/constants.h"
#include "ir/loop/nodes.h"

namespace tenon::driver {

/// Constants of main in execution order, each at a multiple of 64 bytes.
struct WeightsPlan {
  struct Place {
    const loop::Constant* constant = nullptr;
    int64_t offset = 0;
    int64_t bytes = 0;
  };
  std::vector<Place> places;
  int64_t bytes = 0;
  // Names, shapes, layouts and offsets. Files of one text are interchangeable between libraries of
  // one computation.
  std::string layout_text;
};
WeightsPlan plan_weights(const loop::Module& module);

/// What may lie inside a library: code and weights of one program reach each other with 32-bit
/// offsets, and half of their range is left to the program.
inline constexpr int64_t kMostEmbeddedBytes = int64_t{1} << 30;
/// Refuses weights that are to lie inside a library and are larger: a fault of the user's.
void check_embedded_weights(const WeightsPlan& plan, const std::string& model_file);

/// The blob, constant by constant.
codegen::WeightsSource weights_source(const WeightsPlan& plan, const ConstantValues& values);

}  // namespace tenon::driver
