// The text of the graph level: what is printed reads back as the same, and what cannot be read is
// refused.
#include "ir/high/text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ir/high/verify.h"
#include "tests/support/mutate_text.h"

namespace tenon::high {
namespace {

using testing::IsEmpty;

constexpr const char* kMlp = R"(model mlp {
  model_file "mlp.onnx" sha256 "00ff"
  symbol batch in 1..8
  symbol seq in 1..512
  check seq == batch*2
  input %x : f32[batch, 768] "x:0"
  const %w : f32[768, 3072] = initializer "fc1.weight"
  const %low : f32[] = [-0.5]
  const %h : f16[3] = [1.5, inf, 0.099975586]
  const %i : i64[2] = [-9223372036854775808, 3]
  const %b : bool[2] = [true, false]
  group @fc1_relu {
    %fc1 = matmul %x, %w : f32[batch, 3072] loc("/fc1/MatMul")
    %y = relu %fc1 : f32[batch, 3072] loc("/act/Relu")
  }
  %c = clip %y, _, %low : f32[batch, 3072] loc("/Clip")
  %r = reshape %c {shape=[batch, -1, 64]} : f32[batch, 48, 64]
  %s, %t = split %r {axis=-1, sizes=[16, 48]} : f32[batch, 48, 16], f32[batch, 48, 48]
  %l = leaky_relu %s {alpha=0.1} : f32[batch, 48, 16]
  %g = gelu %t {approximate="tanh"} : f32[batch, 48, 48]
  %k = cast %l {to=f16} : f16[batch, 48, 16]
  %n = elements {values=[batch, seq*12], shape=[2]} : i64[2]
  %p = average_pool %l4 {kernel=[3, 3], pads=[1, 1, 1, 1]} : f32[1, 8, 6, 6]<0, 1/4, 2, 3, 1%4>
  output %k "k"
  output %p "p"
}
)";

std::string mlp() {
  std::string text = kMlp;
  std::string input = "  input %x : f32[batch, 768] \"x:0\"\n";
  return text.insert(text.find(input) + input.size(), "  input %l4 : f32[1, 8, 6, 6] \"image\"\n");
}

std::string error_of(const std::string& text) {
  try {
    parse_graph(text, "test.tenon");
  } catch (const UserErrors& errors) {
    return errors.what();
  }
  return "no error";
}

TEST(GraphText, ReadsBack) {
  Graph graph = parse_graph(mlp(), "test.tenon");
  EXPECT_THAT(verify(graph), IsEmpty());
  EXPECT_EQ(to_string(graph), mlp());
}

TEST(GraphText, KeepsWhatItSays) {
  Graph graph = parse_graph(mlp(), "test.tenon");
  ASSERT_EQ(graph.nodes.size(), 10u);
  EXPECT_EQ(graph.nodes[0].group, 0);
  EXPECT_EQ(graph.nodes[2].group, -1);
  EXPECT_EQ(graph.nodes[2].inputs[1], ValueId{});
  EXPECT_EQ(graph.nodes[1].location, Location{"/act/Relu"});
  EXPECT_EQ(graph.symbols[1].max, 512);
  EXPECT_EQ(graph.inputs[0].onnx_name, "x:0");
}

TEST(GraphText, ShowsFaultsAtTheirLine) {
  EXPECT_EQ(error_of("model m {\n  input %x : f32[2] \"x\"\n  %y = reluu %x : f32[2]\n}\n"),
            "tenon: error: test.tenon:3:8: no operator has this name, found 'reluu'\n"
            "    %y = reluu %x : f32[2]\n"
            "         ^\n");
}

struct Refused {
  const char* lines;
  const char* message;
};

TEST(GraphText, RefusesWhatDoesNotFit) {
  const Refused cases[] = {
      {"%y = relu %z : f32[2]", "no value of this name"},
      {"%x = relu %x : f32[2]", "defined twice"},
      {"%y = relu %x : f32[3]", "the type of %y is f32[2], declared is f32[3]"},
      {"%y = relu %x : f16[2]", "the type of %y is f32[2], declared is f16[2]"},
      {"%y = relu %x {alpha=1.0} : f32[2]", "no attribute of this name"},
      {"%y = leaky_relu %x {alpha=1} : i32[2]", "the type of %y"},
      {"%y = add %x : f32[2]", "the input 'b' is missing"},
      {"%y = relu %x, %x : f32[2]", "2 inputs are given"},
      {"%y, %z = relu %x : f32[2], f32[2]", "relu has 1 results"},
      {"%y = cast %x : f32[2]", "the attribute to is missing"},
      {"%y = cast %x {to=f33} : f32[2]", "expected an element type"},
      {"input %a : f32[n] \"a\"", "no symbol n is declared"},
      {"symbol n in 1..2 symbol n in 1..2", "this symbol is there twice"},
      {"const %c : f32[65] = [1.0]", "is an initializer"},
      {"const %c : f32[2] = [1.0]", "expected ','"},
      {"output %z \"z\"", "no value of this name"},
  };
  for (const Refused& c : cases)
    EXPECT_NE(error_of("model m {\n  input %x : f32[2] \"x\"\n  " + std::string(c.lines) + "\n}\n")
                  .find(c.message),
              std::string::npos)
        << c.lines << "\n"
        << error_of("model m {\n  input %x : f32[2] \"x\"\n  " + std::string(c.lines) + "\n}\n");
}

// Operators whose attributes steer arithmetic on extents.
constexpr const char* kWindows = R"(model windows {
  symbol n in 1..8
  symbol w in 4..40
  input %x : f32[n, 8, 6, w] "x"
  const %f : f32[4, 4, 3, 3] = initializer "f"
  const %bias : f32[4] = [0.5, 1.0, 2.0, 4.0]
  %c = conv %x, %f, %bias {group=2, strides=[2, 1], pads=[1, 1, 1, 1]} : f32[n, 4, 3, w]
  %m = max_pool %c {kernel=[2, 2], ceil_mode=1, strides=[2, 2]} : f32[n, 4, 2, (w + 1) // 2]
  %s = slice %x {starts=[1, -3], ends=[9223372036854775807, -1], axes=[3, 1], steps=[1, 1]} : f32[n, 2, 6, w - 1]
  %p = pad %s {pads=[0, 0, 1, 0, 0, 0, 1, n], mode="edge"} : f32[n, 2, 8, n + w - 1]
  %t = transpose %p {perm=[3, 1, 2, 0]} : f32[n + w - 1, 2, 8, n]
  %r = reduce_mean %t {axes=[1, -1], keepdims=0} : f32[n + w - 1, 8]
  %k = concat %r, %r {axis=1} : f32[n + w - 1, 16]
  %e = elements {values=[n, w*2], shape=[2]} : i64[2]
  %g = gather %k, %e {axis=1} : f32[n + w - 1, 2]
  %a = arg_max %g {axis=1} : i64[n + w - 1, 1]
  output %m "m"
  output %a "a"
}
)";

TEST(GraphText, SymbolicShapesReadBack) {
  Graph graph = parse_graph(kWindows, "test.tenon");
  EXPECT_THAT(verify(graph), IsEmpty());
  EXPECT_EQ(to_string(graph), kWindows);
}

TEST(GraphText, MutatedTextsNeverCrash) {
  const std::string seeds[] = {mlp(), kWindows};
  int accepted = 0;
  for (int round = 0; round < 2000; ++round) {
    std::string text = test::mutate(seeds[round % 2], static_cast<uint32_t>(round));
    std::string printed;
    try {
      Graph graph = parse_graph(text, "fuzz");
      ASSERT_THAT(verify(graph), IsEmpty()) << "seed " << round;
      printed = to_string(graph);
      ++accepted;
    } catch (const UserErrors&) {
      continue;
    }
    ASSERT_EQ(to_string(parse_graph(printed, "fuzz")), printed) << "seed " << round;
  }
  EXPECT_GT(accepted, 50);
}

}  // namespace
}  // namespace tenon::high
