// Calling one kernel of a source tree, and comparing.
#include "driver/check_kernel.h"

#include <cmath>
#include <cstring>
#include <fstream>

#include "codegen/bundle/header.h"
#include "codegen/cpp/kernel.h"
#include "codegen/llvm/jit.h"
#include "driver/compare.h"
#include "driver/in_child.h"
#include "driver/random.h"
#include "ir/expr/element.h"
#include "ir/loop/interpreter.h"
#include "support/diagnostics.h"
#include "support/text.h"

namespace tenon::driver {
namespace {

constexpr size_t kLine = 64;
constexpr int64_t kSizes[] = {19, 32};  // of symbols, within their bounds: with a tail, and without

// Memory at a multiple of 64 bytes with 64 more behind it.
struct AlignedBytes {
  explicit AlignedBytes(size_t size) : storage(size + 2 * kLine), count(size) {
    void* start = storage.data();
    size_t space = storage.size();
    begin = static_cast<uint8_t*>(std::align(kLine, size + kLine, start, space));
  }
  std::span<uint8_t> bytes() { return {begin, count}; }
  std::vector<uint8_t> storage;
  size_t count;
  uint8_t* begin;
};

// Floats of both signs, integers 0 and 1: indices that every tensor has.
void fill(DType type, std::span<uint8_t> bytes, uint64_t& state) {
  int64_t count = static_cast<int64_t>(bytes.size()) * 8 / bits_of(type);
  for (int64_t i = 0; i < count; ++i) {
    uint64_t number = next_random(state);
    Scalar value;
    if (is_float(type))
      value.f = round_to(type, static_cast<double>(number >> 40) * 0x1p-23 - 1);
    else
      value.i = static_cast<int64_t>(number & 1);
    store_element(type, bytes.data(), i, value);
  }
}

std::string place_text(const loop::Buffer& buffer, const loop::SymbolValues& sizes, int64_t index) {
  std::vector<std::string> subscripts(buffer.extents.size());
  int64_t rest = index;
  for (size_t d = buffer.extents.size(); d-- > 0;) {
    int64_t extent = std::max<int64_t>(1, loop::evaluate_index(buffer.extents[d], sizes));
    subscripts[d] = std::to_string(rest % extent);
    rest /= extent;
  }
  return "[" + join(subscripts, ", ") + "]";
}

std::string number_text(DType type, Scalar value) {
  char text[40];
  std::snprintf(text, sizeof text, "%.9g", is_float(type) ? value.f : static_cast<double>(value.i));
  return text;
}

std::string first_difference(const loop::Buffer& buffer, const std::string& name,
                             const loop::SymbolValues& sizes, std::span<const uint8_t> found,
                             std::span<const uint8_t> expected, const Tolerance& tolerance) {
  int64_t count = static_cast<int64_t>(found.size()) * 8 / bits_of(buffer.type);
  for (int64_t i = 0; i < count; ++i) {
    Scalar a = load_element(buffer.type, found.data(), i);
    Scalar b = load_element(buffer.type, expected.data(), i);
    bool agrees = a.i == b.i;
    if (is_float(buffer.type))
      agrees = a.f == b.f || (std::isnan(a.f) && std::isnan(b.f)) ||
               std::fabs(a.f - b.f) <= tolerance.absolute + tolerance.relative * std::fabs(b.f);
    if (agrees) continue;
    return name + place_text(buffer, sizes, i) + " is " + number_text(buffer.type, a) +
           ", the loop function gives " + number_text(buffer.type, b) + " (element " +
           std::to_string(i) + " of " + name + ")";
  }
  return "";
}

}  // namespace

std::string kernel_call_text(const std::string& name, const loop::Function& function,
                             const std::string& symbol, const codegen::cpp::KernelText& text) {
  std::vector<std::string> arguments;
  for (size_t i = 0; i < function.params.size(); ++i)
    arguments.push_back("(" + codegen::c_type(function.params[i].buffer.type) + " *)buffers[" +
                        std::to_string(i) + "]");
  for (size_t i = 0; i < text.symbols.size(); ++i)
    arguments.push_back("dims[" + std::to_string(i) + "]");
  if (text.is_parallel) arguments.insert(arguments.end(), {"begin", "end"});
  if (text.uses_scratch) arguments.push_back("scratch");
  if (text.uses_status) arguments.push_back("status");
  return "extern \"C\" void " + name +
         "(void *const *buffers, const int64_t *dims, int64_t begin, int64_t end,\n    unsigned "
         "char "
         "*scratch, int32_t *status) {\n  (void)buffers, (void)dims, (void)begin, (void)end, "
         "(void)scratch, (void)status;\n  " +
         symbol + "(" + join(arguments, ", ") + ");\n}\n";
}

std::string difference_from_interpreter(const loop::Function& function,
                                        const codegen::cpp::KernelText& text,
                                        const loop::SymbolValues& sizes, KernelCall call,
                                        const Tolerance& tolerance) {
  loop::Interpreter interpreter(function, sizes);
  uint64_t state = 1;
  std::vector<AlignedBytes> found, expected;
  std::vector<loop::Memory> memories;
  std::vector<void*> buffers;
  for (size_t i = 0; i < function.params.size(); ++i) {
    size_t bytes = static_cast<size_t>(interpreter.parameter_bytes()[i]);
    found.emplace_back(bytes);
    fill(function.params[i].buffer.type, found.back().bytes(), state);
    expected.emplace_back(bytes);
    std::memcpy(expected.back().begin, found.back().begin, bytes);
  }
  for (size_t i = 0; i < found.size(); ++i) {
    memories.push_back({expected[i].bytes()});
    buffers.push_back(found[i].begin);
  }
  loop::Outcome outcome = interpreter.run(memories);
  if (outcome.fault) throw InternalError(outcome.fault->message);

  std::vector<int64_t> dims;
  for (const std::string& symbol : text.symbols) dims.push_back(sizes.at(symbol));
  int64_t end = text.extent ? loop::evaluate_index(text.extent, sizes) : 1;
  AlignedBytes scratch(static_cast<size_t>(loop::evaluate_index(text.scratch_bytes, sizes)));
  int32_t status = 0;
  int64_t middle = end / 2;  // two calls where there are iterations to share out
  if (middle > 0) call(buffers.data(), dims.data(), 0, middle, scratch.begin, &status);
  call(buffers.data(), dims.data(), middle, end, scratch.begin, &status);
  if ((status != 0) != outcome.failed_require.has_value())
    return status ? "a requirement fails that holds in the loop function"
                  : "no requirement fails, one of the loop function does";
  for (size_t i = 0; i < found.size(); ++i) {
    std::string difference =
        first_difference(function.params[i].buffer, text.parameter_names[i], sizes,
                         found[i].bytes(), expected[i].bytes(), tolerance);
    if (!difference.empty()) return difference;
  }
  return "";
}

std::string check_kernel(const CheckedKernel& checked, const loop::Module& module,
                         const target::Target& target, const HostCompiler& compiler,
                         const codegen::BundleInterface& interface, const std::string& folder,
                         const std::string& work) {
  const loop::Function& function = *checked.function;
  Result<codegen::cpp::KernelText> text = codegen::cpp::print_kernel(
      function, module.symbol_ranges(), target, {checked.kernel->symbol});
  TENON_CHECK(text, text.reason());
  std::string source = work + "/check_call.cpp", object = work + "/check_call.o", output;
  std::ofstream(source) << "#include \"" << interface.name << "_kernels.h\"\n"
                        << kernel_call_text("check_call", function, checked.kernel->symbol, *text);
  std::vector<std::string> arguments = compiler.options(folder, checked.kernel->file, interface);
  arguments.insert(arguments.end(), {"-c", source, "-o", object});
  if (!compiler.run(arguments, output))
    user_error(
        {interface.name + "_kernels.h", "", 0, 0},
        "the declaration of " + checked.kernel->symbol + " is not as it was printed:\n" + output);
  std::vector<std::string> objects;
  for (const std::string& path : {checked.object, object}) {
    std::vector<uint8_t> bytes = read_file(path);
    objects.emplace_back(bytes.begin(), bytes.end());
  }
  Result<std::unique_ptr<codegen::JitLibrary>> library = codegen::JitLibrary::load(objects);
  if (!library)
    user_error({checked.kernel->file, "", 0, 0}, library.reason(),
               "a kernel may use memcpy, memmove and memset, and nothing else from outside");
  Result<void*> address = (*library)->address("check_call");
  TENON_CHECK(address, address.reason());
  for (int64_t size : kSizes) {
    loop::SymbolValues sizes;
    for (const loop::Symbol& symbol : module.symbols)
      sizes[symbol.name] = std::min(std::max(size, symbol.min), symbol.max);
    Result<std::string> difference = in_child([&] {
      return difference_from_interpreter(function, *text, sizes,
                                         reinterpret_cast<KernelCall>(*address), Tolerance());
    });
    if (!difference) return "the kernel, called with seeded inputs, " + difference.reason();
    if (!difference->empty() || module.symbols.empty()) return *difference;
  }
  return "";
}

}  // namespace tenon::driver
