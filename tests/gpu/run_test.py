"""run.sh over a libcuda.so.1 that stands for the driver: what it writes, and what it says without a GPU.

    run.sh --output gpu.md digits   ->   | digits | - | 4e-08 | 0.1 | ... and the device above it
"""
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

SOURCE, BUILD = (pathlib.Path(os.environ[f"TENON_{name}_DIR"]) for name in ("SOURCE", "BUILD"))
sys.path.insert(0, str(SOURCE / "tests" / "tools"))
import harness  # noqa: E402

DIGITS = SOURCE / "examples" / "digits" / "digits.onnx"
FAKE = BUILD / "tests" / "runtime" / "cuda" / "fake"
os.environ["VIRTUAL_ENV"] = sys.prefix  # where NVRTC may be installed


class Script(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.page = self.folder / "gpu.md"

    def run_script(self, *words, **environment):
        return subprocess.run([SOURCE / "tests/gpu/run.sh", "--output", self.page, "--seconds", "0.05",
                               *words], capture_output=True, text=True,
                              env={**os.environ, "TENON_TEST_PYTHON": sys.executable, **environment})

    def driver(self, **environment):
        """The environment that makes this machine one with a GPU: the kernels, by the host compiler."""
        process = harness.run([BUILD / "tenon", "compile", DIGITS, "-o", self.folder / "tree", "--emit=cuda",
                               "--gpu-arch", "sm_90"])
        if "no compiler for kernels" in process.stderr:
            self.skipTest("NVRTC is not installed")
        self.assertEqual(process.returncode, 0, process.stderr)
        return {"LD_LIBRARY_PATH": str(FAKE), "TENON_FAKE_KERNELS": str(self.folder / "tree" / "kernels"),
                **environment}

    def test_the_page_names_device_versions_differences_and_times(self):
        process = self.run_script("digits", **self.driver())
        self.assertEqual(process.returncode, 0, process.stdout + process.stderr)
        text = self.page.read_text()
        self.assertIn("- device: Emulated GPU (compute capability 9.0), driver for CUDA 13.0: runs sm_90\n", text)
        for line in r"NVIDIA's driver: \S+", r"kernels: NVRTC \d+\.\d+", r"compiler: tenon \d.*, LLVM 19.*", \
                r"reference: onnxruntime \d.*":
            self.assertRegex(text, f"(?m)^- {line}$")
        self.assertRegex(text, r"(?m)^\| digits \| - \| \d\.\de-\d\d \| \d+\.\d{3} \| \d+\.\d{3} \| \d+ \|")
        self.assertNotIn("Not right", text)

    def test_a_model_that_does_not_run_is_told(self):
        process = self.run_script("digits", **self.driver(TENON_FAKE_CAPABILITY="61"))
        self.assertEqual(process.returncode, 1, process.stdout + process.stderr)
        self.assertIn("0 passed, 1 failed", process.stdout)
        self.assertRegex(self.page.read_text(), "Not right:\n\n- digits .*\n?.*compute capability 6.1.*no code")

    def test_no_gpu(self):
        process = self.run_script("digits")
        if process.returncode == 0:
            self.skipTest("this machine has a GPU")
        self.assertEqual(process.returncode, harness.SKIPPED, process.stdout + process.stderr)
        self.assertIn("no GPU", process.stdout)
        self.assertFalse(self.page.exists())


if __name__ == "__main__":
    unittest.main()
