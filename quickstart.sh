#!/usr/bin/env bash
# From a bare Debian 12 to a running model: installs what is missing, builds Tenon, compiles a trained model into a
# static library, links it into a C program and runs that on real inputs.
#
#   ./quickstart.sh   ->   build/tenon, build/tenon-opt, build/digits/libdigits.a, and what the digits are
set -euo pipefail
cd "$(dirname "$0")"
source tools/common.sh

say "set-up: Debian packages (those that are missing), onnx into $(tenon_cache), Tenon into build/"
install_packages "${build_packages[@]}"
tools/build_onnx.sh >/dev/null
build_tenon tenon tenon_opt

say "compiling examples/digits/digits.onnx into a static library"
build/tenon compile examples/digits/digits.onnx -o build/digits
cc -O2 -I build/digits examples/digits/main.c build/digits/libdigits.a -o build/digits/digits
build/digits/digits
