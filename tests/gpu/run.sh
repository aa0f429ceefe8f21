#!/usr/bin/env bash
# Runs models on this machine's GPU, compares them with the reference, times them, and writes docs/gpu.md.
#
#   tests/gpu/run.sh                              all models of the list; needs build/tenon and the tests' Python
#   tests/gpu/run.sh --output FILE digits kws     some models, another file
#
# Needs no network: it builds nothing. On a machine without a GPU it says so; exit status 77.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
export TENON_SOURCE_DIR="$root" TENON_BUILD_DIR="${TENON_BUILD_DIR:-$root/build}"
python="${TENON_TEST_PYTHON:-$root/.venv/bin/python3}"
[ -x "$python" ] || python=python3
exec "$python" "$root/tests/gpu/measure.py" "$@"
