// The range of an index expression over some loops, as expressions of the others.
//
//   mo*8 + mi over mi in 8   ->   mo*8 .. mo*8 + 7
#include <algorithm>

#include "schedule/nest.h"

namespace tenon::schedule {
namespace {

class RegionFinder {
 public:
  RegionFinder(const std::vector<const loop::For*>& inner, const Ranges& outer)
      : inner_(inner), outer_(outer) {}

  Result<Region> find(Expr e) {
    if (std::none_of(inner_.begin(), inner_.end(),
                     [&](const loop::For* loop) { return uses_var(e, loop->var); }))
      return Region{e, e};
    if (const Var* var = e.as<Var>()) return find_variable(*var, e.pool());
    const Apply* apply = e.as<Apply>();
    if (!apply || apply->children.size() != 2) return refuse(e);
    Result<Region> first = find(apply->operand(0)), second = find(apply->operand(1));
    if (!first) return first;
    if (!second) return second;
    Region a = *first, b = *second;
    switch (apply->op) {
      case Op::Add: return Region{a.min + b.min, a.max + b.max};
      case Op::Sub: return Region{a.min - b.max, a.max - b.min};
      case Op::Min: return Region{min(a.min, b.min), min(a.max, b.max)};
      case Op::Max: return Region{max(a.min, b.min), max(a.max, b.max)};
      case Op::Mul: return find_product(e, a, b);
      case Op::FloorDiv:
        return b.min == b.max && is_positive(b.min)
                   ? Result<Region>(Region{floor_div(a.min, b.min), floor_div(a.max, b.min)})
                   : refuse(e);
      case Op::FloorMod: return find_modulo(e, a, b);
      default: return refuse(e);
    }
  }

 private:
  static Failure refuse(Expr) {
    return {"a subscript is not monotone in the loops that would move"};
  }

  bool is_positive(Expr e) { return prove(le(e.pool().index(1), e), outer_); }

  Result<Region> find_variable(const Var& var, ExprPool& pool) {
    for (const loop::For* loop : inner_) {
      if (loop->var != var.name) continue;
      Result<Region> extent = find(loop->extent);
      if (!extent) return extent;
      return Region{pool.index(0), extent->max - 1.0};
    }
    return refuse({});
  }

  Result<Region> find_product(Expr e, Region a, Region b) {
    if (a.min == a.max) std::swap(a, b);
    if (b.min != b.max) return refuse(e);
    ExprPool& pool = e.pool();
    if (prove(le(pool.index(0), b.min), outer_)) return Region{a.min * b.min, a.max * b.min};
    if (prove(le(b.min, pool.index(0)), outer_)) return Region{a.max * b.min, a.min * b.min};
    return refuse(e);
  }

  Result<Region> find_modulo(Expr e, Region a, Region b) {
    if (b.min != b.max || !is_positive(b.min)) return refuse(e);
    Expr low = simplify(floor_div(a.min, b.min), outer_),
         high = simplify(floor_div(a.max, b.min), outer_);
    if (low == high) return Region{floor_mod(a.min, b.min), floor_mod(a.max, b.min)};
    return Region{e.pool().index(0), b.min - 1.0};
  }

  const std::vector<const loop::For*>& inner_;
  const Ranges& outer_;
};

}  // namespace

Result<Region> region_of(Expr index, const std::vector<const loop::For*>& inner,
                         const Ranges& outer) {
  Ranges all = outer;
  for (const loop::For* loop : inner) all.set_extent(loop->var, loop->extent);
  Result<Region> region = RegionFinder(inner, outer).find(simplify(index, all));
  if (!region) return region;
  return Region{simplify(region->min, outer), simplify(region->max, outer)};
}

}  // namespace tenon::schedule
