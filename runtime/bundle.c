/* SPDX-License-Identifier: 0BSD
   bundle.c: the whole runtime as one translation unit. Tenon's build compiles it to LLVM bitcode;
   codegen/bundle links
   that into each model's module.
     runtime/bundle.c -> clang -emit-llvm -> bytes inside tenon -> lib<name>.a */
#include "runtime/check.c"
#include "runtime/cpu.c"
#include "runtime/execute.c"
#include "runtime/open.c"
#include "runtime/run.c"
#include "runtime/selftest.c"
