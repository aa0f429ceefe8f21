// Running passes under instruments: dumps, verification, times; programs of any level as text.
#include <chrono>
#include <filesystem>
#include <fstream>

#include "driver/pipeline.h"
#include "ir/high/text.h"
#include "ir/high/verify.h"
#include "ir/loop/text.h"
#include "ir/loop/verify.h"
#include "ir/tensor/verify.h"
#include "support/text.h"

namespace tenon::driver {
namespace {

void dump(const Program& program, const Instruments& instruments, std::string_view pass,
          int number) {
  std::filesystem::create_directories(instruments.dump_folder);
  char digits[8];
  std::snprintf(digits, sizeof digits, "%02d", number);
  std::string path = instruments.dump_folder + "/" + digits + "_" +
                     std::string(name_of(program.level)) + "_" + std::string(pass) + ".tenon";
  std::ofstream file(path, std::ios::binary);
  file << to_string(program);
  if (!file)
    user_error({path, "", 0, 0}, "the dump cannot be written",
               "check the folder and the permissions");
}

}  // namespace

std::string_view name_of(Level level) {
  switch (level) {
    case Level::High: return "high";
    case Level::Tensor: return "tensor";
    case Level::Loop: return "loop";
  }
  return "";
}

std::string to_string(const Program& program) {
  switch (program.level) {
    case Level::High: return high::to_string(program.graph);
    case Level::Tensor:
      return (program.graph.pool ? high::to_string(program.graph) + "\n" : "") +
             tensor::to_string(program.tensors);
    case Level::Loop: return loop::to_string(program.module);
  }
  return "";
}

Program parse_program_of_any_level(std::string_view text, const std::string& file_name) {
  // `model NAME {` opens a graph, behind which tensor functions may stand. Where they stand alone
  // their results are behind an arrow, and those of a loop module have none; in braces both may
  // hold any word.
  Lexer lexer(text, file_name);
  Program program;
  if (lexer.next_is("model")) {
    program.graph = high::parse_graph(lexer);
    if (lexer.at_end()) return program;
    program.level = Level::Tensor;
    program.tensors = tensor::parse_program(lexer, program.graph.pool);
    return program;
  }
  bool has_arrow = false;
  for (int depth = 0; !lexer.at_end() && !has_arrow; lexer.next()) {
    depth += lexer.next_is("{") - lexer.next_is("}");
    has_arrow = depth == 0 && lexer.next_is("->");
  }
  if (has_arrow) {
    program.level = Level::Tensor;
    program.tensors = tensor::parse_program(text, file_name);
  } else {
    program.level = Level::Loop;
    program.module = loop::parse_module(text, file_name);
  }
  return program;
}

std::vector<std::string> faults_of(const Program& program) {
  std::vector<std::string> faults;
  if (program.level == Level::Loop) return loop::verify(program.module);
  if (program.graph.pool) faults = high::verify(program.graph);
  if (program.level == Level::High) return faults;
  for (std::string& fault : tensor::verify(program.tensors)) faults.push_back(std::move(fault));
  return faults;
}

void require_no_faults(const Program& program, std::string_view after,
                       const std::vector<std::string>& faults) {
  if (!faults.empty())
    throw InternalError("after " + std::string(after) + ":\n" + join(faults, "\n") + "\n" +
                        to_string(program));
}

void print_time(std::string_view pass, double seconds) {
  std::fprintf(stderr, "%8.1f ms  %.*s\n", seconds * 1e3, static_cast<int>(pass.size()),
               pass.data());
}

void verify_program(const Program& program, std::string_view after) {
  require_no_faults(program, after, faults_of(program));
}

void verify_program_and_text(const Program& program, std::string_view after) {
  verify_program(program, after);
  std::string text = to_string(program);
  Program again = parse_program_of_any_level(text, "text after " + std::string(after));
  if (to_string(again) != text)
    require_no_faults(program, after, {"the text does not print as it was after parsing"});
}

void run_pass(Program& program, const Pass& pass, const PassContext& context,
              const Instruments& instruments, int number) {
  if (program.level != pass.level)
    user_error({},
               "the pass " + std::string(pass.name) + " takes a program of the level " +
                   std::string(name_of(pass.level)) + ", and this one is at the level " +
                   std::string(name_of(program.level)),
               "run the passes in the order of `tenon-opt --help`");
  std::string before = instruments.dump_folder.empty() ? "" : to_string(program);
  auto start = std::chrono::steady_clock::now();
  pass.run(program, context);
  std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  if (instruments.report_time) instruments.report_time(pass.name, seconds.count());
  if (!instruments.dump_folder.empty() && to_string(program) != before)
    dump(program, instruments, pass.name, number);
  if (instruments.verify_each) verify_program_and_text(program, pass.name);
  if (instruments.after_pass) instruments.after_pass(pass, program);
}

void run_pipeline(Program& program, const PassContext& context, const Instruments& instruments) {
  int number = 0;
  for (const Pass& pass : pass_table()) {
    if (pass.level < program.level) continue;
    ++number;
    if (instruments.stop_after >= 0 && number > instruments.stop_after) return;
    run_pass(program, pass, context, instruments, number);
    if (program.level != pass.level || &pass == &pass_table().back())
      verify_program(program, pass.name);
  }
}

}  // namespace tenon::driver
