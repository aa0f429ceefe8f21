// Calling a compiled model in this process.
#include "driver/runner.h"

#include <cmath>
#include <cstdlib>
#include <cstring>

#include "codegen/bundle/header.h"
#include "driver/random.h"
#include "ir/expr/element.h"
#include "ir/expr/text.h"
#include "ir/loop/places.h"
#include "runtime/abi.h"
#include "runtime/model_tables.h"
#include "runtime/pool/tenon_pool.h"
#include "support/diagnostics.h"
#include "support/text.h"

namespace tenon::driver {
namespace {

constexpr size_t kCacheLine = 64;

std::string shape_text(const std::vector<int64_t>& shape) {
  std::vector<std::string> parts;
  for (int64_t extent : shape) parts.push_back(std::to_string(extent));
  return "[" + join(parts, ", ") + "]";
}

std::string declared_text(const loop::Buffer& buffer) {
  std::vector<std::string> parts;
  for (Expr extent : buffer.extents) parts.push_back(to_string(extent));
  return std::string(name_of(buffer.type)) + "[" + join(parts, ", ") + "]";
}

const std::string& onnx_name(const loop::Module& module, const loop::Buffer& buffer) {
  return module.onnx_names.at(buffer.name);
}

// The sum of four uniform values, centred and scaled: bell-shaped with variance 1.
double next_normal(uint64_t& state) {
  double sum = 0;
  for (int i = 0; i < 4; ++i) sum += static_cast<double>(next_random(state) >> 11) * 0x1p-53;
  return (sum - 2) * std::sqrt(3.0);
}

struct FreeMemory {
  void operator()(void* memory) const { std::free(memory); }
};
using Memory = std::unique_ptr<uint8_t, FreeMemory>;

Memory allocate(size_t bytes) {
  size_t rounded = (bytes + kCacheLine - 1) / kCacheLine * kCacheLine + kCacheLine;
  return Memory(static_cast<uint8_t*>(std::aligned_alloc(kCacheLine, rounded)));
}

}  // namespace

std::vector<int64_t> shape_at(const loop::Buffer& buffer, const loop::SymbolValues& dims) {
  std::vector<int64_t> shape;
  for (Expr extent : buffer.extents) shape.push_back(loop::evaluate_index(extent, dims));
  return shape;
}

loop::SymbolValues bind_dimensions(const loop::Module& module,
                                   const std::map<std::string, Array>& inputs) {
  Diagnostics diagnostics;
  loop::SymbolValues dims;
  std::vector<std::string> names;
  for (const loop::Buffer& buffer : module.inputs) names.push_back(onnx_name(module, buffer));
  for (const auto& [name, array] : inputs) {
    if (std::find(names.begin(), names.end(), name) != names.end()) continue;
    std::string near = nearest_name(name, names);
    diagnostics.error({}, "the model has no input \"" + name + "\"")
        .help(near.empty() ? "its inputs are " + join(names, ", ")
                           : "did you mean \"" + near + "\"?");
  }
  for (const loop::Buffer& buffer : module.inputs) {
    const std::string& name = onnx_name(module, buffer);
    auto given = inputs.find(name);
    if (given == inputs.end()) {
      diagnostics.error({}, "the input \"" + name + "\" is not given")
          .help("it is " + declared_text(buffer));
      continue;
    }
    const Array& array = given->second;
    bool fits = numpy_type(array.type) == numpy_type(buffer.type) &&
                array.shape.size() == buffer.extents.size();
    for (size_t d = 0; fits && d < array.shape.size(); ++d) {
      const Var* symbol = buffer.extents[d].as<Var>();
      if (symbol) fits = dims.emplace(symbol->name, array.shape[d]).first->second == array.shape[d];
    }
    if (fits) fits = array.shape == shape_at(buffer, dims);
    if (!fits)
      diagnostics
          .error({}, "the input \"" + name + "\" is " + std::string(name_of(array.type)) +
                         shape_text(array.shape) + ", expected is " + declared_text(buffer))
          .help("give an array of that type and shape");
  }
  for (const loop::Symbol& symbol : module.symbols) {
    auto found = dims.find(symbol.name);
    if (found == dims.end()) continue;
    if (found->second < symbol.min || found->second > symbol.max)
      diagnostics
          .error({}, "the dimension " + symbol.name + " is " + std::to_string(found->second) +
                         ", outside of " + std::to_string(symbol.min) + ".." +
                         std::to_string(symbol.max))
          .help("compile with --dim " + symbol.name + "=LOW..HIGH");
  }
  diagnostics.checkpoint();
  return dims;
}

std::map<std::string, Array> random_inputs(const loop::Module& module,
                                           const loop::SymbolValues& dims, uint64_t seed) {
  std::map<std::string, Array> inputs;
  uint64_t state = seed;
  for (const loop::Buffer& buffer : module.inputs) {
    Array array{buffer.type, shape_at(buffer, dims), {}};
    int64_t count = array.element_count();
    array.bytes.resize(static_cast<size_t>(tenon::bytes_of(array.type, count)));
    for (int64_t i = 0; i < count; ++i) {
      Scalar value;
      double real = static_cast<float>(next_normal(state));
      // Booleans are true and integers 0 or 1: indices and masks that every model takes.
      int64_t integer =
          buffer.type == DType::Bool ? 1 : static_cast<int64_t>(next_random(state) & 1);
      if (is_float(array.type))
        value.f = real;
      else
        value.i = integer;
      store_element(array.type, array.bytes.data(), i, value);
    }
    inputs[onnx_name(module, buffer)] = std::move(array);
  }
  return inputs;
}

struct ModelRunner::State {
  using OpenFunction = int (*)(void*, uint32_t, const void*, size_t);
  using RunFunction = int (*)(const void*, void*, void*, size_t, const tn_call*);
  using StatusText = const char* (*)(int);

  State(const loop::Module& module, const codegen::BundleInterface& interface)
      : module(module), interface(interface), layout(codegen::io_layout(interface, 8)) {}

  const loop::Module& module;
  const codegen::BundleInterface& interface;
  std::unique_ptr<codegen::JitLibrary> library;
  RunFunction run = nullptr;
  StatusText status_text = nullptr;
  codegen::IoLayout layout;

  alignas(8) uint64_t model[8] = {};
  std::vector<uint64_t> io;
  loop::SymbolValues dims;
  std::vector<Memory> tensors;
  Memory arena;
  size_t arena_bytes = 0;
  tn_call call = {};
  std::unique_ptr<tenon_pool, void (*)(tenon_pool*)> pool{nullptr, tenon_pool_destroy};
  std::function<bool()> visit;
  std::map<std::string, std::vector<uint8_t>> constants;  // packed

  uint8_t* io_bytes() { return reinterpret_cast<uint8_t*>(io.data()); }

  void check(int status) const {
    if (status != TN_OK) user_error({module.model_file, "", 0, 0}, status_text(status));
  }
};

ModelRunner::ModelRunner(const loop::Module& module, const codegen::BundleInterface& interface,
                         const std::vector<std::string>& objects)
    : state_(std::make_unique<State>(module, interface)) {
  Result<std::unique_ptr<codegen::JitLibrary>> library = codegen::JitLibrary::load(objects);
  TENON_CHECK(library, library.reason());
  state_->library = std::move(*library);
  auto function = [&](const std::string& suffix) {
    Result<void*> address = state_->library->address(interface.name + suffix);
    TENON_CHECK(address, address.reason());
    return *address;
  };
  state_->run = reinterpret_cast<State::RunFunction>(function("_run"));
  state_->status_text = reinterpret_cast<State::StatusText>(function("_status_text"));
  auto open = reinterpret_cast<State::OpenFunction>(function("_open"));
  state_->check(open(state_->model, codegen::interface_abi(interface), nullptr, 0));
  state_->io.resize((state_->layout.bytes + 7) / 8);
}

ModelRunner::~ModelRunner() = default;

void ModelRunner::prepare(const std::map<std::string, Array>& inputs, int threads) {
  State& state = *state_;
  state.dims = bind_dimensions(state.module, inputs);
  state.tensors.clear();
  std::fill(state.io.begin(), state.io.end(), 0);
  for (size_t i = 0; i < state.interface.dims.size(); ++i) {
    int64_t value = state.dims.at(state.interface.dims[i].name);
    std::memcpy(state.io_bytes() + state.layout.dims[i], &value, sizeof value);
  }
  size_t index = 0;
  auto add = [&](const loop::Buffer& buffer, const Array* source) {
    int64_t count = 1;
    for (int64_t extent : shape_at(buffer, state.dims)) count *= extent;
    size_t bytes = static_cast<size_t>(tenon::bytes_of(buffer.type, count));
    state.tensors.push_back(allocate(bytes));
    uint8_t* memory = state.tensors.back().get();
    if (source)
      std::memcpy(memory, source->bytes.data(), std::min(bytes, source->bytes.size()));
    else
      std::memset(memory, 0, bytes);
    std::memcpy(state.io_bytes() + state.layout.tensors[index++], &memory, sizeof memory);
  };
  for (const loop::Buffer& buffer : state.module.inputs)
    add(buffer, &inputs.at(onnx_name(state.module, buffer)));
  for (const loop::Buffer& buffer : state.module.outputs) add(buffer, nullptr);

  codegen::ArenaBytes most = codegen::arena_bytes_most(state.interface);
  state.arena_bytes = most.fixed + most.scratch * static_cast<size_t>(std::max(threads, 1));
  state.arena = allocate(state.arena_bytes);
  state.call = {};
  state.pool.reset();
  if (threads > 1) {
    state.pool.reset(tenon_pool_create(threads, nullptr, 0));
    state.call.threads = threads;
    state.call.parallel_for = tenon_pool_parallel_for;
    state.call.context = state.pool.get();
  }
}

void ModelRunner::call() {
  State& state = *state_;
  state.check(
      state.run(state.model, state.io.data(), state.arena.get(), state.arena_bytes, &state.call));
}

bool ModelRunner::try_call() {
  State& state = *state_;
  int status =
      state.run(state.model, state.io.data(), state.arena.get(), state.arena_bytes, &state.call);
  if (TN_CODE(status) != TN_STOPPED) state.check(status);
  return status == TN_OK;
}

void ModelRunner::on_group(std::function<bool()> visit) {
  State& state = *state_;
  state.visit = std::move(visit);
  state.call.context = &state;
  state.call.stop = [](void* context) { return static_cast<State*>(context)->visit() ? 0 : 1; };
}

void ModelRunner::set_constants(const ConstantValues& constants) {
  for (const loop::Constant& constant : state_->module.constants)
    state_->constants[constant.buffer.name] = constants.packed(constant);
}

const uint8_t* ModelRunner::memory_of(const std::string& buffer) const {
  const State& state = *state_;
  loop::Place place = loop::place_of(loop::view_places(state.module), buffer, *state.module.pool);
  const std::string& name = place.owner;
  int64_t offset = loop::evaluate_index(place.offset, state.dims);
  size_t index = 0;
  for (const std::vector<loop::Buffer>* list : {&state.module.inputs, &state.module.outputs})
    for (const loop::Buffer& tensor : *list) {
      if (tensor.name == name) return state.tensors[index].get() + offset;
      ++index;
    }
  for (const loop::ArenaSlot& slot : state.module.arena)
    if (slot.buffer == name)
      return state.arena.get() + TNR_CONTROL_BYTES(state.interface.size_count) +
             loop::evaluate_index(slot.offset, state.dims) + offset;
  auto constant = state.constants.find(name);
  TENON_CHECK(constant != state.constants.end(), "no memory for " + buffer);
  return constant->second.data() + offset;
}

std::map<std::string, Array> ModelRunner::outputs() const {
  const State& state = *state_;
  std::map<std::string, Array> result;
  for (size_t i = 0; i < state.module.outputs.size(); ++i) {
    const loop::Buffer& buffer = state.module.outputs[i];
    Array array{buffer.type, shape_at(buffer, state.dims), {}};
    const uint8_t* memory = state.tensors[state.module.inputs.size() + i].get();
    array.bytes.assign(memory, memory + tenon::bytes_of(array.type, array.element_count()));
    result[onnx_name(state.module, buffer)] = std::move(array);
  }
  return result;
}

int64_t ModelRunner::arena_bytes() const { return static_cast<int64_t>(state_->arena_bytes); }

}  // namespace tenon::driver
