"""`tenon verify --per-node`: the first ONNX node whose result differs from a reference.

    reference: ONNX Runtime on a copy of the model in which one node is another operator
      ->   exit status 1, and the first line names that node, its operator and its result

All nodes after the changed one differ as well; those before it agree.
"""
import os
import pathlib
import sys
import tempfile
import unittest

import numpy as np
import onnx

SOURCE = pathlib.Path(os.environ["TENON_SOURCE_DIR"])
BUILD = pathlib.Path(os.environ["TENON_BUILD_DIR"])
sys.path.insert(0, str(SOURCE / "tests" / "tools"))
import harness  # noqa: E402
import reference  # noqa: E402


class PerNode(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def verify(self, path, *options):
        return harness.run([BUILD / "tenon", "verify", path, "--per-node", *options])

    def node_results(self, model, inputs):
        """{result: array} of every node that ONNX Runtime gives for the model."""
        copy = onnx.ModelProto()
        copy.CopyFrom(model)
        declared = {output.name for output in copy.graph.output}
        for node in copy.graph.node:
            for name in node.output:
                if name and name not in declared:
                    copy.graph.output.append(onnx.ValueInfoProto(name=name))
        onnx.save(copy, self.folder / "nodes.onnx")
        return reference.reference(self.folder / "nodes.onnx", inputs)

    def check_changed(self, path, changed, index, operator):
        """Verifies the model against a copy in which one of its `changed` is another operator."""
        model = onnx.load(path)
        inputs = harness.fill.make_inputs(path, {})
        node = [node for node in model.graph.node if node.op_type == changed][index]
        results = self.node_results(model, inputs)
        np.savez(self.folder / "in.npz", **inputs)
        np.savez(self.folder / "right.npz", **results)
        node.op_type = operator
        np.savez(self.folder / "wrong.npz", **self.node_results(model, inputs))

        options = ["--inputs", self.folder / "in.npz", "--reference"]
        process = self.verify(path, *options, self.folder / "right.npz")
        self.assertEqual(process.returncode, 0, process.stdout + process.stderr)
        self.assertIn(f"{len(results)} results agree", process.stdout)

        process = self.verify(path, *options, self.folder / "wrong.npz")
        self.assertEqual(process.returncode, 1, process.stdout)
        name = node.name or node.output[0]
        self.assertTrue(process.stdout.startswith(
            f'node "{name}" ({changed}): its result "{node.output[0]}": '), process.stdout)
        self.assertIn("expected by the reference given", process.stdout)
        return process.stdout

    def test_names_the_changed_node_of_digits(self):
        path = SOURCE / "examples" / "digits" / "digits.onnx"
        text = self.check_changed(path, "Relu", 0, "Sigmoid")
        self.assertRegex(text, r"elements differ, first at \[\d+, \d+, \d+, \d+\]: found ")

    def test_names_the_changed_node_of_kws(self):
        self.check_changed(harness.filled("kws", BUILD / "models"), "Relu", 5, "Tanh")

    def test_the_interpreter_is_the_reference_where_none_is_given(self):
        for model in "kws", "bert_mini":
            process = self.verify(harness.filled(model, BUILD / "models"))
            self.assertEqual(process.returncode, 0, process.stdout + process.stderr)
            self.assertRegex(process.stdout, r"(?m)^nodes: \d+ results agree")
            # Every kernel's result is known by the name of a node.
            self.assertRegex(process.stdout,
                             r"(?m)^fused: (\d+) kernels give the interpreter's bits, \1 results")

    def test_a_reference_for_no_node_is_refused(self):
        path = SOURCE / "examples" / "digits" / "digits.onnx"
        output = onnx.load(path).graph.output[0].name
        np.savez(self.folder / "reference.npz", **{output + "x": np.zeros(1, np.float32)})
        process = self.verify(path, "--reference", self.folder / "reference.npz")
        self.assertEqual(process.returncode, 1)
        self.assertIn(f'did you mean "{output}"?', process.stderr)

    def test_a_wrong_output_of_a_data_folder_is_the_last_node(self):
        path = SOURCE / "examples" / "digits" / "digits.onnx"
        inputs = harness.fill.make_inputs(path, {})
        for name, array in inputs.items():
            (self.folder / "input_0.pb").write_bytes(
                onnx.numpy_helper.from_array(array, name).SerializeToString())
        model = onnx.load(path)
        output = model.graph.output[0].name
        array = reference.reference(path, inputs)[output].copy()
        array.flat[3] += 1
        (self.folder / "output_0.pb").write_bytes(
            onnx.numpy_helper.from_array(array, output).SerializeToString())
        process = self.verify(path, "--data", self.folder)
        self.assertEqual(process.returncode, 1, process.stdout)
        last = next(node for node in model.graph.node if output in node.output)
        self.assertTrue(process.stdout.startswith(f'node "{last.name or output}" ({last.op_type})'),
                        process.stdout)
        self.assertIn(f": 1 of {array.size} elements differ", process.stdout)


if __name__ == "__main__":
    unittest.main()
