// The text of the loop level: what is printed reads back as the same, and what cannot be read is
// refused at its place.
#include "ir/loop/text.h"

#include <gtest/gtest.h>

#include "tests/support/mutate_text.h"

namespace tenon::loop {
namespace {

void expect_round_trip(const std::string& text) {
  EXPECT_EQ(to_string(parse_module(text, "test.tenon")), text);
}

std::string error_of(const std::string& text) {
  try {
    parse_module(text, "test.tenon");
  } catch (const UserErrors& errors) {
    return errors.what();
  }
  return "no error";
}

constexpr const char* kLowered =
    R"(func @fc1_relu(x: f32[128, 768], const w: f32[768, 3072], const b: f32[3072], out y: f32[128, 3072]) anchor(acc: gemm) loc("/fc1/Gemm", "/act/Relu") {
  buffer acc: f32[128, 3072] in arena
  for acc.m in 128 {
    for acc.n in 3072 {
      for acc.k in 768 {
        stage acc[m:128, n:3072] reduce k:768 { sum x[m, k] * w[k, n] } with m = acc.m, n = acc.n, k = acc.k loc("/fc1/Gemm")
      }
    }
  }
  for y.m in 128 {
    for y.n in 3072 {
      stage y[m:128, n:3072] = max(acc[m, n] + b[n], 0.0) with m = y.m, n = y.n loc("/fc1/Gemm", "/act/Relu")
    }
  }
}
)";

constexpr const char* kScheduled =
    R"(func @fc1(x: f32[batch, 768], const w: f32[768, 3072]<1/48, 0, 1%48>, out y: f32[batch, 3072], inout z: f32[4]) {
  computes {
    acc[m:batch, n:3072] = sum[k:768](x[m, k] * w[k, n])
    scan t in 4: z[t] = max(acc[t, 0], 0.0)
  }
  schedule {
    split acc.n by 48 exact -> no, ni
    parallel no chunk 4    # 16 chunks
  }
  for parallel no in 64 chunk 4 loc("/fc1") {
    for mo in (batch + 7) // 8 {
      buffer acc: f32[8, 48] at [mo*8, no*48] in register
      for unrolled mi in 8 {
        for vectorized ni in 48 {
          acc[mo*8 + mi, no*48 + ni] = 0.0
        }
      }
      for k in 768 {
        for unrolled mi in 8 {
          for vectorized ni in 48 {
            stage acc[m:batch, n:3072] reduce k:768 { sum x[m, k] * w[k, n] } with m = mo*8 + mi, n = no*48 + ni, k = k if mo*8 + mi < batch clamp m continues
          }
        }
        prefetch w[k, no*48 + 48]
      }
      if mo*8 + 8 <= batch {
        y[mo*8, no*48] = acc[mo*8, no*48]
      } else {
        require mo < batch loc("/fc1")
      }
    }
  }
}
)";

constexpr const char* kModule = R"(module small
model_file "small.onnx" sha256 "00ff"
symbol batch in 1..8
symbol rows in 1..16
check batch == rows
const w: f32[64, 3] = initializer "fc1.weight"
const b: f32[3] = [1.0, -0.5, inf]
const n: i64[2] = [-9223372036854775808i64, 7i64]
const nothing: f32[0] = []
const p: f32[64, 3]<1/4, 0, 1%4> = computed
input x: f32[batch, 64] "x:0"
output y: f32[batch, 3]

func @pack(const w: f32[64, 3], out p: f32[64, 3]<1/4, 0, 1%4>) {
}

setup {
  call @pack(w, p) loc("fc1.weight")
}

main {
  buffer t: f32[batch, 3] in arena
  buffer flat: f32[3*batch] over t in arena
  buffer last: f32[3] over flat at batch*12 - 12 in arena
  call @f(x, p, b, t)
  call @g(flat, y) loc("/a", "/b")
}

arena {
  slot t at 64*batch size 64*batch
  slot u at 0 size 64
  slot v above t, u size 64*rows
}
arena_bytes of slots
arena_lower_bound 1024
)";

TEST(LoopText, LoweredFunctionReadsBack) { expect_round_trip(kLowered); }
TEST(LoopText, ScheduledFunctionReadsBack) { expect_round_trip(kScheduled); }
TEST(LoopText, ModuleReadsBack) { expect_round_trip(kModule); }

TEST(LoopText, PiecesAndRequirementsReadBack) {
  expect_round_trip(R"(func @concat(a: f32[1, 64], i: i64[1], out y: f32[3, 128]) {
  for y_1.c in 64 {
    stage y_1: y[0, c + 64] for c:64 = a[0, c] with c = y_1.c
  }
  stage y_2: y[1, 2] = 4.0
  stage y_3: y[2, 3] reduce k:64 where k < 3 { max a[0, k] } require 0 <= index(i[0]) require index(i[0]) < 3 with k = 2 loc("/pool")
}
)");
}

TEST(LoopText, ConditionsBehindStagesAreNoGuards) {
  expect_round_trip(R"(func @f(x: f32[n], out y: f32[n], out z: f32[n]) {
  for i in n {
    stage y[a:n] = x[a] with a = i
    if i < 3 {
      stage z[a:n] = y[a] with a = i if i < n
      if i == 0 {
        z[0] = x[0]
      }
    } else {
      stage z[a:n] = y[a] with a = i if i < n
      z[i] = 1.0
    }
  }
}
)");
}

TEST(LoopText, EveryLoopKindAndScopeReadsBack) {
  std::string text = "func @f(out y: f32[1]) {\n";
  for (const char* kind :
       {"", "unrolled ", "vectorized ", "parallel ", "grid ", "cluster ", "warp ", "lane "})
    text += std::string("  for ") + kind + "i in 4 {\n  }\n";
  for (const char* scope : {"constant", "arena", "scratch", "stack", "register", "shared", "tmem"})
    text += std::string("  buffer b: f16[4, 4] strides [8, 1] in ") + scope + "\n";
  expect_round_trip(text + "}\n");
}

TEST(LoopText, WordsOfTheLanguageMayNameThings) {
  expect_round_trip(R"(func @for(stage: f32[4], out if: f32[4]) {
  for parallel in 4 {
    if[parallel] = stage[parallel]
  }
}
)");
}

TEST(LoopText, ElementsOfConstantsAreBytesInMemory) {
  Module module = parse_module(
      "const b: bf16[3] = [1.0bf16, -2.0bf16, 0.5bf16]\nconst q: u4[3] = [1u4, 15u4, 7u4]\n", "t");
  EXPECT_EQ(module.constants[0].bytes, (std::vector<uint8_t>{0x80, 0x3f, 0x00, 0xc0, 0x00, 0x3f}));
  EXPECT_EQ(module.constants[1].bytes, (std::vector<uint8_t>{0xf1, 0x07}));
}

TEST(LoopText, FaultsShowTheirPlace) {
  std::string error = error_of("func @f(x: f32[4], out y: f32[4]) {\n  y[0] = z[0]\n}\n");
  EXPECT_NE(error.find("test.tenon:2:10"), std::string::npos) << error;
  EXPECT_NE(error.find("no tensor of this name is in scope, found 'z'"), std::string::npos)
      << error;
  EXPECT_NE(error.find("  y[0] = z[0]\n           ^"), std::string::npos) << error;
}

TEST(LoopText, RefusesWhatIsNoProgram) {
  for (const char* text : {
           "func f() {}",                 // @ is missing
           "func @f(x: f32[4]",           // the end comes too early
           "func @f(x: f31[4]) {}",       // no such type
           "func @f(x: f32[4]<0/4>) {}",  // the layout loses elements
           // the layout has an axis too many
           "func @f(x: f32[4]<1/4, 1%4>) {}",
           "func @f(x: f32[4], x: f32[4]) {}",    // two of a name
           "func @f() { for i in 2.0 { } }",      // no index
           "func @f(x: f32[4]) { if x[0] { } }",  // no condition
           // a binding is missing
           "func @f(x: f32[4]) { stage y[i:4] reduce k:2 { sum x[k] } with i = 0 }",
           "func @f(x: f32[4]) { stage y[i:4] reduce { all x[i] } with i = 0 }",  // no bools
           "func @f() { buffer b: f32[4] in nowhere }",
           "func @f() { schedule { split a } }",  // a step needs its own line
           "func @f() { computes { y[] = x[] } }",
           "symbol n in 4..1",
           "const b: f32[3] = [1.0, 2.0]",
           "const b: f32[1] = [1]",
           "const b: f32[n] = [1.0]",
           "arena { slot }",
           "nonsense",
       })
    EXPECT_NE(error_of(text).find("error: "), std::string::npos) << text;
}

TEST(LoopText, DeepNestingIsRefused) {
  std::string loops = "func @f() {",
              parens = "func @f(out y: f32[1]) { y[0] = ", sums = parens + "1.0";
  for (int i = 0; i < 100000; ++i) loops += " for i in 2 {", parens += "(-", sums += " + y[0]";
  EXPECT_NE(error_of(loops).find("nested too deeply"), std::string::npos);
  EXPECT_NE(error_of(parens).find("nested too deeply"), std::string::npos);
  EXPECT_NE(error_of(sums).find("too long"), std::string::npos);
}

// Broken texts give a user error or a module that reads back; never a crash, never a fault of ours.
TEST(LoopText, MutatedTextsNeverCrash) {
  const std::string seeds[] = {kLowered, kScheduled, kModule};
  int accepted = 0;
  for (int round = 0; round < 6000; ++round) {
    std::string text = test::mutate(seeds[round % 3], static_cast<uint32_t>(round));
    std::string printed;
    try {
      printed = to_string(parse_module(text, "fuzz"));
      ++accepted;
    } catch (const UserErrors&) {
      continue;
    }
    ASSERT_EQ(to_string(parse_module(printed, "fuzz")), printed) << "seed " << round;
  }
  EXPECT_GT(accepted, 50);
}

}  // namespace
}  // namespace tenon::loop
