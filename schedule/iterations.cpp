// Proofs over the windows of one iteration and the next.
//
//   for mo in 16 { for mi in 8 { stage acc[m:128] ... with m = mo*8 + mi } }
//   iterations_write_apart(acc, mo)   ->   done: mo*8 + 8 <= (mo + 1)*8
#include "schedule/iterations.h"

#include <algorithm>
#include <numeric>

#include "ir/expr/linear_form.h"
#include "schedule/window.h"

namespace tenon::schedule {
namespace {

using loop::For;
using loop::Leaf;
using loop::Stmt;

// True when the subscripts of one write take every value of their box: sums of loops of their own,
// without gaps.
bool fills_its_box(const std::vector<Expr>& indices, const std::vector<const For*>& inner,
                   const Ranges& ranges) {
  std::vector<const For*> used;
  for (Expr index : indices) {
    LinearForm rest = linear_form(index);
    std::vector<std::pair<int64_t, const For*>> steps;
    for (const For* loop : inner) {
      Split split = split_by(rest, index.pool().var(loop->var));
      if (split.coefficient.is_zero()) continue;
      bool own = std::find(used.begin(), used.end(), loop) == used.end();
      if (!own || !split.linear || !split.coefficient.is_constant() ||
          split.coefficient.constant < 1)
        return false;
      used.push_back(loop);
      steps.emplace_back(split.coefficient.constant, loop);
      rest = split.rest;
    }
    for (const For* loop : inner)
      if (uses_var(build(index.pool(), rest), loop->var)) return false;
    std::sort(steps.begin(), steps.end(), [](auto& a, auto& b) { return a.first < b.first; });
    Expr reach = index.pool().index(1);
    for (const auto& [step, loop] : steps) {
      for (const For* other : inner)
        if (uses_var(loop->extent, other->var)) return false;
      if (!prove(le(index.pool().index(step), reach), ranges)) return false;
      reach = reach + (loop->extent - 1) * step;
    }
  }
  return true;
}

// True when one iteration of the loop writes every element of its window that lies in the tensor:
// because each write takes every value of its box, or because no other iteration comes there.
bool writes_whole_window(const State& state, const std::string& tensor,
                         const std::string& loop_name) {
  Ranges ranges = ranges_at(state, loop_name, true);
  bool filled = true;
  for (const LeafAt& at : writers_of(find_loop(state.function.body, loop_name)->body, tensor)) {
    filled = filled && conditions_beyond_extents(at, ranges).empty();
    std::vector<Expr> indices;
    Ranges all = ranges;
    for (const For* loop : at.loops) all.set_extent(loop->var, loop->extent);
    for (Expr index : at_bindings(at.leaf, at.leaf.stage->target, false))
      indices.push_back(simplify(index, all));
    filled = filled && fills_its_box(indices, at.loops, ranges);
  }
  if (filled) return true;
  if (!iterations_write_apart(state, tensor, loop_name)) return false;
  for (const For* outer : loops_around(state.function.body, loop_name))
    if (!iterations_write_apart(state, tensor, outer->var)) return false;
  return true;
}

// True when an index differs between iterations of `loop`, whatever the loops inside are at: they
// stay below its next value, or they step over all its values at once: inner*256 + loop.
bool tells_apart(Expr index, const For& loop, const std::vector<const For*>& inner,
                 const Ranges& ranges) {
  ExprPool& pool = index.pool();
  Ranges all = ranges;
  for (const For* each : inner) all.set_extent(each->var, each->extent);
  Split own = split_by(linear_form(simplify(index, all)), pool.var(loop.var));
  bool steps = own.linear && own.coefficient.is_constant() && own.coefficient.constant > 0;
  if (!steps || uses_var(build(pool, own.rest), loop.var)) return false;
  LinearForm rest = own.rest;
  std::vector<std::pair<int64_t, const For*>> finer;
  Expr reach = (loop.extent - 1) * own.coefficient.constant;  // of this loop and of finer ones
  int64_t coarse = 0;
  for (const For* each : inner) {
    Split split = split_by(rest, pool.var(each->var));
    if (split.coefficient.is_zero()) continue;
    if (!split.linear || !split.coefficient.is_constant() || split.coefficient.constant < 1)
      return false;
    int64_t step = split.coefficient.constant;
    if (step < own.coefficient.constant)
      finer.emplace_back(step, each);
    else
      coarse = coarse == 0 ? step : std::gcd(coarse, step);
    rest = split.rest;
  }
  for (const For* each : inner)
    if (uses_var(build(pool, rest), each->var) || uses_var(each->extent, loop.var)) return false;
  Expr fine = pool.index(0);
  for (const auto& [step, each] : finer) fine = fine + (each->extent - 1) * step;
  if (!prove(lt(fine, pool.index(own.coefficient.constant)), ranges)) return false;
  return coarse == 0 || prove(lt(reach + fine, pool.index(coarse)), ranges);
}

// The number whose digits the subscripts are: [f // 125, f // 5 % 25, f % 5] of f32[64, 25, 5] are
// those of f. Null where they are none.
Expr number_of(const std::vector<Expr>& indices, const std::vector<Expr>& extents,
               const Ranges& ranges) {
  size_t first = 0;
  while (first < indices.size() && bounds_of(indices[first], ranges).max == 0) ++first;
  if (first + 1 >= indices.size()) return {};
  const Apply* last = simplify(indices.back(), ranges).as_op(Op::FloorMod);
  if (!last || !(simplify(extents.back(), ranges) == last->operand(1))) return {};
  Expr number = last->operand(0), stride = last->operand(1);
  for (size_t d = indices.size() - 1; d-- > first;) {
    Expr digit = floor_div(number, stride);
    if (d > first) digit = floor_mod(digit, extents[d]);
    if (!(simplify(digit, ranges) == simplify(indices[d], ranges))) return {};
    stride = simplify(stride * extents[d], ranges);
  }
  return number;
}

// True when different values of a stage's axes are different elements of its tensor: each axis is
// alone in a subscript of its own, as in y[i, 2*j + 5].
bool axes_name_elements(const loop::Stage& stage) {
  for (const loop::Axis& axis : stage.axes) {
    bool is_named = false;
    for (Expr index : stage.target) {
      if (!uses_var(index, axis.name)) continue;
      Split split = split_by(linear_form(index), index.pool().var(axis.name));
      bool is_alone =
          split.linear && split.coefficient.is_constant() && split.coefficient.constant != 0;
      for (const loop::Axis& other : stage.axes)
        is_alone = is_alone && (other.name == axis.name || !uses_var(index, other.name));
      is_named = is_named || is_alone;
    }
    if (!is_named) return false;
  }
  return true;
}

// The same for the places of the elements in row-major order, which tell apart what loops over
// several axes at once write: [f // 8, f % 8] is place f.
bool places_are_apart(const State& state, const std::string& tensor, const std::string& loop_name) {
  const For& loop = *find_loop(state.function.body, loop_name);
  Ranges ranges = ranges_at(state, loop_name, true);
  std::vector<LeafAt> writers = writers_of(loop.body, tensor);
  const loop::Buffer* buffer = state.function.find_buffer(tensor);
  if (writers.size() != 1 || !buffer) return false;
  const Leaf& leaf = writers[0].leaf;
  Ranges inside = ranges;
  for (const For* inner : writers[0].loops) inside.set_extent(inner->var, inner->extent);
  Expr place = state.index(0);
  std::vector<Expr> indices = at_bindings(leaf, leaf.stage->target, false);
  if (axes_name_elements(*leaf.stage)) {
    std::vector<Expr> digits, extents;
    for (size_t i = 0; i < leaf.stage->axes.size(); ++i) {
      digits.push_back(leaf.bindings[i]);
      extents.push_back(leaf.stage->axes[i].extent);
    }
    if (Expr number = number_of(digits, extents, inside))
      return tells_apart(number, loop, writers[0].loops, ranges);
  }
  for (size_t d = 0; d < indices.size(); ++d) {
    if (!buffer->base.empty()) indices[d] = simplify(indices[d] - buffer->base[d], inside);
    if (tells_apart(indices[d], loop, writers[0].loops, ranges)) return true;
  }
  for (size_t d = 0; d < indices.size(); ++d) {
    // A subscript that runs over its axis comes to the places of the next row.
    if (!is_int(place, 0) && !prove(lt(indices[d], buffer->extents[d]), inside)) return false;
    place = place * buffer->extents[d] + indices[d];
  }
  return tells_apart(place, loop, writers[0].loops, ranges);
}

// True when no iteration of the loop writes what iterations read of the tensor: c[t - 1] beside
// c[t].
bool reads_what_none_writes(const State& state, const std::string& tensor,
                            const std::string& loop_name) {
  const For& loop = *find_loop(state.function.body, loop_name);
  Ranges outer = ranges_at(state, loop_name, false);
  auto regions = [&](Access access, std::vector<std::vector<Region>>& found) {
    for (const LeafAt& at : leaves_in(loop.body)) {
      std::vector<const For*> inner = at.loops;
      inner.insert(inner.begin(), &loop);
      Status status =
          visit_accesses(at.leaf, tensor, access, [&](const std::vector<Expr>& indices) {
            std::vector<Region> box;
            for (Expr index : indices) {
              Result<Region> region = region_of(index, inner, outer);
              if (!region) return Status(region.error());
              box.push_back(*region);
            }
            found.push_back(std::move(box));
            return Status(Done{});
          });
      if (!status) return false;
    }
    return true;
  };
  std::vector<std::vector<Region>> reads, writes;
  if (!regions(Access::Reads, reads) || !regions(Access::Writes, writes)) return false;
  for (const std::vector<Region>& read : reads)
    for (const std::vector<Region>& write : writes) {
      bool apart = false;
      for (size_t d = 0; d < read.size() && !apart; ++d)
        apart = prove(lt(read[d].max, write[d].min), outer) ||
                prove(lt(write[d].max, read[d].min), outer);
      if (!apart) return false;
    }
  return true;
}

// True when a stage reads its own tensor only where the subscripts of some axes are those that it
// writes, and these axes differ between iterations: y[t - 1, i] beside y[t, i], for a loop over i.
bool reads_its_own_lines(const State& state, const std::string& tensor,
                         const std::string& loop_name) {
  const For& loop = *find_loop(state.function.body, loop_name);
  std::vector<LeafAt> writers = writers_of(loop.body, tensor);
  if (writers.size() != 1) return false;
  const Leaf& leaf = writers[0].leaf;
  const loop::Stage& stage = *leaf.stage;
  for (const LeafAt& at : leaves_in(loop.body))
    if (reads_tensor(at.leaf, tensor) && at.leaf.stage != leaf.stage) return false;
  std::vector<bool> is_same(stage.target.size(), true);
  Leaf rest = leaf;  // what the leaf reads beside its value
  loop::Stage without_value = stage;
  without_value.value = state.index(0);
  rest.stage = std::make_shared<const loop::Stage>(without_value);
  if (reads_tensor(rest, tensor)) return false;
  for_each_node(stage.value, [&](Expr node) {
    const Read* read = node.as<Read>();
    if (!read || read->tensor != tensor) return;
    for (size_t d = 0; d < is_same.size(); ++d)
      is_same[d] = is_same[d] && read->indices()[d] == stage.target[d];
  });
  std::vector<Expr> digits, extents;
  for (size_t i = 0; i < stage.axes.size(); ++i)
    for (size_t d = 0; d < is_same.size(); ++d) {
      const Var* axis = is_same[d] ? stage.target[d].as<Var>() : nullptr;
      if (!axis || axis->name != stage.axes[i].name) continue;
      digits.push_back(leaf.bindings[i]);
      extents.push_back(stage.axes[i].extent);
    }
  Ranges ranges = ranges_at(state, loop_name, true), inside = ranges;
  for (const For* inner : writers[0].loops) inside.set_extent(inner->var, inner->extent);
  for (Expr digit : digits)
    if (tells_apart(digit, loop, writers[0].loops, ranges)) return true;
  Expr number = digits.empty() ? Expr() : number_of(digits, extents, inside);
  return number && tells_apart(number, loop, writers[0].loops, ranges);
}

}  // namespace

Status iterations_write_apart(const State& state, const std::string& tensor,
                              const std::string& loop_name) {
  Result<Window> written = window_of(state, tensor, loop_name, Access::Writes);
  if (!written && places_are_apart(state, tensor, loop_name)) return Done{};
  if (!written) return written.error();
  Ranges ranges = ranges_at(state, loop_name, true);
  std::vector<Substitution> next = {{loop_name, state.pool->var(loop_name) + state.index(1)}};
  for (size_t d = 0; d < written->base.size(); ++d) {
    // Where a last, shorter tile reaches beyond the tensor it is guarded, so only where the next
    // one starts counts.
    Expr end = written->base[d] + written->extents[d];
    if (uses_var(written->base[d], loop_name) &&
        prove(le(end, substitute(written->base[d], next)), ranges))
      return Done{};
  }
  if (places_are_apart(state, tensor, loop_name)) return Done{};
  return Failure{"it is not proved that the iterations of " + loop_name +
                 " write different elements of " + tensor};
}

Status iterations_read_own_writes(const State& state, const std::string& tensor,
                                  const std::string& loop_name) {
  const Stmt& body = find_loop(state.function.body, loop_name)->body;
  if (!reads_tensor(body, tensor)) return Done{};
  Result<Window> written = window_of(state, tensor, loop_name, Access::Writes);
  if (!written) return written.error();
  Result<Window> read = window_of(state, tensor, loop_name, Access::Reads);
  if (!read) return read.error();
  Failure refusal{"an iteration of " + loop_name + " reads elements of " + tensor +
                  " that it has not written itself"};
  Ranges ranges = ranges_at(state, loop_name, true);
  for (size_t d = 0; d < read->base.size(); ++d) {
    Expr read_end = read->base[d] + read->extents[d],
         written_end = written->base[d] + written->extents[d];
    if (!prove(le(written->base[d], read->base[d]), ranges) ||
        !prove(le(read_end, written_end), ranges))
      return refusal;
  }
  if (reads_with_else(body, tensor) || !writes_whole_window(state, tensor, loop_name))
    return refusal;
  return Done{};
}

Status iterations_are_independent(const State& state, const std::string& loop_name) {
  const Stmt& body = find_loop(state.function.body, loop_name)->body;
  for (const std::string& tensor : tensors_shared_by_iterations(body))
    if (reads_what_none_writes(state, tensor, loop_name) ||
        reads_its_own_lines(state, tensor, loop_name))
      continue;
    else if (Status status = iterations_read_own_writes(state, tensor, loop_name); !status)
      return status;
  return Done{};
}

Status window_holds_reads(const State& state, const std::string& tensor) {
  std::vector<const For*> around = loops_around_buffer(state.function.body, tensor);
  if (around.empty()) return Done{};
  const std::string& loop_name = around.back()->var;
  size_t inside = 0, all = 0;
  for (const LeafAt& at : leaves_in(around.back()->body)) inside += reads_tensor(at.leaf, tensor);
  for (const LeafAt& at : leaves_in(state.function.body)) all += reads_tensor(at.leaf, tensor);
  if (inside != all) return Failure{tensor + " lives only inside " + loop_name};
  return iterations_read_own_writes(state, tensor, loop_name);
}

std::vector<std::string> tensors_shared_by_iterations(const Stmt& body) {
  std::vector<std::string> inside, shared;
  loop::for_each_stmt(body, [&](const Stmt& stmt) {
    if (const loop::Alloc* alloc = stmt.as<loop::Alloc>()) inside.push_back(alloc->buffer.name);
  });
  for (const LeafAt& at : leaves_in(body)) {
    const std::string& tensor = at.leaf.stage->tensor;
    bool is_inside = std::find(inside.begin(), inside.end(), tensor) != inside.end();
    if (!is_inside && std::find(shared.begin(), shared.end(), tensor) == shared.end())
      shared.push_back(tensor);
  }
  return shared;
}

}  // namespace tenon::schedule
