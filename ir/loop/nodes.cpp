// Stages, buffers, statements: the parts that are more than data.
#include "ir/loop/nodes.h"

#include <algorithm>
#include <cmath>

namespace tenon::loop {
namespace {

constexpr std::string_view kReducers[] = {
#define X(name, text) text,
    TENON_REDUCERS(X)
#undef X
};

Expr extreme(DType type, ExprPool& pool, bool greatest) {
  if (is_float(type)) return pool.real(type, greatest ? INFINITY : -INFINITY);
  if (!is_signed(type)) return pool.integer(type, greatest ? -1 : 0);
  int bits = bits_of(type);
  int64_t least = bits == 64 ? INT64_MIN : -(int64_t{1} << (bits - 1));
  return pool.integer(type, greatest ? ~least : least);
}

}  // namespace

std::string_view text_of(Reducer reducer) { return kReducers[static_cast<size_t>(reducer)]; }

Expr identity_of(Reducer reducer, DType type, ExprPool& pool) {
  switch (reducer) {
    case Reducer::Sum: return pool.literal(type, 0);
    case Reducer::Prod: return pool.literal(type, 1);
    case Reducer::Max: return extreme(type, pool, false);
    case Reducer::Min: return extreme(type, pool, true);
    case Reducer::Any: return pool.boolean(false);
    case Reducer::All: return pool.boolean(true);
    case Reducer::None: break;
  }
  return {};
}

Expr combine(Reducer reducer, Expr a, Expr b) {
  switch (reducer) {
    case Reducer::Sum: return a + b;
    case Reducer::Prod: return a * b;
    case Reducer::Max: return max(a, b);
    case Reducer::Min: return min(a, b);
    case Reducer::Any: return a | b;
    case Reducer::All: return a & b;
    case Reducer::None: break;
  }
  return b;
}

bool Stage::is_plain() const {
  if (name != tensor || target.size() != axes.size()) return false;
  for (size_t i = 0; i < axes.size(); ++i) {
    const Var* var = target[i].as<Var>();
    if (!var || var->name != axes[i].name) return false;
  }
  return true;
}

const Axis* Stage::find_axis(const std::string& axis_name) const {
  for (const Axis& axis : axes)
    if (axis.name == axis_name) return &axis;
  for (const Axis& axis : reduce_axes)
    if (axis.name == axis_name) return &axis;
  return nullptr;
}

Expr bytes_of(const Buffer& buffer, ExprPool& pool) {
  Expr count = pool.index(1);
  std::vector<Expr> extents = buffer.layout.physical_extents(buffer.extents);
  for (Expr extent : extents) count = count * extent;
  int bits = bits_of(buffer.type);
  return bits >= 8 ? count * pool.index(bits / 8) : ceil_div(count * pool.index(bits), 8);
}

Expr Leaf::axis_binding(const std::string& axis_name) const {
  for (size_t i = 0; i < stage->axes.size(); ++i)
    if (stage->axes[i].name == axis_name) return bindings[i];
  for (size_t i = 0; i < stage->reduce_axes.size(); ++i)
    if (stage->reduce_axes[i].name == axis_name) return bindings[stage->axes.size() + i];
  return {};
}

Expr Leaf::init_guard() const {
  Expr kept;
  for (Expr part : conjuncts(guard)) {
    bool ends_reduce_axis = false;
    for (size_t i = stage->axes.size(); i < bindings.size(); ++i) {
      Expr extent = stage->reduce_axes[i - stage->axes.size()].extent;
      for (Expr inside : {lt(bindings[i], extent), le(bindings[i], simplify(extent - 1.0, {}))})
        ends_reduce_axis = ends_reduce_axis || part == inside || part == simplify(inside, {});
    }
    if (!ends_reduce_axis) kept = kept ? kept & part : part;
  }
  return kept;
}

const Buffer* Function::find_buffer(const std::string& buffer_name) const {
  for (const Param& param : params)
    if (param.buffer.name == buffer_name) return &param.buffer;
  const Buffer* found = nullptr;
  for_each_stmt(body, [&](const Stmt& stmt) {
    const Alloc* alloc = stmt.as<Alloc>();
    if (alloc && alloc->buffer.name == buffer_name) found = &alloc->buffer;
  });
  return found;
}

const Function* Module::find_function(const std::string& function_name) const {
  for (const Function& function : functions)
    if (function.name == function_name) return &function;
  return nullptr;
}

Ranges Module::symbol_ranges() const {
  Ranges ranges;
  for (const Symbol& symbol : symbols)
    ranges.set(symbol.name, pool->index(symbol.min), pool->index(symbol.max));
  return ranges;
}

Expr Module::greatest_end(const std::vector<std::string>& slots) const {
  Expr greatest = pool->index(0);
  for (const ArenaSlot& slot : arena)
    if (slots.empty() || std::find(slots.begin(), slots.end(), slot.buffer) != slots.end())
      greatest = max(greatest, slot.end());
  return greatest;
}

int64_t Module::at_upper_bounds(Expr e) const {
  std::vector<Substitution> values;
  for (const Symbol& symbol : symbols) values.push_back({symbol.name, pool->index(symbol.max)});
  Expr result = substitute(e, values);
  const int64_t* literal = as_int(result);
  TENON_CHECK(literal, "an index expression of more than symbols");
  return *literal;
}

// ---- rewriting ----------------------------------------------------------------------------------

Stmt StmtRewriter::rewrite_children(const Stmt& stmt) {
  auto exprs = [&](const std::vector<Expr>& list, bool& changed) {
    std::vector<Expr> result;
    for (Expr e : list) {
      result.push_back(rewrite_expr(e));
      changed = changed || result.back() != e;
    }
    return result;
  };
  auto optional = [&](Expr e) { return e ? rewrite_expr(e) : e; };
  bool changed = false;
  switch (stmt.kind()) {
    case StmtKind::Block: {
      std::vector<Stmt> stmts;
      for (const Stmt& child : stmt.as<Block>()->stmts) {
        stmts.push_back(rewrite(child));
        changed = changed || !(stmts.back() == child);
      }
      return changed ? block(std::move(stmts)) : stmt;
    }
    case StmtKind::For: {
      For loop = *stmt.as<For>();
      Expr extent = rewrite_expr(loop.extent);
      Stmt body = rewrite(loop.body);
      if (extent == loop.extent && body == loop.body) return stmt;
      loop.extent = extent;
      loop.body = body;
      return loop;
    }
    case StmtKind::Leaf: {
      Leaf leaf = *stmt.as<Leaf>();
      std::vector<Expr> bindings = exprs(leaf.bindings, changed);
      Expr guard = optional(leaf.guard);
      if (!changed && guard == leaf.guard) return stmt;
      leaf.bindings = std::move(bindings);
      leaf.guard = guard;
      return leaf;
    }
    case StmtKind::Store: {
      Store store = *stmt.as<Store>();
      std::vector<Expr> indices = exprs(store.indices, changed);
      Expr value = rewrite_expr(store.value);
      if (!changed && value == store.value) return stmt;
      store.indices = std::move(indices);
      store.value = value;
      return store;
    }
    case StmtKind::If: {
      If branch = *stmt.as<If>();
      Expr condition = rewrite_expr(branch.condition);
      Stmt then_body = rewrite(branch.then_body);
      Stmt else_body = branch.else_body ? rewrite(branch.else_body) : Stmt();
      if (condition == branch.condition && then_body == branch.then_body &&
          else_body == branch.else_body)
        return stmt;
      return If{condition, then_body, else_body};
    }
    case StmtKind::Alloc: {
      Alloc alloc = *stmt.as<Alloc>();
      std::vector<Expr> extents = exprs(alloc.buffer.extents, changed);
      std::vector<Expr> base = exprs(alloc.buffer.base, changed);
      std::vector<Expr> strides = exprs(alloc.buffer.strides, changed);
      Expr alias_offset = optional(alloc.buffer.alias_offset);
      if (!changed && alias_offset == alloc.buffer.alias_offset) return stmt;
      alloc.buffer.extents = std::move(extents);
      alloc.buffer.base = std::move(base);
      alloc.buffer.strides = std::move(strides);
      alloc.buffer.alias_offset = alias_offset;
      return alloc;
    }
    case StmtKind::Require: {
      const Require* require = stmt.as<Require>();
      Expr condition = rewrite_expr(require->condition);
      return condition == require->condition ? stmt : Stmt(Require{condition, require->location});
    }
    case StmtKind::Prefetch: {
      const Prefetch* prefetch = stmt.as<Prefetch>();
      std::vector<Expr> indices = exprs(prefetch->indices, changed);
      return changed ? Stmt(Prefetch{prefetch->buffer, std::move(indices)}) : stmt;
    }
    case StmtKind::Barrier:
    case StmtKind::Call: return stmt;
  }
  return stmt;
}

void for_each_stmt(const Stmt& stmt, const std::function<void(const Stmt&)>& visit) {
  if (!stmt) return;
  visit(stmt);
  if (const Block* block = stmt.as<Block>()) {
    for (const Stmt& child : block->stmts) for_each_stmt(child, visit);
  } else if (const For* loop = stmt.as<For>()) {
    for_each_stmt(loop->body, visit);
  } else if (const If* branch = stmt.as<If>()) {
    for_each_stmt(branch->then_body, visit);
    for_each_stmt(branch->else_body, visit);
  }
}

void for_each_expr(const Stmt& root, const std::function<void(Expr)>& visit) {
  auto all = [&](const std::vector<Expr>& list) {
    for (Expr e : list) visit(e);
  };
  auto one = [&](Expr e) {
    if (e) visit(e);
  };
  for_each_stmt(root, [&](const Stmt& stmt) {
    switch (stmt.kind()) {
      case StmtKind::Block:
      case StmtKind::Barrier:
      case StmtKind::Call: break;
      case StmtKind::For: one(stmt.as<For>()->extent); break;
      case StmtKind::Leaf: {
        const Leaf* leaf = stmt.as<Leaf>();
        all(leaf->bindings);
        one(leaf->guard);
        all(leaf->stage->target);
        one(leaf->stage->where);
        one(leaf->stage->value);
        all(leaf->stage->requirements);
        break;
      }
      case StmtKind::Store:
        all(stmt.as<Store>()->indices);
        one(stmt.as<Store>()->value);
        break;
      case StmtKind::If: one(stmt.as<If>()->condition); break;
      case StmtKind::Alloc:
        all(stmt.as<Alloc>()->buffer.extents);
        all(stmt.as<Alloc>()->buffer.base);
        all(stmt.as<Alloc>()->buffer.strides);
        one(stmt.as<Alloc>()->buffer.alias_offset);
        break;
      case StmtKind::Require: one(stmt.as<Require>()->condition); break;
      case StmtKind::Prefetch: all(stmt.as<Prefetch>()->indices); break;
    }
  });
}

Stmt block(std::vector<Stmt> stmts) {
  std::vector<Stmt> flat;
  for (Stmt& stmt : stmts) {
    if (!stmt) continue;
    if (const Block* inner = stmt.as<Block>())
      flat.insert(flat.end(), inner->stmts.begin(), inner->stmts.end());
    else
      flat.push_back(std::move(stmt));
  }
  return flat.size() == 1 ? flat[0] : Stmt(Block{std::move(flat)});
}

}  // namespace tenon::loop
