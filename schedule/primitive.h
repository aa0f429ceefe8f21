// Schedule primitives: checked rewrites of loop functions, one file each, and the scripts that are
// made of them.
//
//   split acc.m by 8 clamped -> mo, mi
//   reorder mo, acc.k, mi
//
// A primitive reads its line, checks legality on the bindings of the leaves, rewrites loops,
// bindings and guards, and either succeeds or says why not. No legal sequence changes what a
// function means: the interpreter proves it in tests.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ir/loop/nodes.h"
#include "support/result.h"
#include "support/text.h"

namespace tenon::schedule {

/// What a primitive works on.
struct State {
  loop::Function function;
  ExprPool* pool = nullptr;
  Ranges symbols;

  Expr index(int64_t value) const { return pool->index(value); }
};

/// Exact: the same bits. Reassociating: only the order of float sums (and products) may change.
enum class Effect : uint8_t { Exact, Reassociating };

struct Primitive {
  std::string_view name;
  std::string_view syntax;   // "split LOOP by FACTOR POLICY -> OUTER, INNER"
  std::string_view summary;  // one line
  Effect effect = Effect::Exact;
  /// Reads the arguments that follow the name, and rewrites `state.function`. On failure the state
  /// is unchanged.
  Status (*apply)(State& state, Lexer& arguments) = nullptr;
};

/// All primitives; primitives/primitives.h declares them, script.cpp lists them.
const std::vector<const Primitive*>& primitive_table();
const Primitive* find_primitive(std::string_view name);

/// Applies one line; the function records it. A fault names the line.
Status apply_line(State& state, const std::string& line);

/// Schedules as text: for each function its lines, either by themselves
///   schedule @fc1_relu {
///     split acc.m by 8 clamped -> mo, mi
///   }
/// or as a dump has them: `schedule { ... }` inside `func @fc1_relu(...) { ... }`, of which nothing
/// else is read.
struct ScriptLine {
  std::string text;
  int number = 0;  // in the file, from 1
};
struct Script {
  std::string function;
  std::vector<ScriptLine> lines;
  std::string file;
  int number = 0;  // of the line that opens it
};
/// Faults throw UserErrors with file and line.
std::vector<Script> parse_scripts(std::string_view text, const std::string& file_name);
/// Applies all lines of a script; the first one that does not hold throws UserErrors with file and
/// line.
void apply_script(State& state, const Script& script);

}  // namespace tenon::schedule
