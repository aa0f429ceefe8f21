// Names of dimensions and tensors that the texts use as words of their own, or that are no words:
// after every pass the program's text reads back.
//
//   x : f32[where, 8]     ->   stays: stage t0[m:where, n:16] ...
//   true : f32[inf, 8]    ->   %v_true : f32[v_inf, 8]; the outside still says "true"
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <onnx/defs/parser.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include "driver/pipeline.h"
#include "frontend/import.h"
#include "ir/high/text.h"
#include "support/text.h"

namespace tenon::driver {
namespace {

using testing::HasSubstr;

const std::vector<std::string> kWords = {
    // statements and declarations
    "in", "for", "if", "else", "stage", "reduce", "where", "with", "clamp", "continues", "require",
    "buffer", "prefetch", "call", "func", "model", "module", "model_file", "sha256", "symbol",
    "check", "const", "input", "output", "group", "initializer", "computed", "setup", "main",
    "arena", "slot", "at", "above", "size", "of", "slots", "arena_bytes", "arena_lower_bound",
    "out", "inout", "strides", "over", "anchor", "loc", "scan", "local", "schedule",
    // kinds of loops, scopes, reducers, operations, types, literals
    "unrolled", "vectorized", "parallel", "chunk", "constant", "scratch", "stack", "register",
    "sum", "max", "any", "select", "fma", "f32", "i64", "index", "bits_i32", "true", "false", "inf",
    "nan", "inf_f32", "nan_x",
    // names that the compiler gives, and what is no word
    "i", "j", "k", "m", "n", "acc", "batch.size", "a..b", "1st", "e1e5", "_", "batch size", "2*n",
    "floor(n/2)", "a\"b", "a\\b", "a\nb", "\xc3\xa9"};

// Matrix product, softmax, sum, concatenation: reducers, pieces and views.
onnx::ModelProto model_with(const std::string& dimension, const std::string& input,
                            const std::string& inner) {
  onnx::ModelProto model;
  onnx::Common::Status status = onnx::OnnxParser::Parse(model, R"(
    <ir_version: 8, opset_import: ["" : 17]>
    g (float[DIMENSION, 3] INPUT) => (RESULT)
      <float[3, 2] weight = {1, 2, 3, 4, 5, 6}, int64[1] axis = {1}> {
      INNER = MatMul (INPUT, weight)
      soft = Softmax (INNER)
      total = ReduceSum (soft, axis)
      [NODE] RESULT = Concat <axis = 1> (total, INPUT)
    })");
  EXPECT_TRUE(status.IsOK()) << status.ErrorMessage();
  auto rename = [&](std::string& name) {
    if (name == "INPUT") name = input;
    if (name == "INNER") name = inner;
  };
  onnx::GraphProto& graph = *model.mutable_graph();
  graph.mutable_input(0)->set_name(input);
  graph.mutable_input(0)
      ->mutable_type()
      ->mutable_tensor_type()
      ->mutable_shape()
      ->mutable_dim(0)
      ->set_dim_param(dimension);
  for (onnx::NodeProto& node : *graph.mutable_node()) {
    for (std::string& name : *node.mutable_input()) rename(name);
    for (std::string& name : *node.mutable_output()) rename(name);
    if (node.name() == "NODE") node.set_name(inner);
  }
  return model;
}

class Names : public testing::Test {
 protected:
  Names() {
    std::string pattern = std::filesystem::temp_directory_path() / "tenon_names_XXXXXX";
    folder_ = mkdtemp(pattern.data());
  }
  ~Names() override { std::filesystem::remove_all(folder_); }

  Program import(const onnx::ModelProto& model, const std::string& dimension) {
    std::string path = folder_ / "model.onnx";
    std::ofstream(path, std::ios::binary) << model.SerializeAsString();
    frontend::ImportOptions options;
    options.dims[dimension] = {1, 8};
    Diagnostics diagnostics;
    Program program;
    program.graph = frontend::import_model(path, options, diagnostics).graph;
    return program;
  }

  // Every pass, each followed by verifying, printing, parsing and printing again.
  void check(const onnx::ModelProto& model, const std::string& dimension) {
    try {
      Program program = import(model, dimension);
      Instruments instruments;
      instruments.verify_each = true;
      target::Target target = *target::find_target("x86-64-v3");
      verify_program_and_text(program, "import");
      run_pipeline(program, {&target, {}, true}, instruments);
      EXPECT_EQ(program.level, Level::Loop);
    } catch (const std::exception& failure) {
      ADD_FAILURE() << failure.what();
    }
  }

 private:
  std::filesystem::path folder_;
};

TEST_F(Names, OfDimensionsReadBackAtEveryLevel) {
  for (const std::string& word : kWords) {
    SCOPED_TRACE(quoted(word));
    check(model_with(word, "x", "product"), word);
  }
}

TEST_F(Names, OfTensorsReadBackAtEveryLevel) {
  for (const std::string& word : kWords) {
    SCOPED_TRACE(quoted(word));
    check(model_with("batch", word, "product"), "batch");
    check(model_with("batch", "x", word), "batch");
  }
}

TEST_F(Names, MayBeSharedByADimensionAndATensor) {
  for (const std::string& word : kWords) {
    SCOPED_TRACE(quoted(word));
    check(model_with(word, word, "product"), word);
  }
}

// Words of the texts stay; literals and what is no word are renamed in one way.
TEST_F(Names, AreKeptWhereTheTextsAllow) {
  std::string text = high::to_string(import(model_with("where", "in", "sum"), "where").graph);
  EXPECT_THAT(text, HasSubstr("symbol where in 1..8\n"));
  EXPECT_THAT(text, HasSubstr("input %in : f32[where, 3] \"in\"\n"));
  EXPECT_THAT(text, HasSubstr("%sum = matmul %in, %weight : f32[where, 2]"));

  text = high::to_string(import(model_with("inf", "true", "2*n"), "inf").graph);
  EXPECT_THAT(text, HasSubstr("symbol v_inf in 1..8\n"));
  EXPECT_THAT(text, HasSubstr("input %v_true : f32[v_inf, 3] \"true\"\n"));
  EXPECT_THAT(text, HasSubstr("%_2_n = matmul %v_true, %weight : f32[v_inf, 2]"));
  EXPECT_THAT(text, HasSubstr("loc(\"2*n\")"));
}

}  // namespace
}  // namespace tenon::driver
