"""Times ONNX Runtime on a model as `tenon bench --json` times Tenon: one JSON object on stdout.

    ort_bench.py MODEL.onnx IN.npz --threads 1 --seconds 2
    ->  {"model": "kws", "threads": 1, "min_ms": 0.21, "median_ms": 0.22, "runs": 8912, ...}

All graph optimisations are on. Inputs and outputs are bound before the clock starts, so that what
is timed is the model and not the copying of arrays. Needs onnxruntime and numpy.
"""
import argparse
import json
import pathlib
import statistics
import time

import numpy as np
import onnxruntime

WARM_UP_RUNS = 3


def session_for(path, threads):
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def bound(session, inputs):
    """Inputs in place, and an output buffer for each output, made by a first run."""
    binding = session.io_binding()
    for name, value in inputs.items():
        binding.bind_ortvalue_input(name, onnxruntime.OrtValue.ortvalue_from_numpy(value))
    names = [output.name for output in session.get_outputs()]
    for name, value in zip(names, session.run(names, inputs)):
        binding.bind_ortvalue_output(name, onnxruntime.OrtValue.ortvalue_from_numpy(value))
    return binding


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=pathlib.Path)
    parser.add_argument("inputs", type=pathlib.Path)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=2)
    options = parser.parse_args()
    begin = time.perf_counter()
    session = session_for(options.model, options.threads)
    load_s = time.perf_counter() - begin
    with np.load(options.inputs) as inputs:
        binding = bound(session, {name: inputs[name] for name in inputs.files})
    for _ in range(WARM_UP_RUNS):
        session.run_with_iobinding(binding)
    times = []
    end = time.perf_counter() + options.seconds
    while not times or time.perf_counter() < end:
        begin = time.perf_counter()
        session.run_with_iobinding(binding)
        times.append((time.perf_counter() - begin) * 1e3)
    print(json.dumps({"model": options.model.stem, "threads": options.threads, "min_ms": min(times),
                      "median_ms": statistics.median(times), "runs": len(times), "load_s": load_s}))


if __name__ == "__main__":
    main()
