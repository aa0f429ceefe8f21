"""Small ONNX models for tests of the command line, and a base class that calls `tenon` on them.

    path = save(folder / "twice.onnx", [("Add", ["x", "x"], ["y"])], {"x": (FLOAT16, [4])},
                {"y": (FLOAT16, [4])})
"""
import os
import pathlib
import sys
import tempfile
import unittest

import onnx
from onnx import helper

SOURCE = pathlib.Path(os.environ["TENON_SOURCE_DIR"])
BUILD = pathlib.Path(os.environ["TENON_BUILD_DIR"])
sys.path.insert(0, str(SOURCE / "tests" / "tools"))
import harness  # noqa: E402

DIGITS = SOURCE / "examples" / "digits" / "digits.onnx"


def save(path, nodes, inputs, outputs, initializers=()):
    """Nodes are (operator, inputs, outputs[, attributes]), tensors {name: (type, shape)}."""
    graph = helper.make_graph(
        [helper.make_node(node[0], node[1], node[2], f"node{i}", **(node[3] if node[3:] else {}))
         for i, node in enumerate(nodes)], "graph",
        [helper.make_tensor_value_info(name, *kind) for name, kind in inputs.items()],
        [helper.make_tensor_value_info(name, *kind) for name, kind in outputs.items()],
        list(initializers))
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)])
    model.ir_version = 10
    onnx.checker.check_model(model)
    onnx.save(model, path)
    return path


class CommandLineTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def call(self, *words, program="tenon", **options):
        return harness.run([BUILD / program, *words], **options)

    def succeed(self, *words, **options):
        process = self.call(*words, **options)
        self.assertEqual(process.returncode, 0, process.stdout + process.stderr)
        return process

    def refuse(self, *words, message, help="", program="tenon"):
        """The user's fault: exit status 1, nothing on stdout, what and what to do on stderr."""
        process = self.call(*words, program=program)
        self.assertEqual(process.returncode, 1, process.stdout + process.stderr)
        self.assertEqual(process.stdout, "")
        self.assertIn(message, process.stderr)
        self.assertIn(help, process.stderr)
        self.assertNotRegex(process.stderr, harness.NOT_FOR_USERS)
        return process
