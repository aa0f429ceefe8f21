// tenon bench --profile: time, GFLOP/s and bandwidth of each group of a model.
#pragma once

#include <nlohmann/json.hpp>

#include "driver/commands/commands.h"

namespace tenon::driver {

struct ProfileRow {
  std::string group;   // the kernel's name
  std::string nodes;   // ONNX nodes of the call
  std::string anchor;  // class of the kernel's anchor: "gemm", "conv", ...
  double milliseconds = 0;
  double flops = 0;       // float operations of the call: an fma counts as two
  double bytes = 0;       // of all parameters, read or written once
  double peak_flops = 0;  // of this machine, per second, measured beside the profile
  bool weights = false;   // reads a constant
};

/// Runs the kernels of the model one group at a time, on one thread, for about `seconds` in all.
std::vector<ProfileRow> profile_groups(const Session& session,
                                       const std::map<std::string, Array>& inputs, double seconds);
std::string profile_table(const std::vector<ProfileRow>& rows);
nlohmann::ordered_json to_json(const std::vector<ProfileRow>& rows);

}  // namespace tenon::driver
