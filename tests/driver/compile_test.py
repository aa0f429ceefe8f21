"""What `tenon compile` writes, for each of its options.

    tenon compile m.onnx -o out --rename x.1=pixels   ->  out/m.h has `const float *pixels`
    manifest.json                                     ->  every file that the build read, by hash
"""
import hashlib
import json
import re
import subprocess
import unittest

import numpy as np
import onnx
from onnx import TensorProto, numpy_helper

from small_models import DIGITS, CommandLineTest, save

FLOATS = (TensorProto.FLOAT, ["batch", 3])


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


class Compile(CommandLineTest):
    def setUp(self):
        super().setUp()
        self.out = self.folder / "out"

    def model(self):
        """positive = relu(x.1), negated = -x.1, the nodes node0 and node1."""
        return save(self.folder / "pair.onnx",
                    [("Relu", ["x.1"], ["positive"]), ("Neg", ["x.1"], ["negated"])],
                    {"x.1": FLOATS}, {"positive": FLOATS, "negated": FLOATS})

    def compile(self, model, *options):
        return self.succeed("compile", model, "-o", self.out, *options)

    def manifest(self):
        return json.loads((self.out / "manifest.json").read_text())

    def files(self):
        return sorted(path.name for path in self.out.iterdir())


class Files(Compile):
    def test_each_option_adds_its_files(self):
        plain = ["libdigits.a", "digits.h", "digits.hpp", "manifest.json"]
        for options, more in (([], []), (["--emit=lib"], []), (["--emit=obj"], ["digits.o"]),
                              (["--emit", "llvm-ir,asm"], ["digits.ll", "digits.s"]),
                              (["--pool"], ["libtenon_pool.a", "tenon_pool.h"]),
                              (["--weights=file"], ["digits_weights.bin"])):
            self.out = self.folder / "_".join(["out", *options])
            self.compile(DIGITS, *options)
            self.assertEqual(self.files(), sorted(plain + more))
            for file in self.manifest()["files"]:
                self.assertEqual(file["sha256"], sha256(self.out / file["name"]))

    def test_name(self):
        self.compile(DIGITS, "--name", "reader")
        self.assertIn("reader.h", self.files())
        self.assertIn("reader_run(", (self.out / "reader.h").read_text())
        self.refuse("compile", DIGITS, "-o", self.out, "--name", "tn", message="tn",
                    help="choose another name with --name")

    def test_files_of_others_are_kept(self):
        self.out.mkdir()
        (self.out / "digits.h").write_text("mine")
        self.refuse("compile", DIGITS, "-o", self.out, message="digits.h", help="--force")
        self.assertEqual((self.out / "digits.h").read_text(), "mine")
        self.compile(DIGITS, "--force")
        self.assertNotEqual((self.out / "digits.h").read_text(), "mine")

    def test_visibility(self):
        for options, visibility in ([], "HIDDEN"), (["--visibility=default"], "DEFAULT"):
            self.compile(DIGITS, *options)
            symbols = subprocess.run(["readelf", "-sW", self.out / "libdigits.a"],
                                     capture_output=True, text=True, check=True).stdout
            self.assertRegex(symbols, rf"FUNC +GLOBAL +{visibility} +\d+ digits_run\n")
        self.refuse("compile", DIGITS, "-o", self.out, "--visibility", "none",
                    message="--visibility")

    def test_rename(self):
        model = self.model()
        self.compile(model, "--dim", "batch=1..4", "--rename", "x.1=pixels", "--rename",
                     "batch=rows")
        header = (self.out / "pair.h").read_text()
        self.assertRegex(header, r"const float \*pixels;")
        self.assertRegex(header, r"int64_t rows;")
        self.assertEqual(self.manifest()["inputs"][0]["identifier"], "pixels")
        words = ["compile", model, "-o", self.out, "--dim", "batch=1..4", "--rename"]
        self.refuse(*words, "x.2=pixels", message="x.2")
        self.refuse(*words, "x.1=9", message="9")
        self.refuse(*words, "x.1", message="--rename x.1", help="the form is --rename NAME=VALUE")

    def test_depfile(self):
        self.compile(DIGITS, "--depfile", self.folder / "digits.d")
        self.assertEqual((self.folder / "digits.d").read_text(),
                         f"{self.out}/libdigits.a: {DIGITS}\n")


class Summary(Compile):
    def test_what_the_library_needs(self):
        # Copies and fills of digits' sizes need no function of libc; those of a wide one do.
        model = save(self.folder / "relu.onnx", [("Relu", ["x"], ["y"])],
                     {"x": (TensorProto.FLOAT, [2])}, {"y": (TensorProto.FLOAT, [2])})
        for path in DIGITS, model:
            text = self.compile(path, "--name", "m").stdout
            needed = self.manifest()["undefined_symbols"]
            self.assertIn(f"  needs    {' '.join(needed) or 'nothing'}; processor: ", text)
            self.assertRegex(text, r"(?m)^link: cc program\.c -I\S+ \S+/libm\.a$")

    def test_json_is_all_that_is_on_stdout(self):
        process = self.compile(DIGITS, "--json")
        result = json.loads(process.stdout)
        for key in ("name", "model", "target", "files", "code_bytes", "weights_bytes",
                    "arena_bytes", "stack_bytes", "undefined_symbols", "cpu_features"):
            self.assertIn(key, result)
        self.assertEqual([file["name"] for file in result["files"]],
                         [file["name"] for file in self.manifest()["files"]])
        self.assertEqual(process.stderr, "")


class Manifest(Compile):
    """manifest.json says what the build read and which options its bytes depend on."""

    def test_external_data_are_listed(self):
        weight = numpy_helper.from_array(np.arange(600, dtype=np.float32).reshape(3, 200), "w")
        model = save(self.folder / "dense.onnx", [("MatMul", ["x", "w"], ["y"])],
                     {"x": (TensorProto.FLOAT, [2, 3])}, {"y": (TensorProto.FLOAT, [2, 200])},
                     [weight])
        onnx.save(onnx.load(model), model, save_as_external_data=True, location="dense.data",
                  size_threshold=0)
        self.compile(model)
        self.assertEqual(self.manifest()["model"]["files"], [
            {"name": name, "sha256": sha256(self.folder / name),
             "bytes": (self.folder / name).stat().st_size}
            for name in ("dense.onnx", "dense.data")])
        self.assertNotIn(str(self.folder), (self.out / "manifest.json").read_text())

    def test_the_schedule_is_listed(self):
        self.succeed("run", DIGITS, "--target", "x86-64-v3", "--dump", self.folder / "dump")
        [dump] = (self.folder / "dump").glob("*_loop_lower_to_loop.tenon")
        function = re.search(r"func @([\w.]+)\(", dump.read_text()).group(1)
        schedule = self.folder / "all.schedule"
        schedule.write_text(f"schedule @{function} {{\n}}\n")
        self.compile(DIGITS, "--schedule", schedule)
        manifest = self.manifest()
        self.assertEqual(manifest["schedules"], [
            {"name": "all.schedule", "sha256": sha256(schedule),
             "bytes": schedule.stat().st_size}])
        self.assertEqual(manifest["options"], "--target=x86-64-v3 --schedule=all.schedule")
        self.assertNotIn(str(self.folder), (self.out / "manifest.json").read_text())
        self.compile(DIGITS)
        self.assertEqual(self.manifest()["schedules"], [])

    def test_options_that_change_bytes(self):
        model = self.model()
        for options, text in (
                (["--dim", "batch=1..4"], "--target=x86-64-v3 --dim batch=1..4"),
                (["--shape", "x.1=2,3", "--no-schedule"],
                 "--target=x86-64-v3 --shape x.1=2,3 --no-schedule"),
                (["--dim", "batch=2", "--visibility=default", "--rename", "x.1=in1"],
                 "--target=x86-64-v3 --dim batch=2 --visibility=default --rename x.1=in1"),
                (["--dim", "batch=1..4", "--selftest", "--at", "batch=3", "--target",
                  "x86-64-v2"],
                 "--target=x86-64-v2 --dim batch=1..4 --selftest --at batch=3"),
                (["--dim", "batch=2", "--debug-info"],
                 "--target=x86-64-v3 --dim batch=2 --debug-info"),
                (["--dim", "batch=2", "--cpu", "x86-64-v3", "--features", "+avx512f"],
                 "--cpu=x86-64-v3 --features=+avx512f --dim batch=2")):
            self.compile(model, *options)
            self.assertEqual(self.manifest()["options"], text)


class SelfTest(Compile):
    def test_golden_vectors_are_those_of_one_target(self):
        """The bytes of a bundle do not depend on the machine that makes it."""
        for target in "x86-64-v2", "x86-64-v3":
            self.compile(DIGITS, "--target", target, "--selftest")
            # The same seed as the self-test's.
            self.succeed("run", DIGITS, "--target", "x86-64-v2", "--seed", "20", "--outputs",
                         self.folder / "golden.npz")
            golden = np.load(self.folder / "golden.npz")["probabilities"].tobytes()
            self.assertIn(golden, (self.out / "libdigits.a").read_bytes())

    def test_each_output_has_the_node_that_gives_it(self):
        self.compile(self.model(), "--dim", "batch=1..4", "--selftest")
        archive = (self.out / "libpair.a").read_bytes()
        found = re.findall(rb"the self-test found a wrong result at node ([\w./-]*)", archive)
        self.assertEqual(sorted(found), [b"node0", b"node1"])


if __name__ == "__main__":
    unittest.main()
