// Schedules: the table of primitives, application of lines, text.
#include <algorithm>
#include <set>

#include "ir/loop/verify.h"
#include "schedule/primitives/primitives.h"

namespace tenon::schedule {

namespace {

// Reads by lines, as each primitive reads its own.
class ScriptReader {
 public:
  explicit ScriptReader(const std::string& file_name) : file_name_(file_name) {}

  std::vector<Script> read(std::string_view text) {
    while (!text.empty()) {
      size_t end = text.find('\n');
      ++number_;
      read_line(text.substr(0, end));
      text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
    if (open_) fault("the schedule of @" + scripts_.back().function + " has no closing brace", "");
    if (scripts_.empty()) fault("there is no schedule in this file", "");
    return std::move(scripts_);
  }

 private:
  [[noreturn]] void fault(const std::string& message, std::string line) {
    Diagnostic diagnostic{Severity::Error, {file_name_, "", number_, 1}, message, {}, {}};
    if (!line.empty()) diagnostic.note(std::move(line));
    diagnostic.help("schedules are `schedule @FUNCTION { ... }`, or a file that --dump wrote");
    throw UserErrors({std::move(diagnostic)});
  }

  void read_line(std::string_view whole) {
    std::string line(whole.substr(0, whole.find('#')));
    size_t first = line.find_first_not_of(" \t\r"), last = line.find_last_not_of(" \t\r");
    if (first == std::string::npos) return;
    line = line.substr(first, last - first + 1);
    if (open_) {
      if (line == "}")
        open_ = false;
      else
        scripts_.back().lines.push_back({line, number_});
    } else if (line.starts_with("schedule @") && line.back() == '{') {
      open(name_behind(line, "schedule @"));
    } else if (line.starts_with("module ")) {
      is_dump_ = true;
    } else if (line.starts_with("func @")) {
      is_dump_ = true;
      function_ = name_behind(line, "func @");
    } else if (line == "schedule {") {
      if (function_.empty()) fault("this schedule is inside of no function", line);
      open(function_);
    } else if (!is_dump_) {
      fault("expected 'schedule @FUNCTION {'", line);
    }
  }

  static std::string name_behind(const std::string& line, std::string_view opening) {
    size_t begin = opening.size();
    return line.substr(begin, line.find_first_of(" ({", begin) - begin);
  }

  void open(const std::string& function) {
    for (const Script& script : scripts_)
      if (script.function == function)
        fault("@" + function + " has a schedule already, in line " + std::to_string(script.number),
              "");
    scripts_.push_back({function, {}, file_name_, number_});
    open_ = true;
  }

  std::string file_name_;
  std::vector<Script> scripts_;
  std::string function_;  // of a dump: the last one that began
  bool open_ = false, is_dump_ = false;
  int number_ = 0;
};

}  // namespace

const std::vector<const Primitive*>& primitive_table() {
  static const std::vector<const Primitive*> table = {
      &attach,       &bind,       &cache_read, &cache_write, &compute_at, &fuse,
      &inline_stage, &pack,       &parallel,   &peel,        &prefetch,   &reorder,
      &rfactor,      &specialize, &split,      &store_at,    &unroll,     &vectorize,
  };
  return table;
}

const Primitive* find_primitive(std::string_view name) {
  for (const Primitive* primitive : primitive_table())
    if (primitive->name == name) return primitive;
  return nullptr;
}

namespace {

// Lines name loops, so a name must be one loop's.
std::string name_of_two_loops(const loop::Stmt& body) {
  std::set<std::string> names;
  std::string repeated;
  loop::for_each_stmt(body, [&](const loop::Stmt& stmt) {
    const loop::For* loop = stmt.as<loop::For>();
    if (loop && !names.insert(loop->var).second) repeated = loop->var;
  });
  return repeated;
}

}  // namespace

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
    if (std::string name = name_of_two_loops(changed.function.body); !name.empty())
      return Failure{line + ": it gives two loops the name " + name};
    if (std::vector<std::string> faults = loop::faults_of_bound_loops(changed.function);
        !faults.empty())
      return Failure{line + ": " + faults.front()};
    changed.function.schedule.push_back(line);
    state = std::move(changed);
    return Done{};
  } catch (const UserErrors& errors) {
    return Failure{line + ": " + errors.diagnostics().front().message};
  }
}

void apply_script(State& state, const Script& script) {
  State changed = state;
  for (const ScriptLine& line : script.lines)
    if (Status status = apply_line(changed, line.text); !status)
      user_error({script.file, "", line.number, 1},
                 "the schedule of @" + script.function + " does not hold: " + status.reason(),
                 "`tenon-opt --help` lists the primitives");
  state = std::move(changed);
}

std::vector<Script> parse_scripts(std::string_view text, const std::string& file_name) {
  return ScriptReader(file_name).read(text);
}

}  // namespace tenon::schedule
