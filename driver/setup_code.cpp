// Compiling the kernels of setup, and calling them.
#include "driver/setup_code.h"

#include <algorithm>
#include <cstring>

#include "ir/loop/constants.h"

namespace tenon::driver {
namespace {

// Constants lie at multiples of this, and as many bytes behind them may be read.
constexpr size_t kLine = 64;

bool writes_much(const loop::Function& function) {
  for (const loop::Param& param : function.params)
    if (param.kind == loop::ParamKind::Out &&
        loop::literal_count(param.buffer.extents).value_or(0) > SetupCode::kInterpreted)
      return true;
  return false;
}

// One of the fixed targets: with fma where this processor has it, since the expansions of
// mathematical functions use it.
Result<std::unique_ptr<codegen::HostCode>> compile(
    const std::vector<const loop::Function*>& functions) {
  Result<std::unique_ptr<codegen::HostCode>> code = Failure{"no function"};
  for (const char* name : {"x86-64-v3", "x86-64-v2"}) {
    Result<target::Target> target = target::find_target(name);
    if (!target) continue;
    code = codegen::HostCode::compile(functions, {}, *target);
    if (code) break;
  }
  return code;
}

}  // namespace

SetupCode::SetupCode(const loop::Module& module) {
  loop::for_each_stmt(module.setup, [&](const loop::Stmt& stmt) {
    const loop::Call* call = stmt.as<loop::Call>();
    const loop::Function* function = call ? module.find_function(call->function) : nullptr;
    if (function && writes_much(*function) &&
        std::find(functions_.begin(), functions_.end(), function) == functions_.end())
      functions_.push_back(function);
  });
  if (functions_.empty()) return;
  Result<std::unique_ptr<codegen::HostCode>> code = compile(functions_);
  if (code)
    code_ = std::move(*code);
  else
    functions_.clear();
}

bool SetupCode::run(const loop::Function& function,
                    std::vector<std::vector<uint8_t>>& params) const {
  auto found = std::find(functions_.begin(), functions_.end(), &function);
  if (found == functions_.end()) return false;
  std::vector<std::vector<uint8_t>> memory;
  std::vector<void*> buffers;
  for (const std::vector<uint8_t>& param : params) {
    size_t space = param.size() + 2 * kLine;
    memory.emplace_back(space);
    void* start = memory.back().data();
    std::align(kLine, param.size() + kLine, start, space);
    std::memcpy(start, param.data(), param.size());
    buffers.push_back(start);
  }
  size_t number = static_cast<size_t>(found - functions_.begin());
  if (code_->run(number, buffers, {}) != 0) return false;
  for (size_t i = 0; i < params.size(); ++i)
    if (function.params[i].kind == loop::ParamKind::Out)
      std::memcpy(params[i].data(), buffers[i], params[i].size());
  return true;
}

}  // namespace tenon::driver
