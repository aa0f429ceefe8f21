// Walks the statements of a function and makes flat code of them.
//
//   for k in 8 { stage acc[m:1] reduce k:8 { sum x[k] } with m = 0, k = k }
//   ->   acc[0] <- 0.0, then the loop: acc[0] <- acc[0] + x[k]
#include <algorithm>
#include <set>

#include "ir/loop/flat_builder.h"

namespace tenon::loop {
namespace {

using Code = FlatBuilder::Code;
using ScopedBuffer = FlatBuilder::ScopedBuffer;
using Value = FlatBuilder::Value;

// Expressions of the function in the pool of the flat code, with some variables replaced.
class Import final : public Rewriter {
 public:
  Import(ExprPool& pool, const std::map<std::string, Expr>& replaced)
      : Rewriter(pool), replaced_(replaced) {}
  std::vector<Expr> all(const std::vector<Expr>& list) {
    std::vector<Expr> result;
    for (Expr e : list) result.push_back((*this)(e));
    return result;
  }

 private:
  Expr rewrite(Expr e) override {
    if (const Var* var = e.as<Var>()) {
      auto found = replaced_.find(var->name);
      return found == replaced_.end() ? pool().var(var->name) : found->second;
    }
    return rewrite_children(e);
  }
  const std::map<std::string, Expr>& replaced_;
};

// A statement on the way from the body of the function to the one at hand: a loop, or a condition
// that holds.
struct PathStep {
  const For* loop = nullptr;
  Expr extent;     // of the loop, imported
  Expr condition;  // imported
  int depth = 0;   // of the region around it
};

class Maker {
 public:
  Maker(const Function& function, const SymbolValues& symbols, FlatCode& code)
      : function_(function), code_(code), builder_(code) {
    for (const auto& [name, value] : symbols) symbols_[name] = pool().index(value);
  }

  void make();

 private:
  ExprPool& pool() { return builder_.pool(); }
  Expr import(Expr e) { return Import(pool(), symbols_)(e); }
  std::vector<Expr> import(const std::vector<Expr>& list) {
    return Import(pool(), symbols_).all(list);
  }

  void add_param(const Param& param);
  ScopedBuffer add_buffer(const Buffer& buffer, int param);
  void make_stmt(const Stmt& stmt);
  void make_block(const Block& block);
  void make_for(const For& loop);
  void make_if(const If& branch);
  void make_alloc(const Alloc& alloc);
  void make_leaf(const Stmt& stmt);
  void make_init(const Stmt& stmt, const std::vector<Expr>& target,
                 const std::vector<Expr>& bindings, Expr guard);
  std::vector<bool> repeated_steps(const std::vector<Expr>& target, Expr guard,
                                   const std::set<std::string>& reduce_vars, size_t outermost);
  void require(Expr condition);

  // What `inside` emits runs if the condition holds.
  template <class Inside>
  void when(Expr condition, const Inside& inside) {
    if (!condition || is_true(condition)) return inside();
    Value value = builder_.value(condition);
    builder_.open_region(false);
    inside();
    Code code = builder_.close_region();
    builder_.emit(
        {.op = FlatOp::JumpUnless, .a = value.slot, .c = static_cast<int32_t>(code.size()) + 1});
    builder_.append(code);
  }

  // What `inside` emits runs for variable = 0 .. extent-1.
  template <class Inside>
  void repeat(const std::string& variable, Expr extent, const Inside& inside) {
    Value limit = builder_.value(extent);
    const int64_t* literal = as_int(extent);
    builder_.open_region(literal && *literal > 0);
    int32_t slot = builder_.define_variable(variable);
    builder_.ranges().set_extent(variable, extent);
    inside();
    builder_.ranges().erase(variable);
    builder_.forget_variable(variable);
    Code code = builder_.close_region();
    int32_t size = static_cast<int32_t>(code.size());
    builder_.emit({.op = FlatOp::LoopBegin, .dst = slot, .b = limit.slot, .c = size + 2});
    builder_.append(code);
    builder_.emit({.op = FlatOp::LoopNext, .dst = slot, .b = limit.slot, .c = -size});
  }

  const Function& function_;
  FlatCode& code_;
  FlatBuilder builder_;
  std::map<std::string, Expr> symbols_;
  std::set<std::string> written_;
  std::vector<PathStep> path_;
};

void Maker::make() {
  for_each_stmt(function_.body, [&](const Stmt& stmt) {
    if (const Store* store = stmt.as<Store>()) written_.insert(store->buffer);
    if (const Leaf* leaf = stmt.as<Leaf>()) written_.insert(leaf->stage->tensor);
  });
  for (const Param& param : function_.params) add_param(param);
  make_stmt(function_.body);
  for (const FlatBuilder::Coded& coded : builder_.close_region()) {
    code_.instructions.push_back(coded.instruction);
    code_.origins.push_back(coded.origin);
  }
}

// ---- buffers ------------------------------------------------------------------------------------

ScopedBuffer Maker::add_buffer(const Buffer& buffer, int param) {
  ScopedBuffer result;
  result.declared = buffer;
  result.declared.extents = import(buffer.extents);
  result.declared.base = import(buffer.base);
  result.number = static_cast<int32_t>(code_.buffers.size());
  result.changes = param < 0 || written_.count(buffer.name) != 0;
  for (Expr extent : buffer.layout.physical_extents(result.declared.extents))
    result.physical_extents.push_back(simplify(extent, builder_.ranges()));
  result.strides = import(buffer.strides);
  if (result.strides.empty()) {
    Expr stride = pool().index(1);
    result.strides.resize(result.physical_extents.size());
    for (size_t i = result.strides.size(); i-- > 0;) {
      result.strides[i] = stride;
      stride = stride * result.physical_extents[i];
    }
  }
  code_.buffers.push_back({buffer.name, buffer.type, param});
  return result;
}

void Maker::add_param(const Param& param) {
  int number = static_cast<int>(code_.params.size());
  ScopedBuffer buffer = add_buffer(param.buffer, number);
  FlatParam flat{param.kind, param.buffer.name, param.buffer.type, {}, {}};
  auto literals = [&](const std::vector<Expr>& list) {
    std::vector<int64_t> result;
    for (Expr e : list) {
      const int64_t* literal = as_int(simplify(e, builder_.ranges()));
      TENON_CHECK(literal, "the extents of parameter " + param.buffer.name +
                               " need a value: " + param.buffer.name);
      result.push_back(*literal);
    }
    return result;
  };
  flat.extents = literals(buffer.physical_extents);
  flat.strides = literals(buffer.strides);
  code_.parameter_bytes.push_back(bytes_of(flat.type, flat.count()));
  code_.params.push_back(std::move(flat));
  builder_.buffers()[param.buffer.name] = std::move(buffer);
}

void Maker::make_alloc(const Alloc& alloc) {
  ScopedBuffer buffer = add_buffer(alloc.buffer, -1);
  // Of a buffer with strides the last element says how much there is.
  Expr count = pool().index(1);
  for (size_t i = 0; i < buffer.strides.size(); ++i)
    count = count + (buffer.physical_extents[i] - 1) * buffer.strides[i];
  for (Expr extent : buffer.physical_extents)
    count = select(le(extent, pool().index(0)), pool().index(0), count);
  builder_.emit({.op = FlatOp::Alloc, .a = builder_.value(count).slot, .buffer = buffer.number});
  builder_.buffers()[alloc.buffer.name] = std::move(buffer);
}

// ---- statements ---------------------------------------------------------------------------------

void Maker::make_stmt(const Stmt& stmt) {
  if (!stmt) return;
  if (const Block* block = stmt.as<Block>()) return make_block(*block);
  builder_.begin_statement(stmt);
  switch (stmt.kind()) {
    case StmtKind::Block:
    case StmtKind::Prefetch:
    case StmtKind::Barrier: break;
    case StmtKind::For: make_for(*stmt.as<For>()); break;
    case StmtKind::If: make_if(*stmt.as<If>()); break;
    case StmtKind::Alloc: make_alloc(*stmt.as<Alloc>()); break;
    case StmtKind::Leaf: make_leaf(stmt); break;
    case StmtKind::Require: require(import(stmt.as<Require>()->condition)); break;
    case StmtKind::Store: {
      const Store* store = stmt.as<Store>();
      std::vector<Expr> indices = import(store->indices);
      builder_.store(store->buffer, indices, builder_.value(import(store->value)));
      break;
    }
    case StmtKind::Call: TENON_CHECK(false, "a call in function " + function_.name);
  }
}

void Maker::make_block(const Block& block) {
  auto outer = builder_.buffers();
  for (const Stmt& stmt : block.stmts) make_stmt(stmt);
  builder_.buffers() = std::move(outer);
}

void Maker::make_for(const For& loop) {
  Expr extent = import(loop.extent);
  path_.push_back({&loop, extent, {}, builder_.depth()});
  repeat(loop.var, extent, [&] { make_stmt(loop.body); });
  path_.pop_back();
}

void Maker::make_if(const If& branch) {
  Expr condition = import(branch.condition);
  Value value = builder_.value(condition);
  auto body = [&](const Stmt& stmt, Expr holds) {
    path_.push_back({nullptr, {}, holds, builder_.depth()});
    builder_.open_region(false);
    make_stmt(stmt);
    path_.pop_back();
    return builder_.close_region();
  };
  Code then_code = body(branch.then_body, condition);
  Code else_code = branch.else_body ? body(branch.else_body, logical_not(condition)) : Code();
  int32_t behind_then = static_cast<int32_t>(then_code.size()) + (branch.else_body ? 2 : 1);
  builder_.emit({.op = FlatOp::JumpUnless, .a = value.slot, .c = behind_then});
  builder_.append(then_code);
  if (!branch.else_body) return;
  builder_.emit({.op = FlatOp::Jump, .c = static_cast<int32_t>(else_code.size()) + 1});
  builder_.append(else_code);
}

void Maker::require(Expr condition) {
  builder_.emit({.op = FlatOp::Require, .a = builder_.value(condition).slot});
}

void Maker::make_leaf(const Stmt& stmt) {
  const Leaf& leaf = *stmt.as<Leaf>();
  const Stage& stage = *leaf.stage;
  std::vector<Expr> bindings = import(leaf.bindings);
  std::map<std::string, Expr> written = symbols_, read = symbols_;
  for (size_t i = 0; i < bindings.size(); ++i) {
    const Axis& axis =
        i < stage.axes.size() ? stage.axes[i] : stage.reduce_axes[i - stage.axes.size()];
    bool clamped =
        std::find(leaf.clamped.begin(), leaf.clamped.end(), axis.name) != leaf.clamped.end();
    written[axis.name] = bindings[i];
    read[axis.name] = clamped ? min(bindings[i], import(axis.extent) - 1) : bindings[i];
  }
  std::vector<Expr> target = Import(pool(), written).all(stage.target);
  std::vector<Expr> requirements = Import(pool(), read).all(stage.requirements);
  Expr value = Import(pool(), read)(stage.value);
  Expr guard = leaf.guard ? import(leaf.guard) : Expr();
  Expr where = stage.where ? Import(pool(), read)(stage.where) : Expr();
  bool reduces = stage.reducer != Reducer::None;
  TENON_CHECK(reduces || !where, "stage " + stage.name + " has points that it does not give");
  if (reduces && leaf.initializes) {
    Expr init_guard = leaf.init_guard();
    make_init(stmt, target, bindings, init_guard ? import(init_guard) : Expr());
    builder_.begin_statement(stmt);
  }
  when(guard, [&] {
    when(where, [&] {
      for (Expr requirement : requirements) require(requirement);
      if (reduces)
        value = combine(stage.reducer, pool().read(stage.tensor, stage.type, target), value);
      builder_.store(stage.tensor, target, builder_.value(value));
    });
  });
}

// Which steps of the path, from the outermost reduce loop on, the init repeats: the loops whose
// variables its subscripts, its guard or the extents of such loops use, and the conditions that use
// no other variable.
std::vector<bool> Maker::repeated_steps(const std::vector<Expr>& target, Expr guard,
                                        const std::set<std::string>& reduce_vars,
                                        size_t outermost) {
  std::vector<bool> repeated(path_.size(), false);
  std::set<std::string> needed;
  auto need = [&](Expr e) {
    for (const std::string& name : variables_of(e)) needed.insert(name);
  };
  for (Expr index : target) need(index);
  for (Expr part : conjuncts(guard)) {
    std::vector<std::string> names = variables_of(part);
    bool of_reduction = std::any_of(names.begin(), names.end(), [&](const std::string& name) {
      return reduce_vars.count(name) && !needed.count(name);
    });
    if (!of_reduction) need(part);
  }
  for (size_t i = path_.size(); i-- > outermost;) {
    if (!path_[i].loop ||
        (!needed.count(path_[i].loop->var) && reduce_vars.count(path_[i].loop->var)))
      continue;
    repeated[i] = true;
    needed.insert(path_[i].loop->var);
    need(path_[i].extent);
  }
  return repeated;
}

void Maker::make_init(const Stmt& stmt, const std::vector<Expr>& target,
                      const std::vector<Expr>& bindings, Expr guard) {
  const Stage& stage = *stmt.as<Leaf>()->stage;
  std::set<std::string> reduce_vars;
  for (size_t i = stage.axes.size(); i < bindings.size(); ++i)
    for (const std::string& name : variables_of(bindings[i])) reduce_vars.insert(name);
  // A loop that is an axis of the element too, as rfactor makes it, has elements of its own.
  std::set<std::string> axes;
  for (size_t i = 0; i < stage.axes.size(); ++i)
    if (const Var* bound = bindings[i].as<Var>()) axes.insert(bound->name);
  auto sums = [&](const std::string& var) { return reduce_vars.count(var) && !axes.count(var); };
  size_t outermost = 0;
  while (outermost < path_.size() && !(path_[outermost].loop && sums(path_[outermost].loop->var)))
    ++outermost;

  std::vector<bool> repeated = repeated_steps(target, guard, reduce_vars, outermost);
  std::map<std::string, Expr> fresh;
  std::set<std::string> hidden;
  for (size_t i = outermost; i < path_.size(); ++i) {
    if (!path_[i].loop) continue;
    if (repeated[i])
      fresh[path_[i].loop->var] = pool().var(path_[i].loop->var + ".init");
    else
      hidden.insert(path_[i].loop->var);
  }
  auto visible = [&](Expr e) {
    std::vector<std::string> names = variables_of(e);
    return std::none_of(names.begin(), names.end(),
                        [&](const std::string& name) { return hidden.count(name); });
  };
  std::vector<Expr> conditions;
  for (Expr part : conjuncts(guard))
    if (visible(part)) conditions.push_back(Import(pool(), fresh)(part));

  // From the outermost reduce loop in: the repeated loops and the conditions between them, then the
  // store.
  std::function<void(size_t)> from = [&](size_t i) {
    if (i == path_.size()) {
      when(conjunction(conditions), [&] {
        Expr identity = identity_of(stage.reducer, stage.type, pool());
        builder_.store(stage.tensor, Import(pool(), fresh).all(target), builder_.value(identity));
      });
    } else if (repeated[i]) {
      repeat(path_[i].loop->var + ".init", Import(pool(), fresh)(path_[i].extent),
             [&] { from(i + 1); });
    } else if (path_[i].condition && visible(path_[i].condition)) {
      when(Import(pool(), fresh)(path_[i].condition), [&] { from(i + 1); });
    } else {
      from(i + 1);
    }
  };
  if (outermost == path_.size()) return from(outermost);
  auto suspended = builder_.suspend(path_[outermost].depth);
  builder_.begin_statement(stmt);
  from(outermost);
  builder_.resume(suspended);
}

}  // namespace

std::unique_ptr<FlatCode> make_flat_code(const Function& function, const SymbolValues& symbols) {
  auto code = std::make_unique<FlatCode>();
  Maker(function, symbols, *code).make();
  return code;
}

}  // namespace tenon::loop
