"""Files beside a model that hold its tensors: too large for a library, or where a bundle would be.

    w : f32[16400, 16400] in a sparse file, tenon compile   ->   refused, before a byte is read
    big.onnx with big_weights.bin, -o . --weights=file      ->   refused: the model is read from it
"""
import os
import pathlib
import sys
import tempfile
import unittest

import onnx
from onnx import TensorProto, helper

SOURCE = pathlib.Path(os.environ["TENON_SOURCE_DIR"])
BUILD = pathlib.Path(os.environ["TENON_BUILD_DIR"])
sys.path.insert(0, str(SOURCE / "tests" / "tools"))
import harness  # noqa: E402

TENON = BUILD / "tenon"


def product(weight_shape, location):
    """x * w -> y, where w lies in another file."""
    weight = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=weight_shape,
                         data_location=TensorProto.EXTERNAL)
    weight.external_data.add(key="location", value=location)
    rows, columns = weight_shape
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["x", "w"], ["y"], "/product")], "graph",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, rows])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, columns])], [weight])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


class ExternalFiles(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def write(self, name, weight_shape, location):
        onnx.save(product(weight_shape, location), self.folder / f"{name}.onnx")
        with open(self.folder / location, "wb") as file:
            file.truncate(4 * weight_shape[0] * weight_shape[1])
        return self.folder / f"{name}.onnx"

    def files(self):
        return sorted(path.name for path in self.folder.iterdir())

    def peak_of(self, command):
        """(exit status, what it said, its peak of resident memory in MiB)."""
        said = self.folder.parent / f"{self.folder.name}.said"
        self.addCleanup(said.unlink)
        child = os.fork()
        if child == 0:
            output = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            os.dup2(output, 2)
            os.execv(command[0], [str(word) for word in command])
        _, status, usage = os.wait4(child, 0)
        return os.waitstatus_to_exitcode(status), said.read_text(), usage.ru_maxrss // 1024

    def test_weights_that_no_library_can_hold_are_refused_unread(self):
        model = self.write("big", [16400, 16400], "big.data")
        before = self.files()
        status, said, peak = self.peak_of([TENON, "compile", model, "-o", self.folder / "out"])
        self.assertEqual(status, 1, said)
        self.assertRegex(said, r"big\.onnx: the weights are 1\.00 GiB \(\d+ bytes\), and inside a")
        self.assertIn("help: compile with --weights=file", said)
        self.assertLess(peak, 400, "the data were read")
        self.assertEqual(self.files(), before)

    def test_the_models_data_are_not_overwritten(self):
        model = self.write("big", [64, 8], "big_weights.bin")
        data = (self.folder / "big_weights.bin").read_bytes()
        command = [TENON, "compile", model, "-o", self.folder, "--weights=file"]
        for options in [], ["--force"]:
            before = self.files()
            process = harness.run([*command, *options])
            self.assertEqual(process.returncode, 1, process.stderr)
            self.assertEqual(self.files(), before)
            self.assertEqual((self.folder / "big_weights.bin").read_bytes(), data)
        self.assertIn("big_weights.bin: the model is read from this file; it is not overwritten",
                      process.stderr)
        self.assertIn("help: write the bundle to another folder", process.stderr)

        # What has another name may stand beside it.
        process = harness.run([*command, "--name", "other"])
        self.assertEqual(process.returncode, 0, process.stderr)
        self.assertEqual((self.folder / "big_weights.bin").read_bytes(), data)

    def test_a_dependency_file_does_not_replace_what_it_lists(self):
        model = self.write("big", [64, 8], "big.data")
        for path in model, self.folder / "big.data":
            before = path.read_bytes()
            process = harness.run([TENON, "compile", model, "-o", self.folder / "out", "--force",
                                   "--depfile", path])
            self.assertEqual(process.returncode, 1, process.stderr)
            self.assertIn("is a file that the bundle is made from", process.stderr)
            self.assertEqual(path.read_bytes(), before)


if __name__ == "__main__":
    unittest.main()
