// tenon bench: times a model in this process.
//
//   tenon bench kws.onnx --json   ->   {"model": "kws.onnx", ..., "median_ms": 0.41, "runs": 4821}
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>

#include "codegen/bundle/merge_objects.h"
#include "driver/commands/commands.h"
#include "driver/profile.h"

namespace tenon::driver {
namespace {

// Of this program alone: getrusage would count what ran in the process before exec.
double peak_rss_mb() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmHWM:")) return std::atof(line.c_str() + 6) / 1024;
  return 0;
}

// Milliseconds of each call, for at least `seconds` and at least three calls.
std::vector<double> time_calls(const std::function<void()>& call, double seconds,
                               const Progress& progress) {
  using Clock = std::chrono::steady_clock;
  constexpr double kSecondsBetweenSteps = 0.25;
  auto show = [&](double passed) {
    char text[64];
    std::snprintf(text, sizeof text, "measuring: %.1f of %.1f s", passed, seconds);
    progress(text);
  };
  show(0);
  call();
  std::vector<double> times;
  Clock::time_point start = Clock::now();
  double passed = 0, shown = 0;
  while (times.size() < 3 || passed < seconds) {
    Clock::time_point before = Clock::now();
    call();
    Clock::time_point after = Clock::now();
    times.push_back(std::chrono::duration<double, std::milli>(after - before).count());
    passed = std::chrono::duration<double>(after - start).count();
    if (passed - shown < kSecondsBetweenSteps) continue;
    shown = passed;
    show(passed);
  }
  progress("");
  return times;
}

}  // namespace

int run_bench(const BenchOptions& options) {
  GivenInputs given = read_inputs(options.run);
  Progress progress = terminal_progress(options.json);
  Session session = compile_for_call(options.run, given, progress);
  double compile_peak = peak_rss_mb();
  const loop::Module& module = session.model.module();
  if (given.random)
    given.arrays =
        random_inputs(module, chosen_dimensions(module, options.run.model.at), options.run.seed);
  std::unique_ptr<CudaRunner> cuda;
  std::unique_ptr<ModelRunner> runner;
  std::function<void()> call;
  if (session.cuda) {
    cuda = make_cuda_runner(options.run, session);
    cuda->prepare(given.arrays);
    call = [&] { cuda->call(); };
  } else {
    runner = std::make_unique<ModelRunner>(module, session.model.interface, session.objects);
    runner->prepare(given.arrays, options.run.threads);
    call = [&] { runner->call(); };
  }
  std::vector<double> times = time_calls(call, options.seconds, progress);
  std::vector<double> sorted = times;
  std::sort(sorted.begin(), sorted.end());

  const codegen::BundleInterface& interface = session.model.interface;
  nlohmann::ordered_json result;
  result["model"] = module.model_file;
  result["target"] = session.target.name;
  if (cuda) {
    result["device"] = cuda->device_text();
    result["kernel_compiler"] = session.cuda->compiler;  // "" on the emulator
    result["launches"] = session.cuda->code.plan.launches.size();
  }
  result["threads"] = options.run.threads;
  result["min_ms"] = sorted.front();
  result["median_ms"] = sorted[sorted.size() / 2];
  result["runs"] = times.size();
  result["compile_s"] = session.compile_seconds;
  result["compile_peak_rss_mb"] = compile_peak;
  result["arena_bytes"] = session.cuda ? codegen::cuda_arena_bytes_most(session.cuda->tables)
                                       : codegen::arena_bytes_most(interface).fixed +
                                             codegen::arena_bytes_most(interface).scratch;
  result["buffer_bytes"] = interface.buffer_bytes_most;
  result["arena_lower_bound_bytes"] = *as_int(module.arena_lower_bound);
  result["weights_bytes"] = interface.weights_bytes;
  uint64_t code_bytes = session.cuda ? session.cuda->tables.images.size() : 0;
  for (const std::string& object : session.objects)
    code_bytes += codegen::read_object_facts(llvm::MemoryBufferRef(object, "object")).code_bytes;
  result["code_bytes"] = code_bytes;
  std::vector<ProfileRow> profile;
  if (options.profile && session.cuda)
    user_error({}, "--profile is not for --backend=" + options.run.backend,
               "profile with the backend llvm");
  if (options.profile) {
    progress("measuring each group");
    profile = profile_groups(session, given.arrays, options.seconds);
    progress("");
  }
  if (options.json) {
    if (options.profile) result["profile"] = to_json(profile);
    std::printf("%s\n", result.dump(2).c_str());
    return 0;
  }
  std::printf(
      "%s on %s, %d thread%s: median %.4f ms, best %.4f ms of %zu runs; compiled in %.2f s\n",
      module.model_file.c_str(), session.target.name.c_str(), options.run.threads,
      options.run.threads == 1 ? "" : "s", sorted[sorted.size() / 2], sorted.front(), times.size(),
      session.compile_seconds);
  if (options.profile) std::fputs(profile_table(profile).c_str(), stdout);
  return 0;
}

}  // namespace tenon::driver
