"""Whole models as text: every level after every pass prints, parses and prints the same.

    tenon-opt kws.onnx --fold_constants ... --plan_memory --verify-each   ->   exit status 0
    tenon-opt DUMP/12_loop_apply_schedules.tenon                          ->   the same text
    tenon compile kws.onnx --schedule=FILE, as dumped                     ->   the same archive

Small graphs are in the tests of each level; whole models bring names, shapes and weights that those
do not think of.
"""
import os
import pathlib
import re
import sys
import tempfile
import unittest

SOURCE = pathlib.Path(os.environ["TENON_SOURCE_DIR"])
BUILD = pathlib.Path(os.environ["TENON_BUILD_DIR"])
sys.path.insert(0, str(SOURCE / "tests" / "tools"))
import check_model  # noqa: E402
import harness  # noqa: E402

OPT = BUILD / "tenon-opt"
DIGITS = SOURCE / "examples" / "digits" / "digits.onnx"


def said(process):
    """The first lines of a failure: an internal error prints the whole program below them."""
    return "\n".join([f"exit status {process.returncode}", *process.stderr.split("\n")[:12]])


def passes():
    """Every pass as a flag, in the order in which the pipeline runs them."""
    return re.findall(r"^  (--\w+) +(?:high|tensor|loop) ", harness.run([OPT, "--help"]).stdout,
                      re.MULTILINE)


def schedules_of(dump):
    """The schedules above the functions of a dump, as `--schedule` reads them."""
    text, function = "", ""
    lines = iter(dump.split("\n"))
    for line in lines:
        header = re.match(r"func @([\w.]+)\(", line)
        if header:
            function = header.group(1)
        elif line.strip() == "schedule {":
            text += f"schedule @{function} {{\n"
            for line in lines:
                text += line + "\n"
                if line.strip() == "}":
                    break
    return text


class EveryPass(unittest.TestCase):
    """A fault between two passes is the compiler's: exit status 2 and the pass before it."""

    def check(self, model):
        path = harness.filled(model, BUILD / "models")
        dimensions, _ = check_model.dimensions_of(path, [], [])
        flags = passes()
        self.assertGreater(len(flags), 15)
        process = harness.run([OPT, path, *dimensions, *flags, "--verify-each"])
        self.assertEqual(process.returncode, 0, said(process))

    def test_digits(self):
        self.check(DIGITS)

    def test_kws(self):
        self.check("kws")

    def test_squeezenet1_1(self):
        self.check("squeezenet1_1")

    def test_resnet18(self):
        self.check("resnet18")

    def test_mobilenet_v2(self):
        self.check("mobilenet_v2")

    def test_bert_mini(self):
        self.check("bert_mini")

    def test_bert_base_dynamic(self):
        self.check("bert_base_dynamic")

    def test_speech_rnn(self):
        self.check("speech_rnn")


class Dumps(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def dumps_of(self, path):
        """{file name: text} of the passes that changed something."""
        process = harness.run([OPT, path, *passes(), f"--dump={self.folder / 'dump'}"])
        self.assertEqual(process.returncode, 0, said(process))
        files = sorted((self.folder / "dump").glob("*.tenon"))
        self.assertGreater(len(files), 10)
        return {file.name: file.read_text() for file in files}

    def test_dumps_print_the_same_after_parsing(self):
        for path in DIGITS, harness.filled("kws", BUILD / "models"):
            for name, text in self.dumps_of(path).items():
                process = harness.run([OPT, self.folder / "dump" / name])
                self.assertEqual(process.returncode, 0, said(process))
                self.assertTrue(process.stdout == text, f"{path.name}: {name} prints differently")

    def test_passes_go_on_from_a_dump(self):
        dumps = self.dumps_of(DIGITS)
        last = list(dumps)[-1]
        # Text of the tensor level is functions without the graph that calls them.
        for name in [name for name in dumps if "_tensor_" not in name]:
            flags = passes()[int(name[:2]):]
            process = harness.run([OPT, self.folder / "dump" / name, *flags,
                                   f"--model={DIGITS}"])
            self.assertEqual(process.returncode, 0, f"{name}: {said(process)}")
            self.assertTrue(process.stdout == dumps[last], f"another program from {name} on")

    def compile(self, name, *options):
        process = harness.run([BUILD / "tenon", "compile", DIGITS, "-o", self.folder / name,
                               *options])
        self.assertEqual(process.returncode, 0, process.stderr)
        return (self.folder / name / "libdigits.a").read_bytes()

    def test_dumped_schedules_given_back_make_the_same_archive(self):
        archive = self.compile("first", f"--dump={self.folder / 'dump'}")
        [dump] = (self.folder / "dump").glob("*_apply_schedules.tenon")
        text = schedules_of(dump.read_text())
        self.assertGreater(text.count("schedule @"), 3)
        (self.folder / "all.schedule").write_text(text)
        given = f"--schedule={self.folder / 'all.schedule'}"
        self.assertTrue(self.compile("again", given) == archive, "the archives differ")

        # What is given counts: without its lines each function keeps its naive loops.
        empty = re.sub(r"\{\n.*?\n  \}", "{\n  }", text, flags=re.DOTALL)
        (self.folder / "all.schedule").write_text(empty)
        self.assertFalse(self.compile("naive", given) == archive, "the schedules were not read")


if __name__ == "__main__":
    unittest.main()
