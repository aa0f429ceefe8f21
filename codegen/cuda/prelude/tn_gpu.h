/* The machine's names (tn_cuda.h) for nvcc and NVRTC, without any header of theirs. */
#ifndef TN_GPU_H
#define TN_GPU_H

/* TN_BLOCKS of them at once on a processor: bounds the registers of a thread from above, and asks
   for no fewer. Without it the compiler weighs, and may spill. */
#ifdef TN_BLOCKS
#define TN_KERNEL(threads) extern "C" __global__ void __launch_bounds__(threads, TN_BLOCKS)
#else
#define TN_KERNEL(threads) extern "C" __global__ void __launch_bounds__(threads)
#endif
#define TN_DEVICE static __device__ __forceinline__
#define TN_MEMBER __device__ __forceinline__
#define TN_SHARED __shared__ __align__(16)
#define TN_UNROLL _Pragma("unroll")
#define TN_RESTRICT __restrict__

TN_DEVICE int tn_block_x() { return (int)blockIdx.x; }
TN_DEVICE int tn_block_y() { return (int)blockIdx.y; }
TN_DEVICE int tn_block_z() { return (int)blockIdx.z; }
TN_DEVICE int tn_thread() { return (int)threadIdx.x; }
TN_DEVICE void tn_sync() { __syncthreads(); }
TN_DEVICE void tn_fail(int *status, int node) {
  const int failed = 3 | node << 8; /* TN_INDEX */
  int seen = 0;
  while (seen == 0 || failed < seen) {
    const int before = atomicCAS(status, seen, failed);
    if (before == seen) return;
    seen = before;
  }
}

template <class T, int N>
struct alignas(sizeof(T) * N) tn_vector {
  T lanes[N];
  __device__ __forceinline__ T &operator[](int i) { return lanes[i]; }
  __device__ __forceinline__ const T &operator[](int i) const { return lanes[i]; }
};
template <int N, class T>
TN_DEVICE tn_vector<T, N> tn_load(const T *from) {
  return *reinterpret_cast<const tn_vector<T, N> *>(from);
}
template <int N, class T>
TN_DEVICE void tn_store(T *to, const tn_vector<T, N> &value) {
  *reinterpret_cast<tn_vector<T, N> *>(to) = value;
}

TN_DEVICE float tn_fma(float a, float b, float c) { return __fmaf_rn(a, b, c); }
TN_DEVICE double tn_fma(double a, double b, double c) { return __fma_rn(a, b, c); }
TN_DEVICE float tn_sqrt(float x) { return __fsqrt_rn(x); }
TN_DEVICE double tn_sqrt(double x) { return __dsqrt_rn(x); }
TN_DEVICE float tn_floor(float x) { return floorf(x); }
TN_DEVICE double tn_floor(double x) { return floor(x); }
TN_DEVICE float tn_ceil(float x) { return ceilf(x); }
TN_DEVICE double tn_ceil(double x) { return ceil(x); }
TN_DEVICE float tn_trunc(float x) { return truncf(x); }
TN_DEVICE double tn_trunc(double x) { return trunc(x); }
TN_DEVICE float tn_round_even(float x) { return rintf(x); }
TN_DEVICE double tn_round_even(double x) { return rint(x); }
TN_DEVICE float tn_abs(float x) { return fabsf(x); }
TN_DEVICE double tn_abs(double x) { return fabs(x); }

TN_DEVICE float tn_bits_f32(tn_i32 x) { return __int_as_float(x); }
TN_DEVICE float tn_bits_f32(tn_u32 x) { return __int_as_float((tn_i32)x); }
TN_DEVICE tn_i32 tn_bits_i32(float x) { return __float_as_int(x); }
TN_DEVICE tn_u32 tn_bits_u32(float x) { return (tn_u32)__float_as_int(x); }
TN_DEVICE double tn_bits_f64(tn_i64 x) { return __longlong_as_double(x); }
TN_DEVICE double tn_bits_f64(tn_u64 x) { return __longlong_as_double((tn_i64)x); }
TN_DEVICE tn_i64 tn_bits_i64(double x) { return __double_as_longlong(x); }
TN_DEVICE tn_u64 tn_bits_u64(double x) { return (tn_u64)__double_as_longlong(x); }

TN_DEVICE float tn_f32_of_f16(tn_u16 bits) {
  float x;
  asm("cvt.f32.f16 %0, %1;" : "=f"(x) : "h"(bits));
  return x;
}
TN_DEVICE tn_u16 tn_f16_of_f32(float x) {
  tn_u16 bits;
  asm("cvt.rn.f16.f32 %0, %1;" : "=h"(bits) : "f"(x));
  return bits;
}

#endif
