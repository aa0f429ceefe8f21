// Finding and replacing parts of a loop nest.
#include "schedule/nest.h"

#include <algorithm>

namespace tenon::schedule {

using loop::For;
using loop::Leaf;
using loop::Stmt;
using loop::StmtKind;
using loop::StmtRewriter;

namespace {

class ReplaceLoop final : public StmtRewriter {
 public:
  ReplaceLoop(const std::string& name, const std::function<Stmt(const For&)>& make) : name_(name), make_(make) {}
  Stmt rewrite(const Stmt& stmt) override {
    const For* loop = stmt.as<For>();
    return loop && loop->var == name_ ? make_(*loop) : rewrite_children(stmt);
  }

 private:
  const std::string& name_;
  const std::function<Stmt(const For&)>& make_;
};

class SubstituteVars final : public StmtRewriter {
 public:
  explicit SubstituteVars(std::vector<Substitution> substitutions) : substitutions_(std::move(substitutions)) {}
  Expr rewrite_expr(Expr e) override { return substitute(e, substitutions_); }

 private:
  std::vector<Substitution> substitutions_;
};

class MapLeaves final : public StmtRewriter {
 public:
  explicit MapLeaves(const std::function<Stmt(const Leaf&)>& make) : make_(make) {}
  Stmt rewrite(const Stmt& stmt) override {
    const Leaf* leaf = stmt.as<Leaf>();
    return leaf ? make_(*leaf) : rewrite_children(stmt);
  }

 private:
  const std::function<Stmt(const Leaf&)>& make_;
};

class RenameLoops final : public StmtRewriter {
 public:
  explicit RenameLoops(const std::string& suffix) : suffix_(suffix) {}
  Stmt rewrite(const Stmt& old) override {
    Stmt stmt = rewrite_children(old);
    const For* loop = stmt.as<For>();
    if (!loop) return stmt;
    For renamed = *loop;
    renamed.var += suffix_;
    renamed.body = substitute_vars(loop->body, {{loop->var, loop->extent.pool().var(renamed.var)}});
    return renamed;
  }

 private:
  const std::string& suffix_;
};

class ReplaceStmt final : public StmtRewriter {
 public:
  ReplaceStmt(const Stmt& old, const Stmt& replacement) : old_(old), replacement_(replacement) {}
  Stmt rewrite(const Stmt& stmt) override { return stmt == old_ ? replacement_ : rewrite_children(stmt); }

 private:
  const Stmt& old_;
  const Stmt& replacement_;
};

class RemoveAlloc final : public StmtRewriter {
 public:
  explicit RemoveAlloc(const std::string& name) : name_(name) {}
  Stmt rewrite(const Stmt& stmt) override {
    const loop::Alloc* alloc = stmt.as<loop::Alloc>();
    return alloc && alloc->buffer.name == name_ ? loop::block({}) : rewrite_children(stmt);
  }

 private:
  const std::string& name_;
};

bool find_path(const Stmt& stmt, const std::string& name, std::vector<const For*>& path) {
  if (!stmt) return false;
  if (const For* loop = stmt.as<For>()) {
    if (loop->var == name) return true;
    path.push_back(loop);
    if (find_path(loop->body, name, path)) return true;
    path.pop_back();
  } else if (const loop::Block* block = stmt.as<loop::Block>()) {
    for (const Stmt& child : block->stmts)
      if (find_path(child, name, path)) return true;
  } else if (const loop::If* branch = stmt.as<loop::If>()) {
    return find_path(branch->then_body, name, path) || find_path(branch->else_body, name, path);
  }
  return false;
}

void collect_leaves(const Stmt& stmt, std::vector<const For*>& loops, std::vector<LeafAt>& found) {
  if (!stmt) return;
  if (const Leaf* leaf = stmt.as<Leaf>()) {
    found.push_back({*leaf, loops});
  } else if (const For* loop = stmt.as<For>()) {
    loops.push_back(loop);
    collect_leaves(loop->body, loops, found);
    loops.pop_back();
  } else if (const loop::Block* block = stmt.as<loop::Block>()) {
    for (const Stmt& child : block->stmts) collect_leaves(child, loops, found);
  } else if (const loop::If* branch = stmt.as<loop::If>()) {
    collect_leaves(branch->then_body, loops, found);
    collect_leaves(branch->else_body, loops, found);
  }
}

bool expr_reads(Expr e, const std::string& tensor) {
  bool found = false;
  if (e)
    for_each_node(e, [&](Expr node) {
      const Read* read = node.as<Read>();
      found = found || (read && read->tensor == tensor);
    });
  return found;
}

}  // namespace

const For* find_loop(const Stmt& root, const std::string& name) {
  const For* found = nullptr;
  loop::for_each_stmt(root, [&](const Stmt& stmt) {
    const For* loop = stmt.as<For>();
    if (loop && loop->var == name) found = loop;
  });
  return found;
}

std::vector<const For*> loops_around(const Stmt& root, const std::string& name) {
  std::vector<const For*> path;
  find_path(root, name, path);
  return path;
}

Ranges ranges_at(const State& state, const std::string& loop_name, bool inclusive) {
  Ranges ranges = state.symbols;
  for (const For* loop : loops_around(state.function.body, loop_name)) ranges.set_extent(loop->var, loop->extent);
  const For* own = find_loop(state.function.body, loop_name);
  if (inclusive && own) ranges.set_extent(own->var, own->extent);
  return ranges;
}

Stmt replace_loop(const Stmt& root, const std::string& name, const std::function<Stmt(const For&)>& make) {
  return ReplaceLoop(name, make).rewrite(root);
}

Stmt substitute_vars(const Stmt& stmt, std::vector<Substitution> substitutions) {
  return SubstituteVars(std::move(substitutions)).rewrite(stmt);
}

Stmt map_leaves(const Stmt& stmt, const std::function<Stmt(const Leaf&)>& make) { return MapLeaves(make).rewrite(stmt); }

Stmt rename_loops(const Stmt& stmt, const std::string& suffix) { return RenameLoops(suffix).rewrite(stmt); }

std::vector<LeafAt> leaves_in(const Stmt& stmt) {
  std::vector<LeafAt> found;
  std::vector<const For*> loops;
  collect_leaves(stmt, loops, found);
  return found;
}

std::vector<LeafAt> writers_of(const Stmt& stmt, const std::string& tensor) {
  std::vector<LeafAt> found = leaves_in(stmt);
  std::erase_if(found, [&](const LeafAt& at) { return at.leaf.stage->tensor != tensor; });
  return found;
}

bool reads_tensor(const Stmt& stmt, const std::string& tensor) {
  for (const LeafAt& at : leaves_in(stmt)) {
    const loop::Stage& stage = *at.leaf.stage;
    bool reads = expr_reads(stage.value, tensor) || expr_reads(stage.where, tensor);
    for (Expr requirement : stage.requirements) reads = reads || expr_reads(requirement, tensor);
    if (reads) return true;
  }
  return false;
}

bool binds_spatial(const Leaf& leaf, const std::string& var) {
  for (size_t i = 0; i < leaf.stage->axes.size(); ++i)
    if (uses_var(leaf.bindings[i], var)) return true;
  // The variable of a scan stands in the target itself.
  for (Expr index : leaf.stage->target)
    if (uses_var(index, var)) return true;
  return false;
}

bool binds_reduce(const Leaf& leaf, const std::string& var) {
  for (size_t i = leaf.stage->axes.size(); i < leaf.bindings.size(); ++i)
    if (uses_var(leaf.bindings[i], var)) return true;
  return false;
}

Stmt nest_of(const Stmt& root, const std::string& tensor) {
  std::vector<LeafAt> leaves = leaves_in(root);
  bool any = false, only = true;
  for (const LeafAt& at : leaves) {
    any = any || at.leaf.stage->tensor == tensor;
    only = only && at.leaf.stage->tensor == tensor;
  }
  if (!any) return {};
  bool is_plain_block = root.kind() == StmtKind::Block;
  if (only && !is_plain_block) return root;
  std::vector<Stmt> children;
  if (const loop::Block* block = root.as<loop::Block>()) children = block->stmts;
  if (const For* loop = root.as<For>()) children = {loop->body};
  if (const loop::If* branch = root.as<loop::If>()) children = {branch->then_body, branch->else_body};
  for (const Stmt& child : children)
    if (child)
      if (Stmt found = nest_of(child, tensor)) return found;
  return {};
}

Stmt replace_stmt(const Stmt& root, const Stmt& old, const Stmt& replacement) {
  return ReplaceStmt(old, replacement).rewrite(root);
}

Stmt remove_alloc(const Stmt& root, const std::string& name) { return RemoveAlloc(name).rewrite(root); }

bool is_fresh(const loop::Function& function, const std::string& name) {
  return !find_loop(function.body, name) && !function.find_buffer(name);
}

Expr add_guard(Expr guard, Expr condition, const Ranges& ranges) {
  if (prove(condition, ranges)) return guard;
  for (Expr part : conjuncts(guard))
    if (part == condition) return guard;
  return guard ? guard & condition : condition;
}

Result<std::string> read_loop_name(const State& state, Lexer& arguments) {
  std::string name = arguments.expect_word("the name of a loop");
  if (find_loop(state.function.body, name)) return name;
  std::vector<std::string> known;
  loop::for_each_stmt(state.function.body, [&](const Stmt& stmt) {
    if (const For* loop = stmt.as<For>()) known.push_back(loop->var);
  });
  std::string near = nearest_name(name, known);
  return Failure{"no loop is called " + name + (near.empty() ? "; there are " + join(known, ", ") : "; did you mean " + near + "?")};
}

Result<std::string> read_fresh_name(const State& state, Lexer& arguments) {
  std::string name = arguments.expect_word("a new name");
  if (!is_fresh(state.function, name)) return Failure{"the name " + name + " is already taken"};
  return name;
}

}  // namespace tenon::schedule
