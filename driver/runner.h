// Calls a compiled model in this process: the same object code that `compile` writes.
//
//   ModelRunner runner(module, interface, objects);
//   std::map<std::string, Array> outputs = runner.run(inputs);
#pragma once

#include <functional>
#include <memory>

#include "codegen/bundle/interface.h"
#include "codegen/llvm/jit.h"
#include "driver/npz.h"
#include "driver/weights.h"
#include "ir/loop/interpreter.h"

namespace tenon::driver {

/// The dimensions that the shapes of these inputs give; throws UserErrors for an unknown or missing
/// input, a wrong type or shape, or a dimension outside of its range, with the nearest names.
loop::SymbolValues bind_dimensions(const loop::Module& module,
                                   const std::map<std::string, Array>& inputs);

/// Seeded inputs for the dimensions: unit normals, small non-negative integers, true.
std::map<std::string, Array> random_inputs(const loop::Module& module,
                                           const loop::SymbolValues& dims, uint64_t seed);

/// The shape of an input or output at the dimensions.
std::vector<int64_t> shape_at(const loop::Buffer& buffer, const loop::SymbolValues& dims);

class ModelRunner {
 public:
  /// Links the objects and opens the model; faults of open are the user's (a processor without the
  /// instructions).
  ModelRunner(const loop::Module& module, const codegen::BundleInterface& interface,
              const std::vector<std::string>& objects);
  ~ModelRunner();

  /// Sets inputs and dimensions for the calls that follow, and makes memory for them.
  void prepare(const std::map<std::string, Array>& inputs, int threads);
  /// One run on what prepare has set; throws UserErrors with the status's text.
  void call();
  /// The same, but false where the run was stopped by on_group.
  bool try_call();
  /// Calls `visit` on the calling thread between groups; a run goes on while it gives true.
  /// Single-threaded runs only.
  void on_group(std::function<bool()> visit);
  /// Where a buffer of main lies during a run: inputs, outputs, the arena, constants (after
  /// set_constants).
  const uint8_t* memory_of(const std::string& buffer) const;
  void set_constants(const ConstantValues& constants);
  /// Copies of the outputs of the last call, by their names in the model.
  std::map<std::string, Array> outputs() const;
  /// Bytes of the arena for the dimensions of prepare.
  int64_t arena_bytes() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tenon::driver
