"""Gives the model skeletons of this folder their weights, and any model its inputs.

    fill.py fill DIR [NAME...]              kws  ->  DIR/kws.onnx, DIR/kws.weights; no name: all
    fill.py inputs OUT.npz MODEL [D=V...]   MODEL: a name of this folder, or a path; D: a dimension

A skeleton is an exporter's graph whose large tensors are external data that is not stored anywhere.
Each such tensor's doc_string holds its recipe, "seeded mean=M std=S seed=K [floor=F]":

    u(i)       = the i-th output of SplitMix64 (Steele, Lea and Flood 2014) started at K * GOLDEN
    t(i)       = the sum of the four 16-bit digits of u(i), shifted and scaled to mean 0, variance 1
    element(i) = max(F, M + S * t(i)), computed in f32, converted to the tensor's type

so the same bytes come out everywhere, in seconds. Models that are filled already are left alone.
Inputs are made in the same way, as models.json says. Needs onnx and numpy.
"""
import concurrent.futures
import json
import math
import os
import pathlib
import sys

import numpy as np
import onnx

FOLDER = pathlib.Path(__file__).resolve().parent
GOLDEN = 0x9E3779B97F4A7C15
INPUT_SEED = 1000  # of a model's first input; the next ones count up
BLOCK = 1 << 15  # elements made at a time: a block and its temporaries stay in the L2 cache


def splitmix64(seed, first, count):
    """Outputs first .. first + count of the stream of `seed`: u64[count]."""
    start = np.uint64((seed * GOLDEN + first + 1) % 2**64)
    with np.errstate(over="ignore"):
        z = np.arange(count, dtype=np.uint64)
        z += start
        z *= np.uint64(GOLDEN)
        z ^= z >> np.uint64(30)
        z *= np.uint64(0xBF58476D1CE4E5B9)
        z ^= z >> np.uint64(27)
        z *= np.uint64(0x94D049BB133111EB)
        z ^= z >> np.uint64(31)
    return z


def unit_values(seed, first, count):
    """Elements first .. first + count of the bell-shaped stream of `seed`: f32[count]."""
    z = splitmix64(seed, first, count)
    even_digits = np.uint64(0x0000FFFF0000FFFF)
    pairs = (z & even_digits) + ((z >> np.uint64(16)) & even_digits)
    total = (pairs & np.uint64(0xFFFFFFFF)) + (pairs >> np.uint64(32))
    centre, deviation = 2 * 65535.0, math.sqrt(4 * (65536.0**2 - 1) / 12)
    return ((total.astype(np.float64) - centre) / deviation).astype(np.float32)


# --- weights ---


def entries_of(tensor):
    return {entry.key: entry.value for entry in tensor.external_data}


def tensors_of(graph):
    """Initializers and tensor attributes of a graph and of its subgraphs."""
    yield from graph.initializer
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.HasField("t"):
                yield attribute.t
            yield from attribute.tensors
            for subgraph in [attribute.g] * attribute.HasField("g") + list(attribute.graphs):
                yield from tensors_of(subgraph)


def write_tensor(file_descriptor, tensor):
    recipe = dict(word.split("=") for word in tensor.doc_string.split()[1:])
    mean, std = np.float32(recipe["mean"]), np.float32(recipe["std"])
    floor = np.float32(recipe.get("floor", "-inf"))
    dtype = onnx.helper.tensor_dtype_to_np_dtype(tensor.data_type)
    offset, size = int(entries_of(tensor)["offset"]), math.prod(tensor.dims)
    for first in range(0, size, BLOCK):
        values = unit_values(int(recipe["seed"]), first, min(BLOCK, size - first))
        values *= std
        values += mean
        np.maximum(values, floor, out=values)
        if np.issubdtype(dtype, np.integer):
            limits = np.iinfo(dtype)
            values = np.clip(np.rint(values), limits.min, limits.max)
        os.pwrite(file_descriptor, values.astype(dtype).tobytes(), offset + first * dtype.itemsize)


def write_tensors(file_descriptor, tensors):
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as workers:
        list(workers.map(lambda tensor: write_tensor(file_descriptor, tensor), tensors))


def write_new(path, write):
    """A file gets its name when it is whole: an interrupted run leaves nothing half filled."""
    temporary = path.with_name(f"{path.name}.{os.getpid()}.part")
    descriptor = os.open(temporary, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o644)
    try:
        write(descriptor)
    finally:
        os.close(descriptor)
    temporary.rename(path)


def fill(name, folder):
    """Writes the model `name` with its weights to the folder, unless both are there."""
    skeleton = (FOLDER / f"{name}.onnx").read_bytes()
    model = onnx.load_model_from_string(skeleton)
    pending = [t for t in tensors_of(model.graph) if t.data_location == onnx.TensorProto.EXTERNAL]
    files = {}
    for tensor in pending:
        files.setdefault(entries_of(tensor)["location"], []).append(tensor)
    for location, tensors in files.items():
        ends = [int(e["offset"]) + int(e["length"]) for e in map(entries_of, tensors)]
        target = folder / location
        if target.exists() and target.stat().st_size == max(ends):
            continue
        write_new(target, lambda file: write_tensors(file, tensors))
    target = folder / f"{name}.onnx"
    if not target.exists() or target.read_bytes() != skeleton:
        write_new(target, lambda file: os.write(file, skeleton))


# --- inputs ---


def input_values(recipe, seed, dtype, count):
    """One input's elements; recipe is {"value": v}, {"below": n} (integers), or {}."""
    if "value" in recipe:
        return np.full(count, recipe["value"], dtype)
    if dtype == np.bool_:
        return np.ones(count, dtype)
    if np.issubdtype(dtype, np.integer):
        return (splitmix64(seed, 0, count) % np.uint64(recipe.get("below", 2))).astype(dtype)
    return unit_values(seed, 0, count).astype(dtype)


def make_inputs(path, given):
    """{name: array} for a model; symbolic dimensions from `given`, models.json, or else 1."""
    graph = onnx.load(path, load_external_data=False).graph
    catalog = json.loads((FOLDER / "models.json").read_text()).get(pathlib.Path(path).stem, {})
    sizes = catalog.get("dims", {}) | given
    initialized = {tensor.name for tensor in graph.initializer}
    inputs = {}
    for index, value in enumerate(v for v in graph.input if v.name not in initialized):
        tensor_type = value.type.tensor_type
        shape = [dim.dim_value if dim.HasField("dim_value") else sizes.get(dim.dim_param, 1)
                 for dim in tensor_type.shape.dim]
        dtype = onnx.helper.tensor_dtype_to_np_dtype(tensor_type.elem_type)
        recipe = catalog.get("inputs", {}).get(value.name, {})
        values = input_values(recipe, INPUT_SEED + index, dtype, math.prod(shape))
        inputs[value.name] = values.reshape(shape)
    return inputs


def parse_dims(words):
    return {name: int(value) for name, value in (word.split("=") for word in words)}


def main(command="", *arguments):
    if command == "fill" and arguments:
        folder = pathlib.Path(arguments[0])
        folder.mkdir(parents=True, exist_ok=True)
        for name in arguments[1:] or sorted(path.stem for path in FOLDER.glob("*.onnx")):
            fill(name, folder)
    elif command == "inputs" and len(arguments) >= 2:
        output, model, *dims = arguments
        path = model if model.endswith(".onnx") else FOLDER / f"{model}.onnx"
        np.savez(output, **make_inputs(path, parse_dims(dims)))
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main(*sys.argv[1:])
