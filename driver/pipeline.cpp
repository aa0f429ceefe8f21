// The list of passes.
#include "driver/pipeline.h"

#include "ir/high/lower_to_module.h"
#include "ir/high/text.h"
#include "ir/high/verify.h"
#include "ir/loop/text.h"
#include "ir/tensor/passes.h"
#include "schedule/templates/template.h"
#include "target/operations.h"

namespace tenon::driver {
namespace {

template <high::Graph (*pass)(const high::Graph&, const high::Context&)>
void on_graph(Program& program, const PassContext& context) {
  high::Context facts;
  // Threads side by side read elements side by side: a GPU keeps channels apart.
  bool blocked = context.target && !context.target->is_gpu();
  facts.channel_block = blocked ? context.target->lanes(4) : 0;
  program.graph = pass(program.graph, facts);
}

template <tensor::Function (*pass)(const tensor::Function&, ExprPool&)>
void on_stages(Program& program, const PassContext&) {
  for (tensor::Function& function : program.tensors.functions)
    function = pass(function, *program.tensors.pool);
}

template <loop::Function (*pass)(const loop::Function&, ExprPool&)>
void on_loops(Program& program, const PassContext&) {
  for (loop::Function& function : program.module.functions)
    function = pass(function, *program.module.pool);
}

template <loop::Function (*pass)(const loop::Function&, const Ranges&, ExprPool&)>
void on_ranged_loops(Program& program, const PassContext&) {
  Ranges symbols = program.module.symbol_ranges();
  for (loop::Function& function : program.module.functions)
    function = pass(function, symbols, *program.module.pool);
}

template <void (*pass)(loop::Module&)>
void on_module(Program& program, const PassContext&) {
  pass(program.module);
}

void lower_to_tensor(Program& program, const PassContext&) {
  program.tensors = high::lower_to_tensor(program.graph);
  program.level = Level::Tensor;
}

void lower_to_loop(Program& program, const PassContext&) {
  if (!program.graph.pool)
    user_error({}, "lower_to_loop needs the graph, which holds the order of calls",
               "the dump of a pass of this level begins with it: `model NAME {`");
  program.module = high::lower_to_module(program.graph, program.tensors);
  program.level = Level::Loop;
}

// The kernels that main calls: those of setup run once, in the interpreter, and keep their naive
// loops.
std::vector<std::string> called_by_main(const loop::Module& module) {
  std::vector<std::string> names;
  loop::for_each_stmt(module.main, [&](const loop::Stmt& stmt) {
    if (const loop::Call* call = stmt.as<loop::Call>()) names.push_back(call->function);
  });
  return names;
}

void split_launches(Program& program, const PassContext& context) {
  if (!context.target || !context.target->is_gpu() || !context.schedule) return;
  loop::Module& module = program.module;
  for (const std::string& name : called_by_main(module)) {
    const loop::Function* function = module.find_function(name);
    if (function &&
        !schedule::fits_one_grid(*function, *context.target, module.symbol_ranges(), *module.pool))
      loop::split_nests(module, name);
  }
}

void apply_schedules(Program& program, const PassContext& context) {
  loop::Module& module = program.module;
  std::vector<std::string> called = called_by_main(module);
  for (const schedule::Script& script : context.scripts) {
    Place place{script.file, "", script.number, 1};
    bool is_called = std::find(called.begin(), called.end(), script.function) != called.end();
    if (is_called) continue;
    if (module.find_function(script.function))
      user_error(place, "@" + script.function + " runs only while compiling, and keeps its loops");
    std::string near = nearest_name(script.function, called);
    user_error(
        place,
        "the schedule names the function @" + script.function + ", which the program does not have",
        near.empty() ? "`--dump=DIR` shows the functions" : "did you mean @" + near + "?");
  }
  for (loop::Function& function : module.functions) {
    if (!context.schedule || std::find(called.begin(), called.end(), function.name) == called.end())
      continue;
    const schedule::Script* given = nullptr;
    for (const schedule::Script& script : context.scripts)
      if (script.function == function.name) given = &script;
    if (!given) {
      if (context.target)
        function = schedule::choose_schedule(function, *context.target, module.symbol_ranges(),
                                             *module.pool);
      continue;
    }
    schedule::State state{function, module.pool.get(), module.symbol_ranges()};
    schedule::apply_script(state, *given);
    function = state.function;
  }
}

void form_fma(Program& program, const PassContext& context) {
  if (context.target && !context.target->has_fma()) return;
  for (loop::Function& function : program.module.functions)
    function = loop::form_fma(function, *program.module.pool);
}

void legalize(Program& program, const PassContext& context) {
  LegalOperations legal;
  if (context.target)
    legal = LegalOperations(context.in_source ? target::source_operations_of(*context.target)
                                              : target::operations_of(*context.target));
  for (loop::Function& function : program.module.functions)
    function = loop::legalize(function, legal);
}

}  // namespace

const std::vector<Pass>& pass_table() {
  static const std::vector<Pass> table = {
      // The graph: what the model computes. Shapes are inferred, so shape arithmetic is known
      // already.
      {"fold_constants", Level::High, "nodes with known elements become constants",
       on_graph<high::fold_constants>},
      {"simplify_views", Level::High, "operators that move nothing, or twice, become one or none",
       on_graph<high::simplify_views>},
      {"eliminate_common_subexpressions", Level::High, "equal nodes become one",
       on_graph<high::eliminate_common_subexpressions>},
      {"fold_batch_norm", Level::High,
       "BatchNormalization becomes part of the convolution before it",
       on_graph<high::fold_batch_norm>},
      {"eliminate_dead_nodes", Level::High, "nodes that nobody uses are gone",
       on_graph<high::eliminate_dead_nodes>},
      // From here on no node is added or removed.
      {"choose_layout", Level::High, "channels in blocks of the target's vector",
       on_graph<high::choose_layout>},
      {"group_for_fusion", Level::High, "nodes that become one kernel stand together",
       on_graph<high::group_for_fusion>},
      {"lower_to_tensor", Level::High, "each group becomes a tensor function", lower_to_tensor},

      // Stages: what each element is.
      {"inline_elementwise", Level::Tensor, "cheap stages become part of their readers",
       on_stages<tensor::inline_elementwise>},
      {"collapse_axes", Level::Tensor, "adjacent axes that occur together become one",
       on_stages<tensor::collapse_axes>},
      {"lower_to_loop", Level::Tensor,
       "each function becomes naive loops, and the graph becomes main", lower_to_loop},

      // Loops with stages as leaves: the object of schedules.
      {"split_launches", Level::Loop, "nests that no one grid of a GPU runs become functions",
       split_launches},
      {"apply_schedules", Level::Loop, "templates, or the schedules given, shape the loops",
       apply_schedules},
      {"assign_constant_layouts", Level::Loop, "constants take the layouts that kernels read",
       on_module<loop::assign_constant_layouts>},
      // From here on schedules are done: leaves become stores.
      {"flatten_stages", Level::Loop, "stages become stores, reductions get their inits",
       on_loops<loop::flatten_stages>},
      {"lower_layouts", Level::Loop, "subscripts become physical",
       on_ranged_loops<loop::lower_layouts>},
      {"simplify_loops", Level::Loop, "index expressions in normal form, conditions decided",
       on_ranged_loops<loop::simplify_loops>},
      {"align_lanes", Level::Loop, "conditions that all lanes of a vector share lose the lane",
       on_ranged_loops<loop::align_lanes>},
      {"hoist_conditions", Level::Loop, "conditions move out of loops that do not change them",
       on_loops<loop::hoist_conditions>},
      {"shrink_locals", Level::Loop, "local buffers keep what one iteration needs",
       on_loops<loop::shrink_locals>},
      {"share_locals", Level::Loop, "what kernels for a GPU keep in memory becomes buffers of main",
       on_module<loop::share_locals>},
      {"insert_barriers", Level::Loop, "threads of a block wait for each other",
       on_loops<loop::insert_barriers>},
      {"form_fma", Level::Loop, "float accumulations become fused multiply-adds", form_fma},
      {"reuse_inputs", Level::Loop, "results lie over inputs that die, where each is read first",
       on_module<loop::reuse_inputs>},
      // From here on only arithmetic changes.
      {"expand_math", Level::Loop, "mathematical functions become arithmetic",
       on_loops<loop::expand_math>},
      {"legalize", Level::Loop, "operations that the target lacks become others", legalize},
      {"plan_memory", Level::Loop, "buffers of main get their places in the arena",
       on_module<loop::plan_memory>},
  };
  return table;
}

const Pass* find_pass(std::string_view name) {
  for (const Pass& pass : pass_table())
    if (pass.name == name) return &pass;
  return nullptr;
}

}  // namespace tenon::driver
