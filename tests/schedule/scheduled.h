// A tensor function as naive loops, scheduled line by line, and what the interpreter says about it.
//
//   Scheduled f("func @f(x: f32[10]) -> (y: f32[10]) { y[i:10] = x[i] + 1.0 }");
//   EXPECT_EQ(f.apply({"split y.i by 4 guarded -> o, n"}), "");
//   EXPECT_EQ(f.body(), "for o in 3 {\n  for n in 4 {\n ...");
//   EXPECT_EQ(f.change(), "");
#pragma once

#include <cmath>

#include "ir/loop/passes.h"
#include "ir/loop/text.h"
#include "ir/tensor/passes.h"
#include "ir/tensor/text.h"
#include "schedule/primitive.h"
#include "tests/ir/loop/function_runner.h"

namespace tenon::schedule {

class Scheduled {
 public:
  explicit Scheduled(std::string_view text) : program_(tensor::parse_program(text, "test")) {
    naive_ = tensor::lower_to_loop(program_.functions[0], *program_.pool);
    state_ = {naive_, program_.pool.get(), program_.symbol_ranges()};
  }

  /// Applies the lines; "", or why the first one that does not hold is refused.
  std::string apply(const std::vector<std::string>& lines) {
    for (const std::string& line : lines)
      if (Status status = apply_line(state_, line); !status) return status.reason();
    return "";
  }

  /// The reason alone of a line that must be refused; it leaves the function as it is.
  std::string refusal(const std::string& line) {
    std::string before = to_string(state_.function), reason = apply({line});
    if (reason.empty()) return "it holds";
    if (to_string(state_.function) != before) return "it changes the function";
    return reason.substr(reason.rfind(line, 0) == 0 ? line.size() + 2 : 0);
  }

  /// The loops, below the parameters that lie otherwise than in the naive function.
  std::string body() const {
    std::string text;
    for (size_t i = 0; i < naive_.params.size(); ++i)
      if (const loop::Buffer& buffer = state_.function.params[i].buffer;
          !(buffer.layout == naive_.params[i].buffer.layout))
        text += to_string(buffer) + "\n";
    return text + to_string(state_.function.body);
  }
  const loop::Function& function() const { return state_.function; }
  const State& state() const { return state_; }

  /// How the schedule changes the bits of the results, for real values at the least and the
  /// greatest values of the symbols, as it stands and flattened; or "".
  std::string change() const {
    return compare([](const loop::Inputs& inputs) { return inputs; }, 0);
  }
  /// The same for small integers, which every order of sums adds up to the same bits.
  std::string change_of_integers() const {
    return compare(
        [](loop::Inputs inputs) {
          for (auto& [name, bytes] : inputs) round_down(bytes);
          return inputs;
        },
        0);
  }
  /// Real values, up to this relative error of the largest element.
  std::string change_beyond(double tolerance) const {
    return compare([](const loop::Inputs& inputs) { return inputs; }, tolerance);
  }

 private:
  static void round_down(std::vector<uint8_t>& bytes) {
    for (size_t i = 0; i < bytes.size() / 4; ++i) {
      double value = load_element(DType::F32, bytes.data(), static_cast<int64_t>(i)).f;
      store_element(DType::F32, bytes.data(), static_cast<int64_t>(i), {.f = std::floor(value)});
    }
  }

  template <class Change>
  std::string compare(Change change, double tolerance) const {
    for (bool greatest : {false, true}) {
      loop::SymbolValues values;
      for (const loop::Symbol& symbol : program_.symbols)
        values[symbol.name] = greatest ? symbol.max : symbol.min;
      loop::Inputs inputs = change(loop::random_reals(naive_, values, 7));
      // A packed constant lies elsewhere: each function packs its own parameters.
      loop::RunResult expected = loop::run_function(naive_, values, inputs);
      for (const loop::Function& function :
           {state_.function, loop::flatten_stages(state_.function, *program_.pool)}) {
        loop::RunResult found = loop::run_function(function, values, inputs);
        std::string fault = tolerance == 0 ? loop::difference(expected, found)
                                           : loop::distance_beyond(tolerance, expected, found);
        if (!fault.empty()) return fault;
      }
    }
    return "";
  }

  tensor::Program program_;
  loop::Function naive_;
  State state_;
};

}  // namespace tenon::schedule
