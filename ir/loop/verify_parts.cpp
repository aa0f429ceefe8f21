// Checks that the verifiers share.
#include "ir/loop/verify_parts.h"

#include <algorithm>

#include "ir/expr/text.h"
#include "ir/loop/text.h"

namespace tenon::loop {

void FaultList::add_text(const std::string& text) {
  std::string place = stmt_ ? head_text(stmt_) : text_;
  std::string fault = place.empty() ? text : text + "\n  in: " + place;
  if (std::find(faults_.begin(), faults_.end(), fault) == faults_.end())
    faults_.push_back(std::move(fault));
}

void FaultList::check_name(const std::string& name, const std::string& what) {
  bool reserved = name == "true" || name == "false" || name == "inf" || name == "nan" ||
                  name.starts_with("inf_") || name.starts_with("nan_");
  auto is_part = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '.';
  };
  bool word = !name.empty() && std::all_of(name.begin(), name.end(), is_part) && name[0] != '.' &&
              !(name[0] >= '0' && name[0] <= '9');
  if (!word || reserved || name.find("..") != std::string::npos)
    add("the ", what, " ", quoted(name), " is no name");
}

void FaultList::check_buffer(const Buffer& buffer) {
  check_name(buffer.name, "buffer");
  if (buffer.type == DType::String) add(buffer.name, " holds strings");
  for (Expr extent : buffer.extents)
    if (const int64_t* literal = extent ? as_int(extent) : nullptr;
        literal && (*literal < 0 || *literal >= int64_t{1} << 40))
      add("the extent ", *literal, " of ", buffer.name, " is not in 0 .. 2^40");
  if (!buffer.layout.is_valid(static_cast<int>(buffer.extents.size()))) {
    add("the layout of ", buffer.name, " does not give each element one place");
    return;
  }
  size_t dims = buffer.layout.is_row_major() ? buffer.extents.size() : buffer.layout.dims.size();
  if (!buffer.base.empty() && buffer.base.size() != buffer.extents.size())
    add("the base of ", buffer.name, " has ", buffer.base.size(), " subscripts");
  if (!buffer.strides.empty() && buffer.strides.size() != dims)
    add(buffer.name, " has ", buffer.strides.size(), " strides");
}

void FaultList::check_reducer(const Stage& stage) {
  if (stage.reducer == Reducer::None) {
    if (stage.where) add("a predicate without a reduction");
    if (!stage.reduce_axes.empty()) add("reduce axes without a reduction");
    return;
  }
  bool logical = stage.reducer == Reducer::Any || stage.reducer == Reducer::All;
  bool fits =
      logical ? stage.type == DType::Bool : stage.type != DType::Bool && is_arithmetic(stage.type);
  if (!fits) add("the reducer ", text_of(stage.reducer), " does not take ", name_of(stage.type));
}

void FaultList::check_inside(Expr index, Expr extent, const Ranges& ranges,
                             const std::vector<Expr>& assumed, const std::string& what,
                             bool require_proof) {
  if (index.type() != DType::Index || extent.type() != DType::Index) return;
  Interval at = bounds_of(index, ranges), size = bounds_of(extent, ranges);
  bool below = at.max < 0, above = size.max != Interval::kMax && size.max > 0 && at.min >= size.max;
  if (below || above) {
    // What never runs may say anything.
    for (Expr assumption : assumed)
      if (prove(logical_not(assumption), ranges)) return;
    if (below) return add(what, " is ", at.max, " at the most");
    return add(what, " is ", at.min, " at the least, outside 0..", size.max - 1);
  }
  if (!require_proof) return;
  Expr inside = le(index.pool().index(0), index) & lt(index, extent);
  for (Expr part : conjuncts(inside))
    if (!prove_under(part, ranges, assumed))
      add(what, " is ", to_string(index), ", which is not proved to lie in 0..",
          to_string(simplify(extent - 1, ranges)));
}

Expr padded_extent(const Buffer& buffer, size_t axis) {
  int64_t step = 1;
  for (const PhysicalDim& dim : buffer.layout.dims)
    if (dim.axis == static_cast<int>(axis)) step = std::max(step, dim.divisor);
  return ceil_div(buffer.extents[axis], step) * buffer.extents[axis].pool().index(step);
}

bool prove_under(Expr condition, const Ranges& ranges, const std::vector<Expr>& assumed) {
  if (prove(condition, ranges)) return true;
  // Either the condition holds or an assumption does not. One at a time first: most proofs need
  // only one.
  Expr all = condition;
  for (Expr assumption : assumed) {
    if (prove(condition | logical_not(assumption), ranges)) return true;
    all = all | logical_not(assumption);
  }
  return assumed.size() > 1 && prove(all, ranges);
}

}  // namespace tenon::loop
