"""Tenon against ONNX Runtime on one thread: processes take turns, medians, one line a model.

    compare_ort.py kws resnet18          names of tests/models, or paths of .onnx files
    ->  model               tenon ms    onnxruntime ms   ratio
        kws                    0.102             0.117    0.87

A round times both, one process after the other, on one core (`taskset -c 0`), so that both meet
the same state of a shared machine. A ratio is a median over rounds of Tenon's median time, divided
by ONNX Runtime's; under 1 Tenon is faster. Dimensions come from tests/models/models.json.
"""
import json
import pathlib
import statistics
import sys
import tempfile

import numpy as np

FOLDER = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parent / "tests" / "tools"))
import check_model  # noqa: E402
import harness  # noqa: E402


def timed(command, core):
    process = harness.run(["taskset", "-c", core, *command])
    failure = harness.failure_of(process)
    if failure:
        raise SystemExit(failure)
    return json.loads(process.stdout)


def compare(path, tenon, rounds=3, seconds=2.0, core=0, threads=1):
    """All measurements of a model: {"tenon": [object per round], "onnxruntime": [...]}."""
    entry = check_model.catalog_entry(path.stem)
    dims = [word for name, bound in entry.get("bounds", {}).items()
            for word in ("--dim", f"{name}={bound}")]
    results = {"tenon": [], "onnxruntime": []}
    with tempfile.TemporaryDirectory() as folder:
        inputs = f"{folder}/in.npz"
        np.savez(inputs, **harness.fill.make_inputs(path, {}))
        timing = ["--threads", threads, "--seconds", seconds]
        for _ in range(rounds):
            results["tenon"].append(timed(
                [tenon, "bench", path, "--inputs", inputs, *dims, *timing, "--json"], core))
            results["onnxruntime"].append(timed(
                [sys.executable, FOLDER / "ort_bench.py", path, inputs, *timing], core))
    return results


def median_ms(rounds):
    return statistics.median(result["median_ms"] for result in rounds)


def main():
    parser = harness.argument_parser(__doc__)
    parser.add_argument("model", nargs="+")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=2, help="per process and round")
    parser.add_argument("--core", default="0", help="as taskset wants it (default: 0)")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--limit", type=float, help="exit 1 where a ratio is above it")
    options = parser.parse_args()
    print(f"{'model':20}{'tenon ms':>12}{'onnxruntime ms':>18}{'ratio':>8}")
    worst = 0.0
    for model in options.model:
        path = harness.filled(model, options.models)
        results = compare(path, options.tenon, options.rounds, options.seconds, options.core,
                          options.threads)
        ours, theirs = median_ms(results["tenon"]), median_ms(results["onnxruntime"])
        worst = max(worst, ours / theirs)
        print(f"{path.stem:20}{ours:12.3f}{theirs:18.3f}{ours / theirs:8.2f}", flush=True)
    return 1 if options.limit and worst > options.limit else 0


if __name__ == "__main__":
    sys.exit(main())
