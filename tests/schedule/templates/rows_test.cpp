// Rows: every reduction along a row keeps vectors of partial results in registers, whatever the
// length; what the schedule computes is what the naive nest computes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/schedule/templates/chosen.h"

namespace tenon::schedule {
namespace {

using testing::Contains;
using testing::EndsWith;
using testing::StartsWith;

// How far two orders of a sum of that many terms may be apart: gamma_K.
double close_for(int64_t terms) { return static_cast<double>(terms + 16) / (1 << 24); }

std::string softmax(const std::string& length, const std::string& symbol = "") {
  return symbol + "func @f(x: f32[3, " + length + "]) -> (y: f32[3, " + length +
         "]) anchor(total: softmax) {\n"
         "  top[i:3] = max[k:" +
         length +
         "](x[i, k])\n"
         "  e[i:3, j:" +
         length +
         "] = exp(x[i, j] - top[i])\n"
         "  total[i:3] = sum[k:" +
         length +
         "](e[i, k])\n"
         "  y[i:3, j:" +
         length + "] = e[i, j] / total[i]\n}\n";
}

std::string layer_norm(const std::string& length, const std::string& symbol = "") {
  return symbol + "func @f(x: f32[3, " + length + "], const w: f32[" + length +
         "]) -> (y: f32[3, " + length +
         "]) anchor(total: norm) {\n"
         "  total[i:3] = sum[k:" +
         length +
         "](x[i, k])\n"
         "  mean[i:3] = total[i] / 64.0\n"
         "  spread[i:3] = sum[k:" +
         length +
         "]((x[i, k] - mean[i]) * (x[i, k] - mean[i]))\n"
         "  inverse[i:3] = 1.0 / sqrt(spread[i] / 64.0 + 0.5)\n"
         "  y[i:3, j:" +
         length + "] = (x[i, j] - mean[i]) * inverse[i] * w[j]\n}\n";
}

// A reduction of the axis k: of `[rows, length]` along it, of `[rows, length, columns]` across.
std::string reduce(const std::string& reducer, const std::string& length,
                   const std::string& symbol = "") {
  return symbol + "func @f(x: f32[5, " + length +
         "]) -> (y: f32[5]) anchor(total: reduce) {\n"
         "  total[i:5] = " +
         reducer + "[k:" + length +
         "](x[i, k])\n"
         "  y[i:5] = total[i] * 0.5\n}\n";
}

std::string reduce_across(const std::string& length, const std::string& columns,
                          const std::string& symbol = "") {
  return symbol + "func @f(x: f32[2, " + length + ", " + columns + "]) -> (y: f32[2, " + columns +
         "]) anchor(total: reduce) {\n"
         "  total[i:2, j:" +
         columns + "] = sum[k:" + length +
         "](x[i, k, j])\n"
         "  y[i:2, j:" +
         columns + "] = total[i, j] * 0.5\n}\n";
}

bool has_line(const Chosen& chosen, const std::string& start) {
  const auto& lines = chosen.lines();
  return std::any_of(lines.begin(), lines.end(),
                     [&](const std::string& line) { return line.rfind(start, 0) == 0; });
}

class Rows : public testing::TestWithParam<const char*> {
 protected:
  void expect_lanes(const Chosen& chosen, const std::string& reduction, const std::string& loop) {
    std::string lane = loop + ".lane", partial = reduction + ".lanes";
    EXPECT_THAT(chosen.lines(),
                Contains("rfactor " + reduction + " over " + lane + " -> " + partial + " halving"));
    EXPECT_THAT(chosen.lines(), Contains("vectorize " + lane));
    EXPECT_THAT(chosen.lines(), Contains(testing::AllOf(StartsWith("store_at " + partial + " at "),
                                                        EndsWith(" in register"))));
  }
};

INSTANTIATE_TEST_SUITE_P(, Rows, testing::ValuesIn(kTargets),
                         [](const auto& info) { return std::string("V") + info.param[8]; });

TEST_P(Rows, SoftmaxOfEveryLength) {
  for (int length : {1, 3, 17, 48, 1000}) {
    SCOPED_TRACE(length);
    Chosen chosen(softmax(std::to_string(length)), GetParam());
    if (length >= chosen.lanes) {
      expect_lanes(chosen, "top", "top.k");
      expect_lanes(chosen, "total", "total.k");
      EXPECT_THAT(chosen.lines(), Contains("vectorize e.j.lane"));
      EXPECT_THAT(chosen.lines(), Contains("vectorize y.j.lane"));
    }
    EXPECT_LT(chosen.difference(), close_for(length)) << chosen.text();
  }
}

TEST_P(Rows, SoftmaxOfASymbolicLength) {
  Chosen chosen(softmax("seq", "symbol seq in 1..512\n"), GetParam());
  expect_lanes(chosen, "top", "top.k");
  expect_lanes(chosen, "total", "total.k");
  EXPECT_THAT(chosen.lines(), Contains("compute_at e at y.i"));
  EXPECT_THAT(chosen.lines(), Contains("vectorize e.j.lane"));
  for (int64_t length : {1, 3, 17, 64, 512})
    EXPECT_LT(chosen.difference({{"seq", length}}), close_for(length)) << length << chosen.text();
}

TEST_P(Rows, LayerNormalization) {
  for (int length : {1, 3, 17, 768}) {
    SCOPED_TRACE(length);
    Chosen chosen(layer_norm(std::to_string(length)), GetParam());
    if (length >= chosen.lanes) {
      expect_lanes(chosen, "total", "total.k");
      expect_lanes(chosen, "spread", "spread.k");
      EXPECT_THAT(chosen.lines(), Contains("vectorize y.j.lane"));
    }
    for (const char* moment : {"mean", "inverse"})
      EXPECT_THAT(chosen.lines(),
                  Contains("store_at " + std::string(moment) + " at y.i in register"));
    EXPECT_LT(chosen.difference(), close_for(length)) << chosen.text();
  }
  Chosen symbolic(layer_norm("seq", "symbol seq in 1..512\n"), GetParam());
  expect_lanes(symbolic, "spread", "spread.k");
  for (int64_t length : {1, 3, 17, 512})
    EXPECT_LT(symbolic.difference({{"seq", length}}), close_for(length)) << length;
}

TEST_P(Rows, ReductionsGiveTheSameBits) {
  for (const char* reducer : {"sum", "max", "min"}) {
    SCOPED_TRACE(reducer);
    for (int length : {1, 3, 17, 1000}) {
      Chosen chosen(reduce(reducer, std::to_string(length)), GetParam());
      if (length >= chosen.lanes) expect_lanes(chosen, "total", "total.k");
      EXPECT_EQ(chosen.difference(), 0) << length << chosen.text();
    }
    Chosen symbolic(reduce(reducer, "seq", "symbol seq in 1..300\n"), GetParam());
    expect_lanes(symbolic, "total", "total.k");
    for (int64_t length : {1, 3, 17, 300})
      EXPECT_EQ(symbolic.difference({{"seq", length}}), 0) << length << symbolic.text();
  }
}

TEST_P(Rows, AReductionOfEverythingKeepsLanes) {
  Chosen chosen(
      "func @f(x: f32[1000]) -> (y: f32[]) anchor(y: reduce) {\n"
      "  y[] = sum[k:1000](x[k])\n}\n",
      GetParam());
  EXPECT_THAT(chosen.lines(), Contains("rfactor y over y.k.lane -> y.lanes halving"));
  EXPECT_EQ(chosen.difference(), 0) << chosen.text();
}

TEST_P(Rows, AnAxisInTheMiddleIsReducedByColumns) {
  for (int columns : {1, 3, 17, 64, 100}) {
    SCOPED_TRACE(columns);
    Chosen chosen(reduce_across("9", std::to_string(columns)), GetParam());
    if (columns >= chosen.lanes) {
      EXPECT_THAT(chosen.lines(), Contains("vectorize total.j.lane"));
      EXPECT_FALSE(has_line(chosen, "rfactor")) << chosen.text();
    }
    EXPECT_EQ(chosen.difference(), 0) << chosen.text();
  }
  Chosen symbolic(reduce_across("n", "40", "symbol n in 1..20\n"), GetParam());
  EXPECT_THAT(symbolic.lines(), Contains("vectorize total.j.lane"));
  for (int64_t n : {1, 3, 17, 20}) EXPECT_EQ(symbolic.difference({{"n", n}}), 0) << n;
}

// Softmax along the middle axis: each sum serves many rows, and must be made once.
TEST_P(Rows, NoReductionIsRepeated) {
  Chosen chosen(
      "func @f(x: f32[2, 7, 40]) -> (y: f32[2, 7, 40]) anchor(total: softmax) {\n"
      "  top[i:2, j:40] = max[k:7](x[i, k, j])\n"
      "  e[i:2, k:7, j:40] = exp(x[i, k, j] - top[i, j])\n"
      "  total[i:2, j:40] = sum[k:7](e[i, k, j])\n"
      "  y[i:2, k:7, j:40] = e[i, k, j] / total[i, j]\n}\n",
      GetParam());
  for (const char* tensor : {"top", "e", "total"})
    EXPECT_THAT(chosen.lines(), Contains("compute_at " + std::string(tensor) + " at y.i"));
  EXPECT_THAT(chosen.lines(), Contains("vectorize total.j.lane"));
  EXPECT_LT(chosen.difference(), close_for(7)) << chosen.text();
}

TEST_P(Rows, ManyRowsAreParallel) {
  Chosen few(softmax("17"), GetParam());
  EXPECT_FALSE(has_line(few, "parallel"));
  Chosen many(
      "func @f(x: f32[4000, 64]) -> (y: f32[4000]) anchor(y: reduce) {\n"
      "  y[i:4000] = sum[k:64](x[i, k])\n}\n",
      GetParam());
  EXPECT_TRUE(has_line(many, "parallel y.i chunk")) << many.text();
}

}  // namespace
}  // namespace tenon::schedule
