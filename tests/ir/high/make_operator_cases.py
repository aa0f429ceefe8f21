"""Writes operator_cases.txt: small graphs with inputs and the outputs that ONNX Runtime gives for the same ONNX nodes.

    python make_operator_cases.py          needs onnx, onnxruntime and numpy (tests/requirements.txt)

The file is committed, so that the tests need none of them. A case is

    case softmax_axis
    graph
    model softmax_axis { ... }
    end
    input -1.5 0.25 ...        elements in row-major order, one line for each input of the graph
    output 0.125 0.5 ...
"""

import pathlib

import numpy as np
import onnx
import onnxruntime as ort
from onnx import TensorProto, helper, numpy_helper

OPSET = 20
random = np.random.default_rng(7)
TYPES = {
    np.dtype("float32"): "f32", np.dtype("float64"): "f64", np.dtype("float16"): "f16", np.dtype("int64"): "i64",
    np.dtype("int32"): "i32", np.dtype("int16"): "i16", np.dtype("int8"): "i8", np.dtype("uint8"): "u8",
    np.dtype("uint16"): "u16", np.dtype("uint32"): "u32", np.dtype("uint64"): "u64", np.dtype("bool"): "bool",
}
lines = []


class Const:
    """An input that is a constant of the graph."""

    def __init__(self, array):
        self.array = array


def real(*shape, low=-3, high=3, dtype=np.float32):
    """Multiples of 1/8, so that the file stays short and sums are exact."""
    return (random.integers(low * 8, high * 8 + 1, shape) / 8).astype(dtype)


def whole(*shape, low=-9, high=9, dtype=np.int64):
    return random.integers(low, high + 1, shape).astype(dtype)


def flags(*shape):
    return random.integers(0, 2, shape).astype(bool)


def type_text(array):
    return f"{TYPES[array.dtype]}[{', '.join(map(str, array.shape))}]"


def number(value):
    if isinstance(value, (bool, np.bool_)):
        return "true" if value else "false"
    if isinstance(value, (np.integer, int)):
        return str(value)
    return {"inf": "inf", "-inf": "-inf", "nan": "nan"}.get(repr(float(value)), f"{float(value):.9g}")


def elements(array):
    values = [number(v) for v in np.asarray(array).flatten()]
    return " ".join(values)


def literal(array):
    """Elements as a constant of a graph's text has them."""
    values = []
    for value in np.asarray(array).flatten():
        text = number(value)
        is_float = array.dtype.kind == "f"
        values.append(text + ".0" if is_float and text.lstrip("-").isdigit() else text)
    return "[" + ", ".join(values) + "]"


def run_onnx(op, tensors, results, inputs=None, domain="", **attributes):
    """The results of one ONNX node; `inputs` names its inputs, "" for one that is absent."""
    names = list(tensors)
    node = helper.make_node(op, inputs if inputs is not None else names, [f"y{i}" for i in range(results)], domain=domain,
                            **attributes)
    arrays = {n: t.array if isinstance(t, Const) else t for n, t in tensors.items()}
    infos = [helper.make_tensor_value_info(n, helper.np_dtype_to_tensor_dtype(a.dtype), a.shape)
             for n, a in arrays.items() if not isinstance(tensors[n], Const)]
    constants = [numpy_helper.from_array(a, n) for n, a in arrays.items() if isinstance(tensors[n], Const)]
    outputs = [onnx.ValueInfoProto(name=f"y{i}") for i in range(results)]
    graph = helper.make_graph([node], "case", infos, outputs, constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=10)
    options = ort.SessionOptions()
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 4
    session = ort.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return session.run(None, {n: a for n, a in arrays.items() if not isinstance(tensors[n], Const)})


def write_case(name, body, tensors, results, symbols=None, types=None):
    """`body` is the text of the nodes; its results are %y0, %y1, ..."""
    lines.append(f"case {name}")
    if symbols:
        lines.append("symbols " + " ".join(f"{s}={v}" for s, (v, _, _) in symbols.items()))
    lines.append("graph")
    lines.append(f"model {name} {{")
    for symbol, (_, least, most) in (symbols or {}).items():
        lines.append(f"  symbol {symbol} in {least}..{most}")
    for tensor, value in tensors.items():
        if not isinstance(value, Const):
            lines.append(f'  input %{tensor} : {(types or {}).get(tensor) or type_text(value)} "{tensor}"')
    for tensor, value in tensors.items():
        if isinstance(value, Const):
            lines.append(f"  const %{tensor} : {type_text(value.array)} = {literal(value.array)}")
    for line in body:
        lines.append(f"  {line}")
    for i in range(len(results)):
        lines.append(f'  output %y{i} "y{i}"')
    lines.extend(["}", "end"])
    for value in tensors.values():
        if not isinstance(value, Const):
            lines.append("input " + elements(value))
    for result in results:
        lines.append("output " + elements(result))
    lines.append("")


def case(name, node, op=None, tensors=None, results=1, inputs=None, expected=None, symbols=None, types=None, **attributes):
    """`node` is our node without its results' names and types; the types are those of the expected results."""
    tensors = tensors or {}
    if expected is None:
        expected = run_onnx(op, tensors, results, inputs, **attributes)
    names = ", ".join(f"%y{i}" for i in range(len(expected)))
    result_types = ", ".join((types or {}).get(f"y{i}") or type_text(np.asarray(r)) for i, r in enumerate(expected))
    write_case(name, [f"{names} = {node} : {result_types}"], tensors, expected, symbols, types)


def elementwise():
    x = np.concatenate([real(9), np.array([0, -0.0, 20, -20, 90, -90], np.float32)])
    with_special = np.concatenate([x, np.array([np.nan, np.inf, -np.inf], np.float32)])
    for ours, theirs in [("neg", "Neg"), ("abs", "Abs"), ("tanh", "Tanh"), ("erf", "Erf"), ("sigmoid", "Sigmoid"),
                         ("floor", "Floor"), ("ceil", "Ceil"), ("round", "Round"), ("sign", "Sign"), ("relu", "Relu"),
                         ("softsign", "Softsign"), ("atan", "Atan"), ("asinh", "Asinh"), ("reciprocal", "Reciprocal"),
                         ("identity", "Identity")]:
        special = with_special if ours not in ("sign", "relu", "softsign") else x
        case(ours, f"{ours} %x", theirs, {"x": special})
    for ours, theirs in [("exp", "Exp"), ("softplus", "Softplus"), ("sin", "Sin"), ("cos", "Cos"), ("tan", "Tan"),
                         ("sinh", "Sinh"), ("cosh", "Cosh"), ("mish", "Mish"), ("hard_swish", "HardSwish")]:
        case(ours, f"{ours} %x", theirs, {"x": real(2, 5)})
    positive = np.abs(real(8)) + np.float32(0.125)
    case("sqrt", "sqrt %x", "Sqrt", {"x": positive})
    case("log", "log %x", "Log", {"x": np.append(positive, np.float32(0))})
    case("acosh", "acosh %x", "Acosh", {"x": positive + 1})
    fraction = real(8, low=-1, high=1) * np.float32(0.875)
    for ours, theirs in [("asin", "Asin"), ("acos", "Acos"), ("atanh", "Atanh")]:
        case(ours, f"{ours} %x", theirs, {"x": fraction})
    case("neg_i32", "neg %x", "Neg", {"x": whole(5, dtype=np.int32)})
    case("abs_i8", "abs %x", "Abs", {"x": np.array([-128, -1, 0, 5, 127], np.int8)})
    case("sign_i64", "sign %x", "Sign", {"x": whole(6)})
    case("is_nan", "is_nan %x", "IsNaN", {"x": with_special})
    case("is_inf", "is_inf %x", "IsInf", {"x": with_special})
    case("is_inf_positive", "is_inf %x {detect_negative=0}", "IsInf", {"x": with_special}, detect_negative=0)
    case("logical_not", "logical_not %x", "Not", {"x": flags(6)})
    case("bitwise_not", "bitwise_not %x", "BitwiseNot", {"x": whole(6, dtype=np.int32)})
    case("leaky_relu", "leaky_relu %x {alpha=0.1}", "LeakyRelu", {"x": real(2, 5)}, alpha=0.1)
    case("elu", "elu %x {alpha=1.5}", "Elu", {"x": real(2, 5)}, alpha=1.5)
    case("celu", "celu %x {alpha=2.0}", "Celu", {"x": real(2, 5)}, alpha=2.0)
    case("selu", "selu %x", "Selu", {"x": real(2, 5)})
    case("hard_sigmoid", "hard_sigmoid %x {alpha=0.25, beta=0.4}", "HardSigmoid", {"x": real(2, 5)}, alpha=0.25, beta=0.4)
    case("thresholded_relu", "thresholded_relu %x {alpha=0.5}", "ThresholdedRelu", {"x": real(2, 5)}, alpha=0.5)
    case("shrink", "shrink %x {bias=0.5, lambd=1.5}", "Shrink", {"x": real(2, 5)}, bias=0.5, lambd=1.5)
    case("gelu", "gelu %x", "Gelu", {"x": x})
    case("gelu_tanh", 'gelu %x {approximate="tanh"}', "Gelu", {"x": x}, approximate="tanh")
    v = real(2, 5)
    case("swish", "swish %x {alpha=1.5}", tensors={"x": v}, expected=[(v / (1 + np.exp(-1.5 * v.astype(np.float64)))).astype(np.float32)])
    case("sigmoid_f16", "sigmoid %x", "Sigmoid", {"x": real(6, dtype=np.float16)})
    case("exp_f64", "exp %x", "Exp", {"x": real(6, dtype=np.float64)})


def binary():
    for ours, theirs in [("add", "Add"), ("sub", "Sub"), ("mul", "Mul"), ("div", "Div"), ("max", "Max"), ("min", "Min"),
                         ("less", "Less"), ("less_or_equal", "LessOrEqual"), ("greater", "Greater"),
                         ("greater_or_equal", "GreaterOrEqual"), ("equal", "Equal")]:
        case(ours, f"{ours} %a, %b", theirs, {"a": real(2, 3, 4), "b": real(3, 1)})
        b = whole(4, dtype=np.int32)
        b[b == 0] = 3
        case(f"{ours}_i32", f"{ours} %a, %b", theirs, {"a": whole(3, 1, dtype=np.int32), "b": b})
    for ours, theirs in [("add", "Add"), ("mul", "Mul"), ("div", "Div")]:
        a, b = real(7, dtype=np.float16), real(7, low=1, high=3, dtype=np.float16)
        wide = {"add": a.astype(np.float32) + b, "mul": a.astype(np.float32) * b, "div": a.astype(np.float32) / b}[ours]
        case(f"{ours}_f16", f"{ours} %a, %b", tensors={"a": a, "b": b}, expected=[wide.astype(np.float16)])
    nans = np.array([np.nan, 1, -1, np.nan, 0], np.float32)
    for ours, theirs in [("max", "Max"), ("min", "Min")]:
        case(f"{ours}_nan", f"{ours} %a, %b", theirs, {"a": nans, "b": nans[::-1].copy()})
    case("div_by_zero_f32", "div %a, %b", "Div", {"a": real(3), "b": np.zeros(3, np.float32)})
    least = np.array([7, -2147483648, -7, 5], np.int32)
    case("div_i32_edges", "div %a, %b", tensors={"a": least, "b": np.array([0, -1, 2, -2], np.int32)},
         expected=[np.array([0, -2147483648, -3, -2], np.int32)])
    for ours, theirs in [("logical_and", "And"), ("logical_or", "Or"), ("logical_xor", "Xor")]:
        case(ours, f"{ours} %a, %b", theirs, {"a": flags(2, 4), "b": flags(4)})
    case("equal_bool", "equal %a, %b", "Equal", {"a": flags(6), "b": flags(6)})
    for ours, theirs in [("bitwise_and", "BitwiseAnd"), ("bitwise_or", "BitwiseOr"), ("bitwise_xor", "BitwiseXor")]:
        case(ours, f"{ours} %a, %b", theirs, {"a": whole(2, 4, dtype=np.int32), "b": whole(4, dtype=np.int32)})
    u = np.array([1, 200, 255, 7], np.uint8)
    for direction in ("left", "right"):
        case(f"bit_shift_{direction}", f'bit_shift %a, %b {{direction="{direction}"}}', "BitShift",
             {"a": u, "b": np.array([1, 3, 7, 0], np.uint8)}, direction=direction.upper())
    case("pow", "pow %a, %b", "Pow", {"a": real(6, low=0, high=3), "b": real(6)})
    for exponent in (0.5, 2.0, 3.0, -1.0):
        base = np.append(np.abs(real(5)), np.float32([0.5, -0.0]))
        case(f"pow_{'half' if exponent == 0.5 else str(int(exponent)).replace('-', 'minus')}", "pow %a, %b", "Pow",
             {"a": base, "b": Const(np.array(exponent, np.float32))})
    case("pow_i32", "pow %a, %b", "Pow", {"a": whole(5, low=0, high=5, dtype=np.int32), "b": whole(5, low=0, high=5, dtype=np.int32)})
    case("pow_f32_i64", "pow %a, %b", "Pow", {"a": real(5), "b": whole(5, low=0, high=3)})
    divisor = np.array([2, -2, 3, -3, 5, -7], np.int64)
    dividend = np.array([-7, 7, 7, -7, -5, 20], np.int64)
    case("mod", "mod %a, %b", "Mod", {"a": dividend, "b": divisor})
    case("mod_trunc", "mod %a, %b {fmod=1}", "Mod", {"a": dividend, "b": divisor}, fmod=1)
    case("mod_f32", "mod %a, %b {fmod=1}", "Mod", {"a": real(6), "b": real(6, low=1, high=2)}, fmod=1)
    case("prelu", "prelu %x, %slope", "PRelu", {"x": real(2, 3, 4), "slope": real(3, 1)})
    case("where", "where %c, %x, %y", "Where", {"c": flags(3, 1), "x": real(2, 3, 4), "y": real(4)})
    case("where_i64", "where %c, %x, %y", "Where", {"c": flags(4), "x": whole(4), "y": Const(whole(1))})
    case("clip", "clip %x, %low, %high", "Clip", {"x": real(8), "low": Const(np.array(-1, np.float32)), "high": Const(np.array(1.5, np.float32))})
    case("clip_max_only", "clip %x, _, %high", "Clip", {"x": real(8), "high": np.array(0.5, np.float32)}, inputs=["x", "", "high"])
    case("clip_crossed", "clip %x, %low, %high", "Clip", {"x": real(8), "low": np.array(2, np.float32), "high": np.array(-1, np.float32)})


def casts():
    x = np.array([-300.7, -1.5, -0.5, 0, 0.5, 1.5, 127.9, 300.2, 2.5], np.float32)
    for name, dtype in [("i32", np.int32), ("i64", np.int64), ("f64", np.float64), ("f16", np.float16), ("bool", bool)]:
        case(f"cast_f32_{name}", f"cast %x {{to={name}}}", "Cast", {"x": x}, to=helper.np_dtype_to_tensor_dtype(np.dtype(dtype)))
    # Beyond what the integer type holds the result saturates, and NaN gives 0: ours, where ONNX leaves it open.
    far = np.array([-300.7, 300.2, np.nan, np.inf, -np.inf, 12.9], np.float32)
    case("cast_saturates_i8", "cast %x {to=i8}", tensors={"x": far}, expected=[np.array([-128, 127, 0, 127, -128, 12], np.int8)])
    case("cast_saturates_u8", "cast %x {to=u8}", tensors={"x": far}, expected=[np.array([0, 255, 0, 255, 0, 12], np.uint8)])
    case("cast_i32_u8", "cast %x {to=u8}", "Cast", {"x": np.array([-1, 0, 255, 256, 300], np.int32)}, to=TensorProto.UINT8)
    case("cast_i64_f32", "cast %x {to=f32}", "Cast", {"x": whole(5)}, to=TensorProto.FLOAT)
    case("cast_bool_f32", "cast %x {to=f32}", "Cast", {"x": flags(5)}, to=TensorProto.FLOAT)
    case("cast_f16_f32", "cast %x {to=f32}", "Cast", {"x": real(5, dtype=np.float16)}, to=TensorProto.FLOAT)
    case("cast_bool_i64", "cast %x {to=i64}", "Cast", {"x": flags(5)}, to=TensorProto.INT64)


def reductions():
    x = real(2, 3, 4)
    for axis in (0, 1, -1):
        case(f"softmax_{axis % 3}", f"softmax %x {{axis={axis}}}", "Softmax", {"x": x}, axis=axis)
        case(f"log_softmax_{axis % 3}", f"log_softmax %x {{axis={axis}}}", "LogSoftmax", {"x": x}, axis=axis)
    case("softmax_large", "softmax %x", "Softmax", {"x": np.array([[1000, 999, -1000], [-1000, -999, -1001]], np.float32)})
    case("softmax_f16", "softmax %x", "Softmax", {"x": real(2, 5, dtype=np.float16)})
    for ours, theirs in [("sum", "Sum"), ("mean", "Mean"), ("max", "Max"), ("min", "Min"), ("prod", "Prod"), ("l1", "L1"),
                         ("l2", "L2"), ("sum_square", "SumSquare"), ("log_sum_exp", "LogSumExp")]:
        for axes, keep in [([1], 1), ([0, 2], 0), ([-1], 0), ([0, 1, 2], 1)]:
            # ReduceSum takes its axes as an input from opset 13 on, the others from 18 on.
            tensors = {"x": x, "axes": Const(np.array(axes, np.int64))}
            expected = run_onnx(f"Reduce{theirs}", tensors, 1, keepdims=keep)
            label = f"reduce_{ours}_" + "".join(str(a % 3) for a in axes) + ("_keep" if keep else "")
            case(label, f"reduce_{ours} %x {{axes=[{', '.join(map(str, axes))}], keepdims={keep}}}", tensors={"x": x}, expected=expected)
    positive = np.abs(real(3, 2)) + 1
    case("reduce_log_sum", "reduce_log_sum %x {axes=[0], keepdims=0}", tensors={"x": positive}, expected=[np.log(positive.sum(axis=0))])
    i = whole(3, 4, dtype=np.int32)
    case("reduce_sum_i32", "reduce_sum %x {axes=[1]}", tensors={"x": i}, expected=[i.sum(axis=1, keepdims=True, dtype=np.int32)])
    case("reduce_mean_i32", "reduce_mean %x {axes=[1], keepdims=0}", tensors={"x": i},
         expected=[np.trunc(i.sum(axis=1) / 4).astype(np.int32)])
    case("reduce_max_bool", "reduce_max %x {axes=[1]}", tensors={"x": (b := flags(4, 3))}, expected=[b.any(axis=1, keepdims=True)])
    case("reduce_min_bool", "reduce_min %x {axes=[1]}", tensors={"x": b}, expected=[b.all(axis=1, keepdims=True)])
    case("reduce_none", "reduce_l1 %x {axes=[]}", tensors={"x": x}, expected=[np.abs(x)])
    case("log_sum_exp_infinite", "reduce_log_sum_exp %x {axes=[1], keepdims=0}",
         tensors={"x": np.array([[-np.inf, -np.inf], [1000, 1000]], np.float32)},
         expected=[np.array([-np.inf, 1000 + np.log(2)], np.float32)])
    ties = np.array([[1, 3, 3, 0], [2, 2, 2, 2], [5, 4, 5, 5]], np.float32)
    for ours, theirs in [("arg_max", "ArgMax"), ("arg_min", "ArgMin")]:
        for last in (0, 1):
            case(f"{ours}_{'last' if last else 'first'}", f"{ours} %x {{axis=1, select_last_index={last}}}", theirs, {"x": ties},
                 axis=1, select_last_index=last)
        case(f"{ours}_flat", f"{ours} %x {{axis=0, keepdims=0}}", theirs, {"x": whole(5, 3, dtype=np.int32)}, axis=0, keepdims=0)
    case("arg_max_nan", "arg_max %x {axis=0, keepdims=0}", tensors={"x": np.array([1, np.nan, 3, np.nan], np.float32)},
         expected=[np.array(1, np.int64)])
    for exclusive, reverse in [(0, 0), (1, 0), (0, 1), (1, 1)]:
        expected = run_onnx("CumSum", {"x": x, "axis": Const(np.array(1, np.int64))}, 1, exclusive=exclusive, reverse=reverse)
        case(f"cum_sum_{exclusive}{reverse}", f"cum_sum %x {{axis=1, exclusive={exclusive}, reverse={reverse}}}", tensors={"x": x}, expected=expected)
    case("cum_sum_last", "cum_sum %x {axis=-1}", tensors={"x": x}, expected=[np.cumsum(x, axis=-1, dtype=np.float32)])


def norms():
    x = real(2, 3, 4, 5)
    case("layer_norm", "layer_norm %x, %s, %b", "LayerNormalization", {"x": x, "s": real(5), "b": real(5)})
    case("layer_norm_axis", "layer_norm %x, %s {axis=2, epsilon=0.01}", "LayerNormalization", {"x": x, "s": real(4, 5)}, axis=2, epsilon=0.01)
    # Far from zero: what a variance in one pass would lose. Four elements a row, so that the mean is exact.
    far, scale = real(2, 3, 4) + 1000, real(4)
    wide = far.astype(np.float64)
    mean, variance = wide.mean(-1, keepdims=True), wide.var(-1, keepdims=True)
    case("layer_norm_far", "layer_norm %x, %s", tensors={"x": far, "s": scale},
         expected=[((wide - mean) / np.sqrt(variance + 1e-5) * scale).astype(np.float32)])
    case("batch_norm", "batch_norm %x, %s, %b, %m, %v {epsilon=0.01}", "BatchNormalization",
         {"x": x, "s": real(3), "b": real(3), "m": real(3), "v": np.abs(real(3)) + 1}, epsilon=0.01)
    case("instance_norm", "instance_norm %x, %s, %b", "InstanceNormalization", {"x": x, "s": real(3), "b": real(3)})
    scale = real(5)
    square = np.mean(x.astype(np.float64) ** 2, axis=-1, keepdims=True)
    case("rms_norm", "rms_norm %x, %s", tensors={"x": x, "s": scale}, expected=[(x / np.sqrt(square + 1e-5) * scale).astype(np.float32)])


def products():
    for name, a, b in [("2d", (3, 4), (4, 5)), ("batch", (2, 3, 4), (2, 4, 5)), ("broadcast", (2, 1, 3, 4), (3, 4, 2)),
                       ("row", (4,), (4, 5)), ("column", (2, 3, 4), (4,)), ("dot", (4,), (4,)), ("row_batch", (4,), (2, 4, 3))]:
        case(f"matmul_{name}", "matmul %a, %b", "MatMul", {"a": real(*a), "b": real(*b)})
    case("matmul_i32", "matmul %a, %b", "MatMul", {"a": whole(3, 4, dtype=np.int32), "b": whole(4, 2, dtype=np.int32)})
    half = {"a": real(3, 4, dtype=np.float16), "b": real(4, 2, dtype=np.float16)}
    case("matmul_f16", "matmul %a, %b", tensors=half, expected=[(half["a"].astype(np.float32) @ half["b"].astype(np.float32)).astype(np.float16)])
    case("gemm", "gemm %a, %b", "Gemm", {"a": real(3, 4), "b": real(4, 5)})
    case("gemm_bias", "gemm %a, %b, %c", "Gemm", {"a": real(3, 4), "b": real(4, 5), "c": real(5)})
    case("gemm_all", "gemm %a, %b, %c {alpha=0.5, beta=2.0, trans_a=1, trans_b=1}", "Gemm",
         {"a": real(4, 3), "b": real(5, 4), "c": real(3, 1)}, alpha=0.5, beta=2.0, transA=1, transB=1)
    case("gemm_scalar_bias", "gemm %a, %b, %c", "Gemm", {"a": real(3, 4), "b": real(4, 5), "c": np.array(0.75, np.float32)})


def convolutions():
    def conv(name, x, w, bias=False, ours="", transposed=False, **attributes):
        tensors = {"x": real(*x), "w": real(*w)}
        if bias:
            group = attributes.get("group", 1)
            tensors["b"] = real(w[1] * group if transposed else w[0])
        case(name, f"{'conv_transpose' if transposed else 'conv'} {', '.join('%' + t for t in tensors)}{ours}",
             "ConvTranspose" if transposed else "Conv", tensors, **attributes)

    conv("conv_2d", (1, 3, 6, 7), (4, 3, 3, 3))
    conv("conv_bias_pads", (2, 3, 6, 7), (4, 3, 3, 3), True, " {pads=[1, 0, 1, 2]}", pads=[1, 0, 1, 2])
    conv("conv_strides", (1, 2, 9, 9), (3, 2, 3, 3), False, " {strides=[2, 3], pads=[1, 1, 1, 1]}", strides=[2, 3], pads=[1, 1, 1, 1])
    conv("conv_dilations", (1, 2, 9, 9), (3, 2, 3, 2), False, " {dilations=[2, 3], pads=[2, 0, 2, 0]}", dilations=[2, 3], pads=[2, 0, 2, 0])
    conv("conv_groups", (1, 4, 5, 5), (6, 2, 3, 3), True, " {group=2, pads=[1, 1, 1, 1]}", group=2, pads=[1, 1, 1, 1])
    conv("conv_depthwise", (1, 4, 5, 5), (4, 1, 3, 3), True, " {group=4, pads=[1, 1, 1, 1]}", group=4, pads=[1, 1, 1, 1])
    conv("conv_multiplier", (1, 2, 5, 5), (6, 1, 3, 3), False, " {group=2}", group=2)
    conv("conv_1d", (2, 3, 10), (4, 3, 3), True, " {strides=[2], pads=[1, 1]}", strides=[2], pads=[1, 1])
    conv("conv_3d", (1, 2, 4, 5, 4), (3, 2, 2, 3, 2), True, " {pads=[0, 1, 1, 1, 1, 0]}", pads=[0, 1, 1, 1, 1, 0])
    conv("conv_pointwise", (1, 5, 3, 3), (4, 5, 1, 1), True)
    conv("conv_transpose", (1, 3, 4, 5), (3, 2, 3, 3), True, transposed=True)
    conv("conv_transpose_strides", (1, 3, 4, 5), (3, 2, 3, 3), False, " {strides=[2, 3], pads=[1, 0, 0, 1], output_padding=[1, 2]}",
         transposed=True, strides=[2, 3], pads=[1, 0, 0, 1], output_padding=[1, 2])
    conv("conv_transpose_groups", (1, 4, 4, 4), (4, 3, 2, 2), True, " {group=2, dilations=[2, 1]}", transposed=True, group=2, dilations=[2, 1])
    conv("conv_transpose_1d", (2, 3, 5), (3, 2, 4), False, " {strides=[2], pads=[1, 1]}", transposed=True, strides=[2], pads=[1, 1])


def pools():
    x = real(1, 2, 7, 8)
    max_attributes = [
        ("plain", "kernel=[2, 3]", dict(kernel_shape=[2, 3])),
        ("pads", "kernel=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1]", dict(kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1])),
        ("ceil", "kernel=[3, 3], strides=[2, 2], ceil_mode=1", dict(kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1)),
        ("ceil_pads", "kernel=[2, 2], strides=[3, 3], pads=[1, 1, 1, 1], ceil_mode=1",
         dict(kernel_shape=[2, 2], strides=[3, 3], pads=[1, 1, 1, 1], ceil_mode=1)),
        ("dilations", "kernel=[2, 2], dilations=[2, 3]", dict(kernel_shape=[2, 2], dilations=[2, 3])),
    ]
    for name, ours, theirs in max_attributes:
        case(f"max_pool_{name}", f"max_pool %x {{{ours}}}", "MaxPool", {"x": x}, **theirs)
        for count in (0, 1):
            case(f"average_pool_{name}_{count}", f"average_pool %x {{{ours}, count_include_pad={count}}}", "AveragePool", {"x": x},
                 count_include_pad=count, **theirs)
    case("max_pool_1d", "max_pool %x {kernel=[3], pads=[1, 1]}", "MaxPool", {"x": real(2, 2, 6)}, kernel_shape=[3], pads=[1, 1])
    case("average_pool_3d", "average_pool %x {kernel=[2, 2, 2], strides=[2, 1, 2]}", "AveragePool", {"x": real(1, 1, 4, 3, 4)},
         kernel_shape=[2, 2, 2], strides=[2, 1, 2])
    case("max_pool_u8", "max_pool %x {kernel=[2, 2]}", "MaxPool", {"x": whole(1, 1, 4, 4, low=0, high=255, dtype=np.uint8)}, kernel_shape=[2, 2])


def movement():
    x = real(2, 3, 4)
    case("transpose", "transpose %x {perm=[2, 0, 1]}", "Transpose", {"x": x}, perm=[2, 0, 1])
    for name, shape in [("merge", (6, 4)), ("split", (2, 3, 2, 2)), ("mixed", (3, 8)), ("ones", (1, 2, 1, 12)), ("flat", (24,))]:
        case(f"reshape_{name}", f"reshape %x {{shape={list(shape)}}}", tensors={"x": x}, expected=[x.reshape(shape)])
    case("reshape_open", "reshape %x {shape=[4, -1]}", tensors={"x": x}, expected=[x.reshape(4, 6)])
    one = real(1, 1)
    case("reshape_scalar", "reshape %x {shape=[]}", tensors={"x": one}, expected=[one.reshape(())])
    case("expand", "expand %x {shape=[2, 1, 4]}", tensors={"x": (e := real(3, 1))}, expected=[np.broadcast_to(e, (2, 3, 4))])
    case("tile", "tile %x {repeats=[2, 1, 3]}", tensors={"x": x}, expected=[np.tile(x, (2, 1, 3))])
    case("concat", "concat %a, %b, %c {axis=1}", "Concat", {"a": real(2, 1, 3), "b": real(2, 2, 3), "c": real(2, 3, 3)}, axis=1)
    case("concat_last", "concat %a, %b {axis=-1}", "Concat", {"a": whole(2, 2), "b": whole(2, 3)}, axis=-1)
    y = real(4, 6)
    case("split", "split %x {axis=1, sizes=[1, 3, 2]}", tensors={"x": y}, expected=list(np.split(y, [1, 4], axis=1)))
    for name, ours, python in [
        ("plain", "starts=[1, 0], ends=[3, 4], axes=[0, 1]", np.s_[1:3, 0:4]),
        ("steps", "starts=[0, 1], ends=[4, 6], axes=[0, 1], steps=[2, 3]", np.s_[0:4:2, 1:6:3]),
        ("negative", "starts=[-3], ends=[-1], axes=[-1]", np.s_[:, -3:-1]),
        ("reverse", "starts=[-1], ends=[-9223372036854775808], axes=[1], steps=[-2]", np.s_[:, ::-2]),
        ("reverse_all", "starts=[9223372036854775807], ends=[-100], axes=[0], steps=[-1]", np.s_[::-1]),
        ("beyond", "starts=[2], ends=[9223372036854775807], axes=[0]", np.s_[2:]),
    ]:
        case(f"slice_{name}", f"slice %x {{{ours}}}", tensors={"x": y}, expected=[y[python]])
    pad_input = real(3, 4)
    for mode, numpy_mode in [("constant", "constant"), ("edge", "edge"), ("reflect", "reflect"), ("wrap", "wrap")]:
        case(f"pad_{mode}", f'pad %x {{pads=[1, 2, 2, 3], mode="{mode}"}}', tensors={"x": pad_input},
             expected=[np.pad(pad_input, ((1, 2), (2, 3)), numpy_mode)])
    case("pad_value", "pad %x, %v {pads=[0, 1, 1, 0]}", tensors={"x": pad_input, "v": np.array(7.5, np.float32)},
         expected=[np.pad(pad_input, ((0, 1), (1, 0)), constant_values=7.5)])
    case("pad_negative", "pad %x {pads=[-1, 1, 0, -2]}", tensors={"x": pad_input}, expected=[np.pad(pad_input, ((0, 0), (1, 0)))[1:, :-2]])
    for mode in ("DCR", "CRD"):
        case(f"depth_to_space_{mode}", f'depth_to_space %x {{blocksize=2, mode="{mode}"}}', "DepthToSpace", {"x": real(1, 8, 2, 3)},
             blocksize=2, mode=mode)
    case("space_to_depth", "space_to_depth %x {blocksize=2}", "SpaceToDepth", {"x": real(1, 2, 4, 6)}, blocksize=2)
    for upper, k in [(1, 0), (1, 1), (0, 0), (0, -1), (1, -2)]:
        t = real(2, 3, 4)
        case(f"trilu_{upper}_{str(k).replace('-', 'minus')}", f"trilu %x {{upper={upper}, k={k}}}", tensors={"x": t},
             expected=[np.triu(t, k) if upper else np.tril(t, k)])


def gathers():
    x = real(5, 3, 4)
    indices = np.array([[0, 4], [-1, 2]], np.int64)
    case("gather", "gather %x, %i", "Gather", {"x": x, "i": indices})
    case("gather_axis", "gather %x, %i {axis=1}", "Gather", {"x": x, "i": np.array([2, -3], np.int32)}, axis=1)
    case("gather_scalar", "gather %x, %i {axis=-1}", "Gather", {"x": x, "i": np.array(-2, np.int64)}, axis=-1)
    case("gather_constant", "gather %x, %i", "Gather", {"x": x, "i": Const(np.array([1, -1, 3], np.int64))})
    case("gather_elements", "gather_elements %x, %i {axis=1}", "GatherElements",
         {"x": real(3, 3), "i": np.array([[1, 0], [2, -1], [-3, 1]], np.int64)}, axis=1)
    case("gather_nd", "gather_nd %x, %i", "GatherND", {"x": x, "i": np.array([[[0, 1]], [[-1, 2]]], np.int64)})
    case("gather_nd_full", "gather_nd %x, %i", "GatherND", {"x": real(3, 3), "i": np.array([[0, 1], [2, -3]], np.int64)})
    case("gather_nd_batch", "gather_nd %x, %i {batch_dims=1}", "GatherND", {"x": real(2, 3, 4), "i": np.array([[1], [-1]], np.int64)}, batch_dims=1)


def generated():
    i = lambda v: Const(np.array(v, np.int64))
    case("range", "range %a, %b, %c", tensors={"a": i(2), "b": i(11), "c": i(3)}, expected=[np.arange(2, 11, 3)])
    case("range_down", "range %a, %b, %c", tensors={"a": i(5), "b": i(-3), "c": i(-2)}, expected=[np.arange(5, -3, -2)])
    f = lambda v: Const(np.array(v, np.float32))
    case("range_f32", "range %a, %b, %c", tensors={"a": f(0.5), "b": f(2.1), "c": f(0.5)}, expected=[np.arange(0.5, 2.1, 0.5, np.float32)])
    # Symbolic sizes: the text names the symbols, the expected results are for one size.
    n = {"n": (3, 1, 8)}
    write_case("elements_symbolic", ["%y0 = elements {values=[n, n*2 + 1, 7], shape=[3]} : i64[3]"], {"x": real(3)},
               [np.array([3, 7, 7], np.int64)], n, {"x": "f32[n]"})
    write_case("range_symbolic",
               ["%e = elements {values=[n], shape=[]} : i64[]", "%y0 = range %zero, %e, %one : i64[n]"],
               {"x": real(3), "zero": i(0), "one": i(1)}, [np.arange(3)], n, {"x": "f32[n]"})
    v = real(3, 8)
    write_case("softmax_symbolic", ["%s = softmax %x : f32[n, 8]", "%y0 = reshape %s {shape=[n, 2, -1]} : f32[n, 2, 4]"], {"x": v},
               [(np.exp(v) / np.exp(v).sum(-1, keepdims=True)).reshape(3, 2, 4)], n, {"x": "f32[n, 8]"})
    m = real(3, 5)
    write_case("axis_named_like_symbol", ["%y0 = matmul %x, %w : f32[n, 2]"], {"x": m, "w": Const(w := real(5, 2))}, [m @ w], n, {"x": "f32[n, 5]"})
    # The slice is clamped at a size that only the run knows.
    s = real(3, 4)
    write_case("slice_symbolic", ["%y0 = slice %x {starts=[1], ends=[2], axes=[0]} : f32[min(n, 2) - 1, 4]"], {"x": s}, [s[1:2]],
               {"n": (3, 1, 8)}, {"x": "f32[n, 4]"})


def recurrent():
    steps, batch, size, hidden = 4, 2, 3, 5

    def layer(name, op, gates, directions=1, text="", states=(), bias=True, layout=0, results=None, **attributes):
        small = lambda *shape: (real(*shape) / 4).astype(np.float32)
        x = real(batch, steps, size) if layout else real(steps, batch, size)
        tensors = {"x": x, "w": small(directions, gates * hidden, size), "r": small(directions, gates * hidden, hidden)}
        ours, theirs = ["%x", "%w", "%r"], ["x", "w", "r"]
        if bias:
            tensors["b"] = small(directions, 2 * gates * hidden)
        ours.append("%b" if bias else "_")
        theirs.append("b" if bias else "")
        for state in states:
            shape = (batch, directions, hidden) if layout else (directions, batch, hidden)
            tensors[state] = small(*shape)
        if states:
            ours += ["_"] + ["%" + s for s in states]
            theirs += [""] + list(states)
        while ours[-1] == "_":
            ours.pop()
        count = 3 if op == "LSTM" else 2
        if layout:
            # ONNX Runtime refuses layout 1; the same layer with the axes swapped is the reference.
            swapped = {n: np.ascontiguousarray(np.swapaxes(t, 0, 1)) if n in ("x",) + tuple(states) else t for n, t in tensors.items()}
            found = run_onnx(op, swapped, count, theirs, hidden_size=hidden, **attributes)
            expected = [np.ascontiguousarray(found[0].transpose(2, 0, 1, 3))] + [np.ascontiguousarray(np.swapaxes(f, 0, 1)) for f in found[1:]]
        else:
            expected = run_onnx(op, tensors, count, theirs, hidden_size=hidden, **attributes)
        case(name, f"{op.lower()} {', '.join(ours)}{text}", tensors=tensors, expected=expected)

    layer("lstm", "LSTM", 4)
    layer("lstm_states", "LSTM", 4, states=("h", "c"))
    layer("lstm_reverse", "LSTM", 4, text=' {direction="reverse"}', direction="reverse", bias=False)
    layer("lstm_bidirectional", "LSTM", 4, 2, ' {direction="bidirectional"}', ("h", "c"), direction="bidirectional")
    layer("lstm_layout", "LSTM", 4, 2, ' {direction="bidirectional", layout=1}', ("h", "c"), layout=1, direction="bidirectional")
    layer("lstm_options", "LSTM", 4, text=' {activations="HardSigmoid,Relu,Softsign", activation_alpha=[0.3], activation_beta=[0.4], clip=1.5}',
          activations=["HardSigmoid", "Relu", "Softsign"], activation_alpha=[0.3], activation_beta=[0.4], clip=1.5)
    layer("gru", "GRU", 3)
    layer("gru_states", "GRU", 3, states=("h",))
    layer("gru_linear", "GRU", 3, text=" {linear_before_reset=1}", states=("h",), linear_before_reset=1)
    layer("gru_no_bias", "GRU", 3, text=' {linear_before_reset=1, direction="reverse"}', bias=False, linear_before_reset=1, direction="reverse")
    layer("gru_bidirectional", "GRU", 3, 2, ' {direction="bidirectional"}', direction="bidirectional")
    layer("gru_layout", "GRU", 3, text=" {layout=1}", states=("h",), layout=1)
    layer("rnn", "RNN", 1)
    layer("rnn_bidirectional", "RNN", 1, 2, ' {direction="bidirectional", activations="Relu,Tanh"}', ("h",), direction="bidirectional",
          activations=["Relu", "Tanh"])


def main():
    for family in (elementwise, binary, casts, reductions, norms, products, convolutions, pools, movement, gathers, generated, recurrent):
        family()
    path = pathlib.Path(__file__).with_name("operator_cases.txt")
    path.write_text("# Written by make_operator_cases.py.\n\n" + "\n".join(lines))
    print(sum(line.startswith("case ") for line in lines), "cases in", path)


if __name__ == "__main__":
    main()
