"""`tenon run` and `tenon verify` on outputs of every type that the machine code writes.

    y : bf16[3] = x + x      verify --rtol 0.0125, one element wrong by 1.6 %  ->  exit status 1

bf16 travels as uint16, in which 1 % of a value is another number altogether.
"""
import unittest

import numpy as np
from onnx import TensorProto

from small_models import CommandLineTest, save

VALUES = np.array([1, -128, 7, 3])


def as_bf16(values):
    """The upper halves of floats: exact for values of at most eight significant bits."""
    return (np.asarray(values, np.float32).view(np.uint32) >> 16).astype(np.uint16)


TYPES = {
    "f16": (TensorProto.FLOAT16, np.float16),
    "bf16": (TensorProto.BFLOAT16, as_bf16),
    "f32": (TensorProto.FLOAT, np.float32),
    "f64": (TensorProto.DOUBLE, np.float64),
    "i32": (TensorProto.INT32, np.int32),
    "i64": (TensorProto.INT64, np.int64),
}


class ElementTypes(CommandLineTest):
    def sum(self, name):
        """The model y = x + x, and the path of an input."""
        number, convert = TYPES[name]
        model = save(self.folder / f"{name}.onnx", [("Add", ["x", "x"], ["y"])],
                     {"x": (number, [4])}, {"y": (number, [4])})
        np.savez(self.folder / "in.npz", x=np.array(convert(VALUES)))
        return model, self.folder / "in.npz"

    def check_tolerance(self, name):
        """One element is wrong by 1/64: inside of a tolerance of 1/50, outside of one of 1/80."""
        model, inputs = self.sum(name)
        wrong = 2 * VALUES
        wrong[1] += 4
        reference = self.folder / "reference.npz"
        np.savez(reference, y=np.array(TYPES[name][1](wrong)))
        options = ["--inputs", inputs, "--reference", reference, "--atol", "0"]
        process = self.succeed("verify", model, *options, "--rtol", str(1 / 50))
        self.assertIn("all 1 outputs agree", process.stdout)
        process = self.call("verify", model, *options, "--rtol", str(1 / 80))
        self.assertEqual(process.returncode, 1, process.stderr)
        self.assertIn('output "y": 1 of 4 elements differ, first at [1]: found -256, expected -252',
                      process.stdout)

    def test_tolerance_of_f16(self):
        self.check_tolerance("f16")

    def test_tolerance_of_bf16(self):
        self.check_tolerance("bf16")

    def test_tolerance_of_f32(self):
        self.check_tolerance("f32")

    def test_tolerance_of_f64(self):
        self.check_tolerance("f64")

    def test_tolerance_of_i32(self):
        self.check_tolerance("i32")

    def test_tolerance_of_i64(self):
        self.check_tolerance("i64")

    def test_summary_shows_the_values(self):
        for name in TYPES:
            model, inputs = self.sum(name)
            text = self.succeed("run", model, "--inputs", inputs).stdout
            self.assertIn(f"y : {name}[4]  2 -256 14 6  (-256 .. 14, mean -58.5)\n", text)

    def test_seeded_inputs_are_not_zero(self):
        for name in TYPES:
            model, _ = self.sum(name)
            outputs = self.folder / "out.npz"
            self.succeed("run", model, "--outputs", outputs, "--seed", "3")
            self.assertTrue(np.load(outputs)["y"].any(), name)

    def test_bf16_travels_as_uint16(self):
        model, inputs = self.sum("bf16")
        outputs = self.folder / "out.npz"
        self.succeed("run", model, "--inputs", inputs, "--outputs", outputs)
        np.testing.assert_array_equal(np.load(outputs)["y"], as_bf16(2 * VALUES))

    def test_no_elements(self):
        model = save(self.folder / "none.onnx", [("Add", ["x", "x"], ["y"])],
                     {"x": (TensorProto.FLOAT, [0, 3])}, {"y": (TensorProto.FLOAT, [0, 3])})
        self.assertIn("y : f32[0, 3]  no elements", self.succeed("run", model).stdout)


class References(CommandLineTest):
    """What `tenon verify` compares: every output of the model, and nothing else."""

    def setUp(self):
        super().setUp()
        kind = (TensorProto.FLOAT, [2])
        self.model = save(self.folder / "two.onnx",
                          [("Relu", ["x"], ["positive"]), ("Neg", ["x"], ["negated"])],
                          {"x": kind}, {"positive": kind, "negated": kind})
        x = np.array([1, -1], np.float32)
        np.savez(self.folder / "in.npz", x=x)
        self.right = {"positive": np.maximum(x, 0), "negated": -x}

    def words(self, **arrays):
        np.savez(self.folder / "reference.npz", **arrays)
        return ["verify", self.model, "--inputs", self.folder / "in.npz", "--reference",
                self.folder / "reference.npz"]

    def test_all_outputs_agree(self):
        self.assertEqual(self.succeed(*self.words(**self.right)).stdout, "all 2 outputs agree\n")

    def test_an_empty_reference_is_refused(self):
        process = self.refuse(*self.words(), message='the reference lacks the output "positive"')
        self.assertIn('the reference lacks the output "negated"', process.stderr)

    def test_a_reference_without_an_output_is_refused(self):
        self.refuse(*self.words(positive=self.right["positive"]),
                    message='the reference lacks the output "negated"')

    def test_an_output_that_the_model_lacks_is_refused(self):
        self.refuse(*self.words(**self.right, positiv=self.right["positive"]),
                    message='the model has no output "positiv"', help='did you mean "positive"?')

    def test_another_shape_and_type_differ(self):
        wrong = self.right | {"negated": np.zeros((2, 1), np.float32)}
        process = self.call(*self.words(**wrong))
        self.assertEqual(process.returncode, 1)
        self.assertEqual(process.stdout,
                         'output "negated": it is f32[2], expected is f32[2, 1]\n')

    def test_all_that_differ_are_listed_in_the_order_of_the_model(self):
        process = self.call(*self.words(positive=self.right["negated"],
                                        negated=self.right["positive"]))
        self.assertEqual(process.returncode, 1)
        self.assertRegex(process.stdout, r'^output "positive": [^\n]*\noutput "negated": [^\n]*\n$')

    def test_without_a_reference_there_is_nothing_to_compare(self):
        self.refuse("verify", self.model, "--inputs", self.folder / "in.npz",
                    message="there is nothing to compare with", help="--reference F.npz")


if __name__ == "__main__":
    unittest.main()
