// Whole graphs: names, initializers, outputs, locations, subgraphs, and forms of both exporters.
#include "ir/high/text.h"
#include "tests/frontend/import_test.h"

namespace tenon::frontend {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

class Graphs : public ImportTest {
 protected:
  std::string text_of(const std::string& model_text) const {
    return high::to_string(import(model_text).graph);
  }
};

// Old models list initializers among the inputs: they are no inputs of the graph.
TEST_F(Graphs, InitializersAreNoInputs) {
  std::string model = node_model(11, "float[2] x, float[2] w = {3, 4}", "y = Mul (x, w)");
  Imported imported = import(model);
  ASSERT_EQ(imported.graph.inputs.size(), 1u);
  EXPECT_EQ(imported.graph.inputs[0].onnx_name, "x");
  EXPECT_THAT(run(imported, {{5, 6}}), ElementsAre(15, 24));
}

TEST_F(Graphs, NodesAreReadInAnyOrder) {
  EXPECT_THAT(
      run(node_model(17, "float[2] x", "y = Neg (b)\nb = Add (a, x)\na = Abs (x)"), {{1, -2}}),
      ElementsAre(-2, 0));
}

TEST_F(Graphs, LocationsNameTheNodes) {
  EXPECT_THAT(text_of(node_model(17, "float[2] x", "[\"/a/Relu\"] a = Relu (x)\ny = Neg (a)")),
              AllOf(HasSubstr("%a = relu %x : f32[2] loc(\"/a/Relu\")"),
                    HasSubstr("%y = neg %a : f32[2] loc(\"y\")")));
}

// ONNX names that become one word are numbered; the outside keeps them as they are.
TEST_F(Graphs, NamesThatBecomeOneWordAreNumbered) {
  onnx::ModelProto model =
      parse_onnx(node_model(17, "float[2] p, float[2] q", "r = Sub (p, q)", "", "r"));
  onnx::GraphProto& graph = *model.mutable_graph();
  const char* names[] = {"a.b", "a b", "a/b"};
  graph.mutable_input(0)->set_name(names[0]);
  graph.mutable_input(1)->set_name(names[1]);
  graph.mutable_output(0)->set_name(names[2]);
  graph.mutable_node(0)->set_input(0, names[0]);
  graph.mutable_node(0)->set_input(1, names[1]);
  graph.mutable_node(0)->set_output(0, names[2]);
  Imported imported = import(model);
  EXPECT_THAT(
      high::to_string(imported.graph),
      AllOf(HasSubstr("input %a_b : f32[2] \"a.b\""), HasSubstr("input %a_b_1 : f32[2] \"a b\""),
            HasSubstr("%a_b_2 = sub %a_b, %a_b_1"), HasSubstr("output %a_b_2 \"a/b\"")));
  EXPECT_THAT(run(imported, {{5, 6}, {1, 2}}), ElementsAre(4, 4));
}

TEST_F(Graphs, OutputsAreBuffersOfTheirOwn) {
  std::string model =
      node_model(17, "float[2] x", "y = Neg (x)", "float[2] k = {7, 8}", "y, x, k, y");
  onnx::ModelProto twice = parse_onnx(model);
  Imported imported = import(twice);
  ASSERT_EQ(imported.graph.outputs.size(), 4u);
  EXPECT_THAT(run(imported, {{1, 2}}), ElementsAre(-1, -2, 1, 2, 7, 8, -1, -2));
}

TEST_F(Graphs, OptionalInputsAndOutputsMayBeEmpty) {
  EXPECT_THAT(run(node_model(17, "float[2] x, float top", "y, \"\" = Dropout (x)"), {{1, 2}, {1}}),
              ElementsAre(1, 2));
  EXPECT_THAT(
      run(node_model(17, "float[2] x, float top", "y = Clip (x, \"\", top)"), {{1, 9}, {4}}),
      ElementsAre(1, 4));
  EXPECT_THAT(faults_of(node_model(17, "float[2] x", "y = Add (x, \"\")")),
              HasSubstr("is empty, and the operator needs it"));
}

TEST_F(Graphs, TwoOfOneNameAreRefused) {
  EXPECT_THAT(faults_of(node_model(17, "float[2] x, float[2] x", "y = Neg (x)")),
              HasSubstr("input \"x\": there are two of that name"));
  EXPECT_THAT(faults_of(node_model(17, "float[2] x", "y = Add (x, w)",
                                   "float[2] w = {1, 2}, float[2] w = {3, 4}")),
              HasSubstr("initializer \"w\": there are two of that name"));
  EXPECT_THAT(faults_of(node_model(17, "float[2] x", "y = Neg (x)\ny = Abs (x)")),
              HasSubstr("the output \"y\" is also made by the node \"y\""));
}

TEST_F(Graphs, DeclaredOutputsMustAgree) {
  EXPECT_EQ(faults_of(node_model(17, "float[2] x", "y = Neg (x)", "", "float[n] y")), "");
  EXPECT_THAT(faults_of(node_model(17, "float[2] x", "y = Neg (x)", "", "float[3] y")),
              HasSubstr("the model declares f32[3], its nodes give f32[2]"));
  EXPECT_THAT(faults_of(node_model(17, "float[2] x", "y = Neg (x)", "", "int64[2] y")),
              HasSubstr("the model declares i64[2], its nodes give f32[2]"));
}

// An If whose condition follows from shapes is one of its branches, which sees the names around it.
TEST_F(Graphs, BranchesThatAreKnownAreTaken) {
  auto model = [](int extent) {
    return node_model(17, "float[" + std::to_string(extent) + "] x", R"(
      s = Shape (x)
      two = Constant <value = int64[1] {2}> ()
      c = Equal (s, two)
      c0 = Squeeze (c)
      y = If <then_branch = t () => (float[n] a) { a = Neg (x) },
              else_branch = e () => (float[n] a) { b = Abs (x)  a = Add (b, x) }> (c0))");
  };
  EXPECT_THAT(run(model(2), {{1, -2}}), ElementsAre(-1, 2));
  EXPECT_THAT(run(model(3), {{1, -2, 3}}), ElementsAre(2, 0, 6));
}

TEST_F(Graphs, BranchesThatFollowFromDataAreRefused) {
  EXPECT_THAT(faults_of(node_model(17, "bool c, float[2] x", R"(
      y = If <then_branch = t () => (float[2] a) { a = Neg (x) },
              else_branch = e () => (float[2] a) { a = Abs (x) }> (c))")),
              HasSubstr("an If whose condition follows from data of the run is not supported"));
}

// As the first exporter of PyTorch writes them: a view by Shape, Gather, Unsqueeze and Concat.
TEST_F(Graphs, ShapeArithmeticOfTracedModelsIsSettled) {
  options_.dims["batch"] = {1, 8};
  std::string text = text_of(node_model(11, "float[batch, 4, 6] x", R"(
      s = Shape (x)
      zero = Constant <value = int64 {0}> ()
      n = Gather <axis = 0> (s, zero)
      n1 = Unsqueeze <axes = [0]> (n)
      rest = Constant <value = int64[1] {-1}> ()
      shape = Concat <axis = 0> (n1, rest)
      y = Reshape (x, shape))"));
  EXPECT_THAT(text, HasSubstr("%y = reshape %x {shape=[batch, -1]} : f32[batch, 24]"));
}

// As the second one does: functions of its library for what has no operator, dynamic axes by name,
// and shapes from start and end.
TEST_F(Graphs, FunctionsOfExportedProgramsAreExpanded) {
  options_.dims["s0"] = {1, 8};
  Imported imported = import(R"(
    <ir_version: 9, opset_import: ["" : 18, "pkg.onnxscript.torch_lib" : 1,
                                   "pkg.onnxscript.torch_lib.common" : 1]>
    main_graph (float[s0, 4] x) => (float[s0, 2, 2] y) {
      [node_view] y = pkg.onnxscript.torch_lib.view_pairs (x)
    }
    <domain: "pkg.onnxscript.torch_lib",
     opset_import: ["" : 18, "pkg.onnxscript.torch_lib.common" : 1]>
    view_pairs (self) => (result) {
      rows = Shape <start = 0, end = 1> (self)
      pair = Constant <value_ints = [2, 2]> ()
      size = Concat <axis = 0> (rows, pair)
      rank = pkg.onnxscript.torch_lib.common.Rank (self)
      result = Reshape <allowzero = 0> (self, size)
    }
    <domain: "pkg.onnxscript.torch_lib.common", opset_import: ["" : 18]>
    Rank (input) => (rank) {
      shape = Shape (input)
      rank = Size (shape)
    })");
  EXPECT_THAT(high::to_string(imported.graph),
              HasSubstr("reshape %x {shape=[s0, 2, 2]} : f32[s0, 2, 2] loc(\"node_view/result\")"));
  EXPECT_THAT(run(imported, {{1, 2, 3, 4}}, {{"s0", 1}}), ElementsAre(1, 2, 3, 4));
}

TEST_F(Graphs, UnsupportedOperatorsAreListedOnce) {
  std::string faults = faults_of(node_model(
      17, "float[2] x", "[one] a = Frob (x)\n[two] b = Frob (a)\n[three] y = NonZero (x)"));
  EXPECT_THAT(faults, AllOf(HasSubstr("node \"one\" (Frob, opset 17): ONNX has no operator"),
                            HasSubstr("also node \"two\""), HasSubstr("node \"three\" (NonZero")));
}

// Operators that are newer than the model's opset are told as that.
TEST_F(Graphs, OperatorsOfLaterOpsetsAreRefused) {
  EXPECT_THAT(faults_of(node_model(17, "float[2] x", "y = Gelu (x)")),
              AllOf(HasSubstr("opset 17 has no operator Gelu"),
                    HasSubstr("convert the model to opset 20 or newer")));
}

TEST_F(Graphs, ShiftsGoBothWays) {
  auto shift = [](const std::string& direction) {
    return node_model(11, "uint8[3] a, uint8[3] b",
                      "y = BitShift <direction = \"" + direction + "\"> (a, b)");
  };
  EXPECT_THAT(run(shift("LEFT"), {{1, 200, 3}, {2, 1, 0}}), ElementsAre(4, 144, 3));
  EXPECT_THAT(run(shift("RIGHT"), {{1, 200, 3}, {2, 1, 0}}), ElementsAre(0, 100, 3));
  EXPECT_THAT(faults_of(shift("UP")),
              AllOf(HasSubstr("the attribute direction is \"UP\""), HasSubstr("LEFT or RIGHT")));
}

}  // namespace
}  // namespace tenon::frontend
