// Register buffers that are read and written in vectors: how many elements one vector holds.
//
//   buffer acc: f32[8, 48] in register, written as acc[mi, nv*16 + lane] in a vectorized loop of 16
//   ->   16
//
// A group is as long as the longest vectorized loop that uses the buffer, where each access covers
// whole groups, or an aligned part of one (the halves by which a vector is summed up); otherwise
// one element.
#pragma once

#include <functional>
#include <span>
#include <string>

#include "ir/expr/linear_form.h"
#include "ir/loop/nodes.h"

namespace tenon::loop {

/// The elements of a group: `body` is the statement in which the buffer is known; `flat` gives the
/// position of an element. `is_vector_loop` tells which loops become vectors.
int64_t register_group(
    const Stmt& body, const std::string& buffer,
    const std::function<LinearForm(const std::string&, std::span<const Expr>)>& flat,
    const std::function<bool(const For&)>& is_vector_loop);

}  // namespace tenon::loop
