// Finding and replacing parts of a loop nest: what the primitives share.
#pragma once

#include <functional>

#include "ir/expr/text.h"
#include "schedule/primitive.h"

namespace tenon::schedule {

/// A statement around a leaf or loop, from the outside in: a loop, or a condition.
struct Enclosing {
  const loop::For* loop = nullptr;
  Expr condition;
};

/// The loop of that name, or null.
const loop::For* find_loop(const loop::Stmt& root, const std::string& name);
/// The loops around the loop of that name, outermost first, without it; empty too when there is
/// none.
std::vector<const loop::For*> loops_around(const loop::Stmt& root, const std::string& name);
/// The loops around that very statement, outermost first.
std::vector<const loop::For*> loops_around_stmt(const loop::Stmt& root, const loop::Stmt& stmt);
/// The loops around the declaration of that buffer; empty for parameters too.
std::vector<const loop::For*> loops_around_buffer(const loop::Stmt& root, const std::string& name);
/// Symbols and the loops around (and, with `inclusive`, of) the loop of that name.
Ranges ranges_at(const State& state, const std::string& loop_name, bool inclusive);

/// `root` with the loop of that name replaced by what `make` gives for it.
loop::Stmt replace_loop(const loop::Stmt& root, const std::string& name,
                        const std::function<loop::Stmt(const loop::For&)>& make);
/// `stmt` with variables replaced in every expression of loops, leaves and statements (not in
/// stages).
loop::Stmt substitute_vars(const loop::Stmt& stmt, std::vector<Substitution> substitutions);
/// `stmt` with each leaf replaced by what `make` gives for it.
loop::Stmt map_leaves(const loop::Stmt& stmt,
                      const std::function<loop::Stmt(const loop::Leaf&)>& make);
/// A copy of `stmt` to stand beside it: `suffix` is put behind the names of its loops, of the
/// buffers declared in it, and of the stages that write those. Fails where such a name is taken, or
/// where a stage names one of the loops (a scan).
Result<loop::Stmt> copy_renamed(const State& state, const loop::Stmt& stmt,
                                const std::string& suffix);

/// The leaves inside a statement, in order, each with the loops around it inside that statement.
struct LeafAt {
  loop::Leaf leaf;
  std::vector<const loop::For*> loops;  // outermost first
  std::vector<Expr> conditions;         // of the ifs without else around it
};
std::vector<LeafAt> leaves_in(const loop::Stmt& stmt);
/// Leaves that write this tensor.
std::vector<LeafAt> writers_of(const loop::Stmt& stmt, const std::string& tensor);
/// True when a leaf inside reads this tensor (in its value, predicate or requirements).
bool reads_tensor(const loop::Stmt& stmt, const std::string& tensor);

/// True when some spatial (reduce) binding of the leaf uses this loop variable; a scan's variable
/// counts as spatial.
bool binds_spatial(const loop::Leaf& leaf, const std::string& var);
bool binds_reduce(const loop::Leaf& leaf, const std::string& var);
/// True when the stage itself names this loop variable: that of a scan around it.
bool names_scan(const loop::Stage& stage, const std::string& var);
/// True when a stage inside names the loop: its iterations run in order, and its variable stays as
/// it is.
bool is_scan(const loop::For& loop);

/// The stage writing and reading `to` instead of `from`; a stage called `from` is called `to`.
std::shared_ptr<const loop::Stage> rename_tensor(const std::shared_ptr<const loop::Stage>& stage,
                                                 const std::string& from, const std::string& to);

/// The outermost statement below `root` that holds leaves of this tensor and of no other, or null.
loop::Stmt nest_of(const loop::Stmt& root, const std::string& tensor);
/// `root` without (or with another statement instead of) that very statement.
loop::Stmt replace_stmt(const loop::Stmt& root, const loop::Stmt& old,
                        const loop::Stmt& replacement);

/// `root` without the Alloc of that buffer, and without prefetches of it.
loop::Stmt remove_alloc(const loop::Stmt& root, const std::string& name);
/// True when no loop, buffer or stage of the function and no symbol has this name.
bool is_fresh(const State& state, const std::string& name);
/// NAME, or NAME.2, NAME.3, ... where that is not fresh or among the names `given`, which it joins.
std::string free_name(const State& state, const std::string& name, std::vector<std::string>& given);

/// The least and greatest value of an index expression while the variables of `inner` loops take
/// all their values: index expressions of the other variables. Fails where the expression is not
/// monotone in an inner variable.
struct Region {
  Expr min, max;
};
Result<Region> region_of(Expr index, const std::vector<const loop::For*>& inner,
                         const Ranges& outer);

/// `stmt` with a condition added to the guard of each leaf, and around each store.
loop::Stmt guard_statements(const loop::Stmt& stmt, Expr condition);
/// Adds a condition to a guard; drops it when it is proved under `ranges`.
Expr add_guard(Expr guard, Expr condition, const Ranges& ranges);

/// The parts of the leaf's guard, and the conditions around it, that say more than that its spatial
/// axes lie inside.
std::vector<Expr> conditions_beyond_extents(const LeafAt& at, const Ranges& ranges);
/// Those of them that say which elements there are: of a reduction only what its spatial loops
/// decide.
std::vector<Expr> conditions_on_elements(const LeafAt& at, const Ranges& ranges);

/// Reads the name of a loop that can take more statements: a loop that exists and is not
/// vectorized.
Result<std::string> read_holder_name(const State& state, Lexer& arguments);
/// Reads the name of a loop that exists; else a failure that names the nearest.
Result<std::string> read_loop_name(const State& state, Lexer& arguments);
/// Reads a name that is still free.
Result<std::string> read_fresh_name(const State& state, Lexer& arguments);

}  // namespace tenon::schedule
