"""Schedules that ask for more than a GPU has: `tenon compile --target cuda --schedule=FILE` says what, how much there
is and what to change, and writes nothing.

    unroll 64 by 64 elements   ->   error: the kernel p_product is 12288 statements long ..., exit status 1
"""
import os
import sys
import unittest

from onnx import TensorProto

from small_models import CommandLineTest, save

os.environ["VIRTUAL_ENV"] = sys.prefix  # where NVRTC may be installed

BLOCKS = """
  split y.m by {tile} exact -> mo, mi
  split y.n by {columns} exact -> no, ni"""
GRID = """
  bind mo to grid
  bind no to grid"""
UNROLLED = BLOCKS + """
  reorder mo, no, y.k, mi, ni
  unroll mi, ni
  cache_write y in register at no""" + GRID


class Limits(CommandLineTest):
    def setUp(self):
        super().setUp()
        shapes = {name: (TensorProto.FLOAT, shape)
                  for name, shape in {"x": [512, 64], "w": [64, 512], "y": [512, 512]}.items()}
        self.model = save(self.folder / "p.onnx", [("MatMul", ["x", "w"], ["y"])],
                          {name: shapes[name] for name in "xw"}, {"y": shapes["y"]})
        self.out = self.folder / "out"
        process = self.call("compile", self.model, "-o", self.folder / "plain", "--target", "cuda",
                            "--gpu-arch", "sm_80", "--dump", self.folder / "dump")
        if "no compiler for kernels" in process.stderr:
            self.skipTest("NVRTC is not installed")
        self.assertEqual(process.returncode, 0, process.stderr)

    def words(self, lines):
        schedule = self.folder / "schedule.txt"
        schedule.write_text("schedule @node0 {" + lines + "\n}\n")
        return ["compile", self.model, "-o", self.out, "--target", "cuda", "--gpu-arch", "sm_80",
                "--schedule", schedule]

    def expect_refused(self, lines, message, help):
        process = self.refuse(*self.words(lines), message=message, help=help)
        self.assertIn("1 error; nothing was written", process.stderr)
        self.assertFalse(self.out.exists())

    def test_shared_memory_of_one_window(self):
        self.expect_refused(BLOCKS.format(tile=512, columns=512) + """
  reorder mo, no, mi, ni
  cache_read w in shared at no -> w.s""",
                            "a window of 131072 bytes does not fit in shared memory, of which a "
                            "block has 49152", "help")

    def test_code(self):
        self.expect_refused(UNROLLED.format(tile=64, columns=64),
                            "statements long where its loops are unrolled, and at most 2000 are "
                            "compiled; unroll less in the schedule of @node0", "--schedule")

    def test_registers_that_do_not_suffice_are_shown_as_spilled(self):
        process = self.succeed(*self.words(UNROLLED.format(tile=32, columns=16)))
        row = next(line for line in process.stdout.splitlines() if line.startswith("p_node0"))
        registers, spilled = int(row.split()[2]), int(row.split()[4])
        self.assertEqual(registers, 255)
        self.assertGreater(spilled, 0)


if __name__ == "__main__":
    unittest.main()
