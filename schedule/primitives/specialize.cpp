// specialize LOOP when CONDITION -> SUFFIX
//
//   for no in 64 { BODY }
//   specialize no when batch <= 4 -> small
//   for no in 64 { if batch <= 4 { BODY, its loops called NAME.small } else { BODY } }
//
// Copies the body of a loop under a condition on symbols, so that the copy can have another
// schedule: with .SUFFIX behind the names of its loops, of its buffers and of the stages that write
// those. At most four copies in a function. Exact.
#include "schedule/nest.h"
#include "schedule/primitives/primitives.h"

namespace tenon::schedule {
namespace {

using loop::For;
using loop::Stmt;

constexpr int kMostCopies = 4;

Status apply_specialize(State& state, Lexer& arguments) {
  Result<std::string> name = read_loop_name(state, arguments);
  if (!name) return name.error();
  arguments.expect("when");
  Expr condition =
      parse_expr(arguments, *state.pool, [](const std::string&) { return std::nullopt; });
  if (condition.type() != DType::Bool) return Failure{"the condition must be a bool"};
  arguments.expect("->");
  std::string suffix = "." + arguments.expect_word("a suffix for the names of the copy");
  for (const std::string& var : variables_of(condition))
    if (!state.symbols.find(var)) return Failure{var + " is no symbol of the model"};
  int copies = 0;
  loop::for_each_stmt(state.function.body, [&](const Stmt& stmt) {
    const loop::If* branch = stmt.as<loop::If>();
    copies += branch && branch->else_body ? 1 : 0;
  });
  if (copies >= kMostCopies) return Failure{"a function has at most four specialised copies"};
  Result<Stmt> copy = copy_renamed(state, find_loop(state.function.body, *name)->body, suffix);
  if (!copy) return copy.error();
  state.function.body = replace_loop(state.function.body, *name, [&](const For& old) {
    For changed = old;
    changed.body = loop::If{condition, *copy, old.body};
    return Stmt(changed);
  });
  return Done{};
}

}  // namespace

const Primitive specialize = {
    .name = "specialize",
    .syntax = "specialize LOOP when CONDITION -> SUFFIX",
    .summary = "a loop's body gets a copy for some values of the symbols",
    .effect = Effect::Exact,
    .apply = apply_specialize,
};

}  // namespace tenon::schedule
