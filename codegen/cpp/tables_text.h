// The data of a bundle and its entry points as C text: what codegen/bundle/tables.cpp makes as LLVM
// constants.
//
//   {dims = {{"batch", 1, 16}}, ...}  ->  const tnr_dim tn_model_dims[] = {{0, 0, 1, 16}};
#pragma once

#include <string>

#include "codegen/bundle/interface.h"

namespace tenon::codegen::cpp {

/// Macros that give every name of the runtime's the model's prefix: tn_model is mlp_rt_model.
std::string runtime_names(const std::string& prefix);
/// tn_model, tn_model_dims, ..., tn_model_golden_bytes; not the weights.
std::string table_text(const BundleInterface& interface);
/// N_open, N_run, N_arena_bytes, N_selftest, N_status_text, N_info.
std::string entry_points(const BundleInterface& interface);
/// A string literal of C for any bytes.
std::string c_string(const std::string& bytes);

}  // namespace tenon::codegen::cpp
