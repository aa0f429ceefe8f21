"""A bundle's code under ThreadSanitizer: its LLVM IR, instrumented, linked with the C tests.

    instrument("kws.ll", "kws_tsan.o")   every load and store, the runtime's too, now reports

`tenon compile --emit=llvm-ir` writes the IR of the whole bundle. ThreadSanitizer looks at accesses
of up to 16 bytes, so the bundle is compiled for x86-64-v2.
"""
from bundles import FOLDER, Bundle, Failed, harness

RACE = "WARNING: ThreadSanitizer: data race"


def must_run(*command):
    process = harness.run(command)
    failure = harness.failure_of(process)
    if failure:
        raise Failed(failure)


def instrument(ir, target):
    """The attribute tells the pass which functions to look at: all of them."""
    bitcode = target.with_suffix(".bc")
    must_run("opt-19", "-passes=forceattrs,tsan-module,function(tsan)",
             "-force-attribute=sanitize_thread", ir, "-o", bitcode)
    must_run("clang-19", "-c", bitcode, "-o", target)


class Instrumented:
    """A subject's bundle, compiled and instrumented once, for several cases."""

    def __init__(self, tenon, subject, path, folder):
        self.bundle = Bundle(tenon, subject, path, folder, "--target", "x86-64-v2",
                             "--emit=llvm-ir")
        self.object = folder / "instrumented.o"
        instrument(folder / f"{subject.name}.ll", self.object)

    def run(self, program, *flags):
        """The finished process of a C test on the instrumented code."""
        folder = self.bundle.folder
        target = folder / f"{program}_instrumented"
        must_run("clang-19", "-std=c99", "-O1", "-fsanitize=thread", *flags, "-I", folder, "-I",
                 FOLDER, FOLDER / f"{program}.c", self.object, "-pthread", "-o", target)
        return harness.run([target, self.bundle.case])

    def finds_no_race(self, program):
        process = self.run(program)
        if process.returncode or process.stderr:
            raise Failed(f"exit status {process.returncode}\n{process.stderr[:3000]}")

    def finds_the_seeded_race(self):
        process = self.run("callers", "-DSEEDED_RACE")
        if RACE not in process.stderr:
            raise Failed("callers that share an arena were not reported\n" + process.stderr)
