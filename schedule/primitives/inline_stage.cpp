// inline TENSOR
//
//   stage t[i:8] = x[i] + 1.0 ...   stage y[i:8] = max(t[i], 0.0) ...
//   inline t
//   stage y[i:8] = max(x[i] + 1.0, 0.0) ...
//
// Puts the value of an elementwise local stage into every stage that reads it; its nest and buffer
// go. Exact.
#include "schedule/iterations.h"
#include "schedule/primitives/primitives.h"
#include "schedule/window.h"

namespace tenon::schedule {
namespace {

using loop::Leaf;
using loop::Stage;
using loop::Stmt;

class InlineReads final : public Rewriter {
 public:
  InlineReads(ExprPool& pool, const Stage& stage) : Rewriter(pool), stage_(stage) {}

 private:
  Expr rewrite(Expr old) override {
    Expr e = rewrite_children(old);
    const Read* read = e.as<Read>();
    if (!read || read->tensor != stage_.tensor) return e;
    std::vector<Substitution> axes;
    for (size_t i = 0; i < stage_.axes.size(); ++i)
      axes.push_back({stage_.axes[i].name, read->indices()[i]});
    return substitute(stage_.value, axes);
  }
  const Stage& stage_;
};

Status apply_inline(State& state, Lexer& arguments) {
  std::string tensor = arguments.expect_word("the name of a stage");
  for (const loop::Param& param : state.function.params)
    if (param.buffer.name == tensor) return Failure{tensor + " is a parameter of the function"};
  std::vector<LeafAt> writers = writers_of(state.function.body, tensor);
  if (writers.size() != 1) return Failure{tensor + " is not written by exactly one stage"};
  const Stage stage = *writers[0].leaf.stage;
  if (stage.reducer != loop::Reducer::None || !stage.is_plain() || !stage.requirements.empty())
    return Failure{tensor + " is not elementwise"};
  if (padding_is_read(state, tensor)) return Failure{"the padding of " + tensor + " is read"};
  Stmt nest = nest_of(state.function.body, tensor);
  Stmt without = remove_alloc(replace_stmt(state.function.body, nest, loop::block({})), tensor);
  for (const LeafAt& at : leaves_in(without)) {
    bool has_else = false;
    for_each_node(at.leaf.stage->value, [&](Expr node) {
      const Read* read = node.as<Read>();
      has_else = has_else || (read && read->tensor == tensor && read->has_otherwise);
    });
    if (has_else) return Failure{at.leaf.stage->name + " reads " + tensor + " with an else value"};
  }
  InlineReads inline_reads(*state.pool, stage);
  state.function.body = map_leaves(without, [&](const Leaf& old) -> Stmt {
    auto changed = std::make_shared<Stage>(*old.stage);
    changed->value = inline_reads(changed->value);
    if (changed->where) changed->where = inline_reads(changed->where);
    for (Expr& requirement : changed->requirements) requirement = inline_reads(requirement);
    changed->location =
        reads_tensor(old, tensor) ? merge(stage.location, changed->location) : changed->location;
    Leaf leaf = old;
    leaf.stage = std::move(changed);
    return leaf;
  });
  // The readers now read what the stage read.
  std::vector<std::string> operands;
  for_each_node(stage.value, [&](Expr node) {
    if (const Read* read = node.as<Read>()) operands.push_back(read->tensor);
  });
  for (const std::string& operand : operands)
    if (Status status = window_holds_reads(state, operand); !status) return status;
  return Done{};
}

}  // namespace

const Primitive inline_stage = {
    .name = "inline",
    .syntax = "inline TENSOR",
    .summary = "an elementwise stage becomes part of the stages that read it",
    .effect = Effect::Exact,
    .apply = apply_inline,
};

}  // namespace tenon::schedule
