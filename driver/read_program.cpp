// Reading texts that people may have written.
//
//   y[i + 7] of f32[4]                        ->   f.tenon: the subscript ... is not inside of ...
//   model_file "kws.onnx" sha256 "6f1e..."    ->   the hash of --model=FILE is compared
#include "driver/read_program.h"

#include <filesystem>
#include <set>

#include "frontend/import.h"
#include "ir/high/lower_to_tensor.h"

namespace tenon::driver {
namespace {

const std::string kSpecification = "docs/text_format.md says what a text of this level may hold";

std::set<std::string> names_of(const std::vector<tensor::Function>& functions) {
  std::set<std::string> names;
  for (const tensor::Function& function : functions) names.insert(function.name);
  return names;
}

Expr count_of(const std::vector<Expr>& extents, ExprPool& pool) {
  Expr count = pool.index(1);
  for (Expr extent : extents) count = count * extent;
  return count;
}

// Functions must be those of the graph before them: of the same names, on values of the graph.
void check_functions_of_graph(const Program& program, const Place& place,
                              Diagnostics& diagnostics) {
  const high::Graph& graph = program.graph;
  if (names_of(program.tensors.functions) != names_of(high::lower_to_tensor(graph).functions))
    diagnostics.error(place, "the functions are not those of the groups and nodes of the graph")
        .help("a function has the name of its group, or of its node");
  std::map<std::string, const high::TensorType*> types;
  for (const high::Value& value : graph.values) types[value.name] = &value.type;
  Ranges ranges = graph.symbol_ranges();
  for (const tensor::Function& function : program.tensors.functions)
    for (const std::vector<tensor::Tensor>* list : {&function.params, &function.results})
      for (const tensor::Tensor& tensor : *list) {
        auto type = types.find(tensor.name);
        bool agrees = type != types.end() && type->second->type == tensor.type &&
                      simplify(count_of(type->second->shape, *graph.pool), ranges) ==
                          simplify(count_of(tensor.extents, *graph.pool), ranges);
        if (!agrees)
          diagnostics
              .error(place, "the tensor " + tensor.name + " of @" + function.name +
                                (type == types.end()
                                     ? " is no value of the graph"
                                     : " is " + to_string(*type->second) + " in the graph"))
              .help("parameters and results are values of the graph, of the same type and size");
      }
}

void check_model_file(const Program& program, const std::string& text_path,
                      const std::string& model_path, const Place& place, Diagnostics& diagnostics) {
  bool loops = program.level == Level::Loop;
  const std::string& name = loops ? program.module.model_file : program.graph.model_file;
  const std::string& sha256 = loops ? program.module.model_sha256 : program.graph.model_sha256;
  if (!model_path.empty()) {
    if (name.empty())
      user_error(place, "the text does not say which model it was made from, and --model gives one",
                 "a dump says it: `model_file \"kws.onnx\" sha256 \"...\"`");
    frontend::open_model_file(model_path, sha256);
    return;
  }
  std::filesystem::path beside = std::filesystem::path(text_path).parent_path() / name;
  std::error_code ignored;
  if (name.empty() || !std::filesystem::is_regular_file(beside, ignored)) return;
  try {
    frontend::open_model_file(beside.string(), sha256);
  } catch (const UserErrors& errors) {
    const Diagnostic& fault = errors.diagnostics().front();
    diagnostics.warning(fault.place, fault.message).help(fault.help_text);
  }
}

}  // namespace

Program read_program(std::string_view text, const std::string& text_path,
                     const std::string& model_path, Diagnostics& diagnostics) {
  Program program = parse_program_of_any_level(text, text_path);
  Place place{text_path, "", 0, 0};
  for (const std::string& fault : faults_of(program))
    diagnostics.error(place, fault).help(kSpecification);
  diagnostics.checkpoint();
  if (program.level == Level::Tensor && program.graph.pool)
    check_functions_of_graph(program, place, diagnostics);
  diagnostics.checkpoint();
  check_model_file(program, text_path, model_path, place, diagnostics);
  return program;
}

}  // namespace tenon::driver
