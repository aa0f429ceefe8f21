// Schedules: the table of primitives, application of lines, text.
#include <algorithm>

#include "schedule/primitives/primitives.h"

namespace tenon::schedule {

const std::vector<const Primitive*>& primitive_table() {
  static const std::vector<const Primitive*> table = {
      &attach,     &cache_read, &cache_write, &compute_at, &fuse,      &inline_stage,
      &pack,       &parallel,   &peel,        &prefetch,   &reorder,   &rfactor,
      &specialize, &split,      &store_at,    &unroll,     &vectorize,
  };
  return table;
}

const Primitive* find_primitive(std::string_view name) {
  for (const Primitive* primitive : primitive_table())
    if (primitive->name == name) return primitive;
  return nullptr;
}

Status apply_line(State& state, const std::string& line) {
  try {
    Lexer lexer(line, "schedule");
    std::string name = lexer.expect_word("the name of a primitive");
    const Primitive* primitive = find_primitive(name);
    if (!primitive) {
      std::vector<std::string> known;
      for (const Primitive* p : primitive_table()) known.emplace_back(p->name);
      std::string near = nearest_name(name, known);
      return Failure{
          line + ": no primitive is called " + name + "; " +
          (near.empty() ? "there are " + join(known, ", ") : "did you mean " + near + "?")};
    }
    State changed = state;
    Status status = primitive->apply(changed, lexer);
    if (!status) return Failure{line + ": " + status.reason()};
    if (!lexer.at_end())
      lexer.fail("expected the end of the line; the form is: " + std::string(primitive->syntax));
    changed.function.schedule.push_back(line);
    state = std::move(changed);
    return Done{};
  } catch (const UserErrors& errors) {
    return Failure{line + ": " + errors.diagnostics().front().message};
  }
}

Status apply_script(State& state, const std::vector<std::string>& lines) {
  State changed = state;
  for (const std::string& line : lines)
    if (Status status = apply_line(changed, line); !status) return status;
  state = std::move(changed);
  return Done{};
}

std::string to_string(const std::vector<Script>& scripts) {
  TextWriter writer;
  for (const Script& script : scripts) {
    writer.line("schedule @" + script.function + " {");
    writer.indent();
    for (const std::string& line : script.lines) writer.line(line);
    writer.dedent();
    writer.line("}");
  }
  return writer.take();
}

std::vector<Script> parse_scripts(std::string_view text, const std::string& file_name) {
  // A script is read by lines: each primitive reads its own.
  std::vector<Script> scripts;
  bool open = false;
  int number = 0;
  auto fault = [&](const std::string& message, const std::string& line) {
    Diagnostic diagnostic{Severity::Error, {file_name, "", number, 1}, message, {line}, {}};
    throw UserErrors({std::move(diagnostic)});
  };
  while (!text.empty()) {
    std::string line(text.substr(0, text.find('\n')));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    ++number;
    line = line.substr(0, line.find('#'));
    size_t first = line.find_first_not_of(" \t\r"), last = line.find_last_not_of(" \t\r");
    if (first == std::string::npos) continue;
    line = line.substr(first, last - first + 1);
    if (!open) {
      if (!line.starts_with("schedule @") || line.back() != '{')
        fault("expected 'schedule @function {'", line);
      std::string name = line.substr(10, line.size() - 11);
      name = name.substr(0, name.find(' '));
      scripts.push_back({name, {}});
      open = true;
    } else if (line == "}") {
      open = false;
    } else {
      scripts.back().lines.push_back(line);
    }
  }
  if (open) fault("the schedule of @" + scripts.back().function + " has no closing brace", "");
  return scripts;
}

}  // namespace tenon::schedule
