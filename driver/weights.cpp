// Places and bytes of weights.
#include "driver/weights.h"

#include <cstdio>
#include <set>

#include "ir/expr/text.h"
#include "ir/loop/constants.h"

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
