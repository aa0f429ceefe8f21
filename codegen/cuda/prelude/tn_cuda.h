/* The prelude of generated CUDA source: every name that a kernel may use.

     TN_KERNEL(256) scale(const float *TN_RESTRICT x, float *TN_RESTRICT y) {
       y[tn_block_x() * 256 + tn_thread()] = tn_max(x[tn_block_x() * 256 + tn_thread()], 0.0f);
     }

   Kernels hold no inline assembly and include nothing else. The names of the machine have two
   bodies: tn_gpu.h, for nvcc and NVRTC, and tn_emulated.h, for a C++ compiler with -DTN_EMULATED,
   so that the same text runs on a processor. tn_arithmetic.h, the same for both, builds on them.

   The machine: in tn_gpu.h and tn_emulated.h
     TN_KERNEL(threads)      what stands before a kernel's name: at most so many threads a block
     TN_DEVICE               what stands before a function that kernels call
     TN_MEMBER               before a static member function that kernels call
     TN_SHARED               before an array that the threads of a block share; aligned to 16 bytes
     TN_UNROLL               before a loop to be written out
     TN_RESTRICT             of a pointer to which no other one leads
     int tn_block_x()        the block's place in the grid; tn_block_y, tn_block_z
     int tn_thread()         0 .. threads of the block - 1
     void tn_sync()          all threads of the block come here before any goes on, and see what
                             the others have written, in shared and in global memory
     void tn_fail(int *status, int node)
                             a requirement of the model's node does not hold: TN_INDEX of the least
                             such node of the run stays in *status, which is 0 (TN_OK) before it
     tn_vector<T, N>         N elements of type T, aligned to their size, v[i]
     tn_vector<T, N> tn_load<N>(const T *from)        all at once; `from` is aligned likewise
     void tn_store(T *to, tn_vector<T, N> value)      likewise
     float tn_fma(a, b, c)   a * b + c rounded once;                           float and double
     tn_sqrt tn_floor tn_ceil tn_trunc tn_round_even tn_abs                    float and double
     tn_bits_f32 tn_bits_i32 tn_bits_u32 tn_bits_f64 tn_bits_i64 tn_bits_u64   the bits of a value
                                                       of the same width as another type
     float tn_f32_of_f16(tn_u16 bits), tn_u16 tn_f16_of_f32(float x)           f16 as its bits

   Types: int8_t ... uint64_t; bool is a uint8_t in memory. Shorter here: tn_i8 ... tn_u64.

   Arithmetic: in tn_arithmetic.h, of any type where nothing else is said
     TN_INFINITY TN_NAN TN_INFINITY_F64 TN_NAN_F64
     tn_min tn_max           NaN where either is NaN
     tn_add tn_sub tn_mul tn_neg tn_abs              of integers, which wrap
     tn_and tn_or tn_xor tn_not                      of integers
     tn_floor_div tn_floor_mod tn_trunc_div tn_trunc_rem
                             of integers: x by 0 is 0, the least value by -1 is itself
     tn_shl tn_shr           of integers; by the width or more: 0
     tn_saturate<T>(x)       float to integer: saturates, NaN gives 0
     tn_bits<T>(x)           the bits of x as another type of its width */
#ifndef TN_CUDA_H
#define TN_CUDA_H

#ifdef __CUDACC_RTC__ /* NVRTC has no headers of a C library */
typedef signed char int8_t;
typedef unsigned char uint8_t;
typedef short int16_t;
typedef unsigned short uint16_t;
typedef int int32_t;
typedef unsigned int uint32_t;
typedef long long int64_t;
typedef unsigned long long uint64_t;
#define INT32_MIN (-2147483647 - 1)
#define INT64_MIN (-9223372036854775807LL - 1)
#define INT64_C(value) value##LL
#define UINT64_C(value) value##ULL
#else
#include <stdint.h>
#endif

typedef int8_t tn_i8;
typedef uint8_t tn_u8;
typedef int16_t tn_i16;
typedef uint16_t tn_u16;
typedef int32_t tn_i32;
typedef uint32_t tn_u32;
typedef int64_t tn_i64;
typedef uint64_t tn_u64;

#ifdef TN_EMULATED
#include "tn_emulated.h"
#else
#include "tn_gpu.h"
#endif
#include "tn_arithmetic.h"

#endif
