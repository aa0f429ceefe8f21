// Convolutions, depthwise convolutions and pools in blocked layouts, and what moves elements: the
// template of the class applies, whatever the extents, and gives what the naive nest gives.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/schedule/templates/chosen.h"

namespace tenon::schedule {
namespace {

using testing::Contains;
using testing::StartsWith;

struct Image {
  int channels, outputs, height, width;
  std::string batch = "1";
};

std::string number(int n) { return std::to_string(n); }

std::string blocked(int channels, int64_t block) {
  std::string b = std::to_string(block);
  return channels < 4 ? "" : "<0, 1/" + b + ", 2, 3, 1%" + b + ">";
}

// 3x3 with a border of 1, or 1x1.
std::string window_of_taps(const Image& image, int kernel) {
  if (kernel == 1) return "";
  std::string h = number(image.height), w = number(image.width);
  return ", r:3, s:3 where (0 <= h + r - 1) & (h + r - 1 < " + h +
         ") & (0 <= v + s - 1) & (v + s - 1 < " + w + ")";
}

std::string convolution(const Image& image, int kernel, int64_t block,
                        const std::string& symbols = "") {
  std::string c = number(image.channels), o = number(image.outputs), h = number(image.height),
              w = number(image.width), k = number(kernel),
              at = kernel == 1 ? "h, v" : "h + r - 1, v + s - 1",
              taps = kernel == 1 ? "0, 0" : "r, s",
              axes = "[n:" + image.batch + ", o:" + o + ", h:" + h + ", v:" + w + "]";
  return symbols + "func @f(x: f32[" + image.batch + ", " + c + ", " + h + ", " + w + "]" +
         blocked(image.channels, block) + ", const w: f32[" + o + ", " + c + ", " + k + ", " + k +
         "], b: f32[" + o + "]) -> (y: f32[" + image.batch + ", " + o + ", " + h + ", " + w + "]" +
         blocked(image.outputs, block) + ") anchor(acc: conv) {\n  acc" + axes + " = sum[c:" + c +
         window_of_taps(image, kernel) + "](x[n, c, " + at + "] * w[o, c, " + taps + "])\n  y" +
         axes + " = max(acc[n, o, h, v] + b[o], 0.0)\n}\n";
}

std::string window(const Image& image, bool pool, int64_t block) {
  std::string c = number(image.channels), h = number(image.height), w = number(image.width),
              shape = "f32[" + image.batch + ", " + c + ", " + h + ", " + w + "]" +
                      blocked(image.channels, block);
  return "func @f(x: " + shape + ", const w: f32[" + c + ", 1, 3, 3]) -> (y: " + shape +
         ") anchor(y: " + (pool ? "pool" : "depthwise") + ") {\n  y[n:" + image.batch + ", o:" + c +
         ", h:" + h + ", v:" + w + "] = " + (pool ? "max" : "sum") + "[" +
         window_of_taps(image, 3).substr(2) + "](x[n, o, h + r - 1, v + s - 1]" +
         (pool ? "" : " * w[o, 0, r, s]") + ")\n}\n";
}

class Windows : public testing::TestWithParam<const char*> {
 protected:
  static int64_t block() { return target::find_target(GetParam())->lanes(4); }
  static bool has_line(const Chosen& chosen, const std::string& start) {
    const std::vector<std::string>& lines = chosen.lines();
    return std::any_of(lines.begin(), lines.end(),
                       [&](const std::string& line) { return line.rfind(start, 0) == 0; });
  }
};

INSTANTIATE_TEST_SUITE_P(, Windows, testing::ValuesIn(kTargets),
                         [](const auto& info) { return std::string("V") + info.param[8]; });

TEST_P(Windows, ConvolutionOfAwkwardExtents) {
  for (const Image& image : {Image{3, 17, 5, 17}, {16, 32, 3, 1}, {8, 40, 1, 30}, {17, 16, 3, 3}})
    for (int kernel : {1, 3}) {
      SCOPED_TRACE(convolution(image, kernel, block()));
      Chosen chosen(convolution(image, kernel, block()), GetParam());
      EXPECT_THAT(chosen.lines(), Contains(StartsWith("cache_write acc in register at wo")));
      EXPECT_THAT(chosen.lines(), Contains("vectorize lane"));
      EXPECT_THAT(chosen.lines(), Contains(StartsWith("pack w as <0/")));
      EXPECT_THAT(chosen.lines(), Contains(StartsWith("attach y at wo")));
      EXPECT_EQ(chosen.difference(), 0) << chosen.text();
    }
}

TEST_P(Windows, ConvolutionOfASymbolicBatch) {
  Chosen chosen(convolution({8, 24, 4, 9, "batch"}, 3, block(), "symbol batch in 1..4\n"),
                GetParam());
  EXPECT_THAT(chosen.lines(), Contains(StartsWith("cache_write acc in register at wo")));
  for (int64_t batch : {1, 3, 4}) EXPECT_EQ(chosen.difference({{"batch", batch}}), 0) << batch;
}

TEST_P(Windows, LargeConvolutionsAreParallel) {
  for (int outputs : {64, 40}) {  // 40: the last block of channels is padded
    Chosen chosen(convolution({32, outputs, 28, 28}, 3, block()), GetParam());
    EXPECT_TRUE(has_line(chosen, "parallel ")) << outputs << chosen.text();
  }
  EXPECT_FALSE(has_line(Chosen(convolution({8, 8, 3, 3}, 3, block()), GetParam()), "parallel "));
}

TEST_P(Windows, DepthwiseAndPools) {
  for (const Image& image : {Image{16, 16, 5, 17}, {17, 17, 3, 1}, {5, 5, 1, 30}, {100, 100, 3, 3}})
    for (bool pool : {false, true}) {
      SCOPED_TRACE(window(image, pool, block()));
      Chosen chosen(window(image, pool, block()), GetParam());
      EXPECT_THAT(chosen.lines(), Contains(StartsWith("cache_write y in register at wo")));
      EXPECT_TRUE(has_line(chosen, "vectorize ")) << chosen.text();
      EXPECT_EQ(chosen.difference(), 0) << chosen.text();
    }
}

// Concatenation and global pooling of channels in blocks: the lanes are those of a block.
TEST_P(Windows, BlocksOfChannelsAreLanes) {
  std::string b = std::to_string(block()), two = std::to_string(2 * block()),
              layout = "<0, 1/" + b + ", 2, 1%" + b + ">";
  Chosen concat("func @f(p: f32[1, " + b + ", 17]" + layout + ", q: f32[1, " + b + ", 17]" +
                    layout + ") -> (y: f32[1, " + two + ", 17]" + layout +
                    ") {\n  y_0: y[n, c, k] for n:1, c:" + b +
                    ", k:17 = p[n, c, k]\n  y_1: y[n, c + " + b + ", k] for n:1, c:" + b +
                    ", k:17 = q[n, c, k]\n}\n",
                GetParam());
  EXPECT_THAT(concat.lines(), Contains("vectorize y_0.c.i"));
  EXPECT_THAT(concat.lines(), Contains("vectorize y_1.c.i"));
  EXPECT_EQ(concat.difference(), 0) << concat.text();
  for (int channels : {17, 40}) {
    std::string c = number(channels);
    Chosen pool("func @f(x: f32[1, " + c + ", 30]" + layout + ") -> (y: f32[1, " + c +
                    "]) anchor(acc: reduce) {\n  acc[n:1, c:" + c +
                    "] = sum[k:30](x[n, c, k])\n  y[n:1, c:" + c + "] = acc[n, c] * 0.5\n}\n",
                GetParam());
    EXPECT_THAT(pool.lines(), Contains("vectorize acc.c.i"));
    EXPECT_THAT(pool.lines(), Contains("cache_write acc in register at acc.c.o"));
    EXPECT_EQ(pool.difference(), 0) << pool.text();
  }
}

TEST_P(Windows, ElementwiseOfEveryLength) {
  for (int length : {1, 3, 17, 1000}) {
    std::string n = number(length);
    Chosen chosen("func @f(x: f32[3, " + n + "], b: f32[" + n + "]) -> (y: f32[3, " + n +
                      "]) {\n  y[i:3, j:" + n + "] = max(x[i, j] + b[j], 0.0)\n}\n",
                  GetParam());
    if (length >= chosen.lanes) {
      EXPECT_THAT(chosen.lines(), Contains("vectorize y.j.lane"));
    }
    EXPECT_EQ(chosen.difference(), 0) << chosen.text();
  }
  Chosen symbolic(
      "symbol n in 1..300\nfunc @f(x: f32[3, n]) -> (y: f32[3, n]) {\n"
      "  y[i:3, j:n] = max(x[i, j], 0.0)\n}\n",
      GetParam());
  EXPECT_THAT(symbolic.lines(), Contains("vectorize y.j.lane"));
  for (int64_t n : {1, 3, 17, 300}) EXPECT_EQ(symbolic.difference({{"n", n}}), 0) << n;
}

}  // namespace
}  // namespace tenon::schedule
