// Index expressions as C text, for headers.
//
//   (batch*2 + 3) // 4   ->   (batch * 2 + 3) / 4
#pragma once

#include <map>
#include <string>

#include "ir/expr/expr.h"

namespace tenon::driver {

/// The expression in C over int64_t variables, for values that are not negative; "" where it holds
/// what C has no operator for. `identifiers` names the variables.
std::string c_text(Expr e, const std::map<std::string, std::string>& identifiers);

}  // namespace tenon::driver
