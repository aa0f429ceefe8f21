"""`tenon run`, `bench` and `verify` with --backend=cuda-emulator, and what a machine without a GPU says.

    tenon run digits.onnx --backend=cuda-emulator   ->   the same probabilities as --backend=llvm
"""
import ctypes
import json
import os
import sys
import unittest
import unittest.mock

import numpy as np

from small_models import BUILD, DIGITS, CommandLineTest

os.environ["VIRTUAL_ENV"] = sys.prefix  # where NVRTC may be installed

IMAGE = np.arange(64, dtype=np.float32).reshape(1, 1, 8, 8) / 4


def has_driver():
    try:
        ctypes.CDLL("libcuda.so.1")
    except OSError:
        return False
    return True


class Emulated(CommandLineTest):
    def setUp(self):
        super().setUp()
        np.savez(self.folder / "in.npz", image=IMAGE)

    def outputs(self, backend):
        self.succeed("run", DIGITS, "--inputs", self.folder / "in.npz", "--backend", backend,
                     "--outputs", self.folder / "out.npz")
        return np.load(self.folder / "out.npz")["probabilities"]

    def test_run_agrees_with_llvm(self):
        np.testing.assert_allclose(self.outputs("cuda-emulator"), self.outputs("llvm"), rtol=1e-5)

    def test_kernels_are_clean_under_checks(self):
        np.savez(self.folder / "reference.npz", probabilities=self.outputs("llvm"))
        process = self.call("verify", DIGITS, "--inputs", self.folder / "in.npz", "--backend",
                            "cuda-emulator", "--check-kernels", "--reference",
                            self.folder / "reference.npz")
        if "clang++" in process.stderr:
            self.skipTest("the checks need clang")
        self.assertEqual(process.returncode, 0, process.stdout + process.stderr)

    def test_verify_and_bench(self):
        np.savez(self.folder / "reference.npz", probabilities=self.outputs("llvm"))
        arguments = ["--inputs", self.folder / "in.npz", "--backend", "cuda-emulator"]
        self.succeed("verify", DIGITS, *arguments, "--reference", self.folder / "reference.npz")
        result = json.loads(self.succeed("bench", DIGITS, *arguments, "--seconds", "0.1",
                                         "--json").stdout)
        self.assertEqual(result["target"], "cuda")
        self.assertGreaterEqual(result["runs"], 3)

    def test_what_it_cannot_do_is_refused(self):
        self.refuse("run", DIGITS, "--backend", "cuda-emulator", "--target", "znver4",
                    message="--backend=cuda-emulator is not for the target znver4",
                    help="leave --target away")
        self.refuse("verify", DIGITS, "--backend", "cuda-emulator", "--inputs",
                    self.folder / "in.npz", "--reference", self.folder / "in.npz", "--per-node",
                    message="--per-node is not for --backend=cuda-emulator")

    def test_no_host_compiler(self):
        nowhere = {"PATH": "/nowhere", "CXX": ""}
        for backend, environment, message in [
                ("cpp", nowhere, "a host compiler was not found"),
                ("cuda-emulator", nowhere, "a host compiler was not found"),
                ("cpp", {"CXX": "no-such-compiler"}, 'CXX is "no-such-compiler"'),
                ("cuda-emulator", {"CXX": "false"}, "false does not compile the kernels")]:
            outputs = self.folder / "no.npz"
            with unittest.mock.patch.dict(os.environ, environment):
                self.refuse("run", DIGITS, "--backend", backend, "--outputs", outputs,
                            message=message, help="or set CXX to")
            self.assertFalse(outputs.exists())

    def test_a_driver_that_is_opened_as_any_program_does(self):
        process = self.call("compile", DIGITS, "-o", self.folder / "tree", "--emit=cuda", "--gpu-arch",
                            "sm_90")
        if "no compiler for kernels" in process.stderr:
            self.skipTest("NVRTC is not installed")
        driver = {"LD_LIBRARY_PATH": str(BUILD / "tests" / "runtime" / "cuda" / "fake"),
                  "TENON_FAKE_KERNELS": str(self.folder / "tree" / "kernels")}
        with unittest.mock.patch.dict(os.environ, driver):
            np.testing.assert_allclose(self.outputs("cuda"), self.outputs("llvm"), rtol=1e-5)
        with unittest.mock.patch.dict(os.environ, {**driver, "TENON_NVRTC": "/nowhere"}):
            self.refuse("run", DIGITS, "--backend", "cuda", message="TENON_NVRTC is /nowhere",
                        help="pip install nvidia-cuda-nvrtc")
        for name, value, message in [("CAPABILITY", "61", "compute capability 6.1.*no code for it"),
                                     ("VERSION", "9000", "driver for CUDA 9.0: the driver is too old")]:
            with unittest.mock.patch.dict(os.environ, {**driver, f"TENON_FAKE_{name}": value}):
                process = self.refuse("run", DIGITS, "--backend", "cuda", message="the library holds sm_75",
                                      help="--backend=cuda-emulator")
            self.assertRegex(process.stderr, message)

    @unittest.skipIf(has_driver(), "this machine has a driver")
    def test_no_driver(self):
        self.refuse("run", DIGITS, "--backend", "cuda",
                    message="no NVIDIA driver", help="--backend=cuda-emulator")


if __name__ == "__main__":
    unittest.main()
