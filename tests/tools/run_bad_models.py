"""Runs `tenon compile` on every model of tests/bad_models and reads what the user would read.

    run_bad_models.py [NAME...]   ->   "ok      conv_group_zero" ... "66 passed, 0 failed"

A case passes where the exit status is 1, each line of NAME.expect is found in the messages, nothing
in them is an exception's or an assertion's text, the last line counts the errors, stdout is empty,
and no file was written.
"""
import re
import subprocess
import sys
import tempfile
import pathlib

import harness

FOLDER = harness.ROOT / "tests" / "bad_models"
SECONDS = 10
LAST_LINE = re.compile(r"tenon: \d+ errors?(, \d+ warnings?)?; nothing was written")


def what_is_wrong(tenon, name, model, folder):
    """None, or why the case fails, with the messages below."""
    before = sorted(folder.rglob("*"))
    try:
        process = harness.run([tenon, "compile", model, "-o", folder / "out"], timeout=SECONDS)
    except subprocess.TimeoutExpired:
        return f"still running after {SECONDS} s"
    said = process.stderr
    left = [str(path.relative_to(folder)) for path in sorted(folder.rglob("*"))
            if path not in before]
    absent = [line for line in (FOLDER / f"{name}.expect").read_text().splitlines()
              if line not in said]
    faults = []
    if process.returncode != 1:
        faults.append(f"exit status {process.returncode}, not 1")
    if absent:
        faults.append("these are not in the messages: " + ", ".join(map(repr, absent)))
    if found := harness.NOT_FOR_USERS.search(said):
        faults.append(f"not meant for users: {found.group()!r}")
    if not LAST_LINE.fullmatch(said.rstrip("\n").split("\n")[-1]):
        faults.append("the last line does not count the errors")
    if process.stdout:
        faults.append("text on stdout")
    if left:
        faults.append("left behind: " + ", ".join(left))
    return "; ".join(faults) + "\n" + said if faults else None


def main():
    parser = harness.argument_parser(__doc__)
    parser.add_argument("name", nargs="*", help="default: all")
    options = parser.parse_args()
    sys.path.insert(0, str(FOLDER))
    make = harness.load_module(FOLDER / "make.py")
    expected = {path.stem for path in FOLDER.glob("*.expect")}
    report = harness.Report()
    for name in options.name or sorted(expected | set(make.CASES)):
        if name not in expected or name not in make.CASES:
            report.case(name, "a model without a .expect file, or the reverse")
            continue
        with tempfile.TemporaryDirectory() as folder:
            model = make.write(name, pathlib.Path(folder))
            report.case(name, what_is_wrong(options.tenon, name, model, pathlib.Path(folder)))
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
