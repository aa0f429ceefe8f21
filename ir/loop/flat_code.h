// Flat code of the interpreter: an array of small instructions on numbered slots, made from a
// function by make_flat_code.cpp and run by interpreter.cpp.
//
//   for i in 4 { y[i] = x[i] * 2.0 }
//   ->   0: LoopBegin i, 4, +4      1: LoadStepF32 a <- x[0 + i*1]    2: MulF32 b <- a, two
//        3: StoreStepF32 y[0 + i*1] <- b                               4: LoopNext i, 4, -3
//
// What a loop does not change is computed before it. Each subscript is one Step: it checks the
// bounds of its axis and adds subscript * stride to an offset; the last one is part of the load or
// store.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "ir/expr/fold.h"
#include "ir/loop/interpreter.h"

namespace tenon::loop {

// X(name, C++ type, member of Slot): types whose loads and stores have instructions of their own.
#define TENON_FLAT_MEMORY_TYPES(X) \
  X(F32, float, s)                 \
  X(F64, double, d)                \
  X(I64, int64_t, i)               \
  X(I32, int32_t, i)               \
  X(I8, int8_t, i)                 \
  X(U8, uint8_t, i)

// X(name, C++ type, member): float types whose arithmetic has instructions of its own.
#define TENON_FLAT_FLOAT_TYPES(X) \
  X(F32, float, s)                \
  X(F64, double, d)

// X(name): on two floats of one type.
#define TENON_FLAT_FLOAT_OPS(X) \
  X(Add) X(Sub) X(Mul) X(Div) X(Min) X(Max) X(Lt) X(Le) X(Eq) X(Ne) X(Fma)
// On integers of up to 64 bits, kept sign- or zero-extended; those of less wrap by an instruction
// behind.
#define TENON_FLAT_INT_OPS(X) \
  X(Add) X(Sub) X(Mul) X(FloorDiv) X(FloorMod) X(Min) X(Max) X(Lt) X(Le) X(Eq) X(Ne) X(And) X(Or)

enum class FlatOp : uint16_t {
#define X(name, type, member) Load##name, LoadStep##name, Store##name, StoreStep##name,
  TENON_FLAT_MEMORY_TYPES(X)
#undef X
  // as Load: dst <- buffer[a]; LoadStep: dst <- buffer[a + b*d]
  LoadOther,
  LoadStepOther,
  StoreOther,
  StoreStepOther,
  LoadOrElse,  // dst <- b ? buffer[a] : c
#define X(name) name##F32, name##F64,
  TENON_FLAT_FLOAT_OPS(X)
#undef X
#define X(name) name##Int,
      TENON_FLAT_INT_OPS(X)
#undef X
          Not,  // dst <- a == 0
  Select,       // dst <- a ? b : c
  Wrap,         // dst <- a, wrapped to type x
  IntToF32,
  F64ToF32,
  F32ToF64,
  Apply,         // dst <- operation x on operands of type y: a, b, c (a of select is a bool)
  Convert,       // dst <- a, to type x from type y
  Reinterpret,   // the same for bits
  Step,          // dst <- a + b*d, where 0 <= b < c, else a fault: axis x of `buffer`
  InRange,       // dst <- 0 <= a < b
  LoopBegin,     // dst <- 0, jump by c unless 0 < b
  LoopNext,      // dst <- dst + 1, jump by c if it is below b
  JumpUnless,    // jump by c unless a
  Jump,          // jump by c
  Alloc,         // the buffer gets `a` elements, none written
  CheckPadding,  // a fault unless b or a is zero: a, of type x, is stored to padding of the buffer
  Require,       // reports the statement unless a
};

union Slot {
  int64_t i;
  double d;
  float s;
};

struct Instruction {
  FlatOp op;
  uint8_t x = 0, y = 0;
  int32_t dst = -1, a = -1, b = -1, c = -1, d = -1;  // slots; c is a distance in jumps
  int32_t buffer = -1;
};

struct FlatBuffer {
  std::string name;
  DType type = DType::F32;
  int param = -1;  // its number, or -1 for one that Alloc makes
};

/// Where an instruction comes from, for messages: its statement, and how deep in the loops around
/// it the instruction is.
struct FlatOrigin {
  int32_t statement = -1;
  int32_t depth = 0;
};

/// A loop variable around a statement; depth as in FlatOrigin: deeper instructions run while it has
/// a value.
struct FlatVariable {
  std::string name;
  int32_t slot = -1;
  int32_t depth = 0;
};

struct FlatStatement {
  Stmt stmt;
  std::vector<FlatVariable> variables;  // outermost first
};

/// A parameter: the shape of its memory.
struct FlatParam {
  ParamKind kind = ParamKind::In;
  std::string name;
  DType type = DType::F32;
  std::vector<int64_t> extents, strides;  // of the dimensions in memory, in elements
  int64_t count() const;                  // elements from the first to the last
  bool is_dense() const;
};

struct FlatCode {
  std::vector<Instruction> instructions;
  std::vector<FlatOrigin> origins;  // by instruction
  std::vector<FlatStatement> statements;
  std::vector<Slot> slots;  // their first values: literals
  std::vector<FlatBuffer> buffers;
  std::vector<FlatParam> params;
  std::vector<int64_t> parameter_bytes;
};

std::unique_ptr<FlatCode> make_flat_code(const Function& function, const SymbolValues& symbols);

}  // namespace tenon::loop
