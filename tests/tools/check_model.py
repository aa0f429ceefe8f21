"""Compiles and runs models and compares their outputs with ONNX Runtime's.

    check_model.py kws bert_base_dynamic           names of tests/models, or paths of .onnx files
    check_model.py bert_mini batch=1..4 seq=1..64 --at batch=1,3 --at seq=7,64
    check_model.py kws -- --target x86-64-v4       what follows -- goes to `tenon run`

A range bounds a symbolic dimension, a number fixes it. Each combination of --at is one case; the
sizes come with the inputs. Without dims, models.json says them. A case passes where the largest
difference is under LIMIT of the output's largest magnitude. On a processor without the instructions
of the target nothing runs: exit status 77.
"""
import itertools
import json
import sys
import tempfile

import numpy as np

import harness
import reference

LIMIT = 5e-5


def catalog_entry(model):
    return json.loads((harness.MODELS / "models.json").read_text()).get(model, {})


def dimensions_of(path, dims, at):
    """The --dim arguments for `tenon run`, and the sizes of every case as a list of dicts."""
    entry = catalog_entry(path.stem)
    bounds = dict(dim.split("=") for dim in dims) or entry.get("bounds", {})
    sizes = {name: [int(v) for v in values.split(",")]
             for name, values in (word.split("=") for word in at)}
    if not sizes and not dims:
        sizes = entry.get("check_at", {name: [v] for name, v in entry.get("dims", {}).items()})
    for name, bound in bounds.items():
        sizes.setdefault(name, [int(bound.split("..")[-1])])
    cases = [dict(zip(sizes, values)) for values in itertools.product(*sizes.values())]
    return [word for name, bound in bounds.items() for word in ("--dim", f"{name}={bound}")], cases


def run_tenon(tenon, path, inputs, dim_arguments=(), extra=()):
    """What is wrong (or None), and {output name: array}."""
    with tempfile.TemporaryDirectory() as folder:
        np.savez(f"{folder}/in.npz", **inputs)
        process = harness.run([tenon, "run", path, "--inputs", f"{folder}/in.npz",
                               "--outputs", f"{folder}/out.npz", *dim_arguments, *extra])
        failure = harness.failure_of(process)
        if failure:
            return failure, {}
        with np.load(f"{folder}/out.npz") as outputs:
            return None, {name: outputs[name] for name in outputs.files}


def check(tenon, path, dim_arguments, sizes, extra):
    """What is wrong (or None), and the difference."""
    inputs = harness.fill.make_inputs(path, sizes)
    failure, outputs = run_tenon(tenon, path, inputs, dim_arguments, extra)
    if failure:
        return failure, np.inf
    found = reference.compare(outputs, reference.reference(path, inputs))
    return (None if found < LIMIT else f"differs by {found:.1e}, the limit is {LIMIT:.0e}"), found


def main():
    arguments = sys.argv[1:]
    split = arguments.index("--") if "--" in arguments else len(arguments)
    parser = harness.argument_parser(__doc__)
    parser.add_argument("words", nargs="+", metavar="MODEL|DIM=BOUND")
    parser.add_argument("--at", action="append", default=[], metavar="DIM=SIZE,SIZE")
    options = parser.parse_args(arguments[:split])
    extra = arguments[split + 1:]
    if "--target" in extra and not harness.processor_runs(extra[extra.index("--target") + 1]):
        print("this processor does not run code for the target")
        return harness.SKIPPED
    dims = [word for word in options.words if "=" in word]
    report = harness.Report()
    for model in (word for word in options.words if "=" not in word):
        path = harness.filled(model, options.models)
        dim_arguments, cases = dimensions_of(path, dims, options.at)
        for sizes in cases:
            name = " ".join([path.stem] + [f"{key}={value}" for key, value in sizes.items()])
            failure, found = check(options.tenon, path, dim_arguments, sizes, extra)
            report.case(name, failure, f"difference {found:.1e}")
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
