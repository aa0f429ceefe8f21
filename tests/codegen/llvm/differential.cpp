// Inputs, runs and the comparison.
#include "tests/codegen/llvm/differential.h"

#include <cmath>
#include <cstring>
#include <random>

#include "codegen/llvm/host_code.h"
#include "ir/expr/element.h"
#include "ir/loop/interpreter.h"
#include "ir/loop/passes.h"
#include "ir/loop/text.h"
#include "target/operations.h"
#include "tests/codegen/llvm/objects.h"

namespace tenon::codegen {
namespace {

using Bytes = std::vector<uint8_t>;

// Small numbers, so that sums and products stay apart from infinity, some of them not integers.
Bytes random_elements(DType type, int64_t bytes, std::mt19937& random) {
  Bytes result(static_cast<size_t>(bytes));
  for (int64_t i = 0; i < bytes * 8 / bits_of(type); ++i) {
    int number = static_cast<int>(random() % 33) - 16;
    Scalar value;
    if (is_float(type))
      value.f = random() % 4 ? number * 0.37 : number;
    else
      value.i = wrap(type, type == DType::Bool ? random() % 2 : number);
    store_element(type, result.data(), i, value);
  }
  return result;
}

bool same(DType type, const Bytes& a, const Bytes& b, int64_t i) {
  Scalar x = load_element(type, a.data(), i), y = load_element(type, b.data(), i);
  return is_float(type) ? x.f == y.f || (std::isnan(x.f) && std::isnan(y.f)) : x.i == y.i;
}

std::string compare(const loop::Param& param, const Bytes& wanted, const Bytes& found) {
  DType type = param.buffer.type;
  for (int64_t i = 0; i < static_cast<int64_t>(wanted.size()) * 8 / bits_of(type); ++i) {
    if (same(type, wanted, found, i)) continue;
    Scalar x = load_element(type, wanted.data(), i), y = load_element(type, found.data(), i);
    return param.buffer.name + " element " + std::to_string(i) + ": " +
           std::to_string(is_float(type) ? y.f : static_cast<double>(y.i)) + " instead of " +
           std::to_string(is_float(type) ? x.f : static_cast<double>(x.i));
  }
  return "";
}

// Guards the memory of a parameter: what is behind it must stay as it is.
constexpr size_t kGuardBytes = 64;
constexpr uint8_t kGuard = 0xa5;

std::string run_target(const loop::Function& function,
                       const std::map<std::string, int64_t>& symbols, const target::Target& target,
                       const std::vector<Bytes>& inputs, const std::vector<Bytes>& wanted,
                       bool required) {
  loop::Function legal = loop::legalize(function, LegalOperations(target::operations_of(target)));
  auto code = HostCode::compile({&legal}, {}, target);
  if (!code) return code.reason();
  int64_t extent = 1, chunk = 1;
  if (Expr e = (*code)->kernel(0).kernel.extent) {
    extent = loop::evaluate_index(e, symbols);
    chunk = (*code)->kernel(0).kernel.chunk;
  }
  for (bool in_chunks : {false, true}) {
    std::vector<Bytes> memory = inputs;
    std::vector<void*> pointers;
    for (Bytes& bytes : memory) {
      bytes.resize(bytes.size() + kGuardBytes, kGuard);
      pointers.push_back(bytes.data());
    }
    int32_t status = 0;
    if (!in_chunks)
      status = (*code)->run(0, pointers, symbols);
    else
      // in any order
      for (int64_t begin = (extent - 1) / chunk * chunk; begin >= 0; begin -= chunk)
        status |= (*code)->run_part(0, pointers, symbols, begin, std::min(begin + chunk, extent));
    if ((status != 0) != required) return "the status is " + std::to_string(status);
    for (size_t i = 0; i < memory.size(); ++i) {
      for (size_t k = 0; k < kGuardBytes; ++k)
        if (memory[i][memory[i].size() - 1 - k] != kGuard)
          return function.params[i].buffer.name + " is written behind its end";
      memory[i].resize(memory[i].size() - kGuardBytes);
      if (std::string text = compare(function.params[i], wanted[i], memory[i]); !text.empty())
        return text;
    }
  }
  return "";
}

}  // namespace

std::string difference(const loop::Function& function,
                       const std::map<std::string, int64_t>& symbols, int seed) {
  loop::Interpreter interpreter(function, symbols);
  std::mt19937 random(static_cast<unsigned>(seed));
  std::vector<Bytes> inputs, wanted;
  for (size_t i = 0; i < function.params.size(); ++i)
    inputs.push_back(
        random_elements(function.params[i].buffer.type, interpreter.parameter_bytes()[i], random));
  wanted = inputs;
  std::vector<loop::Memory> memory;
  for (Bytes& bytes : wanted) memory.push_back({bytes, {}});
  loop::Outcome outcome = interpreter.run(memory);
  if (outcome.fault) return "the interpreter: " + outcome.fault->message;
  for (const target::Target& target : runnable_targets()) {
    std::string text =
        run_target(function, symbols, target, inputs, wanted, outcome.failed_require.has_value());
    if (!text.empty()) return target.name + ": " + text;
  }
  return "";
}

std::string difference(const std::string& text, const std::map<std::string, int64_t>& symbols) {
  ExprPool pool;
  return difference(loop::parse_function(text, "test", pool), symbols, 1);
}

}  // namespace tenon::codegen
