// tenon-opt: reads ONNX or the text of any level, runs passes in the order given, prints the level
// asked for.
//
//   tenon-opt model.onnx --emit=loop            every pass up to naive loops
//   tenon-opt f.tenon --flatten_stages --simplify_loops
#include <charconv>
#include <cstdio>
#include <iostream>
#include <iterator>

#include "driver/command_line.h"
#include "driver/commands/commands.h"
#include "driver/guard.h"
#include "driver/npz.h"
#include "driver/options.h"
#include "driver/pipeline.h"
#include "driver/read_program.h"
#include "support/text.h"
#include "target/cuda.h"

namespace tenon::driver {
namespace {

std::string help_text() {
  std::string text =
      "tenon-opt FILE|- [--emit=high|tensor|loop] [--PASS ...] [--schedule=FILE] [--target T] "
      "[--dim N=V ...]\n"
      "          [--model=FILE] [--dump=DIR] [--verify-each] [--time-passes] [--bisect=N]\n\n"
      "Reads an ONNX model or the text of any level, runs the passes in the order given, and "
      "prints the program. With --emit,\n"
      "runs the passes of the pipeline up to that level first. --schedule and --target are for "
      "apply_schedules.\n\npasses:\n";
  for (const Pass& pass : pass_table()) {
    char line[160];
    std::snprintf(line, sizeof line, "  --%-34s %-7s %.*s\n", std::string(pass.name).c_str(),
                  std::string(name_of(pass.level)).c_str(), static_cast<int>(pass.summary.size()),
                  pass.summary.data());
    text += line;
  }
  text += "\nprimitives of schedules:\n";
  for (const schedule::Primitive* primitive : schedule::primitive_table())
    text += "  " + std::string(primitive->syntax) + "\n";
  text +=
      "\nexamples:\n"
      "  tenon-opt kws.onnx --emit=tensor                     what each element is\n"
      "  tenon-opt kws.onnx --emit=loop --apply_schedules     the loops as scheduled\n"
      "  tenon-opt bert.onnx --dim batch=1..8 --dim seq=1..512 --fold_constants --simplify_views\n"
      "  tenon-opt dump/08_high_lower_to_tensor.tenon --inline_elementwise --verify-each\n";
  return text;
}

struct OptOptions {
  std::string file, emit, model_file, schedule_file;
  ModelOptions model;
  std::vector<std::string> passes;
  Instruments instruments;
  bool help = false;
};

int parse_count(const std::string& option, const std::string& text) {
  int count = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc() || end != text.data() + text.size() || count < 0)
    user_error({}, option + "=" + text + " is no number of passes", "the form is " + option + "=3");
  return count;
}

OptOptions parse(int argc, char** argv) {
  OptOptions options;
  std::vector<std::string> known = {"--emit",   "--model", "--schedule",    "--target",
                                    "--dim",    "--dump",  "--verify-each", "--time-passes",
                                    "--bisect", "--help"};
  for (const Pass& pass : pass_table()) known.push_back("--" + std::string(pass.name));
  for (int i = 1; i < argc; ++i) {
    std::string argument = argv[i], value;
    if (argument == "-" || argument[0] != '-') {
      if (!options.file.empty())
        user_error({}, "two files are given: " + options.file + " and " + argument,
                   "tenon-opt reads one");
      options.file = argument;
      continue;
    }
    size_t equals = argument.find('=');
    std::string name = argument.substr(0, equals);
    auto needs_value = [&] {
      if (equals != std::string::npos) return argument.substr(equals + 1);
      if (i + 1 >= argc) user_error({}, name + " needs a value", "the form is " + name + "=VALUE");
      return std::string(argv[++i]);
    };
    if (name == "--emit")
      options.emit = needs_value();
    else if (name == "--model")
      options.model_file = needs_value();
    else if (name == "--schedule")
      options.schedule_file = needs_value();
    else if (name == "--target")
      options.model.target = needs_value();
    else if (name == "--dim")
      options.model.dims.insert(parse_dim(needs_value()));
    else if (name == "--dump")
      options.instruments.dump_folder = needs_value();
    else if (name == "--verify-each")
      options.instruments.verify_each = true;
    else if (name == "--time-passes")
      options.instruments.report_time = print_time;
    else if (name == "--bisect")
      options.instruments.stop_after = parse_count(name, needs_value());
    else if (name == "--help" || name == "-h")
      options.help = true;
    else if (name.starts_with("--") && find_pass(name.substr(2)))
      options.passes.push_back(name.substr(2));
    else {
      std::string near = nearest_name(name, known);
      user_error({}, "no option or pass is called " + name,
                 near.empty() ? "`tenon-opt --help` lists them" : "did you mean " + near + "?");
    }
  }
  return options;
}

Program read_input(const OptOptions& options, Diagnostics& diagnostics) {
  if (options.file.ends_with(".onnx")) {
    Program program;
    frontend::ImportOptions import;
    import.dims = options.model.dims;
    program.graph = frontend::import_model(options.file, import, diagnostics).graph;
    diagnostics.checkpoint();
    return program;
  }
  std::string text;
  if (options.file == "-") {
    text.assign(std::istreambuf_iterator<char>(std::cin), {});
  } else {
    std::vector<uint8_t> bytes = read_file(options.file);
    text.assign(bytes.begin(), bytes.end());
  }
  return read_program(text, options.file == "-" ? "standard input" : options.file,
                      options.model_file, diagnostics);
}

int parse_and_run(int argc, char** argv) {
  OptOptions options = parse(argc, argv);
  if (options.help || options.file.empty()) {
    std::fputs(help_text().c_str(), stdout);
    return options.help ? 0 : 1;
  }
  Diagnostics diagnostics;
  target::Target target = options.model.target == target::cuda_target().name
                              ? target::cuda_target()
                              : resolve_target(options.model, "x86-64-v3");
  PassContext context{&target, {}, true};
  if (!options.schedule_file.empty()) {
    std::vector<uint8_t> text = read_file(options.schedule_file);
    context.scripts = schedule::parse_scripts(
        {reinterpret_cast<const char*>(text.data()), text.size()}, options.schedule_file);
  }
  Program program = read_input(options, diagnostics);
  print_warnings(diagnostics);
  int number = 0;
  if (!options.emit.empty()) {
    Level wanted = options.emit == "high"     ? Level::High
                   : options.emit == "tensor" ? Level::Tensor
                                              : Level::Loop;
    if (options.emit != name_of(wanted))
      user_error({}, "--emit=" + options.emit + ": no level is called so",
                 "there are high, tensor and loop");
    for (const Pass& pass : pass_table())
      if (pass.level < wanted && pass.level >= program.level)
        run_pass(program, pass, context, options.instruments, ++number);
  }
  for (const std::string& name : options.passes) {
    if (options.instruments.stop_after >= 0 && number >= options.instruments.stop_after) break;
    run_pass(program, *find_pass(name), context, options.instruments, ++number);
  }
  std::fputs(to_string(program).c_str(), stdout);
  return 0;
}

}  // namespace

int tenon_opt_main(int argc, char** argv) {
  return guarded([&] { return parse_and_run(argc, argv); });
}

}  // namespace tenon::driver
