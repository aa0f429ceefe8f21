"""Models compiled to bundles, and what the C tests need of them.

    Bundle("kws", ...)  ->  folder/libkws.a, kws.h, kws.hpp, manifest.json, from `tenon compile`
                            folder/members.h: names for bundle_test.h
                            folder/case: sizes and inputs of one run; .expected: its outputs
"""
import dataclasses
import json
import pathlib
import sys

import numpy as np
import onnx
import onnx
import onnx.numpy_helper
import onnx.parser

FOLDER = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parent / "tools"))
import harness  # noqa: E402
import reference  # noqa: E402


@dataclasses.dataclass
class Subject:
    """A model to test with: its dimensions' bounds, the sizes of the run, and an index input."""

    name: str
    model: str  # of tests/models, or a path
    bounds: dict = dataclasses.field(default_factory=dict)
    sizes: dict = dataclasses.field(default_factory=dict)
    index: tuple = ()  # an input that holds indices, and the node that reads it
    parallel: bool = False  # is large enough for threads at these sizes
    equal: tuple = ()  # two dimensions that the model makes equal
    scalars: bool = False  # has float constants of rank 0, which become part of the code


# Rows of one input meet lines of the other where sizes must agree.
TWO_SYMBOLS = """<ir_version: 8, opset_import: ["" : 17]>
two_symbols (float[rows, 8] left, float[lines, 8] right)
    => (float[rows, 4] mixed, float[rows, 8] sum)
<float[8, 4] weight = {%s}> {
  sum = Add (left, right)
  product = MatMul (sum, weight)
  mixed = Tanh (product)
}"""


def write_two_symbols(path):
    """A model whose two dimensions are one, by its operators alone."""
    numbers = ", ".join(str((i * 7 % 11 - 5) / 8) for i in range(32))
    onnx.save(onnx.parser.parse_model(TWO_SYMBOLS % numbers), path)


def change_constants(path, result, changes):
    """Writes the model with other values of its float constants: `changes` takes an array that may
    be written to and says whether it changed it. Returns how many did."""
    model = onnx.load(path)
    changed = 0
    for initializer in model.graph.initializer:
        array = onnx.numpy_helper.to_array(initializer).copy()
        if array.dtype == np.float32 and changes(array):
            initializer.CopyFrom(onnx.numpy_helper.from_array(array, initializer.name))
            changed += 1
    onnx.save(model, result)
    return changed


def retrain(array):
    """For change_constants: other values of what has several."""
    if array.size > 1:
        array += np.float32(0.01) * np.cos(np.arange(array.size, dtype=np.float32)).reshape(
            array.shape)
    return array.size > 1


def double_scalars(array):
    """For change_constants: other values of what becomes part of the code."""
    if array.ndim == 0:
        array *= 2
    return array.ndim == 0


class Failed(Exception):
    """A step without which the rest of a bundle's tests cannot run."""


def compile_bundle(tenon, path, folder, bounds, *options, cwd=None):
    words = [word for name, bound in bounds.items() for word in ("--dim", f"{name}={bound}")]
    process = harness.run([tenon, "compile", path, "-o", folder, *words, *options], cwd=cwd)
    failure = harness.failure_of(process)
    if failure:
        raise Failed(failure)
    if not (folder / "manifest.json").exists():
        raise Failed(f"tenon compile succeeded and wrote no manifest.json into {folder.name}")
    return process.stdout


def members_header(name, dims, tensors):
    """members.h (see bundle_test.h); dims and tensors are the identifiers of the io struct."""
    upper = name.upper()
    lines = [f'#include "{name}.h"', f"#define BUNDLE(suffix) {name}_##suffix",
             f"#define BUNDLE_MACRO(suffix) {upper}_##suffix",
             "#define DIM_MEMBERS(X) " + " ".join(f"X({dim})" for dim in dims),
             "#define TENSOR_MEMBERS(X) " + " ".join(f"X({tensor})" for tensor in tensors),
             f"#define BUNDLE_NAMESPACE {name}", f'#define WRAPPER "{name}.hpp"']
    if dims:
        maxima = ", ".join(f"{upper}_{dim.upper()}_MAX" for dim in dims)
        lines.append(f"#define DIM_MAXIMA {{{maxima}}}")
    return "\n".join(lines) + "\n"


class Bundle:
    """A compiled subject. Raises Failed where `tenon compile` does not succeed."""

    def __init__(self, tenon, subject, path, folder, *options):
        self.name = subject.name
        self.subject = subject
        self.path = path
        self.folder = folder
        self.options = ["--name", subject.name, *options]
        self.summary = compile_bundle(tenon, path, folder, subject.bounds, *self.options)
        manifest = json.loads((folder / "manifest.json").read_text())
        self.dims = manifest["dims"]
        self.weights_bytes = manifest["sizes"]["weights_bytes"]
        self.tensors = manifest["inputs"] + manifest["outputs"]
        self.archive = folder / f"lib{self.name}.a"
        self.case = folder / "case"
        self.write_members()
        self.write_case()

    def write_members(self):
        text = members_header(self.name, [dim["identifier"] for dim in self.dims],
                              [tensor["identifier"] for tensor in self.tensors])
        (self.folder / "members.h").write_text(text)

    def write_case(self):
        """Numbers and inputs for load_case of bundle_test.h; keeps the expected outputs."""
        sizes = self.subject.sizes
        inputs = harness.fill.make_inputs(self.path, sizes)
        self.expected = reference.reference(self.path, inputs)
        arrays = inputs | self.expected
        numbers = [sizes[dim["name"]] for dim in self.dims]
        numbers += [arrays[tensor["name"]].nbytes for tensor in self.tensors]
        data = [inputs[tensor["name"]].tobytes() for tensor in self.tensors
                if tensor["name"] in inputs]
        self.case.write_bytes(np.array(numbers, np.int64).tobytes() + b"".join(data))

    def output_nodes(self):
        """The name of the node that gives each output, in the order of the model. A node without
        one is called by its first result."""
        graph = onnx.load(self.path, load_external_data=False).graph
        producers = {name: node.name or node.output[0] for node in graph.node
                     for name in node.output}
        return [producers[output.name] for output in graph.output]

    def outputs(self, path):
        """What call.c and weights_file.c write: {name: array}."""
        data, arrays = path.read_bytes(), {}
        for tensor in self.tensors:
            if tensor["name"] in self.expected:
                expected = self.expected[tensor["name"]]
                count = expected.nbytes
                arrays[tensor["name"]] = np.frombuffer(data[:count], expected.dtype).reshape(
                    expected.shape)
                data = data[count:]
        return arrays
