#!/usr/bin/env python3
"""Adds an operator to a copy of the sources, builds that, and shows that four files were enough.

    run.py   ->   ok      the compiler as it is names LpNormalization
                  ok      p=2 axis=-1
                  6 passed, 0 failed

The tree stays as it is: the patched files lie in build/add_an_operator and are compiled with the
command lines of the build; of the rest, the objects and libraries of the build are used. Needs
that build, git, and numpy and onnx (tests/requirements.txt).
"""
import argparse
import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper

FOLDER = pathlib.Path(__file__).resolve().parent
ROOT = FOLDER.parents[1]
PATCH = FOLDER / "lp_normalization.patch"
sys.path.insert(0, str(ROOT / "tests" / "tools"))
import harness  # noqa: E402
import reference  # noqa: E402

MOST_FILES = 4  # a definition, a name in the list, a row, a test
OPERATOR_CASES = pathlib.Path("tests/ir/high")


def must(command, **options):
    """What a command printed; its failure ends the script with what it said."""
    process = harness.run(command, **options)
    failure = harness.failure_of(process)
    if failure:
        sys.exit(f"{failure}\n{process.stdout}")
    return process.stdout


def files_of_patch():
    return re.findall(r"^\+\+\+ b/(\S+)", PATCH.read_text(), re.MULTILINE)


def make_patched_copy(files, sources):
    """The files of the patch, patched, and the cases of the other operators, under `sources`."""
    shutil.rmtree(sources, ignore_errors=True)
    cases = [path.relative_to(ROOT) for path in (ROOT / OPERATOR_CASES).glob("*_cases.txt")]
    for name in [pathlib.Path(file) for file in files] + cases:
        (sources / name).parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / name).exists():
            shutil.copy(ROOT / name, sources / name)
    # Git takes the copy for a folder of its own, not for a part of the repository around it.
    must(["git", "apply", PATCH], cwd=sources,
         env={**os.environ, "GIT_CEILING_DIRECTORIES": str(sources.parent)})


def sources_to_compile(files):
    """The .cpp files of the patch, and those whose objects the new name in the list changes.

    The list is a macro: other files that include it see one more declaration, which changes no
    object; those that expand it do change.
    """
    changed = {file for file in files if file.endswith(".cpp") and not file.startswith("tests/")}
    if "ir/high/ops/table.h" in files:
        changed |= {str(path.relative_to(ROOT)) for path in (ROOT / "ir").rglob("*.cpp")
                    if re.search(r"^ *TENON_OPERATORS\(", path.read_text(), re.MULTILINE)}
    return sorted(changed)


class Build:
    """The finished build, whose command lines and libraries are used again."""

    def __init__(self, folder):
        self.folder = folder
        cache = (folder / "CMakeCache.txt").read_text()
        self.root = re.search(r"^CMAKE_HOME_DIRECTORY:\w+=(.*)$", cache, re.MULTILINE).group(1)
        entries = json.loads((folder / "compile_commands.json").read_text())
        self.commands = {os.path.relpath(entry["file"], self.root): shlex.split(entry["command"])
                         for entry in entries}

    def compile(self, file, sources, output):
        """The object of one file: the patched one where there is one, found before the tree's."""
        words = list(self.commands[file])
        words[words.index("-o") + 1] = str(output)
        patched = sources / file
        words[words.index("-c") + 1] = str(patched if patched.exists() else f"{self.root}/{file}")
        words.insert(1, f"-I{sources}")
        must(words, cwd=self.folder)

    def link(self, target, objects, output):
        """A second program of that target: objects before the libraries hide their members."""
        command = must(["ninja", "-C", self.folder, "-t", "commands", target])
        line = command.strip().split("\n")[-1].removeprefix(": && ").split(" && ")[0]
        words = shlex.split(line)
        at = words.index("-o")
        words[at:at + 2] = [str(path) for path in objects] + ["-o", str(output)]
        must(words, cwd=self.folder)


def make_model(path, p, axis, opset):
    """y = LpNormalization(x), x : f32[4, 6, 5]."""
    node = helper.make_node("LpNormalization", ["x"], ["y"], name="unit", p=p, axis=axis)
    x, y = (helper.make_tensor_value_info(name, TensorProto.FLOAT, [4, 6, 5]) for name in "xy")
    model = helper.make_model(helper.make_graph([node], "lp_normalization", [x], [y]),
                              opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
    onnx.save(model, path)


def run_case(tenon, folder, p, axis, opset):
    """None, or how the patched compiler differs from numpy; one vector is of zeros."""
    path = folder / f"p{p}_axis{axis}_opset{opset}.onnx"
    make_model(path, p, axis, opset)
    x = np.random.default_rng(1).standard_normal((4, 6, 5)).astype(np.float32)
    np.moveaxis(x, axis, 0)[:, 1, 2] = 0
    length = np.linalg.norm(x.astype(np.float64), ord=p, axis=axis, keepdims=True)
    expected = np.divide(x, length, out=np.zeros(x.shape), where=length != 0).astype(np.float32)
    np.savez(folder / "in.npz", x=x)
    process = harness.run([tenon, "run", path, "--inputs", folder / "in.npz",
                           "--outputs", folder / "out.npz"])
    failure = harness.failure_of(process)
    if failure:
        return failure
    with np.load(folder / "out.npz") as outputs:
        difference = reference.difference(outputs["y"], expected)
    return None if difference < 1e-6 else f"the largest difference is {difference:.1e}"


def run_refusal(tenon, folder):
    """None, or how the compiler without the patch fails to name the operator it lacks."""
    path = folder / "refused.onnx"
    make_model(path, 2, -1, 22)
    process = harness.run([tenon, "run", path])
    if process.returncode != 1:
        return f"exit status {process.returncode}, expected is 1\n{process.stderr}"
    return None if "LpNormalization" in process.stderr else f"it says\n{process.stderr}"


def run_operator_tests(program, sources):
    """None, or what the tests of operators say, with the cases that the patch brings."""
    process = harness.run([program, "--gtest_filter=Operators.*"],
                          env={**os.environ, "TENON_SOURCE_DIR": str(sources)})
    return None if process.returncode == 0 else process.stdout


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path,
                        default=pathlib.Path(os.environ.get("TENON_BUILD_DIR", ROOT / "build")),
                        help="the build to start from (default: build)")
    build = Build(parser.parse_args().build.resolve())
    folder = ROOT / "build" / "add_an_operator"
    sources, tenon = folder / "sources", folder / "tenon"
    report = harness.Report()

    files = files_of_patch()
    report.case(f"the patch touches {len(files)} files", None if len(files) <= MOST_FILES else
                f"more than {MOST_FILES}: {', '.join(files)}")
    make_patched_copy(files, sources)
    objects = {file: folder / (file.replace("/", "_") + ".o")
               for file in sources_to_compile(files)}
    for file, output in objects.items():
        build.compile(file, sources, output)
    build.link("tenon", objects.values(), tenon)
    build.link("test_ir_high", [path for file, path in objects.items() if "ir/high" in file],
               folder / "test_ir_high")

    report.case("the compiler as it is names LpNormalization",
                run_refusal(build.folder / "tenon", folder))
    report.case("the operator's own cases, in the tests of operators",
                run_operator_tests(folder / "test_ir_high", sources))
    for p in (1, 2):
        for axis in (1, -1):
            report.case(f"p={p} axis={axis}", run_case(tenon, folder, p, axis, 22))
    report.case("p=2 axis=0 of opset 1's version", run_case(tenon, folder, 2, 0, 13))
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
