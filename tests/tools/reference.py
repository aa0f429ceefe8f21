"""The reference for whole models: ONNX Runtime with its graph optimisations off, and the measure.

    reference.py MODEL.onnx IN.npz OUT.npz         IN: {input: array}  ->  OUT: {output: array}
    compare({"y": [1.0, 2.0]}, {"y": [1.0, 2.5]})  ->  0.2, the difference 0.5 over the size 2.5

Names in .npz files are the ONNX names. Optimisations are off so that the reference computes what
the file says, node by node. Needs onnxruntime and numpy.
"""
import sys

import numpy as np
import onnxruntime


def reference(model_path, inputs):
    """{output name: array} of the model, computed by ONNX Runtime."""
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(str(model_path), options,
                                           providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(names, dict(inputs))))


def difference(output, expected):
    """The largest difference over the largest magnitude of the expected values; inf: not alike."""
    output, expected = np.asarray(output), np.asarray(expected)
    if output.shape != expected.shape or output.dtype != expected.dtype:
        return np.inf
    if expected.size == 0:
        return 0.0
    if expected.dtype == np.bool_:
        return float((output != expected).any())
    wide = np.float64 if np.issubdtype(expected.dtype, np.floating) else object
    output, expected = output.astype(wide), expected.astype(wide)
    if wide is np.float64:
        finite = np.isfinite(expected)
        # What is not finite has no size to measure by: it must be the same.
        if not np.array_equal(output[~finite], expected[~finite], equal_nan=True):
            return np.inf
        output, expected = output[finite], expected[finite]
        if not np.isfinite(output).all():
            return np.inf
        if expected.size == 0:
            return 0.0
    largest = float(abs(output - expected).max())
    size = float(abs(expected).max())
    return largest / size if size else (0.0 if largest == 0 else np.inf)


def compare(outputs, expected):
    """The largest difference() over all outputs; inf if the names are not the same."""
    if set(outputs) != set(expected):
        return np.inf
    return max((difference(outputs[name], expected[name]) for name in expected), default=0.0)


def main(model_path, inputs_path, outputs_path):
    with np.load(inputs_path) as inputs:
        np.savez(outputs_path, **reference(model_path, inputs))


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main(*sys.argv[1:])
