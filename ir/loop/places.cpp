// Follows views of views down to the buffers that own memory.
//
//   flat over b, b over c at 256   ->   flat in c at 256
#include "ir/loop/places.h"

namespace tenon::loop {

std::map<std::string, Place> view_places(const Module& module) {
  std::map<std::string, Place> views;
  for_each_stmt(module.main, [&](const Stmt& stmt) {
    const Alloc* alloc = stmt.as<Alloc>();
    if (!alloc || alloc->buffer.alias_of.empty()) return;
    Place place = place_of(views, alloc->buffer.alias_of, *module.pool);
    if (alloc->buffer.alias_offset) place.offset = place.offset + alloc->buffer.alias_offset;
    views[alloc->buffer.name] = std::move(place);
  });
  return views;
}

Place place_of(const std::map<std::string, Place>& views, const std::string& buffer,
               ExprPool& pool) {
  auto found = views.find(buffer);
  return found == views.end() ? Place{buffer, pool.index(0)} : found->second;
}

std::set<std::string> names_in_main(const Module& module) {
  std::set<std::string> names;
  for (const std::vector<Buffer>* list : {&module.inputs, &module.outputs})
    for (const Buffer& buffer : *list) names.insert(buffer.name);
  for (const Constant& constant : module.constants) names.insert(constant.buffer.name);
  for_each_stmt(module.main, [&](const Stmt& stmt) {
    if (const Alloc* alloc = stmt.as<Alloc>()) names.insert(alloc->buffer.name);
  });
  return names;
}

}  // namespace tenon::loop
