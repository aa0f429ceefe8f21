// Templates for a GPU: every class gets blocks and threads, whatever its extents; the schedule gives
// what the naive nest gives, and the order of blocks and threads says nothing.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ir/loop/passes.h"
#include "ir/loop/verify.h"
#include "tests/schedule/templates/chosen.h"

namespace tenon::schedule {
namespace {

using testing::Contains;
using testing::HasSubstr;

constexpr double kClose = 2e-5;

class ReverseBoundLoops final : public loop::StmtRewriter {
 public:
  loop::Stmt rewrite(const loop::Stmt& old) override {
    loop::Stmt stmt = rewrite_children(old);
    const loop::For* loop = stmt.as<loop::For>();
    if (!loop || !loop::is_bound(loop->kind)) return stmt;
    loop::For reversed = *loop;
    reversed.body = substitute_vars(
        loop->body, {{loop->var, loop->extent - 1.0 - loop->extent.pool().var(loop->var)}});
    return reversed;
  }
};

// What is wrong with the schedule of a function at some sizes, or "".
std::string fault_of(const Chosen& f, const std::vector<loop::SymbolValues>& sizes = {{}}) {
  loop::Function flat = loop::flatten_stages(f.scheduled(), f.pool());
  if (!loop::has_bound_loops(flat.body)) return "no loop is bound";
  loop::Function physical =
      loop::simplify_loops(loop::lower_layouts(flat, f.ranges(), f.pool()), f.ranges(), f.pool());
  for (const std::string& fault : loop::faults_of_bound_loops(physical)) return fault;
  loop::Function reversed = flat;
  reversed.body = ReverseBoundLoops().rewrite(flat.body);
  for (const loop::SymbolValues& values : sizes) {
    if (double apart = f.difference(values); apart > kClose)
      return "it is " + std::to_string(apart) + " from the naive nest";
    loop::Inputs inputs = loop::random_reals(f.naive(), values, 3);
    std::string other = loop::difference(loop::run_function(flat, f.naive(), values, inputs),
                                         loop::run_function(reversed, f.naive(), values, inputs));
    if (!other.empty()) return "in another order: " + other;
  }
  return "";
}

std::string softmax(const std::string& n, const std::string& symbols = "") {
  return symbols + "func @f(x: f32[3, " + n + "]) -> (y: f32[3, " + n +
         "]) anchor(total: softmax) {\n  top[i:3] = max[k:" + n + "](x[i, k])\n  e[i:3, j:" + n +
         "] = exp(x[i, j] - top[i])\n  total[i:3] = sum[k:" + n + "](e[i, k])\n  y[i:3, j:" + n +
         "] = e[i, j] / total[i]\n}\n";
}

TEST(GpuRows, ABlockARowAndATreeOfPartialResults) {
  for (const char* length : {"1", "10", "100", "1000", "2500"}) {
    Chosen f(softmax(length), "cuda");
    EXPECT_EQ(fault_of(f), "") << f.text();
    EXPECT_THAT(f.lines(), Contains("bind y.i to grid")) << f.text();
    EXPECT_THAT(f.lines(), Contains(HasSubstr("rfactor total over"))) << f.text();
  }
  Chosen f(softmax("n", "symbol n in 1..600\n"), "cuda");
  EXPECT_EQ(fault_of(f, {{{"n", 1}}, {{"n", 255}}, {{"n", 600}}}), "") << f.text();
  EXPECT_THAT(f.lines(), Contains("bind y.i to grid"));
}

TEST(GpuRows, EverythingInOneResultIsOneBlock) {
  Chosen f("func @f(x: f32[3000]) -> (y: f32[]) anchor(y: reduce) { y[] = sum[k:3000](x[k]) }",
           "cuda");
  EXPECT_EQ(fault_of(f), "") << f.text();
  EXPECT_THAT(f.lines(), Contains(HasSubstr("to thread"))) << f.text();
}

std::string gemm(const std::string& m, const std::string& n, const std::string& k,
                 const std::string& symbols = "") {
  return symbols + "func @f(x: f32[" + m + ", " + k + "], const w: f32[" + k + ", " + n +
         "], const b: f32[" + n + "]) -> (y: f32[" + m + ", " + n +
         "]) anchor(acc: gemm) {\n  acc[m:" + m + ", n:" + n + "] = sum[k:" + k +
         "](x[m, k] * w[k, n])\n  y[m:" + m + ", n:" + n + "] = max(acc[m, n] + b[n], 0.0)\n}\n";
}

TEST(GpuGemm, TilesThroughSharedMemoryWithTheirEpilogue) {
  for (auto [m, n, k] :
       {std::tuple{"64", "64", "32"}, {"70", "130", "33"}, {"5", "7", "3"}, {"128", "2", "20"}}) {
    Chosen f(gemm(m, n, k), "cuda");
    EXPECT_EQ(fault_of(f), "") << f.text();
    EXPECT_THAT(f.lines(), Contains("cache_read w in shared at steps -> w.s"))
        << m << " " << n << " " << k << f.text();
    EXPECT_THAT(f.lines(), Contains(HasSubstr("attach y"))) << f.text();
  }
  Chosen f(gemm("n", "48", "20", "symbol n in 1..200\n"), "cuda");
  EXPECT_EQ(fault_of(f, {{{"n", 1}}, {{"n", 64}}, {{"n", 99}}}), "") << f.text();
}

TEST(GpuVector, SeveralThreadsAnElement) {
  for (auto [m, n, k, elements] :
       {std::tuple{"1", "80", "48", "32"}, {"1", "7", "300", "32"}, {"128", "1", "20", "8"}}) {
    Chosen f(gemm(m, n, k), "cuda");
    EXPECT_EQ(fault_of(f), "") << f.text();
    EXPECT_THAT(f.lines(), Contains(HasSubstr(std::string(" by ") + elements))) << f.text();
    EXPECT_THAT(f.lines(), Contains("rfactor acc over kt -> acc.part")) << f.text();
    EXPECT_THAT(f.lines(), Contains("attach y at no like acc")) << f.text();
  }
  Chosen few(gemm("1", "80", "12"), "cuda");  // terms, which one thread sums
  EXPECT_EQ(fault_of(few), "") << few.text();
  EXPECT_THAT(few.lines(), testing::Not(Contains(HasSubstr("rfactor")))) << few.text();
}

std::string conv(int size, int channels, int stride) {
  int out = (size - 1) / stride + 1;
  std::string o = std::to_string(out), c = std::to_string(channels), s = std::to_string(stride),
              in = std::to_string(size);
  return "func @f(x: f32[1, " + c + ", " + in + ", " + in + "], const w: f32[20, " + c +
         ", 3, 3]) -> (y: f32[1, 20, " + o + ", " + o +
         "]) anchor(acc: conv) {\n  acc[n:1, o:20, h:" + o + ", v:" + o + "] = sum[c:" + c +
         ", r:3, q:3 where 0 < h*" + s + " + r & h*" + s + " + r < " + in + " + 1 & 0 < v*" + s +
         " + q & v*" + s + " + q < " + in + " + 1](x[n, c, h*" + s + " + r - 1, v*" + s +
         " + q - 1] * w[o, c, r, q])\n  y[n:1, o:20, h:" + o + ", v:" + o +
         "] = max(acc[n, o, h, v], 0.0)\n}\n";
}

TEST(GpuConv, WindowsInSharedMemory) {
  for (auto [size, channels, stride] : {std::tuple{14, 20, 1}, {9, 3, 1}, {15, 5, 2}}) {
    Chosen f(conv(size, channels, stride), "cuda");
    EXPECT_EQ(fault_of(f), "") << f.text();
    EXPECT_THAT(f.lines(), Contains("cache_read x in shared at steps -> x.s")) << f.text();
  }
}

TEST(GpuElements, VectorsWhereRowsAllowThem) {
  Chosen whole("func @f(x: f32[6, 32]) -> (y: f32[6, 32]) { y[i:6, j:32] = x[i, j] * 2.0 }",
               "cuda");
  EXPECT_EQ(fault_of(whole), "") << whole.text();
  EXPECT_THAT(whole.lines(), Contains("vectorize lane"));
  Chosen odd("func @f(x: f32[5, 33]) -> (y: f32[33, 5]) { y[i:33, j:5] = x[j, i] * 2.0 }", "cuda");
  EXPECT_EQ(fault_of(odd), "") << odd.text();
  EXPECT_THAT(odd.lines(), testing::Not(Contains("vectorize lane")));
}

TEST(GpuScan, AThreadForEachElementBesideTheScan) {
  Chosen f(
      "func @f(x: f32[5, 7, 100]) -> (y: f32[5, 7, 100]) anchor(y: rnn) { scan t in 5 { y[t, i:7, "
      "j:100] = (y[t - 1, i, j] else 0.0) + x[t, i, j] } }",
      "cuda");
  EXPECT_EQ(fault_of(f), "") << f.text();
  EXPECT_THAT(f.lines(), Contains("reorder y.i, y.j, t")) << f.text();
  EXPECT_THAT(f.lines(), Contains("bind blocks to grid")) << f.text();
}

TEST(GpuBlock, AScanWhoseElementsMeetIsOneBlock) {
  Chosen f(
      "func @f(x: f32[5, 70], const w: f32[70, 70]) -> (y: f32[5, 70]) anchor(s: rnn) {\n"
      "  local s: f32[5, 70]\n  scan t in 5 {\n"
      "    s[t, j:70] = sum[k:70]((y[t - 1, k] else 0.0) * w[k, j])\n"
      "    y[t, j:70] = s[t, j] * 0.125 + x[t, j]\n  }\n}",
      "cuda");
  EXPECT_EQ(fault_of(f), "") << f.text();
  EXPECT_THAT(f.lines(), Contains("bind y.j to thread")) << f.text();
  EXPECT_THAT(f.lines(), Contains("cache_write s in register at s.j")) << f.text();
}

}  // namespace
}  // namespace tenon::schedule
