// Random tensor functions of the kinds that models are made of, as text: elementwise chains,
// products with an epilogue, convolutions with borders and blocked layouts, pools, reductions, rows
// with several stages, scans, pieces. Extents are small: 1, primes, multiples of blocks, symbols.
//
//   symbol p in 1..11
//   func @f(x: f32[p, 5], const w: f32[5, 7], b: f32[7]) -> (y: f32[p, 7]) { acc[m:p, n:7] =
//   sum[k:5](x[m, k] * w[k, n]) ... }
#pragma once

#include <random>
#include <string>
#include <vector>

#include "support/text.h"
#include "tests/ir/tensor/random_function.h"

namespace tenon::schedule {

class RandomProgram {
 public:
  explicit RandomProgram(uint32_t seed) : seed_(seed), random_(seed * 2654435761u + 1) {}

  std::string text() {
    switch (below(9)) {
      case 0: return elementwise();
      case 1: return product();
      case 2: return convolution();
      case 3: return depthwise_or_pool();
      case 4: return reduction();
      case 5: return rows();
      case 6: return scan();
      case 7: return pieces();
      default: return tensor::RandomFunction(seed_).text();
    }
  }

 private:
  int below(int n) { return static_cast<int>(random_() % static_cast<uint32_t>(n)); }
  bool chance(int percent) { return below(100) < percent; }
  static std::string number(int n) { return std::to_string(n); }

  int small_extent() {
    static constexpr int kExtents[] = {1, 2, 3, 4, 5, 7, 8, 11, 12, 16};
    return kExtents[below(10)];
  }
  // An extent, now and then a symbol.
  std::string extent(const std::string& symbol) {
    if (!chance(30)) return number(small_extent());
    symbols_ +=
        "symbol " + symbol + " in " + number(1 + below(2)) + ".." + number(9 + below(4)) + "\n";
    return symbol;
  }
  std::string const_or_not() { return chance(70) ? "const " : ""; }

  std::string epilogue(const std::string& acc, const std::string& channel) {
    switch (below(4)) {
      case 0: return "max(" + acc + " + b[" + channel + "], 0.0)";
      case 1: return acc + " * 2.0 - b[" + channel + "]";
      case 2: return "select(" + acc + " < 3.0, " + acc + ", b[" + channel + "])";
      default: return "-" + acc;
    }
  }

  std::string elementwise() {
    std::string a = extent("p"), b = extent("q");
    std::string shape = "[" + a + ", " + b + "]", axes = "[i:" + a + ", j:" + b + "]";
    std::string text = symbols_ + "func @f(x: f32" + shape + ", z: f32" + shape + ", c: f32[" + b +
                       "]) -> (y: f32" + shape + ") {\n";
    text += "  t" + axes + " = x[i, j] + c[j]\n";
    std::string last = "t";
    if (chance(50)) text += "  u" + axes + " = max(t[i, j], z[i, j]) * t[i, j]\n", last = "u";
    if (chance(40))
      text += "  v" + axes + " = " + last + "[i, j] - (t[i, j - 1] else 1.0)\n", last = "v";
    return text + "  y" + axes + " = " + last + "[i, j] * 2.0 + z[i, j]\n}\n";
  }

  std::string product() {
    std::string m = extent("p"), n = chance(20) ? extent("q") : number(small_extent()),
                k = chance(20) ? extent("r") : number(small_extent());
    bool transposed = chance(30), has_epilogue = chance(70), batched = chance(25);
    std::string batch_extent = batched ? "3, " : "", batch_axis = batched ? "b0:3, " : "",
                batch = batched ? "b0, " : "";
    std::string weight = transposed ? "[" + n + ", " + k + "]" : "[" + k + ", " + n + "]",
                acc = has_epilogue ? "acc" : "y";
    std::string axes = "[" + batch_axis + "m:" + m + ", n:" + n + "]";
    std::string text = symbols_ + "func @f(x: f32[" + batch_extent + m + ", " + k + "], " +
                       const_or_not() + "w: f32" + weight + ", b: f32[" + n + "]) -> (y: f32[" +
                       batch_extent + m + ", " + n + "]) anchor(" + acc + ": gemm) {\n";
    text += "  " + acc + axes + " = sum[k:" + k + "](x[" + batch + "m, k] * w[" +
            (transposed ? "n, k" : "k, n") + "])\n";
    if (has_epilogue) text += "  y" + axes + " = " + epilogue("acc[" + batch + "m, n]", "n") + "\n";
    return text + "}\n";
  }

  static std::string blocked(int block) {
    return block == 1 ? "" : "<0, 1/" + number(block) + ", 2, 3, 1%" + number(block) + ">";
  }

  // A window along one axis of an image.
  struct Window {
    int kernel, stride, pad;
    std::string input, output;
  };
  Window window(int least) {
    Window result{1 + below(3), 1 + below(2), 0, "", ""};
    result.pad = result.kernel > 1 ? below(2) : 0;
    int input = std::max(result.kernel, least + below(6));
    result.input = number(input);
    result.output = number((input + 2 * result.pad - result.kernel) / result.stride + 1);
    return result;
  }
  static std::string position(const std::string& axis, const std::string& tap, const Window& w) {
    return axis + "*" + number(w.stride) + " + " + tap + " - " + number(w.pad);
  }
  static std::string borders(const Window& h, const Window& w) {
    auto inside = [](const std::string& at, const std::string& high) {
      return "(0 <= " + at + ") & (" + at + " < " + high + ")";
    };
    std::string where;
    if (h.pad) where = inside(position("h", "r", h), h.input);
    if (w.pad) where += (where.empty() ? "" : " & ") + inside(position("v", "s", w), w.input);
    return where.empty() ? "" : " where " + where;
  }

  std::string convolution() {
    Window h = window(2), w = window(4);
    int channels = 1 + below(9), outputs = 1 + below(12), block = chance(50) ? 1 : 2 << below(2),
        groups = 1;
    if (chance(20)) groups = 2, channels = 2 * (1 + below(3)), outputs = 2 * (1 + below(4));
    std::string batch = chance(20) ? extent("p") : "1", per_group = number(channels / groups),
                o = number(outputs);
    std::string source =
        groups == 1 ? "c" : "o // " + number(outputs / groups) + " * " + per_group + " + c";
    bool has_epilogue = chance(60);
    std::string acc = has_epilogue ? "acc" : "y",
                axes = "[n:" + batch + ", o:" + o + ", h:" + h.output + ", v:" + w.output + "]";
    std::string text = symbols_ + "func @f(x: f32[" + batch + ", " + number(channels) + ", " +
                       h.input + ", " + w.input + "]" + blocked(chance(70) ? block : 1) + ", " +
                       const_or_not() + "w: f32[" + o + ", " + per_group + ", " + number(h.kernel) +
                       ", " + number(w.kernel) + "], b: f32[" + o + "]) -> (y: f32[" + batch +
                       ", " + o + ", " + h.output + ", " + w.output + "]" + blocked(block) +
                       ") anchor(" + acc + ": conv) {\n";
    text += "  " + acc + axes + " = sum[c:" + per_group + ", r:" + number(h.kernel) +
            ", s:" + number(w.kernel) + borders(h, w) + "](x[n, " + source + ", " +
            position("h", "r", h) + ", " + position("v", "s", w) + "] * w[o, c, r, s])\n";
    if (has_epilogue) text += "  y" + axes + " = " + epilogue("acc[n, o, h, v]", "o") + "\n";
    return text + "}\n";
  }

  std::string depthwise_or_pool() {
    Window h = window(2), w = window(4);
    int channels = 1 + below(9), block = chance(40) ? 1 : 2 << below(2);
    bool pool = chance(50);
    std::string shape = "[1, " + number(channels) + ", ";
    std::string text = "func @f(x: f32" + shape + h.input + ", " + w.input + "]" + blocked(block) +
                       ", const w: f32[" + number(channels) + ", " + number(h.kernel) + ", " +
                       number(w.kernel) + "]) -> (y: f32" + shape + h.output + ", " + w.output +
                       "]" + blocked(block) + ") anchor(y: " + (pool ? "pool" : "depthwise") +
                       ") {\n";
    return text + "  y[n:1, o:" + number(channels) + ", h:" + h.output + ", v:" + w.output +
           "] = " + (pool ? "max" : "sum") + "[r:" + number(h.kernel) + ", s:" + number(w.kernel) +
           borders(h, w) + "](x[n, o, " + position("h", "r", h) + ", " + position("v", "s", w) +
           "]" + (pool ? "" : " * w[o, r, s]") + ")\n}\n";
  }

  std::string reduction() {
    static constexpr const char* kReducers[] = {"sum", "max", "min"};
    std::string a = extent("p"), b = extent("q"), c = number(small_extent());
    std::string text = symbols_ + "func @f(x: f32[" + a + ", " + b + ", " + c + "]) -> (y: f32[" +
                       b + "], z: f32[" + b + "]) {\n";
    text += std::string("  t[j:") + b + "] = " + kReducers[below(3)] + "[i:" + a + ", k:" + c +
            (chance(40) ? " where i + 2*k < 9" : "") + "](x[i, j, k])\n";
    text += "  y[j:" + b + "] = " +
            (chance(50) ? "select(t[j] < 100.0, t[j], 1.0)" : "min(max(t[j], -9.0), 9.0)") + "\n";
    return text + "  z[j:" + b + "] = sum[k:" + c + "](x[0, j, k])\n}\n";
  }

  std::string rows() {
    std::string a = extent("p"), b = extent("q");
    std::string text = symbols_ + "func @f(x: f32[" + a + ", " + b + "]) -> (y: f32[" + a + ", " +
                       b + "]) anchor(total: softmax) {\n";
    text += "  top[i:" + a + "] = max[k:" + b + "](x[i, k])\n";
    text += "  e[i:" + a + ", j:" + b + "] = x[i, j] - top[i]\n";
    text += "  total[i:" + a + "] = sum[k:" + b + "](e[i, k])\n";
    if (chance(50)) {
      text += "  mean[i:" + a + "] = total[i] * 0.5\n";
      return text + "  y[i:" + a + ", j:" + b + "] = (e[i, j] + mean[i]) * 2.0\n}\n";
    }
    return text + "  y[i:" + a + ", j:" + b + "] = max(e[i, j], total[i])\n}\n";
  }

  std::string scan() {
    std::string steps = chance(30) ? extent("p") : number(small_extent()),
                n = number(small_extent());
    bool running_sum = chance(35);
    std::string shape = "f32[" + steps + ", " + n + "]";
    std::string text = symbols_ + "func @f(x: " + shape + ", const r: f32[" + n + ", " + n +
                       "]) -> (y: " + shape + ")" + (running_sum ? "" : " anchor(g: rnn)") + " {\n";
    if (running_sum)
      return text + "  scan t in " + steps + " {\n    y[t, j:" + n +
             "] = (y[t - 1, j] else 0.0) + x[t, j]\n  }\n}\n";
    for (const char* local : {"h", "before", "g"})
      text += std::string("  local ") + local + ": " + shape + "\n";
    text += "  scan t in " + steps + " {\n    before[t, k:" + n + "] = h[t - 1, k] else 0.0\n";
    text += "    g[t, q:" + n + "] = sum[k:" + n + "](before[t, k] * r[q, k])\n";
    text += "    h[t, j:" + n + "] = min(max(x[t, j] + g[t, j], -4.0), 4.0)\n  }\n";
    return text + "  y[t:" + steps + ", j:" + n + "] = h[t, j] + 1.0\n}\n";
  }

  std::string pieces() {
    int first = 1 + below(6), second = 1 + below(6), n = small_extent();
    std::string all = number(first + second), width = number(n);
    std::string text = "func @f(a: f32[" + number(first) + ", " + width + "], b: f32[" +
                       number(second) + ", " + width + "]) -> (y: f32[" + all + ", " + width +
                       "]) {\n";
    text += "  local c: f32[" + all + ", " + width + "]\n";
    text += "  c_0: c[i, j] for i:" + number(first) + ", j:" + width + " = a[i, j] * 2.0\n";
    text += "  c_1: c[i + " + number(first) + ", j] for i:" + number(second) + ", j:" + width +
            " = b[i, j]\n";
    return text + "  y[i:" + all + ", j:" + width + "] = max(c[i, j], 1.0)\n}\n";
  }

  uint32_t seed_;
  std::mt19937 random_;
  std::string symbols_;
};

}  // namespace tenon::schedule
