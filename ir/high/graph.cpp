// Attributes, types, and the queries of a graph.
#include "ir/high/graph.h"

#include <algorithm>

#include "ir/expr/text.h"

namespace tenon::high {
namespace {

template <class T>
const T& attribute(const std::map<std::string, AttributeValue>& values, const std::string& name) {
  auto found = values.find(name);
  TENON_CHECK(found != values.end(), "the attribute " + name);
  const T* value = std::get_if<T>(&found->second);
  TENON_CHECK(value, "the kind of the attribute " + name);
  return *value;
}

}  // namespace

int64_t Attributes::integer(const std::string& name) const {
  return attribute<int64_t>(values_, name);
}
double Attributes::number(const std::string& name) const {
  return attribute<double>(values_, name);
}
const std::string& Attributes::text(const std::string& name) const {
  return attribute<std::string>(values_, name);
}

const std::vector<int64_t>& Attributes::integers(const std::string& name) const {
  return attribute<std::vector<int64_t>>(values_, name);
}

const std::vector<double>& Attributes::numbers(const std::string& name) const {
  return attribute<std::vector<double>>(values_, name);
}

const std::vector<Expr>& Attributes::exprs(const std::string& name) const {
  return attribute<std::vector<Expr>>(values_, name);
}

DType Attributes::dtype(const std::string& name) const {
  std::optional<DType> type = dtype_named(text(name));
  TENON_CHECK(type, text(name));
  return *type;
}

std::string to_string(const TensorType& type) {
  std::vector<std::string> extents;
  for (Expr extent : type.shape) extents.push_back(to_string(extent));
  return std::string(name_of(type.type)) + "[" + join(extents, ", ") + "]" + to_string(type.layout);
}

std::optional<int64_t> element_count(const std::vector<Expr>& shape) {
  int64_t count = 1;
  for (Expr extent : shape) {
    const int64_t* value = as_int(extent);
    if (!value || __builtin_mul_overflow(count, *value, &count)) return std::nullopt;
  }
  return count;
}

const ConstantInfo* Graph::constant(ValueId id) const {
  auto found =
      std::lower_bound(constants.begin(), constants.end(), id,
                       [](const ConstantInfo& info, ValueId value) { return info.value < value; });
  return found != constants.end() && found->value == id ? &*found : nullptr;
}

Ranges Graph::symbol_ranges() const {
  Ranges ranges;
  for (const Symbol& symbol : symbols)
    ranges.set(symbol.name, pool->index(symbol.min), pool->index(symbol.max));
  return ranges;
}

}  // namespace tenon::high
