// Lines of a function's meaning and schedule as comments.
#include "codegen/source/about.h"

#include <algorithm>

#include "codegen/source/writer.h"
#include "ir/expr/text.h"
#include "support/text.h"

namespace tenon::codegen::source {

std::string nodes_of(const loop::Module& module, const MainProgram& program,
                     const loop::Function& function) {
  std::vector<std::string> nodes;
  for (const ProgramCall& call : program.calls)
    if (call.call->function == function.name)
      for (const std::string& node : call.call->location)
        if (std::find(nodes.begin(), nodes.end(), node) == nodes.end()) nodes.push_back(node);
  std::string file = module.model_file.empty() ? "" : " of " + module.model_file;
  return nodes.empty() ? function.name
                       : (nodes.size() == 1 ? "node " : "nodes ") + join(nodes, ", ") + file;
}

std::string about_kernel(const std::string& title, const loop::Function& function,
                         const std::vector<std::string>& names, const std::string& target) {
  auto name_of = [&](const std::string& word) {
    for (size_t i = 0; i < function.params.size(); ++i)
      if (word == function.params[i].buffer.name) return names[i];
    return word;
  };
  std::string text = comment(title);
  for (const std::string& line : function.meaning)
    text += comment("  " + replace_words(line, name_of), "      ");
  text += "//\n";
  for (size_t i = 0; i < function.params.size(); ++i) {
    const loop::Buffer& buffer = function.params[i].buffer;
    std::vector<std::string> extents;
    for (Expr extent : buffer.extents) extents.push_back(to_string(extent));
    std::string line = names[i] + ": " + std::string(tenon::name_of(buffer.type)) + "[" +
                       join(extents, ", ") + "]";
    if (names[i] != buffer.name) line += ", " + buffer.name;
    text += comment(line);
  }
  if (function.schedule.empty()) return text;
  text += comment("schedule (" + target + "):");
  for (const std::string& line : function.schedule) text += comment("  " + line, "    ");
  return text;
}

}  // namespace tenon::codegen::source
