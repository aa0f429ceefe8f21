// Look-up of operators by name.
#include "ir/high/ops/table.h"

#include <algorithm>

namespace tenon::high {

const std::vector<const Operator*>& operator_table() {
  static const std::vector<const Operator*> table = {
#define X(name) &ops::name,
      TENON_OPERATORS(X)
#undef X
  };
  return table;
}

const Operator* find_operator(std::string_view name) {
  const std::vector<const Operator*>& table = operator_table();
  auto found =
      std::lower_bound(table.begin(), table.end(), name,
                       [](const Operator* op, std::string_view n) { return op->name < n; });
  return found != table.end() && (*found)->name == name ? *found : nullptr;
}

}  // namespace tenon::high
