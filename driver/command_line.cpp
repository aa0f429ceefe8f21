// tenon's options, declared with CLI11; see `tenon --help`.
#include "driver/command_line.h"

#include <CLI/CLI.hpp>
#include <cstdio>

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
struct RawModelOptions {
  std::vector<std::string> dims, shapes, at;
};

void add_model_options(CLI::App& command, ModelOptions& model, RawModelOptions& raw) {
  command.add_option("model", model.model, "the ONNX model")->required();
  command.add_option("--name", model.name,
                     "prefix of symbols and files (default: the file's stem)");
  command.add_option("--target", model.target, "a name from `tenon targets`, or native");
  command.add_option("--triple", model.triple, "an LLVM triple, instead of --target");
  command.add_option("--cpu", model.cpu, "a CPU, instead of --target");
  command.add_option("--features", model.features, "as in +avx512vnni,-gfni");
  command.add_option("--dim", raw.dims, "NAME=VALUE fixes a dimension, NAME=LOW..HIGH bounds it")
      ->take_all();
  command.add_option("--shape", raw.shapes, "INPUT=1,3,224,224 fixes an input's shape")->take_all();
  command.add_option("--schedule", model.schedule_file,
                     "schedules to use instead of the templates', as --dump writes them");
  command.add_option("--dump", model.dump_folder,
                     "a folder for the program's text after each pass that changed it");
  command.add_flag("--verify-each", model.verify_each,
                   "verify and re-parse the program after each pass");
  command.add_flag("--time-passes", model.time_passes, "print the time of each pass");
  command.add_flag("--no-schedule", model.no_schedule, "keep naive loops: slow, for comparison");
}

void parse_raw(const RawModelOptions& raw, ModelOptions& model) {
  for (const std::string& text : raw.dims)
    model.dims.insert_or_assign(parse_dim(text).first, parse_dim(text).second);
  for (const std::string& text : raw.shapes)
    model.shapes.insert_or_assign(parse_shape(text).first, parse_shape(text).second);
  for (const std::string& text : raw.at) {
    auto [name, range] = parse_dim(text);
    if (range.least != range.most)
      user_error({}, "--at " + text + ": one size is needed", "the form is --at NAME=VALUE");
    model.at[name] = range.least;
  }
}

void add_run_options(CLI::App& command, RunOptions& run, RawModelOptions& raw,
                     std::vector<std::string>& input_files) {
  add_model_options(command, run.model, raw);
  command
      .add_option("--at", raw.at,
                  "NAME=VALUE: the size of a bounded dimension when inputs are made (default: its "
                  "upper bound)")
      ->take_all();
  command.add_option("--inputs", run.inputs_file, "F.npz with the inputs by name");
  command.add_option("--input", input_files, "NAME=F.npy, one input")->take_all();
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
  RawModelOptions raw;
  std::vector<std::string> input_files, renames;
  std::string weights = "embed", visibility = "hidden";

  CompileOptions compile;
  CLI::App* compile_command = app.add_subcommand("compile", "write a static library and a header");
  compile_command->footer("example: tenon compile kws.onnx -o out/ --target x86-64-v3 --selftest");
  add_model_options(*compile_command, compile.model, raw);
  compile_command->add_option("-o,--output", compile.output_folder, "the folder to write to")
      ->required();
  compile_command->add_option("--depfile", compile.depfile,
                              "a file for Make or Ninja: what the library was read from");
  compile_command
      ->add_option("--emit", compile.emit,
                   "lib (always), obj, llvm-ir, asm; or cpp, cuda: a source tree")
      ->delimiter(',')
      ->take_all();
  compile_command->add_option("--host-target", compile.host_target,
                              "of the host part for --target cuda; default x86-64-v2");
  compile_command
      ->add_option("--gpu-arch", compile.gpu_architectures,
                   "for --target cuda: sm_80, ... and compute_80, ... for PTX")
      ->delimiter(',')
      ->take_all();
  compile_command
      ->add_option("--weights", weights, "embed: inside the library; file: NAME_weights.bin")
      ->check(CLI::IsMember({"embed", "file"}));
  compile_command->add_option("--rename", renames, "OLD=NEW: the C name of a tensor or dimension")
      ->take_all();
  compile_command->add_option("--visibility", visibility, "hidden, or default for a shared library")
      ->check(CLI::IsMember({"hidden", "default"}));
  compile_command->add_option("--at", raw.at, "NAME=VALUE: the size at which the self-test runs")
      ->take_all();
  compile_command->add_flag("--debug-info", compile.debug_info,
                            "name the ONNX nodes for profilers and debuggers");
  compile_command->add_flag("--selftest", compile.selftest,
                            "add NAME_selftest with golden vectors");
  compile_command->add_flag("--pool", compile.pool,
                            "write the thread pool too: libtenon_pool.a, tenon_pool.h");
  compile_command->add_flag("--force", compile.force,
                            "overwrite files that are not the bundle's own");
  compile_command->add_flag("--json", compile.json, "nothing but JSON on stdout");
  compile_command->callback([&] {
    parse_raw(raw, compile.model);
    check_emit(compile.emit);
    compile.model.in_source = !compile.emit.empty() && compile.emit[0] == "cpp";
    for (const std::string& text : renames) compile.renames.insert(parse_pair(text, "--rename"));
    compile.weights_in_file = weights == "file";
    compile.default_visibility = visibility == "default";
    status = run_compile(compile);
  });

  RunOptions run;
  CLI::App* run_command = app.add_subcommand("run", "compile and run in this process");
  run_command->footer("example: tenon run espcn.onnx --input image=image.npy --outputs out.npz");
  add_run_options(*run_command, run, raw, input_files);
  run_command->add_option("--outputs", run.outputs_file, "F.npz for the outputs");
  run_command->add_option("--output-dir", run.output_folder, "a folder for output_0.pb, ...");
  run_command->callback([&] {
    parse_raw(raw, run.model);
    for (const std::string& text : input_files) run.input_files.insert(parse_pair(text, "--input"));
    check_backend(run.backend);
    run.model.in_source = run.backend == "cpp";
    status = run_run(run);
  });

  BenchOptions bench;
  CLI::App* bench_command = app.add_subcommand("bench", "time a model in this process");
  bench_command->footer(
      "example: tenon bench bert.onnx --dim batch=1..8 --dim seq=1..512 --at batch=2 --at seq=48 "
      "--profile");
  add_run_options(*bench_command, bench.run, raw, input_files);
  bench_command->add_option("--seconds", bench.seconds, "how long to measure")
      ->check(CLI::PositiveNumber);
  bench_command->add_flag("--json", bench.json, "one JSON object on stdout");
  bench_command->add_flag("--profile", bench.profile,
                          "time, GFLOP/s and percent of the machine's peak for each group");
  bench_command->callback([&] {
    parse_raw(raw, bench.run.model);
    for (const std::string& text : input_files)
      bench.run.input_files.insert(parse_pair(text, "--input"));
    check_backend(bench.run.backend);
    bench.run.model.in_source = bench.run.backend == "cpp";
    status = run_bench(bench);
  });

  VerifyOptions verify;
  CLI::App* verify_command =
      app.add_subcommand("verify", "compare a model's outputs with stored ones");
  verify_command->footer(
      "examples:\n"
      "  tenon verify model.onnx --data test_data_set_0\n"
      "  tenon verify model.onnx --inputs in.npz --reference out.npz --rtol 1e-3\n"
      "  tenon verify model.onnx --per-node                 every node against the interpreter\n"
      "  tenon verify model.onnx --inputs in.npz --reference nodes.npz --per-node\n"
      "                                                     nodes.npz: results of nodes, by name");
  add_run_options(*verify_command, verify.run, raw, input_files);
  verify_command->add_option(
      "--reference", verify.reference_file,
      "F.npz with the expected outputs; with --per-node also results of nodes");
  verify_command->add_option("--rtol", verify.tolerance.relative, "relative tolerance");
  verify_command->add_option("--atol", verify.tolerance.absolute, "absolute tolerance");
  verify_command->add_flag("--per-node", verify.per_node,
                           "compare the result of each ONNX node with the reference, or else the "
                           "interpreter, and name the first that differs (--atol is then times the "
                           "result's largest magnitude, where that is above 1)");
  verify_command->callback([&] {
    parse_raw(raw, verify.run.model);
    for (const std::string& text : input_files)
      verify.run.input_files.insert(parse_pair(text, "--input"));
    check_backend(verify.run.backend);
    verify.run.model.in_source = verify.run.backend == "cpp";
    status = run_verify(verify);
  });

  std::string folder;
  CLI::App* pack_command =
      app.add_subcommand("pack", "build and verify a source tree with edited kernels");
  pack_command->footer(
      "example: tenon compile kws.onnx -o out/ --emit=cpp, edit out/kernels/*.cpp, tenon pack "
      "out/");
  pack_command->add_option("folder", folder, "as --emit=cpp wrote it")->required();
  pack_command->callback([&] { status = run_pack(folder); });

  bool markdown = false;
  CLI::App* targets_command = app.add_subcommand("targets", "what can be compiled for");
  targets_command->add_flag("--markdown", markdown, "as docs/targets.md");
  targets_command->callback([&] { status = run_targets(markdown); });
  CLI::App* ops_command = app.add_subcommand("ops", "the ONNX operators that are read");
  ops_command->add_flag("--markdown", markdown, "as docs/operators.md");
  ops_command->callback([&] { status = run_ops(markdown); });

  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp& help) {
    return app.exit(help);
  } catch (const CLI::CallForVersion& text) {
    return app.exit(text);
  } catch (const CLI::ExtrasError&) {
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
