// Which elements of a tensor the leaves below a loop touch.
//
//   for mo in 16 { for mi in 8 { stage acc[m:128] ... with m = mo*8 + mi } }
//   window_of(acc, mo, Access::Writes)   ->   base [mo*8], extents [8]
#include "schedule/window.h"

#include <algorithm>

namespace tenon::schedule {

using loop::For;
using loop::Leaf;
using loop::Stmt;

namespace {

// The smaller (greater) of two bounds, without min (max) where one is proved.
Expr least(Expr a, Expr b, const Ranges& ranges) {
  return prove(le(a, b), ranges) ? a : prove(le(b, a), ranges) ? b : min(a, b);
}
Expr greatest(Expr a, Expr b, const Ranges& ranges) {
  return prove(le(b, a), ranges) ? a : prove(le(a, b), ranges) ? b : max(a, b);
}

bool is_blocked(const Layout& layout, int axis) {
  return std::any_of(layout.dims.begin(), layout.dims.end(), [&](const PhysicalDim& dim) {
    return dim.axis == axis && (dim.divisor > 1 || dim.modulus > 1);
  });
}

}  // namespace

std::vector<Expr> at_bindings(const Leaf& leaf, std::span<const Expr> indices, bool clamped) {
  const loop::Stage& stage = *leaf.stage;
  std::vector<Substitution> point;
  for (size_t i = 0; i < leaf.bindings.size(); ++i) {
    const loop::Axis& axis =
        i < stage.axes.size() ? stage.axes[i] : stage.reduce_axes[i - stage.axes.size()];
    bool clamps = clamped && std::find(leaf.clamped.begin(), leaf.clamped.end(), axis.name) !=
                                 leaf.clamped.end();
    point.push_back(
        {axis.name, clamps ? min(leaf.bindings[i], axis.extent - 1) : leaf.bindings[i]});
  }
  std::vector<Expr> result;
  for (Expr index : indices) result.push_back(substitute(index, point));
  return result;
}

Status visit_accesses(const Leaf& leaf, const std::string& tensor, Access access,
                      const std::function<Status(const std::vector<Expr>&)>& visit) {
  const loop::Stage& stage = *leaf.stage;
  if (access != Access::Reads && stage.tensor == tensor)
    if (Status status = visit(at_bindings(leaf, stage.target, false)); !status) return status;
  if (access == Access::Writes) return Done{};
  Status status = Done{};
  auto reads = [&](Expr root) {
    if (root)
      for_each_node(root, [&](Expr node) {
        const Read* read = node.as<Read>();
        if (!read || read->tensor != tensor) return;
        if (status) status = visit(at_bindings(leaf, read->indices(), false));
        if (status && !leaf.clamped.empty())
          status = visit(at_bindings(leaf, read->indices(), true));
      });
  };
  reads(stage.value);
  reads(stage.where);
  for (Expr requirement : stage.requirements) reads(requirement);
  return status;
}

bool reads_with_else(const Stmt& root, const std::string& tensor) {
  bool found = false;
  for (const LeafAt& at : leaves_in(root))
    for_each_node(at.leaf.stage->value, [&](Expr node) {
      const Read* read = node.as<Read>();
      found = found || (read && read->tensor == tensor && read->has_otherwise);
    });
  return found;
}

Result<Window> window_of(const State& state, const std::string& tensor,
                         const std::string& loop_name, Access access) {
  const For& loop = *find_loop(state.function.body, loop_name);
  Ranges ranges = ranges_at(state, loop_name, true);
  std::vector<Region> box;
  bool first = true;
  for (const LeafAt& at : leaves_in(loop.body)) {
    Status status =
        visit_accesses(at.leaf, tensor, access, [&](const std::vector<Expr>& indices) -> Status {
          for (size_t d = 0; d < indices.size(); ++d) {
            Result<Region> region = region_of(indices[d], at.loops, ranges);
            if (!region)
              return Failure{region.reason() + " (" + tensor + " in " + at.leaf.stage->name + ")"};
            if (first)
              box.push_back(*region);
            else
              box[d] = {least(box[d].min, region->min, ranges),
                        greatest(box[d].max, region->max, ranges)};
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

Result<Window> buffer_window_of(const State& state, const std::string& tensor,
                                const std::string& loop_name, Access access) {
  Result<Window> window = window_of(state, tensor, loop_name, access);
  if (!window) return window;
  bool looks_up = false;
  for (const std::vector<Expr>* list : {&window->base, &window->extents})
    for (Expr e : *list)
      for_each_node(e, [&](Expr node) { looks_up = looks_up || node.as<Read>(); });
  if (looks_up) return Failure{"a subscript of " + tensor + " is itself read from a tensor"};
  return window;
}

bool padding_is_read(const State& state, const std::string& tensor) {
  const loop::Buffer* buffer = state.function.find_buffer(tensor);
  if (!buffer || !buffer->base.empty()) return false;
  for (const LeafAt& at : leaves_in(state.function.body)) {
    Ranges ranges = state.symbols;
    for (const For* loop : at.loops) ranges.set_extent(loop->var, loop->extent);
    std::vector<Expr> known = at.conditions;
    for (Expr part : conjuncts(at.leaf.guard)) known.push_back(part);
    for (Expr part : at_bindings(at.leaf, conjuncts(at.leaf.stage->where), true))
      known.push_back(part);
    for (Expr& condition : known) condition = simplify(condition, ranges);
    bool outside = false;
    auto look = [&](const std::vector<Expr>& indices) -> Status {
      for (size_t d = 0; d < indices.size(); ++d) {
        if (!is_blocked(buffer->layout, static_cast<int>(d))) continue;
        Expr inside = simplify(lt(indices[d], buffer->extents[d]), ranges);
        outside = outside || (!prove(inside, ranges) &&
                              std::find(known.begin(), known.end(), inside) == known.end());
      }
      return Done{};
    };
    TENON_CHECK(visit_accesses(at.leaf, tensor, Access::Reads, look), tensor);
    if (outside) return true;
  }
  return false;
}

}  // namespace tenon::schedule
