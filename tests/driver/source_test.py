"""C++ source: `--emit=cpp`, `--backend=cpp` and `tenon pack`.

    tenon compile digits.onnx -o out --emit=cpp; cmake; link examples/digits/main.c   ->  8 of 8 digits right
    --target=cortex-a53, CMake with a toolchain file                  ->  8 of 8 under qemu
    an edit that breaks a kernel; tenon pack out    ->  exit 1, the kernel and the element that differs
"""
import json
import os
import re
import shutil
import subprocess
import unittest

import numpy as np
from onnx import TensorProto, numpy_helper

from small_models import DIGITS, SOURCE, CommandLineTest, save

COMPILERS = [("gcc", "g++"), ("clang-19", "clang++-19")]
IMAGE = np.arange(64, dtype=np.float32).reshape(1, 1, 8, 8) / 4


class Tree(CommandLineTest):
    def setUp(self):
        super().setUp()
        self.out = self.folder / "out"

    def emit(self, *options):
        self.succeed("compile", DIGITS, "-o", self.out, "--emit=cpp", *options)

    def run_here(self, *words, **options):
        process = subprocess.run([str(word) for word in words], capture_output=True, text=True, **options)
        self.assertEqual(process.returncode, 0, process.stdout + process.stderr)
        return process.stdout


class Build(Tree):
    def test_it_builds_without_a_warning_and_runs(self):
        self.emit()
        for c, cxx in COMPILERS:
            build = self.folder / c
            self.run_here("cmake", "-S", self.out, "-B", build, "-DCMAKE_C_FLAGS=-Werror",
                          "-DCMAKE_CXX_FLAGS=-Werror", env={**os.environ, "CC": c, "CXX": cxx})
            self.run_here("cmake", "--build", build)
            program = self.folder / f"digits_{c}"
            self.run_here(c, "-std=c99", SOURCE / "examples/digits/main.c", f"-I{self.out}",
                          build / "libdigits.a", "-o", program)
            self.assertIn("8 of 8 digits right", self.run_here(program))
            symbols = self.run_here("nm", "-g", "--defined-only", build / "libdigits.a").split("\n")
            names = [line.split()[-1] for line in symbols if len(line.split()) == 3]
            self.assertEqual([name for name in names if not name.startswith("digits_")], [])

    def test_clang_keeps_the_accumulators_of_a_tile_in_registers(self):
        """A product of 144 channels in steps of four, whose operands clang would load all at once."""
        model = save(self.folder / "c.onnx", [("Conv", ["x", "w"], ["y"])],
                     {"x": (TensorProto.FLOAT, [1, 144, 28, 28])},
                     {"y": (TensorProto.FLOAT, [1, 32, 28, 28])},
                     [numpy_helper.from_array(np.ones((32, 144, 1, 1), np.float32), "w")])
        self.succeed("compile", model, "-o", self.out, "--emit=cpp", "--target", "x86-64-v3")
        self.run_here("cmake", "-S", self.out, "-B", self.folder / "build",
                      "-DCMAKE_EXPORT_COMPILE_COMMANDS=ON",
                      env={**os.environ, "CC": "clang-19", "CXX": "clang++-19"})
        commands = json.loads((self.folder / "build" / "compile_commands.json").read_text())
        loops = ""
        for entry in commands:
            if "/kernels/" not in entry["file"]:
                continue
            words = entry["command"].split()
            words[words.index("-c"):] = ["-S", entry["file"], "-o", "-"]
            loops += self.run_here(*words, cwd=entry["directory"])
        self.assertGreaterEqual(loops.count("vfmadd"), 48)
        self.assertEqual(re.findall(r".*ymm.*\(%rsp\).*|.*\(%rsp\).*ymm.*", loops), [])

    def test_what_kernels_are_verified_against_names_mathematical_functions(self):
        """As arithmetic, where shared expressions are written out, fmod for ARMv7 has no end."""
        model = save(self.folder / "m.onnx", [("Mod", ["x", "z"], ["y"], {"fmod": 1})],
                     {"x": (TensorProto.FLOAT, [8]), "z": (TensorProto.FLOAT, [8])},
                     {"y": (TensorProto.FLOAT, [8])})
        self.succeed("compile", model, "-o", self.out, "--emit=cpp", "--target", "armv7-neon")
        text = (self.out / "m.tenon").read_text()
        self.assertIn("fmod(x[", text)
        self.assertLess(len(text), 4000)

    def test_the_bits_of_the_other_backends(self):
        np.savez(self.folder / "in.npz", image=IMAGE)
        results = []
        for backend in "interpreter", "llvm", "cpp":
            self.succeed("run", DIGITS, "--inputs", self.folder / "in.npz", "--backend", backend,
                         "--target", "x86-64-v3", "--outputs", self.folder / "out.npz")
            results.append(np.load(self.folder / "out.npz")["probabilities"])
        np.testing.assert_array_equal(results[1], results[0])
        np.testing.assert_array_equal(results[2], results[0])

    def test_dimensions_of_a_run(self):
        rows = (TensorProto.FLOAT, ["batch", 21])
        model = save(self.folder / "rows.onnx", [("Softmax", ["x"], ["p"]), ("Exp", ["p"], ["y"])],
                     {"x": rows}, {"y": rows})
        results = []
        for backend in "interpreter", "cpp g++", "cpp clang++-19":
            name, _, compiler = backend.partition(" ")
            self.succeed("run", model, "--dim", "batch=1..8", "--at", "batch=3", "--target", "x86-64-v3",
                         "--backend", name, "--outputs", self.folder / "out.npz",
                         env={**os.environ, "CXX": f"{compiler} -Werror"})
            results.append(np.load(self.folder / "out.npz")["y"])
        self.assertEqual(results[0].shape, (3, 21))
        np.testing.assert_array_equal(results[1], results[0])
        np.testing.assert_array_equal(results[2], results[0])

    def test_it_is_the_only_kind_of_output(self):
        self.refuse("compile", DIGITS, "-o", self.out, "--emit=cpp,obj",
                    message="--emit=cpp writes a source tree in place of a library")
        self.assertFalse(self.out.exists())


TOOLCHAIN = """set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER clang-19)
set(CMAKE_CXX_COMPILER clang++-19)
set(CMAKE_C_COMPILER_TARGET aarch64-linux-gnu)
set(CMAKE_CXX_COMPILER_TARGET aarch64-linux-gnu)
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
set(CMAKE_EXE_LINKER_FLAGS "-fuse-ld=lld -static")
"""
PROGRAM = f"""cmake_minimum_required(VERSION 3.16)
project(program C)
add_subdirectory(out)
add_executable(program "{SOURCE}/examples/digits/main.c")
target_link_libraries(program digits)
set_target_properties(program PROPERTIES LINKER_LANGUAGE C)
"""


class Board(Tree):
    """Trees for a processor that this machine does not have."""

    def test_cmake_builds_a_program_in_c(self):
        self.emit("--target=cortex-a53")
        (self.folder / "board.cmake").write_text(TOOLCHAIN)
        (self.folder / "CMakeLists.txt").write_text(PROGRAM)
        build = self.folder / "build"
        self.run_here("cmake", "-S", self.folder, "-B", build,
                      f"-DCMAKE_TOOLCHAIN_FILE={self.folder}/board.cmake",
                      "-DCMAKE_C_FLAGS=-Werror", "-DCMAKE_CXX_FLAGS=-Werror")
        self.run_here("cmake", "--build", build)
        self.assertIn("8 of 8 digits right", self.run_here("qemu-aarch64", build / "program"))

    def test_what_cannot_be_packed(self):
        self.emit("--target=armv7-neon")
        process = self.call("pack", self.out, env={**os.environ, "CXX": "g++"})
        self.assertEqual(process.returncode, 1)
        self.assertIn("the compiler g++ makes code for x86_64-linux-gnu, and the bundle is for armv7",
                      process.stderr)
        self.assertIn('CXX="clang++ --target=armv7', process.stderr)
        kernel = self.out / "kernels" / "fc1_relu.cpp"
        kernel.write_text(kernel.read_text() + "// edited\n")
        process = self.call("pack", self.out, env={
            **os.environ, "CXX": "clang++-19 --target=arm-linux-gnueabihf"})
        self.assertEqual(process.returncode, 1)
        self.assertIn("this processor does not run kernels for armv7-neon", process.stderr)
        self.assertFalse((self.out / "libdigits.a").exists())


class Pack(Tree):
    def digest(self):
        return {str(path): path.read_bytes() for path in sorted(self.out.rglob("*")) if path.is_file()}

    def refuse_pack(self, message, help="", **environment):
        """Exit status 1 and what to do on stderr, where kernels' files are named; nothing was changed."""
        before = self.digest() if self.out.exists() else None
        process = self.call("pack", self.out, env={**os.environ, **environment})
        self.assertEqual(process.returncode, 1, process.stdout + process.stderr)
        self.assertEqual(process.stdout, "")
        self.assertIn(message, process.stderr)
        self.assertIn(help, process.stderr)
        if before is not None:
            self.assertEqual(self.digest(), before)
        return process

    def edit(self, old, new, kernel="fc1_relu"):
        path = self.out / "kernels" / f"{kernel}.cpp"
        text = path.read_text()
        self.assertIn(old, text)
        path.write_text(text.replace(old, new))

    def test_an_edit_that_computes_the_same_is_packed(self):
        self.emit()
        self.edit("float *TN_RESTRICT relu3) {", "float *TN_RESTRICT relu3) {\n  // edited")
        said = self.succeed("pack", self.out).stdout
        self.assertIn("kernels/fc1_relu.cpp: agrees with @fc1_relu", said)
        files = {file["name"]: file for file in json.loads((self.out / "manifest.json").read_text())["files"]}
        self.assertIn("libdigits.a", files)
        program = self.folder / "digits"
        self.run_here("cc", SOURCE / "examples/digits/main.c", f"-I{self.out}",
                      self.out / "libdigits.a", "-o", program)
        self.assertIn("8 of 8 digits right", self.run_here(program))
        self.assertIn("0 of them changed", self.succeed("pack", self.out).stdout)

    def test_a_packed_edit_is_not_overwritten(self):
        self.emit()
        self.edit("float *TN_RESTRICT relu3) {", "float *TN_RESTRICT relu3) {\n  // edited")
        self.succeed("pack", self.out)
        before = self.digest()
        process = self.call("compile", DIGITS, "-o", self.out, "--emit=cpp")
        self.assertEqual(process.returncode, 1)
        self.assertIn("fc1_relu.cpp: was edited and packed since tenon wrote it", process.stderr)
        self.assertEqual(self.digest(), before)
        self.succeed("compile", DIGITS, "-o", self.out, "--emit=cpp", "--force")
        self.assertNotIn("// edited", (self.out / "kernels" / "fc1_relu.cpp").read_text())

    def test_an_edit_that_crashes_is_named(self):
        self.emit()
        self.edit("float *TN_RESTRICT relu3) {", "float *TN_RESTRICT relu3) {\n  __builtin_trap();")
        self.refuse_pack("fc1_relu.cpp: the kernel, called with seeded inputs, ends with signal ")

    def test_an_edit_that_computes_something_else_is_named(self):
        self.emit()
        self.edit(", 0.0f)", ", 0.25f)")
        process = self.refuse_pack("kernels/fc1_relu.cpp")
        self.assertRegex(process.stderr, r"relu3\[0, \d+\] is \S+, the loop function gives \S+ \(element \d+ of relu3\)")

    def test_what_cannot_be_packed(self):
        self.refuse_pack("is not a folder")
        self.out.mkdir()
        self.refuse_pack("holds no manifest.json")
        self.out.rmdir()
        self.emit()
        self.refuse_pack("a host compiler was not found", "install g++ or clang++", CXX="no-such-compiler")
        self.edit("const float", "const flaot")
        self.assertIn("flaot", self.refuse_pack("kernels/fc1_relu.cpp").stderr)
        (self.out / "digits.tenon").write_text("module digits\n")
        self.refuse_pack("was changed: kernels are verified against it")
        shutil.rmtree(self.out)
        self.succeed("compile", DIGITS, "-o", self.out)
        self.refuse_pack("holds a bundle without kernels as source")


if __name__ == "__main__":
    unittest.main()
