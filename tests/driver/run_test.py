"""Where `tenon run` takes inputs from and puts outputs, and what `tenon bench` reports.

    tenon run digits.onnx --data DIR --output-dir OUT   ->  OUT/output_0.pb
    tenon bench digits.onnx --json                      ->  one JSON object on stdout
"""
import json
import os
import pty
import subprocess
import unittest

import numpy as np
import onnx
from onnx import TensorProto, numpy_helper

from small_models import BUILD, DIGITS, CommandLineTest, save

IMAGE = np.arange(64, dtype=np.float32).reshape(1, 1, 8, 8) / 4


class Inputs(CommandLineTest):
    def outputs(self, *options):
        self.succeed("run", DIGITS, *options, "--outputs", self.folder / "out.npz")
        return np.load(self.folder / "out.npz")["probabilities"]

    def test_all_sources_and_places_agree(self):
        np.savez(self.folder / "in.npz", image=IMAGE)
        np.save(self.folder / "image.npy", IMAGE)
        data = self.folder / "data"
        data.mkdir()
        (data / "input_0.pb").write_bytes(numpy_helper.from_array(IMAGE).SerializeToString())
        expected = self.outputs("--inputs", self.folder / "in.npz")
        self.assertEqual(expected.shape, (1, 10))
        self.assertAlmostEqual(float(expected.sum()), 1, places=5)
        for options in (["--input", f"image={self.folder / 'image.npy'}"], ["--data", data],
                        ["--data", data, "--threads", "2"]):
            np.testing.assert_array_equal(self.outputs(*options), expected)
        interpreted = self.outputs("--data", data, "--backend", "interpreter")
        np.testing.assert_array_equal(interpreted, expected)

        folder = self.folder / "made" / "here"
        self.succeed("run", DIGITS, "--data", data, "--output-dir", folder)
        tensor = onnx.TensorProto.FromString((folder / "output_0.pb").read_bytes())
        self.assertEqual(tensor.name, "probabilities")
        np.testing.assert_array_equal(numpy_helper.to_array(tensor), expected)
        # The two folders together are a test for verify.
        (data / "output_0.pb").write_bytes((folder / "output_0.pb").read_bytes())
        self.succeed("verify", DIGITS, "--data", data, "--rtol", "0", "--atol", "0")

    def test_a_seed_means_the_same_inputs(self):
        first, again, other = (self.outputs("--seed", seed) for seed in ("1", "1", "2"))
        np.testing.assert_array_equal(first, again)
        self.assertFalse((first == other).all())

    def test_the_summary_says_target_and_seed(self):
        text = self.succeed("run", DIGITS, "--target", "x86-64-v2", "--seed", "5").stdout
        self.assertRegex(text, r"^target x86-64-v2, compiled in \d+\.\d\d s\n"
                               r"inputs: seeded, --seed=5\nprobabilities : f32\[1, 10\] ")

    def test_inputs_that_do_not_fit(self):
        for array, message in ((IMAGE.astype(np.float64), "f64[1, 1, 8, 8]"),
                               (IMAGE[:, :, :7], "f32[1, 1, 7, 8]")):
            np.savez(self.folder / "in.npz", image=array)
            self.refuse("run", DIGITS, "--inputs", self.folder / "in.npz",
                        message=f'the input "image" is {message}, expected is f32[1, 1, 8, 8]')

    def test_an_input_that_is_not_given(self):
        kind = (TensorProto.FLOAT, [2])
        model = save(self.folder / "sum.onnx", [("Add", ["a", "b"], ["y"])],
                     {"a": kind, "b": kind}, {"y": kind})
        np.savez(self.folder / "in.npz", a=np.ones(2, np.float32))
        self.refuse("run", model, "--inputs", self.folder / "in.npz",
                    message='the input "b" is not given', help="it is f32[2]")


class MalformedFiles(CommandLineTest):
    def check_npy(self, data, message):
        (self.folder / "x.npy").write_bytes(data)
        self.refuse("run", DIGITS, "--input", f"image={self.folder / 'x.npy'}", message=message)

    def test_npy(self):
        np.save(self.folder / "x.npy", IMAGE)
        good = (self.folder / "x.npy").read_bytes()
        self.check_npy(b"", "this is no .npy file")
        self.check_npy(b"text, not an array", "this is no .npy file")
        self.check_npy(good[:20], "the .npy header is cut off")
        self.check_npy(good[:-1], "the array has 255 bytes, and its shape needs 256")
        self.check_npy(good.replace(b"'<f4'", b"'>f4'"), "is not supported")
        self.check_npy(good.replace(b"descr", b"descx"), "the .npy header has no descr")
        self.check_npy(good.replace(b"False", b"True "), "the array is in Fortran order")
        self.check_npy(good.replace(b"(1, 1, 8, 8)", b"(999999999999999)"), "the array is too large")
        self.check_npy(good.replace(b"(1, 1, 8, 8)", b"[1, 1, 8, 8]"), "no valid shape")

    def test_npz(self):
        np.savez(self.folder / "x.npz", image=IMAGE)
        good = (self.folder / "x.npz").read_bytes()
        for data in b"", b"PK, and no archive", good[:100]:
            (self.folder / "x.npz").write_bytes(data)
            self.refuse("run", DIGITS, "--inputs", self.folder / "x.npz",
                        message="this is no readable .npz file")

    def test_pb(self):
        tensor = numpy_helper.from_array(IMAGE)
        tensor.dims[3] = 9
        for data in b"\xff\xff\xff", tensor.SerializeToString():
            (self.folder / "input_0.pb").write_bytes(data)
            self.refuse("run", DIGITS, "--data", self.folder, message="input_0.pb")


class Bench(CommandLineTest):
    KEYS = ["model", "target", "threads", "min_ms", "median_ms", "runs", "compile_s",
            "compile_peak_rss_mb", "arena_bytes", "weights_bytes", "code_bytes"]

    def test_json_is_all_that_is_on_stdout(self):
        process = self.succeed("bench", DIGITS, "--json", "--seconds", "0.01", "--threads", "1",
                               "--target", "x86-64-v3")
        result = json.loads(process.stdout)
        self.assertEqual([key for key in result if key in self.KEYS], self.KEYS)
        self.assertEqual((result["model"], result["target"], result["threads"]),
                         ("digits.onnx", "x86-64-v3", 1))
        self.assertLess(0, result["min_ms"])
        self.assertLessEqual(result["min_ms"], result["median_ms"])
        self.assertGreaterEqual(result["runs"], 3)
        for key in self.KEYS[6:]:
            self.assertGreater(result[key], 0, key)

    def test_profile(self):
        process = self.succeed("bench", DIGITS, "--json", "--seconds", "0.01", "--profile")
        rows = json.loads(process.stdout)["profile"]
        self.assertTrue(any("/conv1" in row["nodes"] for row in rows))
        for row in rows:
            self.assertGreater(row["ms"], 0)

    def test_text(self):
        process = self.succeed("bench", DIGITS, "--seconds", "0.01")
        self.assertRegex(process.stdout, r"^digits.onnx on \S+, 1 thread: median \d+\.\d+ ms, "
                                         r"best \d+\.\d+ ms of \d+ runs; compiled in \d")
        self.assertEqual(process.stderr, "")

    def test_progress_on_a_terminal(self):
        screen, terminal = pty.openpty()
        process = subprocess.run([BUILD / "tenon", "bench", DIGITS, "--seconds", "0.6"],
                                 stdout=subprocess.PIPE, stderr=terminal, check=True)
        os.close(terminal)
        text = os.read(screen, 65536).decode()
        os.close(screen)
        self.assertIn("measuring: 0.0 of 0.6 s", text)
        self.assertRegex(text, r"measuring: 0\.[1-5] of 0\.6 s")
        self.assertTrue(text.endswith("\r\x1b[K"))  # the line is cleared
        self.assertNotIn(b"measuring", process.stdout)


if __name__ == "__main__":
    unittest.main()
