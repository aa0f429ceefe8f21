// The text of the tensor level: what is printed reads back as the same, and what cannot be read is
// refused.
#include "ir/tensor/text.h"

#include <gtest/gtest.h>

#include "tests/support/mutate_text.h"

namespace tenon::tensor {
namespace {

constexpr const char* kGemm = R"(symbol batch in 1..8

func @fc1_relu(x: f32[batch, 768], const w: f32[768, 3072], const b: f32[3072]) -> (y: f32[batch, 3072]<1/16, 0, 1%16>) anchor(acc: gemm) loc("/fc1/Gemm") {
  acc[m:batch, n:3072] = sum[k:768](x[m, k] * w[k, n]) loc("/fc1/Gemm")
  y[m:batch, n:3072] = max(acc[m, n] + b[n], 0.0) loc("/fc1/Gemm", "/act/Relu")
}

func @pool(x: f32[1, 8]) -> (y: f32[1, 4], z: f32[]) {
  y[n:1, h:4] = max[r:3 where 0 <= h*2 + r - 1 & h*2 + r - 1 < 8](x[n, h*2 + r - 1])
  z[] = sum[](x[0, 0])
}
)";

constexpr const char* kConcat =
    R"(func @concat(a: f32[1, 64], b: f32[1, 2], i: i64[4]) -> (y: f32[1, 66], g: f32[4]) {
  local t: f32[1, 66]
  t_0: t[n, c] for n:1, c:64 = a[n, c]
  t_1: t[n, c + 64] for n:1, c:2 = b[n, c]
  y[n:1, c:66] = t[n, c] + 1.0
  g[j:4] = b[0, min(max(index(i[j]), 0), 1)] require 0 <= index(i[j]) require index(i[j]) < 2 loc("/gather")
}
)";

constexpr const char* kScan =
    R"(func @rnn(p: f32[100, 256], const u: f32[256, 256]) -> (h: f32[100, 256]) {
  local s: f32[100, 256]
  scan t in 100 {
    s[t, j:256] = sum[k:256](u[j, k] * (h[t - 1, k] else 0.0))
    h[t, j:256] = tanh(p[t, j] + s[t, j])
  }
}
)";

void expect_round_trip(const std::string& text) {
  EXPECT_EQ(to_string(parse_program(text, "test.tenon")), text);
}

std::string error_of(const std::string& text) {
  try {
    parse_program(text, "test.tenon");
  } catch (const UserErrors& errors) {
    return errors.what();
  }
  return "no error";
}

TEST(TensorText, ReductionsReadBack) { expect_round_trip(kGemm); }
TEST(TensorText, PiecesAndGathersReadBack) { expect_round_trip(kConcat); }
TEST(TensorText, ScansReadBack) { expect_round_trip(kScan); }

TEST(TensorText, LocalsFollowFromPlainStages) {
  Program program = parse_program(kGemm, "test.tenon");
  const Tensor* acc = program.functions[0].find_tensor("acc");
  ASSERT_NE(acc, nullptr);
  EXPECT_EQ(acc->type, DType::F32);
  EXPECT_EQ(acc->extents,
            (std::vector<Expr>{program.pool->var("batch"), program.pool->index(3072)}));
  EXPECT_EQ(program.functions[0].locals.size(), 1u);
}

TEST(TensorText, StagesOfAScanStandTogether) {
  Program program = parse_program(kScan, "test.tenon");
  const Function& rnn = program.functions[0];
  ASSERT_EQ(rnn.steps.size(), 2u);
  EXPECT_EQ(rnn.steps[0].scan, 0);
  EXPECT_EQ(rnn.steps[1].scan, 0);
  EXPECT_EQ(rnn.steps[0].stage->target[0], program.pool->var("t"));
  EXPECT_EQ(rnn.steps[0].stage->axes.size(), 1u);
}

TEST(TensorText, RefusesWhatIsNoProgram) {
  for (const char* text : {
           "func @f(x: f32[4]) {}",                                           // no results
           "func @f(x: f32[4]) -> (x: f32[4]) {}",                            // two of a name
           "func @f(x: f32[4]) -> (y: f32[4]) { y[i:4] = z[i] }",             // no such tensor
           "func @f(x: f32[4]) -> (y: f32[4]) { y[i:4] = most[k:3](x[k]) }",  // no such reducer
           "func @f(x: f32[4]) -> (y: f32[4]) { y[i:4] = any[k:3](x[k]) }",   // no bools
           // t is declared nowhere
           "func @f(x: f32[4]) -> (y: f32[4]) { t_0: t[i] for i:4 = x[i] }",
           "func @f(x: f32[4]) -> (y: f32[4]) { scan t { } }",
           "func @f(x: f32[4]) -> (y: f32[4]) { y[i:4] = x[1.0] }",
       })
    EXPECT_NE(error_of(text).find("error: "), std::string::npos) << text;
}

TEST(TensorText, MutatedTextsNeverCrash) {
  const std::string seeds[] = {kGemm, kConcat, kScan};
  int accepted = 0;
  for (int round = 0; round < 6000; ++round) {
    std::string text = test::mutate(seeds[round % 3], static_cast<uint32_t>(round));
    std::string printed;
    try {
      printed = to_string(parse_program(text, "fuzz"));
      ++accepted;
    } catch (const UserErrors&) {
      continue;
    }
    ASSERT_EQ(to_string(parse_program(printed, "fuzz")), printed) << "seed " << round;
  }
  EXPECT_GT(accepted, 50);
}

}  // namespace
}  // namespace tenon::tensor
