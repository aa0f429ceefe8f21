"""Shows that check_includes.py finds what it must: each test writes a small tree and reads the complaints."""
import pathlib
import tempfile
import unittest

import check_includes


def complaints(files):
    """All complaints about a tree given as {path: text}."""
    with tempfile.TemporaryDirectory() as name:
        root = pathlib.Path(name)
        for path, text in files.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text)
        return [line for lines in check_includes.check(root).values() for line in lines]


class CheckIncludes(unittest.TestCase):
    def test_allows_the_arrows(self):
        self.assertEqual([], complaints({
            "support/text.h": "#include <string>\n",
            "ir/expr/expr.h": '#include "support/text.h"\n',
            "ir/high/graph.h": '#include "ir/expr/expr.h"\n#include "support/text.h"\n',
            "driver/pipeline.cpp": '#include "ir/high/graph.h"\n',
        }))

    def test_refuses_an_include_against_the_arrows(self):
        found = complaints({"ir/high/graph.h": "", "ir/loop/nodes.h": '\n#include "ir/high/graph.h"\n'})
        self.assertEqual(["ir/loop/nodes.h:2: ir/loop may not include ir/high/graph.h"], found)

    def test_refuses_schedules_in_code_generators(self):
        found = complaints({"schedule/split.h": "", "codegen/llvm/emit.cpp": '#include "schedule/split.h"\n'})
        self.assertEqual(["codegen/llvm/emit.cpp:1: codegen/llvm may not include schedule/split.h"], found)

    def test_refuses_a_relative_include(self):
        found = complaints({"ir/loop/nodes.h": "", "ir/loop/text.h": '#include "nodes.h"\n'})
        self.assertEqual(['ir/loop/text.h:1: "nodes.h" is no path from the root of the repository'], found)

    def test_allows_a_prelude_its_own_names(self):
        self.assertEqual([], complaints({"codegen/cuda/prelude/tn_cuda.h": '#include "tn_gpu.h"\n'}))

    def test_refuses_onnx_outside_the_frontend(self):
        found = complaints({"frontend/load.cpp": "#include <onnx/onnx_pb.h>\n",
                            "ir/high/graph.h": "#include <onnx/onnx_pb.h>\n"})
        self.assertEqual(["ir/high/graph.h:1: ir/high may not include <onnx/onnx_pb.h>: only frontend may"], found)

    def test_refuses_cpp_headers_in_the_runtime(self):
        found = complaints({"runtime/pool.c": "#include <pthread.h>\n#include <vector>\n"})
        self.assertEqual(["runtime/pool.c:2: runtime may include libc only, not <vector>"], found)

    def test_refuses_a_cycle(self):
        found = complaints({"ir/loop/a.h": '#include "ir/loop/b.h"\n', "ir/loop/b.h": '#include "ir/loop/a.h"\n'})
        self.assertEqual(["ir/loop/a.h -> ir/loop/b.h -> ir/loop/a.h"], found)

    def test_refuses_a_folder_without_arrows(self):
        self.assertEqual(["codegen/metal: not in ARROWS"], complaints({"codegen/metal/emit.h": ""}))


if __name__ == "__main__":
    unittest.main()
