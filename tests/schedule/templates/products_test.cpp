// Products: every one keeps its sums in registers over packed panels, whatever its extents; also
// those of recurrent cells, whose sums other stages read outside of the tile.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/schedule/templates/chosen.h"

namespace tenon::schedule {
namespace {

using testing::Contains;
using testing::StartsWith;

std::string gemm(const std::string& rows, const std::string& depth, const std::string& columns,
                 const std::string& symbols = "") {
  return symbols + "func @f(x: f32[" + rows + ", " + depth + "], const w: f32[" + depth + ", " +
         columns + "], b: f32[" + columns + "]) -> (y: f32[" + rows + ", " + columns +
         "]) anchor(acc: gemm) {\n"
         "  acc[m:" +
         rows + ", n:" + columns + "] = sum[k:" + depth +
         "](x[m, k] * w[k, n])\n"
         "  y[m:" +
         rows + ", n:" + columns + "] = max(acc[m, n] + b[n], 0.0)\n}\n";
}

// A cell whose state stays a small integer: h = clamp(projection + one gate - the other).
std::string cell(const std::string& steps, int inputs, int units, const std::string& symbols = "") {
  std::string i = std::to_string(inputs), u = std::to_string(units), g = std::to_string(2 * units);
  return symbols + "func @f(x: f32[" + steps + ", 1, " + i + "], const w: f32[" + g + ", " + i +
         "], const r: f32[" + g + ", " + u + "]) -> (y: f32[" + steps + ", 1, " + u +
         "]) anchor(projection: rnn) {\n"
         "  local h: f32[" +
         steps + ", 1, " + u +
         "]\n"
         "  local product: f32[" +
         steps + ", 1, " + g +
         "]\n"
         "  projection[t:" +
         steps + ", b:1, q:" + g + "] = sum[i:" + i +
         "](x[t, b, i] * w[q, i])\n"
         "  scan t in " +
         steps +
         " {\n"
         "    product[t, b:1, q:" +
         g + "] = sum[k:" + u +
         "]((h[t - 1, b, k] else 0.0) * r[q, k])\n"
         "    h[t, b:1, j:" +
         u + "] = min(max(projection[t, b, j] + product[t, b, j] - product[t, b, j + " + u +
         "], -4.0), 4.0) + (h[t - 1, b, j] else 1.0)\n  }\n"
         "  y[t:" +
         steps + ", b:1, j:" + u + "] = h[t, b, j]\n}\n";
}

class Products : public testing::TestWithParam<const char*> {};

INSTANTIATE_TEST_SUITE_P(, Products, testing::ValuesIn(kTargets),
                         [](const auto& info) { return std::string("V") + info.param[8]; });

TEST_P(Products, GemmOfAwkwardExtents) {
  for (auto [rows, depth, columns] :
       {std::tuple(1, 17, 1000), {3, 1, 17}, {17, 3, 3}, {17, 17, 1}, {100, 40, 96}, {1, 1, 1}}) {
    SCOPED_TRACE(std::to_string(rows) + "x" + std::to_string(depth) + "x" +
                 std::to_string(columns));
    Chosen chosen(gemm(std::to_string(rows), std::to_string(depth), std::to_string(columns)),
                  GetParam());
    EXPECT_THAT(chosen.lines(), Contains(StartsWith("cache_write acc in register at ")));
    EXPECT_THAT(chosen.lines(), Contains("vectorize lane"));
    EXPECT_THAT(chosen.lines(), Contains(StartsWith("pack w as <1/")));
    EXPECT_THAT(chosen.lines(), Contains(StartsWith("attach y at ")));
    EXPECT_EQ(chosen.difference(), 0) << chosen.text();
  }
}

TEST_P(Products, GemmOfSymbolicRows) {
  Chosen chosen(gemm("m", "24", "50", "symbol m in 1..40\n"), GetParam());
  EXPECT_THAT(chosen.lines(), Contains(StartsWith("cache_write acc in register at ")));
  EXPECT_THAT(chosen.lines(), Contains(StartsWith("attach y at ")));
  for (int64_t rows : {1, 3, 17, 40}) EXPECT_EQ(chosen.difference({{"m", rows}}), 0) << rows;
}

// The right operand is computed and its columns end inside a panel: the tile has no mask, but where
// masks have registers of their own.
TEST_P(Products, GemmOfSymbolicColumns) {
  Chosen chosen(
      "symbol n in 1..40\n"
      "func @f(x: f32[3, 20, 12], w: f32[3, 12, n]) -> (y: f32[3, 20, n]) anchor(acc: gemm) {\n"
      "  acc[b:3, m:20, n:n] = sum[k:12](x[b, m, k] * w[b, k, n])\n"
      "  y[b:3, m:20, n:n] = acc[b, m, n] + 1.0\n}\n",
      GetParam());
  bool masks = target::find_target(GetParam())->mask_registers;
  EXPECT_THAT(chosen.lines(), Contains(StartsWith("cache_write acc in register at ")));
  EXPECT_THAT(chosen.lines(),
              Contains("cache_read w in scratch at no -> w.panel").Times(masks ? 0 : 1));
  size_t tile = chosen.text().find("stage acc[");
  std::string line = chosen.text().substr(tile, chosen.text().find('\n', tile) - tile);
  EXPECT_EQ(line.find(" if ") != std::string::npos, masks) << line;
  for (int64_t columns : {1, 3, 16, 17, 40})
    EXPECT_EQ(chosen.difference({{"n", columns}}), 0) << columns;
}

TEST_P(Products, CellsKeepTheirSumsInRegisters) {
  for (auto [steps, inputs, units] : {std::tuple(1, 1, 1), {3, 3, 17}, {17, 8, 32}, {2, 17, 100}}) {
    SCOPED_TRACE(std::to_string(steps) + " steps of " + std::to_string(units));
    Chosen chosen(cell(std::to_string(steps), inputs, units), GetParam());
    for (const char* product : {"projection", "product"}) {
      std::string name = product;
      EXPECT_THAT(chosen.lines(), Contains(StartsWith("cache_write " + name + " in register at ")));
      EXPECT_THAT(chosen.lines(), Contains("vectorize " + name + ".lane"));
    }
    if (units >= chosen.lanes) {
      EXPECT_THAT(chosen.lines(), Contains("vectorize h.j.lane"));
    }
    EXPECT_THAT(chosen.text(), testing::HasSubstr("buffer product.tile: f32[1, 1, "));
    EXPECT_EQ(chosen.difference(), 0) << chosen.text();
  }
}

TEST_P(Products, CellsOfSymbolicSteps) {
  Chosen chosen(cell("steps", 5, 40, "symbol steps in 1..20\n"), GetParam());
  EXPECT_THAT(chosen.lines(), Contains(StartsWith("cache_write product in register at ")));
  EXPECT_THAT(chosen.lines(), Contains(StartsWith("cache_write projection in register at ")));
  EXPECT_THAT(chosen.lines(), Contains("vectorize h.j.lane"));
  for (int64_t steps : {1, 3, 17, 20})
    EXPECT_EQ(chosen.difference({{"steps", steps}}), 0) << steps << chosen.text();
}

}  // namespace
}  // namespace tenon::schedule
