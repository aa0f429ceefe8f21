// Types and faults of operators: what is inferred from symbolic shapes, and what a user reads when
// shapes do not fit.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ir/expr/text.h"
#include "ir/high/ops/table.h"
#include "ir/high/text.h"

namespace tenon::high {
namespace {

using testing::HasSubstr;

// A builder over the symbols batch in 1..8 and seq in 1..512.
struct Model {
  GraphBuilder builder{std::make_shared<ExprPool>(), "model"};

  Model() { builder.graph().symbols = {{"batch", 1, 8}, {"seq", 1, 512}}; }

  TensorType type(DType element, const std::string& shape) {
    Lexer lexer(shape, "type");
    TensorType result{element, {}, {}};
    while (!lexer.at_end()) {
      result.shape.push_back(parse_index(lexer, builder.pool()));
      if (!lexer.at_end()) lexer.expect(",");
    }
    return result;
  }
  ValueId input(const std::string& shape, DType element = DType::F32) {
    return builder.add_input("x", type(element, shape), "x");
  }
  std::string add(const Operator& op, std::vector<ValueId> inputs, Attributes attributes = {}) {
    std::vector<ValueId> results =
        builder.add(op, std::move(inputs), std::move(attributes), {"/node"});
    return to_string(builder.type(results[0]));
  }
  std::string fault(const Operator& op, std::vector<ValueId> inputs, Attributes attributes = {}) {
    try {
      return "no fault: " + add(op, std::move(inputs), std::move(attributes));
    } catch (const UserErrors& errors) {
      return errors.what();
    }
  }
};

Attributes with(const std::string& name, AttributeValue value, Attributes others = {}) {
  others.set(name, std::move(value));
  return others;
}

using Ints = std::vector<int64_t>;

TEST(Infer, FollowsSymbols) {
  Model m;
  ValueId x = m.input("batch, seq, 768"), image = m.input("batch, 3, seq, 9");
  EXPECT_EQ(m.add(ops::matmul, {x, m.input("768, 64")}), "f32[batch, seq, 64]");
  EXPECT_EQ(m.add(ops::transpose, {x}, with("perm", Ints{1, 0, 2})), "f32[seq, batch, 768]");
  EXPECT_EQ(m.add(ops::concat, {x, x}, with("axis", int64_t{1})), "f32[batch, seq*2, 768]");
  EXPECT_EQ(m.add(ops::conv, {image, m.input("8, 3, 3, 3")}, with("pads", Ints{1, 1, 1, 1})),
            "f32[batch, 8, seq, 9]");
  EXPECT_EQ(m.add(ops::max_pool, {image}, with("kernel", Ints{1, 2}, with("strides", Ints{1, 2}))),
            "f32[batch, 3, seq, 4]");
}

TEST(Infer, ResolvesOpenExtentsOfReshape) {
  Model m;
  ValueId x = m.input("batch, seq, 768");
  auto shape = [&](const std::string& text) {
    return with("shape", m.type(DType::I64, text).shape);
  };
  EXPECT_EQ(m.add(ops::reshape, {x}, shape("batch, seq, 12, -1")), "f32[batch, seq, 12, 64]");
  EXPECT_EQ(m.add(ops::reshape, {x}, shape("-1, 768")), "f32[batch*seq, 768]");
  EXPECT_THAT(m.fault(ops::reshape, {x}, shape("batch, seq, 7, -1")),
              HasSubstr("the -1 of the shape stands for no whole number"));
  EXPECT_THAT(m.fault(ops::reshape, {m.input("2, 3")}, shape("4, 2")),
              HasSubstr("the numbers of elements differ: 6 and 8"));
  EXPECT_THAT(m.fault(ops::reshape, {x}, shape("-1, -1")), HasSubstr("more than one -1"));
}

TEST(Infer, RecordsEqualitiesThatOnlyTheRunKnows) {
  Model m;
  EXPECT_EQ(m.add(ops::add, {m.input("batch, 4"), m.input("seq, 4")}), "f32[batch, 4]");
  EXPECT_EQ(m.add(ops::add, {m.input("batch"), m.input("5")}), "f32[5]");
  m.add(ops::mul, {m.input("seq"), m.input("batch")});
  std::vector<std::string> checks;
  for (Expr check : m.builder.graph().checks) checks.push_back(to_string(check));
  EXPECT_THAT(checks, testing::ElementsAre("batch == seq", "5 == batch"));
  // A symbol that never reaches the other dimension is a fault at once.
  EXPECT_THAT(m.fault(ops::add, {m.input("batch"), m.input("9")}), HasSubstr("do not broadcast"));
}

TEST(Infer, FaultsNameTheNodeItsInputsAndTheRemedy) {
  Model m;
  ValueId x = m.input("1, 32, 28, 28"), weight = m.input("64, 16, 3, 3");
  EXPECT_EQ(
      m.fault(ops::conv, {x, weight}),
      "tenon: error: node \"/node\": the weight has 16 input channels in each group, the input "
      "gives 32\n"
      "  input   %x : f32[1, 32, 28, 28]\n"
      "  weight  %x_1 : f32[64, 16, 3, 3]\n"
      "  help: with group = 2 these shapes agree; or give a weight of f32[64, 32, 3, 3]\n");
}

TEST(Infer, FaultsUseTheNameThatTheFrontendGives) {
  Model m;
  m.builder.describe = [](const Location& location) {
    return "node \"" + location[0] + "\" (Relu, opset 14)";
  };
  EXPECT_THAT(m.fault(ops::relu, {m.input("2", DType::Bool)}),
              HasSubstr("error: node \"/node\" (Relu, opset 14): an input is of type bool"));
}

struct BadNode {
  const char* operator_name;
  std::vector<std::pair<const char*, DType>> inputs;
  Attributes attributes;
  const char* message;
};

TEST(Infer, RefusesWhatDoesNotFit) {
  constexpr DType f = DType::F32, i = DType::I64;
  const BadNode cases[] = {
      {"add", {{"2", f}, {"2", i}}, {}, "of types f32 and i64"},
      {"add", {{"2", f}, {"3", f}}, {}, "axis -1 differs: 2 and 3"},
      {"add", {{"2", f}}, {}, "the input 'b' is missing"},
      {"exp", {{"2", i}}, {}, "an input is of type i64, expected are floats"},
      {"mod", {{"2", f}, {"2", f}}, {}, "needs fmod = 1"},
      {"bit_shift", {{"2", i}, {"2", i}}, with("direction", "up"), "the direction is \"up\""},
      {"prelu", {{"2", f}, {"3, 2", f}}, {}, "higher rank"},
      {"cast", {{"2", f}}, {}, "the attribute to is missing"},
      {"relu", {{"2", f}}, with("alpha", 1.0), "no attribute alpha"},
      {"leaky_relu", {{"2", f}}, with("alpa", 1.0), "did you mean alpha?"},
      {"leaky_relu", {{"2", f}}, with("alpha", int64_t{1}), "must be of the kind number"},
      {"softmax", {{"2, 3", f}}, with("axis", int64_t{2}), "the axis is 2, the tensor has rank 2"},
      {"softmax", {{"", f}}, {}, "a scalar has no axis"},
      {"reduce_sum", {{"2, 3", f}}, with("axes", Ints{0, -2}), "name one axis twice"},
      {"reduce_sum", {{"2, 3", f}}, with("axes", Ints{3}), "the axes hold 3"},
      {"layer_norm", {{"2, 8", f}, {"7", f}}, {}, "do not broadcast"},
      {"batch_norm",
       {{"2, 8", f}, {"8", f}, {"7", f}, {"8", f}, {"8", f}},
       {},
       "the length of the bias"},
      {"matmul", {{"2, 3", f}, {"4, 5", f}}, {}, "the inner dimensions differ: 3 and 4"},
      {"matmul", {{"", f}, {"4, 5", f}}, {}, "a scalar cannot be multiplied"},
      {"gemm", {{"2, 3", f}, {"3, 5", f}, {"4", f}}, {}, "do not broadcast"},
      {"conv", {{"1, 3, 8, 8", f}, {"4, 3, 3", f}}, {}, "an input has rank 3, expected is 4"},
      {"conv",
       {{"1, 4, 8, 8", f}, {"3, 2, 3, 3", f}},
       with("group", int64_t{2}),
       "2 groups do not divide"},
      {"conv",
       {{"1, 3, 8, 8", f}, {"4, 3, 3, 3", f}},
       with("group", int64_t{0}),
       "the attribute group is 0"},
      {"conv", {{"1, 3, 2, 8", f}, {"4, 3, 3, 3", f}}, {}, "the window reaches over 3 elements"},
      {"conv",
       {{"1, 3, 8, 8", f}, {"4, 3, 3, 3", f}},
       with("strides", Ints{0, 1}),
       "strides holds 0"},
      {"conv",
       {{"1, 3, 8, 8", f}, {"4, 3, 3, 3", f}},
       with("pads", Ints{1, 1}),
       "pads has 2 values, expected are 4"},
      {"max_pool",
       {{"1, 3, 8, 8", f}},
       with("kernel", Ints{2, 2}, with("pads", Ints{2, 0, 0, 0})),
       "as large as the window"},
      {"transpose", {{"2, 3", f}}, with("perm", Ints{0, 0}), "does not permute"},
      {"concat",
       {{"2, 3", f}, {"3, 3", f}},
       with("axis", int64_t{1}),
       "the inputs differ in axis 0"},
      {"slice",
       {{"2", f}},
       with("axes", Ints{0},
            with("starts", std::vector<Expr>{}, with("ends", std::vector<Expr>{}))),
       "different numbers of elements"},
      {"gather", {{"2", f}, {"3", f}}, {}, "the indices are of type f32"},
      {"gather_nd", {{"2, 3", f}, {"4, 3", i}}, {}, "the last axis of the indices has 3 elements"},
      {"depth_to_space",
       {{"1, 6, 2, 2", f}},
       with("blocksize", int64_t{2}),
       "6 is not divisible by 4"},
      {"range", {{"", i}, {"", i}, {"", i}}, {}, "the start of the range is computed at run time"},
      {"lstm",
       {{"5, 1, 3", f}, {"1, 16, 3", f}, {"1, 16, 5", f}},
       {},
       "axis 1 of the input weight does not fit"},
      {"lstm",
       {{"5, 1, 3", f}, {"1, 16, 3", f}, {"1, 16, 4", f}},
       with("activations", "Tanh"),
       "1 activations are named"},
      {"gru",
       {{"5, 1, 3", f}, {"1, 12, 3", f}, {"1, 12, 4", f}},
       with("activations", "Tanh,Cube"),
       "\"Cube\" is not known"},
      {"rnn",
       {{"5, 1, 3", f}, {"1, 4, 3", f}, {"1, 4, 4", f}},
       with("direction", "up"),
       "the direction is \"up\""},
  };
  for (const BadNode& c : cases) {
    Model m;
    std::vector<ValueId> inputs;
    for (const auto& [shape, type] : c.inputs) inputs.push_back(m.input(shape, type));
    EXPECT_THAT(m.fault(*find_operator(c.operator_name), inputs, c.attributes),
                HasSubstr(c.message))
        << c.operator_name;
  }
}

TEST(Infer, RefusesIndicesThatAreKnownToBeOutside) {
  Model m;
  ValueId index = m.builder.add_literal("i", DType::I64, {1}, {5});
  EXPECT_THAT(m.fault(ops::gather, {m.input("5, 2"), index}),
              HasSubstr("the index 5 is outside of the axis, which has 5 elements"));
  EXPECT_EQ(m.add(ops::gather, {m.input("6, 2"), index}), "f32[1, 2]");
}

TEST(Infer, RefusesEnormousResults) {
  Model m;
  ValueId x = m.input("1048576, 1048576");
  EXPECT_THAT(m.fault(ops::concat, std::vector<ValueId>(2, m.input("1099511627775")),
                      with("axis", int64_t{0})),
              HasSubstr("beyond 2^40"));
  EXPECT_THAT(m.fault(ops::expand, {x}, with("shape", m.type(DType::I64, "1048576, 1, 1").shape)),
              HasSubstr("more than 2^46 bytes"));
}

TEST(Infer, SequenceLengthsMustBeWhole) {
  Model m;
  ValueId x = m.input("5, 2, 3"), w = m.input("1, 4, 3"), r = m.input("1, 4, 4");
  ValueId full = m.builder.add_literal("full", DType::I32, {2}, {5, 5}),
          part = m.builder.add_literal("part", DType::I32, {2}, {5, 4});
  EXPECT_EQ(m.add(ops::rnn, {x, w, r, {}, full}), "f32[5, 1, 2, 4]");
  EXPECT_THAT(m.fault(ops::rnn, {x, w, r, {}, part}), HasSubstr("sequence_lens are not supported"));
}

}  // namespace
}  // namespace tenon::high
