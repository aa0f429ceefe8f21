"""`tenon compile --target cuda` and `--emit=cuda`: what is written links, and runs against a libcuda.so.1 over the
emulator, which checks every call.

    tenon compile digits.onnx -o out --target cuda   ->   libdigits.a, digits.h: needs dlopen, dlsym, memcpy, memset
    tenon compile digits.onnx -o out --emit=cuda     ->   a tree that a C compiler makes the same library of
"""
import json
import os
import re
import shutil
import subprocess
import sys
import unittest
import unittest.mock

import numpy as np
from onnx import TensorProto, numpy_helper

from small_models import BUILD, DIGITS, SOURCE, CommandLineTest, harness, save

sections = harness.load_module(SOURCE / "tests" / "bundle" / "sections.py")

os.environ["VIRTUAL_ENV"] = sys.prefix  # where NVRTC may be installed
FAKE = BUILD / "tests" / "runtime" / "cuda" / "fake"
IMAGE = np.arange(64, dtype=np.float32).reshape(1, 1, 8, 8) / 4
MLP_OPTIONS = ["--gpu-arch", "sm_80,sm_90", "--dim", "batch=1..16"]
AARCH64 = ["--target=aarch64-linux-gnu"]
WARNINGS = ["-Wall", "-Wextra", "-Werror"]


class Compiled(CommandLineTest):
    def compile(self, *options, model=DIGITS):
        process = self.call("compile", model, "-o", self.folder / "out", *options)
        if "no compiler for kernels" in process.stderr:
            self.skipTest("NVRTC is not installed")
        self.assertEqual(process.returncode, 0, process.stdout + process.stderr)
        return self.folder / "out"

    def tree(self):
        return self.compile("--emit=cuda", "--gpu-arch", "sm_80,sm_90,compute_75")

    def make(self, *command):
        process = subprocess.run([str(word) for word in command], capture_output=True, text=True)
        self.assertEqual(process.returncode, 0, process.stdout + process.stderr)
        return process.stdout

    def program(self, library, include):
        self.make("cc", "-std=c11", *WARNINGS, f"-I{include}", SOURCE / "tests/driver/cuda_program.c",
                  library, "-o", self.folder / "program", "-ldl")

    def run_program(self, kernels, capability=90, version=13000, arguments=()):
        environment = {**os.environ, "LD_LIBRARY_PATH": str(FAKE), "TENON_FAKE_KERNELS": str(kernels),
                       "TENON_FAKE_CAPABILITY": str(capability), "TENON_FAKE_VERSION": str(version)}
        return subprocess.run([self.folder / "program", *arguments], input=" ".join(map(str, IMAGE.flat)),
                              capture_output=True, text=True, env=environment)

    def expect_right(self, process, variant):
        self.assertEqual(process.returncode, 0, process.stdout + process.stderr)
        np.savez(self.folder / "in.npz", image=IMAGE)
        self.succeed("run", DIGITS, "--inputs", self.folder / "in.npz", "--outputs",
                     self.folder / "out.npz")
        expected = np.load(self.folder / "out.npz")["probabilities"][0]
        text, run, graph = process.stdout.splitlines()
        self.assertIn(f"runs {variant}", text)
        for line in run, graph:
            np.testing.assert_allclose(np.array(line.split(), np.float32), expected, rtol=1e-5)

    def test_a_library_for_all_architectures(self):
        out = self.compile("--target", "cuda")
        undefined = set(self.make("nm", "-u", out / "libdigits.a").split()) - {"U", "digits.o:"}
        self.assertEqual(undefined, {"dlopen", "dlsym", "memcpy", "memset"})
        manifest = json.loads((out / "manifest.json").read_text())
        self.assertEqual({file["name"] for file in manifest["files"]}, {"digits.h", "digits.hpp", "libdigits.a"})
        self.program(out / "libdigits.a", out)
        kernels = self.folder / "kernels"
        shutil.rmtree(out)
        shutil.copytree(self.tree() / "kernels", kernels)
        for capability in 75, 80, 86, 89, 90, 100, 120:
            self.expect_right(self.run_program(kernels, capability), f"sm_{capability}")
        # Machine code runs on any driver of its major version; PTX asks for one as new as itself.
        self.expect_right(self.run_program(kernels, 110, 13090), "PTX of compute_80")
        refused = self.run_program(kernels, 61)
        self.assertEqual(refused.returncode, 1, refused.stderr)
        self.assertRegex(refused.stdout, "compute capability 6.1.*no code for it; the library holds sm_75")
        refused = self.run_program(kernels, 90, 9000)
        self.assertRegex(refused.stdout, "driver for CUDA 9.0: the driver is too old")

    def test_the_manifest_tells_what_each_variant_takes(self):
        tree = self.tree()
        manifest = json.loads((tree / "manifest.json").read_text())
        self.assertIn(f"_ABI {manifest['abi']}u", (tree / "digits.h").read_text())
        gpu = manifest["gpu"]
        self.assertRegex(gpu["compiler"], r"^NVRTC \d+\.\d+$")
        self.assertEqual(gpu["least_driver"],
                         min(variant["least_driver"] for variant in gpu["variants"]))
        self.assertEqual([(variant["architecture"], variant["kind"]) for variant in gpu["variants"]],
                         [("sm_80", "cubin"), ("sm_90", "cubin"), ("compute_75", "ptx")])
        names = {path.stem for path in (tree / "kernels").glob("*.cu")}
        for variant in gpu["variants"]:
            images = tree / "images" / variant["architecture"]
            end = 1 if variant["kind"] == "ptx" else 0  # the library ends each text with a 0
            self.assertEqual(variant["image_bytes"],
                             sum(path.stat().st_size + end for path in images.iterdir()))
            self.assertGreaterEqual(variant["launches"], len(names))
            self.assertEqual({kernel["name"] for kernel in variant["kernels"]}, names)
            for kernel in variant["kernels"]:
                text = (tree / "kernels" / f"{kernel['name']}.cu").read_text()
                self.assertIn(f"TN_KERNEL({kernel['threads']}) {kernel['name']}(", text)
                self.assertNotRegex(text, r"\basm\b|__asm|#include")  # calls tn_ functions instead
                self.assertEqual("registers" in kernel, variant["kind"] == "cubin")
                if "registers" in kernel:
                    self.assertTrue(0 < kernel["registers"] <= 255, kernel)
                    self.assertEqual(kernel["spill_bytes"], 0, kernel)

    def test_the_wrapper_for_cpp(self):
        rows = (TensorProto.FLOAT, ["batch", 8])
        model = save(self.folder / "clip.onnx", [("Relu", ["x"], ["y"])], {"x": rows}, {"y": rows})
        out = self.compile("--target", "cuda", "--gpu-arch", "sm_90", "--dim", "batch=1..16", model=model)
        tree = self.folder / "tree"
        self.succeed("compile", model, "-o", tree, "--emit=cuda", "--gpu-arch", "sm_90", "--dim",
                     "batch=1..16")
        self.assertEqual((tree / "clip.hpp").read_bytes(), (out / "clip.hpp").read_bytes())
        self.make("c++", "-std=c++17", *WARNINGS, f"-I{out}", SOURCE / "tests/driver/programs/cuda_wrapper.cpp",
                  out / "libclip.a", "-o", self.folder / "program", "-ldl")
        process = self.run_program(tree / "kernels")
        self.assertEqual(process.returncode, 0, process.stdout + process.stderr)

    def mlp(self):
        """A model with weights, an arena and a dimension, and the values that each kernel takes."""
        rows, columns = (TensorProto.FLOAT, ["batch", 64]), (TensorProto.FLOAT, ["batch", 32])
        numbers = np.random.default_rng(5).standard_normal((64, 32), np.float32)
        model = save(self.folder / "mlp.onnx", [("MatMul", ["x", "w"], ["h"]), ("Softmax", ["h"], ["y"])],
                     {"x": rows}, {"y": columns}, [numpy_helper.from_array(numbers, "w")])
        tree = self.compile("--emit=cuda", *MLP_OPTIONS, model=model).rename(self.folder / "tree")
        words = []
        for path in sorted((tree / "kernels").glob("*.cu")):
            [parameters] = re.findall(rf"{path.stem}\((.*?)\)", path.read_text(), re.DOTALL)
            words.append(f"{path.stem}={parameters.count(',') + 1}")
        return model, words

    def trace(self, out, *words, flags=(), emulator=()):
        """Each call of the driver that a program makes through the library."""
        self.make("clang-19", *flags, "-std=c11", "-O1", *WARNINGS, "-static", "-fuse-ld=lld", f"-I{out}",
                  SOURCE / "tests/driver/cuda_trace.c", out / "libmlp.a", "-o", self.folder / "trace")
        return self.make(*emulator, self.folder / "trace", *words)

    def test_hosts_of_other_processors_make_the_same_calls(self):
        """The host part for AArch64, under qemu: call by call what that for x86-64 does."""
        model, words = self.mlp()
        traces = []
        for host, flags, emulator in [("x86-64-v2", [], []), ("neoverse-n1", AARCH64, ["qemu-aarch64"]),
                                      ("cortex-a53", AARCH64, ["qemu-aarch64", "-cpu", "cortex-a53"])]:
            out = self.compile("--target", "cuda", "--host-target", host, *MLP_OPTIONS, model=model)
            manifest = json.loads((out / "manifest.json").read_text())
            self.assertEqual(manifest["triple"].split("-")[0], "aarch64" if flags else "x86_64")
            self.assertEqual(manifest["undefined_symbols"], ["dlopen", "dlsym", "memcpy", "memset"])
            traces.append(self.trace(out, *words, flags=flags, emulator=emulator))
            shutil.rmtree(out)
        self.assertIn("launch mlp_", traces[0])
        self.assertIn("has no cuGraphLaunch; the library holds sm_80, sm_90\n", traces[0])
        self.assertIn(": runs sm_80\n", traces[0])
        self.assertIn("batch is outside 1..16", traces[0])
        self.assertEqual(traces[0], traces[1])
        self.assertEqual(traces[0], traces[2])

    def test_weights_in_a_file(self):
        model, words = self.mlp()
        out = self.compile("--target", "cuda", *MLP_OPTIONS, model=model)
        inside = self.trace(out, *words)
        out = self.compile("--target", "cuda", *MLP_OPTIONS, "--weights=file", model=model)
        file = out / "mlp_weights.bin"
        self.assertEqual(file.stat().st_size, 64 + 4 * 64 * 32 + 64)
        self.assertRegex(inside, r"upload 8192 of sum [0-9a-f]{8} to")
        self.assertEqual(self.trace(out, *words, f"weights={file}"), inside)
        self.assertIn("no weights given: they are in mlp_weights.bin", self.trace(out, *words))
        file.write_bytes(file.read_bytes()[:4096])
        self.assertIn("the weights file is cut short", self.trace(out, *words, f"weights={file}"))

    def test_the_selftest(self):
        options = ["--gpu-arch", "sm_90", "--selftest"]
        tree = self.compile("--emit=cuda", *options).rename(self.folder / "tree")
        self.make("cmake", "-S", tree, "-B", tree / "build")
        self.make("cmake", "--build", tree / "build")
        library = self.compile("--target", "cuda", *options, "--weights=file")
        self.make("c++", "-std=c++17", *WARNINGS, "-fsyntax-only", "-x", "c++", library / "digits.hpp")
        weights = library / "digits_weights.bin"
        retrained = bytearray(weights.read_bytes())
        for i in range(64, 64 + 1024, 4):
            retrained[i + 3] ^= 0x80  # the sign of a float
        (self.folder / "retrained.bin").write_bytes(retrained)
        for folder, archive, file, answer in [
                (tree, tree / "build" / "libdigits.a", "", "0, ok"),
                (library, library / "libdigits.a", weights, "0, ok"),
                (library, library / "libdigits.a", self.folder / "retrained.bin",
                 "12, the self-test found a wrong result at node /softmax")]:
            self.make("cc", "-std=c11", *WARNINGS, f"-I{folder}", SOURCE / "tests/driver/cuda_selftest.c", archive,
                      "-o", self.folder / "program", "-ldl")
            process = self.run_program(tree / "kernels", arguments=[file] if file else [])
            self.assertEqual(process.returncode, 0, process.stdout + process.stderr)
            self.assertEqual(process.stdout.splitlines(), [
                "open: 0, ok", f"selftest: {answer}", "null: 1, the arena is a null pointer",
                "short: 6, the arena is smaller than digits_arena_bytes says",
                "shorter: 6, the arena is smaller than digits_arena_bytes says",
                "unaligned: 5, the arena is not aligned to 256 bytes",
                "closed: 9, digits_open has not succeeded on this model"])

    def test_a_shared_library_exports_what_it_is_asked_to(self):
        model, _ = self.mlp()
        entry_points = {f"mlp_{name}" for name in
                        ("open", "open_text", "close", "run", "arena_bytes", "graph_open", "graph_run",
                         "graph_close", "status_text", "info")}
        for visibility, exported in ("default", entry_points), ("hidden", set()):
            options = [*MLP_OPTIONS, f"--visibility={visibility}"]
            library = self.compile("--target", "cuda", *options, model=model) / "libmlp.a"
            tree = self.folder / visibility
            self.succeed("compile", model, "-o", tree, "--emit=cuda", *options)
            self.make("cmake", "-S", tree, "-B", tree / "build")
            self.make("cmake", "--build", tree / "build")
            for archive in library, tree / "build" / "libmlp.a":
                shared = self.folder / "libshared.so"
                self.make("cc", "-shared", "-o", shared, "-Wl,--whole-archive", archive, "-Wl,--no-whole-archive")
                found = self.make("nm", "-D", "--defined-only", shared).split()[2::3]
                self.assertEqual(set(found), exported, archive)

    def test_the_archive_keeps_the_rules_of_bundles(self):
        model, _ = self.mlp()
        for host in "x86-64-v2", "neoverse-n1":
            archives = []
            for _ in range(2):
                out = self.compile("--target", "cuda", "--host-target", host, *MLP_OPTIONS, model=model)
                archives.append((out / "libmlp.a").read_bytes())
                faults = set(sections.symbol_faults(out / "libmlp.a", "mlp", tables=False))
                self.assertEqual(faults, {"the undefined symbol dlopen", "the undefined symbol dlsym"})
                self.assertEqual(sections.section_faults(out / "libmlp.a", tensors=2, dims=1), [])
                shutil.rmtree(out)
            self.assertEqual(archives[0], archives[1])

    def test_a_tree_that_a_c_compiler_builds(self):
        tree = self.tree()
        self.make("cmake", "-S", tree, "-B", self.folder / "build",
                  f"-DCMAKE_C_FLAGS={' '.join(WARNINGS)}")
        self.make("cmake", "--build", self.folder / "build")
        self.program(self.folder / "build" / "libdigits.a", tree)
        self.expect_right(self.run_program(tree / "kernels"), "sm_90")

    @unittest.skipUnless(shutil.which("nvcc"), "nvcc is not in $PATH")
    def test_a_tree_whose_kernels_nvcc_compiles(self):
        tree = self.tree()
        shutil.rmtree(tree / "images")
        self.make("cmake", "-S", tree, "-B", self.folder / "build", "-DTENON_NVCC=ON")
        self.make("cmake", "--build", self.folder / "build")
        self.program(self.folder / "build" / "libdigits.a", tree)
        self.expect_right(self.run_program(tree / "kernels"), "sm_90")

    def test_kernels_say_what_they_compute(self):
        """Also those that are parts of a node: here maximum, exponential, sum and quotient."""
        model = save(self.folder / "s.onnx", [("Softmax", ["x"], ["y"], {"axis": 1})],
                     {"x": (TensorProto.FLOAT, [5, 37, 53])}, {"y": (TensorProto.FLOAT, [5, 37, 53])})
        process = self.call("compile", model, "-o", self.folder / "s", "--emit=cuda", "--gpu-arch",
                            "sm_80")
        if "no compiler for kernels" in process.stderr:
            self.skipTest("NVRTC is not installed")
        self.assertEqual(process.returncode, 0, process.stdout + process.stderr)
        texts = [path.read_text() for path in sorted((self.folder / "s" / "kernels").glob("*.cu"))]
        self.assertGreater(len(texts), 1)
        for text in texts:
            meaning = [line for line in text.splitlines() if line.startswith("//") and "] = " in line]
            self.assertEqual(len(meaning), 1, text)
        self.assertEqual(sum(" = sum[" in text for text in texts), 1)

    def test_without_a_driver(self):
        out = self.compile("--target", "cuda", "--gpu-arch", "sm_80")
        self.program(out / "libdigits.a", out)
        process = subprocess.run([self.folder / "program"], input="0 " * 64, capture_output=True,
                                 text=True)
        if process.returncode == 0:
            self.skipTest("this machine has a driver")
        self.assertEqual(process.stdout, "no NVIDIA driver: libcuda.so.1 cannot be opened; "
                         "the library holds sm_80\n")
        self.assertIn("no NVIDIA driver", process.stderr)
        self.assertEqual(process.returncode, 1)

    def test_gpu_architectures_are_held_once(self):
        tree = self.compile("--emit=cuda", "--gpu-arch", "sm_90,sm_80,sm_90")
        gpu = json.loads((tree / "manifest.json").read_text())["gpu"]
        self.assertEqual([variant["architecture"] for variant in gpu["variants"]], ["sm_90", "sm_80"])


class Refused(CommandLineTest):
    """Exit status 1, one message with the remedy, nothing half written."""

    def refuse_compile(self, *options, message, help):
        process = self.refuse("compile", DIGITS, "-o", self.folder / "no", *options, message=message,
                              help=help)
        self.assertEqual(process.stderr.count("error:"), 1, process.stderr)
        self.assertFalse((self.folder / "no").exists())
        return process

    def fake_nvrtc(self, code=None):
        library = self.folder / "fake.so"
        subprocess.run(["cc", "-shared", "-fPIC", *WARNINGS, SOURCE / "tests/driver/fake_nvrtc.c", "-o",
                        library], check=True)
        environment = {"TENON_NVRTC": str(library)}
        if code is not None:
            environment["TENON_FAKE_CODE"] = code
        return unittest.mock.patch.dict(os.environ, environment)

    def test_no_nvrtc(self):
        for path in "/nowhere/libnvrtc.so", str(FAKE / "libcuda.so.1"):
            with unittest.mock.patch.dict(os.environ, {"TENON_NVRTC": path}):
                for form in ["--target", "cuda"], ["--emit=cuda"]:
                    self.refuse_compile(*form, message=f"TENON_NVRTC is {path}, which is no NVRTC",
                                        help="pip install nvidia-cuda-nvrtc")

    def test_an_nvrtc_older_than_an_architecture(self):
        with self.fake_nvrtc():
            self.refuse_compile("--target", "cuda",
                                message="does not compile for sm_100, sm_120; it knows sm_75, sm_80",
                                help="--gpu-arch sm_75,sm_80,sm_86,sm_89,sm_90,compute_75,compute_80")
            self.refuse_compile("--target", "cuda", "--gpu-arch", "sm_120",
                                message="does not compile for sm_120", help="TENON_NVRTC")

    def test_a_kernel_that_nvrtc_refuses(self):
        with self.fake_nvrtc():
            process = self.refuse_compile("--target", "cuda", "--gpu-arch", "sm_80",
                                          message="too many registers", help="--schedule=FILE")
        self.assertRegex(process.stderr, "the kernel digits_[a-z0-9_]+ for sm_80")

    def test_code_that_is_no_cubin(self):
        with self.fake_nvrtc("no machine code"):
            self.refuse_compile("--target", "cuda", "--gpu-arch", "sm_80",
                                message="NVRTC 12.4 gave code that cannot be read: sm_80/",
                                help="TENON_NVRTC")

    def test_a_kernel_that_exceeds_the_limits(self):
        vector = (TensorProto.FLOAT, [1 << 20])
        model = save(self.folder / "add.onnx", [("Add", ["x", "w"], ["y"])], {"x": vector, "w": vector},
                     {"y": vector})
        schedule = self.folder / "large.schedule"
        for steps, message in [
                (["split y.i0 by 2048 exact -> b, t", "bind b to grid", "bind t to thread"],
                 "bind t to thread: a block has at most 1024 threads"),
                (["split y.i0 by 8192 exact -> b, t", "split t by 256 exact -> u, v", "bind b to grid",
                  "bind v to thread", "cache_read x in shared at b -> one",
                  "cache_read w in shared at b -> two"],
                 "the kernel add_node0 needs 65536 bytes of shared memory a block, and sm_75 has 49152"),
                (["split y.i0 by 4 exact -> b, t", "split b by 2 exact -> rows, columns",
                  "bind rows to grid", "bind columns to grid", "bind t to thread"],
                 "the kernel add_node0 has up to 131072 blocks along an axis of its grid that takes 65535")]:
            schedule.write_text("schedule @node0 {\n" + "\n".join(steps) + "\n}\n")
            for form in ["--target", "cuda"], ["--emit=cuda"]:
                self.refuse("compile", model, "-o", self.folder / "no", *form, "--schedule", schedule,
                            message=message, help="schedule")
                self.assertFalse((self.folder / "no").exists())

    def test_architectures_and_processors_that_there_are_not(self):
        self.refuse_compile("--target", "cuda", "--host-target", "armv7-neon",
                            message="for x86-64 or AArch64, not for armv7-neon", help="neoverse-n1")
        cuda = ["--target", "cuda"]
        self.refuse_compile(*cuda, "--gpu-arch", "sm_33", message="sm_33", help="--gpu-arch")
        self.refuse_compile(*cuda, "--gpu-arch", "", message="there are sm_75", help="--gpu-arch")
        self.refuse_compile(*cuda, "--host-target", "pdp-11", message="pdp-11", help="tenon targets")
        self.refuse_compile(*cuda, "--host-target", "cuda", message="cuda is a GPU", help="--target cuda")
        self.refuse_compile("--target", "sm_90", message="sm_90 is a GPU, not a processor",
                            help="--target cuda --gpu-arch sm_90")
        self.refuse("run", DIGITS, *cuda, message="cuda is a GPU", help="--backend=cuda-emulator")

    def test_options_of_other_targets(self):
        cuda = ["--target", "cuda"]
        for option, help in {"--pool": "no threads",
                             "--debug-info": "--emit=cuda", "--emit=asm": "--emit=cuda"}.items():
            self.refuse_compile(*cuda, option, message=f"{option} is not for CUDA", help=help)
        for option, value in ("--triple", "x86_64-linux-gnu"), ("--cpu", "znver4"), ("--features", "+avx"):
            self.refuse_compile("--emit=cuda", option, value, message=f"{option} is not for CUDA",
                                help="--host-target")
        self.refuse_compile("--emit=cuda", "--target", "znver4",
                            message="--target znver4 is not for CUDA", help="--host-target")
        self.refuse_compile("--emit=cpp", *cuda, message="--emit=cpp is not for CUDA", help="--emit=cuda")
        self.refuse_compile("--gpu-arch", "sm_80", message="--gpu-arch is for CUDA only",
                            help="--target cuda")
        self.refuse_compile("--emit=cpp", "--host-target", "znver4",
                            message="--host-target is for CUDA only", help="--target cuda")


if __name__ == "__main__":
    unittest.main()
