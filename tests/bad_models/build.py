"""Short ways to write small ONNX models, and the list of the bad ones.

    @bad
    def relu_of_nothing():
        "The node's input is made by no node."
        return model([node("Relu", ["ghost"], ["y"])], outputs=[value("y", [4])])

registers a bad model under the function's name. The function returns a ModelProto, bytes (a file
that no library would write), or a Case with more files beside the model.
"""
import dataclasses

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

CASES = {}


@dataclasses.dataclass
class Case:
    """A model and what else its folder holds. Paths are relative to it: "../x" lies outside."""

    model: "onnx.ModelProto | bytes"
    files: dict = dataclasses.field(default_factory=dict)  # path -> bytes
    links: dict = dataclasses.field(default_factory=dict)  # path -> target


def bad(function):
    assert function.__name__ not in CASES and function.__doc__
    CASES[function.__name__] = function
    return function


def node(op, inputs, outputs, name=None, **attributes):
    """A node that is called after its operator, as exporters do: Conv -> "/conv"."""
    return helper.make_node(op, inputs, outputs, name or f"/{op.lower()}", **attributes)


def value(name, shape, dtype=TensorProto.FLOAT):
    return helper.make_tensor_value_info(name, dtype, shape)


def weight(name, shape):
    return numpy_helper.from_array(np.full(shape, 0.5, np.float32), name)


def integers(name, values):
    return numpy_helper.from_array(np.array(values, np.int64), name)


def model(nodes, inputs=(), outputs=(), initializers=(), opset=17, functions=(), domains=()):
    """A model that nothing has checked. `domains`: further opset imports, all of version 1."""
    graph = helper.make_graph(nodes, "graph", list(inputs), list(outputs), list(initializers))
    imports = [helper.make_opsetid("", opset)] + [helper.make_opsetid(d, 1) for d in domains]
    return helper.make_model(graph, opset_imports=imports, ir_version=8, functions=list(functions))


def one_node(op, x_shape, y_shape, initializers=(), opset=17, **attributes):
    """x -> op -> y, the initializers being the further operands."""
    names = ["x"] + [tensor.name for tensor in initializers]
    return model([node(op, names, ["y"], **attributes)], [value("x", x_shape)],
                 [value("y", y_shape)], initializers, opset)


def added(tensor, shape=(4,)):
    """x + tensor -> y: the smallest model that uses a given initializer."""
    return model([node("Add", ["x", tensor.name], ["y"])], [value("x", shape)],
                 [value("y", shape)], [tensor])
