// Model-local functions and definitions, expanded.
#include "ir/high/text.h"
#include "tests/frontend/import_test.h"

namespace tenon::frontend {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

using Functions = ImportTest;

// A model of two inputs, whose body calls functions of the domain `local`.
std::string calls(const std::string& nodes, const std::string& functions,
                  const std::string& inputs = "float[2] x") {
  return "<ir_version: 8, opset_import: [\"\" : 17, \"local\" : 1]>\ng (" + inputs +
         ") => (y) {\n" + nodes + "\n}\n" + functions;
}

std::string function(const std::string& signature, const std::string& nodes, int opset = 17) {
  return "<domain: \"local\", opset_import: [\"\" : " + std::to_string(opset) +
         ", \"local\" : 1]>\n" + signature + " {\n" + nodes + "\n}\n";
}

TEST_F(Functions, AreExpandedInEachOther) {
  std::string model = calls(
      "[first] m = local.Twice (x)\n[second] y = local.Twice (m)",
      function("Twice (a) => (b)", "[up] u = local.Plus (a, a)\n[down] b = local.Plus (u, a)") +
          function("Plus (p, q) => (r)", "[add] r = Add (p, q)"));
  EXPECT_THAT(run(model, {{1, -2}}), ElementsAre(9, -18));
  std::string text = high::to_string(import(model).graph);
  EXPECT_THAT(text, AllOf(HasSubstr("loc(\"first/up/add\")"), HasSubstr("loc(\"first/down/add\")"),
                          HasSubstr("loc(\"second/up/add\")")));
}

// The body's order is no matter, and names inside do not meet those outside.
TEST_F(Functions, HaveNamesAndAnOrderOfTheirOwn) {
  EXPECT_THAT(run(calls("t = Neg (x)\nz = local.F (t)\ny = Sub (z, t)",
                        function("F (x) => (z)", "z = Add (t, y)\nt = Abs (x)\ny = Neg (x)")),
                  {{1, -2}}),
              ElementsAre(3, -2));
}

TEST_F(Functions, ReadAttributesOfTheCallOrTheirDefaults) {
  std::string body = function("Leaky <alpha: float = 0.5, axis> (a) => (b)",
                              "l = LeakyRelu <alpha: float = @alpha> (a)\n"
                              "b = Concat <axis: int = @axis> (l, a)");
  EXPECT_THAT(run(calls("y = local.Leaky <axis = 0> (x)", body), {{-4, 2}}),
              ElementsAre(-2, 2, -4, 2));
  EXPECT_THAT(run(calls("y = local.Leaky <axis = 0, alpha = 0.25> (x)", body), {{-4, 2}}),
              ElementsAre(-1, 2, -4, 2));
  EXPECT_THAT(faults_of(calls("y = local.Leaky (x)", body)),
              HasSubstr("the attribute axis of the function local.Leaky is missing"));
  EXPECT_THAT(faults_of(calls("y = local.Leaky <axis = 0, beta = 1.0> (x)", body)),
              HasSubstr("the function local.Leaky has no attribute beta"));
}

// A reference goes through two functions; without a value the attribute is not there.
TEST_F(Functions, HandAttributesOn) {
  std::string functions =
      function("Outer <slope> (a) => (b)", "b = local.Inner <alpha: float = @slope> (a)") +
      function("Inner <alpha: float = 0.5> (a) => (b)",
               "b = LeakyRelu <alpha: float = @alpha> (a)");
  EXPECT_THAT(run(calls("y = local.Outer <slope = 0.125> (x)", functions), {{-8, 1}}),
              ElementsAre(-1, 1));
}

TEST_F(Functions, MakeConstantsOfAttributes) {
  onnx::ModelProto model = parse_onnx(calls("y = local.Shift <by = [10, 20]> (x)",
                                            function("Shift <by> (a) => (b)",
                                                     "k = Constant <value_ints: ints = @by> ()\n"
                                                     "f = Cast <to = 1> (k)\nb = Add (a, f)")));
  EXPECT_THAT(run(import(model), {{1, 2}}), ElementsAre(11, 22));

  // A list of more elements than stand in the text is a constant of the file.
  onnx::AttributeProto& list = *model.mutable_graph()->mutable_node(0)->mutable_attribute(0);
  list.clear_ints();
  for (int i = 0; i < 100; ++i) list.add_ints(i);
  model.mutable_graph()
      ->mutable_input(0)
      ->mutable_type()
      ->mutable_tensor_type()
      ->mutable_shape()
      ->mutable_dim(0)
      ->set_dim_value(100);
  Values x(100, 0.5), expected;
  for (int i = 0; i < 100; ++i) expected.push_back(i + 0.5);
  EXPECT_EQ(run(import(model), {x}), expected);
}

TEST_F(Functions, MayMissOptionalInputs) {
  std::string body = function("Limit (a, low, high) => (b)", "b = Clip (a, low, high)");
  std::string inputs = "float[2] x, float top";
  EXPECT_THAT(run(calls("y = local.Limit (x, \"\", top)", body, inputs), {{-5, 5}, {1}}),
              ElementsAre(-5, 1));
  EXPECT_THAT(run(calls("y = local.Limit (x, top)", body, inputs), {{-5, 5}, {1}}),
              ElementsAre(1, 5));
  EXPECT_THAT(faults_of(calls("y = local.Limit (x, top, top, top)", body, inputs)),
              HasSubstr("the node has 4 inputs, the function local.Limit takes 3"));
}

TEST_F(Functions, AreReadInTheirOwnOpset) {
  EXPECT_THAT(run(calls("y = local.Sum (x)",
                        function("Sum (a) => (b)", "b = ReduceSum <axes = [0]> (a)", 11)),
                  {{3, 4}}),
              ElementsAre(7));
}

TEST_F(Functions, StandBeforeOperatorsOfTheirName) {
  std::string model =
      "<ir_version: 8, opset_import: [\"\" : 17]>\ng (float[2] x) => (y) {\n"
      "y = Relu (x)\n}\n"
      "<domain: \"\", opset_import: [\"\" : 17]>\nRelu (a) => (b) {\nb = Neg (a)\n}\n";
  EXPECT_THAT(run(model, {{1, -1}}), ElementsAre(-1, 1));
}

TEST_F(Functions, ThatReachThemselvesAreRefused) {
  EXPECT_THAT(faults_of(calls("y = local.A (x)", function("A (a) => (b)", "b = local.A (a)"))),
              HasSubstr("the function \"local.A\" calls itself: recursion without an end"));
  EXPECT_THAT(faults_of(calls("y = local.A (x)", function("A (a) => (b)", "b = local.B (a)") +
                                                     function("B (a) => (b)", "b = local.C (a)") +
                                                     function("C (a) => (b)", "b = local.B (a)"))),
              HasSubstr("the functions \"local.B\", \"local.C\" call each other in a ring"));
}

TEST_F(Functions, NestedTooDeeplyAreRefused) {
  std::string functions;
  for (int i = 0; i < 70; ++i)
    functions += function("F" + std::to_string(i) + " (a) => (b)",
                          "b = local.F" + std::to_string(i + 1) + " (a)");
  functions += function("F70 (a) => (b)", "b = Relu (a)");
  EXPECT_THAT(faults_of(calls("y = local.F0 (x)", functions)),
              HasSubstr("nested more than 64 deep, the limit"));
}

TEST_F(Functions, ThatLackWhatTheyGiveAreRefused) {
  EXPECT_THAT(faults_of(calls("y = local.A (x)", function("A (a) => (b)", "c = Neg (a)"))),
              HasSubstr("the function local.A gives \"b\", which none of its nodes makes"));
}

// Faults inside of a function name the node by the calls that lead to it.
TEST_F(Functions, AreNamedInFaults) {
  EXPECT_THAT(faults_of(calls("[block] y = local.A (x)",
                              function("A (a) => (b)", "[soft] b = Softmax <axis = 3> (a)"))),
              HasSubstr("node \"block/soft\" (Softmax, opset 17): the axis is 3"));
}

}  // namespace
}  // namespace tenon::frontend
