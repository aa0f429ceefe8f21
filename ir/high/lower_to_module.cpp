// Shares kernels, places values in buffers, and orders the calls.
#include "ir/high/lower_to_module.h"

#include <algorithm>
#include <map>
#include <set>

#include "ir/expr/rename_reads.h"
#include "ir/high/op.h"
#include "ir/high/value_places.h"
#include "ir/tensor/moves.h"
#include "ir/tensor/passes.h"

namespace tenon::high {
namespace {

// ---- kernels that are equal -------------------------------------------------------------------

// Names of tensors and stages by their place: parameters p0, p1, results r0, others t0, stages s0.
class CanonicalNames {
 public:
  explicit CanonicalNames(const tensor::Function& function) {
    number(function.params, "p");
    number(function.results, "r");
    number(function.locals, "t");
    int next = 0;
    for (const tensor::Step& step : function.steps)
      if (!names_.count(step.stage->name)) names_[step.stage->name] = "s" + std::to_string(next++);
  }

  std::string operator()(const std::string& name) const {
    auto found = names_.find(name);
    return found == names_.end() ? name : found->second;
  }

 private:
  void number(const std::vector<tensor::Tensor>& tensors, const std::string& prefix) {
    for (size_t i = 0; i < tensors.size(); ++i)
      names_[tensors[i].name] = prefix + std::to_string(i);
  }

  std::map<std::string, std::string> names_;
};

// The text of the function with canonical names and without locations: equal texts are equal
// kernels.
std::string canonical_text(tensor::Function function, ExprPool& pool) {
  CanonicalNames names(function);
  RenameReads rename(pool, [&](const std::string& name) { return names(name); });
  auto renamed = [&](Expr e) { return e ? rename(e) : e; };
  function.name = "kernel";
  function.location.clear();
  function.anchor_stage = names(function.anchor_stage);
  for (std::vector<tensor::Tensor>* list : {&function.params, &function.results, &function.locals})
    for (tensor::Tensor& tensor : *list) tensor.name = names(tensor.name);
  for (tensor::Step& step : function.steps) {
    loop::Stage stage = *step.stage;
    stage.name = names(stage.name);
    stage.tensor = names(stage.tensor);
    for (Expr& subscript : stage.target) subscript = renamed(subscript);
    stage.where = renamed(stage.where);
    stage.value = renamed(stage.value);
    for (Expr& requirement : stage.requirements) requirement = renamed(requirement);
    stage.location.clear();
    step.stage = std::make_shared<const loop::Stage>(std::move(stage));
  }
  return tensor::to_string(function);
}

// ---- the program ------------------------------------------------------------------------------

class ModuleBuilder {
 public:
  explicit ModuleBuilder(const Graph& graph)
      : graph_(graph), units_(units_of(graph)), places_(graph) {
    module_.pool = graph.pool;
    module_.name = graph.name;
    module_.model_file = graph.model_file;
    module_.model_sha256 = graph.model_sha256;
    module_.symbols = graph.symbols;
    module_.checks = graph.checks;
    for (size_t i = 0; i < graph.values.size(); ++i) {
      values_[graph.values[i].name] = ValueId{static_cast<int32_t>(i)};
      names_.insert(graph.values[i].name);
    }
    for (const Unit& unit : units_) {
      unit_by_name_[unit.name] = &unit;
      names_.insert(unit.name);
    }
  }

  loop::Module build(const tensor::Program& program) {
    for (const GraphInput& input : graph_.inputs) {
      module_.inputs.push_back(buffer_of(input.value, loop::Scope::Arena));
      module_.onnx_names[module_.inputs.back().name] = input.onnx_name;
      places_.set(input.value, Memory::Fixed);
    }
    std::vector<bool> known = known_values(graph_, units_);
    for (const GraphOutput& output : graph_.outputs)
      if (!places_.has(output.value) && !known[static_cast<size_t>(output.value.index)])
        places_.set(output.value, Memory::Output);
    for (const tensor::Function& function : program.functions) add(function);
    add_outputs();
    add_constants();
    finish();
    return std::move(module_);
  }

 private:
  loop::Buffer buffer_of(ValueId id, loop::Scope scope) const {
    const Value& value = graph_.value(id);
    loop::Buffer buffer;
    buffer.name = value.name;
    buffer.type = value.type.type;
    buffer.extents = value.type.shape;
    buffer.layout = value.type.layout;
    buffer.scope = scope;
    return buffer;
  }

  // The kernel of a function: the first one of the same text.
  const std::string& kernel_of(const tensor::Function& function) {
    auto [found, is_new] = kernel_by_text_.try_emplace(canonical_text(function, *graph_.pool),
                                                       module_.functions.size());
    if (is_new) {
      module_.functions.push_back(tensor::lower_to_loop(function, *graph_.pool));
      module_.functions.back().meaning = tensor::stage_lines(function);
    } else {
      loop::Function& shared = module_.functions[found->second];
      shared.location = merge(shared.location, function.location);
    }
    return module_.functions[found->second].name;
  }

  loop::Call call_of(const tensor::Function& function) {
    loop::Call call{kernel_of(function), {}, function.location};
    for (const tensor::Tensor& param : function.params) call.arguments.push_back(param.name);
    for (const tensor::Tensor& result : function.results) call.arguments.push_back(result.name);
    return call;
  }

  // A unit that only gives its operand another shape.
  bool is_view(const Unit& unit, const tensor::Function& function) const {
    bool reshapes = std::all_of(unit.nodes.begin(), unit.nodes.end(), [](const Node* node) {
      return node->op->fusion == FusionClass::View;
    });
    if (!reshapes || function.params.size() != 1 || function.results.size() != 1) return false;
    return graph_.value(values_.at(function.params[0].name)).type.layout.is_row_major() &&
           graph_.value(values_.at(function.results[0].name)).type.layout.is_row_major();
  }

  void add(const tensor::Function& function) {
    const Unit& unit = *unit_by_name_.at(function.name);
    bool view = is_view(unit, function);
    if (unit.constant) return add_constant_function(function, view);
    ValueId result = values_.at(function.results[0].name);
    if (view && add_view(result, values_.at(function.params[0].name))) return;
    if (add_moves(function)) return;
    for (const tensor::Tensor& tensor : function.results)
      if (!places_.has(values_.at(tensor.name)))
        places_.set(values_.at(tensor.name), Memory::Arena);
    calls_.push_back(call_of(function));
  }

  // ---- views ----------------------------------------------------------------------------------

  // Lays `view` over `operand`, or `operand` over `view`, where that is an output; false where both
  // are fixed elsewhere.
  bool add_view(ValueId view, ValueId operand) {
    Expr start = graph_.pool->index(0);
    if (places_.has(view)) return places_.move(operand, view, start);
    if (!places_.has(operand)) return false;
    places_.lay(view, operand, start);
    return true;
  }

  // A function that only moves blocks (concat, split, slice) is no call where its results can lie
  // in its operands, or its operands in its result.
  bool add_moves(const tensor::Function& function) {
    auto moves = tensor::find_moves(function, graph_.symbol_ranges(), *graph_.pool);
    return moves && (add_cuts(function, *moves) || add_joins(function, *moves));
  }

  // Bytes from the start of the larger tensor of a move to the smaller one's.
  Expr bytes(const tensor::Tensor& tensor, Expr elements) const {
    return simplify(elements * (bits_of(tensor.type) / 8), graph_.symbol_ranges());
  }

  bool add_cuts(const tensor::Function& function, const std::vector<tensor::Move>& moves) {
    if (moves.size() != function.results.size()) return false;
    for (const tensor::Move& move : moves)
      if (!move.whole_target || places_.has(values_.at(move.target)) ||
          !places_.has(values_.at(move.source)))
        return false;
    for (const tensor::Move& move : moves)
      places_.lay(values_.at(move.target), values_.at(move.source),
                  bytes(*function.find_tensor(move.target), -move.distance));
    return true;
  }

  // Operands that cannot be moved are copied into their parts of the result.
  bool add_joins(const tensor::Function& function, const std::vector<tensor::Move>& moves) {
    const tensor::Tensor& result = function.results[0];
    ValueId whole = values_.at(result.name);
    if (function.results.size() != 1) return false;
    for (const tensor::Move& move : moves)
      if (!move.whole_source) return false;
    bool is_new = !places_.has(whole), any = false;
    std::vector<const tensor::Move*> copied;
    for (const tensor::Move& move : moves) {
      bool moved = places_.move(values_.at(move.source), whole, bytes(result, move.distance));
      if (!moved) copied.push_back(&move);
      any = any || moved;
    }
    if (!any) return false;
    if (is_new) places_.set(whole, Memory::Arena);
    for (const tensor::Move* move : copied) {
      ValueId source = values_.at(move->source);
      loop::Buffer part = buffer_of(source, loop::Scope::Arena);
      part.name = unique_name(part.name + "_part");
      part.alias_of = result.name;
      part.alias_offset = bytes(result, move->distance);
      add_copy(source, part);
      parts_[part.name] = std::move(part);
    }
    return true;
  }

  // ---- constants ------------------------------------------------------------------------------

  void add_constant_function(const tensor::Function& function, bool view) {
    const ConstantInfo* source =
        view ? graph_.constant(values_.at(function.params[0].name)) : nullptr;
    for (const tensor::Tensor& tensor : function.results) {
      loop::Constant constant{
          buffer_of(values_.at(tensor.name), loop::Scope::Constant), {}, "", ""};
      if (source) constant.bytes = source->bytes, constant.initializer = source->initializer;
      constants_[tensor.name] = std::move(constant);
    }
    if (!source) setup_.push_back(call_of(function));
  }

  // Those that a call reads, in the order of the graph, then the computed ones in the order of
  // their calls.
  void add_constants() {
    std::set<std::string> read;
    auto visit = [&](const loop::Call& call) {
      read.insert(call.arguments.begin(), call.arguments.end());
    };
    for (const loop::Call& call : setup_) visit(call);
    for (const loop::Call& call : calls_) visit(call);
    for (const ConstantInfo& info : graph_.constants) {
      loop::Buffer buffer = buffer_of(info.value, loop::Scope::Constant);
      if (read.count(buffer.name))
        module_.constants.push_back({std::move(buffer), info.bytes, info.initializer, ""});
    }
    for (const Value& value : graph_.values) {
      auto found = constants_.find(value.name);
      if (found != constants_.end() && read.count(value.name))
        module_.constants.push_back(found->second);
    }
  }

  // ---- outputs --------------------------------------------------------------------------------

  std::string unique_name(const std::string& hint) {
    std::string name = hint;
    for (int i = 1; !names_.insert(name).second; ++i) name = hint + "_" + std::to_string(i);
    return name;
  }

  void add_outputs() {
    std::set<ValueId> given;
    for (const GraphOutput& output : graph_.outputs) {
      bool own = places_.is(output.value, Memory::Output) && given.insert(output.value).second;
      loop::Buffer buffer = buffer_of(output.value, loop::Scope::Arena);
      if (!own) {
        std::string source = buffer.name;
        buffer.name = unique_name(source + "_copy");
        add_copy(output.value, buffer);
      }
      module_.onnx_names[buffer.name] = output.onnx_name;
      module_.outputs.push_back(std::move(buffer));
    }
  }

  void add_copy(ValueId source, const loop::Buffer& target) {
    const Value& value = graph_.value(source);
    bool constant = graph_.constant(source) || constants_.count(value.name);
    tensor::Function copy;
    copy.name = unique_name("copy");
    copy.params.push_back(
        {value.name, value.type.type, value.type.shape, value.type.layout, constant});
    copy.results.push_back({target.name, target.type, target.extents, target.layout, false});
    loop::Stage stage;
    stage.name = stage.tensor = target.name;
    stage.type = target.type;
    for (size_t i = 0; i < target.extents.size(); ++i) {
      std::string axis = "i" + std::to_string(i);
      while (std::any_of(graph_.symbols.begin(), graph_.symbols.end(),
                         [&](const Symbol& s) { return s.name == axis; }))
        axis += "_";
      stage.axes.push_back({axis, target.extents[i]});
      stage.target.push_back(graph_.pool->var(axis));
    }
    stage.value = graph_.pool->read(value.name, value.type.type, stage.target);
    copy.steps.push_back({std::make_shared<const loop::Stage>(std::move(stage)), -1});
    calls_.push_back(call_of(copy));
  }

  // ---- main -----------------------------------------------------------------------------------

  void finish() {
    std::vector<loop::Stmt> setup, main;
    for (loop::Call& call : setup_) setup.emplace_back(std::move(call));
    for (loop::Call& call : calls_) {
      for (const std::string& argument : call.arguments) declare(argument, main);
      main.emplace_back(std::move(call));
    }
    if (!setup.empty()) module_.setup = loop::block(std::move(setup));
    module_.main = loop::block(std::move(main));
  }

  // Declares a buffer of the arena before its first use, behind the one that it lies over.
  void declare(const std::string& name, std::vector<loop::Stmt>& main) {
    auto part = parts_.find(name);
    auto value = values_.find(name);
    bool in_arena = part != parts_.end() ||
                    (value != values_.end() && places_.is(value->second, Memory::Arena));
    if (!in_arena || !declared_.insert(name).second) return;
    loop::Buffer buffer;
    ValuePlaces::Place place;
    if (part != parts_.end()) {
      buffer = part->second;
      place = places_.place_of(values_.at(buffer.alias_of));
      place.offset = simplify(place.offset + buffer.alias_offset, graph_.symbol_ranges());
    } else {
      buffer = buffer_of(value->second, loop::Scope::Arena);
      place = places_.place_of(value->second);
    }
    if (const std::string& owner = graph_.value(place.owner).name; owner != name) {
      declare(owner, main);
      buffer.alias_of = owner;
      buffer.alias_offset = is_int(place.offset, 0) ? Expr() : place.offset;
    }
    main.emplace_back(loop::Alloc{std::move(buffer)});
  }

  const Graph& graph_;
  std::vector<Unit> units_;
  loop::Module module_;
  std::map<std::string, ValueId> values_;
  std::set<std::string> names_;
  std::map<std::string, const Unit*> unit_by_name_;
  ValuePlaces places_;
  std::map<std::string, loop::Buffer> parts_;        // of values, written by copies
  std::map<std::string, loop::Constant> constants_;  // results of constant functions
  std::map<std::string, size_t> kernel_by_text_;
  std::vector<loop::Call> setup_;
  std::vector<loop::Call> calls_;
  std::set<std::string> declared_;  // buffers of main
};

}  // namespace

loop::Module lower_to_module(const Graph& graph, const tensor::Program& program) {
  return ModuleBuilder(graph).build(program);
}

}  // namespace tenon::high
