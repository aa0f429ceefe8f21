"""Writes docs/models.md: what each model costs and how right it is, measured here and now.

    models_table.py                  ->  docs/models.md with a row for each of MODELS
    models_table.py kws --output -   ->  that row on stdout

Difference: the worst case of tests/tools/check_model.py. Time: bench/compare_ort.py. The rest: the
JSON of `tenon bench`, at the same sizes.
"""
import pathlib
import statistics
import sys

FOLDER = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parent / "tests" / "tools"))
import check_model  # noqa: E402
import harness  # noqa: E402
import compare_ort  # noqa: E402

MODELS = [str(harness.ROOT / "examples" / "digits" / "digits.onnx"), "kws", "squeezenet1_1", "resnet18", "mobilenet_v2", "bert_base_dynamic", "speech_rnn"]

HEAD = """\
# Models: right, and how fast

Written by `bench/models_table.py` on: {machine} (`--target native`, one thread, {rounds} rounds of
{seconds:g} s).

- difference: the largest against ONNX Runtime without graph optimisations, over the output's
  largest magnitude; for symbolic dimensions the worst of the sizes in `tests/models/models.json`
- time: medians, Tenon's and ONNX Runtime's (ORT) processes taking turns on one core; ratio under 1:
  Tenon is faster
- arena: what a run needs on one thread, against the largest sum of buffers that live at once

| model | difference | ms | ORT ms | ratio | compile s | peak MiB | arena KiB (bound) | weights KiB | code KiB |
|---|---|---|---|---|---|---|---|---|---|
"""


def machine():
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return "an unnamed processor"


def worst_difference(path, tenon):
    dim_arguments, cases = check_model.dimensions_of(path, [], [])
    worst = 0.0
    for sizes in cases:
        failure, found = check_model.check(tenon, path, dim_arguments, sizes, [])
        if failure:
            print(f"{path.stem} {sizes}: {failure}", file=sys.stderr)
        worst = max(worst, found)
    return worst


def row(path, options):
    difference = worst_difference(path, options.tenon)
    results = compare_ort.compare(path, options.tenon, options.rounds, options.seconds)
    ours = compare_ort.median_ms(results["tenon"])
    theirs = compare_ort.median_ms(results["onnxruntime"])
    middle = {key: statistics.median(result[key] for result in results["tenon"]) for key in (
        "compile_s", "compile_peak_rss_mb", "arena_bytes", "arena_lower_bound_bytes",
        "weights_bytes", "code_bytes")}
    kib = {key: f"{value / 1024:,.0f}" for key, value in middle.items() if key.endswith("bytes")}
    cells = [path.stem, f"{difference:.1e}", f"{ours:.3f}", f"{theirs:.3f}", f"{ours / theirs:.2f}",
             f"{middle['compile_s']:.1f}", f"{middle['compile_peak_rss_mb']:.0f}",
             f"{kib['arena_bytes']} ({kib['arena_lower_bound_bytes']})", kib["weights_bytes"],
             kib["code_bytes"]]
    return "| " + " | ".join(cells) + " |\n"


def main():
    parser = harness.argument_parser(__doc__)
    parser.add_argument("model", nargs="*", default=MODELS)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=2, help="per process and round")
    parser.add_argument("--output", default=str(harness.ROOT / "docs" / "models.md"))
    options = parser.parse_args()
    text = HEAD.format(rounds=options.rounds, seconds=options.seconds, machine=machine())
    for model in options.model:
        line = row(harness.filled(model, options.models), options)
        print(line, end="", file=sys.stderr)
        text += line
    if options.output == "-":
        print(text, end="")
    else:
        pathlib.Path(options.output).write_text(text)


if __name__ == "__main__":
    main()
