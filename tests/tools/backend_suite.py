"""The node cases of ONNX's own backend suite: each is right, or refused as the list says.

    backend_suite.py                        ->  "1311 right, 569 refused as listed", and the counts
    backend_suite.py abs bitshift_left_u*   these cases, with what the compiler says of each
    backend_suite.py --bless                writes backend_refusals.txt anew, to be read before use
    backend_suite.py -- --backend interpreter     what follows -- goes to `tenon verify`

backend_refusals.txt holds lines of the form

    this operator is not supported
      string_concat string_split_basic        (the names of cases, without their "test_")

A case passes where its outputs agree within the suite's tolerances (two units in the last place of
16-bit floats, whose results round at each node), or where it is on the list and
is refused for that reason, in a message for users. A case that could be right and is on the list
fails like one that is wrong. The suite feeds axes, shapes and the like as inputs of the run; a case
that is refused for this runs again with its small integer inputs as initializers.
"""
import collections
import concurrent.futures
import fnmatch
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import textwrap
import warnings

import numpy as np
import onnx
from onnx import numpy_helper

import harness

REFUSALS = pathlib.Path(__file__).resolve().parent / "backend_refusals.txt"
SECONDS = 300
SMALL = 64  # elements
FIRST_ERROR = re.compile(r"^tenon: error: (?:\S+: )?(?:(?:node|kernel|input|output) .*?: )?(?P<text>.*)$",
                         re.MULTILINE)
# Of the types of an output; other types have the case's own.
TOLERANCES = {onnx.TensorProto.BFLOAT16: 2**-6, onnx.TensorProto.FLOAT16: 2**-9}
# Not compared: signed shifts to the right by a negative number or by the width and more. Integers
# give 0 there on every backend; the suite wants the sign.
OTHER_SHIFTS = {f"bitshift_right_{kind}_{shift}" for kind in ("int8", "int32")
                for shift in ("shift_ge_width", "negative_shift")}
RUN_TIME = re.compile(r"at run time|one constant number")


def collect():
    """The suite makes its models and data as it goes, with numpy's warnings about both."""
    warnings.simplefilter("ignore")
    from onnx.backend.test.case import node
    cases = {case.name.removeprefix("test_"): case for case in node.collect_testcases(None)}
    return {name: case for name, case in cases.items() if name not in OTHER_SHIFTS}


def read_refusals():
    """{case: the reason it is refused for}."""
    refusals, reason = {}, None
    for line in REFUSALS.read_text().splitlines():
        if line.startswith("  "):
            refusals.update((name, reason) for name in line.split())
        elif line and not line.startswith("#"):
            reason = line
    return refusals


def write_refusals(refusals):
    names = collections.defaultdict(list)
    for name, reason in refusals.items():
        names[reason].append(name)
    lines = ["# The cases that backend_suite.py expects to be refused, by the reason; --bless."]
    for reason, cases in sorted(names.items()):
        lines += ["", reason] + textwrap.wrap(" ".join(sorted(cases)), 100, initial_indent="  ",
                                              subsequent_indent="  ", break_on_hyphens=False)
    REFUSALS.write_text("\n".join(lines) + "\n")


def reason_of(said):
    """The first error without its place, names and details: the same for like cases."""
    text = FIRST_ERROR.search(said)["text"]
    text = re.sub(r" \([^)]*\)", "", re.sub(r'"[^"]*"', '"..."', text))
    return re.split(r"[,:]", text)[0]


def tensors_of(values, declared):
    """(index, tensor with its name): what is no tensor has no file, its model is refused."""
    for i, (value, info) in enumerate(zip(values, declared)):
        if value is None or isinstance(value, list):
            continue
        tensor = onnx.TensorProto()
        tensor.CopyFrom(value if isinstance(value, onnx.TensorProto)
                        else numpy_helper.from_array(np.asarray(value)))
        tensor.name = info.name
        yield i, tensor


def is_small_integer(tensor):
    count = int(np.prod(tensor.dims))
    return tensor.data_type in (onnx.TensorProto.INT32, onnx.TensorProto.INT64,
                                onnx.TensorProto.BOOL) and len(tensor.dims) < 2 and count <= SMALL


def write_case(case, folder, constant):
    """The model and its data as `--data` reads them; constant: small integer inputs held fixed."""
    model = onnx.ModelProto()
    model.CopyFrom(case.model)
    [(inputs, outputs)] = case.data_sets
    tensors = [tensor for _, tensor in tensors_of(inputs, model.graph.input)]
    fixed = [tensor for tensor in tensors if constant and is_small_integer(tensor)]
    names = {tensor.name for tensor in fixed}
    model.graph.initializer.extend(fixed)
    free = [info for info in model.graph.input if info.name not in names]
    del model.graph.input[:]
    model.graph.input.extend(free)
    for i, tensor in enumerate(tensor for tensor in tensors if tensor.name not in names):
        (folder / f"input_{i}.pb").write_bytes(tensor.SerializeToString())
    for i, tensor in tensors_of(outputs, model.graph.output):
        (folder / f"output_{i}.pb").write_bytes(tensor.SerializeToString())
    (folder / "model.onnx").write_bytes(model.SerializeToString())


def verify(tenon, case, extra, constant=False):
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        write_case(case, folder, constant)
        rtol = max([case.rtol] + [TOLERANCES.get(output.type.tensor_type.elem_type, 0)
                                  for output in case.model.graph.output])
        return harness.run([tenon, "verify", folder / "model.onnx", "--data", folder, "--rtol",
                            rtol, "--atol", case.atol, *extra], timeout=SECONDS)


def outcome_of(tenon, case, extra):
    """("right" | "refused" | "wrong", the reason or what is wrong, all that was said)."""
    try:
        process = verify(tenon, case, extra)
        if process.returncode == 1 and RUN_TIME.search(process.stderr):
            process = verify(tenon, case, extra, constant=True)
    except subprocess.TimeoutExpired:
        return "wrong", f"still running after {SECONDS} s", ""
    said = process.stdout + process.stderr
    if process.returncode == 0:
        return "right", None, said
    if process.returncode != 1 or harness.NOT_FOR_USERS.search(said):
        return "wrong", harness.failure_of(process), said
    if not FIRST_ERROR.search(process.stderr):
        return "wrong", said, said
    return "refused", reason_of(process.stderr), said


def what_is_wrong(outcome, reason, expected):
    """None, or why a case fails; expected: the reason on the list, or None."""
    if outcome == "wrong":
        return reason
    if outcome == "right":
        return expected and f"it is right, and the list says refused: {expected}"
    if expected is None:
        return f"refused, and not on the list: {reason}"
    return None if reason == expected else f"refused: {reason}; the list says: {expected}"


def main():
    arguments = sys.argv[1:]
    split = arguments.index("--") if "--" in arguments else len(arguments)
    parser = harness.argument_parser(__doc__)
    parser.add_argument("pattern", nargs="*", help="default: all cases")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--bless", action="store_true")
    options = parser.parse_args(arguments[:split])
    cases, refusals = collect(), read_refusals()
    chosen = [name for name in cases if not options.pattern or
              any(fnmatch.fnmatchcase(name, pattern) for pattern in options.pattern)]
    report, tally, found = harness.Report(), collections.Counter(), {}
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as workers:
        outcomes = workers.map(
            lambda name: outcome_of(options.tenon, cases[name], arguments[split + 1:]), chosen)
        for name, (outcome, reason, said) in zip(chosen, outcomes):
            tally[outcome] += 1
            if outcome == "refused":
                found[name] = reason
            if options.pattern:
                print(said, end="")
            report.case(name, what_is_wrong(outcome, reason, refusals.get(name)),
                        quiet=not options.pattern)
    if options.bless and not options.pattern:
        write_refusals(found)
    elif unknown := sorted(set(refusals) - set(cases)):
        report.case("the list", "no such cases: " + " ".join(unknown))
    print(f"{tally['right']} right, {tally['refused']} refused as listed, {tally['wrong']} wrong"
          if not report.failed else dict(tally))
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
