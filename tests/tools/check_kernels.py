"""Compiles models for GPUs and holds every kernel's figures against what a GPU has.

    check_kernels.py kws speech_rnn --gpu-arch sm_75,sm_80,sm_120

No kernel may spill registers or keep an array in local memory, and a block's registers and shared
memory must be there. Neither a GPU nor its driver is needed; without NVRTC: exit status 77.
"""
import json
import os
import sys
import tempfile

import check_model
import harness

# What every compute capability since 7.5 has (CUDA C++ Programming Guide, technical specifications).
REGISTER_FILE, REGISTERS, SHARED_BYTES, THREADS = 65536, 255, 48 * 1024, 1024
REGISTER_UNIT = 8  # a thread gets a multiple of it
RESERVED_BYTES = 1024  # of shared memory, which the system adds on some and a block does not pay for


def fault_of(kernel):
    """What a GPU does not have of what the kernel takes, or None."""
    allocated = -(-kernel["registers"] // REGISTER_UNIT) * REGISTER_UNIT
    if kernel["spill_bytes"] > 0:
        return f"{kernel['spill_bytes']} bytes of local memory"
    if not 0 < kernel["registers"] <= REGISTERS or allocated * kernel["threads"] > REGISTER_FILE:
        return f"{kernel['registers']} registers for each of {kernel['threads']} threads"
    if kernel["threads"] > THREADS or kernel["shared_bytes"] > SHARED_BYTES + RESERVED_BYTES:
        return f"{kernel['threads']} threads, {kernel['shared_bytes']} bytes of shared memory"
    return None


def check(tenon, path, architectures):
    """What is wrong (or None), and a word about the largest kernel."""
    dims, _ = check_model.dimensions_of(path, [], [])
    with tempfile.TemporaryDirectory() as folder:
        process = harness.run([tenon, "compile", path, "-o", folder, "--target", "cuda", "--json",
                               "--gpu-arch", architectures, *dims])
    if "no compiler for kernels" in process.stderr:
        sys.exit(harness.SKIPPED)
    if failure := harness.failure_of(process):
        return failure, ""
    variants = json.loads(process.stdout)["gpu"]["variants"]
    if [variant["architecture"] for variant in variants] != architectures.split(","):
        return f"holds {[variant['architecture'] for variant in variants]}", ""
    kernels = [(variant["architecture"], kernel)
               for variant in variants for kernel in variant["kernels"]]
    faults = [f"{kernel['name']} on {architecture}: {fault}"
              for architecture, kernel in kernels if (fault := fault_of(kernel))]
    most = max(kernel["registers"] for _, kernel in kernels)
    return "\n".join(faults) or None, f"{len(kernels)} kernels, at most {most} registers"


def main():
    os.environ.setdefault("VIRTUAL_ENV", sys.prefix)  # where NVRTC may be installed
    parser = harness.argument_parser(__doc__)
    parser.add_argument("names", nargs="+", metavar="MODEL")
    parser.add_argument("--gpu-arch", default="sm_75,sm_80,sm_120")
    options = parser.parse_args()
    report = harness.Report()
    for model in options.names:
        path = harness.filled(model, options.models)
        failure, words = check(options.tenon, path, options.gpu_arch)
        report.case(path.stem, failure, words)
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
