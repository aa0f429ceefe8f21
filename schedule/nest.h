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
/// The loops around the loop of that name, outermost first, without it; empty too when there is none.
std::vector<const loop::For*> loops_around(const loop::Stmt& root, const std::string& name);
/// Symbols and the loops around (and, with `inclusive`, of) the loop of that name.
Ranges ranges_at(const State& state, const std::string& loop_name, bool inclusive);

/// `root` with the loop of that name replaced by what `make` gives for it.
loop::Stmt replace_loop(const loop::Stmt& root, const std::string& name,
                        const std::function<loop::Stmt(const loop::For&)>& make);
/// `stmt` with variables replaced in every expression of loops, leaves and statements (not in stages).
loop::Stmt substitute_vars(const loop::Stmt& stmt, std::vector<Substitution> substitutions);
/// `stmt` with each leaf replaced by what `make` gives for it.
loop::Stmt map_leaves(const loop::Stmt& stmt, const std::function<loop::Stmt(const loop::Leaf&)>& make);
/// `stmt` with `suffix` behind the names of all loops inside it.
loop::Stmt rename_loops(const loop::Stmt& stmt, const std::string& suffix);

/// The leaves inside a statement, in order, each with the loops around it inside that statement.
struct LeafAt {
  loop::Leaf leaf;
  std::vector<const loop::For*> loops;  // outermost first
};
std::vector<LeafAt> leaves_in(const loop::Stmt& stmt);
/// Leaves that write this tensor.
std::vector<LeafAt> writers_of(const loop::Stmt& stmt, const std::string& tensor);
/// True when a leaf inside reads this tensor (in its value, predicate or requirements).
bool reads_tensor(const loop::Stmt& stmt, const std::string& tensor);

/// True when some spatial (reduce) binding of the leaf uses this loop variable.
bool binds_spatial(const loop::Leaf& leaf, const std::string& var);
bool binds_reduce(const loop::Leaf& leaf, const std::string& var);

/// The outermost statement below `root` that holds leaves of this tensor and of no other, or null.
loop::Stmt nest_of(const loop::Stmt& root, const std::string& tensor);
/// `root` without (or with another statement instead of) that very statement.
loop::Stmt replace_stmt(const loop::Stmt& root, const loop::Stmt& old, const loop::Stmt& replacement);

/// The buffer of that name with its Alloc replaced: `root` with the Alloc of `name` removed ...
loop::Stmt remove_alloc(const loop::Stmt& root, const std::string& name);
/// True when no loop or buffer of the function has this name.
bool is_fresh(const loop::Function& function, const std::string& name);

/// The least and greatest value of an index expression while the variables of `inner` loops take all their values: index
/// expressions of the other variables. Fails where the expression is not monotone in an inner variable.
struct Region {
  Expr min, max;
};
Result<Region> region_of(Expr index, const std::vector<const loop::For*>& inner, const Ranges& outer);

/// Adds a condition to a guard; drops it when it is proved under `ranges`.
Expr add_guard(Expr guard, Expr condition, const Ranges& ranges);

/// Reads the name of a loop that exists; else a failure that names the nearest.
Result<std::string> read_loop_name(const State& state, Lexer& arguments);
/// Reads a name that is still free.
Result<std::string> read_fresh_name(const State& state, Lexer& arguments);

}  // namespace tenon::schedule
