// cache_write TENSOR in SCOPE at LOOP [as <LAYOUT>]
//
//   for mo in 16 { for k in 768 { for mi in 8 { stage acc[m:128] reduce k ... } }  for y.mi in 8 { stage y[m:128] = acc[m] ... } }
//   cache_write acc in register at mo
//   for mo in 16 { buffer acc: f32[8] at [mo*8] in register  ... }
//
// The tensor's buffer becomes a window in registers, on the stack or in scratch memory, inside
// LOOP. A result of the function, or a tensor that is read outside of LOOP, keeps its buffer: the
// window gets the name TENSOR.tile, and a stage TENSOR copies it out at the end of LOOP, with the
// loops of the writer. The layout orders the window's axes; registers want the vectorized axis last.
//
// A tile that has its own memory is computed whole: guards of the last tile are dropped where the
// stage's reads stay inside all the same, because the axis is clamped or because the tensors read
// are padded to whole tiles. Exact.
#include <algorithm>

#include "schedule/place_window.h"
#include "schedule/primitives/primitives.h"

namespace tenon::schedule {
namespace {

using loop::For;
using loop::Leaf;
using loop::Stage;
using loop::Stmt;

// True when `axis` of the leaf, bound up to `last`, stays inside the padding of every tensor that
// its stage reads with it.
bool reads_padded(const State& state, const Leaf& leaf, const std::string& axis, Expr last,
                  const Ranges& ranges) {
  bool padded = true;
  for_each_node(leaf.stage->value, [&](Expr node) {
    const Read* read = node.as<Read>();
    if (!read || !uses_var(node, axis)) return;
    const loop::Buffer* buffer = state.function.find_buffer(read->tensor);
    for (size_t d = 0; d < read->indices().size(); ++d) {
      Expr index = read->indices()[d];
      if (!uses_var(index, axis)) continue;
      const Var* var = index.as<Var>();
      int64_t block = 0;
      for (const PhysicalDim& dim : buffer->layout.dims)
        if (dim.axis == static_cast<int>(d) && dim.modulus == 0) block = dim.divisor;
      bool inside = var && block > 1 && buffer->base.empty() &&  // a window has no padding
                    prove(lt(last, ceil_div(buffer->extents[d], block) * block), ranges);
      padded = padded && inside;
    }
  });
  return padded;
}

// True when the leaf reads a window with this axis: of another element the window holds nothing.
bool reads_window(const State& state, const Leaf& leaf, const std::string& axis) {
  bool found = false;
  for_each_node(leaf.stage->value, [&](Expr node) {
    const Read* read = node.as<Read>();
    found = found || (read && uses_var(node, axis) &&
                      !loops_around_buffer(state.function.body, read->tensor).empty());
  });
  return found;
}

// True when the leaf writes all of the window that lies below the loops it shares with it, but for
// what lies before the tensor's start.
bool fills_window(const State& state, const LeafAt& at, const loop::Buffer& buffer) {
  const Stage& stage = *at.leaf.stage;
  if (stage.reducer != loop::Reducer::None || !at.conditions.empty() || !stage.is_plain())
    return false;
  for (Expr part : conjuncts(at.leaf.guard)) {
    const Apply* bound = part.as_op(Op::Le);
    if (!bound || !is_int(bound->operand(0), 0)) return false;
  }
  size_t around = loops_around_buffer(state.function.body, buffer.name).size();
  Ranges ranges = state.symbols;
  for (size_t i = 0; i < around; ++i) ranges.set_extent(at.loops[i]->var, at.loops[i]->extent);
  const std::vector<const For*> own(at.loops.begin() + static_cast<ptrdiff_t>(around),
                                    at.loops.end());
  for (size_t d = 0; d < buffer.base.size(); ++d) {
    Result<Region> region = region_of(at.leaf.bindings[d], own, ranges);
    if (!region || !prove(le(region->min, buffer.base[d]), ranges) ||
        !prove(le(buffer.base[d] + buffer.extents[d] - 1.0, region->max), ranges))
      return false;
  }
  return true;
}

// True when every tensor that the stage reads with this axis is a window filled to its end, as
// cache_read fills it.
bool reads_filled_windows(const State& state, const Leaf& leaf, const std::string& axis) {
  bool filled = true;
  for_each_node(leaf.stage->value, [&](Expr node) {
    const Read* read = node.as<Read>();
    if (!read || !uses_var(node, axis)) return;
    const loop::Buffer* buffer = state.function.find_buffer(read->tensor);
    filled = filled && !buffer->base.empty();
    for (const LeafAt& writer : writers_of(state.function.body, read->tensor))
      filled = filled && fills_window(state, writer, *buffer);
  });
  return filled;
}

// The guard of a leaf without the conditions `binding < extent` of axes that may run over.
Expr relaxed_guard(const State& state, const LeafAt& at, const Ranges& ranges) {
  std::vector<Expr> kept;
  Ranges inside = ranges;
  for (const For* loop : at.loops) inside.set_extent(loop->var, loop->extent);
  for (Expr part : conjuncts(at.leaf.guard)) {
    bool drop = false;
    for (size_t i = 0; i < at.leaf.stage->axes.size() && !drop; ++i) {
      const loop::Axis& axis = at.leaf.stage->axes[i];
      if (!(simplify(part, inside) == simplify(lt(at.leaf.bindings[i], axis.extent), inside)))
        continue;
      bool clamped = std::find(at.leaf.clamped.begin(), at.leaf.clamped.end(), axis.name) !=
                         at.leaf.clamped.end() &&
                     !reads_window(state, at.leaf, axis.name);
      Result<Region> region = region_of(at.leaf.bindings[i], at.loops, ranges);
      drop = clamped || reads_filled_windows(state, at.leaf, axis.name) ||
             (region && reads_padded(state, at.leaf, axis.name, region->max, ranges));
    }
    if (!drop) kept.push_back(part);
  }
  return conjunction(kept);
}

// The nest that copies the tile out, in the spatial loops of one of its writers.
Stmt make_copy(const State& state, const std::string& tensor, const std::string& tile,
               const LeafAt& writer, Ranges ranges, std::vector<std::string>& given_names) {
  const Stage& stage = *writer.leaf.stage;
  Stage copy{tensor, tensor, stage.type, stage.axes, stage.target,  loop::Reducer::None,
             {},     {},     {},         {},         stage.location};
  copy.value = state.pool->read(tile, stage.type, stage.target);
  std::vector<Substitution> fresh;
  std::vector<For> loops;
  for (const For* old : writer.loops) {
    if (!binds_spatial(writer.leaf, old->var)) continue;
    For loop = *old;
    loop.var = free_name(state, tensor + "." + old->var, given_names);
    loop.extent = substitute(old->extent, fresh);
    fresh.push_back({old->var, state.pool->var(loop.var)});
    ranges.set_extent(loop.var, loop.extent);
    loops.push_back(std::move(loop));
  }
  Leaf leaf{std::make_shared<const Stage>(copy), {}, {}, {}, true};
  for (size_t i = 0; i < copy.axes.size(); ++i) {
    Expr binding = simplify(substitute(writer.leaf.bindings[i], fresh), ranges);
    leaf.guard = add_guard(leaf.guard, le(state.pool->index(0), binding), ranges);
    leaf.guard = add_guard(leaf.guard, lt(binding, copy.axes[i].extent), ranges);
    leaf.bindings.push_back(binding);
  }
  for (Expr part : conditions_on_elements(writer, ranges))
    leaf.guard = add_guard(leaf.guard, substitute(part, fresh), ranges);
  Stmt nest = leaf;
  for (size_t i = loops.size(); i-- > 0;) {
    loops[i].body = nest;
    nest = loops[i];
  }
  return nest;
}

// Gives a tensor that is also used outside of the loop a local tile below it, and a stage that
// copies the tile out at the end of the loop.
Status split_off_tile(State& state, const std::string& tensor, const std::string& tile,
                      const loop::Buffer& buffer, const std::string& loop_name) {
  const Stmt before = state.function.body;  // keeps what the leaves found point to
  const For& loop = *find_loop(before, loop_name);
  std::vector<LeafAt> writers = writers_of(loop.body, tensor);
  if (writers.empty() || writers_of(before, tensor).size() != writers.size())
    return Failure{"not all of " + tensor + " is made below " + loop_name};
  for (const LeafAt& at : writers)
    if (at.leaf.stage->name != tensor) return Failure{tensor + " is written in pieces"};
  std::vector<Stmt> body = {map_leaves(loop.body, [&](const Leaf& old) -> Stmt {
    Leaf leaf = old;
    leaf.stage = rename_tensor(old.stage, tensor, tile);
    return leaf;
  })};
  Ranges ranges = ranges_at(state, loop_name, true);
  std::vector<std::string> given_names;
  for (const LeafAt& at : writers) {
    if (!at.leaf.initializes) continue;
    body.push_back(make_copy(state, tensor, tile, at, ranges, given_names));
  }
  loop::Buffer local{tile, buffer.type, buffer.extents, {}, loop::Scope::Arena, {}, {}, {}};
  For changed = loop;
  changed.body = loop::block(std::move(body));
  state.function.body =
      loop::block({loop::Alloc{local},
                   replace_loop(before, loop_name, [&](const For&) { return Stmt(changed); })});
  return Done{};
}

bool is_used_outside(const State& state, const std::string& tensor, const std::string& loop_name) {
  auto uses = [&](const Stmt& root) {
    size_t count = 0;
    for (const LeafAt& at : leaves_in(root))
      count += at.leaf.stage->tensor == tensor || reads_tensor(Stmt(at.leaf), tensor);
    return count;
  };
  return uses(find_loop(state.function.body, loop_name)->body) < uses(state.function.body);
}

Status apply_cache_write(State& state, Lexer& arguments) {
  std::string tensor = arguments.expect_word("the name of a tensor");
  Result<loop::Scope> scope = read_scope(arguments, loop::Scope::Register);
  if (!scope) return scope.error();
  arguments.expect("at");
  Result<std::string> loop_name = read_holder_name(state, arguments);
  if (!loop_name) return loop_name.error();
  Layout layout = arguments.accept("as") ? parse_layout(arguments) : Layout{};

  const loop::Buffer* found = state.function.find_buffer(tensor);
  if (!found) return Failure{"no tensor is called " + tensor};
  bool is_result =
      std::any_of(state.function.params.begin(), state.function.params.end(),
                  [&](const loop::Param& param) { return param.buffer.name == tensor; });
  if (is_result || is_used_outside(state, tensor, *loop_name)) {
    std::string tile = tensor + ".tile";
    if (!is_fresh(state, tile)) return Failure{"the name " + tile + " is already taken"};
    loop::Buffer buffer = *found;
    if (Status status = split_off_tile(state, tensor, tile, buffer, *loop_name); !status)
      return status;
    tensor = tile;
  }
  if (Status status = place_window(state, tensor, *loop_name, *scope, std::move(layout)); !status)
    return status;

  Ranges ranges = ranges_at(state, *loop_name, true);
  std::vector<LeafAt> writers =
      writers_of(find_loop(state.function.body, *loop_name)->body, tensor);
  size_t next = 0;
  state.function.body = map_leaves(state.function.body, [&](const Leaf& old) -> Stmt {
    if (old.stage->tensor != tensor) return old;
    Leaf leaf = old;
    leaf.guard = relaxed_guard(state, writers[next++], ranges);
    return leaf;
  });
  return Done{};
}

}  // namespace

const Primitive cache_write = {
    .name = "cache_write",
    .syntax = "cache_write TENSOR in register|stack|scratch at LOOP [as <LAYOUT>]",
    .summary = "a tensor is written to a window of its own before it leaves the loop",
    .effect = Effect::Exact,
    .apply = apply_cache_write,
};

}  // namespace tenon::schedule
