// The pipeline: the one list of passes, and the runner that dumps, verifies and times them.
//
//   Program program = {.level = Level::High, .graph = model.graph};
//   run_passes(program, default_pipeline(), context, instruments);      high -> tensor -> loop
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "ir/high/passes.h"
#include "ir/loop/passes.h"
#include "ir/tensor/text.h"
#include "schedule/primitive.h"
#include "target/target.h"

namespace tenon::driver {

enum class Level : uint8_t { High, Tensor, Loop };
std::string_view name_of(Level level);

/// A program at one level. The graph stays beside the tensor functions that were made of it: it
/// holds the order of calls. A text of functions alone has none, and its pool is null.
struct Program {
  Level level = Level::High;
  high::Graph graph;
  tensor::Program tensors;
  loop::Module module;
};

/// The program as text of its level, and back. Tensor functions stand behind their graph.
std::string to_string(const Program& program);
Program parse_program_of_any_level(std::string_view text, const std::string& file_name);

/// What passes are told.
struct PassContext {
  const target::Target* target = nullptr;
  // --schedule: for the functions that it names, instead of the templates'
  std::vector<schedule::Script> scripts;
  bool schedule = true;    // false: loops stay naive
  bool in_source = false;  // what follows prints C++ instead of emitting machine code
};

struct Pass {
  std::string_view name;     // also the option of tenon-opt, the dump's file name and the test's
  Level level;               // of the program that it takes
  std::string_view summary;  // one line
  void (*run)(Program& program, const PassContext& context);
};

/// All passes in the order of `compile`; tenon-opt runs any of them. What holds between them is
/// said beside the table.
const std::vector<Pass>& pass_table();
const Pass* find_pass(std::string_view name);

/// Who watches the passes.
struct Instruments {
  std::string dump_folder;   // a file for each pass that changed something; "" for none
  bool verify_each = false;  // verify, print, parse and print again after every pass
  int stop_after = -1;       // --bisect: number of passes to run; -1 for all
  std::function<void(std::string_view pass, double seconds)> report_time;
  std::function<void(const Pass& pass, const Program& program)> after_pass;
};

/// Prints a line on stderr, whether or not that is a terminal: "     1.3 ms  fold_constants".
void print_time(std::string_view pass, double seconds);

/// Runs passes of the table in order, from the first that takes the program's level. What a level
/// begins with, and what the last pass leaves, is verified always.
void run_pipeline(Program& program, const PassContext& context, const Instruments& instruments);
/// Runs one pass under the instruments; `number` is for the dump's name. A text that the pass
/// cannot take is a user's fault.
void run_pass(Program& program, const Pass& pass, const PassContext& context,
              const Instruments& instruments, int number);

/// What breaks a rule of the program's level.
std::vector<std::string> faults_of(const Program& program);
/// Throws InternalError with the program's text and the faults when the program breaks a rule of
/// its level.
void verify_program(const Program& program, std::string_view after);
/// The same, and for a text that does not print as it was after parsing.
void verify_program_and_text(const Program& program, std::string_view after);

}  // namespace tenon::driver
