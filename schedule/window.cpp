// Buffers that hold a window of their tensor.
//
//   for mo in 16 { for mi in 8 { stage acc[m:128] ... with m = mo*8 + mi }  for ... { stage y[m:128] = acc[m] ... } }
//   place_window(acc, mo, register)
//   for mo in 16 { buffer acc: f32[8] at [mo*8] in register   for mi in 8 { ... } }
#include "schedule/window.h"

namespace tenon::schedule {
namespace {

using loop::For;
using loop::Stmt;

constexpr int64_t kMostStackElements = 4096;

// Calls `visit` with the subscripts of each access to `tensor` in a leaf, with its bindings substituted.
Status visit_accesses(const LeafAt& at, const std::string& tensor, Access access,
                      const std::function<Status(const std::vector<Expr>&)>& visit) {
  const loop::Stage& stage = *at.leaf.stage;
  std::vector<Substitution> plain, clamped;
  for (size_t i = 0; i < at.leaf.bindings.size(); ++i) {
    const loop::Axis& axis = i < stage.axes.size() ? stage.axes[i] : stage.reduce_axes[i - stage.axes.size()];
    plain.push_back({axis.name, at.leaf.bindings[i]});
  }
  auto substituted = [&](std::span<const Expr> indices) {
    std::vector<Expr> result;
    for (Expr index : indices) result.push_back(substitute(index, plain));
    return result;
  };
  if (access != Access::Reads && stage.tensor == tensor)
    if (Status status = visit(substituted(stage.target)); !status) return status;
  if (access == Access::Writes) return Done{};
  Status status = Done{};
  auto reads = [&](Expr root) {
    if (root)
      for_each_node(root, [&](Expr node) {
        const Read* read = node.as<Read>();
        if (read && read->tensor == tensor && status) status = visit(substituted(read->indices()));
      });
  };
  reads(stage.value);
  reads(stage.where);
  for (Expr requirement : stage.requirements) reads(requirement);
  return status;
}

// The smaller (greater) of two bounds, without min (max) where one is proved.
Expr least(Expr a, Expr b, const Ranges& ranges) { return prove(le(a, b), ranges) ? a : prove(le(b, a), ranges) ? b : min(a, b); }
Expr greatest(Expr a, Expr b, const Ranges& ranges) { return prove(le(b, a), ranges) ? a : prove(le(a, b), ranges) ? b : max(a, b); }

}  // namespace

Result<Window> window_of(const State& state, const std::string& tensor, const std::string& loop_name, Access access) {
  const For& loop = *find_loop(state.function.body, loop_name);
  Ranges ranges = ranges_at(state, loop_name, true);
  std::vector<Region> box;
  bool first = true;
  for (const LeafAt& at : leaves_in(loop.body)) {
    Status status = visit_accesses(at, tensor, access, [&](const std::vector<Expr>& indices) -> Status {
      for (size_t d = 0; d < indices.size(); ++d) {
        Result<Region> region = region_of(indices[d], at.loops, ranges);
        if (!region) return Failure{region.reason() + " (" + tensor + " in " + at.leaf.stage->name + ")"};
        if (first) box.push_back(*region);
        else box[d] = {least(box[d].min, region->min, ranges), greatest(box[d].max, region->max, ranges)};
      }
      first = false;
      return Done{};
    });
    if (!status) return status.error();
  }
  if (first) return Failure{"nothing below " + loop_name + " uses " + tensor};
  Window window;
  for (const Region& region : box) {
    window.base.push_back(region.min);
    window.extents.push_back(simplify(region.max - region.min + 1.0, ranges));
  }
  return window;
}

Status place_window(State& state, const std::string& tensor, const std::string& loop_name, loop::Scope scope, Layout layout) {
  const loop::Buffer* found = nullptr;
  loop::for_each_stmt(state.function.body, [&](const Stmt& stmt) {
    const loop::Alloc* alloc = stmt.as<loop::Alloc>();
    if (alloc && alloc->buffer.name == tensor) found = &alloc->buffer;
  });
  if (!found) return Failure{tensor + " is no local buffer of this function"};
  loop::Buffer buffer = *found;
  if (!layout.is_valid(static_cast<int>(buffer.extents.size()))) return Failure{to_string(layout) + " is no layout of " + tensor};

  const For& loop = *find_loop(state.function.body, loop_name);
  size_t inside = 0, everywhere = 0;
  auto count = [&](const Stmt& root) {
    size_t uses = 0;
    for (const LeafAt& at : leaves_in(root))
      uses += at.leaf.stage->tensor == tensor || reads_tensor(Stmt(at.leaf), tensor);
    return uses;
  };
  inside = count(loop.body);
  everywhere = count(state.function.body);
  if (inside != everywhere) return Failure{"not all stages that use " + tensor + " are inside " + loop_name};

  Result<Window> window = window_of(state, tensor, loop_name, Access::Both);
  if (!window) return window.error();
  if (scope == loop::Scope::Register || scope == loop::Scope::Stack) {
    int64_t elements = 1;
    for (Expr extent : window->extents) {
      const int64_t* literal = as_int(extent);
      if (!literal) return Failure{"a window in " + std::string(scope == loop::Scope::Stack ? "the stack" : "registers") + " needs literal extents, and one of " + tensor + " is " + to_string(extent)};
      elements *= *literal;
    }
    if (elements > kMostStackElements) return Failure{"a window of " + std::to_string(elements) + " elements is too large for this scope"};
  }
  buffer.base = window->base;
  buffer.extents = window->extents;
  buffer.scope = scope;
  buffer.layout = std::move(layout);
  state.function.body = remove_alloc(state.function.body, tensor);
  state.function.body = replace_loop(state.function.body, loop_name, [&](const For& old) {
    For changed = old;
    changed.body = loop::block({loop::Alloc{buffer}, old.body});
    return Stmt(changed);
  });
  return Done{};
}

Result<loop::Scope> read_scope(Lexer& arguments, loop::Scope otherwise) {
  if (!arguments.accept("in")) return otherwise;
  std::string name = arguments.expect_word("a scope: register, stack, scratch or arena");
  if (name == "register") return loop::Scope::Register;
  if (name == "stack") return loop::Scope::Stack;
  if (name == "scratch") return loop::Scope::Scratch;
  if (name == "arena") return loop::Scope::Arena;
  return Failure{"no scope for this primitive is called " + name + "; there are register, stack, scratch and arena"};
}

}  // namespace tenon::schedule
