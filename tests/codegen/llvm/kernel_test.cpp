// Loop functions of every shape as machine code, against the interpreter.
#include <gtest/gtest.h>

#include "codegen/llvm/host_code.h"
#include "ir/loop/text.h"
#include "tests/codegen/llvm/differential.h"

namespace tenon::codegen {
namespace {

TEST(Kernel, MasksATailOfLanes) {
  const char* text = R"(
func @scale(x: f32[n], b: f32[1], out y: f32[n]) {
  for parallel i in (n + 15)//16 chunk 2 {
    for vectorized lane in 16 {
      if i*16 + lane < n { y[i*16 + lane] = x[i*16 + lane] * 2.0 + b[0] }
    }
  }
})";
  for (int64_t n : {1, 15, 16, 17, 100}) EXPECT_EQ(difference(text, {{"n", n}}), "") << n;
}

TEST(Kernel, RunsBothSidesOfALaneCondition) {
  EXPECT_EQ(difference(R"(
func @sides(x: f32[40], flags: bool[40], out y: f32[40], out z: bool[40]) {
  for i in 5 { for vectorized lane in 8 {
    if flags[i*8 + lane] {
      if 0.0 < x[i*8 + lane] { y[i*8 + lane] = sqrt(x[i*8 + lane]) } else { y[i*8 + lane] = -1.0 }
    } else {
      y[i*8 + lane] = x[39 - i*8 - lane]
    }
    z[i*8 + lane] = flags[i*8 + lane] & (x[i*8 + lane] <= 1.0)
  } }
})"),
            "");
}

TEST(Kernel, ReadsZerosOutside) {
  EXPECT_EQ(difference(R"(
func @window(x: f32[7, 9], w: f32[3, 3], out y: f32[7, 9], out z: f32[4, 5]) {
  for h in 7 { for v in 9 {
    buffer acc: f32[1] in register
    acc[0] = 0.0
    for r in 3 { for unrolled s in 3 {
      acc[0] = acc[0] + (x[h + r - 1, v + s - 1] else 0.0) * w[r, s]
    } }
    y[h, v] = acc[0]
  } }
  for h2 in 4 { for vectorized lane in 5 {
    buffer own: f32[1] in register
    own[0] = 1.0
    for r2 in 3 { for s2 in 3 {
      own[0] = own[0] + (x[h2*2 + r2 - 1, lane*2 + s2 - 1] else -3.5) * w[r2, s2]
    } }
    z[h2, lane] = own[0]
  } }
})"),
            "");
}

// A register's worth of lanes that are off for a reason known here, under a condition that is not.
TEST(Kernel, LeavesOutLanesThatAreOff) {
  EXPECT_EQ(difference(R"(
func @off(x: f32[16, 2], flags: bool[16], out y: f32[5, 16], inout z: f32[5, 16]) {
  for i in n { for vectorized lane in 16 {
    y[i, lane] = x[i, lane] else 0.0
    if lane < 3 { if flags[lane] { z[i, lane] = x[lane, 1] } }
  } }
})",
                       {{"n", 5}}),
            "");
}

TEST(Kernel, KeepsLanesApartAndAddsThemUp) {
  EXPECT_EQ(difference(R"(
func @sums(x: f32[6, 50], out y: f32[6], out most: f32[6]) {
  for parallel row in 6 chunk 4 {
    buffer partial: f32[2, 8] in register
    buffer total: f32[1] in register
    for unrolled u0 in 2 { for vectorized l0 in 8 { partial[u0, l0] = 0.0 } }
    for k in 3 { for unrolled u in 2 { for vectorized lane in 8 {
      partial[u, lane] = partial[u, lane] + x[row, k*16 + u*8 + lane]
    } } }
    total[0] = x[row, 48]
    total[0] = total[0] + x[row, 49]
    for unrolled u1 in 2 { for unrolled l1 in 8 { total[0] = total[0] + partial[u1, l1] } }
    y[row] = total[0]
    total[0] = -inf
    for j in 50 { if total[0] < x[row, j] { total[0] = x[row, j] } }
    most[row] = total[0]
  }
})"),
            "");
}

TEST(Kernel, UsesScratchAndStack) {
  EXPECT_EQ(difference(R"(
func @normalize(x: f32[rows, n], out y: f32[rows, n]) {
  for parallel row in rows {
    buffer copy: f32[n] in scratch
    buffer squares: f32[n] in scratch
    buffer sums: f32[4] in stack
    for j0 in 4 { sums[j0] = 0.0 }
    for j in n { copy[j] = x[row, j] * 0.5   squares[j] = copy[j] * copy[j] }
    for j2 in n { sums[j2 % 4] = sums[j2 % 4] + squares[j2] }
    for j3 in n { y[row, j3] = copy[j3] / (sums[j3 % 4] + 1.0) }
  }
})",
                       {{"rows", 5}, {"n", 37}}),
            "");
}

// Two directions, one after the other, each with a projection and a sum; `both` lives through both.
TEST(Kernel, SharesScratchBetweenLivesThatDoNotMeet) {
  const char* text = R"(
func @directions(x: f32[64], out y: f32[64]) {
  buffer a: f32[64] in arena
  buffer b: f32[64] in arena
  buffer both: f32[64] in arena
  buffer c: f32[64] in arena
  buffer d: f32[64] in arena
  for i0 in 64 { both[i0] = x[i0] }
  for i1 in 64 { a[i1] = x[63 - i1] * 2.0 }
  for i2 in 64 { b[i2] = a[i2] + both[63 - i2] }
  for i3 in 64 { y[i3] = b[63 - i3] + a[i3] }
  for i4 in 64 { c[i4] = x[i4] * 3.0 }
  for i5 in 64 { d[i5] = c[63 - i5] - both[i5] }
  for i6 in 64 { y[i6] = y[i6] + d[63 - i6] + c[i6] }
})";
  EXPECT_EQ(difference(text, {}), "");
  ExprPool pool;
  CompiledKernel kernel = compile_kernel(loop::parse_function(text, "test", pool), {},
                                         target::find_target("x86-64-v3").value(), {})
                              .value();
  // Three memories of 256 bytes and 64 bytes behind each.
  EXPECT_EQ(*as_int(kernel.kernel.scratch_bytes), 3 * 320);
}

TEST(Kernel, GathersUnderARequirement) {
  const char* text = R"(
func @gather(table: f32[VOCABULARY, 24], ids: i64[6], out y: f32[6, 24], out t: f32[6]) {
  for i in 6 {
    require 0i64 <= ids[i] + 16i64 & ids[i] + 16i64 < VOCABULARYi64 loc("/gather")
    for vectorized lane in 24 {
      y[i, lane] = table[min(max(index(ids[i]) + 16, 0), VOCABULARY - 1), lane]
    }
  }
  for vectorized l in 6 { t[l] = table[min(max(index(ids[l]) + 16, 0), VOCABULARY - 1), l * l % 24] }
})";
  auto with = [&](const std::string& number) {
    std::string result = text;
    for (size_t at; (at = result.find("VOCABULARY")) != std::string::npos;)
      result.replace(at, 10, number);
    return result;
  };
  EXPECT_EQ(difference(with("33")), "");
  // some are out of range: the status says so, the rest is the same
  EXPECT_EQ(difference(with("3")), "");
}

TEST(Kernel, DividesIndicesLikeFloors) {
  EXPECT_EQ(difference(R"(
func @indices(x: i32[64], out y: i32[64], out z: i64[64], out p: i32[64]) {
  for i in 64 {
    y[i] = i32((i - 30)//8) * 1000i32 + i32((i - 30) % 8) * 10i32 + i32((i - 31)//7)
    z[i] = i64((i - 40) % n) + i64(min(i, n)) * 100i64
  }
  for io in 4 { for vectorized lane in 16 {
    p[io*16 + lane] = i32((io*16 + lane - 20)//6) + i32((lane - 5) % 4) * 100i32 + x[(io*16 + lane)//4] + x[63 - lane]
  } }
})",
                       {{"n", 11}}),
            "");
}

TEST(Kernel, RunsLoopsWhoseExtentsDependOnOthers) {
  EXPECT_EQ(difference(R"(
func @triangle(x: f32[12, 12], out y: f32[12], out z: f32[12]) {
  for i in 12 {
    buffer acc: f32[1] in register
    acc[0] = 0.0
    for j in i { acc[0] = acc[0] + x[i, j] }
    y[i] = acc[0]
  }
  for vectorized lane in 12 {
    buffer sum: f32[1] in register
    sum[0] = 0.0
    for k in 12 - lane { sum[0] = sum[0] + x[k, lane] }
    z[lane] = sum[0]
  }
})"),
            "");
}

TEST(Kernel, ReadsAndWritesStrides) {
  EXPECT_EQ(difference(R"(
func @strides(x: f32[4, 6], inout y: f32[32, 3], out z: f32[24]) {
  for i in 4 { for vectorized lane in 6 { z[i + lane*4] = x[i, lane] } }
  for a in 2 { for vectorized l in 16 { y[a*16 + 15 - l, 1] = y[a*16 + 15 - l, 1] + y[a*16 + 15 - l, 0] * 2.0 } }
})"),
            "");
}

TEST(Kernel, ConvertsShortFloatsInMemory) {
  EXPECT_EQ(difference(R"(
func @shorts(x: f16[32], b: bf16[32], out y: f16[32], out z: bf16[32], out s: f32[2]) {
  for i in 2 { for vectorized lane in 16 {
    y[i*16 + lane] = f16(f32(x[i*16 + lane]) * 1.7 + f32(b[i*16 + lane]))
    z[i*16 + lane] = bf16(f32(x[i*16 + lane]) / 3.0)
  } }
  for j in 2 {
    buffer acc: f32[1] in register
    acc[0] = 0.0
    for k in 16 { acc[0] = acc[0] + f32(x[j*16 + k]) * f32(b[k]) }
    s[j] = acc[0]
  }
})"),
            "");
}

TEST(Kernel, ChangesRegistersInBranchesAndUnderMasks) {
  EXPECT_EQ(difference(R"(
func @branches(x: f32[8, 16], out y: f32[8, 16]) {
  for i in 8 {
    buffer acc: f32[16] in register
    for vectorized l0 in 16 { acc[l0] = 1.0 }
    if i % 2 == 0 {
      for vectorized l1 in 16 { acc[l1] = acc[l1] + x[i, l1] }
    } else {
      for k in 3 { for vectorized l2 in 16 { if l2 < 5 + k { acc[l2] = acc[l2] * x[k, l2] } } }
    }
    for vectorized l3 in 16 { y[i, l3] = acc[l3] }
  }
})"),
            "");
}

TEST(Kernel, TakesRegistersApartWhereWidthsDiffer) {
  EXPECT_EQ(difference(R"(
func @widths(x: f32[24], out y: f32[24]) {
  buffer r: f32[24] in register
  for unrolled a in 3 { for vectorized l in 8 { r[a*8 + l] = x[a*8 + l] + 1.0 } }
  for unrolled b in 6 { for vectorized m in 4 { y[b*4 + m] = r[b*4 + m] * r[23 - b*4] } }
})"),
            "");
}

TEST(Kernel, TellsBuffersOfOneNameApart) {
  EXPECT_EQ(difference(R"(
func @copies(x: f32[4, 8], out y: f32[4, 8]) {
  for i in 2 {
    buffer acc: f32[8] in register
    for vectorized a in 8 { acc[a] = x[i, a] }
    for j in 1 + i {
      buffer acc: f32[2] in register
      acc[0] = x[j, 0]
      acc[1] = acc[0] * 2.0
      for vectorized b in 8 { y[i, b] = acc[1] }
    }
    for vectorized c in 8 { y[i + 2, c] = acc[c] }
  }
})"),
            "");
}

Result<CompiledKernel> compiled(const std::string& text) {
  ExprPool pool;
  return compile_kernel(loop::parse_function(text, "test", pool), {},
                        target::find_target("x86-64-v3").value(), {});
}

TEST(Kernel, RefusesWhatItCannotDo) {
  EXPECT_EQ(
      compiled("func @f(x: f8e5m2[4], out y: f32[4]) { for i in 4 { y[i] = f32(x[i]) } }").reason(),
      "kernel f: buffer x holds f8e5m2, which this backend does not read or write");
  EXPECT_EQ(
      compiled("func @f(x: f32[4], out y: f32[4]) { for i in 4 { y[i] = exp(x[i]) } }").reason(),
      "kernel f: no instruction for exp on f32 on x86-64-v3");
  EXPECT_EQ(compiled("func @f(x: f32[4], out y: f32[4]) { buffer r: f32[4] in register for i in 4 "
                     "{ r[i] = x[i] y[i] = r[i] } }")
                .reason(),
            "kernel f: the register buffer r is accessed at a place that is not fixed");
  EXPECT_EQ(
      compiled(
          "func @f(x: f32[4], out y: f32[20000]) { for unrolled i in 20000 { y[i] = x[i % 4] } }")
          .reason(),
      "kernel f: the body of loop i has more than 4000 instructions; unroll less");
}

TEST(Kernel, ReportsItsStack) {
  auto small = compiled("func @f(x: f32[4], out y: f32[4]) { for i in 4 { y[i] = x[i] } }");
  auto large = compiled(
      "func @f(x: f32[4], out y: f32[4]) { buffer s: f32[1024] in stack for j in 1024 { s[j] = x[j "
      "% 4] } "
      "for i in 4 { y[i] = s[i * 37] } }");
  EXPECT_EQ(small->report().stack_bytes, 8);
  EXPECT_GE(large->report().stack_bytes, 4096 + 8);
  EXPECT_LT(large->report().stack_bytes, 4096 + 200);
}

}  // namespace
}  // namespace tenon::codegen
