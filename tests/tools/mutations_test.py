"""Mutants are the same on every run, differ from their seed, and reach every kind of damage."""
import pathlib
import random
import unittest

import onnx
import onnx.parser

import mutations

SEEDS = sorted((pathlib.Path(__file__).resolve().parent / "seeds").glob("*.onnxtxt"))


def seed(path):
    return onnx.parser.parse_model(path.read_text()).SerializeToString()


def mutants(data, count):
    return [mutations.mutant(data, random.Random(f"seed {i}")) for i in range(count)]


class Mutations(unittest.TestCase):
    def test_seeds_are_valid_models(self):
        for path in SEEDS:
            onnx.checker.check_model(seed(path), full_check=True)

    def test_mutants_are_the_same_again(self):
        self.assertEqual(mutants(seed(SEEDS[0]), 30), mutants(seed(SEEDS[0]), 30))

    def test_no_mutant_is_its_seed(self):
        for path in SEEDS:
            data = seed(path)
            self.assertNotIn(data, [mutant for mutant, _ in mutants(data, 50)])

    def test_every_mutation_happens(self):
        done = " ".join(text for _, texts in mutants(seed(SEEDS[0]), 300) for text in texts)
        for word in ("bits flipped", "truncated", "cut", "dimension =", "Attribute", "tensor '",
                     "operand", "is a", "node[", "cleared"):
            self.assertIn(word, done)


if __name__ == "__main__":
    unittest.main()
