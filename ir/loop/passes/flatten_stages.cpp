// Leaves become stores; each reduction's init goes before its outermost reduce loop, in a copy of
// the spatial loops inside.
//
//   for mo in 4 { for k in 8 { for unrolled mi in 2 { stage acc[m:8] reduce k:8 { sum x[m, k] } with m = mo*2 + mi, k = k } } }
//   ->
//   for mo in 4 {
//     for unrolled mi.init in 2 { acc[mo*2 + mi.init] = 0.0 }
//     for k in 8 { for unrolled mi in 2 { acc[mo*2 + mi] = acc[mo*2 + mi] + x[mo*2 + mi, k] } }
//   }
#include <algorithm>
#include <set>

#include "ir/loop/passes.h"

namespace tenon::loop {
namespace {

Stmt guarded(Expr condition, Stmt body) {
  return condition && !is_true(condition) ? Stmt(If{condition, std::move(body), {}}) : body;
}

// A statement on the way from the body of a function to a leaf: a loop or a condition.
struct PathStep {
  const For* loop = nullptr;
  Expr condition;  // of an If whose then-branch holds the leaf
};

class Flattener {
 public:
  explicit Flattener(ExprPool& pool) : pool_(pool) {}

  // `inits` collects, for the loops on the path from the outside in, what must run right before
  // them.
  Stmt flatten(const Stmt& stmt) {
    switch (stmt.kind()) {
      case StmtKind::Block: {
        std::vector<Stmt> stmts;
        for (const Stmt& child : stmt.as<Block>()->stmts) stmts.push_back(flatten(child));
        return block(std::move(stmts));
      }
      case StmtKind::For: {
        For loop = *stmt.as<For>();
        path_.push_back({stmt.as<For>(), {}});
        pending_.emplace_back();
        loop.body = flatten(loop.body);
        std::vector<Stmt> result = std::move(pending_.back());
        pending_.pop_back();
        path_.pop_back();
        result.push_back(loop);
        return block(std::move(result));
      }
      case StmtKind::If: {
        If branch = *stmt.as<If>();
        path_.push_back({nullptr, branch.condition});
        pending_.emplace_back();
        branch.then_body = flatten(branch.then_body);
        std::vector<Stmt> result = std::move(pending_.back());
        path_.back().condition = logical_not(branch.condition);
        pending_.back().clear();
        if (branch.else_body) branch.else_body = flatten(branch.else_body);
        for (Stmt& init : pending_.back()) result.push_back(std::move(init));
        pending_.pop_back();
        path_.pop_back();
        result.push_back(branch);
        return block(std::move(result));
      }
      case StmtKind::Leaf: return flatten_leaf(*stmt.as<Leaf>());
      default: return stmt;
    }
  }

 private:
  Stmt flatten_leaf(const Leaf& leaf) {
    const Stage& stage = *leaf.stage;
    std::vector<Substitution> written = substitution(leaf, /*clamp=*/false),
                              read = substitution(leaf, /*clamp=*/true);
    std::vector<Expr> target;
    for (Expr index : stage.target) target.push_back(substitute(index, written));
    Expr value = substitute(stage.value, read);

    std::vector<Stmt> stmts;
    for (Expr requirement : stage.requirements)
      stmts.push_back(Require{substitute(requirement, read), stage.location});
    if (stage.reducer == Reducer::None) {
      stmts.push_back(Store{stage.tensor, target, value, stage.location});
      return guarded(leaf.guard, block(std::move(stmts)));
    }
    Stmt init;
    if (leaf.initializes) init = place_init(leaf, target);
    Expr element = pool_.read(stage.tensor, stage.type, target);
    stmts.push_back(
        Store{stage.tensor, target, combine(stage.reducer, element, value), stage.location});
    Expr guard = leaf.guard;
    if (stage.where) {
      Expr where = substitute(stage.where, read);
      guard = guard ? guard & where : where;
    }
    return block({init, guarded(guard, block(std::move(stmts)))});
  }

  std::vector<Substitution> substitution(const Leaf& leaf, bool clamp) {
    const Stage& stage = *leaf.stage;
    std::vector<Substitution> result;
    for (size_t i = 0; i < leaf.bindings.size(); ++i) {
      const Axis& axis =
          i < stage.axes.size() ? stage.axes[i] : stage.reduce_axes[i - stage.axes.size()];
      bool clamped =
          std::find(leaf.clamped.begin(), leaf.clamped.end(), axis.name) != leaf.clamped.end();
      Expr binding = leaf.bindings[i];
      result.push_back({axis.name, clamp && clamped ? min(binding, axis.extent - 1) : binding});
    }
    return result;
  }

  // Puts the init before the outermost reduce loop of the leaf (returns null), or, when there is
  // none, returns it to stand right before the update.
  Stmt place_init(const Leaf& leaf, const std::vector<Expr>& target) {
    const Stage& stage = *leaf.stage;
    std::set<std::string> reduce_vars;
    for (size_t i = stage.axes.size(); i < leaf.bindings.size(); ++i)
      for (const std::string& var : variables_of(leaf.bindings[i])) reduce_vars.insert(var);
    // A loop that is an axis of the element too, as rfactor makes it, has elements of its own.
    std::set<std::string> axes;
    for (size_t i = 0; i < stage.axes.size(); ++i)
      if (const Var* bound = leaf.bindings[i].as<Var>()) axes.insert(bound->name);
    auto outermost = std::find_if(path_.begin(), path_.end(), [&](const PathStep& step) {
      return step.loop && reduce_vars.count(step.loop->var) && !axes.count(step.loop->var);
    });
    Expr guard = leaf.init_guard();
    std::set<std::string> hidden = hidden_loops(outermost, target, guard, reduce_vars);
    auto is_hidden = [&](Expr e) {
      return std::any_of(hidden.begin(), hidden.end(),
                         [&](const std::string& var) { return uses_var(e, var); });
    };

    std::vector<Substitution> fresh;
    for (auto step = outermost; step != path_.end(); ++step)
      if (step->loop && !hidden.count(step->loop->var))
        fresh.push_back({step->loop->var, pool_.var(step->loop->var + ".init")});
    std::vector<Expr> indices;
    for (Expr index : target) indices.push_back(substitute(index, fresh));
    std::vector<Expr> kept;
    for (Expr part : conjuncts(guard))
      if (!is_hidden(part)) kept.push_back(substitute(part, fresh));
    Stmt init =
        Store{stage.tensor, indices, identity_of(stage.reducer, stage.type, pool_), stage.location};
    init = guarded(conjunction(kept), init);
    for (auto step = path_.end(); step != outermost;) {
      --step;
      if (step->loop && hidden.count(step->loop->var)) continue;
      if (step->loop) {
        For copy = *step->loop;
        copy.var += ".init";
        copy.extent = substitute(copy.extent, fresh);
        copy.body = init;
        init = copy;
      } else if (!is_hidden(step->condition)) {
        init = If{substitute(step->condition, fresh), init, {}};
      }
    }
    if (outermost == path_.end()) return init;
    pending_[static_cast<size_t>(outermost - path_.begin())].push_back(init);
    return {};
  }

  // The reduce loops that the init does not repeat: those that neither its subscripts and guard nor
  // the extents of the loops that it does repeat need. (rfactor makes a reduce loop spatial too: it
  // is repeated.)
  std::set<std::string> hidden_loops(std::vector<PathStep>::const_iterator outermost,
                                     const std::vector<Expr>& target, Expr guard,
                                     const std::set<std::string>& reduce_vars) const {
    std::set<std::string> needed, hidden;
    auto need = [&](Expr e) {
      for (const std::string& var : variables_of(e)) needed.insert(var);
    };
    for (Expr index : target) need(index);
    for (Expr part : conjuncts(guard)) {
      std::vector<std::string> vars = variables_of(part);
      if (std::none_of(vars.begin(), vars.end(), [&](const std::string& var) {
            return reduce_vars.count(var) && !needed.count(var);
          }))
        need(part);
    }
    for (auto step = std::vector<PathStep>::const_iterator(path_.end()); step != outermost;) {
      --step;
      if (!step->loop) continue;
      if (reduce_vars.count(step->loop->var) && !needed.count(step->loop->var))
        hidden.insert(step->loop->var);
      else
        need(step->loop->extent);
    }
    return hidden;
  }

  ExprPool& pool_;
  std::vector<PathStep> path_;
  std::vector<std::vector<Stmt>> pending_;  // by depth: what must run before the loop of that depth
};

}  // namespace

Function flatten_stages(const Function& function, ExprPool& pool) {
  Function result = function;
  result.body = Flattener(pool).flatten(function.body);
  return result;
}

}  // namespace tenon::loop
