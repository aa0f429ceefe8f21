"""Source trees, built by g++ and by clang, used as C and C++ programs use any bundle.

    source.py               ->  "ok      kws by g++: stack" ... "N passed, N failed"
    source.py kws -k stack  one model, only the cases whose name holds a word

`tenon compile --emit=cpp`, then `tenon pack`; the programs of this folder link what comes out, as C:
the kernels need no C++ library. For ARM, clang builds the tree against Debian's C libraries, lld links
it, and it runs under qemu.
"""
import os
import shutil
import sys

import sections
from arm import AARCH64, ARMV7, ArmTests
from bundles import Bundle, Failed, Subject, harness
from run import Tests, path_of

BERT = Subject("bert_mini", "bert_mini", {"batch": "1..4", "seq": "1..128"}, {"batch": 2, "seq": 37},
               ("input_ids", "embedding"), parallel=True)
SUBJECTS = [Subject("kws", "kws"), BERT]
COMPILERS = ["g++", "clang++-19"]
ARM_TARGETS = {"cortex-a53": AARCH64, "armv7-neon": ARMV7}


def pack(bundle, tenon, compiler):
    process = harness.run([tenon, "pack", bundle.folder],
                          env={**os.environ, "CXX": f"{compiler} -Werror"})
    failure = harness.failure_of(process)
    if failure:
        raise Failed(failure)


class Source:
    """What the tests of a tree share, whatever it is for."""

    def symbols_and_sections(self):
        faults = sections.faults(self.bundle.archive, self.bundle.name, len(self.bundle.tensors),
                                 len(self.bundle.dims), tables=True)
        faults += sections.weights_faults(self.bundle.archive, self.bundle.name,
                                          self.bundle.weights_bytes, embedded=True)
        if faults:
            raise Failed("\n".join(faults))

    def all_cases(self):
        self.case("right", self.right)
        self.case("symbols and sections", self.symbols_and_sections)
        self.case("stack", self.program, "stack")
        for name in ("guard_pages", "float_mode", "bad_arguments"):
            self.case(name, self.program, name)
        if self.bundle.subject.index:
            self.case("bad_index", self.program, "bad_index", *self.bundle.subject.index)


class HostTests(Source, Tests):
    """A tree built by one compiler for the processor of this machine."""

    def __init__(self, bundle, report, options, compiler):
        super().__init__(bundle, report, options)
        self.compiler = compiler

    def case(self, name, function, *arguments):
        super().case(f"by {self.compiler}: {name}", function, *arguments)

    def program(self, name, *arguments, flags=("-Wl,-z,now",)):
        super().program(name, *arguments, flags=flags)

    def all_cases(self):
        super().all_cases()
        self.case("shared library", self.shared_library)
        self.case("parallel", self.program, "parallel",
                  *(["large"] if self.bundle.subject.parallel else []))
        self.case("wrapper", self.wrapper, self.compiler, "c++17")


class BoardTests(Source, ArmTests):
    """A tree built by clang for a board."""


def main():
    parser = harness.argument_parser(__doc__)
    parser.add_argument("name", nargs="*", help="of: " + ", ".join(s.name for s in SUBJECTS))
    parser.add_argument("-k", dest="keyword", default="", help="only cases whose name holds this")
    options = parser.parse_args()
    report = harness.Report()
    jobs = [("x86-64-v3", compiler) for compiler in COMPILERS]
    jobs += [(target, " ".join(["clang++-19", *flags]))
             for target, (_, flags) in ARM_TARGETS.items()]
    for options.target, compiler in jobs:
        for subject in SUBJECTS:
            if options.name and subject.name not in options.name:
                continue
            place = f"{options.target}_{compiler.split()[0]}"
            home = harness.ROOT / "build" / "bundles_source" / place / subject.name
            shutil.rmtree(home, ignore_errors=True)
            home.mkdir(parents=True)
            try:
                bundle = Bundle(options.tenon, subject, path_of(subject, options), home,
                                "--target", options.target, "--emit=cpp")
                pack(bundle, options.tenon, compiler)
            except Failed as failure:
                report.case(f"{subject.name} for {options.target} by {compiler}: build", failure)
                continue
            if options.target in ARM_TARGETS:
                BoardTests(bundle, report, options, options.target).all_cases()
            else:
                HostTests(bundle, report, options, compiler).all_cases()
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
