"""What the build log says of memory: the plan of the arena, its lower bound, and how far apart.

    check_arena.py                  ->  "ok      kws  38.9 KiB of buffers, lower bound 38.9 KiB" ...
    check_arena.py resnet18 my.onnx

The log of `tenon compile` has a line "arena    40.1 KiB, 38.9 KiB of it buffers (lower bound
38.9 KiB)". A model passes where the buffers are at least the bound, which is what is alive at once,
and at most SLACK times the bound and a page.
"""
import pathlib
import re
import sys
import tempfile

import check_model
import harness

MODELS = ["kws", "squeezenet1_1", "resnet18", "mobilenet_v2", "bert_mini", "bert_base_dynamic",
          "speech_rnn", str(harness.ROOT / "examples" / "digits" / "digits.onnx")]
SLACK = 1.02
PAGE = 4096
SIZE = r"([0-9.]+) (B|KiB|MiB)"
ARENA = re.compile(rf"^  arena +{SIZE}, {SIZE} of it buffers \(lower bound {SIZE}\)$", re.MULTILINE)
UNITS = {"B": 1, "KiB": 2**10, "MiB": 2**20}


def sizes_in(log):
    """(whole arena, its buffers, lower bound) in bytes, or None where the log does not say."""
    match = ARENA.search(log)
    if not match:
        return None
    words = match.groups()
    return [float(words[i]) * UNITS[words[i + 1]] for i in (0, 2, 4)]


def what_is_wrong(sizes):
    """None, or why the plan fails. Numbers in the log are rounded to a tenth of their unit."""
    if sizes is None:
        return "the log does not print the arena's plan and its lower bound"
    arena, buffers, bound = sizes
    if not arena >= buffers >= bound * 0.999 - 64:
        return f"an arena of {arena:.0f}, buffers of {buffers:.0f} and a bound of {bound:.0f} bytes"
    if buffers > SLACK * bound + PAGE:
        return f"{buffers:.0f} bytes are {buffers / bound:.3f} of the bound; the limit is {SLACK}"
    return None


def check(report, tenon, path):
    dimensions, _ = check_model.dimensions_of(path, [], [])
    with tempfile.TemporaryDirectory() as folder:
        process = harness.run([tenon, "compile", path, "-o", pathlib.Path(folder, "out"),
                               *dimensions])
    failure = harness.failure_of(process)
    sizes = sizes_in(process.stdout)
    note = f"{sizes[1] / 1024:.1f} KiB of buffers, lower bound {sizes[2] / 1024:.1f} KiB" \
        if sizes else ""
    report.case(path.stem, failure or what_is_wrong(sizes), note)


def main():
    parser = harness.argument_parser(__doc__)
    parser.add_argument("model", nargs="*", default=MODELS)
    options = parser.parse_args()
    report = harness.Report()
    for model in options.model:
        check(report, options.tenon, harness.filled(model, options.models))
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
