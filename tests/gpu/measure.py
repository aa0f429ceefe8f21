"""Models on this machine's GPU: compared with the reference, timed, and listed in docs/gpu.md.

    measure.py [--output FILE] [--seconds S] [MODEL...]   ->   a row of a table for each model

Exit status 0: all agree; 1: one does not; 77: this machine has no GPU that can be used.
"""
import ctypes
import json
import os
import pathlib
import re
import sys
from importlib import metadata

SOURCE = pathlib.Path(os.environ["TENON_SOURCE_DIR"])
DIGITS = SOURCE / "examples" / "digits" / "digits.onnx"
os.environ.setdefault("VIRTUAL_ENV", sys.prefix)  # where NVRTC may be installed
sys.path.insert(0, str(SOURCE / "tests" / "tools"))
import check_model  # noqa: E402
import harness  # noqa: E402

MODELS = ["digits", "kws", "squeezenet1_1", "mobilenet_v2", "resnet18", "resnet50", "speech_rnn",
          "bert_mini", "bert_base_dynamic"]


def device():
    """What the driver says of the first GPU, or None."""
    try:
        driver = ctypes.CDLL("libcuda.so.1")
    except OSError:
        return None
    name, number = ctypes.create_string_buffer(100), ctypes.c_int()
    if driver.cuInit(0) or driver.cuDeviceGet(ctypes.byref(number), 0):
        return None
    driver.cuDeviceGetName(name, 100, number)
    return name.value.decode()


def driver_version():
    """NVIDIA's own number of the driver, as in "580.65.06"."""
    try:
        text = pathlib.Path("/proc/driver/nvidia/version").read_text()
    except OSError:
        return "unknown"
    found = re.search(r"\b\d{3,}\.\d+(\.\d+)?\b", text)
    return found[0] if found else "unknown"


def measure(tenon, path, backend, seconds):
    """What is wrong (or None), the row of the table, and what `tenon bench` found."""
    model = path.stem
    dims, cases = check_model.dimensions_of(path, [], [])
    worst = 0.0
    for sizes in cases:
        wrong, difference = check_model.check(tenon, path, dims, sizes, ["--backend", backend])
        if wrong:
            return f"{model} {sizes}: {wrong}", None, None
        worst = max(worst, difference)
    at = [word for name, size in cases[-1].items() for word in ("--at", f"{name}={size}")]
    process = harness.run([tenon, "bench", path, *dims, *at, "--backend", backend, "--json",
                           "--seconds", str(seconds)])
    if process.returncode:
        return f"{model}: {process.stderr}", None, None
    found = json.loads(process.stdout)
    shown = " ".join(f"{name}={size}" for name, size in cases[-1].items()) or "-"
    row = (f"| {model} | {shown} | {worst:.1e} | {found['median_ms']:.3f} | "
           f"{found['min_ms']:.3f} | {found['launches']} | {found['compile_s']:.1f} | "
           f"{found['arena_bytes'] / 2**20:.1f} | {found['weights_bytes'] / 2**20:.1f} |")
    return None, row, found


def page(tenon, backend, found, rows, wrong):
    """docs/gpu.md: what ran on what, the table, and what went wrong."""
    lines = ["# Models on a GPU", "", "Written by `tests/gpu/run.sh`.", ""]
    if found:
        versions = harness.run([tenon, "--version"]).stdout.strip()
        lines += [f"- device: {found['device']}"]
        if backend == "cuda":
            lines += [f"- NVIDIA's driver: {driver_version()}"]
        lines += [f"- kernels: {found['kernel_compiler'] or 'by the host compiler, for the emulator'}",
                  f"- compiler: {versions}",
                  f"- reference: onnxruntime {metadata.version('onnxruntime')}", ""]
    lines += ["Each model is compared with the reference at every size (the greatest difference, relative "
              "to the output's", "largest magnitude), then timed at the last: one launch of a CUDA graph a "
              "run, by the host's clock until the device", "is done and its 8 bytes of result are copied, "
              "inputs already there. fp32, no tensor cores.", "",
              "| model | size | difference | median ms | best ms | launches | compile s | arena MiB "
              "| weights MiB |", "|---|---|---|---|---|---|---|---|---|", *rows]
    if wrong:
        lines += ["", "Not right:", "", *(f"- {text}" for text in wrong)]
    return "\n".join(lines) + "\n"


def main():
    parser = harness.argument_parser(__doc__)
    parser.add_argument("--output", default=str(SOURCE / "docs" / "gpu.md"))
    parser.add_argument("--backend", default="cuda",
                        help="cuda-emulator tries the script where there is no GPU")
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("names", nargs="*", metavar="MODEL")
    arguments = parser.parse_args()
    if arguments.backend == "cuda" and device() is None:
        print("no GPU: libcuda.so.1 is not there, or finds no device; nothing was measured")
        return harness.SKIPPED
    rows, failures, bench = [], [], None
    for model in arguments.names or MODELS:
        path = DIGITS if model == "digits" else harness.filled(model, arguments.models)
        wrong, row, found = measure(arguments.tenon, path, arguments.backend, arguments.seconds)
        print(f"FAILED  {wrong}" if wrong else f"ok      {row}", flush=True)
        failures += [wrong] if wrong else []
        rows += [row] if row else []
        bench = found or bench
    text = page(arguments.tenon, arguments.backend, bench, rows, failures)
    pathlib.Path(arguments.output).write_text(text)
    print(f"{len(rows)} passed, {len(failures)} failed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
