#!/usr/bin/env python3
"""Runs the golden tests of passes: files named *.tenon below this folder.

    tests/golden.py                   ->   ok      ir/high/passes/fold_batch_norm ...   "N passed, N failed"
    tests/golden.py transpose         only files whose path holds a word
    tests/golden.py --bless           writes what comes out as the expectation; read the diff

A file is a command, the text that it is given, and the text that comes out (of a fault: what it says):

    # tenon-opt --eliminate_dead_nodes
    model m { ... }
    # ---- becomes
    model m { ... }

What comes out must print the same once it is parsed again.
"""
import argparse
import os
import pathlib
import shlex
import subprocess
import sys

FOLDER = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER / "tools"))
import harness  # noqa: E402

BORDER = "# ---- becomes\n"


def run(opt, options, text):
    process = subprocess.run([opt, "-", *options], input=text, capture_output=True, text=True,
                             timeout=60)
    if process.returncode not in (0, 1):
        return None, f"exit status {process.returncode}\n{process.stderr}"
    return (process.stdout if process.returncode == 0 else process.stderr), None


def check(opt, path, bless):
    """None, or what is wrong with the file."""
    command, _, rest = path.read_text().partition("\n")
    start = "# tenon-opt "
    if not command.startswith(start) or (BORDER not in rest and not bless):
        return f"has no line {start!r}, or none {BORDER!r}"
    text, _, expected = rest.partition(BORDER)
    found, failure = run(opt, shlex.split(command[len(start):]), text)
    if failure:
        return failure
    if found != expected and bless:
        path.write_text(f"{command}\n{text}{BORDER}{found}")
    elif found != expected:
        return f"gives another text\n{found}"
    if not found.startswith("tenon: error"):
        again, failure = run(opt, [], found)
        if failure or again != found:
            return f"what comes out does not read back\n{failure or again}"
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    build = pathlib.Path(os.environ.get("TENON_BUILD_DIR", harness.ROOT / "build"))
    parser.add_argument("--tenon-opt", type=pathlib.Path, default=build / "tenon-opt")
    parser.add_argument("--bless", action="store_true", help="write the expectations")
    parser.add_argument("word", nargs="?", default="")
    options = parser.parse_args()
    report = harness.Report()
    for path in sorted(FOLDER.rglob("*.tenon")):
        name = str(path.relative_to(FOLDER).with_suffix(""))
        if options.word in name:
            report.case(name, check(options.tenon_opt, path, options.bless))
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
