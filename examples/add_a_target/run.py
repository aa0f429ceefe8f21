#!/usr/bin/env python3
"""Adds a processor to a copy of the sources, builds that, and runs a model compiled for it.

    run.py   ->   ok      the compiler as it is names the nearest targets
                  ok      digits for cortex-a76, under qemu
                  6 passed, 0 failed

As examples/add_an_operator/run.py, whose build of patched files this uses: the tree stays as it is.
Needs that build, git, clang, lld, qemu, and Debian's C library for AArch64.
"""
import argparse
import os
import pathlib
import re
import sys

FOLDER = pathlib.Path(__file__).resolve().parent
ROOT = FOLDER.parents[1]
sys.path.insert(0, str(ROOT / "tests" / "tools"))
import harness  # noqa: E402

operator = harness.load_module(ROOT / "examples" / "add_an_operator" / "run.py")
operator.PATCH = FOLDER / "cortex_a76.patch"

TARGET = "cortex-a76"
MOST_FILES = 1  # a row
DIGITS = ROOT / "examples" / "digits"


def expect(process, status, *words):
    """None, or how a process ended otherwise, or what it did not say."""
    said = process.stdout + process.stderr
    if process.returncode != status:
        return f"exit status {process.returncode}, expected is {status}\n{said}"
    missing = [word for word in words if word not in said]
    return f"it does not say {missing}:\n{said}" if missing else None


def link(folder):
    """The example's program with the library, for AArch64."""
    operator.must(["clang-19", "--target=aarch64-linux-gnu", "-static", "-fuse-ld=lld", "-I", folder,
                   DIGITS / "main.c", folder / "libdigits.a", "-o", folder / "digits"])
    return folder / "digits"


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path,
                        default=pathlib.Path(os.environ.get("TENON_BUILD_DIR", ROOT / "build")),
                        help="the build to start from (default: build)")
    build = operator.Build(parser.parse_args().build.resolve())
    folder = ROOT / "build" / "add_a_target"
    sources, tenon, output = folder / "sources", folder / "tenon", folder / "digits"
    report = harness.Report()

    files = operator.files_of_patch()
    report.case(f"the patch touches {len(files)} file", None if len(files) <= MOST_FILES else
                f"more than {MOST_FILES}: {', '.join(files)}")
    operator.make_patched_copy(files, sources)
    objects = {file: folder / (file.replace("/", "_") + ".o") for file in files}
    for file, path in objects.items():
        build.compile(file, sources, path)
    build.link("tenon", objects.values(), tenon)

    compile_words = ["compile", DIGITS / "digits.onnx", "-o", output, "--target", TARGET]
    report.case("the compiler as it is names the nearest targets", expect(
        harness.run([build.folder / "tenon", *compile_words]), 1, TARGET, "neoverse-n1"))
    listing = harness.run([tenon, "targets"])
    report.case("the patched one lists the target", expect(listing, 0) or (
        None if re.search(rf"^{TARGET} +128 bits", listing.stdout, re.MULTILINE) else "no line"))
    report.case("and compiles for it", expect(
        harness.run([tenon, *compile_words]), 0, "fullfp16 dotprod"))
    program = link(output)
    report.case(f"digits for {TARGET}, under qemu", expect(
        harness.run(["qemu-aarch64", "-cpu", TARGET, program]), 0, "8 of 8 digits right"))
    report.case("a processor without its instructions is refused", expect(
        harness.run(["qemu-aarch64", "-cpu", "cortex-a72", program]), 1,
        f"lacks fullfp16, which {TARGET} needs"))
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
