#!/usr/bin/env bash
# Installs what the tests need, builds everything, runs all tests.
#
#   ./test.sh               ->   ...   412 passed, 0 failed        (exit status 0)
#   ./test.sh -R ir/loop    ->   the cases whose name matches; any option of ctest
set -euo pipefail
cd "$(dirname "$0")"
source tools/common.sh

install_packages "${build_packages[@]}" "${test_packages[@]}"
tools/build_onnx.sh >/dev/null
make_test_environment
build_tenon
build_sanitized_compiler

say "running the tests; the full log is build/Testing/Temporary/LastTest.log"
rm -f build/tests.xml
ctest --test-dir build --parallel "$(nproc)" --output-on-failure --no-tests=error \
  --test-output-size-passed 100000 --test-output-truncation head \
  --output-junit tests.xml "$@" | grep --line-buffered -v '^ *Start ' || true  # the count below decides
tools/count_tests.py build/tests.xml
