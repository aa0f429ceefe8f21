// Numbers for sizes.
#include "codegen/program/size_table.h"

#include <algorithm>

#include "ir/expr/text.h"

namespace tenon::codegen {

void SizeTable::add(Expr size) {
  if (as_int(size)) return;
  if (numbers_.emplace(to_string(size), first_ + computed_.size()).second)
    computed_.push_back(size);
}

void SizeTable::add_places(const loop::Module& module, const MainProgram& program) {
  for (const loop::ArenaSlot& slot : module.arena) add(slot.offset);
  for (const auto& [name, place] : program.views) add(place.offset);
}

size_t SizeTable::number(Expr size) const { return numbers_.at(to_string(size)); }

uint32_t SizeTable::count() const {
  return static_cast<uint32_t>(std::max<size_t>(1, first_ + computed_.size()));
}

uint64_t upper_bound(Expr size, const Ranges& ranges) {
  if (!size) return 0;
  Interval bounds = bounds_of(size, ranges);
  TENON_CHECK(bounds.max != Interval::kMax, "a size has no upper bound: " + to_string(size));
  return static_cast<uint64_t>(bounds.max);
}

}  // namespace tenon::codegen
