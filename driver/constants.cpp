// Values of constants; setup runs call by call, large results as machine code.
//
//   setup { call @square(a, b)   call @sum(b, c) }   ->   computed: b, c; both row-major
#include "driver/constants.h"

#include "driver/setup_code.h"
#include "ir/loop/constants.h"
#include "ir/loop/interpreter.h"

namespace tenon::driver {

ConstantValues::ConstantValues(const loop::Module& module,
                               std::shared_ptr<const frontend::ModelFile> file)
    : file_(std::move(file)) {
  for (const loop::Constant& constant : module.constants)
    constants_[constant.buffer.name] = &constant;
  SetupCode code(module);
  loop::for_each_stmt(module.setup, [&](const loop::Stmt& stmt) {
    const loop::Call* call = stmt.as<loop::Call>();
    if (!call) return;
    const loop::Function* function = module.find_function(call->function);
    TENON_CHECK(function, "no function " + call->function);
    run(*function, *call, code);
  });
}

std::span<const uint8_t> ConstantValues::operand(const std::string& name) const {
  auto constant = constants_.find(name);
  return constant == constants_.end() ? computed_.at(name) : row_major(*constant->second);
}

void ConstantValues::run(const loop::Function& function, const loop::Call& call,
                         const SetupCode& code) {
  std::vector<std::vector<uint8_t>> memory(function.params.size());
  std::vector<loop::Memory> arguments;
  for (size_t i = 0; i < memory.size(); ++i) {
    const loop::Param& param = function.params[i];
    memory[i].resize(static_cast<size_t>(loop::physical_bytes(param.buffer)));
    if (param.kind != loop::ParamKind::Out)
      loop::pack_elements(param.buffer, operand(call.arguments[i]), memory[i]);
    arguments.push_back({memory[i]});
  }
  loop::Outcome outcome;
  if (!code.run(function, memory)) outcome = loop::Interpreter(function, {}).run(arguments);
  TENON_CHECK(!outcome.fault, call.function + ": " + outcome.fault->message);
  if (outcome.failed_require)
    user_error({file_ ? file_->base_name : "", "", 0, 0},
               "an index is out of range in " + location_suffix(*outcome.failed_require).substr(1),
               "the constants of this node contradict each other");
  for (size_t i = 0; i < memory.size(); ++i)
    if (function.params[i].kind == loop::ParamKind::Out)
      computed_[call.arguments[i]] = std::move(memory[i]);
}

std::span<const uint8_t> ConstantValues::row_major(const loop::Constant& constant) const {
  if (!constant.initializer.empty()) return file_->initializer(constant.initializer);
  if (!constant.bytes.empty()) return constant.bytes;
  auto found = computed_.find(constant.copy_of.empty() ? constant.buffer.name : constant.copy_of);
  TENON_CHECK(found != computed_.end(), "constant " + constant.buffer.name + " has no value");
  return found->second;
}

std::vector<uint8_t> ConstantValues::packed(const loop::Constant& constant) const {
  std::vector<uint8_t> bytes(static_cast<size_t>(loop::physical_bytes(constant.buffer)));
  loop::pack_elements(constant.buffer, row_major(constant), bytes);
  return bytes;
}

}  // namespace tenon::driver
