// Functions as the templates schedule them for a target, and what the interpreter gives for them.
//
//   Chosen softmax(text, "x86-64-v4");
//   EXPECT_THAT(softmax.lines(), Contains("vectorize top.r0.lane"));
//   EXPECT_LT(softmax.difference({{"seq", 17}}), 1e-6);      0 where the bits are the same
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "ir/loop/text.h"
#include "ir/tensor/passes.h"
#include "ir/tensor/text.h"
#include "schedule/templates/template.h"
#include "target/cuda.h"
#include "tests/ir/loop/function_runner.h"

namespace tenon::schedule {

inline constexpr const char* kTargets[] = {"x86-64-v2", "x86-64-v3", "x86-64-v4"};

class Chosen {
 public:
  Chosen(const std::string& text, const std::string& target_name)
      : program_(tensor::parse_program(text, "test")) {
    bool is_gpu = target_name == target::cuda_target().name;
    target::Target target = is_gpu ? target::cuda_target() : *target::find_target(target_name);
    lanes = target.lanes(4);
    naive_ = tensor::lower_to_loop(program_.functions[0], *program_.pool);
    scheduled_ = choose_schedule(naive_, target, program_.symbol_ranges(), *program_.pool);
  }

  int64_t lanes = 1;  // of f32

  const std::vector<std::string>& lines() const { return scheduled_.schedule; }
  std::string text() const { return loop::to_string(scheduled_); }

  const loop::Function& naive() const { return naive_; }
  const loop::Function& scheduled() const { return scheduled_; }
  ExprPool& pool() const { return *program_.pool; }
  Ranges ranges() const { return program_.symbol_ranges(); }

  /// The greatest difference to the naive nest on small integers, as a part of the greatest
  /// magnitude; infinity for a fault, or where only one of them gives NaN.
  double difference(const loop::SymbolValues& symbols = {}, uint32_t seed = 1) const {
    loop::Inputs inputs = loop::random_inputs(naive_, symbols, seed, 3);
    loop::RunResult expected = loop::run_function(naive_, symbols, inputs),
                    found = loop::run_function(scheduled_, symbols, inputs);
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    if (!expected.fault.empty() || !found.fault.empty()) return kInfinity;
    double greatest = 0, magnitude = 0;
    for (const loop::Param& param : naive_.params) {
      auto result = expected.outputs.find(param.buffer.name);
      if (result == expected.outputs.end()) continue;
      const std::vector<uint8_t>& other = found.outputs.at(param.buffer.name);
      if (other.size() != result->second.size()) return kInfinity;
      int64_t count = static_cast<int64_t>(other.size()) * 8 / bits_of(param.buffer.type);
      for (int64_t i = 0; i < count; ++i) {
        double a = load_element(param.buffer.type, result->second.data(), i).f,
               b = load_element(param.buffer.type, other.data(), i).f;
        if (std::isnan(a) != std::isnan(b)) return kInfinity;
        if (a == b || std::isnan(a)) continue;
        magnitude = std::max(magnitude, std::abs(a));
        greatest = std::max(greatest, std::abs(a - b));
      }
    }
    return greatest == 0 ? 0 : greatest / magnitude;
  }

 private:
  tensor::Program program_;
  loop::Function naive_, scheduled_;
};

}  // namespace tenon::schedule
