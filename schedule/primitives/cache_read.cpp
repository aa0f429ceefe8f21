// cache_read TENSOR in SCOPE at LOOP -> NAME
//
//   for no in 4 { for k in 64 { stage y[...] reduce ... sum x[k, n] ... } }
//   cache_read x in scratch at no -> xs
//   for no in 4 { buffer xs: f32[64, 8] at [0, no*8] in scratch   for xs.i0 in 64 { for xs.i1 in 8 { stage xs[...] = x[...] } }  ... }
//
// Copies the window of a tensor that one iteration of LOOP reads into memory of its own, and reads
// that instead. The window is filled whole, so that tiles that run over can read it (cache_write):
// beyond the tensor's end with zeros, in shared memory with the tensor's last elements, whose loads
// need no condition. Exact.
#include "schedule/iterations.h"
#include "schedule/place_window.h"
#include "schedule/primitives/primitives.h"
#include "schedule/window.h"

namespace tenon::schedule {
namespace {

using loop::For;
using loop::Leaf;
using loop::Stage;
using loop::Stmt;

// Extents of the whole tensor, of which the buffer may be a window.
Result<std::vector<Expr>> whole_extents(const State& state, const loop::Buffer& buffer) {
  if (buffer.base.empty()) return buffer.extents;
  std::vector<LeafAt> writers = writers_of(state.function.body, buffer.name);
  if (writers.empty() || !writers[0].leaf.stage->is_plain())
    return Failure{buffer.name + " is a window of unknown extents"};
  std::vector<Expr> extents;
  for (const loop::Axis& axis : writers[0].leaf.stage->axes) extents.push_back(axis.extent);
  return extents;
}

// The end of what a subscript takes over all iterations: (seq + 15)//16 * 16 of no*16 + i1.
Result<Expr> end_of(const State& state, Expr subscript, const std::string& loop_name,
                    const For& copied) {
  std::vector<const For*> around = loops_around(state.function.body, loop_name);
  around.push_back(find_loop(state.function.body, loop_name));
  around.push_back(&copied);
  Result<Region> region = region_of(subscript, around, state.symbols);
  if (!region) return region.error();
  return simplify(region->max + 1.0, state.symbols);
}

// Loops that fill `copy` with the window of `source`. What lies behind the tensor is, in shared
// memory, its last element, else zeros: there the stage is that of a longer tensor.
Stmt copy_nest(const State& state, const loop::Buffer& source, const std::vector<Expr>& extents,
               const Window& window, const std::string& loop_name, const std::string& copy,
               loop::Scope scope) {
  ExprPool& pool = *state.pool;
  Ranges ranges = ranges_at(state, loop_name, true);
  auto stage = std::make_shared<Stage>();
  stage->name = stage->tensor = copy;
  stage->type = source.type;
  Leaf leaf;
  std::vector<For> loops;
  Expr behind;
  for (size_t d = 0; d < extents.size(); ++d) {
    std::string axis = "i" + std::to_string(d);
    stage->axes.push_back({axis, extents[d]});
    stage->target.push_back(pool.var(axis));
    For loop{copy + "." + axis, window.extents[d], loop::LoopKind::Serial, 1, {}, {}};
    ranges.set_extent(loop.var, loop.extent);
    Expr binding = simplify(window.base[d] + pool.var(loop.var), ranges);
    leaf.bindings.push_back(binding);
    leaf.guard = add_guard(leaf.guard, le(pool.index(0), binding), ranges);
    if (!prove(lt(binding, extents[d]), ranges)) {
      Result<Expr> end = end_of(state, binding, loop_name, loop);
      if (scope == loop::Scope::Shared) {
        leaf.clamped.push_back(axis);
      } else if (end && source.base.empty()) {  // of a window, `else` means outside of that
        stage->axes.back().extent = *end;
        behind = pool.literal(source.type, 0);
      } else {
        leaf.guard = add_guard(leaf.guard, lt(binding, extents[d]), ranges);
      }
    }
    loops.push_back(std::move(loop));
  }
  stage->value = pool.read(source.name, source.type, stage->target, behind);
  leaf.stage = stage;
  Stmt nest = leaf;
  for (size_t i = loops.size(); i-- > 0;) {
    loops[i].body = nest;
    nest = loops[i];
  }
  return nest;
}

// `body` with every leaf reading `copy` instead of `tensor`.
Stmt read_copy(const Stmt& body, const std::string& tensor, const std::string& copy) {
  return map_leaves(body, [&](const Leaf& reader) -> Stmt {
    Leaf result = reader;
    result.stage = rename_tensor(reader.stage, tensor, copy);
    return result;
  });
}

Status apply_cache_read(State& state, Lexer& arguments) {
  std::string tensor = arguments.expect_word("the name of a tensor");
  Result<loop::Scope> scope = read_scope(arguments, loop::Scope::Scratch);
  if (!scope) return scope.error();
  arguments.expect("at");
  Result<std::string> loop_name = read_holder_name(state, arguments);
  if (!loop_name) return loop_name.error();
  arguments.expect("->");
  Result<std::string> copy_name = read_fresh_name(state, arguments);
  if (!copy_name) return copy_name.error();
  const loop::Buffer* source = state.function.find_buffer(tensor);
  if (!source) return Failure{"no tensor is called " + tensor};
  Result<std::vector<Expr>> extents = whole_extents(state, *source);
  if (!extents) return extents.error();
  if (padding_is_read(state, tensor))
    return Failure{"the padding of " + tensor + " is read, and a copy has none"};
  const For& loop = *find_loop(state.function.body, *loop_name);
  if (!writers_of(loop.body, tensor).empty())
    return Failure{tensor + " is written inside " + *loop_name};
  if (reads_with_else(loop.body, tensor))
    return Failure{tensor + " is read with an else value, whose bounds a copy would change"};
  Result<Window> window = buffer_window_of(state, tensor, *loop_name, Access::Reads);
  if (!window) return window.error();

  Stmt nest = copy_nest(state, *source, *extents, *window, *loop_name, *copy_name, *scope);
  loop::Buffer buffer{*copy_name, source->type, *extents, {}, loop::Scope::Arena, {}, {}, {}};
  Stmt body = replace_loop(state.function.body, *loop_name, [&](const For& old) {
    For changed = old;
    changed.body = loop::block({nest, read_copy(old.body, tensor, *copy_name)});
    return Stmt(changed);
  });
  state.function.body = loop::block({loop::Alloc{buffer}, body});
  if (Status status = window_holds_reads(state, tensor); !status) return status;
  return place_window(state, *copy_name, *loop_name, *scope, {});
}

}  // namespace

const Primitive cache_read = {
    .name = "cache_read",
    .syntax = "cache_read TENSOR in stack|scratch|register|shared at LOOP -> NAME",
    .summary = "what one iteration reads of a tensor is copied first",
    .effect = Effect::Exact,
    .apply = apply_cache_read,
};

}  // namespace tenon::schedule
