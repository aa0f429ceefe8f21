// Subscripts become physical: bases are subtracted, layouts applied, and the results simplified, so
// that every buffer is row-major (or strided) afterwards.
//
//   buffer y: f32[1, 64, 56]<0, 1/16, 2, 1%16>   y[0, co*16 + ci, h]
//   ->   buffer y: f32[1, 4, 56, 16]             y[0, co, h, ci]
#include <map>

#include "ir/loop/passes.h"

namespace tenon::loop {
namespace {

Buffer physical(const Buffer& buffer, const Ranges& symbols) {
  Buffer result = buffer;
  result.extents.clear();
  for (Expr extent : buffer.layout.physical_extents(buffer.extents))
    result.extents.push_back(simplify(extent, symbols));
  result.layout = {};
  result.base.clear();
  return result;
}

class LowerLayouts final : public RangedRewriter {
 public:
  LowerLayouts(const Function& function, const Ranges& symbols, ExprPool& pool)
      : RangedRewriter(pool, symbols) {
    for (const Param& param : function.params) buffers_[param.buffer.name] = param.buffer;
  }

  Expr rewrite_expr(Expr e) override { return LowerReads(*this)(e); }

 private:
  class LowerReads final : public Rewriter {
   public:
    explicit LowerReads(LowerLayouts& outer) : Rewriter(outer.pool()), outer_(outer) {}

   private:
    Expr rewrite(Expr e) override {
      const Read* read = e.as<Read>();
      if (!read) return rewrite_children(e);
      std::vector<Expr> indices;
      for (Expr index : read->indices()) indices.push_back((*this)(index));
      Expr otherwise = read->has_otherwise ? (*this)(read->otherwise()) : Expr();
      // The bounds of an `else` read are logical, so it becomes a select around a read that is
      // clamped inside.
      const Buffer& buffer = outer_.buffers_.at(read->tensor);
      if (otherwise && !buffer.layout.is_row_major())
        return outer_.read_or_else(buffer, indices, otherwise);
      return pool().read(read->tensor, e.type(), outer_.physical_indices(buffer, indices),
                         otherwise);
    }
    LowerLayouts& outer_;
  };

  Stmt visit(const Stmt& stmt) override {
    if (const Store* store = stmt.as<Store>()) {
      std::vector<Expr> indices;
      for (Expr index : store->indices) indices.push_back(rewrite_expr(index));
      return Store{store->buffer, physical_indices(buffers_.at(store->buffer), indices),
                   rewrite_expr(store->value), store->location};
    }
    if (const Prefetch* prefetch = stmt.as<Prefetch>())
      return Prefetch{prefetch->buffer,
                      physical_indices(buffers_.at(prefetch->buffer), prefetch->indices)};
    if (const Alloc* alloc = stmt.as<Alloc>()) {
      buffers_[alloc->buffer.name] = alloc->buffer;  // each copy of a peeled loop declares its own
      return Alloc{physical(alloc->buffer, ranges())};
    }
    return rewrite_children(stmt);
  }

  std::vector<Expr> physical_indices(const Buffer& buffer, const std::vector<Expr>& logical) {
    std::vector<Expr> relative = logical;
    for (size_t i = 0; i < buffer.base.size(); ++i) relative[i] = relative[i] - buffer.base[i];
    std::vector<Expr> result;
    for (Expr index : buffer.layout.physical_indices(relative))
      result.push_back(simplify(index, ranges()));
    return result;
  }

  Expr read_or_else(const Buffer& buffer, const std::vector<Expr>& indices, Expr otherwise) {
    Expr inside;
    std::vector<Expr> clamped;
    for (size_t i = 0; i < indices.size(); ++i) {
      Expr first = buffer.base.empty() ? pool().index(0) : buffer.base[i];
      Expr last = first + buffer.extents[i] - 1.0;
      Expr low = simplify(le(first, indices[i]), ranges()),
           high = simplify(le(indices[i], last), ranges());
      for (Expr bound : {low, high})
        if (!is_true(bound)) inside = inside ? inside & bound : bound;
      Expr index = indices[i];
      if (!is_true(low)) index = max(index, first);
      if (!is_true(high)) index = min(index, last);
      clamped.push_back(index);
    }
    Expr value = pool().read(buffer.name, buffer.type, physical_indices(buffer, clamped));
    return inside ? select(inside, value, otherwise) : value;
  }

  std::map<std::string, Buffer> buffers_;
};

}  // namespace

Function lower_layouts(const Function& function, const Ranges& symbols, ExprPool& pool) {
  Function result = function;
  result.body = LowerLayouts(function, symbols, pool).rewrite(function.body);
  for (Param& param : result.params) param.buffer = physical(param.buffer, symbols);
  return result;
}

}  // namespace tenon::loop
