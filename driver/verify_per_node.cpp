// tenon verify --per-node: which ONNX node is the first whose result differs, and by how much.
//
//   tenon verify kws.onnx --per-node
//     ->   node "/conv1/Conv" (Conv): its result "x1": 12 of 4096 elements differ, first at ...
//
// Two programs are compared with one reference, the values of a reference file and, for what it
// does not name, the interpreter on the graph as imported: no pass, no schedule, one node at a
// time.
// - The nodes: the model with every node's result as an output, so that fusion ends at each of
// them.
// - The kernels: the model as it is shipped. What its kernels store is compared under the name that
//   the value has in the graph, and bit for bit with the interpreter on the same operands.
#include <cstdio>
#include <cstring>
#include <optional>

#include "driver/run_once.h"
#include "ir/loop/constants.h"
#include "support/text.h"

namespace tenon::driver {
namespace {

using Arrays = std::map<std::string, Array>;

// The graph whose outputs are the results of all nodes, under their names in the model.
frontend::Imported keep_results(frontend::Imported imported) {
  imported.graph.outputs.clear();
  for (const frontend::NodeResult& result : imported.results)
    imported.graph.outputs.push_back({result.value, result.name});
  return imported;
}

Arrays interpret_nodes(const frontend::Imported& kept, const Arrays& inputs) {
  Program program;
  program.graph = kept.graph;
  for (const char* pass : {"lower_to_tensor", "lower_to_loop"}) find_pass(pass)->run(program, {});
  const loop::Module& module = program.module;
  loop::SymbolValues dims = bind_dimensions(module, inputs);
  std::vector<std::vector<uint8_t>> arrays;
  for (const loop::Buffer& buffer : module.inputs)
    arrays.push_back(inputs.at(module.onnx_names.at(buffer.name)).bytes);
  auto initializer = [&](const loop::Constant& constant) {
    std::span<const uint8_t> bytes = kept.file->initializer(constant.initializer);
    return std::vector<uint8_t>(bytes.begin(), bytes.end());
  };
  loop::ModuleOutcome outcome = loop::run_module(module, initializer, arrays, dims);
  if (outcome.outcome.fault) throw InternalError(outcome.outcome.fault->message);
  if (outcome.outcome.failed_require)
    user_error({module.model_file, "", 0, 0},
               "an index is out of range" + location_suffix(*outcome.outcome.failed_require));
  Arrays values;
  for (size_t i = 0; i < module.outputs.size(); ++i) {
    const loop::Buffer& buffer = module.outputs[i];
    values[module.onnx_names.at(buffer.name)] = {buffer.type, shape_at(buffer, dims),
                                                 outcome.outputs[i]};
  }
  return values;
}

// What the nodes' results should be.
class Reference {
 public:
  Reference(const frontend::Imported& imported, const frontend::Imported& kept, Arrays given,
            const Arrays& inputs, const Progress& progress)
      : given_(std::move(given)) {
    std::vector<std::string> names;
    for (const high::GraphOutput& output : imported.graph.outputs)
      names.push_back(output.onnx_name);  // no node gives an output that is an input
    bool complete = true;
    for (const frontend::NodeResult& result : kept.results) {
      names.push_back(result.name);
      complete = complete && given_.count(result.name);
    }
    for (const auto& [name, array] : given_) {
      if (std::find(names.begin(), names.end(), name) != names.end()) continue;
      std::string near = nearest_name(name, names);
      user_error({}, "no node of the model gives \"" + name + "\", which the reference holds",
                 near.empty() ? "the reference names results of nodes as the model does"
                              : "did you mean \"" + near + "\"?");
    }
    if (complete) return;
    progress("interpreting " + counted(kept.results.size(), "result"));
    interpreted_ = interpret_nodes(kept, inputs);
  }

  const Array& value(const std::string& name) const {
    auto found = given_.find(name);
    return found == given_.end() ? interpreted_.at(name) : found->second;
  }
  std::string source_of(const std::string& name) const {
    return given_.count(name) ? "the reference given" : "the interpreter";
  }

  static std::string counted(size_t count, const char* what) {
    return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
  }

 private:
  Arrays given_, interpreted_;
};

void report(const frontend::NodeResult& result, const std::string& difference,
            const Reference& reference) {
  std::printf("node %s (%s): its result %s: %s\n  expected by %s\n", quoted(result.node).c_str(),
              result.op.c_str(), quoted(result.name).c_str(), difference.c_str(),
              reference.source_of(result.name).c_str());
}

// ---- the nodes ----------------------------------------------------------------------------------

// Compares all nodes in order and reports the first that differs; true where none does.
bool nodes_agree(const frontend::Imported& kept, const Arrays& found, const Reference& reference,
                 const Tolerance& tolerance) {
  size_t agreeing = 0, differing = 0;
  double largest = 0;
  const frontend::NodeResult* worst = nullptr;
  for (const frontend::NodeResult& result : kept.results) {
    const Array& value = found.at(result.name);
    const Array& expected = reference.value(result.name);
    Comparison comparison = compare(value, expected, tolerance);
    if (!comparison.agrees()) {
      if (differing++ == 0) report(result, describe(comparison, value, expected), reference);
      continue;
    }
    if (differing == 0) ++agreeing;
    if (comparison.largest > largest) largest = comparison.largest, worst = &result;
  }
  if (differing > 0) {
    std::printf("  the %s before it agree; %zu of those from it on differ\n",
                Reference::counted(agreeing, "result").c_str(), differing);
    return false;
  }
  std::printf("nodes: %s agree", Reference::counted(agreeing, "result").c_str());
  if (worst)
    std::printf(", the largest difference is %.1e of the largest magnitude, at node %s (%s)",
                largest, quoted(worst->node).c_str(), worst->op.c_str());
  std::printf("\n");
  return true;
}

// ---- the kernels --------------------------------------------------------------------------------

std::vector<loop::Call> calls_of(const loop::Module& module) {
  std::vector<loop::Call> calls;
  loop::for_each_stmt(module.main, [&](const loop::Stmt& stmt) {
    if (const loop::Call* call = stmt.as<loop::Call>()) calls.push_back(*call);
  });
  return calls;
}

// A run asks `stop` between groups; by then the group before is done and its operands are still
// there, but for what it wrote over, which was kept before it ran.
class KernelCheck {
 public:
  KernelCheck(const Session& session, const frontend::Imported& kept, const Reference& reference,
              const Arrays& inputs, const Tolerance& tolerance)
      : module_(session.model.module()),
        runner_(module_, session.model.interface, session.objects),
        reference_(reference),
        tolerance_(tolerance),
        dims_(bind_dimensions(module_, inputs)),
        calls_(calls_of(module_)) {
    loop::for_each_stmt(module_.main, [&](const loop::Stmt& stmt) {
      if (const loop::Alloc* alloc = stmt.as<loop::Alloc>())
        buffers_[alloc->buffer.name] = alloc->buffer;
    });
    for (const loop::Buffer& output : module_.outputs) buffers_[output.name] = output;
    for (const frontend::NodeResult& result : kept.results)
      result_of_[kept.graph.value(result.value).name] = &result;
    runner_.set_constants(*session.model.constants);
    runner_.prepare(inputs, 1);
  }

  bool all_agree() {
    bool agree = true;
    runner_.on_group([&] { return agree = next(); });
    if (runner_.try_call()) agree = agree && next();
    if (agree)
      std::printf("fused: %s the interpreter's bits, %s that they store agree\n",
                  done_ == 1 ? "1 kernel gives" : (std::to_string(done_) + " kernels give").c_str(),
                  Reference::counted(compared_, "result").c_str());
    return agree;
  }

 private:
  // Compares the next call that is done; false when it differs.
  bool next() {
    if (done_ == calls_.size()) return true;
    const loop::Call& call = calls_[done_++];
    const loop::Function& function = *module_.find_function(call.function);
    std::map<size_t, std::vector<uint8_t>> overwritten = std::move(overwritten_);
    overwritten_ = done_ < calls_.size() ? overwritten_by(calls_[done_])
                                         : std::map<size_t, std::vector<uint8_t>>();
    if (std::string fault = interpreter_differs(call, function, overwritten); !fault.empty()) {
      std::printf("@%s%s: %s\n  a fault of code generation or of the schedule\n",
                  call.function.c_str(), location_suffix(call.location).c_str(), fault.c_str());
      return false;
    }
    for (size_t i = 0; i < function.params.size(); ++i)
      if (is_written(function.params[i]) && !result_agrees(call, call.arguments[i])) return false;
    return true;
  }

  static bool is_written(const loop::Param& param) { return loop::writes_to(param.kind); }

  // What a call is about to write over, by parameter.
  std::map<size_t, std::vector<uint8_t>> overwritten_by(const loop::Call& call) {
    const loop::Function& function = *module_.find_function(call.function);
    std::map<size_t, std::vector<uint8_t>> result;
    std::vector<int64_t> sizes = loop::Interpreter(function, dims_).parameter_bytes();
    for (size_t i = 0; i < sizes.size(); ++i) {
      loop::ParamKind kind = function.params[i].kind;
      if (kind != loop::ParamKind::InOut && kind != loop::ParamKind::Part) continue;
      const uint8_t* source = runner_.memory_of(call.arguments[i]);
      result[i].assign(source, source + sizes[i]);
    }
    return result;
  }

  std::string interpreter_differs(const loop::Call& call, const loop::Function& function,
                                  std::map<size_t, std::vector<uint8_t>>& overwritten) {
    loop::Interpreter interpreter(function, dims_);
    std::vector<std::vector<uint8_t>> memory(function.params.size());
    std::vector<loop::Memory> arguments;
    for (size_t i = 0; i < memory.size(); ++i) {
      size_t bytes = static_cast<size_t>(interpreter.parameter_bytes()[i]);
      const uint8_t* source = runner_.memory_of(call.arguments[i]);
      if (auto before = overwritten.find(i); before != overwritten.end())
        memory[i] = std::move(before->second);
      else
        memory[i].assign(source, source + bytes);
      arguments.push_back({memory[i]});
    }
    loop::Outcome outcome = interpreter.run(arguments);
    if (outcome.fault) return "the interpreter stops: " + outcome.fault->message;
    for (size_t i = 0; i < memory.size(); ++i) {
      if (!is_written(function.params[i])) continue;
      const uint8_t* found = runner_.memory_of(call.arguments[i]);
      size_t width = static_cast<size_t>(std::max(bits_of(function.params[i].buffer.type) / 8, 1));
      for (size_t at = 0; at < memory[i].size(); ++at)
        if (found[at] != memory[i][at])
          return "element " + std::to_string(at / width) + " in memory of " + call.arguments[i] +
                 " differs from the interpreter's";
    }
    return "";
  }

  // Values of the fused graph keep the name of the node whose result they are; those that passes
  // make for themselves have other names, and are not compared.
  bool result_agrees(const loop::Call& call, const std::string& name) {
    auto result = result_of_.find(name);
    if (result == result_of_.end()) return true;
    const loop::Buffer& buffer = buffers_.at(name);
    const Array& expected = reference_.value(result->second->name);
    Array found{buffer.type, shape_at(buffer, dims_), {}};
    if (numpy_type(found.type) != numpy_type(expected.type) || found.shape != expected.shape)
      return true;
    found.bytes = row_major(buffer, found, runner_.memory_of(name));
    ++compared_;
    Comparison comparison = compare(found, expected, tolerance_);
    if (comparison.agrees()) return true;
    report(*result->second, describe(comparison, found, expected), reference_);
    std::printf(
        "  only where it is fused, in @%s%s, to which the interpreter gives the same bits:"
        " a fault of a pass\n",
        call.function.c_str(), location_suffix(call.location).c_str());
    return false;
  }

  // Elements by their logical coordinates: packing their numbers says where each lies.
  static std::vector<uint8_t> row_major(loop::Buffer buffer, const Array& array,
                                        const uint8_t* memory) {
    size_t count = static_cast<size_t>(array.element_count());
    size_t width = static_cast<size_t>(bits_of(array.type) / 8);
    if (buffer.layout.is_row_major()) return {memory, memory + count * width};
    ExprPool pool;
    buffer.type = DType::I64;
    buffer.extents.clear();
    for (int64_t extent : array.shape) buffer.extents.push_back(pool.index(extent));
    std::vector<int64_t> numbers(count);
    for (size_t i = 0; i < count; ++i) numbers[i] = static_cast<int64_t>(i) + 1;  // 0: padding
    std::vector<int64_t> packed(static_cast<size_t>(loop::physical_bytes(buffer)) / 8);
    auto bytes_of = [](std::vector<int64_t>& words) {
      return std::span(reinterpret_cast<uint8_t*>(words.data()), words.size() * sizeof(int64_t));
    };
    loop::pack_elements(buffer, bytes_of(numbers), bytes_of(packed));
    std::vector<uint8_t> elements(count * width);
    for (size_t i = 0; i < packed.size(); ++i)
      if (packed[i] > 0)
        std::memcpy(&elements[static_cast<size_t>(packed[i] - 1) * width], memory + i * width,
                    width);
    return elements;
  }

  const loop::Module& module_;
  ModelRunner runner_;
  const Reference& reference_;
  Tolerance tolerance_;
  loop::SymbolValues dims_;
  std::vector<loop::Call> calls_;
  std::map<std::string, loop::Buffer> buffers_;                   // that kernels write
  std::map<std::string, const frontend::NodeResult*> result_of_;  // by names of values
  std::map<size_t, std::vector<uint8_t>> overwritten_;            // by the next call
  size_t done_ = 0, compared_ = 0;
};

}  // namespace

int verify_per_node(const VerifyOptions& options, const GivenInputs& given,
                    const std::map<std::string, Array>& reference_values) {
  Progress progress = terminal_progress(false);
  Diagnostics diagnostics;
  ModelOptions model = fix_dimensions(options.run, given);
  frontend::Imported imported = import_for(model, diagnostics, progress);
  frontend::Imported kept = keep_results(imported);

  progress("compiling every node by itself");
  Session nodes = compile_graph_for_call(kept, model, progress);
  const loop::Module& module = nodes.model.module();
  Arrays inputs = given.arrays;
  if (given.random)
    inputs = random_inputs(module, chosen_dimensions(module, model.at), options.run.seed);
  Reference reference(imported, kept, reference_values, inputs, progress);
  ModelRunner runner(module, nodes.model.interface, nodes.objects);
  runner.prepare(inputs, 1);
  runner.call();
  progress("");
  if (!nodes_agree(kept, runner.outputs(), reference, options.tolerance)) return 1;

  Session fused = compile_graph_for_call(std::move(imported), model, progress);
  progress("comparing kernels");
  KernelCheck kernels(fused, kept, reference, inputs, options.tolerance);
  bool agree = kernels.all_agree();
  return agree ? 0 : 1;
}

}  // namespace tenon::driver
