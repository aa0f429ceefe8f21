// tenon's options, declared with CLI11; see `tenon --help`.
#include "driver/command_line.h"

#include <CLI/CLI.hpp>
#include <memory>

#include "driver/commands/commands.h"
#include "driver/guard.h"
#include "driver/version.h"

namespace tenon::driver {
namespace {

std::string version_text() {
  const Version& v = version();
  return std::string("tenon ") + v.tenon + " (" + v.commit + "), LLVM " + v.llvm + ", onnx " +
         v.onnx;
}

// The texts behind options, parsed once the command line is read.
struct ModelTexts {
  std::vector<std::string> dims, shapes, at;
};
struct RunTexts {
  ModelTexts model;
  std::vector<std::string> inputs;
};

void add_model_options(CLI::App& command, ModelOptions& model, ModelTexts& texts) {
  command.add_option("model", model.model, "the ONNX model")->required();
  command.add_option("--name", model.name,
                     "prefix of symbols and files (default: the file's stem)");
  command.add_option("--target", model.target, "a name from `tenon targets`, or native");
  command.add_option("--triple", model.triple, "an LLVM triple, instead of --target");
  command.add_option("--cpu", model.cpu, "a CPU, instead of --target");
  command.add_option("--features", model.features, "as in +avx512vnni,-gfni");
  command.add_option("--dim", texts.dims, "NAME=VALUE fixes a dimension, NAME=LOW..HIGH bounds it")
      ->take_all();
  command.add_option("--shape", texts.shapes, "INPUT=1,3,224,224 fixes an input's shape")
      ->take_all();
  command.add_option("--schedule", model.schedule_file,
                     "schedules to use instead of the templates', as --dump writes them");
  command.add_option("--dump", model.dump_folder,
                     "a folder for the program's text after each pass that changed it");
  command.add_flag("--verify-each", model.verify_each,
                   "verify and re-parse the program after each pass");
  command.add_flag("--time-passes", model.time_passes, "print the time of each pass");
  command.add_flag("--no-schedule", model.no_schedule, "keep naive loops: slow, for comparison");
}

void read_texts(const ModelTexts& texts, ModelOptions& model) {
  for (const std::string& text : texts.dims)
    model.dims.insert_or_assign(parse_dim(text).first, parse_dim(text).second);
  for (const std::string& text : texts.shapes)
    model.shapes.insert_or_assign(parse_shape(text).first, parse_shape(text).second);
  for (const std::string& text : texts.at) {
    auto [name, range] = parse_dim(text);
    if (range.least != range.most)
      user_error({}, "--at " + text + ": one size is needed", "the form is --at NAME=VALUE");
    model.at[name] = range.least;
  }
}

void add_run_options(CLI::App& command, RunOptions& run, RunTexts& texts) {
  add_model_options(command, run.model, texts.model);
  command
      .add_option("--at", texts.model.at,
                  "NAME=VALUE: the size of a bounded dimension when inputs are made (default: its "
                  "upper bound)")
      ->take_all();
  command.add_option("--inputs", run.inputs_file, "F.npz with the inputs by name");
  command.add_option("--input", texts.inputs, "NAME=F.npy, one input")->take_all();
  command.add_option("--data", run.data_folder, "a folder of ONNX test data: input_0.pb, ...");
  command.add_option("--threads", run.threads, "threads to run on")->check(CLI::Range(1, 1024));
  command.add_flag("--check-kernels", run.check_kernels,
                   "with cuda-emulator: find races, unwritten memory and accesses out of bounds");
  command.add_option("--seed", run.seed, "of random inputs");
  command.add_option(
      "--backend", run.backend,
      "llvm, interpreter, cpp (built by $CXX), cuda-emulator (no GPU needed) or cuda");
}

void check_backend(const std::string& backend) {
  for (const char* known : {"llvm", "interpreter", "cpp", "cuda-emulator", "cuda"})
    if (backend == known) return;
  user_error({}, "no backend is called " + backend,
             "there are llvm, interpreter, cpp, cuda-emulator and cuda");
}

void read_texts(const RunTexts& texts, RunOptions& run) {
  read_texts(texts.model, run.model);
  for (const std::string& text : texts.inputs) run.input_files.insert(parse_pair(text, "--input"));
  check_backend(run.backend);
  run.model.in_source = run.backend == "cpp";
}

void check_emit(const std::vector<std::string>& kinds) {
  for (const std::string& kind : kinds) {
    if (kind == "lib" || kind == "obj" || kind == "llvm-ir" || kind == "asm") continue;
    if (kind == "cpp" && kinds.size() == 1) continue;
    if (kind == "cuda" && kinds.size() == 1) continue;
    if (kind == "cpp" || kind == "cuda")
      user_error({}, "--emit=" + kind + " writes a source tree in place of a library",
                 kind == "cpp" ? "ask for it alone; CMake or `tenon pack` makes the library"
                               : "ask for it alone; CMake makes the library");
    user_error({}, "--emit=" + kind + ": no output is called so",
               "there are lib, obj, llvm-ir, asm, cpp and cuda");
  }
}

// Names of commands that a later version has.
void check_command(int argc, char** argv) {
  static const std::vector<std::string> known = {"compile", "run",     "bench", "verify",
                                                 "pack",    "targets", "ops"};
  if (argc < 2 || argv[1][0] == '-') return;
  std::string command = argv[1];
  for (const std::string& name : known)
    if (name == command) return;
  for (const char* later : {"inspect", "tune", "quantize"})
    if (command == later)
      user_error({}, "the command " + command + " is not in this version",
                 "there are compile, run, bench, verify, pack, targets and ops");
  std::string near = nearest_name(command, known);
  user_error({}, "no command is called " + command,
             near.empty() ? "`tenon --help` lists the commands" : "did you mean " + near + "?");
}

void add_compile_command(CLI::App& app, int& status) {
  struct State {
    CompileOptions options;
    ModelTexts texts;
    std::vector<std::string> renames;
    std::string weights = "embed", visibility = "hidden";
  };
  auto state = std::make_shared<State>();
  CompileOptions& options = state->options;
  CLI::App& command = *app.add_subcommand("compile", "write a static library and a header");
  command.footer("example: tenon compile kws.onnx -o out/ --target x86-64-v3 --selftest");
  add_model_options(command, options.model, state->texts);
  command.add_option("-o,--output", options.output_folder, "the folder to write to")->required();
  command.add_option("--depfile", options.depfile,
                     "a file for Make or Ninja: what the library was read from");
  command
      .add_option("--emit", options.emit,
                  "lib (always), obj, llvm-ir, asm; or cpp, cuda: a source tree")
      ->delimiter(',')
      ->take_all();
  command.add_option(
      "--host-target", options.host_target,
      "of the host part for --target cuda: of x86-64 (default x86-64-v2) or AArch64");
  command
      .add_option("--gpu-arch", options.gpu_architectures,
                  "for --target cuda: sm_80, ... and compute_80, ... for PTX")
      ->delimiter(',')
      ->take_all();
  command
      .add_option("--weights", state->weights, "embed: inside the library; file: NAME_weights.bin")
      ->check(CLI::IsMember({"embed", "file"}));
  command.add_option("--rename", state->renames, "OLD=NEW: the C name of a tensor or dimension")
      ->take_all();
  command.add_option("--visibility", state->visibility, "hidden, or default for a shared library")
      ->check(CLI::IsMember({"hidden", "default"}));
  command.add_option("--at", state->texts.at, "NAME=VALUE: the size at which the self-test runs")
      ->take_all();
  command.add_flag("--debug-info", options.debug_info,
                   "name the ONNX nodes for profilers and debuggers");
  command.add_flag("--selftest", options.selftest, "add NAME_selftest with golden vectors");
  command.add_flag("--pool", options.pool,
                   "write the thread pool too: libtenon_pool.a, tenon_pool.h");
  command.add_flag("--force", options.force, "overwrite files that are not the bundle's own");
  command.add_flag("--json", options.json, "nothing but JSON on stdout");
  command.callback([state, &status] {
    CompileOptions& options = state->options;
    read_texts(state->texts, options.model);
    check_emit(options.emit);
    options.model.in_source = !options.emit.empty() && options.emit[0] == "cpp";
    for (const std::string& text : state->renames)
      options.renames.insert(parse_pair(text, "--rename"));
    options.weights_in_file = state->weights == "file";
    options.default_visibility = state->visibility == "default";
    status = run_compile(options);
  });
}

void add_run_command(CLI::App& app, int& status) {
  struct State {
    RunOptions options;
    RunTexts texts;
  };
  auto state = std::make_shared<State>();
  RunOptions& options = state->options;
  CLI::App& command = *app.add_subcommand("run", "compile and run in this process");
  command.footer("example: tenon run espcn.onnx --input image=image.npy --outputs out.npz");
  add_run_options(command, options, state->texts);
  command.add_option("--outputs", options.outputs_file, "F.npz for the outputs");
  command.add_option("--output-dir", options.output_folder, "a folder for output_0.pb, ...");
  command.callback([state, &status] {
    read_texts(state->texts, state->options);
    status = run_run(state->options);
  });
}

void add_bench_command(CLI::App& app, int& status) {
  struct State {
    BenchOptions options;
    RunTexts texts;
  };
  auto state = std::make_shared<State>();
  BenchOptions& options = state->options;
  CLI::App& command = *app.add_subcommand("bench", "time a model in this process");
  command.footer(
      "example: tenon bench bert.onnx --dim batch=1..8 --dim seq=1..512 --at batch=2 --at seq=48 "
      "--profile");
  add_run_options(command, options.run, state->texts);
  command.add_option("--seconds", options.seconds, "how long to measure")
      ->check(CLI::PositiveNumber);
  command.add_flag("--json", options.json, "one JSON object on stdout");
  command.add_flag("--profile", options.profile,
                   "time, GFLOP/s and percent of the machine's peak for each group");
  command.callback([state, &status] {
    read_texts(state->texts, state->options.run);
    status = run_bench(state->options);
  });
}

void add_verify_command(CLI::App& app, int& status) {
  struct State {
    VerifyOptions options;
    RunTexts texts;
  };
  auto state = std::make_shared<State>();
  VerifyOptions& options = state->options;
  CLI::App& command = *app.add_subcommand("verify", "compare a model's outputs with stored ones");
  command.footer(
      "examples:\n"
      "  tenon verify model.onnx --data test_data_set_0\n"
      "  tenon verify model.onnx --inputs in.npz --reference out.npz --rtol 1e-3\n"
      "  tenon verify model.onnx --per-node                 every node against the interpreter\n"
      "  tenon verify model.onnx --inputs in.npz --reference nodes.npz --per-node\n"
      "                                                     nodes.npz: results of nodes, by name");
  add_run_options(command, options.run, state->texts);
  command.add_option("--reference", options.reference_file,
                     "F.npz with the expected outputs; with --per-node also results of nodes");
  command.add_option("--rtol", options.tolerance.relative, "relative tolerance");
  command.add_option("--atol", options.tolerance.absolute, "absolute tolerance");
  command.add_flag("--per-node", options.per_node,
                   "compare the result of each ONNX node with the reference, or else the "
                   "interpreter, and name the first that differs (--atol is then times the "
                   "result's largest magnitude, where that is above 1)");
  command.callback([state, &status] {
    read_texts(state->texts, state->options.run);
    status = run_verify(state->options);
  });
}

void add_pack_command(CLI::App& app, int& status) {
  auto folder = std::make_shared<std::string>();
  CLI::App& command =
      *app.add_subcommand("pack", "build and verify a source tree with edited kernels");
  command.footer(
      "example: tenon compile kws.onnx -o out/ --emit=cpp, edit out/kernels/*.cpp, tenon pack "
      "out/");
  command.add_option("folder", *folder, "as --emit=cpp wrote it")->required();
  command.callback([folder, &status] { status = run_pack(*folder); });
}

// targets, ops: print a table, which a document of the project repeats.
void add_table_command(CLI::App& app, int& status, const std::string& name,
                       const std::string& about, int (*print)(bool markdown)) {
  auto markdown = std::make_shared<bool>(false);
  CLI::App& command = *app.add_subcommand(name, about);
  std::string document = name == "ops" ? "operators" : name;
  command.add_flag("--markdown", *markdown, "as docs/" + document + ".md");
  command.callback([markdown, print, &status] { status = print(*markdown); });
}

// An option that no command has; names the nearest that one has.
[[noreturn]] void refuse_unknown_option(const CLI::App& app) {
  std::vector<std::string> known;
  for (const CLI::App* command : app.get_subcommands())
    for (const CLI::Option* option : command->get_options())
      for (const std::string& name : option->get_lnames()) known.push_back("--" + name);
  std::vector<std::string> extras = app.remaining(true);
  std::string first = extras.empty() ? "" : extras[0].substr(0, extras[0].find('='));
  std::string near = nearest_name(first, known);
  user_error(
      {}, "no option is called " + first,
      near.empty() ? "`tenon COMMAND --help` lists the options" : "did you mean " + near + "?");
}

int parse_and_run(int argc, char** argv) {
  check_command(argc, argv);
  CLI::App app{"tenon: an ONNX model becomes a static library and a C header that need nothing"};
  app.set_version_flag("--version", version_text());
  app.require_subcommand(1);
  app.footer(
      "examples:\n"
      "  tenon compile resnet18.onnx -o out/                          out/libresnet18.a, "
      "out/resnet18.h\n"
      "  tenon compile bert.onnx -o out/ --dim batch=1..8 --dim seq=1..512 --target x86-64-v4\n"
      "  tenon run resnet18.onnx --inputs in.npz --outputs out.npz\n"
      "  tenon bench resnet18.onnx --threads 1 --seconds 5 --json\n"
      "  tenon verify resnet18.onnx --inputs in.npz --reference out.npz");

  int status = 0;
  add_compile_command(app, status);
  add_run_command(app, status);
  add_bench_command(app, status);
  add_verify_command(app, status);
  add_pack_command(app, status);
  add_table_command(app, status, "targets", "what can be compiled for", run_targets);
  add_table_command(app, status, "ops", "the ONNX operators that are read", run_ops);
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp& help) {
    return app.exit(help);
  } catch (const CLI::CallForVersion& text) {
    return app.exit(text);
  } catch (const CLI::ExtrasError&) {
    refuse_unknown_option(app);
  } catch (const CLI::ParseError& error) {
    user_error({}, error.what(), "`tenon COMMAND --help` lists the options");
  }
  return status;
}

}  // namespace

int tenon_main(int argc, char** argv) {
  return guarded([&] { return parse_and_run(argc, argv); });
}

}  // namespace tenon::driver
