"""Bundles for ARM, linked against Debian's C libraries for it and run under qemu.

    arm.py                  ->  "ok      kws for cortex-a53: guard_pages" ... "N passed, N failed"
    arm.py kws -k parallel  one model, only the cases whose name holds a word

The programs of this folder, the models of tests/models, and the rules of run.py: no C compiler makes
any part of a bundle; clang compiles the programs that call it, and lld links them.
"""
import json
import pathlib
import shutil
import sys

import bundles
import sections
from bundles import Bundle, Failed, Subject, harness
from run import Tests, path_of

SUBJECTS = [
    Subject("digits", str(harness.ROOT / "examples" / "digits" / "digits.onnx")),
    Subject("kws", "kws"),
    Subject("bert_mini", "bert_mini", {"batch": "1..4", "seq": "1..128"}, {"batch": 2, "seq": 37},
            ("input_ids", "embedding"), parallel=True),
    Subject("speech_rnn", "speech_rnn"),
    Subject("squeezenet1_1", "squeezenet1_1"),
    Subject("mobilenet_v2", "mobilenet_v2"),
]
# Under emulation a run of these takes seconds, of the transformer tenths: few of them.
LARGE = {"speech_rnn", "squeezenet1_1", "mobilenet_v2"}
SLOW = LARGE | {"bert_mini"}
# Where all programs run; elsewhere those that show code of the target's own.
THOROUGH = {"cortex-a53", "armv7-neon"}
TARGETS = ["cortex-a53", "cortex-a72", "neoverse-n1", "armv7-neon"]
AARCH64 = ("qemu-aarch64", ["--target=aarch64-linux-gnu"])
ARMV7 = ("qemu-arm", ["--target=arm-linux-gnueabihf", "-march=armv7-a"])
# A processor without what the target demands, and what the refusal names.
OLD_PROCESSORS = {"neoverse-n1": ("cortex-a53", "fullfp16")}


class ArmTests(Tests):
    """The cases of one bundle for one target."""

    def __init__(self, bundle, report, options, target):
        super().__init__(bundle, report, options)
        self.target = target
        self.emulator, self.flags = ARMV7 if target.startswith("armv7") else AARCH64

    def case(self, name, function, *arguments):
        super().case(f"for {self.target}: {name}", function, *arguments)

    def run(self, *command, processor="max"):
        if isinstance(command[0], pathlib.Path):
            command = (self.emulator, "-cpu", processor, *command)
        return super().run(*command)

    def build(self, program, *flags, folder=None, libraries=()):
        return super().build(program, *self.flags, "-static", "-fuse-ld=lld", *flags,
                             compiler="clang-19", folder=folder, libraries=libraries)

    def pool(self, *arguments):
        program = self.build("pool", "-std=c99",
                             libraries=[self.bundle.folder / "libtenon_pool.a"])
        self.run(program, self.bundle.case, *arguments)

    def pool_needs(self):
        """The pool's own archive asks for POSIX threads and the C library, nothing of a compiler's."""
        undefined = {words[-1] for words in map(str.split, sections.readelf(
            self.bundle.folder / "libtenon_pool.a", "--symbols"))
            if "UND" in words and words[-1] != "UND"}
        unknown = {name for name in undefined if not name.startswith("pthread_")} - {
            "clock_gettime", "sched_getaffinity", "posix_memalign", "free", "memset"}
        if unknown:
            raise Failed(f"the pool needs {sorted(unknown)}")

    def no_spills(self):
        """No register tile of any kernel keeps vectors in its frame."""
        spills = json.loads(self.bundle.summary)["tile_spills"]
        if spills:
            raise Failed("\n".join(f"{kernel}: {count}" for kernel, count in spills.items()))

    def old_processor(self, processor, feature):
        program = self.build("old_processor", "-std=c99")
        self.run(program, "old", feature, processor=processor)
        self.run(program, "new", feature)

    def all_cases(self):
        large = self.bundle.name in LARGE
        self.case("no vector spills", self.no_spills)
        if large and self.target not in THOROUGH:
            return
        self.case("right", self.right)
        self.case("pool", self.pool, *(["quick"] if self.bundle.name in SLOW else []))
        self.case("symbols and sections", self.symbols_and_sections)
        if self.bundle.name == "digits":
            self.case("the pool's symbols", self.pool_needs)
            if self.target in OLD_PROCESSORS:
                self.case("old_processor", self.old_processor, *OLD_PROCESSORS[self.target])
        if large or self.target not in THOROUGH:
            return
        for name in ("guard_pages", "float_mode", "bad_arguments"):
            self.case(name, self.program, name)
        # The longest of all: its bodies hold the 64-bit atomics, which ARMv7 makes of pairs.
        if self.bundle.name not in SLOW or self.target == "armv7-neon":
            self.case("parallel", self.program, "parallel",
                      *(["large"] if self.bundle.subject.parallel else []))
        self.case("stack", self.program, "stack")
        if self.bundle.subject.index:
            self.case("bad_index", self.program, "bad_index", *self.bundle.subject.index)
        self.case("two compiles are identical", self.compiles_are_identical)
        self.case("self-test", self.selftest)


def main():
    parser = harness.argument_parser(__doc__)
    parser.add_argument("name", nargs="*", help="of: " + ", ".join(s.name for s in SUBJECTS))
    parser.add_argument("-k", dest="keyword", default="", help="only cases whose name holds this")
    options = parser.parse_args()
    report = harness.Report()
    for options.target in TARGETS:
        for subject in SUBJECTS:
            if options.name and subject.name not in options.name:
                continue
            home = harness.ROOT / "build" / "bundles_arm" / options.target / subject.name
            shutil.rmtree(home, ignore_errors=True)
            home.mkdir(parents=True)
            try:
                bundle = Bundle(options.tenon, subject, path_of(subject, options), home,
                                "--target", options.target, "--pool", "--json")
            except Failed as failure:
                report.case(f"{subject.name} for {options.target}: compile", failure)
                continue
            ArmTests(bundle, report, options, options.target).all_cases()
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
