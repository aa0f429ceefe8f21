"""Compiles models to bundles and uses them as C and C++ programs do.

    run.py                  ->  "ok      digits: header as C99, gcc" ... "N passed, N failed"
    run.py digits -k stack  one model, only the cases whose name holds a word

Each C or C++ file of this folder is one program; what it shows stands at its head. Bundles are
compiled into build/bundles for --target (default: x86-64-v3).
"""
import shutil
import subprocess
import sys

import bundles
import sections
from bundles import FOLDER, Bundle, Failed, Subject, harness, reference
from instrumented import Instrumented

LIMIT = 5e-5  # as tests/tools/check_model.py
SECONDS = 120
SUBJECTS = [
    Subject("digits", str(harness.ROOT / "examples" / "digits" / "digits.onnx"),
            scalars=True),
    Subject("kws", "kws"),
    Subject("bert_mini", "bert_mini", {"batch": "1..4", "seq": "1..128"}, {"batch": 3, "seq": 77},
            ("input_ids", "embedding"), parallel=True),
    Subject("two_symbols", "two_symbols", {"rows": "1..9", "lines": "1..9"},
            {"rows": 7, "lines": 7}, equal=("rows", "lines")),
]
C_STANDARDS = ["c99", "c11", "c17"]
CPP_STANDARDS = ["c++11", "c++14", "c++17", "c++20"]
C_COMPILERS = ["gcc", "clang-19"]
CPP_COMPILERS = ["g++", "clang++-19"]
WARNINGS = ["-Wall", "-Wextra", "-pedantic", "-Werror"]


class Tests:
    """The cases of one bundle."""

    def __init__(self, bundle, report, options):
        self.bundle = bundle
        self.report = report
        self.options = options

    def case(self, name, function, *arguments):
        """Counts function(*arguments), which returns None or raises Failed."""
        name = f"{self.bundle.name}: {name}"
        if self.options.keyword and self.options.keyword not in name:
            return
        try:
            function(*arguments)
            self.report.case(name, None)
        except Failed as failure:
            self.report.case(name, failure)

    def run(self, *command):
        try:
            process = harness.run(command, timeout=SECONDS)
        except FileNotFoundError as missing:
            raise Failed(f"{missing.filename} is not installed") from missing
        except subprocess.TimeoutExpired as late:
            raise Failed(f"{command[0]} still runs after {SECONDS} s") from late
        failure = harness.failure_of(process)
        if failure:
            raise Failed(failure)
        return process.stdout

    def build(self, program, *flags, compiler="gcc", language="c", folder=None, libraries=()):
        """Compiles a program of this folder against the bundle (or another one of the same
        members, in `folder`); returns its path."""
        folder = folder or self.bundle.folder
        target = folder / program
        source = FOLDER / (f"{program}.cpp" if language == "c++" else f"{program}.c")
        self.run(compiler, *flags, *WARNINGS, "-O1", "-I", folder, "-I", self.bundle.folder, "-I",
                 FOLDER, source, folder / self.bundle.archive.name, *libraries, "-pthread", "-o",
                 target)
        return target

    def header_in_c(self, compiler, standard):
        self.run(self.build("use_header", f"-std={standard}", compiler=compiler))

    def header_in_cpp(self, compiler, standard):
        (self.bundle.folder / "use_header.cpp").write_text(f'#include "{FOLDER}/use_header.c"\n')
        target = self.bundle.folder / "use_header"
        self.run(compiler, f"-std={standard}", *WARNINGS, "-I", self.bundle.folder,
                 self.bundle.folder / "use_header.cpp", self.bundle.archive, "-o", target)
        self.run(target)

    def wrapper(self, compiler, standard):
        program = self.build("wrapper", f"-std={standard}", compiler=compiler, language="c++")
        self.run(program, self.bundle.case)

    def right(self, *flags):
        """The plain call agrees with the reference, however it is linked."""
        outputs = self.bundle.folder / "outputs"
        self.run(self.build("call", "-std=c99", *flags), self.bundle.case, outputs)
        self.require_right(outputs)

    def require_right(self, outputs):
        found = reference.compare(self.bundle.outputs(outputs), self.bundle.expected)
        if not found < LIMIT:
            raise Failed(f"differs by {found:.1e} from ONNX Runtime")

    def program(self, name, *arguments, flags=()):
        self.run(self.build(name, "-std=c99", *flags), self.bundle.case, *arguments)

    def old_processor(self):
        program = self.build("old_processor", "-std=c99", "-static")
        self.run("qemu-x86_64", "-cpu", "Nehalem", program, "old", "avx")
        self.run("qemu-x86_64", "-cpu", "max", program, "new", "avx")

    def shared_library(self):
        """Links with -z text and -z defs; nothing of the bundle is visible outside."""
        library = self.bundle.folder / f"libshared_{self.bundle.name}.so"
        self.run("gcc", "-std=c99", "-DLIBRARY", "-shared", "-fPIC", "-I", self.bundle.folder,
                 "-I", FOLDER, FOLDER / "shared.c", self.bundle.archive, "-o", library,
                 "-Wl,-z,text", "-Wl,-z,defs", "-Wl,--fatal-warnings")
        exported = [line.split()[-1] for line in
                    self.run("nm", "--dynamic", "--defined-only", library).splitlines()]
        if exported != ["exported_run"]:
            raise Failed(f"the shared library exports {exported}")
        program = self.bundle.folder / "shared"
        self.run("gcc", "-std=c99", FOLDER / "shared.c", "-ldl", "-o", program)
        self.run(program, library, self.bundle.case)

    def symbols_and_sections(self):
        faults = sections.faults(self.bundle.archive, self.bundle.name, len(self.bundle.tensors),
                                 len(self.bundle.dims))
        faults += sections.weights_faults(self.bundle.archive, self.bundle.name,
                                          self.bundle.weights_bytes, embedded=True)
        if faults:
            raise Failed("\n".join(faults))

    def compiles_are_identical(self):
        """Again, from another folder into another folder: the same bytes in the same files."""
        again = self.bundle.folder.with_name(f"{self.bundle.name}_again")
        shutil.rmtree(again, ignore_errors=True)
        bundles.compile_bundle(self.options.tenon, self.bundle.path, again,
                               self.bundle.subject.bounds, *self.bundle.options, cwd="/")
        for file in sorted(again.iterdir()):
            first = self.bundle.folder / file.name
            if not first.exists() or first.read_bytes() != file.read_bytes():
                raise Failed(f"{file.name} is not the same")

    def weights_file(self):
        """--weights=file: right with the file, refused with another model's."""
        outputs = self.bundle.folder / "outputs"
        own, other = (self.separate(name) for name in (self.bundle.name, "other"))
        archive = own / self.bundle.archive.name
        faults = sections.weights_faults(archive, self.bundle.name, self.bundle.weights_bytes,
                                         embedded=False)
        saved = self.bundle.archive.stat().st_size - archive.stat().st_size
        if faults or saved < self.bundle.weights_bytes * 9 // 10:
            raise Failed("\n".join(faults) or f"the archive is only {saved} bytes smaller")
        program = self.build("weights_file", "-std=c99", folder=own)
        self.run(program, self.bundle.case, own / f"{self.bundle.name}_weights.bin",
                 other / "other_weights.bin", outputs)
        self.require_right(outputs)

    def retrained_weights(self):
        """The weights of the same model trained again serve the old library; those of a model
        with another constant in its code do not."""
        own = self.separate(self.bundle.name)
        folder = self.bundle.folder / "retrained"
        folder.mkdir()
        weights = []
        for kind, changes in [("again", bundles.retrain), ("scalars", bundles.double_scalars)]:
            path = folder / f"{kind}.onnx"
            if not bundles.change_constants(self.bundle.path, path, changes):
                raise Failed(f"the model has no constant that {kind} changes")
            bundles.compile_bundle(self.options.tenon, path, folder / kind,
                                   self.bundle.subject.bounds, "--name", self.bundle.name,
                                   "--target", self.options.target, "--weights=file")
            weights.append(folder / kind / f"{self.bundle.name}_weights.bin")
        outputs = self.bundle.folder / "outputs"
        program = self.build("weights_file", "-std=c99", folder=own)
        self.run(program, self.bundle.case, *weights, outputs)
        inputs = harness.fill.make_inputs(self.bundle.path, self.bundle.subject.sizes)
        expected = reference.reference(folder / "again.onnx", inputs)
        if reference.compare(expected, self.bundle.expected) < LIMIT:
            raise Failed("training again changes nothing")
        found = reference.compare(self.bundle.outputs(outputs), expected)
        if not found < LIMIT:
            raise Failed(f"differs by {found:.1e} from ONNX Runtime with the new weights")

    def selftest(self):
        folder = self.separate(self.bundle.name, "--selftest")
        self.run(self.build("selftest", "-std=c99", folder=folder),
                 folder / f"{self.bundle.name}_weights.bin", *self.bundle.output_nodes())

    def instrumented(self):
        """Eight callers, and the threads of one caller, on code that reports races."""
        folder = self.bundle.folder / "instrumented"
        folder.mkdir()
        code = Instrumented(self.options.tenon, self.bundle.subject, self.bundle.path, folder)
        code.finds_no_race("callers")
        code.finds_no_race("parallel")
        code.finds_the_seeded_race()

    def separate(self, name, *options):
        """A bundle with its weights in a file: of this model, or of a small one that differs."""
        subject, path = self.bundle.subject, self.bundle.path
        if name == "other":
            subject = SUBJECTS[0] if subject is not SUBJECTS[0] else SUBJECTS[1]
            path = harness.filled(subject.model, self.options.models)
        folder = self.bundle.folder / "_".join(["separate", name, *options])
        bundles.compile_bundle(self.options.tenon, path, folder, subject.bounds, "--name", name,
                               "--target", self.options.target, "--weights=file", *options)
        # The header of this bundle's own folder is the one that members.h includes.
        shutil.copy(self.bundle.folder / "members.h", folder)
        return folder

    def pool(self):
        folder = self.bundle.folder / "pool"
        bundles.compile_bundle(self.options.tenon, self.bundle.path, folder,
                               self.bundle.subject.bounds, *self.bundle.options, "--pool")
        program = self.build("pool", "-std=c99", folder=folder,
                             libraries=[folder / "libtenon_pool.a"])
        self.run(program, self.bundle.case)

    def all_cases(self):
        for compiler in C_COMPILERS:
            for standard in C_STANDARDS:
                self.case(f"header as {standard}, {compiler}", self.header_in_c, compiler, standard)
        for compiler in CPP_COMPILERS:
            for standard in CPP_STANDARDS:
                self.case(f"header as {standard}, {compiler}", self.header_in_cpp, compiler,
                          standard)
            for standard in CPP_STANDARDS[2:]:
                self.case(f"wrapper as {standard}, {compiler}", self.wrapper, compiler, standard)
        self.case("right, not position independent", self.right, "-no-pie", "-fno-pie")
        self.case("right, in a PIE", self.right, "-pie", "-fPIE", "-Wl,-z,text")
        self.case("right, static", self.right, "-static")
        self.case("right, linked by lld", self.right, "-fuse-ld=lld", "-Wl,--fatal-warnings")
        self.case("shared library", self.shared_library)
        for name in ("guard_pages", "float_mode", "callers", "bad_arguments"):
            self.case(name, self.program, name)
        self.case("old_processor", self.old_processor)
        self.case("parallel", self.program, "parallel",
                  *(["large"] if self.bundle.subject.parallel else []))
        if self.bundle.subject.equal:
            self.case("unequal_dims", self.program, "unequal_dims", *self.bundle.subject.equal)
        self.case("stack", lambda: self.program("stack", flags=["-Wl,-z,now"]))
        if self.bundle.subject.index:
            self.case("bad_index", self.program, "bad_index", *self.bundle.subject.index)
        self.case("symbols and sections", self.symbols_and_sections)
        self.case("two compiles are identical", self.compiles_are_identical)
        self.case("weights in a file", self.weights_file)
        if self.bundle.subject.scalars:
            self.case("weights of a model trained again", self.retrained_weights)
        self.case("self-test", self.selftest)
        self.case("pool", self.pool)
        self.case("no race on instrumented code", self.instrumented)


def path_of(subject, options):
    """The model of a subject: of tests/models, a file, or the one that is made here."""
    if subject.model == "two_symbols":
        path = harness.ROOT / "build" / "bundles" / "two_symbols.onnx"
        bundles.write_two_symbols(path)
        return path
    return harness.filled(subject.model, options.models)


def several_in_one_program(compiled, folder):
    """All bundles under --whole-archive in one program that includes all headers."""
    lines = [f'#include "{bundle.name}.h"' for bundle in compiled] + ["int main(void) {"]
    for bundle in compiled:
        name = bundle.name
        lines += ["  {", f"    {name}_model model;",
                  f"    if ({name}_open(&model, {name.upper()}_ABI, NULL, 0)) return 1;",
                  f"    if ({name}_info()->abi != {name.upper()}_ABI) return 1;", "  }"]
    source = folder / "several.c"
    source.write_text("\n".join(lines + ["  return 0;", "}"]) + "\n")
    includes = [word for bundle in compiled for word in ("-I", bundle.folder)]
    for words in (["gcc", "-std=c99"], ["g++", "-std=c++11", "-x", "c++"]):
        process = harness.run([*words, *WARNINGS, *includes, source, "-x", "none",
                               "-Wl,--whole-archive", *(bundle.archive for bundle in compiled),
                               "-Wl,--no-whole-archive", "-o", folder / "several"])
        failure = harness.failure_of(process) or \
            harness.failure_of(harness.run([folder / "several"]))
        if failure:
            return failure
    return None


def main():
    parser = harness.argument_parser(__doc__)
    parser.add_argument("name", nargs="*", help="of: " + ", ".join(s.name for s in SUBJECTS))
    parser.add_argument("-k", dest="keyword", default="", help="only cases whose name holds this")
    parser.add_argument("--target", default="x86-64-v3")
    options = parser.parse_args()
    folder = harness.ROOT / "build" / "bundles"
    report, compiled = harness.Report(), []
    for subject in SUBJECTS:
        if options.name and subject.name not in options.name:
            continue
        home = folder / subject.name
        shutil.rmtree(home, ignore_errors=True)
        home.mkdir(parents=True)
        try:
            path = path_of(subject, options)
            bundle = Bundle(options.tenon, subject, path, home, "--target", options.target)
        except Failed as failure:
            report.case(f"{subject.name}: compile", failure)
            continue
        compiled.append(bundle)
        Tests(bundle, report, options).all_cases()
    if len(compiled) == len(SUBJECTS) and not options.keyword:
        report.case("all bundles in one program", several_in_one_program(compiled, folder))
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
