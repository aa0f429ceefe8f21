/* SPDX-License-Identifier: 0BSD
   evaluate.c: the value of a program for given dimensions.
     {CONSTANT, 64, DIM, 0, MULTIPLY, END}, batch = 3   ->   192 */
#include "runtime/cuda/internal.h"

static int64_t tnc_floor_divide(int64_t a, int64_t b) {
  const int64_t quotient = a / b;
  return a % b < 0 ? quotient - 1 : quotient;
}

static int64_t tnc_combine(int64_t operation, int64_t a, int64_t b) {
  switch (operation) {
    case TNC_ADD: return a + b;
    case TNC_SUBTRACT: return a - b;
    case TNC_MULTIPLY: return a * b;
    case TNC_DIVIDE: return tnc_floor_divide(a, b);
    case TNC_REMAINDER: return a - tnc_floor_divide(a, b) * b;
    case TNC_MIN: return a < b ? a : b;
    case TNC_MAX: return a > b ? a : b;
    case TNC_EQUAL: return a == b;
    case TNC_UNEQUAL: return a != b;
    case TNC_LESS: return a < b;
    case TNC_LESS_EQUAL: return a <= b;
    case TNC_AND: return a != 0 && b != 0;
    case TNC_OR: return a != 0 || b != 0;
    default: return 0;
  }
}

static int64_t tnc_evaluate(uint32_t program, const int64_t *dims) {
  int64_t stack[TNC_MOST_STACK];
  int depth = 0;
  for (const int64_t *code = tn_cuda_code + program; *code != TNC_END; ++code) {
    switch (*code) {
      case TNC_CONSTANT: stack[depth++] = *++code; break;
      case TNC_DIM: stack[depth++] = dims[*++code]; break;
      case TNC_NOT: stack[depth - 1] = stack[depth - 1] == 0; break;
      case TNC_SELECT:
        depth -= 2;
        stack[depth - 1] = stack[depth - 1] != 0 ? stack[depth] : stack[depth + 1];
        break;
      default: --depth; stack[depth - 1] = tnc_combine(*code, stack[depth - 1], stack[depth]);
    }
  }
  return stack[0];
}
