"""What the test scripts share: where things are, how `tenon` is called, how cases are counted.

    report = Report()
    report.case("kws", None)              ->  "ok      kws"
    report.case("unet", "differs by 3")   ->  "FAILED  unet: differs by 3"
    sys.exit(report.finish())             ->  "1 passed, 1 failed", exit status 1
"""
import argparse
import importlib.util
import os
import pathlib
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
MODELS = ROOT / "tests" / "models"

# Text of exceptions, assertions and sanitizers: a user's mistake never shows it.
NOT_FOR_USERS = re.compile(r"terminate called|std::|google::|what\(\)|[Aa]ssert|CHECK|Sanitizer"
                           r"|\.cpp\b|\.cc\b")


def load_module(path):
    """A Python file of another folder, as a module."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


fill = load_module(MODELS / "fill.py")


# What a processor must have, as /proc/cpuinfo names it, to run code for a target at all.
PROCESSOR_FLAGS = {"x86-64-v2": {"ssse3", "sse4_2", "popcnt"},
                   "x86-64-v3": {"avx2", "fma", "f16c", "bmi2"},
                   "x86-64-v4": {"avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"}}
SKIPPED = 77  # the exit status by which CTest knows a test that cannot run here


def processor_runs(target):
    """False where this processor lacks an instruction set that the target is made of."""
    flags = set(pathlib.Path("/proc/cpuinfo").read_text().split())
    return PROCESSOR_FLAGS.get(target, set()) <= flags


class Report:
    """Prints a line per case and, at the end, the line of counts that test.sh adds up."""

    def __init__(self):
        self.passed = 0
        self.failed = 0

    def case(self, name, failure, note="", quiet=False):
        """failure: None, or what went wrong, the first line for the list and the rest below it.

        quiet: a case that passes is counted and not printed.
        """
        if failure is None:
            self.passed += 1
            if not quiet:
                print(f"ok      {name}{'  ' + note if note else ''}", flush=True)
        else:
            self.failed += 1
            first, *rest = str(failure).rstrip().split("\n")
            print(f"FAILED  {name}: {first}", flush=True)
            for line in rest:
                print(f"        {line}", flush=True)

    def finish(self):
        print(f"{self.passed} passed, {self.failed} failed", flush=True)
        return 1 if self.failed or not self.passed else 0


def argument_parser(description):
    """A parser with the options that every script has."""
    parser = argparse.ArgumentParser(description=description,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tenon", type=pathlib.Path, default=ROOT / "build" / "tenon",
                        help="the compiler under test (default: build/tenon)")
    parser.add_argument("--models", type=pathlib.Path, default=ROOT / "build" / "models",
                        help="where the filled models are kept (default: build/models)")
    return parser


def filled(name_or_path, folder):
    """The path of a model with its weights: a name of tests/models is filled first."""
    if str(name_or_path).endswith(".onnx"):
        return pathlib.Path(name_or_path)
    folder.mkdir(parents=True, exist_ok=True)
    fill.fill(name_or_path, folder)
    return folder / f"{name_or_path}.onnx"


def run(command, **options):
    """A finished process with its output as text."""
    return subprocess.run([str(word) for word in command], capture_output=True, text=True,
                          errors="replace", **options)


def failure_of(process):
    """None, or how a process ended and the last lines that it said."""
    if process.returncode == 0:
        return None
    said = "\n".join(process.stderr.strip().split("\n")[-8:])
    how = f"signal {-process.returncode}" if process.returncode < 0 else \
        f"exit status {process.returncode}"
    return f"{how} from {' '.join(process.args[:2])}\n{said}"
