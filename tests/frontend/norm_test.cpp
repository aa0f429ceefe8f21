// Normalisations and softmax of each opset, run by the interpreter.
#include <cmath>

#include "tests/frontend/import_test.h"

namespace tenon::frontend {
namespace {

using testing::ElementsAre;
using testing::FloatNear;
using testing::HasSubstr;
using testing::Pointwise;

using Norm = ImportTest;

MATCHER_P(IsNear, distance, "") {
  return std::fabs(std::get<0>(arg) - std::get<1>(arg)) < distance;
}

// Four channels in two groups, two elements each; the group {1, 3, 5, 7} has mean 4, deviation
// sqrt(5).
Values normalized_groups(const Values& scale, const Values& bias) {
  Values result;
  for (int channel = 0; channel < 4; ++channel)
    for (int i = 0; i < 2; ++i) {
      double x = 2 * (channel % 2 * 2 + i) + 1;
      result.push_back((x - 4) / std::sqrt(5.0 + 1e-5) * scale[channel] + bias[channel]);
    }
  return result;
}

const Values kGroups = {1, 3, 5, 7, 10, 30, 50, 70};

// Withdrawn in opset 21 for its scale per group, but its definition still says what it means.
TEST_F(Norm, GroupNormalizationOfOpset18ScalesGroups) {
  Values expected = normalized_groups({2, 2, 3, 3}, {0.5, 0.5, -1, -1});
  for (int opset : {18, 19, 20})
    EXPECT_THAT(run(node_model(opset, "float[1, 4, 2] x",
                               "y = GroupNormalization <num_groups = 2> (x, scale, bias)",
                               "float[2] scale = {2, 3}, float[2] bias = {0.5, -1}"),
                    {kGroups}),
                Pointwise(IsNear(1e-4), expected));
}

TEST_F(Norm, GroupNormalizationOfOpset21ScalesChannels) {
  EXPECT_THAT(run(node_model(21, "float[1, 4, 2] x",
                             "y = GroupNormalization <num_groups = 2> (x, scale, bias)",
                             "float[4] scale = {1, 2, 3, 4}, float[4] bias = {0, 1, 2, 3}"),
                  {kGroups}),
              Pointwise(IsNear(1e-4), normalized_groups({1, 2, 3, 4}, {0, 1, 2, 3})));
}

TEST_F(Norm, GroupNormalizationKeepsASymbolicBatch) {
  options_.dims["N"] = {1, 4};
  Imported imported = import(node_model(18, "float[N, 4, 2] x",
                                        "y = GroupNormalization <num_groups = 2> (x, scale, bias)",
                                        "float[2] scale = {1, 1}, float[2] bias = {0, 0}"));
  Values twice = kGroups, expected = normalized_groups({1, 1, 1, 1}, {0, 0, 0, 0}), both = expected;
  twice.insert(twice.end(), kGroups.begin(), kGroups.end());
  both.insert(both.end(), expected.begin(), expected.end());
  EXPECT_THAT(run(imported, {twice}, {{"N", 2}}), Pointwise(IsNear(1e-4), both));
}

// Before opset 13 the axes from `axis` on are one row; from then on the axis stands for itself.
TEST_F(Norm, SoftmaxMergesAxesBeforeOpset13) {
  const std::string node = "y = Softmax <axis = 1> (x)";
  EXPECT_EQ(nodes_of(node_model(12, "float[2, 3, 4] x", node)),
            "%reshape = reshape %x {shape=[2, 12]} : f32[2, 12]\n"
            "%softmax = softmax %reshape : f32[2, 12]\n"
            "%y = reshape %softmax {shape=[2, 3, 4]} : f32[2, 3, 4]\n");
  EXPECT_EQ(nodes_of(node_model(13, "float[2, 3, 4] x", node)),
            "%y = softmax %x {axis=1} : f32[2, 3, 4]\n");

  Values x = {0, 0, 0, std::log(5.0)};
  EXPECT_THAT(run(node_model(11, "float[1, 2, 2] x", node), {x}),
              Pointwise(IsNear(1e-6), Values{0.125, 0.125, 0.125, 0.625}));
  EXPECT_THAT(run(node_model(13, "float[1, 2, 2] x", node), {x}),
              Pointwise(IsNear(1e-6), Values{0.5, 1.0 / 6, 0.5, 5.0 / 6}));
}

// The default axis is 1 before opset 13 and the last one from then on.
TEST_F(Norm, SoftmaxHasTheDefaultAxisOfItsOpset) {
  EXPECT_THAT(nodes_of(node_model(11, "float[2, 3, 4] x", "y = LogSoftmax (x)")),
              HasSubstr("log_softmax %reshape : f32[2, 12]"));
  EXPECT_EQ(nodes_of(node_model(13, "float[2, 3, 4] x", "y = LogSoftmax (x)")),
            "%y = log_softmax %x {axis=2} : f32[2, 3, 4]\n");
}

const char* const kStatistics =
    "float[2] s = {1, 2}, float[2] b = {0, 1}, float[2] m = {1, 2}, float[2] v = {4, 1}";

TEST_F(Norm, BatchNormalizationMeansTheSameInEveryOpset) {
  std::string expected;
  for (int opset : {7, 9, 11, 13, 14, 15, 17, 20}) {
    std::string model =
        node_model(opset, "float[1, 2, 1] x",
                   "y = BatchNormalization <epsilon = 0.0> (x, s, b, m, v)", kStatistics);
    EXPECT_THAT(run(model, {{5, 3}}), Pointwise(IsNear(1e-6), Values{2, 3})) << opset;
    if (expected.empty()) expected = nodes_of(model);
    EXPECT_EQ(nodes_of(model), expected) << opset;
  }
}

TEST_F(Norm, BatchNormalizationThatTrainsIsRefused) {
  EXPECT_THAT(faults_of(node_model(14, "float[1, 2, 1] x",
                                   "y, mean, var = BatchNormalization <training_mode = 1> "
                                   "(x, s, b, m, v)",
                                   kStatistics)),
              HasSubstr("the node trains: it updates its mean and variance"));
  EXPECT_THAT(
      faults_of(node_model(9, "float[1, 2, 1] x",
                           "y, mean, var = BatchNormalization (x, s, b, m, v)", kStatistics)),
      HasSubstr("the node trains"));
  EXPECT_THAT(
      faults_of(node_model(7, "float[1, 2, 1] x",
                           "y = BatchNormalization <spatial = 0> (x, s, b, m, v)", kStatistics)),
      HasSubstr("spatial = 0 is not supported"));
}

// Without statistics it is one operator; with them the ONNX definition is expanded.
TEST_F(Norm, LayerNormalizationGivesItsStatistics) {
  const std::string scale = "float[4] s = {1, 1, 1, 1}, float[4] b = {0, 0, 0, 2}";
  EXPECT_EQ(nodes_of(node_model(17, "float[1, 4] x, float[4] s, float[4] b",
                                "y = LayerNormalization <axis = -1, epsilon = 0.5> (x, s, b)")),
            "%y = layer_norm %x, %s, %b {epsilon=0.5} : f32[1, 4]\n");
  double deviation = std::sqrt(5.0 + 1e-5);
  EXPECT_THAT(run(node_model(17, "float[1, 4] x",
                             "y, mean, inverse = LayerNormalization <axis = -1> (x, s, b)", scale,
                             "y, mean, inverse"),
                  {{1, 3, 5, 7}}),
              Pointwise(IsNear(1e-5), Values{-3 / deviation, -1 / deviation, 1 / deviation,
                                             3 / deviation + 2, 4, 1 / deviation}));
}

// Constants of a definition go with it: the second one must not read those of the first.
TEST_F(Norm, DefinitionsThatAreExpandedTwiceKeepTheirOwnConstants) {
  EXPECT_THAT(run(node_model(17, "float[1, 2] x",
                             "a, mean_a = LayerNormalization <epsilon = 0.0> (x, s)\n"
                             "b, mean_b = LayerNormalization <epsilon = 3.0> (x, s)\n"
                             "c, mean_c = LayerNormalization <epsilon = 8.0> (x, s)",
                             "float[2] s = {1, 1}", "a, mean_a, b, mean_b, c, mean_c"),
                  {{1, 3}}),
              Pointwise(IsNear(1e-5), Values{-1, 1, 2, -0.5, 0.5, 2, -1.0 / 3, 1.0 / 3, 2}));
}

TEST_F(Norm, MeanVarianceNormalizationIsExpanded) {
  for (int opset : {11, 13, 18})
    EXPECT_THAT(run(node_model(opset, "float[2, 1, 1, 2] x",
                               "y = MeanVarianceNormalization <axes = [3]> (x)"),
                    {{1, 3, 2, 6}}),
                Pointwise(IsNear(1e-5), Values{-1, 1, -1, 1}))
        << opset;
}

}  // namespace
}  // namespace tenon::frontend
