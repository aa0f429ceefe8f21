// Places and bytes of weights.
#include "driver/weights.h"

#include <cstdio>
#include <set>

#include "ir/expr/text.h"
#include "ir/loop/constants.h"
#include "ir/loop/interpreter.h"

namespace tenon::driver {
namespace {

constexpr int64_t kAlignment = 64;

std::set<std::string> arguments_of(const loop::Stmt& stmt) {
  std::set<std::string> names;
  loop::for_each_stmt(stmt, [&](const loop::Stmt& inner) {
    if (const loop::Call* call = inner.as<loop::Call>())
      names.insert(call->arguments.begin(), call->arguments.end());
  });
  return names;
}

}  // namespace

int64_t WeightsPlan::offset_of(const std::string& name) const {
  for (const Place& place : places)
    if (place.constant->buffer.name == name) return place.offset;
  TENON_CHECK(false, "constant " + name + " has no place");
  return 0;
}

WeightsPlan plan_weights(const loop::Module& module) {
  WeightsPlan plan;
  std::set<std::string> read = arguments_of(module.main);
  for (const loop::Constant& constant : module.constants) {
    const loop::Buffer& buffer = constant.buffer;
    if (!read.count(buffer.name)) continue;
    int64_t bytes = loop::physical_bytes(buffer);
    plan.places.push_back({&constant, plan.bytes, bytes});
    std::string shape;
    for (Expr extent : buffer.extents) shape += (shape.empty() ? "" : ", ") + to_string(extent);
    plan.layout_text += buffer.name + ": " + std::string(name_of(buffer.type)) + "[" + shape + "]" +
                        to_string(buffer.layout) + " at " + std::to_string(plan.bytes) + "\n";
    plan.bytes = (plan.bytes + bytes + kAlignment - 1) / kAlignment * kAlignment;
  }
  return plan;
}

void check_embedded_weights(const WeightsPlan& plan, const std::string& model_file) {
  if (plan.bytes <= kMostEmbeddedBytes) return;
  char size[32];
  std::snprintf(size, sizeof size, "%.2f GiB",
                static_cast<double>(plan.bytes) / static_cast<double>(kMostEmbeddedBytes));
  user_error({model_file, "", 0, 0},
             "the weights are " + std::string(size) + " (" + std::to_string(plan.bytes) +
                 " bytes), and inside a library they may be at most 1 GiB",
             "compile with --weights=file: they become a file of their own, whose address the "
             "program passes");
}

ConstantValues::ConstantValues(const loop::Module& module,
                               std::shared_ptr<const frontend::ModelFile> file)
    : file_(std::move(file)) {
  // Buffers of setup: constants that it reads or writes, and locals; all row-major.
  loop::for_each_stmt(module.setup, [&](const loop::Stmt& stmt) {
    const loop::Call* call = stmt.as<loop::Call>();
    if (!call) return;
    const loop::Function* function = module.find_function(call->function);
    TENON_CHECK(function, "no function " + call->function);
    std::vector<std::vector<uint8_t>> copies(function->params.size());
    std::vector<loop::Memory> arguments;
    for (size_t i = 0; i < function->params.size(); ++i) {
      const loop::Param& param = function->params[i];
      const std::string& name = call->arguments[i];
      if (param.kind == loop::ParamKind::Out) {
        copies[i].resize(static_cast<size_t>(loop::physical_bytes(param.buffer)));
      } else {
        const loop::Constant* constant = nullptr;
        for (const loop::Constant& candidate : module.constants)
          if (candidate.buffer.name == name) constant = &candidate;
        std::span<const uint8_t> bytes =
            constant ? row_major(*constant) : std::span<const uint8_t>(computed_.at(name));
        copies[i].resize(static_cast<size_t>(loop::physical_bytes(param.buffer)));
        loop::pack_elements(param.buffer, bytes, copies[i]);
      }
      arguments.push_back({copies[i]});
    }
    loop::Outcome outcome = loop::Interpreter(*function, {}).run(arguments);
    TENON_CHECK(!outcome.fault, call->function + ": " + outcome.fault->message);
    if (outcome.failed_require)
      user_error(
          {file_ ? file_->base_name : "", "", 0, 0},
          "an index is out of range in " + location_suffix(*outcome.failed_require).substr(1),
          "the constants of this node contradict each other");
    for (size_t i = 0; i < function->params.size(); ++i)
      if (function->params[i].kind == loop::ParamKind::Out)
        computed_[call->arguments[i]] = std::move(copies[i]);
  });
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

codegen::WeightsSource weights_source(const WeightsPlan& plan, const ConstantValues& values) {
  return [&plan, &values](const std::function<void(std::span<const uint8_t>)>& write) {
    static constexpr uint8_t kZeros[kAlignment] = {};
    int64_t position = 0;
    for (const WeightsPlan::Place& place : plan.places) {
      write(std::span(kZeros, static_cast<size_t>(place.offset - position)));
      std::vector<uint8_t> bytes = values.packed(*place.constant);
      write(bytes);
      position = place.offset + place.bytes;
    }
    write(std::span(kZeros, static_cast<size_t>(plan.bytes - position)));
  };
}

}  // namespace tenon::driver
