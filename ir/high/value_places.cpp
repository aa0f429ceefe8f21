// Follows and moves values through the memory of others.
//
//   a over y at 0, flat over a at 0; move y over z at 512   ->   flat in z at 512
#include "ir/high/value_places.h"

namespace tenon::high {

ValuePlaces::Place ValuePlaces::place_of(ValueId value) const {
  Place place{value, graph_.pool->index(0)};
  for (auto over = over_.find(value); over != over_.end(); over = over_.find(place.owner))
    place = {over->second.owner, simplify(place.offset + over->second.offset, ranges_)};
  return place;
}

void ValuePlaces::lay(ValueId value, ValueId whole, Expr offset) {
  set(value, Memory::Arena);
  over_[value] = {whole, offset};
}

bool ValuePlaces::move(ValueId value, ValueId whole, Expr offset) {
  if (!has(value)) return false;
  Place place = place_of(value);
  if (!is(place.owner, Memory::Arena) || place.owner == place_of(whole).owner) return false;
  if (!is_int(place.offset, 0) || bytes_of(place.owner) != bytes_of(value)) return false;
  over_[place.owner] = {whole, offset};
  return true;
}

Expr ValuePlaces::bytes_of(ValueId value) const {
  const TensorType& type = graph_.value(value).type;
  loop::Buffer buffer;
  buffer.type = type.type;
  buffer.extents = type.shape;
  buffer.layout = type.layout;
  return simplify(loop::bytes_of(buffer, *graph_.pool), ranges_);
}

}  // namespace tenon::high
