// Divisions that the processor has no instruction for, written out in line: what LLVM would
// otherwise call a library for.
//
//   %q = sdiv i64 %a, %b    for ARMv7   ->   a loop of shifts and subtractions
//   %q = udiv i32 %a, 12    for ARMv7   ->   as it is: LLVM multiplies
//
// Data integers never come here (ir/expr/legalize.h); indices and the runtime's sizes do, seldom.
#pragma once

#include "target/target.h"

namespace llvm {
class Module;
}

namespace tenon::codegen {

void expand_divisions(llvm::Module& module, target::Architecture architecture);

}  // namespace tenon::codegen
