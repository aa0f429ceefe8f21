// Where the views among the buffers of main lie.
//
//   buffer c: f32[1, 128] in arena
//   buffer b: f32[1, 64] over c at 256 in arena        ->   b: in c at 256
//   buffer flat: f32[64] over b in arena               ->   flat: in c at 256
#pragma once

#include <map>
#include <set>
#include <string>

#include "ir/loop/nodes.h"

namespace tenon::loop {

/// The buffer that has memory of its own, and bytes from its start.
struct Place {
  std::string owner;
  Expr offset;
};

/// The place of each view of main; a buffer that is not there owns its memory. A view stands behind
/// the buffer that it lies over.
std::map<std::string, Place> view_places(const Module& module);

/// The place of a buffer, view or not.
Place place_of(const std::map<std::string, Place>& views, const std::string& buffer,
               ExprPool& pool);

/// The names of constants, inputs, outputs and buffers of main.
std::set<std::string> names_in_main(const Module& module);

}  // namespace tenon::loop
