// Dimensions of inputs: their names, ranges, and what the command line binds.
#include "frontend/declared.h"

#include "ir/expr/text.h"
#include "ir/high/text.h"
#include "tests/frontend/import_test.h"

namespace tenon::frontend {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

class Dimensions : public ImportTest {
 protected:
  std::string symbols_and_inputs(const std::string& model_text) const {
    std::string text;
    high::Graph graph = import(model_text).graph;
    for (const high::Symbol& symbol : graph.symbols) text += loop_text(symbol) + "\n";
    for (const high::GraphInput& input : graph.inputs)
      text += input.onnx_name + " " + high::to_string(graph.value(input.value).type) + "\n";
    return text;
  }
  static std::string loop_text(const high::Symbol& symbol) {
    return symbol.name + " in " + std::to_string(symbol.min) + ".." + std::to_string(symbol.max);
  }
  static std::string relu_of(const std::string& inputs) {
    return node_model(17, inputs, "y = Relu (x)");
  }
};

TEST_F(Dimensions, StaySymbolsWithTheirRange) {
  options_.dims["batch"] = {1, 8};
  options_.dims["seq"] = {2, 512};
  EXPECT_EQ(symbols_and_inputs(relu_of("float[batch, 3, seq] x, int64[batch] ids")),
            "batch in 1..8\nseq in 2..512\nx f32[batch, 3, seq]\nids i64[batch]\n");
}

TEST_F(Dimensions, OfOneSizeAreNumbers) {
  options_.dims["batch"] = {4, 4};
  options_.dims["seq"] = {1, 2};
  EXPECT_EQ(symbols_and_inputs(relu_of("float[batch, seq] x")), "seq in 1..2\nx f32[4, seq]\n");
}

TEST_F(Dimensions, WithoutANameAreCalledAfterTheirInput) {
  options_.dims["x_0"] = {1, 8};
  options_.dims["x_2"] = {1, 9};
  EXPECT_EQ(symbols_and_inputs(relu_of("float[?, 3, ?] x")),
            "x_0 in 1..8\nx_2 in 1..9\nx f32[x_0, 3, x_2]\n");
}

// Labels that become the same word stay two dimensions; the command line may use the labels.
TEST_F(Dimensions, OfOneWordAreTold) {
  options_.dims["a b"] = {1, 2};
  options_.dims["a-b"] = {1, 3};
  options_.dims["2*n"] = {1, 4};
  EXPECT_EQ(symbols_and_inputs(relu_of("float[\"a b\", \"a-b\", \"2*n\"] x")),
            "a_b in 1..2\na_b_2 in 1..3\n_2_n in 1..4\nx f32[a_b, a_b_2, _2_n]\n");
}

TEST_F(Dimensions, FollowShapesThatAreGiven) {
  options_.shapes["x"] = {2, 3};
  EXPECT_EQ(symbols_and_inputs(relu_of("float[batch, n] x, float[n] z")),
            "x f32[2, 3]\nz f32[3]\n");
  EXPECT_EQ(symbols_and_inputs(relu_of("float[] x")), "x f32[2, 3]\n")
      << "also where not even the number of axes is declared";
}

TEST_F(Dimensions, WithoutBoundsAreReportedTogether) {
  EXPECT_THAT(
      faults_of(relu_of("float[batch, 3] x, float[batch, seq] z")),
      AllOf(HasSubstr("the dimensions batch and seq have no bounds"),
            HasSubstr("input \"x\" : [batch, 3]"), HasSubstr("--dim batch=1..8 --dim seq=1..512")));
  EXPECT_THAT(faults_of(relu_of("float[N] x")), HasSubstr("the dimension N has no bounds"));
}

TEST_F(Dimensions, AreBoundByRunAlone) {
  options_.require_bounds = false;
  EXPECT_EQ(symbols_and_inputs(relu_of("float[batch, 3] x")), "x f32[1, 3]\n");
}

TEST_F(Dimensions, ThatNoInputHasAreRefused) {
  options_.dims["bach"] = {1, 8};
  EXPECT_THAT(
      faults_of(relu_of("float[batch] x")),
      AllOf(HasSubstr("no input has a dimension \"bach\""), HasSubstr("did you mean batch?")));
  EXPECT_THAT(faults_of(relu_of("float[3] x")),
              HasSubstr("all dimensions of the inputs are fixed"));
}

TEST_F(Dimensions, WithBoundsThatAreNoneAreRefused) {
  for (DimRange range : {DimRange{8, 1}, DimRange{-1, 1}, DimRange{1, int64_t{1} << 40}}) {
    options_.dims["batch"] = range;
    EXPECT_THAT(faults_of(relu_of("float[batch] x")),
                HasSubstr("of the dimension batch are no range"));
  }
}

TEST_F(Dimensions, AndShapesMustAgree) {
  options_.shapes["x"] = {2, 3};
  EXPECT_THAT(faults_of(relu_of("float[4, n] x")),
              HasSubstr("axis 0 is given as 2, the model fixes it to 4"));
  EXPECT_THAT(faults_of(relu_of("float[n, n] x")),
              HasSubstr("axis 1 is given as 3, the dimension n is 2"));
  EXPECT_THAT(faults_of(relu_of("float[2, 3, 4] x")),
              HasSubstr("has 2 axes, the model declares 3"));
  EXPECT_THAT(faults_of(relu_of("float[2, 3] z")), HasSubstr("the model has no input \"x\""));
  options_.shapes["x"] = {2, -3};
  EXPECT_THAT(faults_of(relu_of("float[a, b] x")), HasSubstr("has an extent of -3"));
}

// Two symbols that must agree are checked when the model runs.
TEST_F(Dimensions, ThatMeetAreUnified) {
  options_.dims["a"] = {1, 8};
  options_.dims["b"] = {1, 4};
  high::Graph graph = import(node_model(17, "float[a] x, float[b] z", "y = Add (x, z)")).graph;
  ASSERT_EQ(graph.checks.size(), 1u);
  EXPECT_THAT(to_string(graph.checks[0]), testing::AnyOf("a == b", "b == a"));
}

TEST_F(Dimensions, OfTheInterfaceAreAsDeclared) {
  DeclaredInterface declared = declared_interface(
      write(parse_onnx(node_model(17, "int64[batch, 3, ?] x", "y = Relu (x)", "", "float[n] y"))));
  ASSERT_EQ(declared.inputs.size(), 1u);
  EXPECT_EQ(declared.inputs[0].name, "x");
  EXPECT_EQ(declared.inputs[0].type, DType::I64);
  EXPECT_THAT(declared.inputs[0].shape, ElementsAre("batch", "3", "x_2"));
  EXPECT_THAT(declared.outputs[0].shape, ElementsAre("n"));
}

TEST_F(Dimensions, OfAnOutputMayBeLeftToItsNode) {
  DeclaredInterface declared =
      declared_interface(write(parse_onnx(node_model(17, "float[2] x", "y = Relu (x)"))));
  EXPECT_EQ(declared.outputs[0].name, "y");
}

}  // namespace
}  // namespace tenon::frontend
