"""Runs `tenon compile` on damaged models: whatever a file holds, it is compiled or refused.

    mutate.py --count 500              ->  a line per seed model, then "500 passed, 0 failed"
    mutate.py --only digits:17         one mutant again, with what the compiler says
    mutate.py -- build/tenon-opt {model} --emit=high     another command; {out}: an empty folder

A mutant passes where the command ends within SECONDS of the processor and MEMORY_MIB with exit
status 0 or 1, no sanitizer reports, a refusal is a message for users, and a refusal leaves no file.
Mutants are the same on every run; those that fail are kept, with their names, in build/mutants.
"""
import concurrent.futures
import os
import pathlib
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile

import onnx
import onnx.parser

import harness
import mutations

SECONDS = 10  # of the processor; on the clock, WAITS times as many: others use the machine too
WAITS = 12
MEMORY_MIB = 2048
SEEDS = pathlib.Path(__file__).resolve().parent / "seeds"
SANITIZER_OPTIONS = {
    # Their own exit status: 1, the usual one, would look like a refusal.
    "ASAN_OPTIONS": f"exitcode=99:detect_leaks=0:hard_rss_limit_mb={2 * MEMORY_MIB}"
                    ":allocator_may_return_null=1",
    "UBSAN_OPTIONS": "exitcode=99:halt_on_error=1:print_stacktrace=1"}
REPORTS = ("Sanitizer", "runtime error:")


class Seed:
    """A valid model to damage: its bytes, the files beside it, and the bounds that it needs."""

    def __init__(self, name, model, files=()):
        self.name = name
        self.data = model.SerializeToString()
        self.files = files
        symbols = {dim.dim_param for value in model.graph.input
                   for dim in value.type.tensor_type.shape.dim if dim.dim_param}
        self.dims = [word for symbol in sorted(symbols) for word in ("--dim", f"{symbol}=1..4")]


def seeds(models_folder):
    digits = harness.ROOT / "examples" / "digits" / "digits.onnx"
    yield Seed("digits", onnx.load(digits))
    kws = harness.filled("kws", models_folder)
    yield Seed("kws", onnx.load(kws, load_external_data=False), [kws.with_name("kws.weights")])
    for path in sorted(SEEDS.glob("*.onnxtxt")):
        yield Seed(path.stem, onnx.parser.parse_model(path.read_text()))


class Command:
    """The command under test, with its limits."""

    def __init__(self, words):
        self.words = words
        # A sanitized program reserves terabytes of addresses; its allocator has a limit of its own.
        program = pathlib.Path(words[0])
        self.sanitized = program.exists() and b"__asan_init" in program.read_bytes()

    def limit(self):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS + 1))
        resource.setrlimit(resource.RLIMIT_FSIZE, (2**30, 2**30))
        if not self.sanitized:
            resource.setrlimit(resource.RLIMIT_AS, (MEMORY_MIB * 2**20, MEMORY_MIB * 2**20))

    def run(self, model, out, dims):
        words = [word.format(model=model, out=out) for word in self.words]
        return harness.run(words + dims, timeout=WAITS * SECONDS, preexec_fn=self.limit,
                           env={**os.environ, **SANITIZER_OPTIONS})


def what_is_wrong(process, out):
    """None, or why a mutant fails."""
    said = process.stderr
    if process.returncode == -signal.SIGXCPU:
        return f"more than {SECONDS} s of the processor"
    if process.returncode not in (0, 1):
        return harness.failure_of(process)
    if any(word in said for word in REPORTS):
        return "a sanitizer's report\n" + said
    if process.returncode == 1:
        if "tenon: error: " not in said:
            return "refused without a message\n" + said[-1000:]
        if found := harness.NOT_FOR_USERS.search(said):
            return f"not meant for users: {found.group()!r}\n{said[-1000:]}"
        if left := [str(path) for path in out.rglob("*") if path.is_file()]:
            return "refused, but left behind: " + ", ".join(left)
    return None


def try_mutant(command, seed, index, keep_in):
    """(exit status, None or what is wrong, what was done to the model)."""
    data, done = mutations.mutant(seed.data, random.Random(f"{seed.name} {index}"))
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        model, out = folder / f"{seed.name}.onnx", folder / "out"
        model.write_bytes(data)
        for file in seed.files:
            shutil.copy(file, folder)
        try:
            process = command.run(model, out, seed.dims)
            status, wrong = process.returncode, what_is_wrong(process, out)
        except subprocess.TimeoutExpired:
            status, wrong = None, f"still running after {WAITS * SECONDS} s"
        if wrong:
            keep_in.mkdir(parents=True, exist_ok=True)
            shutil.copy(model, keep_in / f"{seed.name}_{index}.onnx")
    return status, wrong, done


def main():
    arguments = sys.argv[1:]
    split = arguments.index("--") if "--" in arguments else len(arguments)
    parser = harness.argument_parser(__doc__)
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--only", metavar="SEED:INDEX")
    options = parser.parse_args(arguments[:split])
    command = Command(arguments[split + 1:] or
                      [str(options.tenon), "compile", "{model}", "-o", "{out}"])
    keep_in = harness.ROOT / "build" / "mutants"
    all_seeds = list(seeds(options.models))
    jobs = [(all_seeds[i % len(all_seeds)], i // len(all_seeds)) for i in range(options.count)]
    if options.only:
        name, index = options.only.split(":")
        jobs = [(seed, int(index)) for seed in all_seeds if seed.name == name]
    report = harness.Report()
    tally = {seed.name: [0, 0, 0] for seed, _ in jobs}
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as workers:
        results = workers.map(lambda job: try_mutant(command, *job, keep_in), jobs)
        for (seed, index), (status, wrong, done) in zip(jobs, results):
            tally[seed.name][2 if wrong else status] += 1
            report.case(f"{seed.name}:{index}", wrong and f"{wrong}\ndamage: {'; '.join(done)}",
                        quiet=not options.only)
    for name, (compiled, refused, failed) in tally.items():
        print(f"{name}: {compiled} compiled, {refused} refused, {failed} failed")
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
