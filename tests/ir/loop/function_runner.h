// Runs loop functions in the interpreter on small integers, so that every order of float sums gives
// the same bits, and says what two of them give differently.
//
//   Inputs inputs = random_inputs(naive, {{"batch", 3}}, seed);
//   EXPECT_EQ(difference(run_function(naive, ...), run_function(scheduled, ...)), "");
#pragma once

#include <cmath>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "ir/expr/element.h"
#include "ir/loop/constants.h"
#include "ir/loop/interpreter.h"

namespace tenon::loop {

/// Row-major elements of the parameters that a function reads, by name.
using Inputs = std::map<std::string, std::vector<uint8_t>>;

/// What a run gave: the memory of the results, padding included, or the fault that ended it.
struct RunResult {
  std::string fault;
  bool requirements_hold = true;
  std::map<std::string, std::vector<uint8_t>> outputs;
};

/// The buffer with the values of symbols in its extents.
inline Buffer with_symbols(const Buffer& buffer, const SymbolValues& symbols) {
  Buffer result = buffer;
  for (Expr& extent : result.extents) extent = extent.pool().index(evaluate_index(extent, symbols));
  return result;
}

/// Integers of magnitude at most `most` (indices and bools from 0 on), for every parameter that is
/// no pure result.
inline Inputs random_inputs(const Function& function, const SymbolValues& symbols, uint32_t seed,
                            int most = 8) {
  std::mt19937 random(seed);
  Inputs inputs;
  for (const Param& param : function.params) {
    if (param.kind == ParamKind::Out) continue;
    Buffer buffer = with_symbols(param.buffer, symbols);
    int64_t count = *literal_count(buffer.extents);
    std::vector<uint8_t> bytes(static_cast<size_t>(bytes_of(buffer.type, count)));
    for (int64_t i = 0; i < count; ++i) {
      int value = static_cast<int>(random() % static_cast<uint32_t>(2 * most + 1)) - most;
      if (buffer.type == DType::Bool) value &= 1;
      store_element(buffer.type, bytes.data(), i,
                    is_float(buffer.type) ? Scalar{.f = static_cast<double>(value)}
                                          : Scalar{.i = std::abs(value)});
    }
    inputs[param.buffer.name] = std::move(bytes);
  }
  return inputs;
}

/// Real values between -8 and 8 for the floats of `random_inputs`.
inline Inputs random_reals(const Function& function, const SymbolValues& symbols, uint32_t seed) {
  std::mt19937 random(seed);
  Inputs inputs = random_inputs(function, symbols, seed);
  for (const Param& param : function.params) {
    auto found = inputs.find(param.buffer.name);
    if (found == inputs.end() || !is_float(param.buffer.type)) continue;
    int64_t count = static_cast<int64_t>(found->second.size()) * 8 / bits_of(param.buffer.type);
    for (int64_t i = 0; i < count; ++i)
      store_element(param.buffer.type, found->second.data(), i,
                    {.f = static_cast<double>(random() % 100003) / 100003 * 16 - 8});
  }
  return inputs;
}

// -0 becomes 0: the sign of a zero that min and max give is free.
inline void drop_signs_of_zeros(const Buffer& buffer, std::vector<uint8_t>& bytes) {
  if (!is_float(buffer.type)) return;
  int64_t count = static_cast<int64_t>(bytes.size()) * 8 / bits_of(buffer.type);
  for (int64_t i = 0; i < count; ++i)
    if (load_element(buffer.type, bytes.data(), i).f == 0)
      store_element(buffer.type, bytes.data(), i, {.f = 0});
}

/// Runs `function`, whose parameters lie in memory as those of `interface` (lower_layouts gives
/// functions that no longer say how).
inline RunResult run_function(const Function& function, const Function& interface,
                              const SymbolValues& symbols, const Inputs& inputs) {
  std::vector<std::vector<uint8_t>> memory;
  for (const Param& param : interface.params) {
    Buffer buffer = with_symbols(param.buffer, symbols);
    memory.emplace_back(static_cast<size_t>(physical_bytes(buffer)), uint8_t{0xee});
    if (param.kind != ParamKind::Out) pack_elements(buffer, inputs.at(buffer.name), memory.back());
  }
  std::vector<Memory> params;
  for (std::vector<uint8_t>& bytes : memory) params.push_back({bytes});
  Outcome outcome = Interpreter(function, symbols).run(params);
  RunResult result;
  if (outcome.fault) result.fault = outcome.fault->message;
  result.requirements_hold = !outcome.failed_require;
  for (size_t i = 0; i < memory.size(); ++i) {
    const Param& param = interface.params[i];
    if (param.kind == ParamKind::In || param.kind == ParamKind::Const) continue;
    drop_signs_of_zeros(param.buffer, memory[i]);
    result.outputs[param.buffer.name] = std::move(memory[i]);
  }
  return result;
}
inline RunResult run_function(const Function& function, const SymbolValues& symbols,
                              const Inputs& inputs) {
  return run_function(function, function, symbols, inputs);
}

/// What differs, or "".
inline std::string difference(const RunResult& expected, const RunResult& found) {
  if (!found.fault.empty()) return found.fault;
  if (expected.requirements_hold != found.requirements_hold)
    return "a requirement holds in one of them only";
  if (!expected.requirements_hold) return "";
  for (const auto& [name, bytes] : expected.outputs) {
    const std::vector<uint8_t>& other = found.outputs.at(name);
    if (bytes.size() != other.size()) return name + " has another size";
    for (size_t i = 0; i < bytes.size(); ++i)
      if (bytes[i] != other[i]) return name + " differs in byte " + std::to_string(i);
  }
  return "";
}

/// Which f32 result differs by more than `tolerance` times the largest value of that result, or "".
inline std::string distance_beyond(double tolerance, const RunResult& expected,
                                   const RunResult& found) {
  if (!found.fault.empty()) return found.fault;
  for (const auto& [name, bytes] : expected.outputs) {
    const std::vector<uint8_t>& other = found.outputs.at(name);
    if (bytes.size() != other.size()) return name + " has another size";
    double largest = 0, distance = 0;
    for (int64_t i = 0; i < static_cast<int64_t>(bytes.size() / 4); ++i) {
      double value = load_element(DType::F32, bytes.data(), i).f;
      largest = std::max(largest, std::abs(value));
      distance = std::max(distance, std::abs(value - load_element(DType::F32, other.data(), i).f));
    }
    if (!(distance <= tolerance * largest))
      return name + " is off by " + std::to_string(distance) + " of " + std::to_string(largest);
  }
  return "";
}

}  // namespace tenon::loop
