// The greatest errors of the mathematical functions in f32, as vector code of this machine's
// target: values all over the range of f32, NaN included.
//
//   TENON_SWEEP_STRIDE=1 TENON_SWEEP_ONLY=tanh test_codegen_llvm --gtest_filter='MathSweep*'
//     ->   every f32, and the worst of them; minutes a function
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdlib>
#include <cstring>

#include "codegen/llvm/host_code.h"
#include "ir/loop/passes.h"
#include "ir/loop/text.h"

namespace tenon::codegen {
namespace {

constexpr uint32_t kBlock = 4096;

struct Promise {
  const char* name;
  double (*reference)(double);
  double units;  // greatest error; the table at the head of ir/expr/expand_math.h
};

const Promise kPromises[] = {
    {"exp", std::exp, 1.1},     {"log", std::log, 0.9},
    {"tanh", std::tanh, 1.4},   {"erf", std::erf, 1.9},
    {"sin", std::sin, 1.6},     {"cos", std::cos, 1.6},
    {"tan", std::tan, 0.6},     {"asin", std::asin, 0.6},
    {"acos", std::acos, 0.6},   {"atan", std::atan, 0.6},
    {"sinh", std::sinh, 0.6},   {"cosh", std::cosh, 0.6},
    {"asinh", std::asinh, 0.6}, {"acosh", std::acosh, 0.6},
    {"atanh", std::atanh, 0.6}, {"sigmoid", [](double x) { return 1 / (1 + std::exp(-x)); }, 1.9},
};

// In units of the last place of `want`, rounded to f32; subnormals share one unit.
double error_of(float got, double want) {
  float rounded = static_cast<float>(want);
  if (std::isnan(rounded) || std::isnan(got))
    return std::isnan(rounded) && std::isnan(got) ? 0 : INFINITY;
  if (got == rounded && std::isinf(got)) return 0;
  if (std::isinf(got) || std::isinf(rounded)) {
    // The next number after the greatest would be 2^128.
    if (std::isinf(rounded)) want = std::copysign(0x1p128, want);
    if (std::isinf(got))
      got = std::copysign(0x1.fffffep127f, got), want -= std::copysign(0x1p104, got);
  }
  int exponent =
      rounded == 0 ? -126 : std::max(std::ilogb(std::min(std::fabs(want), 0x1.fffffep127)), -126);
  return std::fabs(static_cast<double>(got) - want) / std::ldexp(1.0, exponent - 23);
}

uint64_t stride() {
  const char* given = std::getenv("TENON_SWEEP_STRIDE");
  return given ? std::strtoull(given, nullptr, 10) : 9973;
}

TEST(MathSweep, VectorCodeStaysWithinTheBounds) {
  const char* only = std::getenv("TENON_SWEEP_ONLY");
  for (const Promise& promise : kPromises) {
    if (only && std::strcmp(only, promise.name) != 0) continue;
    std::string name = promise.name;
    ExprPool pool;
    loop::Function function =
        loop::expand_math(loop::parse_function("func @sweep(x: f32[4096], out y: f32[4096]) {\n"
                                               "  for i in 256 {\n    for vectorized lane in 16 {\n"
                                               "      y[i*16 + lane] = " +
                                                   name + "(x[i*16 + lane])\n    }\n  }\n}\n",
                                               "sweep", pool),
                          pool);
    Result<target::Target> native = target::native_target();
    ASSERT_TRUE(native) << native.reason();
    Result<std::unique_ptr<HostCode>> code = HostCode::compile({&function}, {}, *native);
    ASSERT_TRUE(code) << code.reason();

    std::vector<float> x(kBlock), y(kBlock);
    double worst = 0;
    float worst_x = 0;
    uint64_t next = 0;
    while (next < uint64_t{1} << 32) {
      for (float& value : x) {
        value = std::bit_cast<float>(static_cast<uint32_t>(next));
        next = std::min(next + stride(), uint64_t{1} << 32);
      }
      (*code)->run(0, {x.data(), y.data()}, {});
      for (uint32_t i = 0; i < kBlock; ++i) {
        double error = error_of(y[i], promise.reference(static_cast<double>(x[i])));
        if (error > worst) worst = error, worst_x = x[i];
      }
    }
    EXPECT_LE(worst, promise.units) << name << " at " << worst_x;
    std::printf("%-8s %.4f units at %a, %g\n", promise.name, worst, static_cast<double>(worst_x),
                static_cast<double>(worst_x));
  }
}

}  // namespace
}  // namespace tenon::codegen
