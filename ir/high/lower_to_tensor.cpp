// Builds the tensor functions of a graph from the operators' definitions.
#include "ir/high/lower_to_tensor.h"

#include <algorithm>
#include <set>

#include "ir/high/op.h"

namespace tenon::high {
namespace {

// Whether a type or an attribute of the node depends on a symbol.
bool depends_on_symbols(const Graph& graph, const Node& node) {
  auto any = [](const std::vector<Expr>& exprs) {
    return std::any_of(exprs.begin(), exprs.end(), [](Expr e) { return !variables_of(e).empty(); });
  };
  for (ValueId output : node.outputs)
    if (any(graph.value(output).type.shape)) return true;
  for (const auto& [name, value] : node.attributes.all())
    if (const std::vector<Expr>* exprs = std::get_if<std::vector<Expr>>(&value);
        exprs && any(*exprs))
      return true;
  return false;
}

std::string name_of_unit(const Graph& graph, const Node& node) {
  if (node.group >= 0) return graph.groups[static_cast<size_t>(node.group)].name;
  return node.location.empty() ? std::string(node.op->name) : to_word(node.location[0]);
}

std::string unique_in(std::set<std::string>& names, const std::string& hint) {
  std::string name = hint;
  for (int i = 1; !names.insert(name).second; ++i) name = hint + "_" + std::to_string(i);
  return name;
}

// The tensors that the stages of a function read.
std::set<std::string> tensors_read(const tensor::Function& function) {
  std::set<std::string> names;
  auto visit = [&](Expr e) {
    if (!e) return;
    for_each_node(e, [&](Expr node) {
      if (const Read* read = node.as<Read>()) names.insert(read->tensor);
    });
  };
  for (const tensor::Step& step : function.steps) {
    visit(step.stage->value);
    visit(step.stage->where);
    for (Expr subscript : step.stage->target) visit(subscript);
    for (Expr requirement : step.stage->requirements) visit(requirement);
  }
  return names;
}

}  // namespace

std::vector<Unit> units_of(const Graph& graph) {
  std::vector<Unit> units;
  std::vector<int> unit_of_value(graph.values.size(), -1);
  std::set<std::string> names;
  int group = -1;
  for (const Node& node : graph.nodes) {
    if (units.empty() || node.group < 0 || node.group != group)
      units.push_back({unique_in(names, name_of_unit(graph, node)), {}, {}, false});
    group = node.group;
    units.back().nodes.push_back(&node);
    for (ValueId output : node.outputs)
      unit_of_value[static_cast<size_t>(output.index)] = static_cast<int>(units.size()) - 1;
  }
  // Backwards, so that what only an unused unit reads is unused too.
  std::vector<bool> used(graph.values.size(), false);
  for (const GraphOutput& output : graph.outputs)
    used[static_cast<size_t>(output.value.index)] = true;
  std::vector<Unit> result;
  for (size_t i = units.size(); i-- > 0;) {
    Unit& unit = units[i];
    for (const Node* node : unit.nodes)
      for (ValueId output : node->outputs)
        if (used[static_cast<size_t>(output.index)]) unit.results.push_back(output);
    if (unit.results.empty()) continue;
    for (const Node* node : unit.nodes)
      for (ValueId input : node->inputs)
        if (input && unit_of_value[static_cast<size_t>(input.index)] != static_cast<int>(i))
          used[static_cast<size_t>(input.index)] = true;
    result.push_back(std::move(unit));
  }
  std::reverse(result.begin(), result.end());
  std::vector<bool> known = known_values(graph, result);
  for (Unit& unit : result) unit.constant = known[static_cast<size_t>(unit.results[0].index)];
  return result;
}

std::vector<bool> known_values(const Graph& graph, const std::vector<Unit>& units) {
  std::vector<bool> known(graph.values.size(), false);
  for (const ConstantInfo& constant : graph.constants)
    known[static_cast<size_t>(constant.value.index)] = true;
  for (const Unit& unit : units) {
    bool all = true;
    std::set<ValueId> inside;
    for (const Node* node : unit.nodes) {
      for (ValueId input : node->inputs)
        all = all && (!input || inside.count(input) || known[static_cast<size_t>(input.index)]);
      all = all && !depends_on_symbols(graph, *node);
      inside.insert(node->outputs.begin(), node->outputs.end());
    }
    for (ValueId result : unit.results) known[static_cast<size_t>(result.index)] = all;
  }
  return known;
}

tensor::Function lower_to_tensor(const Graph& graph, const Unit& unit,
                                 const std::vector<bool>& known) {
  tensor::Function function;
  function.name = unit.name;
  std::set<ValueId> inside, read_inside;
  for (const Node* node : unit.nodes) {
    inside.insert(node->outputs.begin(), node->outputs.end());
    for (ValueId input : node->inputs) read_inside.insert(input);
    function.location = merge(function.location, node->location);
  }
  auto tensor_of = [&](ValueId id) {
    const Value& value = graph.value(id);
    return tensor::Tensor{value.name, value.type.type, value.type.shape, value.type.layout,
                          known[static_cast<size_t>(id.index)]};
  };
  // A result is a tensor of the function where somebody asks for it.
  auto name_of_result = [&](ValueId id) {
    bool is_result = std::find(unit.results.begin(), unit.results.end(), id) != unit.results.end();
    return is_result || read_inside.count(id) ? graph.value(id).name : std::string();
  };
  for (ValueId result : unit.results) {
    function.results.push_back(tensor_of(result));
    function.results.back().constant = false;
  }
  for (const Node* node : unit.nodes) {
    for (ValueId input : node->inputs)
      if (input && !inside.count(input) && !function.find_tensor(graph.value(input).name))
        function.params.push_back(tensor_of(input));
    for (ValueId output : node->outputs) {
      std::string name = name_of_result(output);
      if (name.empty() || function.find_tensor(name)) continue;
      function.locals.push_back(tensor_of(output));
      function.locals.back().layout = {};
      function.locals.back().constant = false;
    }
  }
  for (const Node* node : unit.nodes) {
    std::vector<std::string> inputs, outputs;
    for (ValueId input : node->inputs) inputs.push_back(input ? graph.value(input).name : "");
    for (ValueId output : node->outputs) outputs.push_back(name_of_result(output));
    ComputeContext context(*graph.pool, function, graph, *node, std::move(inputs),
                           std::move(outputs));
    node->op->compute(context);
  }
  // Elements that are known stand in the expressions, so their parameter may be left over.
  std::set<std::string> read = tensors_read(function);
  auto unread = [&](const tensor::Tensor& tensor) { return !read.count(tensor.name); };
  std::erase_if(function.params, unread);
  return function;
}

tensor::Program lower_to_tensor(const Graph& graph) {
  tensor::Program program;
  program.pool = graph.pool;
  program.symbols = graph.symbols;
  std::vector<Unit> units = units_of(graph);
  std::vector<bool> known = known_values(graph, units);
  for (const Unit& unit : units) program.functions.push_back(lower_to_tensor(graph, unit, known));
  // What was read for elements that are known is read no more.
  std::set<std::string> read;
  for (const GraphOutput& output : graph.outputs) read.insert(graph.value(output.value).name);
  std::vector<tensor::Function> kept;
  for (size_t i = program.functions.size(); i-- > 0;) {
    tensor::Function& function = program.functions[i];
    bool wanted = std::any_of(function.results.begin(), function.results.end(),
                              [&](const tensor::Tensor& t) { return read.count(t.name); });
    if (!wanted) continue;
    for (const tensor::Tensor& param : function.params) read.insert(param.name);
    kept.push_back(std::move(function));
  }
  program.functions.assign(std::make_move_iterator(kept.rbegin()),
                           std::make_move_iterator(kept.rend()));
  return program;
}

}  // namespace tenon::high
