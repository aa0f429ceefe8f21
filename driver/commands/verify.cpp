// tenon verify: compares a model's outputs with stored ones.
#include <cmath>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "driver/commands/commands.h"
#include "driver/run_once.h"

namespace tenon::driver {
namespace {

// Element `i` of a float or integer array.
double element(const Array& array, int64_t i) {
  size_t width = static_cast<size_t>(bits_of(array.type) / 8);
  const uint8_t* bytes = array.bytes.data() + static_cast<size_t>(i) * width;
  if (array.type == DType::F32) {
    float value;
    std::memcpy(&value, bytes, sizeof value);
    return static_cast<double>(value);
  }
  if (array.type == DType::F64) {
    double value;
    std::memcpy(&value, bytes, sizeof value);
    return value;
  }
  int64_t value = 0;
  std::memcpy(&value, bytes, width);
  int unused = 64 - bits_of(array.type);
  return is_signed(array.type) ? static_cast<double>(value << unused >> unused)
                               : static_cast<double>(value);
}

std::string position(int64_t index, const std::vector<int64_t>& shape) {
  std::string text;
  for (size_t d = shape.size(); d-- > 0; index /= std::max<int64_t>(shape[d], 1))
    text =
        std::to_string(index % std::max<int64_t>(shape[d], 1)) + (text.empty() ? "" : ", ") + text;
  return "[" + text + "]";
}

// True when the arrays agree; else prints the first element that differs.
bool agrees(const std::string& name, const Array& found, const Array& expected,
            const VerifyOptions& options) {
  if (found.type != expected.type || found.shape != expected.shape) {
    std::printf("output \"%s\" differs in type or shape from the reference\n", name.c_str());
    return false;
  }
  for (int64_t i = 0; i < found.element_count(); ++i) {
    double a = element(found, i), b = element(expected, i);
    if (a == b || (std::isnan(a) && std::isnan(b)) ||
        std::fabs(a - b) <= options.absolute + options.relative * std::fabs(b))
      continue;
    std::printf("output \"%s\" differs first at %s: found %.9g, expected %.9g\n", name.c_str(),
                position(i, found.shape).c_str(), a, b);
    return false;
  }
  return true;
}

std::map<std::string, Array> read_reference(const VerifyOptions& options) {
  if (!options.reference_file.empty()) return read_npz(options.reference_file);
  std::map<std::string, Array> reference;
  std::vector<frontend::DeclaredTensor> declared =
      frontend::declared_interface(options.run.model.model).outputs;
  for (size_t i = 0; i < declared.size(); ++i) {
    std::string path = options.run.data_folder + "/output_" + std::to_string(i) + ".pb";
    if (!std::filesystem::exists(path)) continue;
    frontend::TensorFile tensor = frontend::read_tensor_file(path);
    reference[declared[i].name] = {numpy_type(tensor.type), tensor.shape, tensor.bytes};
  }
  if (reference.empty())
    user_error({}, "there is nothing to compare with",
               "give --data DIR with output_0.pb, or --inputs F.npz and --reference F.npz");
  return reference;
}

}  // namespace

int run_verify(const VerifyOptions& options) {
  std::map<std::string, Array> reference = read_reference(options);
  GivenInputs given = read_inputs(options.run);
  Session session = compile_for_call(options.run, given, terminal_progress(false));
  if (options.per_node) return verify_per_node(session, given.arrays, options);
  std::map<std::string, Array> outputs = run_once(options.run, session, given);
  bool all = true;
  for (const auto& [name, expected] : reference) {
    auto found = outputs.find(name);
    if (found == outputs.end())
      user_error({}, "the model has no output \"" + name + "\"",
                 "the reference names outputs as the model does");
    all = agrees(name, found->second, expected, options) && all;
  }
  if (all) std::printf("all %zu outputs agree\n", reference.size());
  return all ? 0 : 1;
}

}  // namespace tenon::driver
