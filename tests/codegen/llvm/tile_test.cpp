// The register tile of a GEMM, from loop text to machine code: the accumulators are registers, none
// of them is spilled, and the product is right to the bit.
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "codegen/llvm/host_code.h"
#include "ir/loop/text.h"

namespace tenon::codegen {
namespace {

struct Tile {
  const char* target;
  int rows, vectors, lanes, depth_unroll;
  int columns() const { return vectors * lanes; }
};

std::string replaced(std::string text, const std::string& name, int value) {
  for (size_t at; (at = text.find(name)) != std::string::npos;)
    text.replace(at, name.size(), std::to_string(value));
  return text;
}

// y[m, n] = max(sum over k of x[m, k] * w[k, n], 0), w packed in panels, for two row tiles and two
// panels.
std::string gemm_text(const Tile& tile, int depth) {
  std::string text = R"(
func @gemm(x: f32[ALL_ROWS, DEPTH], const w: f32[2, DEPTH, COLUMNS], out y: f32[ALL_ROWS, ALL_COLUMNS]) {
  for parallel no in 2 {
    for mo in 2 {
      buffer acc: f32[TILE_ROWS, COLUMNS] in register
      for unrolled mi0 in TILE_ROWS { for unrolled nv0 in VECTORS { for vectorized lane0 in LANES {
        acc[mi0, nv0*LANES + lane0] = 0.0
      } } }
      for ko in STEPS { for unrolled ki in UNROLL { for unrolled mi in TILE_ROWS { for unrolled nv in VECTORS { for vectorized lane in LANES {
        acc[mi, nv*LANES + lane] = fma(x[mo*TILE_ROWS + mi, ko*UNROLL + ki], w[no, ko*UNROLL + ki, nv*LANES + lane], acc[mi, nv*LANES + lane])
      } } } } }
      for unrolled mi1 in TILE_ROWS { for unrolled nv1 in VECTORS { for vectorized lane1 in LANES {
        y[mo*TILE_ROWS + mi1, no*COLUMNS + nv1*LANES + lane1] = max(acc[mi1, nv1*LANES + lane1], 0.0)
      } } }
    }
  }
})";
  text = replaced(text, "ALL_ROWS", 2 * tile.rows);
  text = replaced(text, "ALL_COLUMNS", 2 * tile.columns());
  text = replaced(text, "TILE_ROWS", tile.rows);
  text = replaced(text, "COLUMNS", tile.columns());
  text = replaced(text, "VECTORS", tile.vectors);
  text = replaced(text, "LANES", tile.lanes);
  text = replaced(text, "STEPS", depth / tile.depth_unroll);
  text = replaced(text, "UNROLL", tile.depth_unroll);
  return replaced(text, "DEPTH", depth);
}

CompiledKernel compile_text(const std::string& text, const std::string& target) {
  ExprPool pool;
  loop::Function function = loop::parse_function(text, "test", pool);
  return compile_kernel(function, {}, target::find_target(target).value(), {}).value();
}

const Tile kTiles[] = {{"x86-64-v4", 14, 2, 16, 1}, {"x86-64-v4", 12, 2, 16, 4},
                       {"x86-64-v4", 8, 3, 16, 1},  {"x86-64-v4", 6, 4, 16, 2},
                       {"znver4", 14, 2, 16, 1},    {"x86-64-v3", 6, 2, 8, 1},
                       {"x86-64-v3", 4, 3, 8, 1}};

TEST(Tile, KeepsItsAccumulatorsInRegisters) {
  for (const Tile& tile : kTiles) {
    SCOPED_TRACE(gemm_text(tile, 32));
    CompiledKernel compiled = compile_text(gemm_text(tile, 32), tile.target);
    EXPECT_EQ(compiled.report().tile_spills, 0) << compiled.text;
    EXPECT_EQ(compiled.text.find("alloca"), std::string::npos);
  }
}

// More accumulators than registers: what the test above asserts is something that can be otherwise.
TEST(Tile, ReportsSpillsOfTilesThatAreTooLarge) {
  EXPECT_GT(
      compile_text(gemm_text({"x86-64-v3", 6, 4, 8, 1}, 32), "x86-64-v3").report().tile_spills, 0);
}

// A sum of many products in a loop that carries no sum: its operands wait in the frame, and none of
// them is an accumulator.
TEST(Tile, TellsSpillsOfOtherLoopsApart) {
  std::string terms = "x[i, lane]";
  for (int i = 1; i < 24; ++i) terms = "x[i + " + std::to_string(i) + ", lane] * (" + terms + ")";
  std::string value = terms;
  for (int i = 0; i < 24; ++i) value += " - x[i + " + std::to_string(i) + ", lane]";
  FunctionReport report = compile_text(
                              "func @f(x: f32[64, 8], out y: f32[40, 8]) { for i in 40 { "
                              "for vectorized lane in 8 { y[i, lane] = " +
                                  value + " } } }",
                              "x86-64-v3")
                              .report();
  EXPECT_GT(report.vector_spills, 0);
  EXPECT_EQ(report.tile_spills, 0);
}

TEST(Tile, ComputesTheProduct) {
  constexpr int kDepth = 96;
  target::Target host = target::native_target().value();
  std::mt19937 random(1);
  std::uniform_real_distribution<float> real(-1, 1);
  auto matrix = [&](int size) {
    std::vector<float> values(static_cast<size_t>(size));
    for (float& value : values) value = real(random);
    return values;
  };
  for (const Tile& tile : kTiles) {
    target::Target target = target::find_target(tile.target).value();
    if (!host.features.has_all(target.features)) continue;
    SCOPED_TRACE(gemm_text(tile, kDepth));
    int rows = 2 * tile.rows, panel = tile.columns(), columns = 2 * panel;
    std::vector<float> x = matrix(rows * kDepth), w = matrix(kDepth * columns),
                       y(static_cast<size_t>(rows * columns));
    ExprPool pool;
    loop::Function gemm = loop::parse_function(gemm_text(tile, kDepth), "test", pool);
    auto code = HostCode::compile({&gemm}, {}, target);
    code.value()->run(0, {x.data(), w.data(), y.data()}, {});
    for (int i = 0; i < rows; ++i) {
      for (int j = 0; j < columns; ++j) {
        float sum = 0;
        for (int k = 0; k < kDepth; ++k)
          sum = std::fma(x[i * kDepth + k], w[(j / panel * kDepth + k) * panel + j % panel], sum);
        ASSERT_EQ(y[i * columns + j], std::max(sum, 0.0f)) << i << ", " << j;
      }
    }
  }
}

}  // namespace
}  // namespace tenon::codegen
