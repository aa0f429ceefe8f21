"""fill.py makes the same bytes everywhere, and leaves alone what it has made."""
import hashlib
import pathlib
import tempfile
import unittest

import numpy as np

import fill


class Fill(unittest.TestCase):
    def test_stream_is_splitmix64(self):
        """The outputs for state 0 that the generator's authors publish."""
        self.assertEqual([hex(value) for value in fill.splitmix64(0, 0, 3)],
                         ["0xe220a8397b1dcdaf", "0x6e789e6aa1b965f4", "0x6c45d188009454f"])

    def test_stream_can_be_made_in_parts(self):
        whole = fill.unit_values(7, 0, 1000)
        parts = [fill.unit_values(7, first, 250) for first in range(0, 1000, 250)]
        np.testing.assert_array_equal(whole, np.concatenate(parts))

    def test_values_have_mean_0_and_variance_1(self):
        values = fill.unit_values(3, 0, 100000)
        self.assertLess(abs(values.mean()), 0.02)
        self.assertLess(abs(values.var() - 1), 0.02)

    def test_kws_has_its_bytes(self):
        with tempfile.TemporaryDirectory() as folder:
            fill.fill("kws", pathlib.Path(folder))
            weights = pathlib.Path(folder, "kws.weights").read_bytes()
        self.assertEqual(hashlib.sha256(weights).hexdigest(), KWS_SHA256)

    def test_filled_models_are_left_alone(self):
        with tempfile.TemporaryDirectory() as folder:
            fill.fill("kws", pathlib.Path(folder))
            before = {path: path.stat().st_mtime_ns for path in pathlib.Path(folder).iterdir()}
            fill.fill("kws", pathlib.Path(folder))
            self.assertEqual(before, {path: path.stat().st_mtime_ns for path in before})

    def test_inputs_follow_the_catalog(self):
        inputs = fill.make_inputs(fill.FOLDER / "bert_mini.onnx", {"seq": 9})
        self.assertEqual(inputs["input_ids"].shape, (2, 9))
        self.assertLess(inputs["input_ids"].max(), 2000)
        self.assertTrue((inputs["attention_mask"] == 1).all())


KWS_SHA256 = "96c57e2ab302006f03c87d89ff30024403dff364f3311f8b324bc82867990c32"

if __name__ == "__main__":
    unittest.main()
