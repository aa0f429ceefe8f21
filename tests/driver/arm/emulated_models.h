// Many compiled models in one program for ARM, run under qemu one after the other.
//
//   EmulatedModels models(cortex_a53);
//   models.add("softmax_last", build(models.next_name()), {{inputs, {}, {{0.09 ...}}}});
//   models.differences()   ->   {"softmax_last: y element 2: 0.25, in the interpreter 0.24999999"}
#pragma once

#include <string>
#include <vector>

#include "driver/build.h"
#include "ir/loop/interpreter.h"
#include "tests/codegen/llvm/emulator.h"
#include "tests/driver/same_bits.h"

namespace tenon::driver {

/// One run of a model: its inputs and sizes, and what the interpreter gives for each output.
struct EmulatedRun {
  std::vector<Bytes> inputs;
  loop::SymbolValues sizes;
  std::vector<Bytes> wanted;
};

class EmulatedModels {
 public:
  explicit EmulatedModels(const target::Target& target) : program_(target) {}

  /// The name that the next model must be built under: symbols of all are linked together.
  std::string next_name() const { return "m" + std::to_string(models_); }
  void add(const std::string& label, BuiltModel built, const std::vector<EmulatedRun>& runs);

  /// Links and runs all; what differs, and what did not run.
  std::vector<std::string> differences();

 private:
  struct Expected {
    std::string label;
    std::vector<loop::Buffer> outputs;  // names and types
    std::vector<Bytes> wanted;
  };

  codegen::EmulatedProgram program_;
  codegen::RecordWriter input_;
  std::string declarations_, table_;
  std::vector<Expected> expected_;
  size_t models_ = 0;
};

}  // namespace tenon::driver
