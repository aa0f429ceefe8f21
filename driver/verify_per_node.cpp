// tenon verify --per-node: each kernel against the interpreter, on what the compiled model itself
// gave it.
//
// A run asks `stop` between groups; by then the group before is done and its operands are still
// there, so the callback hands them to the interpreter and compares what it makes of them, bit for
// bit.
#include <cstdio>
#include <cstring>

#include "driver/run_once.h"
#include "ir/loop/constants.h"
#include "support/text.h"

namespace tenon::driver {
namespace {

std::vector<loop::Call> calls_of(const loop::Module& module) {
  std::vector<loop::Call> calls;
  loop::for_each_stmt(module.main, [&](const loop::Stmt& stmt) {
    if (const loop::Call* call = stmt.as<loop::Call>()) calls.push_back(*call);
  });
  return calls;
}

class Comparison {
 public:
  Comparison(const Session& session, ModelRunner& runner, loop::SymbolValues dims)
      : session_(session),
        runner_(runner),
        dims_(std::move(dims)),
        calls_(calls_of(session.model.module())) {}

  /// Compares the next call that is done; false when it differs.
  bool next() {
    if (done_ == calls_.size()) return true;
    const loop::Call& call = calls_[done_++];
    const loop::Function& function = *session_.model.module().find_function(call.function);
    loop::Interpreter interpreter(function, dims_);
    std::vector<std::vector<uint8_t>> memory(function.params.size());
    std::vector<loop::Memory> arguments;
    for (size_t i = 0; i < memory.size(); ++i) {
      size_t bytes = static_cast<size_t>(interpreter.parameter_bytes()[i]);
      const uint8_t* source = runner_.memory_of(call.arguments[i]);
      memory[i].assign(source, source + bytes);
      arguments.push_back({memory[i]});
    }
    loop::Outcome outcome = interpreter.run(arguments);
    if (outcome.fault) return report(call, "the interpreter stops: " + outcome.fault->message);
    for (size_t i = 0; i < memory.size(); ++i) {
      if (function.params[i].kind != loop::ParamKind::Out) continue;
      const uint8_t* found = runner_.memory_of(call.arguments[i]);
      size_t width = static_cast<size_t>(std::max(bits_of(function.params[i].buffer.type) / 8, 1));
      for (size_t at = 0; at < memory[i].size(); ++at)
        if (found[at] != memory[i][at])
          return report(call, "element " + std::to_string(at / width) + " in memory of " +
                                  call.arguments[i] + " differs from the interpreter's");
    }
    return true;
  }
  bool finished() const { return done_ == calls_.size(); }
  size_t compared() const { return done_; }

 private:
  bool report(const loop::Call& call, const std::string& message) {
    std::printf("@%s%s: %s\n", call.function.c_str(), location_suffix(call.location).c_str(),
                message.c_str());
    return false;
  }

  const Session& session_;
  ModelRunner& runner_;
  loop::SymbolValues dims_;
  std::vector<loop::Call> calls_;
  size_t done_ = 0;
};

}  // namespace

int verify_per_node(const Session& session, const std::map<std::string, Array>& inputs,
                    const VerifyOptions&) {
  const loop::Module& module = session.model.module();
  std::map<std::string, Array> arrays = inputs;
  if (arrays.empty()) arrays = random_inputs(module, chosen_dimensions(module, {}), 0);
  ModelRunner runner(module, session.model.interface, session.objects);
  runner.set_constants(*session.model.constants);
  runner.prepare(arrays, 1);
  Comparison comparison(session, runner, bind_dimensions(module, arrays));
  bool same = true;
  runner.on_group([&] {
    same = comparison.next();
    return same;
  });
  if (runner.try_call()) same = same && comparison.next();
  if (!same) return 1;
  std::printf("all %zu kernels give the interpreter's bits\n", comparison.compared());
  return 0;
}

}  // namespace tenon::driver
