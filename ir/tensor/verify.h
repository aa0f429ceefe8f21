// What is legal at the tensor level; faults as ir/loop/verify.h describes them.
#pragma once

#include <string>
#include <vector>

#include "ir/tensor/text.h"

namespace tenon::tensor {

struct VerifyOptions {
  bool require_proofs = false;  // a subscript that is not proved to lie inside is a fault too
};

/// Faults of one function, none when it is legal; `symbols` holds every symbol that it may use.
/// - Names are words; those of tensors, of stages, and of the axes of a stage (with its scan and
///   the symbols) are unique.
/// - Expressions have the types that their places ask for and use axes, the scan's variable and
///   symbols only.
/// - A tensor is all written before it is read, but for tensors of a scan inside of it; results and
///   locals are written, parameters are not.
/// - No subscript lies outside for all points; of literal extents, pieces lie inside, are disjoint,
///   and cover their tensor.
/// - Locals are row-major; stages of a scan stand together.
std::vector<std::string> verify(const Function& function, const Ranges& symbols,
                                const VerifyOptions& options = {});

/// Faults of all functions; their names are unique.
std::vector<std::string> verify(const Program& program, const VerifyOptions& options = {});

}  // namespace tenon::tensor
