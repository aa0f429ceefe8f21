// Checks one function.
#include "ir/loop/verify.h"
#include "ir/loop/constants.h"

#include <algorithm>
#include <map>
#include <set>

#include "ir/expr/text.h"
#include "ir/loop/text.h"
#include "ir/loop/verify_parts.h"

namespace tenon::loop {
namespace {

class FunctionVerifier {
 public:
  FunctionVerifier(const Function& function, const Ranges& symbols, const VerifyOptions& options)
      : function_(function), ranges_(symbols), options_(options) {}

  std::vector<std::string> run();

 private:
  template <class... Parts>
  void fault(const Parts&... parts) {
    faults_.add(parts...);
  }

  void check_param(const Param& param);
  void check_stmt(const Stmt& stmt);
  void check_for(const For& loop);
  void check_alloc(const Buffer& buffer);
  void check_leaf(const Leaf& leaf);
  void check_stage(const Stage& stage);
  void check_bindings(const Leaf& leaf);
  void check_store(const Store& store);

  /// The expression has this type, and its variables and buffers are known; `axes` are variables
  /// besides those in scope.
  void check_expr(Expr e, std::optional<DType> type, const std::string& what,
                  const std::set<std::string>& axes = {});
  const Buffer* find_buffer(const std::string& name);
  void check_written(const std::string& name);
  /// `assumed` are conditions that hold where the access happens.
  void check_access(const Buffer& buffer, std::span<const Expr> indices, const Ranges& ranges,
                    const std::vector<Expr>& assumed);
  void check_reads(Expr e, const Ranges& ranges, const std::vector<Expr>& assumed);
  void check_register(const Buffer& buffer, std::span<const Expr> indices, const Ranges& ranges);

  const Function& function_;
  Ranges ranges_;
  const VerifyOptions& options_;
  FaultList faults_;
  bool has_leaves_ = false;
  std::map<std::string, Buffer> buffers_;  // in scope
  std::map<std::string, ParamKind> params_;
  std::vector<const For*> loops_;  // around the statement
  std::vector<Expr> conditions_;   // that hold there
  std::set<std::string> loop_names_, started_, written_;
  const For* parallel_ = nullptr;
};

std::vector<std::string> FunctionVerifier::run() {
  for_each_stmt(function_.body,
                [&](const Stmt& stmt) { has_leaves_ = has_leaves_ || stmt.as<Leaf>(); });
  for (const Param& param : function_.params) check_param(param);
  if (function_.body) check_stmt(function_.body);
  if (function_.body) check_bound_loops(function_, faults_);
  faults_.enter({});
  for (const Param& param : function_.params)
    if (param.kind == ParamKind::Out && !written_.count(param.buffer.name) &&
        literal_count(param.buffer.extents) != 0)
      fault("the result ", param.buffer.name, " is never written");
  if (has_leaves_ && !function_.anchor_stage.empty() &&
      !loop_names_.count("stage " + function_.anchor_stage))
    fault("the anchor ", function_.anchor_stage, " is no stage of the function");
  return faults_.take();
}

// ---- names --------------------------------------------------------------------------------------

void FunctionVerifier::check_param(const Param& param) {
  const Buffer& buffer = param.buffer;
  faults_.check_buffer(buffer);
  if (!params_.emplace(buffer.name, param.kind).second)
    fault("two parameters are named ", buffer.name);
  if (!buffer.base.empty()) fault("parameter ", buffer.name, " has a base");
  for (Expr extent : buffer.extents)
    check_expr(extent, DType::Index, "an extent of " + buffer.name);
  for (Expr stride : buffer.strides) check_expr(stride, DType::Index, "a stride of " + buffer.name);
  buffers_[buffer.name] = buffer;
}

const Buffer* FunctionVerifier::find_buffer(const std::string& name) {
  auto found = buffers_.find(name);
  if (found != buffers_.end()) return &found->second;
  fault("no buffer ", name, " is in scope");
  return nullptr;
}

void FunctionVerifier::check_expr(Expr e, std::optional<DType> type, const std::string& what,
                                  const std::set<std::string>& axes) {
  if (!e) return fault(what, " is missing");
  if (type && e.type() != *type)
    fault(what, " is of type ", name_of(e.type()), ", not ", name_of(*type));
  for_each_node(e, [&](Expr node) {
    if (const Var* var = node.as<Var>()) {
      if (!axes.count(var->name) && !ranges_.find(var->name))
        fault(what, " uses ", var->name, ", which is no variable here");
    } else if (const Read* read = node.as<Read>()) {
      const Buffer* buffer = find_buffer(read->tensor);
      if (!buffer) return;
      if (buffer->type != read->type)
        fault(what, " reads ", read->tensor, " as ", name_of(read->type));
      if (buffer->extents.size() != read->indices().size())
        fault(what, " reads ", read->tensor, " with ", read->indices().size(), " subscripts");
    }
  });
}

void FunctionVerifier::check_written(const std::string& name) {
  written_.insert(name);
  auto param = params_.find(name);
  if (param != params_.end() &&
      (param->second == ParamKind::In || param->second == ParamKind::Const))
    fault("the parameter ", name, " is not to be written");
}

// ---- statements ---------------------------------------------------------------------------------

void FunctionVerifier::check_stmt(const Stmt& stmt) {
  if (const Block* block = stmt.as<Block>()) {
    std::map<std::string, Buffer> outer = buffers_;
    for (const Stmt& child : block->stmts) check_stmt(child);
    buffers_ = std::move(outer);
    return;
  }
  faults_.enter(stmt);
  switch (stmt.kind()) {
    case StmtKind::Block: break;
    case StmtKind::For: check_for(*stmt.as<For>()); break;
    case StmtKind::Leaf: check_leaf(*stmt.as<Leaf>()); break;
    case StmtKind::Store: check_store(*stmt.as<Store>()); break;
    case StmtKind::Alloc: check_alloc(stmt.as<Alloc>()->buffer); break;
    case StmtKind::If: {
      const If* branch = stmt.as<If>();
      check_expr(branch->condition, DType::Bool, "the condition");
      check_reads(branch->condition, ranges_, conditions_);
      std::vector<Expr> outer = conditions_;
      for (Expr part : conjuncts(branch->condition)) conditions_.push_back(part);
      if (branch->then_body) check_stmt(branch->then_body);
      conditions_ = outer;
      if (branch->else_body) {
        conditions_.push_back(logical_not(branch->condition));
        check_stmt(branch->else_body);
      }
      conditions_ = outer;
      break;
    }
    case StmtKind::Require:
      check_expr(stmt.as<Require>()->condition, DType::Bool, "the condition");
      check_reads(stmt.as<Require>()->condition, ranges_, conditions_);
      break;
    case StmtKind::Prefetch: {
      const Prefetch* prefetch = stmt.as<Prefetch>();
      const Buffer* buffer = find_buffer(prefetch->buffer);
      if (buffer && buffer->extents.size() != prefetch->indices.size())
        fault("a prefetch of ", buffer->name, " with ", prefetch->indices.size(), " subscripts");
      for (Expr index : prefetch->indices) check_expr(index, DType::Index, "a subscript");
      break;
    }
    case StmtKind::Barrier: break;
    case StmtKind::Call: fault("a call inside of a function"); break;
  }
}

void FunctionVerifier::check_for(const For& loop) {
  faults_.check_name(loop.var, "loop variable");
  bool again = !loop_names_.insert("loop " + loop.var).second;
  if (ranges_.find(loop.var)) return fault("the variable ", loop.var, " has a value here already");
  if (again && has_leaves_) fault("two loops have the variable ", loop.var);
  check_expr(loop.extent, DType::Index, "the extent");
  bool expanded = loop.kind == LoopKind::Unrolled || loop.kind == LoopKind::Vectorized;
  if (expanded && !(loop.extent && as_int(loop.extent)))
    fault("a loop of this kind has a literal extent");
  if (loop.chunk < 1 || (loop.chunk != 1 && loop.kind != LoopKind::Parallel))
    fault("a chunk of ", loop.chunk, " iterations");
  if (loop.kind == LoopKind::Parallel) {
    if (!loops_.empty()) fault("a parallel loop inside of another loop");
    if (parallel_) fault("a second parallel loop");
    parallel_ = &loop;
  }
  if (!loop.extent || loop.extent.type() != DType::Index) return;
  loops_.push_back(&loop);
  ranges_.set_extent(loop.var, loop.extent);
  if (loop.body) check_stmt(loop.body);
  ranges_.erase(loop.var);
  loops_.pop_back();
}

void FunctionVerifier::check_alloc(const Buffer& buffer) {
  faults_.check_buffer(buffer);
  if (buffers_.count(buffer.name)) fault("a buffer ", buffer.name, " is in scope already");
  if (buffer.scope == Scope::Constant) fault("a constant that is no parameter");
  if (!buffer.alias_of.empty()) fault("only buffers of main lie over others");
  bool fixed = buffer.scope == Scope::Register || buffer.scope == Scope::Stack;
  for (Expr extent : buffer.extents) {
    check_expr(extent, DType::Index, "an extent");
    if (fixed && !has_leaves_ && !as_int(extent))
      fault("the extent ", to_string(extent), " is no literal");
  }
  for (Expr first : buffer.base) check_expr(first, DType::Index, "the base");
  for (Expr stride : buffer.strides) check_expr(stride, DType::Index, "a stride");
  buffers_[buffer.name] = buffer;
}

void FunctionVerifier::check_store(const Store& store) {
  const Buffer* buffer = find_buffer(store.buffer);
  check_written(store.buffer);
  for (Expr index : store.indices) check_expr(index, DType::Index, "a subscript");
  check_expr(store.value, buffer ? std::optional(buffer->type) : std::nullopt, "the value");
  if (!buffer || !store.value) return;
  check_access(*buffer, store.indices, ranges_, conditions_);
  for (Expr index : store.indices) check_reads(index, ranges_, conditions_);
  check_reads(store.value, ranges_, conditions_);
}

// ---- leaves -------------------------------------------------------------------------------------

void FunctionVerifier::check_leaf(const Leaf& leaf) {
  const Stage& stage = *leaf.stage;
  loop_names_.insert("stage " + stage.name);
  check_written(stage.tensor);
  check_stage(stage);
  if (leaf.bindings.size() != stage.axes.size() + stage.reduce_axes.size())
    return fault(leaf.bindings.size(), " bindings for ",
                 stage.axes.size() + stage.reduce_axes.size(), " axes");
  if (leaf.guard) check_expr(leaf.guard, DType::Bool, "the guard");
  for (const std::string& name : leaf.clamped)
    if (!stage.find_axis(name)) fault("the clamped ", name, " is no axis");
  if (leaf.initializes)
    started_.insert(stage.name);
  else if (!started_.count(stage.name))
    fault("the reduction continues before it starts");
  check_bindings(leaf);

  // Where the stage runs, its axes are inside their extents, and `where` holds.
  Ranges ranges = ranges_;
  for (const std::vector<Axis>* axes : {&stage.axes, &stage.reduce_axes})
    for (const Axis& axis : *axes) ranges.set_extent(axis.name, axis.extent);
  std::vector<Expr> assumed = conditions_, where = conjuncts(stage.where);
  assumed.insert(assumed.end(), where.begin(), where.end());
  check_reads(stage.value, ranges, assumed);
  if (stage.where) check_reads(stage.where, ranges, conditions_);
  // A window of a tensor is only seen in loop variables.
  const Buffer* buffer = find_buffer(stage.tensor);
  if (!buffer) return;
  if (buffer->base.empty() && leaf.clamped.empty()) {
    check_access(*buffer, stage.target, ranges, assumed);
  } else {
    std::vector<Substitution> point;
    for (size_t i = 0; i < leaf.bindings.size(); ++i)
      point.push_back({i < stage.axes.size() ? stage.axes[i].name
                                             : stage.reduce_axes[i - stage.axes.size()].name,
                       leaf.bindings[i]});
    std::vector<Expr> target;
    for (Expr index : stage.target) target.push_back(substitute(index, point));
    std::vector<Expr> guarded = conditions_, guard = conjuncts(leaf.guard);
    guarded.insert(guarded.end(), guard.begin(), guard.end());
    check_access(*buffer, target, ranges_, guarded);
  }
}

void FunctionVerifier::check_bindings(const Leaf& leaf) {
  const Stage& stage = *leaf.stage;
  std::vector<Expr> assumed = conditions_, guard = conjuncts(leaf.guard);
  assumed.insert(assumed.end(), guard.begin(), guard.end());
  for (size_t i = 0; i < leaf.bindings.size(); ++i) {
    const Axis& axis =
        i < stage.axes.size() ? stage.axes[i] : stage.reduce_axes[i - stage.axes.size()];
    check_expr(leaf.bindings[i], DType::Index, "the binding of " + axis.name);
    bool clamped =
        std::find(leaf.clamped.begin(), leaf.clamped.end(), axis.name) != leaf.clamped.end();
    if (leaf.bindings[i] && !clamped)
      faults_.check_inside(leaf.bindings[i], axis.extent, ranges_, assumed, "axis " + axis.name,
                           options_.require_proofs);
  }
}

void FunctionVerifier::check_stage(const Stage& stage) {
  std::set<std::string> axes;
  for (const std::vector<Axis>* list : {&stage.axes, &stage.reduce_axes})
    for (const Axis& axis : *list) {
      check_expr(axis.extent, DType::Index, "the extent of " + axis.name);
      if (!axes.insert(axis.name).second) fault("two axes are named ", axis.name);
    }
  const Buffer* buffer = find_buffer(stage.tensor);
  if (buffer && buffer->type != stage.type)
    fault("the stage gives ", name_of(stage.type), ", its tensor holds ", name_of(buffer->type));
  if (buffer && buffer->extents.size() != stage.target.size())
    fault("the stage writes ", stage.tensor, " with ", stage.target.size(), " subscripts");
  for (Expr index : stage.target)
    check_expr(index, DType::Index, "a subscript of the target", axes);
  check_expr(stage.value, stage.type, "the value", axes);
  if (stage.where) check_expr(stage.where, DType::Bool, "the predicate", axes);
  for (Expr requirement : stage.requirements)
    check_expr(requirement, DType::Bool, "a requirement", axes);
  faults_.check_reducer(stage);
}

// ---- accesses -----------------------------------------------------------------------------------

void FunctionVerifier::check_reads(Expr e, const Ranges& ranges, const std::vector<Expr>& assumed) {
  for_each_node(e, [&](Expr node) {
    const Read* read = node.as<Read>();
    auto buffer = read ? buffers_.find(read->tensor) : buffers_.end();
    if (buffer != buffers_.end() && !read->has_otherwise)
      check_access(buffer->second, read->indices(), ranges, assumed);
  });
}

void FunctionVerifier::check_access(const Buffer& buffer, std::span<const Expr> indices,
                                    const Ranges& ranges, const std::vector<Expr>& assumed) {
  if (indices.size() != buffer.extents.size()) return;
  for (size_t i = 0; i < indices.size(); ++i) {
    Expr index = buffer.base.empty() ? indices[i] : indices[i] - buffer.base[i];
    faults_.check_inside(index, padded_extent(buffer, i), ranges, assumed,
                         "subscript " + std::to_string(i) + " of " + buffer.name,
                         options_.require_proofs);
  }
  if (buffer.scope == Scope::Register && !has_leaves_) check_register(buffer, indices, ranges);
}

void FunctionVerifier::check_register(const Buffer& buffer, std::span<const Expr> indices,
                                      const Ranges& ranges) {
  for (size_t i = 0; i < indices.size(); ++i) {
    Expr index = simplify(buffer.base.empty() ? indices[i] : indices[i] - buffer.base[i], ranges);
    for (const std::string& name : variables_of(index)) {
      bool expanded = std::any_of(loops_.begin(), loops_.end(), [&](const For* loop) {
        return loop->var == name &&
               (loop->kind == LoopKind::Unrolled || loop->kind == LoopKind::Vectorized ||
                (loop->kind == LoopKind::Thread && index.as<Var>()));
      });
      // A loop that runs once is as good as written out.
      expanded = expanded || bounds_of(index.pool().var(name), ranges).is_point();
      if (!expanded)
        fault("subscript ", i, " of the register buffer ", buffer.name, " is ", to_string(index),
              ": ", name, " is not unrolled");
    }
  }
}

}  // namespace

std::vector<std::string> verify(const Function& function, const Ranges& symbols,
                                const VerifyOptions& options) {
  return FunctionVerifier(function, symbols, options).run();
}

}  // namespace tenon::loop
