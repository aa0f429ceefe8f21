// Index expressions as C text.
#include "driver/c_text.h"

namespace tenon::driver {
namespace {

// The C operator for an index operation on values that are not negative, where floor division is
// C's.
const char* c_operator(Op op) {
  switch (op) {
    case Op::Add: return " + ";
    case Op::Sub: return " - ";
    case Op::Mul: return " * ";
    case Op::FloorDiv: return " / ";
    case Op::FloorMod: return " % ";
    default: return nullptr;
  }
}

}  // namespace

std::string c_text(Expr e, const std::map<std::string, std::string>& identifiers) {
  if (const int64_t* literal = as_int(e)) return std::to_string(*literal);
  if (const Var* var = e.as<Var>()) {
    auto found = identifiers.find(var->name);
    return found == identifiers.end() ? "" : found->second;
  }
  const Apply* apply = e.as<Apply>();
  const char* symbol = apply ? c_operator(apply->op) : nullptr;
  if (!symbol) return "";
  std::string left = c_text(apply->operand(0), identifiers),
              right = c_text(apply->operand(1), identifiers);
  if (left.empty() || right.empty()) return "";
  auto grouped = [](Expr operand, const std::string& text) {
    return operand.as<Apply>() ? "(" + text + ")" : text;
  };
  return grouped(apply->operand(0), left) + symbol + grouped(apply->operand(1), right);
}

}  // namespace tenon::driver
