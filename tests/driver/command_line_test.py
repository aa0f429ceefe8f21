"""The contract of the command lines: names of commands and options, exit statuses, messages.

    tenon compil digits.onnx        ->  exit status 1, "did you mean compile?"
    tenon run m.onnx --at batsh=3   ->  exit status 1, "did you mean batch?"

Scripts outside of this project call these programs: what is asserted here holds.
"""
import re
import unittest

import numpy as np
from onnx import TensorProto

from small_models import DIGITS, CommandLineTest, save

COMMANDS = ["compile", "run", "bench", "verify", "targets", "ops"]
LATER_COMMANDS = ["inspect", "tune", "quantize"]


class Commands(CommandLineTest):
    def test_version_names_what_it_is_made_of(self):
        text = self.succeed("--version").stdout
        self.assertRegex(text, r"^tenon \d+\.\d+\.\d+ \(\w+.*\), LLVM 19\.\S+, onnx 1\.\S+\n$")

    def test_help_lists_the_commands_and_examples(self):
        text = self.succeed("--help").stdout
        for command in COMMANDS:
            self.assertRegex(text, rf"(?m)^  {command} +\w")
        self.assertIn("tenon compile resnet18.onnx -o out/", text)

    def test_help_of_each_command_has_its_options(self):
        shared = ["--name", "--target", "--triple", "--cpu", "--features", "--dim", "--shape",
                  "--schedule", "--dump", "--at"]
        called = shared + ["--inputs", "--input", "--data", "--threads", "--seed", "--backend"]
        options = {
            "compile": shared + ["--output", "--emit", "--weights", "--rename", "--visibility",
                                 "--selftest", "--pool", "--force", "--json", "--depfile"],
            "run": called + ["--outputs", "--output-dir"],
            "bench": called + ["--seconds", "--json", "--profile"],
            "verify": called + ["--reference", "--rtol", "--atol", "--per-node"],
        }
        for command, names in options.items():
            text = self.succeed(command, "--help").stdout
            for name in names:
                self.assertRegex(text, rf"(?<![\w-]){name}(?![\w-])", f"{command} {name}")
            self.assertRegex(text, rf"examples?:\s+tenon {command}")

    def test_help_of_tenon_opt_has_examples(self):
        text = self.succeed("--help", program="tenon-opt").stdout
        examples = re.findall(r"(?m)^  tenon-opt (\S+.*)$", text[text.index("examples:"):])
        self.assertGreater(len(examples), 2)
        passes = set(re.findall(r"^  --(\w+) +(?:high|tensor|loop) ", text, re.MULTILINE))
        named = re.findall(r"--(\w+)(?= |$)", " ".join(examples))
        self.assertTrue(set(named) - {"dim"})
        self.assertLessEqual(set(named) - {"dim"}, passes)

    def test_targets_and_ops(self):
        targets = self.succeed("targets").stdout
        for name in ["x86-64-v3", "cortex-a53", "armv7-neon", "cuda", "native"]:
            self.assertRegex(targets, rf"(?m)^{name} +\S")
        self.assertRegex(self.succeed("ops").stdout, r"(?m)^Conv +\d")
        self.assertRegex(self.succeed("ops", "--markdown").stdout, r"(?m)^\| Conv \|")

    def test_no_command_is_refused(self):
        self.refuse(message="A subcommand is required", help="--help")

    def test_commands_of_a_later_version(self):
        for command in LATER_COMMANDS:
            self.refuse(command, DIGITS,
                        message=f"the command {command} is not in this version",
                        help="there are compile, run, bench, verify, pack, targets and ops")

    def test_nearest_names(self):
        self.refuse("compil", DIGITS, message="no command is called compil",
                    help="did you mean compile?")
        self.refuse("run", DIGITS, "--backand", "llvm", message="no option is called --backand",
                    help="did you mean --backend?")
        self.refuse("run", DIGITS, "--target", "znver44", message='"znver44"', help="znver4")
        self.refuse(DIGITS, "--fold_constant", program="tenon-opt",
                    message="no option or pass is called --fold_constant",
                    help="did you mean --fold_constants?")
        np.savez(self.folder / "in.npz", imag=np.zeros((1, 1, 8, 8), np.float32))
        self.refuse("run", DIGITS, "--inputs", self.folder / "in.npz",
                    message='the model has no input "imag"', help='did you mean "image"?')

    def test_arm_is_compiled_for_and_not_run(self):
        self.refuse("compile", DIGITS, "-o", self.folder, "--target", "cortex-a27",
                    message='"cortex-a27"', help="cortex-a72")
        self.refuse("compile", DIGITS, "-o", self.folder, "--triple", "armv7-linux-gnueabi",
                    message="the triple armv7-linux-gnueabi is not in this version",
                    help="armv7-unknown-linux-gnueabihf")
        self.refuse("compile", DIGITS, "-o", self.folder, "--cpu", "cortex-a53", "--features",
                    "+dotprd", message='"dotprd"', help="the nearest name is dotprod")
        for command in "run", "bench":
            self.refuse(command, DIGITS, "--target", "armv7-neon",
                        message="this machine does not run code for armv7-neon",
                        help="`tenon compile` writes a library for it")
        self.assertEqual(list(self.folder.iterdir()), [])
        text = self.succeed("run", DIGITS, "--target", "armv7-neon", "--backend", "interpreter")
        self.assertIn("target armv7-neon", text.stdout)

    def test_unknown_words_are_refused(self):
        self.refuse("run", DIGITS, "--backend", "lvm", message="no backend is called lvm",
                    help="there are llvm, interpreter, cpp, cuda-emulator and cuda")
        self.refuse("compile", DIGITS, "-o", self.folder / "o", "--emit", "dll",
                    message="--emit=dll: no output is called so")
        self.refuse("compile", DIGITS, "-o", self.folder / "o", "--weights", "nowhere",
                    message="--weights")
        self.refuse("compile", DIGITS, message="--output is required")
        self.refuse("run", message="model is required")
        self.refuse("run", DIGITS, "--threads", "0", message="--threads")
        self.refuse("run", DIGITS, "--target", "x86-64-v3", "--cpu", "znver4",
                    message="exclude each other")
        self.assertFalse((self.folder / "o").exists())

    def test_files_that_are_not_there(self):
        self.refuse("run", self.folder / "none.onnx", message="none.onnx")
        self.refuse("run", DIGITS, "--inputs", self.folder / "none.npz", message="none.npz")
        self.refuse("run", DIGITS, "--data", self.folder, message="the folder holds no input_0.pb")
        self.refuse(self.folder / "none.tenon", program="tenon-opt", message="cannot be read")


class Dimensions(CommandLineTest):
    """--dim, --shape and --at on y[batch, seq] = relu(x[batch, seq])."""

    def setUp(self):
        super().setUp()
        kind = (TensorProto.FLOAT, ["batch", "seq"])
        self.model = save(self.folder / "relu.onnx", [("Relu", ["x"], ["y"])], {"x": kind},
                          {"y": kind})

    def shape_of(self, *options):
        text = self.succeed("run", self.model, *options).stdout
        return re.search(r"(?m)^y : f32\[(.*?)\]", text).group(1)

    def test_an_unbounded_dimension_is_an_error_of_compile(self):
        process = self.refuse("compile", self.model, "-o", self.folder / "out", message="batch")
        self.assertRegex(process.stderr, r"--dim batch=\d+\.\.\d+ --dim seq=\d+\.\.\d+")
        self.assertFalse((self.folder / "out").exists())

    def test_sizes_of_seeded_inputs(self):
        self.assertEqual(self.shape_of(), "1, 1")
        self.assertEqual(self.shape_of("--dim", "batch=2", "--dim", "seq=1..5"), "2, 5")
        self.assertEqual(self.shape_of("--shape", "x=4,6"), "4, 6")
        self.assertEqual(self.shape_of("--at", "batch=3", "--at", "seq=7"), "3, 7")
        self.assertEqual(self.shape_of("--dim", "seq=1..5", "--at", "seq=2"), "1, 2")

    def test_sizes_of_given_inputs(self):
        np.save(self.folder / "x.npy", np.ones((3, 4), np.float32))
        given = f"x={self.folder / 'x.npy'}"
        self.assertEqual(self.shape_of("--input", given), "3, 4")
        self.refuse("run", self.model, "--input", given, "--dim", "batch=1..2",
                    message="the dimension batch is 3, outside of 1..2")

    def test_at_names_a_dimension_of_the_model(self):
        for command in "run", "bench", "verify":
            words = [command, self.model, "--per-node"][:3 if command == "verify" else 2]
            self.refuse(*words, "--at", "batsh=3",
                        message='--at batsh=3: no input has a dimension "batsh"',
                        help="did you mean batch?")
        self.refuse("compile", self.model, "-o", self.folder / "out", "--dim", "batch=1..4",
                    "--dim", "seq=1..4", "--at", "unlike=3", message="--at unlike=3",
                    help="its dimensions are batch, seq")
        self.refuse("run", DIGITS, "--at", "batch=3", message="--at batch=3",
                    help="all dimensions of the inputs are fixed")

    def test_at_lies_within_the_bounds(self):
        self.refuse("run", self.model, "--dim", "seq=1..5", "--at", "seq=6",
                    message="--at seq=6 is outside of 1..5", help="give a size within the bounds")
        self.refuse("run", self.model, "--at", "seq=1..5", message="one size is needed")

    def test_malformed_values(self):
        for option, value in (("--dim", "batch"), ("--dim", "batch=x"), ("--dim", "=3"),
                              ("--dim", "batch=5..2"), ("--dim", "batch=0"), ("--shape", "x=1,y"),
                              ("--shape", "x"), ("--input", "x")):
            self.refuse("run", self.model, option, value, message=f"{option} {value}",
                        help="help: ")

    def test_names_of_dimensions_and_inputs_that_are_not_there(self):
        self.refuse("run", self.model, "--dim", "sec=3", message='no input has a dimension "sec"',
                    help="did you mean seq?")
        self.refuse("run", self.model, "--shape", "z=1,2", message='the model has no input "z"')
        self.refuse("run", self.model, "--shape", "x=1,2,3", message="has 3 axes")


class Passes(CommandLineTest):
    """tenon-opt, and what the instruments print."""

    def test_bisect_stops_after_so_many_passes(self):
        passes = ["--fold_constants", "--simplify_views", "--eliminate_dead_nodes"]
        for count in range(3):
            self.assertEqual(
                self.succeed(DIGITS, *passes, f"--bisect={count}", program="tenon-opt").stdout,
                self.succeed(DIGITS, *passes[:count], program="tenon-opt").stdout)

    def test_levels(self):
        for level, word in ("high", "model digits"), ("tensor", "-> "), ("loop", "module digits"):
            self.assertIn(word, self.succeed(DIGITS, f"--emit={level}", program="tenon-opt").stdout)
        self.refuse(DIGITS, "--emit=asm", program="tenon-opt",
                    message="--emit=asm: no level is called so",
                    help="there are high, tensor and loop")
        self.refuse(DIGITS, "--plan_memory", program="tenon-opt",
                    message="the pass plan_memory takes a program of the level loop")

    def test_times_are_lines_on_stderr(self):
        names = re.findall(r"^  --(\w+) +(?:high|tensor|loop) ",
                           self.succeed("--help", program="tenon-opt").stdout, re.MULTILINE)
        for words in (["run", DIGITS], ["compile", DIGITS, "-o", self.folder / "o", "--selftest"]):
            process = self.succeed(*words, "--time-passes")
            found = re.findall(r"(?m)^ *\d+\.\d ms  (\w+)$", process.stderr)
            self.assertEqual(found, names)
        flags = [f"--{name}" for name in names]
        process = self.succeed(DIGITS, *flags, "--time-passes", program="tenon-opt")
        self.assertEqual(re.findall(r"(?m)^ *\d+\.\d ms  (\w+)$", process.stderr), names)

    def test_dumps(self):
        self.succeed("run", DIGITS, "--dump", self.folder / "dump", "--verify-each")
        names = [path.name for path in (self.folder / "dump").iterdir()]
        self.assertTrue(any(re.fullmatch(r"\d\d_loop_plan_memory\.tenon", name) for name in names))


if __name__ == "__main__":
    unittest.main()
