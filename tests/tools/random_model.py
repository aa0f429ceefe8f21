"""A random ONNX graph: operators of the usual kinds on values that fit, with inputs for one run.

    graph = random_model.make(17)
    graph.model          10 to 30 nodes, weights as initializers, checked by onnx
    graph.inputs         {name: array}
    graph.bounds         {"n": "1..9"}: dimensions of the inputs that stay symbolic

The same seed gives the same graph. Values stay near 1: weights are scaled, what could grow is
bounded first, and nothing jumps (no rounding, no sign), so that results can be compared closely.
"""
import dataclasses
import math
import random

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

MOST_ELEMENTS = 20000
UNARY = ["Relu", "Tanh", "Sigmoid", "Abs", "Neg", "Erf", "LeakyRelu", "Softplus", "HardSigmoid",
         "HardSwish", "Elu", "Selu", "Sin", "Cos", "Softsign", "Sqrt", "Exp", "Log", "Reciprocal"]
BINARY = ["Add", "Sub", "Mul", "Max", "Min", "Div"]


@dataclasses.dataclass(frozen=True)
class Value:
    """A tensor of the graph: sizes, or names of symbols, of its axes."""

    name: str
    dims: tuple


class Builder:
    """The graph so far, and the operators that can be added to it."""

    def __init__(self, seed):
        self.random = random.Random(f"graph {seed}")
        self.data = np.random.default_rng(seed)
        self.opset = self.random.choice([17, 18, 20])
        self.sizes = {"n": self.random.randint(1, 6), "m": self.random.randint(2, 9)}
        self.nodes, self.initializers, self.inputs = [], [], {}
        self.values, self.used, self.arrays = [], set(), {}

    # --- pieces ---

    def size(self, dims):
        return math.prod(self.sizes.get(d, d) for d in dims)

    def input(self, dims):
        value = Value(f"input_{len(self.inputs)}", tuple(dims))
        shape = [self.sizes.get(d, d) for d in dims]
        self.arrays[value.name] = self.data.standard_normal(shape, dtype=np.float32)
        self.inputs[value.name] = value
        self.values.append(value)

    def constant(self, array):
        name = f"constant_{len(self.initializers)}"
        self.initializers.append(numpy_helper.from_array(np.asarray(array), name))
        return name

    def weight(self, *shape, fan_in=1):
        return self.constant((self.data.standard_normal(shape) / math.sqrt(fan_in)).astype("f"))

    def indices(self, *numbers):
        return self.constant(np.array(numbers, np.int64))

    def node(self, operator, operands, dims=None, outputs=1, **attributes):
        """Adds a node; returns the name of its first output, which is a value where it has dims."""
        names = [f"{operator.lower()}_{len(self.nodes)}_{i}" for i in range(outputs)]
        operands = [operand.name if isinstance(operand, Value) else operand
                    for operand in operands]
        self.nodes.append(helper.make_node(operator, operands, names, f"/{names[0]}",
                                           **attributes))
        self.used.update(operands)
        for name, one in zip(names, [dims] if outputs == 1 else dims or []):
            if one is not None:
                self.values.append(Value(name, tuple(one)))
        return names[0]

    def pick(self, condition=lambda value: True):
        """A recent value more often than an old one; None where no value fits."""
        fitting = [value for value in self.values if condition(value)]
        return self.random.choice(fitting[-6:] if self.random.random() < 0.7 else fitting) \
            if fitting else None

    def fixed_axis(self, value, least=1):
        """An axis whose size is a number, or None."""
        axes = [a for a, d in enumerate(value.dims) if isinstance(d, int) and d >= least]
        return self.random.choice(axes) if axes else None

    # --- operators: each adds nodes, or does nothing where no value fits ---

    def unary(self):
        x, operator = self.pick(), self.random.choice(UNARY)
        name = x.name
        if operator in ("Sqrt", "Log", "Reciprocal"):
            name = self.node("Abs", [name])
            name = self.node("Add", [name, self.constant(np.float32(0.5))])
        if operator == "Exp":
            name = self.node("Clip", [name, self.constant(np.float32(-2)),
                                      self.constant(np.float32(2))])
        self.node(operator, [name], x.dims)

    def binary(self):
        x, operator = self.pick(), self.random.choice(BINARY)
        y = self.pick(lambda v: v.dims == x.dims)
        name = y.name
        if y == x or self.random.random() < 0.4:
            shape = [d if isinstance(d, int) and self.random.random() < 0.7 else 1 for d in x.dims]
            name = self.weight(*shape[self.random.randint(0, len(shape)):])
        if operator == "Div":
            name = self.node("Abs", [name])
            name = self.node("Add", [name, self.constant(np.float32(1))])
        if operator == "Mul":
            name = self.node("Tanh", [name])
        self.node(operator, self.random.sample([x.name, name], 2) if operator != "Div"
                  else [x.name, name], x.dims)

    def where(self):
        source = self.random.choice(list(self.inputs.values()))
        x = self.pick(lambda v: v.dims == source.dims)
        condition = self.node("Greater", [source, self.weight()])
        self.node("Where", [condition, x, self.weight()], x.dims)

    def matmul(self):
        x = self.pick(lambda v: len(v.dims) >= 2 and isinstance(v.dims[-1], int))
        if not x:
            return
        k, m = x.dims[-1], self.random.choice([1, 3, 8, 17, 32])
        if len(x.dims) == 2 and self.random.random() < 0.5:
            turned = self.random.random() < 0.5
            weight = self.weight(*((m, k) if turned else (k, m)), fan_in=k)
            self.node("Gemm", [x, weight, self.weight(m)], (x.dims[0], m), transB=int(turned))
        else:
            self.node("MatMul", [x, self.weight(k, m, fan_in=k)], x.dims[:-1] + (m,))

    def attention_scores(self):
        x = self.pick(lambda v: len(v.dims) >= 3 and isinstance(v.dims[-1], int))
        if not x:
            return
        rank = len(x.dims)
        turned = self.node("Transpose", [x], perm=[*range(rank - 2), rank - 1, rank - 2])
        scores = self.node("MatMul", [x, turned])
        scores = self.node("Mul", [scores, self.constant(np.float32(1 / x.dims[-1]))])
        scores = self.node("Softmax", [scores], axis=-1)
        self.node("MatMul", [scores, x], x.dims)

    def image(self, least=3):
        """A value of channels and one or two axes with sizes of at least `least`."""
        return self.pick(lambda v: len(v.dims) in (3, 4) and
                         all(isinstance(d, int) for d in v.dims[1:]) and min(v.dims[2:]) >= least)

    def window(self, x, kernel):
        """Attributes of a window and the sizes that are left; any pads below the kernel."""
        spatial = x.dims[2:]
        strides = [self.random.choice([1, 1, 2]) for _ in spatial]
        pads = [self.random.randint(0, k - 1) for k in kernel + kernel]
        sizes = [(d + pads[i] + pads[i + len(spatial)] - kernel[i]) // strides[i] + 1
                 for i, d in enumerate(spatial)]
        return {"strides": strides, "pads": pads, "kernel_shape": kernel}, tuple(sizes)

    def conv(self):
        x = self.image()
        if not x:
            return
        channels, kernel = x.dims[1], [self.random.choice([1, 2, 3]) for _ in x.dims[2:]]
        group = self.random.choice([g for g in (1, 1, 2, channels) if channels % g == 0])
        made = group * self.random.choice([1, 2, 5] if group > 1 else [1, 4, 8, 16])
        attributes, sizes = self.window(x, kernel)
        weight = self.weight(made, channels // group, *kernel,
                             fan_in=channels // group * math.prod(kernel))
        bias = [self.weight(made)] if self.random.random() < 0.5 else []
        self.node("Conv", [x, weight, *bias], (x.dims[0], made, *sizes), group=group, **attributes)

    def pool(self):
        x = self.image()
        if not x:
            return
        attributes, sizes = self.window(x, [self.random.choice([2, 3]) for _ in x.dims[2:]])
        operator = self.random.choice(["MaxPool", "AveragePool", "GlobalAveragePool"])
        if operator == "GlobalAveragePool":
            attributes, sizes = {}, (1,) * len(x.dims[2:])
        if operator == "AveragePool":
            attributes["count_include_pad"] = self.random.randint(0, 1)
        self.node(operator, [x], x.dims[:2] + sizes, **attributes)

    def norm(self):
        kind = self.random.choice(["LayerNormalization", "BatchNormalization",
                                   "InstanceNormalization"])
        if kind == "LayerNormalization":
            x = self.pick(lambda v: isinstance(v.dims[-1], int) and v.dims[-1] >= 3)
            if x:
                self.node(kind, [x, self.weight(x.dims[-1]), self.weight(x.dims[-1])], x.dims,
                          axis=-1, epsilon=0.1)
            return
        x = self.pick(lambda v: len(v.dims) >= 3 and isinstance(v.dims[1], int))
        if not x:
            return
        operands = [x, self.weight(x.dims[1]), self.weight(x.dims[1])]
        if kind == "BatchNormalization":
            variance = self.constant(self.data.uniform(0.5, 2, x.dims[1]).astype("f"))
            operands += [self.weight(x.dims[1]), variance]
        self.node(kind, operands, x.dims, epsilon=0.1)

    def softmax(self):
        x = self.pick()
        self.node(self.random.choice(["Softmax", "LogSoftmax"]), [x], x.dims,
                  axis=self.random.randrange(-len(x.dims), len(x.dims)))

    def reduce(self):
        x = self.pick(lambda v: len(v.dims) > 1)
        if not x:
            return
        kind = self.random.choice(["Sum", "Mean", "Max", "Min", "L2", "LogSumExp"])
        axes = self.random.sample(range(len(x.dims)), self.random.randint(1, len(x.dims) - 1))
        keep = self.random.randint(0, 1)
        dims = [1 if a in axes else d for a, d in enumerate(x.dims) if keep or a not in axes]
        if kind == "Sum" or self.opset >= 18:
            name = self.node(f"Reduce{kind}", [x, self.indices(*axes)], keepdims=keep)
        else:
            name = self.node(f"Reduce{kind}", [x], axes=axes, keepdims=keep)
        self.node("Tanh", [name], dims)

    def concat(self):
        x = self.pick(lambda v: self.fixed_axis(v) is not None)
        if not x:
            return
        axis = self.fixed_axis(x)
        parts = [x] + [y for y in (self.pick(), self.pick()) if len(y.dims) == len(x.dims) and
                       isinstance(y.dims[axis], int) and
                       all(a == axis or d == y.dims[a] for a, d in enumerate(x.dims))]
        total = sum(part.dims[axis] for part in parts)
        self.random.shuffle(parts)
        self.node("Concat", parts, x.dims[:axis] + (total,) + x.dims[axis + 1:], axis=axis)

    def slice(self):
        x = self.pick(lambda v: self.fixed_axis(v, 2) is not None)
        if not x:
            return
        axis = self.fixed_axis(x, 2)
        size, step = x.dims[axis], self.random.choice([1, 1, 2, -1])
        begin = self.random.randrange(size)
        end = self.random.randint(begin + 1, size)
        taken = len(range(begin, end, abs(step)))
        if step < 0:
            begin, end = end - 1, begin - 1 if begin else -size - 1
        operands = [x] + [self.indices(number) for number in (begin, end, axis, step)]
        self.node("Slice", operands, x.dims[:axis] + (taken,) + x.dims[axis + 1:])

    def split(self):
        x = self.pick(lambda v: self.fixed_axis(v, 2) is not None)
        if not x:
            return
        axis = self.fixed_axis(x, 2)
        first = self.random.randint(1, x.dims[axis] - 1)
        parts = [first, x.dims[axis] - first]
        self.node("Split", [x, self.indices(*parts)],
                  [x.dims[:axis] + (part,) + x.dims[axis + 1:] for part in parts], outputs=2,
                  axis=axis)

    def transpose(self):
        x = self.pick(lambda v: len(v.dims) > 1)
        if x:
            order = self.random.sample(range(len(x.dims)), len(x.dims))
            self.node("Transpose", [x], [x.dims[a] for a in order], perm=order)

    def reshape(self):
        """Two axes become one, or one two; a symbol is written 0, -1, or asked of Shape."""
        x = self.pick(lambda v: sum(not isinstance(d, int) for d in v.dims) < 2)
        if not x:
            return
        dims = list(x.dims)
        axis = self.random.randrange(len(dims))
        if len(dims) > 1 and axis + 1 < len(dims) and self.random.random() < 0.5 and \
                all(isinstance(d, int) for d in dims[axis:axis + 2]):
            dims[axis:axis + 2] = [dims[axis] * dims[axis + 1]]
        elif isinstance(dims[axis], int) and len(dims) < 5:
            factor = self.random.choice([f for f in range(1, 9) if dims[axis] % f == 0])
            dims[axis:axis + 1] = [factor, dims[axis] // factor]
        symbols = [a for a, d in enumerate(dims) if not isinstance(d, int)]
        if symbols and self.random.random() < 0.5:
            shape = self.node("Shape", [x])
            size = self.node("Gather", [shape, self.indices(x.dims.index(dims[symbols[0]]))])
            parts = [size if a in symbols else self.indices(d) for a, d in enumerate(dims)]
            target = self.node("Concat", parts, axis=0)
        else:
            target = self.indices(*[-1 if a in symbols else d for a, d in enumerate(dims)])
        self.node("Reshape", [x, target], dims)

    def pad(self):
        x = self.pick(lambda v: self.fixed_axis(v, 3) is not None)
        if not x:
            return
        axis, rank = self.fixed_axis(x, 3), len(x.dims)
        pads = [0] * (2 * rank)
        pads[axis], pads[axis + rank] = self.random.randint(0, 2), self.random.randint(0, 2)
        dims = list(x.dims)
        dims[axis] += pads[axis] + pads[axis + rank]
        self.node("Pad", [x, self.indices(*pads)], dims,
                  mode=self.random.choice(["constant", "reflect", "edge"]))

    def gather(self):
        x = self.pick(lambda v: self.fixed_axis(v) is not None)
        if not x:
            return
        axis = self.fixed_axis(x)
        size, count = x.dims[axis], self.random.randint(1, 5)
        numbers = [self.random.randrange(-size, size) for _ in range(count)]
        self.node("Gather", [x, self.indices(*numbers)],
                  x.dims[:axis] + (count,) + x.dims[axis + 1:], axis=axis)

    # --- the graph ---

    def start(self):
        first = self.random.choice(["n", "n", 1, 2])
        shapes = [(first, 8, 10, 12), (first, 6, 7, 9), (first, 12, 20), (first, "m", 16),
                  (first, 24), (4, 18)]
        for dims in self.random.sample(shapes, self.random.randint(1, 2)):
            self.input(dims)
        if self.random.random() < 0.5:
            self.input(self.values[0].dims)

    def grow(self):
        operators = [self.unary, self.unary, self.binary, self.binary, self.binary, self.where,
                     self.matmul, self.matmul, self.conv, self.conv, self.conv, self.pool,
                     self.norm, self.softmax, self.reduce, self.concat, self.concat, self.slice,
                     self.split, self.transpose, self.reshape, self.reshape, self.pad, self.gather,
                     self.attention_scores]
        wanted = self.random.randint(10, 28)
        while len(self.nodes) < wanted:
            self.random.choice(operators)()
            self.values = [v for v in self.values if self.size(v.dims) <= MOST_ELEMENTS or
                           v.name not in self.used]


@dataclasses.dataclass
class RandomGraph:
    model: onnx.ModelProto
    inputs: dict
    bounds: dict


def make(seed):
    """The graph of a seed. Its outputs are the values that nothing reads."""
    builder = Builder(seed)
    builder.start()
    builder.grow()
    read = {name for node in builder.nodes for name in node.input}
    inputs = {name: value for name, value in builder.inputs.items() if name in read}
    made = {value.name: value for value in builder.values if value.name not in builder.inputs}
    outputs = [name for node in builder.nodes for name in node.output if name not in read]
    info = [helper.make_tensor_value_info(v.name, TensorProto.FLOAT, list(v.dims))
            for v in inputs.values()]
    declared = [helper.make_tensor_value_info(name, TensorProto.FLOAT, list(made[name].dims))
                for name in outputs]
    graph = helper.make_graph(builder.nodes, f"graph_{seed}", info, declared, builder.initializers)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", builder.opset)],
                              ir_version=8)
    onnx.checker.check_model(model, full_check=True)
    symbols = {d for v in inputs.values() for d in v.dims if not isinstance(d, int)}
    return RandomGraph(model, {name: builder.arrays[name] for name in inputs},
                       {symbol: "1..9" for symbol in sorted(symbols)})
