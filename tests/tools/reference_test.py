"""The measure of difference sees what it should: sizes, shapes, types, NaN, infinities, absence."""
import unittest

import numpy as np

import reference


def f32(*values):
    return np.array(values, np.float32)


class Difference(unittest.TestCase):
    def test_is_relative_to_the_largest_magnitude(self):
        self.assertAlmostEqual(reference.difference(f32(1, 99), f32(1, 100)), 0.01)

    def test_of_other_shapes_or_types_is_infinite(self):
        self.assertEqual(reference.difference(f32(1, 2), f32(1)), np.inf)
        self.assertEqual(reference.difference(f32(1), np.array([1.0])), np.inf)

    def test_nan_matches_nan_only(self):
        self.assertEqual(reference.difference(f32(np.nan, 1), f32(np.nan, 1)), 0)
        self.assertEqual(reference.difference(f32(0, 1), f32(np.nan, 1)), np.inf)
        self.assertEqual(reference.difference(f32(np.nan, 1), f32(0, 1)), np.inf)

    def test_infinities_keep_their_sign(self):
        self.assertEqual(reference.difference(f32(np.inf, 1), f32(np.inf, 1)), 0)
        self.assertEqual(reference.difference(f32(-np.inf, 1), f32(np.inf, 1)), np.inf)

    def test_anything_differs_from_zeros(self):
        self.assertEqual(reference.difference(f32(0, 0), f32(0, 0)), 0)
        self.assertEqual(reference.difference(f32(0, 1e-20), f32(0, 0)), np.inf)

    def test_of_large_integers_is_exact(self):
        found, expected = np.array([2**62 + 1]), np.array([2**62])
        self.assertGreater(reference.difference(found, expected), 0)

    def test_of_booleans_and_of_nothing(self):
        self.assertEqual(reference.difference(np.array([True]), np.array([False])), 1)
        self.assertEqual(reference.difference(f32(), f32()), 0)

    def test_outputs_must_have_the_same_names(self):
        self.assertEqual(reference.compare({"y": f32(1)}, {"y": f32(1), "z": f32(1)}), np.inf)
        self.assertEqual(reference.compare({"y": f32(1)}, {"y": f32(1)}), 0)


if __name__ == "__main__":
    unittest.main()
