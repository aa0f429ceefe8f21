// The interpreter: what statements give, and the faults that it must find.
#include "ir/loop/interpreter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include "ir/loop/text.h"
#include "ir/loop/verify.h"

namespace tenon::loop {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

template <class T>
std::span<uint8_t> bytes_of(std::vector<T>& elements) {
  return {reinterpret_cast<uint8_t*>(elements.data()), elements.size() * sizeof(T)};
}

class InterpreterTest : public testing::Test {
 protected:
  Interpreter compile(const std::string& text, const SymbolValues& symbols = {}) {
    return Interpreter(parse_function(text, "test.tenon", pool_), symbols);
  }
  // Runs `text` with parameters x and y; returns y.
  template <class T, class S>
  std::vector<T> run(const std::string& text, std::vector<S> x, size_t count,
                     const SymbolValues& symbols = {}) {
    std::vector<T> y(count, T(77));
    Outcome outcome = compile(text, symbols).run({{bytes_of(x)}, {bytes_of(y)}});
    EXPECT_FALSE(outcome.fault) << outcome.fault->message;
    EXPECT_FALSE(outcome.failed_require);
    return y;
  }
  std::vector<float> run_f32(const std::string& text, std::vector<float> x, size_t count,
                             const SymbolValues& symbols = {}) {
    return run<float>(text, std::move(x), count, symbols);
  }
  // The message of the fault that running `text` with x[4] and y[4] gives.
  std::string fault(const std::string& body,
                    const std::string& params = "x: f32[4], out y: f32[4]") {
    std::vector<float> x = {1, 2, 3, 4}, y(8);
    Outcome outcome =
        compile("func @f(" + params + ") {" + body + "}").run({{bytes_of(x)}, {bytes_of(y)}});
    return outcome.fault ? outcome.fault->message : "no fault";
  }

  ExprPool pool_;
};

TEST_F(InterpreterTest, LoopsOfEveryKindRunInOrder) {
  for (const char* kind : {"", "unrolled ", "vectorized ", "parallel "})
    EXPECT_THAT(run_f32("func @f(x: f32[4], out y: f32[4]) { for " + std::string(kind) +
                            "i in 4 { y[3 - i] = x[i] * 2.0 + 1.0 } }",
                        {1, 2, 3, 4}, 4),
                ElementsAre(9, 7, 5, 3));
}

TEST_F(InterpreterTest, SymbolsSizeLoopsAndBuffers) {
  EXPECT_THAT(run_f32("func @f(x: f32[n], out y: f32[2*n]) { for i in 2*n { y[i] = x[i % n] } }",
                      {1, 2, 3}, 6, {{"n", 3}}),
              ElementsAre(1, 2, 3, 1, 2, 3));
}

TEST_F(InterpreterTest, ReductionsStartOncePerPoint) {
  // The outermost reduce loop stands outside of a spatial one; `where` leaves out a point, the
  // guard the padded rows.
  const char* text = R"(func @f(x: f32[3, 4], out y: f32[3]) {
    for ko in 2 { for mo in 2 { for mi in 2 { for ki in 2 {
      stage y[m:3] reduce k:4 where k != 1 { sum x[m, k] } with m = mo*2 + mi, k = ko*2 + ki if mo*2 + mi < 3
    } } } } })";
  EXPECT_THAT(run_f32(text, {1, 2, 3, 4, 10, 20, 30, 40, 100, 200, 300, 400}, 3),
              ElementsAre(8, 80, 800));
}

TEST_F(InterpreterTest, ReductionsOverNothingGiveTheIdentity) {
  const char* text = R"(func @f(x: f32[4], out y: f32[2]) {
    for m in 2 { for k in 0 { stage y[m:2] reduce k:4 { max x[k] } with m = m, k = k } } })";
  EXPECT_THAT(run_f32(text, {1, 2, 3, 4}, 2), ElementsAre(-INFINITY, -INFINITY));
}

TEST_F(InterpreterTest, FusedLoopsOfSpatialAndReduceAxesStart) {
  const char* text = R"(func @f(x: f32[2, 3], out y: f32[2]) {
    for f in 6 { stage y[m:2] reduce k:3 { sum x[m, k] } with m = f // 3, k = f % 3 } })";
  EXPECT_THAT(run_f32(text, {1, 2, 3, 4, 5, 6}, 2), ElementsAre(6, 15));
}

TEST_F(InterpreterTest, ContinuingLeavesDoNotStartAgain) {
  const char* text = R"(func @f(x: f32[4], out y: f32[1]) {
    for k in 3 { stage y[m:1] reduce k:4 { sum x[k] } with m = 0, k = k }
    stage y[m:1] reduce k:4 { sum x[k] } with m = 0, k = 3 continues })";
  EXPECT_THAT(run_f32(text, {1, 2, 3, 4}, 1), ElementsAre(10));
}

TEST_F(InterpreterTest, ClampedAxesReadInside) {
  const char* text = R"(func @f(x: f32[3], out y: f32[3]) {
    for o in 2 { buffer t: f32[2] at [o*2] in register
      for i in 2 { stage t[m:3] = x[m] + 1.0 with m = o*2 + i clamp m }
      for j in 2 { stage y[m:3] = t[m] with m = o*2 + j if o*2 + j < 3 } } })";
  EXPECT_THAT(run_f32(text, {1, 2, 3}, 3), ElementsAre(2, 3, 4));
}

TEST_F(InterpreterTest, LayoutsSayWhereElementsLie) {
  // Blocks of 2 over 3 channels: c0 c1 | c2 and padding, which the second loop writes.
  const char* text = R"(func @f(x: f32[3, 2], out y: f32[3, 2]<0/2, 1, 0%2>) {
    for o in 2 { for h in 2 { for i in 2 { stage y[c:3, h:2] = x[c, h] with c = o*2 + i, h = h if o*2 + i < 3 } } }
    for h2 in 2 { y[3, h2] = 0.0 } })";
  EXPECT_THAT(run_f32(text, {1, 2, 3, 4, 5, 6}, 8), ElementsAre(1, 3, 2, 4, 5, 0, 6, 0));
}

TEST_F(InterpreterTest, ReadsOutsideYieldTheElseValue) {
  EXPECT_THAT(
      run_f32("func @f(x: f32[2], out y: f32[4]) { for i in 4 { y[i] = x[i - 1] else 9.0 } }",
              {1, 2}, 4),
      ElementsAre(9, 1, 2, 9));
}

TEST_F(InterpreterTest, ConditionsChooseTheirBranch) {
  EXPECT_THAT(run_f32("func @f(x: f32[4], out y: f32[4]) { for i in 4 { if x[i] < 2.5 { y[i] = "
                      "-x[i] } else { y[i] = 0.0 } } }",
                      {1, 2, 3, 4}, 4),
              ElementsAre(-1, -2, 0, 0));
}

TEST_F(InterpreterTest, WhatAStatementChangesIsReadAgain) {
  const char* text = R"(func @f(x: f32[1], out y: f32[2]) {
    buffer t: f32[1] in stack
    t[0] = x[0]  y[0] = t[0] + 1.0  t[0] = t[0] * 10.0  y[1] = t[0] + 1.0 })";
  EXPECT_THAT(run_f32(text, {5}, 2), ElementsAre(6, 51));
}

TEST_F(InterpreterTest, FloatsRoundOncePerOperation) {
  // 2^24 + 1 is no f32: the sum rounds before the difference.
  EXPECT_THAT(
      run_f32("func @f(x: f32[1], out y: f32[1]) { y[0] = x[0] + 1.0 - x[0] }", {16777216}, 1),
      ElementsAre(0));
  EXPECT_THAT(
      run<double>("func @f(x: f32[1], out y: f64[1]) { y[0] = f64(x[0]) + 1.0f64 - f64(x[0]) }",
                  std::vector<float>{16777216}, 1),
      ElementsAre(1));
  EXPECT_THAT(
      run<uint16_t>("func @f(x: f32[2], out y: bf16[2]) { for i in 2 { y[i] = bf16(x[i]) } }",
                    std::vector<float>{1.00390625f, -2}, 2),
      ElementsAre(0x3f80, 0xc000));
}

TEST_F(InterpreterTest, MinAndMaxKeepNaN) {
  std::vector<float> y = run_f32(
      "func @f(x: f32[2], out y: f32[2]) { y[0] = max(x[0], x[1])  y[1] = min(x[1], x[0]) }",
      {NAN, 1}, 2);
  EXPECT_TRUE(std::isnan(y[0]) && std::isnan(y[1]));
}

TEST_F(InterpreterTest, IntegersWrapAndSaturate) {
  EXPECT_THAT(run<int8_t>("func @f(x: i8[3], out y: i8[3]) { for i in 3 { y[i] = x[i] + 100i8 } }",
                          std::vector<int8_t>{1, 100, -128}, 3),
              ElementsAre(101, -56, -28));
  EXPECT_THAT(
      run<int32_t>("func @f(x: i32[3], out y: i32[3]) { for i in 3 { y[i] = x[i] * x[i] } }",
                   std::vector<int32_t>{-3, 65536, 65537}, 3),
      ElementsAre(9, 0, 131073));
  EXPECT_THAT(run<uint8_t>("func @f(x: f32[3], out y: u8[3]) { for i in 3 { y[i] = u8(x[i]) } }",
                           std::vector<float>{-5, 300, NAN}, 3),
              ElementsAre(0, 255, 0));
  EXPECT_THAT(
      run<int64_t>(
          "func @f(x: i64[2], out y: i64[2]) { for i in 2 { y[i] = x[i] // 0i64 + x[i] % -4i64 } }",
          std::vector<int64_t>{7, -7}, 2),
      ElementsAre(-1, -3));
  EXPECT_THAT(run<uint8_t>("func @f(x: u64[2], out y: bool[1]) { y[0] = x[0] < x[1] }",
                           std::vector<uint64_t>{1, UINT64_MAX}, 1),
              ElementsAre(1));
}

TEST_F(InterpreterTest, PackedElementsShareBytes) {
  EXPECT_THAT(run<uint8_t>("func @f(x: u8[3], out y: i4[3]) { for i in 3 { y[i] = i4(x[i]) } }",
                           std::vector<uint8_t>{1, 15, 7}, 2),
              ElementsAre(0xf1, 0x47));  // the fourth place keeps what was there
}

TEST_F(InterpreterTest, FailedRequirementsAreReportedAndTheRunGoesOn) {
  std::vector<float> x = {1, 2}, y(2);
  Outcome outcome = compile(R"(func @f(x: f32[2], out y: f32[2]) {
    for i in 2 { require x[i] < 1.5 loc("/gather")  y[i] = x[i] } })")
                        .run({{bytes_of(x)}, {bytes_of(y)}});
  EXPECT_FALSE(outcome.fault);
  EXPECT_EQ(outcome.failed_require, Location{"/gather"});
  EXPECT_THAT(y, ElementsAre(1, 2));
}

TEST_F(InterpreterTest, AccessesOutsideAreFaults) {
  std::string message = fault("for i in 5 { y[0] = x[i] }");
  EXPECT_THAT(message, HasSubstr("subscript 0 of x is 4, outside 0..3"));
  EXPECT_THAT(message, HasSubstr("in: y[0] = x[i]"));
  EXPECT_THAT(message, HasSubstr("at: i = 4"));
  EXPECT_THAT(fault("y[0 - 1] = 1.0"), HasSubstr("subscript 0 of y is -1"));
  EXPECT_THAT(fault("for i in 2 { buffer t: f32[2] at [i*2] in register  t[i*2 + 2] = 0.0 }"),
              HasSubstr("subscript 0 of t is 2"));
  EXPECT_THAT(fault("for i in 4 { y[i] = x[i // 2, i] }", "x: f32[2, 2]<1, 0>, out y: f32[4]"),
              HasSubstr("subscript 1 of x is 2, outside 0..1"));
}

TEST_F(InterpreterTest, AccessesThatDoNotHappenAreNoFaults) {
  EXPECT_EQ(
      fault("for i in 4 { y[i] = 0.0  for j in i - 3 { y[9] = x[7] }  if i == 4 { y[0] = x[9] } }"),
      "no fault");
}

TEST_F(InterpreterTest, ReadsOfUnwrittenMemoryAreFaults) {
  EXPECT_THAT(fault("y[0] = y[1]"),
              HasSubstr("element 1 in memory of y is read before anything wrote it"));
  EXPECT_THAT(
      fault("for i in 4 { buffer t: f32[1] in stack  if i < 1 { t[0] = 1.0 }  y[i] = t[0] }"),
      HasSubstr("at: i = 1"));
}

TEST_F(InterpreterTest, TheOperandThatSelectLeavesMayBeUnwritten) {
  EXPECT_EQ(fault("for i in 4 { y[i] = select(i == 0, x[0], y[max(i - 1, 0)]) }"), "no fault");
}

TEST_F(InterpreterTest, UnwrittenResultsAreFaults) {
  EXPECT_THAT(fault("for i in 3 { y[i] = 1.0 }"),
              HasSubstr("element 3 in memory of the result y was never written"));
  EXPECT_THAT(fault("for i in 3 { y[i] = 1.0 }", "x: f32[4], out y: f32[3]<0/2, 0%2>"),
              HasSubstr("element 3 in memory of the result y"));
}

TEST_F(InterpreterTest, PaddingStaysZero) {
  EXPECT_THAT(fault("for i in 4 { y[i] = 1.0 }", "x: f32[4], out y: f32[3]<0/2, 0%2>"),
              HasSubstr("padding of y becomes other than zero"));
  EXPECT_EQ(
      fault("for i in 4 { y[i] = select(i < 3, 1.0, 0.0) }", "x: f32[4], out y: f32[3]<0/2, 0%2>"),
      "no fault");
  EXPECT_THAT(fault("for i in 5 { y[i] = 0.0 }", "x: f32[4], out y: f32[3]<0/2, 0%2>"),
              HasSubstr("subscript 0 of y is 4, outside 0..3"));
}

TEST_F(InterpreterTest, ViewsStayInsideTheirElements) {
  std::vector<float> x = {1, 2, 3, 4}, y(8, 7);
  Interpreter view = compile(
      "func @f(x: f32[4], out y: f32[2, 2] strides [4, 1]) { for i in 2 { for j in 2 { y[i, j] = "
      "x[2*i + j] } } }");
  EXPECT_EQ(view.parameter_bytes()[1], 24);
  Outcome outcome = view.run({{bytes_of(x)}, {bytes_of(y)}});
  EXPECT_FALSE(outcome.fault);
  EXPECT_THAT(y, ElementsAre(1, 2, 7, 7, 3, 4, 7, 7));
}

// ---- modules ------------------------------------------------------------------------------------

constexpr const char* kModule = R"(
symbol n in 1..8
const w: f32[3] = initializer "w"
const two: f32[1] = [2.0]
const w2: f32[3]<0/2, 0%2> = computed
input x: f32[n, 3]
output y: f32[3*n]
func @double(const w: f32[3], const two: f32[1], out w2: f32[3]<0/2, 0%2>) {
  for i in 4 { w2[i] = select(i < 3, w[min(i, 2)] * two[0], 0.0) }
}
func @scale(x: f32[n, 3], const w2: f32[3]<0/2, 0%2>, out t: f32[n, 3]) {
  for i in n { for j in 3 { t[i, j] = x[i, j] * w2[j] } }
}
func @negate(t: f32[3*n], out y: f32[3*n]) { for i in 3*n { y[i] = -t[i] } }
setup { call @double(w, two, w2) }
main {
  buffer t: f32[n, 3] in arena
  buffer flat: f32[3*n] over t in arena
  call @scale(x, w2, t)
  call @negate(flat, y) loc("/neg")
}
)";

std::vector<uint8_t> as_bytes(std::vector<float> elements) {
  std::span<uint8_t> bytes = bytes_of(elements);
  return {bytes.begin(), bytes.end()};
}

ModuleOutcome run_small(const std::string& text) {
  std::vector<std::vector<uint8_t>> inputs = {as_bytes({1, 2, 3, 4, 5, 6})};
  return run_module(parse_module(text, "test.tenon"),
                    [](const Constant& constant) {
                      EXPECT_EQ(constant.initializer, "w");
                      return as_bytes({1, 10, 100});
                    },
                    inputs, {{"n", 2}});
}

TEST(RunModule, RunsSetupAndMain) {
  ModuleOutcome result = run_small(kModule);
  ASSERT_TRUE(result.outcome.ok()) << result.outcome.fault->message;
  EXPECT_EQ(result.outputs[0], as_bytes({-2, -40, -600, -8, -100, -1200}));
}

TEST(RunModule, BuffersLieWhereThePlanPutsThem) {
  ModuleOutcome result =
      run_small(std::string(kModule) + "arena { slot t at 64 size 12*n }\narena_bytes 64 + 12*n");
  ASSERT_TRUE(result.outcome.ok()) << result.outcome.fault->message;
  EXPECT_EQ(result.outputs[0], as_bytes({-2, -40, -600, -8, -100, -1200}));
}

// The written form of setup does not depend on what main wants: here a padded layout.
TEST(RunModule, PacksWhatSetupWritesRowMajor) {
  std::string text = kModule;
  size_t begin = text.find("func @double"), end = text.find("func @scale");
  text.replace(begin, end - begin,
               "func @double(const w: f32[3], const two: f32[1], out w2: f32[3]) {\n"
               "  for i in 3 { w2[i] = w[i] * two[0] }\n}\n");
  EXPECT_THAT(verify(parse_module(text, "test.tenon")), testing::IsEmpty());
  ModuleOutcome result = run_small(text);
  ASSERT_TRUE(result.outcome.ok()) << result.outcome.fault->message;
  EXPECT_EQ(result.outputs[0], as_bytes({-2, -40, -600, -8, -100, -1200}));
}

TEST(RunModule, FaultsNameTheirKernel) {
  std::string text = kModule;
  text.replace(text.find("for i in 3*n { y[i] = -t[i]"), 27, "for i in 3*n { y[i] = -t[i + 1]");
  ModuleOutcome result = run_small(text);
  ASSERT_TRUE(result.outcome.fault);
  EXPECT_THAT(result.outcome.fault->message,
              HasSubstr("negate: subscript 0 of t is 6, outside 0..5"));
  EXPECT_EQ(result.outcome.fault->location, Location{"/neg"});
}

}  // namespace
}  // namespace tenon::loop
