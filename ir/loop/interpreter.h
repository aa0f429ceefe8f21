// The interpreter of loop functions: the oracle that every backend is held against. It runs
// scheduled and unscheduled functions alike, one iteration after the other, and finds what compiled
// code would get wrong in silence: accesses outside a buffer, reads of memory that nothing has
// written, elements of results that are never written, padding that is not zero.
//
//   Interpreter scale(parse_function("func @scale(x: f32[4], out y: f32[4]) { ... }"), {});
//   Outcome outcome = scale.run({{x_bytes}, {y_bytes}});
//
// A function is compiled once to flat code (flat_code.h) and may run any number of times.
// Reductions start as flatten_stages says: before the outermost reduce loop of the leaf, in a copy
// of the spatial loops inside.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "ir/loop/nodes.h"

namespace tenon::loop {

using SymbolValues = std::map<std::string, int64_t>;

/// The memory of one parameter, as its layout says. `written` has a flag for each byte, 0 where
/// nothing has been written yet; empty: all of an input counts as written, and nothing of an `out`
/// parameter.
struct Memory {
  std::span<uint8_t> bytes;
  std::span<uint8_t> written = {};
};

/// What the function did that it must not do.
struct Fault {
  std::string message;  // the access, the statement and the loop variables; several lines
  Location location;
};

struct Outcome {
  std::optional<Fault> fault;  // the run stopped there
  // of the first `require` that did not hold; the run went on
  std::optional<Location> failed_require;
  bool ok() const { return !fault && !failed_require; }
};

struct FlatCode;

class Interpreter {
 public:
  /// Every symbol that the function uses needs a value. What the verifier refuses is a bug of ours
  /// here.
  Interpreter(const Function& function, const SymbolValues& symbols);
  ~Interpreter();
  Interpreter(Interpreter&&) noexcept;
  Interpreter& operator=(Interpreter&&) noexcept;

  /// Bytes of each parameter in memory, padding included.
  const std::vector<int64_t>& parameter_bytes() const;

  /// One memory for each parameter. What an `out` parameter held before is forgotten, and all of it
  /// must be written.
  Outcome run(std::span<const Memory> params) const;
  Outcome run(std::initializer_list<Memory> params) const {
    return run(std::span(params.begin(), params.size()));
  }

 private:
  std::unique_ptr<FlatCode> code_;
};

// ---- whole models -------------------------------------------------------------------------------

/// The row-major elements of an initializer of the model file, by its name there.
using InitializerProvider = std::function<std::vector<uint8_t>(const Constant& constant)>;

struct ModuleOutcome {
  Outcome outcome;
  std::vector<std::vector<uint8_t>> outputs;  // row-major elements, in the order of Module::outputs
};

/// Runs the setup and then main, calls in order, with row-major inputs in the order of
/// Module::inputs. Buffers lie where the memory plan puts them when the module has one, so that a
/// plan that lets two live buffers overlap is found out.
ModuleOutcome run_module(const Module& module, const InitializerProvider& initializers,
                         std::span<const std::vector<uint8_t>> inputs, const SymbolValues& symbols);

/// An index expression over symbols.
int64_t evaluate_index(Expr e, const SymbolValues& symbols);

}  // namespace tenon::loop
