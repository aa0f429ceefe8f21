// store_at TENSOR at LOOP [in SCOPE] [as <LAYOUT>]
//
//   for yo in 8 { buffer p: f32[8] at [yo*8] in scratch  ... }
//   store_at p at yb in scratch         (yb around yo)
//   for yb in 2 { buffer p: f32[32] at [yb*32] in scratch  for yo in 4 { ... } }
//
// Places the buffer of a tensor inside LOOP, as the window that its stages below it use: at an
// outer loop than its computation, or, for a tensor of the whole function, at an inner one. Exact.
#include "schedule/place_window.h"
#include "schedule/primitives/primitives.h"

namespace tenon::schedule {
namespace {

Status apply_store_at(State& state, Lexer& arguments) {
  std::string tensor = arguments.expect_word("the name of a tensor");
  arguments.expect("at");
  Result<std::string> loop_name = read_holder_name(state, arguments);
  if (!loop_name) return loop_name.error();
  Result<loop::Scope> scope = read_scope(arguments, loop::Scope::Scratch);
  if (!scope) return scope.error();
  Layout layout = arguments.accept("as") ? parse_layout(arguments) : Layout{};
  return place_window(state, tensor, *loop_name, *scope, std::move(layout));
}

}  // namespace

const Primitive store_at = {
    .name = "store_at",
    .syntax = "store_at TENSOR at LOOP [in SCOPE] [as <LAYOUT>]",
    .summary = "a local tensor's memory becomes a window inside a loop",
    .effect = Effect::Exact,
    .apply = apply_store_at,
};

}  // namespace tenon::schedule
