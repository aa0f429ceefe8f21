// Main's calls, and names for what they call.
#include "codegen/program/main_program.h"

#include <optional>
#include <set>

#include "support/text.h"

namespace tenon::codegen {
namespace {

// Names that the entry points and the runtime have behind the bundle's.
bool is_taken(const std::string& word) {
  static const std::set<std::string> kWords = {"open",     "run",  "close",   "arena_bytes",
                                               "selftest", "info", "weights", "status_text",
                                               "io",       "model"};
  if (kWords.count(word)) return true;
  for (const char* prefix : {"rt_", "model_", "info_", "graph_"})
    if (word.starts_with(prefix)) return true;
  return false;
}

}  // namespace

Result<MainProgram> read_main(const loop::Module& module) {
  MainProgram program;
  std::set<std::string> called;
  std::optional<Failure> failure;
  loop::for_each_stmt(module.main, [&](const loop::Stmt& stmt) {
    if (const auto* call = stmt.as<loop::Call>()) {
      called.insert(call->function);
      program.calls.push_back({call, 0});
    } else if (stmt.kind() != loop::StmtKind::Block && stmt.kind() != loop::StmtKind::Alloc) {
      failure = Failure{"main holds a loop or a condition"};
    }
  });
  if (failure) return *failure;

  std::set<std::string> words;
  std::map<std::string, size_t> numbers;
  for (const loop::Function& function : module.functions) {
    if (!called.count(function.name)) continue;
    std::string word = to_word(function.name);
    if (is_taken(word)) word = "kernel_" + word;
    std::string unique = word;
    for (int i = 2; !words.insert(unique).second; ++i) unique = word + "_" + std::to_string(i);
    numbers[function.name] = program.kernels.size();
    program.kernels.push_back({&function, unique});
  }
  for (ProgramCall& call : program.calls) {
    auto number = numbers.find(call.call->function);
    TENON_CHECK(number != numbers.end(),
                "main calls " + call.call->function + ", which is no function of the module");
    call.kernel = number->second;
  }

  program.views = loop::view_places(module);
  for (const loop::ArenaSlot& slot : module.arena) program.slots[slot.buffer] = slot.offset;
  for (const auto* list : {&module.inputs, &module.outputs})
    for (const loop::Buffer& buffer : *list)
      program.members.emplace(buffer.name, program.members.size());
  return program;
}

}  // namespace tenon::codegen
