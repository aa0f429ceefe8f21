// pack WEIGHT as <LAYOUT>
//
//   pack w as <1/48, 0, 1%48>        w[k, n] lies in panels of 48 columns, each panel row by row
//
// Gives a constant parameter another place for its elements; subscripts stay. The constant is
// packed while compiling, the padding of its last block zero. Exact.
#include "schedule/primitives/primitives.h"
#include "schedule/window.h"

namespace tenon::schedule {
namespace {

Status apply_pack(State& state, Lexer& arguments) {
  std::string name = arguments.expect_word("the name of a constant parameter");
  arguments.expect("as");
  Layout layout = parse_layout(arguments);
  for (loop::Param& param : state.function.params) {
    if (param.buffer.name != name) continue;
    if (param.kind != loop::ParamKind::Const)
      return Failure{name + " is no constant: only what is known while compiling can be packed"};
    if (!layout.is_valid(static_cast<int>(param.buffer.extents.size())))
      return Failure{to_string(layout) + " is no layout of the " +
                     std::to_string(param.buffer.extents.size()) + " axes of " + name};
    if (!(param.buffer.layout == layout) && padding_is_read(state, name))
      return Failure{"the padding of " + name + " is read already, by tiles that run over"};
    param.buffer.layout = layout;
    return Done{};
  }
  return Failure{"no parameter is called " + name};
}

}  // namespace

const Primitive pack = {
    .name = "pack",
    .syntax = "pack WEIGHT as <LAYOUT>",
    .summary = "a constant gets another layout, made while compiling",
    .effect = Effect::Exact,
    .apply = apply_pack,
};

}  // namespace tenon::schedule
