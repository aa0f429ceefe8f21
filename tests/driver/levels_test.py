"""Whole models as text: every level after every pass prints, parses and prints the same.

    tenon-opt kws.onnx --fold_constants ... --plan_memory --verify-each   ->   exit status 0
    tenon-opt DUMP/13_loop_apply_schedules.tenon                          ->   the same text
    tenon compile kws.onnx --schedule=FILE, as dumped                     ->   the same archive

Small graphs are in the tests of each level; whole models bring names, shapes and weights that those
do not think of.
"""
import hashlib
import os
import pathlib
import re
import shutil
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


class EveryPass(unittest.TestCase):
    """A fault between two passes is the compiler's: exit status 2 and the pass before it. What it
    leaves in a dump is text that stands by itself."""

    def check(self, model):
        path = harness.filled(model, BUILD / "models")
        dimensions, _ = check_model.dimensions_of(path, [], [])
        flags = passes()
        self.assertGreater(len(flags), 15)
        with tempfile.TemporaryDirectory() as folder:
            process = harness.run([OPT, path, *dimensions, *flags, "--verify-each",
                                   f"--dump={folder}"])
            self.assertEqual(process.returncode, 0, said(process))
            dumps = sorted(pathlib.Path(folder).glob("*.tenon"))
            self.assertGreater(len(dumps), 10)
            for dump in dumps:
                process = harness.run([OPT, dump])
                self.assertEqual(process.returncode, 0, said(process))
                self.assertTrue(process.stdout == dump.read_text(),
                                f"{dump.name} prints differently")

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

    def dumps_of(self, path, *dimensions):
        """{file name: text} of the passes that changed something."""
        process = harness.run([OPT, path, *dimensions, *passes(),
                               f"--dump={self.folder / 'dump'}"])
        self.assertEqual(process.returncode, 0, said(process))
        files = sorted((self.folder / "dump").glob("*.tenon"))
        self.assertGreater(len(files), 10)
        return {file.name: file.read_text() for file in files}

    def check_that_passes_go_on(self, path, *dimensions):
        """From every dump, of every level, the passes that are left make the same program."""
        dumps = self.dumps_of(path, *dimensions)
        last = list(dumps)[-1]
        self.assertEqual({name.split("_")[1] for name in dumps}, {"high", "tensor", "loop"})
        for name in dumps:
            flags = passes()[int(name[:2]):]
            process = harness.run([OPT, self.folder / "dump" / name, *flags, f"--model={path}"])
            self.assertEqual(process.returncode, 0, f"{name}: {said(process)}")
            self.assertTrue(process.stdout == dumps[last], f"another program from {name} on")
        return dumps

    def test_passes_go_on_from_a_dump(self):
        self.check_that_passes_go_on(DIGITS)

    def test_passes_go_on_from_a_dump_of_kws(self):
        self.check_that_passes_go_on(harness.filled("kws", BUILD / "models"))

    def test_the_model_is_known_by_its_hash(self):
        dumps = self.dumps_of(DIGITS)
        digest = hashlib.sha256(DIGITS.read_bytes()).hexdigest()
        other = harness.filled("kws", BUILD / "models")
        for name, text in dumps.items():
            dump = self.folder / "dump" / name
            self.assertIn(f'model_file "digits.onnx" sha256 "{digest}"', text, name)
            process = harness.run([OPT, dump, f"--model={other}"])
            self.assertEqual(process.returncode, 1, name)
            self.assertIn("kws.onnx: this is not the model that the text was made from: its sha256",
                          process.stderr)
            self.assertIn(f"expected is {digest}", process.stderr)

        # Beside the text another file of that name is only a warning: no pass reads its elements.
        shutil.copy(other, self.folder / "dump" / "digits.onnx")
        process = harness.run([OPT, dump])
        self.assertEqual(process.returncode, 0, said(process))
        self.assertIn("warning: digits.onnx: this is not the model that the text was made from",
                      process.stderr)
        shutil.copy(DIGITS, self.folder / "dump" / "digits.onnx")
        self.assertEqual(harness.run([OPT, dump]).stderr, "")

    def test_functions_without_their_graph(self):
        [dump] = [text for name, text in self.dumps_of(DIGITS).items() if "lower_to_tensor" in name]
        path = self.folder / "functions.tenon"
        path.write_text(dump[dump.index("\n}\n") + 3:])
        process = harness.run([OPT, path, "--inline_elementwise", "--collapse_axes"])
        self.assertEqual(process.returncode, 0, said(process))
        process = harness.run([OPT, path, "--lower_to_loop"])
        self.assertEqual(process.returncode, 1)
        self.assertIn("lower_to_loop needs the graph, which holds the order of calls",
                      process.stderr)
        process = harness.run([OPT, path, f"--model={DIGITS}"])
        self.assertEqual(process.returncode, 1)
        self.assertIn("the text does not say which model it was made from", process.stderr)

    def compile(self, name, *options):
        process = harness.run([BUILD / "tenon", "compile", DIGITS, "-o", self.folder / name,
                               *options])
        self.assertEqual(process.returncode, 0, process.stderr)
        return (self.folder / name / "libdigits.a").read_bytes()

    def dump_of_schedules(self, *options):
        """The archive, and the text of a dump right after scheduling."""
        archive = self.compile("first", f"--dump={self.folder / 'dump'}", *options)
        [dump] = (self.folder / "dump").glob("*_apply_schedules.tenon")
        return archive, dump.read_text()

    def given(self, text):
        """The option that gives this text as schedules."""
        (self.folder / "given").write_text(text)
        return f"--schedule={self.folder / 'given'}"

    def test_dumped_schedules_given_back_make_the_same_archive(self):
        archive, dump = self.dump_of_schedules()
        self.assertGreater(dump.count("schedule {"), 3)
        self.assertTrue(self.compile("again", self.given(dump)) == archive, "the archives differ")

        # What is given counts: without its lines each function keeps its naive loops.
        empty = re.sub(r"schedule \{\n.*?\n  \}", "schedule {\n  }", dump, flags=re.DOTALL)
        self.assertFalse(self.compile("naive", self.given(empty)) == archive,
                         "the schedules were not read")

    def test_schedules_stand_by_themselves_or_in_a_dump(self):
        _, dump = self.dump_of_schedules()
        alone = ""
        head = r"^func @(\w+)\([^\n]*\n  computes \{\n.*?\n  \}\n  schedule \{\n(.*?)\n  \}"
        for function, lines in re.findall(head, dump, flags=re.MULTILINE | re.DOTALL):
            alone += f"schedule @{function} {{\n{lines}\n}}  # of a dump\n"
        self.assertGreater(alone.count("schedule @"), 3)
        self.assertTrue(self.compile("alone", self.given(alone)) ==
                        self.compile("dumped", self.given(dump)), "the archives differ")

    def test_an_edited_factor_is_seen_in_the_loops(self):
        archive, dump = self.dump_of_schedules("--target=x86-64-v3")
        edited = dump.replace("split scaled.i2 by 8 exact", "split scaled.i2 by 4 exact")
        self.assertNotEqual(edited, dump)
        self.assertIn("for scaled.i2.v in 8 {", dump)
        again = self.compile("edited", "--target=x86-64-v3", self.given(edited),
                             f"--dump={self.folder / 'edited_dump'}")
        [scheduled] = (self.folder / "edited_dump").glob("*_apply_schedules.tenon")
        text = scheduled.read_text()
        self.assertIn("for scaled.i2.v in 16 {", text)
        self.assertIn("for vectorized scaled.i2.lane in 4 {", text)
        self.assertNotEqual(again, archive)

    def refusal(self, text):
        process = harness.run([BUILD / "tenon", "compile", DIGITS, "-o", self.folder / "refused",
                               self.given(text)])
        self.assertEqual(process.returncode, 1, process.stderr)
        self.assertFalse((self.folder / "refused").exists(), "something was written")
        return process.stderr.replace(str(self.folder / "given"), "FILE")

    def test_faults_of_schedules_name_file_and_line(self):
        self.assertIn("FILE:2:1: the schedule of @scale does not hold: split scaled.i3 by 8 exact -> "
                      "a, b: no loop is called scaled.i3; did you mean scaled.i0?",
                      self.refusal("schedule @scale {\nsplit scaled.i3 by 8 exact -> a, b\n}\n"))
        self.assertIn("FILE:3:1: the schedule names the function @scales, which the program does not "
                      "have\n  help: did you mean @scale?",
                      self.refusal("\n# by hand\nschedule @scales {\n}\n"))
        self.assertIn("FILE:4:1: @scale has a schedule already, in line 1",
                      self.refusal("schedule @scale {\n}\n\nschedule @scale {\n}\n"))
        self.assertIn("FILE:1:1: expected 'schedule @FUNCTION {'", self.refusal("split m by 4\n"))
        self.assertIn("FILE:2:1: the schedule of @scale has no closing brace",
                      self.refusal("schedule @scale {\n vectorize x\n"))
        self.assertIn("FILE:1:1: there is no schedule in this file", self.refusal("module digits\n"))
        _, dump = self.dump_of_schedules("--target=x86-64-v3")
        line = dump[:dump.index("split scaled.i2 by 8")].count("\n") + 1
        self.assertIn(f"FILE:{line}:1: the schedule of @scale does not hold: split scaled.i2 by 7",
                      self.refusal(dump.replace("split scaled.i2 by 8", "split scaled.i2 by 7")))


if __name__ == "__main__":
    unittest.main()
