"""Random graphs: compiled code and the interpreter give the same bits, and agree with ONNX Runtime.

    random_graphs.py --count 40        ->  "40 passed, 0 failed"
    random_graphs.py --seed 17         one graph again, its difference, kept as build/graphs/17.onnx
    random_graphs.py --first 1000 --count 500 -- --target x86-64-v2

Graphs are those of random_model.py, some with symbolic dimensions. A graph passes where every
output is within LIMIT of the reference, relative to the output's largest magnitude or to 1, and
where machine code and interpreter differ in nothing but the sign of a zero. Those that fail are
kept in build/graphs, with their inputs.
"""
import concurrent.futures
import os
import pathlib
import sys
import tempfile

import numpy as np
import onnx

import check_model
import harness
import random_model
import reference

LIMIT = 5e-5


def difference(outputs, expected):
    """As reference.compare, but small outputs are measured against 1: sums may cancel."""
    if set(outputs) != set(expected):
        return np.inf
    worst = 0.0
    for name, values in expected.items():
        found = reference.difference(outputs[name], values)
        size = float(abs(values).max()) if values.size else 0.0
        if found == np.inf and outputs[name].shape == values.shape and size == 0:
            found = float(abs(outputs[name]).max())
        worst = max(worst, found * min(size, 1.0) if 0 < size else found)
    return worst


def same_bits(outputs, others):
    return set(outputs) == set(others) and all(
        np.array_equal(outputs[name], others[name], equal_nan=True) for name in outputs)


def check(tenon, seed, folder, extra):
    """What is wrong (or None), and the difference to the reference."""
    graph = random_model.make(seed)
    path = folder / f"{seed}.onnx"
    onnx.save(graph.model, path)
    np.savez(folder / f"{seed}.npz", **graph.inputs)
    dims = [word for name, bound in graph.bounds.items() for word in ("--dim", f"{name}={bound}")]
    results = []
    for backend in "llvm", "interpreter":
        failure, outputs = check_model.run_tenon(tenon, path, graph.inputs, dims,
                                                 [*extra, "--backend", backend])
        if failure:
            return f"{backend}: {failure}", np.inf
        results.append(outputs)
    if not same_bits(*results):
        found = difference(*results)
        return f"machine code and interpreter differ by {found:.1e}", found
    found = difference(results[0], reference.reference(path, graph.inputs))
    return (None if found < LIMIT else f"differs by {found:.1e} from ONNX Runtime"), found


def check_in_folder(tenon, seed, keep, extra):
    """The same in a folder that goes away, unless the graph fails or is to be kept."""
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        failure, found = check(tenon, seed, folder, extra)
        if failure or keep:
            kept = harness.ROOT / "build" / "graphs"
            kept.mkdir(parents=True, exist_ok=True)
            for file in folder.iterdir():
                (kept / file.name).write_bytes(file.read_bytes())
    return failure, found


def main():
    arguments = sys.argv[1:]
    split = arguments.index("--") if "--" in arguments else len(arguments)
    parser = harness.argument_parser(__doc__)
    parser.add_argument("--count", type=int, default=40)
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--seed", type=int, help="only this one")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    options = parser.parse_args(arguments[:split])
    one = options.seed is not None
    seeds = [options.seed] if one else range(options.first, options.first + options.count)
    report, worst = harness.Report(), 0.0
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as workers:
        results = workers.map(lambda seed: check_in_folder(options.tenon, seed, one,
                                                           arguments[split + 1:]), seeds)
        for seed, (failure, found) in zip(seeds, results):
            worst = max(worst, 0 if failure else found)
            report.case(f"graph {seed}", failure, f"difference {found:.1e}", quiet=not one)
    print(f"largest difference of those that passed: {worst:.1e}")
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
