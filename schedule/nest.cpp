// Finding and replacing parts of a loop nest.
#include "schedule/nest.h"
#include "ir/expr/rename_reads.h"

#include <algorithm>

namespace tenon::schedule {

using loop::For;
using loop::Leaf;
using loop::Stage;
using loop::Stmt;
using loop::StmtKind;
using loop::StmtRewriter;

namespace {

class ReplaceLoop final : public StmtRewriter {
 public:
  ReplaceLoop(const std::string& name, const std::function<Stmt(const For&)>& make)
      : name_(name), make_(make) {}
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
  explicit SubstituteVars(std::vector<Substitution> substitutions)
      : substitutions_(std::move(substitutions)) {}
  Expr rewrite_expr(Expr e) override { return substitute(e, substitutions_); }

 private:
  std::vector<Substitution> substitutions_;
};

class GuardStatements final : public StmtRewriter {
 public:
  explicit GuardStatements(Expr condition) : condition_(condition) {}
  Stmt rewrite(const Stmt& stmt) override {
    if (const Leaf* leaf = stmt.as<Leaf>()) {
      Leaf guarded = *leaf;
      guarded.guard = leaf->guard ? leaf->guard & condition_ : condition_;
      return guarded;
    }
    if (stmt.as<loop::Store>() || stmt.as<loop::Require>()) return loop::If{condition_, stmt, {}};
    return rewrite_children(stmt);
  }

 private:
  Expr condition_;
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

// The names that a copy of a statement changes: those of its loops and of its buffers.
struct DeclaredNames {
  std::vector<std::string> loops, buffers;
  bool has_buffer(const std::string& name) const {
    return std::find(buffers.begin(), buffers.end(), name) != buffers.end();
  }
};

DeclaredNames names_declared_in(const Stmt& root) {
  DeclaredNames names;
  loop::for_each_stmt(root, [&](const Stmt& stmt) {
    if (const For* loop = stmt.as<For>()) names.loops.push_back(loop->var);
    if (const loop::Alloc* alloc = stmt.as<loop::Alloc>())
      names.buffers.push_back(alloc->buffer.name);
  });
  return names;
}

class RenameCopy final : public StmtRewriter {
 public:
  RenameCopy(const DeclaredNames& names, const std::string& suffix)
      : names_(names), suffix_(suffix) {}

  Stmt rewrite(const Stmt& old) override {
    Stmt stmt = rewrite_children(old);
    if (const For* loop = stmt.as<For>()) {
      For renamed = *loop;
      renamed.var += suffix_;
      renamed.body =
          substitute_vars(loop->body, {{loop->var, loop->extent.pool().var(renamed.var)}});
      return renamed;
    }
    if (const loop::Alloc* alloc = stmt.as<loop::Alloc>()) {
      loop::Buffer buffer = alloc->buffer;
      buffer.name += suffix_;
      return loop::Alloc{buffer};
    }
    if (const loop::Prefetch* prefetch = stmt.as<loop::Prefetch>();
        prefetch && names_.has_buffer(prefetch->buffer))
      return loop::Prefetch{prefetch->buffer + suffix_, prefetch->indices};
    if (const Leaf* leaf = stmt.as<Leaf>()) {
      Leaf renamed = *leaf;
      for (const std::string& buffer : names_.buffers)
        renamed.stage = rename_tensor(renamed.stage, buffer, buffer + suffix_);
      return renamed;
    }
    return stmt;
  }

 private:
  const DeclaredNames& names_;
  const std::string& suffix_;
};

class ReplaceStmt final : public StmtRewriter {
 public:
  ReplaceStmt(const Stmt& old, const Stmt& replacement) : old_(old), replacement_(replacement) {}
  Stmt rewrite(const Stmt& stmt) override {
    return stmt == old_ ? replacement_ : rewrite_children(stmt);
  }

 private:
  const Stmt& old_;
  const Stmt& replacement_;
};

class RemoveAlloc final : public StmtRewriter {
 public:
  explicit RemoveAlloc(const std::string& name) : name_(name) {}
  Stmt rewrite(const Stmt& stmt) override {
    const loop::Alloc* alloc = stmt.as<loop::Alloc>();
    const loop::Prefetch* prefetch = stmt.as<loop::Prefetch>();
    if ((alloc && alloc->buffer.name == name_) || (prefetch && prefetch->buffer == name_))
      return loop::block({});
    return rewrite_children(stmt);
  }

 private:
  const std::string& name_;
};

bool find_path(const Stmt& stmt, const std::function<bool(const Stmt&)>& is_wanted,
               std::vector<const For*>& path) {
  if (!stmt) return false;
  if (is_wanted(stmt)) return true;
  if (const For* loop = stmt.as<For>()) {
    path.push_back(loop);
    if (find_path(loop->body, is_wanted, path)) return true;
    path.pop_back();
  } else if (const loop::Block* block = stmt.as<loop::Block>()) {
    for (const Stmt& child : block->stmts)
      if (find_path(child, is_wanted, path)) return true;
  } else if (const loop::If* branch = stmt.as<loop::If>()) {
    return find_path(branch->then_body, is_wanted, path) ||
           find_path(branch->else_body, is_wanted, path);
  }
  return false;
}

void collect_leaves(const Stmt& stmt, LeafAt& path, std::vector<LeafAt>& found) {
  if (!stmt) return;
  if (const Leaf* leaf = stmt.as<Leaf>()) {
    found.push_back({*leaf, path.loops, path.conditions});
  } else if (const For* loop = stmt.as<For>()) {
    path.loops.push_back(loop);
    collect_leaves(loop->body, path, found);
    path.loops.pop_back();
  } else if (const loop::Block* block = stmt.as<loop::Block>()) {
    for (const Stmt& child : block->stmts) collect_leaves(child, path, found);
  } else if (const loop::If* branch = stmt.as<loop::If>()) {
    if (!branch->else_body) path.conditions.push_back(branch->condition);
    collect_leaves(branch->then_body, path, found);
    if (!branch->else_body) path.conditions.pop_back();
    collect_leaves(branch->else_body, path, found);
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
  find_path(
      root, [&](const Stmt& stmt) { return stmt.as<For>() && stmt.as<For>()->var == name; }, path);
  return path;
}

std::vector<const For*> loops_around_stmt(const Stmt& root, const Stmt& wanted) {
  std::vector<const For*> path;
  find_path(
      root, [&](const Stmt& stmt) { return stmt == wanted; }, path);
  return path;
}

std::vector<const For*> loops_around_buffer(const Stmt& root, const std::string& name) {
  std::vector<const For*> path;
  find_path(
      root,
      [&](const Stmt& stmt) {
        return stmt.as<loop::Alloc>() && stmt.as<loop::Alloc>()->buffer.name == name;
      },
      path);
  return path;
}

Ranges ranges_at(const State& state, const std::string& loop_name, bool inclusive) {
  Ranges ranges = state.symbols;
  for (const For* loop : loops_around(state.function.body, loop_name))
    ranges.set_extent(loop->var, loop->extent);
  const For* own = find_loop(state.function.body, loop_name);
  if (inclusive && own) ranges.set_extent(own->var, own->extent);
  return ranges;
}

Stmt replace_loop(const Stmt& root, const std::string& name,
                  const std::function<Stmt(const For&)>& make) {
  return ReplaceLoop(name, make).rewrite(root);
}

Stmt substitute_vars(const Stmt& stmt, std::vector<Substitution> substitutions) {
  return SubstituteVars(std::move(substitutions)).rewrite(stmt);
}

Stmt map_leaves(const Stmt& stmt, const std::function<Stmt(const Leaf&)>& make) {
  return MapLeaves(make).rewrite(stmt);
}

std::shared_ptr<const Stage> rename_tensor(const std::shared_ptr<const Stage>& stage,
                                           const std::string& from, const std::string& to) {
  auto renamed = std::make_shared<Stage>(*stage);
  RenameReads rename(stage->value.pool(),
                     [&](const std::string& name) { return name == from ? to : name; });
  if (stage->tensor == from) {
    renamed->tensor = to;
    // A stage that gives the whole tensor is called like it, a piece is NAME_0: its own name
    // changes likewise.
    renamed->name =
        stage->name == from ? to : stage->name + to.substr(std::min(from.size(), to.size()));
  }
  renamed->value = rename(stage->value);
  if (stage->where) renamed->where = rename(stage->where);
  for (Expr& index : renamed->target) index = rename(index);
  for (Expr& requirement : renamed->requirements) requirement = rename(requirement);
  return renamed;
}

Result<Stmt> copy_renamed(const State& state, const Stmt& stmt, const std::string& suffix) {
  DeclaredNames names = names_declared_in(stmt);
  for (const std::vector<std::string>* list : {&names.loops, &names.buffers})
    for (const std::string& name : *list)
      if (!is_fresh(state, name + suffix))
        return Failure{"the name " + name + suffix + " is already taken"};
  for (const std::string& name : names.loops)
    if (is_scan(*find_loop(stmt, name))) return Failure{"the scan " + name + " cannot be copied"};
  return RenameCopy(names, suffix).rewrite(stmt);
}

std::vector<LeafAt> leaves_in(const Stmt& stmt) {
  std::vector<LeafAt> found;
  LeafAt path;
  collect_leaves(stmt, path, found);
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
  return names_scan(*leaf.stage, var);
}

bool binds_reduce(const Leaf& leaf, const std::string& var) {
  for (size_t i = leaf.stage->axes.size(); i < leaf.bindings.size(); ++i)
    if (uses_var(leaf.bindings[i], var)) return true;
  return false;
}

bool names_scan(const Stage& stage, const std::string& var) {
  if (stage.find_axis(var)) return false;
  auto uses = [&](Expr e) { return e && uses_var(e, var); };
  return uses(stage.value) || uses(stage.where) ||
         std::any_of(stage.target.begin(), stage.target.end(), uses) ||
         std::any_of(stage.requirements.begin(), stage.requirements.end(), uses);
}

bool is_scan(const For& loop) {
  for (const LeafAt& at : leaves_in(loop.body))
    if (names_scan(*at.leaf.stage, loop.var)) return true;
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
  if (const loop::If* branch = root.as<loop::If>())
    children = {branch->then_body, branch->else_body};
  for (const Stmt& child : children)
    if (child)
      if (Stmt found = nest_of(child, tensor)) return found;
  return {};
}

Stmt replace_stmt(const Stmt& root, const Stmt& old, const Stmt& replacement) {
  return ReplaceStmt(old, replacement).rewrite(root);
}

Stmt remove_alloc(const Stmt& root, const std::string& name) {
  return RemoveAlloc(name).rewrite(root);
}

bool is_fresh(const State& state, const std::string& name) {
  if (find_loop(state.function.body, name) || state.function.find_buffer(name) ||
      state.symbols.find(name))
    return false;
  std::vector<LeafAt> leaves = leaves_in(state.function.body);
  return std::none_of(leaves.begin(), leaves.end(),
                      [&](const LeafAt& at) { return at.leaf.stage->name == name; });
}

std::string free_name(const State& state, const std::string& name,
                      std::vector<std::string>& given) {
  auto is_taken = [&](const std::string& candidate) {
    return !is_fresh(state, candidate) ||
           std::find(given.begin(), given.end(), candidate) != given.end();
  };
  std::string free = name;
  for (int copy = 2; is_taken(free); ++copy) free = name + "." + std::to_string(copy);
  given.push_back(free);
  return free;
}

Stmt guard_statements(const Stmt& stmt, Expr condition) {
  return GuardStatements(condition).rewrite(stmt);
}

Expr add_guard(Expr guard, Expr condition, const Ranges& ranges) {
  if (prove(condition, ranges)) return guard;
  for (Expr part : conjuncts(guard))
    if (part == condition) return guard;
  return guard ? guard & condition : condition;
}

std::vector<Expr> conditions_beyond_extents(const LeafAt& at, const Ranges& outer) {
  Ranges ranges = outer;
  for (const For* loop : at.loops) ranges.set_extent(loop->var, loop->extent);
  std::vector<Expr> bounds, beyond;
  for (size_t i = 0; i < at.leaf.stage->axes.size(); ++i) {
    Expr binding = at.leaf.bindings[i];
    bounds.push_back(simplify(lt(binding, at.leaf.stage->axes[i].extent), ranges));
    bounds.push_back(simplify(le(binding.pool().index(0), binding), ranges));
  }
  auto look = [&](Expr condition) {
    for (Expr part : conjuncts(condition)) {
      Expr simple = simplify(part, ranges);
      if (!is_true(simple) && std::find(bounds.begin(), bounds.end(), simple) == bounds.end())
        beyond.push_back(part);
    }
  };
  look(at.leaf.guard);
  for (Expr condition : at.conditions) look(condition);
  return beyond;
}

std::vector<Expr> conditions_on_elements(const LeafAt& at, const Ranges& ranges) {
  std::vector<Expr> parts = conditions_beyond_extents(at, ranges);
  std::erase_if(parts, [&](Expr part) {
    return std::any_of(at.loops.begin(), at.loops.end(), [&](const For* loop) {
      return uses_var(part, loop->var) && !binds_spatial(at.leaf, loop->var);
    });
  });
  return parts;
}

Result<std::string> read_loop_name(const State& state, Lexer& arguments) {
  std::string name = arguments.expect_word("the name of a loop");
  if (find_loop(state.function.body, name)) return name;
  std::vector<std::string> known;
  loop::for_each_stmt(state.function.body, [&](const Stmt& stmt) {
    if (const For* loop = stmt.as<For>()) known.push_back(loop->var);
  });
  std::string near = nearest_name(name, known);
  return Failure{
      "no loop is called " + name +
      (near.empty() ? "; there are " + join(known, ", ") : "; did you mean " + near + "?")};
}

Result<std::string> read_holder_name(const State& state, Lexer& arguments) {
  Result<std::string> name = read_loop_name(state, arguments);
  if (name && find_loop(state.function.body, *name)->kind == loop::LoopKind::Vectorized)
    return Failure{*name + " is vectorized: nothing else can go inside it"};
  return name;
}

Result<std::string> read_fresh_name(const State& state, Lexer& arguments) {
  std::string name = arguments.expect_word("a new name");
  if (!is_fresh(state, name)) return Failure{"the name " + name + " is already taken"};
  return name;
}

}  // namespace tenon::schedule
