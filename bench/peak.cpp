// Prints what this machine reaches: f32 multiply-adds from registers and reads from each level of
// the memory hierarchy. The limit against which kernels are judged, and the source of the [m]
// numbers in target/x86.cpp.
//
//   build/bench/peak                      ->  a table: GFLOP/s by vector width, GB/s by level
//   build/bench/peak --threads 2 --json   ->  the same as one JSON object
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "target/measure_peak.h"
#include "target/target.h"

namespace {

using namespace tenon::target;

struct Level {
  const char* name;
  int64_t bytes;
};

// Half of L1 and L2 and a quarter of L3 are surely within their level; four times L3 surely is not.
std::vector<Level> levels(const Target& target) {
  return {{"l1", target.l1.bytes / 2},
          {"l2", target.l2.bytes / 2},
          {"l3", target.l3.bytes / 4},
          {"memory", std::max<int64_t>(4 * target.l3.bytes, 128 << 20)}};
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{
      "Measures this machine's limits: f32 multiply-adds and reads from each memory level."};
  int threads = 1;
  bool json = false;
  app.add_option("--threads", threads, "threads that work at once")->check(CLI::Range(1, 1024));
  app.add_flag("--json", json, "print one JSON object");
  CLI11_PARSE(app, argc, argv);

  const tenon::Result<Target> target = native_target();
  if (!target) {
    fmt::print(stderr, "peak: error: {}\n", target.reason());
    return 1;
  }
  nlohmann::ordered_json result;
  result["target"] = target->name;
  result["threads"] = threads;
  for (int vector_bits : {128, 256, 512}) {
    if (vector_bits > widest_vector_bits()) continue;
    result["gflops"][std::to_string(vector_bits)] = measure_fma_peak(threads, vector_bits).gflops;
  }
  for (const Level& level : levels(*target)) {
    result["gigabytes_per_second"][level.name] = {
        {"bytes_per_thread", level.bytes}, {"read", measure_read_bandwidth(level.bytes, threads)}};
  }
  if (json) {
    fmt::print("{}\n", result.dump(2));
    return 0;
  }
  fmt::print("{}, {} thread{}\n", target->name, threads, threads == 1 ? "" : "s");
  for (const auto& [vector_bits, gflops] : result["gflops"].items()) {
    fmt::print("  f32 multiply-adds, {:>3} bits  {:>9.1f} GFLOP/s\n", vector_bits,
               gflops.get<double>());
  }
  for (const auto& [level, entry] : result["gigabytes_per_second"].items()) {
    fmt::print("  reads from {:<7} {:>7} KiB  {:>6.1f} GB/s\n", level,
               entry["bytes_per_thread"].get<int64_t>() / 1024, entry["read"].get<double>());
  }
  return 0;
}
