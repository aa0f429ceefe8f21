"""The installed package builds the example, and builds again exactly what a change asks for.

    cmake --install build   ->   PREFIX; examples/cmake_project and projects written here are built with it
"""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import textwrap
import unittest

SOURCE = pathlib.Path(os.environ["TENON_SOURCE_DIR"])
BUILD = pathlib.Path(os.environ["TENON_BUILD_DIR"])
os.environ.setdefault("VIRTUAL_ENV", sys.prefix)  # where NVRTC may be installed


def run(*command):
    """What a command printed, stdout and stderr together; its failure fails the test with that text."""
    process = subprocess.run([str(word) for word in command], text=True, stdin=subprocess.DEVNULL,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if process.returncode:
        raise AssertionError(f"exit status {process.returncode} from {' '.join(process.args)}\n{process.stdout}")
    return process.stdout


class Package(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        run("cmake", "--install", BUILD, "--prefix", self.folder / "prefix")

    def configure(self, source, generator="Ninja"):
        run("cmake", "-G", generator, "-S", source, "-B", self.folder / "build",
            f"-DCMAKE_PREFIX_PATH={self.folder / 'prefix'}")

    def build(self):
        return run("cmake", "--build", self.folder / "build")

    def project(self, lines, model="digits", more=""):
        """A project of its own with a model of ours, and a program that opens it."""
        source = self.folder / "source"
        source.mkdir()
        (source / "CMakeLists.txt").write_text(textwrap.dedent(f"""
            cmake_minimum_required(VERSION 3.25)
            project(test LANGUAGES C)
            find_package(tenon REQUIRED)
            {lines}
            add_executable(program main.c)
            target_link_libraries(program PRIVATE {model})
            """))
        (source / "main.c").write_text(textwrap.dedent(f"""
            #include "{model}.h"
            int main(void) {{ {model}_model model; return {model}_open(&model, {model.upper()}_ABI, 0, 0{more}); }}
            """))
        return source

    def test_example_with_ninja(self):
        self.configure(SOURCE / "examples" / "cmake_project")
        self.build()
        self.assertIn("digits right", run(self.folder / "build" / "read_digits"))
        self.assertIn("no work to do", self.build())

    def test_example_with_make(self):
        self.configure(SOURCE / "examples" / "cmake_project", "Unix Makefiles")
        self.build()
        self.assertIn("digits right", run(self.folder / "build" / "read_digits"))
        self.assertNotIn("Compiling", self.build())

    def test_changed_weights_compile_again(self):
        source = self.project("tenon_add_model(kws kws.onnx TARGET x86-64-v2)", "kws")
        run(sys.executable, SOURCE / "tests" / "models" / "fill.py", "fill", source, "kws")
        self.configure(source)
        self.assertIn("Compiling kws", self.build())
        run(self.folder / "build" / "program")
        self.assertIn("no work to do", self.build())
        os.utime(source / "kws.weights")
        self.assertIn("Compiling kws", self.build())

    def test_options_reach_the_compiler(self):
        source = self.project("tenon_add_model(net digits.onnx NAME reader WEIGHTS file OPTIONS --target x86-64-v3)\n"
                              "add_library(reader ALIAS net)\n"
                              "get_target_property(weights net TENON_WEIGHTS_FILE)\n"
                              "file(WRITE ${CMAKE_BINARY_DIR}/weights.txt ${weights})", "reader")
        shutil.copy(SOURCE / "examples" / "digits" / "digits.onnx", source)
        self.configure(source)
        self.build()
        weights = pathlib.Path((self.folder / "build" / "weights.txt").read_text())
        self.assertEqual("reader_weights.bin", weights.name)
        self.assertGreater(weights.stat().st_size, 10000)
        self.assertIn("x86-64-v3", (weights.parent / "manifest.json").read_text())

    def test_a_model_for_cuda(self):
        source = self.project("tenon_add_model(digits digits.onnx TARGET cuda OPTIONS --gpu-arch sm_90)",
                              more=", 0")
        shutil.copy(SOURCE / "examples" / "digits" / "digits.onnx", source)
        self.configure(source)
        try:
            self.build()
        except AssertionError as error:
            if "no compiler for kernels" in str(error):
                self.skipTest("NVRTC is not installed")
            raise
        self.assertIn("no work to do", self.build())
        program = subprocess.run([self.folder / "build" / "program"])
        self.assertEqual(program.returncode, 13)  # TN_CUDA: no driver, or no context

    def test_a_wrong_argument_is_refused(self):
        source = self.project("tenon_add_model(digits digits.onnx WEIGHTS elsewhere)")
        with self.assertRaisesRegex(AssertionError, "WEIGHTS is 'elsewhere', expected embed or file"):
            self.configure(source)


if __name__ == "__main__":
    unittest.main()
