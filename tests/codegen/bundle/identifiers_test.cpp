// Names of C for names of a model.
#include "codegen/bundle/identifiers.h"

#include <gmock/gmock.h>

namespace tenon::codegen {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(Identifiers, OneName) {
  EXPECT_EQ(c_identifier("imu", "tensor"), "imu");
  EXPECT_EQ(c_identifier("input.1", "tensor"), "input_1");
  EXPECT_EQ(c_identifier("/head/Conv_output_0", "tensor"), "head_Conv_output_0");
  EXPECT_EQ(c_identifier("a--b__c", "tensor"), "a_b_c");
  EXPECT_EQ(c_identifier("495", "tensor"), "n495");
  EXPECT_EQ(c_identifier("class", "tensor"), "class_");
  EXPECT_EQ(c_identifier("errno", "tensor"), "errno_");
  EXPECT_EQ(c_identifier("int64_t", "tensor"), "int64_t_");
  EXPECT_EQ(c_identifier("", "tensor"), "tensor");
  EXPECT_EQ(c_identifier("\xe5\x90\x8d", "dim"), "dim");
}

BundleInterface with_names(const std::vector<std::string>& dims,
                           const std::vector<std::string>& tensors) {
  BundleInterface interface;
  for (const std::string& name : dims) interface.dims.push_back({name, "", 1, 2});
  for (const std::string& name : tensors)
    interface.tensors.push_back({name, "", TensorRole::kInput, DType::F32, {}});
  return interface;
}

std::vector<std::string> identifiers_of(const BundleInterface& interface) {
  std::vector<std::string> all;
  for (const InterfaceDim& dim : interface.dims) all.push_back(dim.identifier);
  for (const InterfaceTensor& tensor : interface.tensors) all.push_back(tensor.identifier);
  return all;
}

std::vector<std::string> named(const std::vector<std::string>& dims,
                               const std::vector<std::string>& tensors) {
  BundleInterface interface = with_names(dims, tensors);
  Diagnostics diagnostics;
  name_identifiers(interface, {}, diagnostics);
  EXPECT_EQ(diagnostics.error_count(), 0);
  return identifiers_of(interface);
}

TEST(Identifiers, CollisionsGetNumbers) {
  EXPECT_THAT(named({}, {"x.1", "x:1", "x_1", "x_1_2"}),
              ElementsAre("x_1", "x_1_2", "x_1_3", "x_1_2_2"));
  EXPECT_THAT(named({"x"}, {"x"}), ElementsAre("x", "x_2"));
}

TEST(Identifiers, DimensionsDifferInTheirMacrosToo) {
  EXPECT_THAT(named({"seq", "SEQ"}, {"Seq"}), ElementsAre("seq", "SEQ_2", "Seq"));
}

TEST(Identifiers, RenamesGoFirst) {
  BundleInterface interface = with_names({"n"}, {"a.b", "a:b", "out"});
  Diagnostics diagnostics;
  name_identifiers(interface, {{"a:b", "a_b"}, {"n", "batch"}}, diagnostics);
  EXPECT_EQ(diagnostics.error_count(), 0);
  EXPECT_THAT(identifiers_of(interface), ElementsAre("batch", "a_b_2", "a_b", "out"));
}

TEST(Identifiers, BadRenamesAreReportedTogether) {
  BundleInterface interface = with_names({}, {"input_ids", "mask", "types"});
  Diagnostics diagnostics;
  name_identifiers(interface,
                   {{"inputids", "x"}, {"input_ids", "1x"}, {"mask", "same"}, {"types", "same"}},
                   diagnostics);
  ASSERT_EQ(diagnostics.all().size(), 3u);
  EXPECT_THAT(to_string(diagnostics.all()[0]),
              HasSubstr("\"1x\" cannot be used as an identifier of C and C++"));
  EXPECT_THAT(to_string(diagnostics.all()[1]),
              HasSubstr("the model has no input, output or dimension \"inputids\""));
  EXPECT_THAT(to_string(diagnostics.all()[1]), HasSubstr("did you mean \"input_ids\"?"));
  EXPECT_THAT(to_string(diagnostics.all()[2]), HasSubstr("\"same\" already names something else"));
}

TEST(Prefix, Accepted) {
  for (const char* prefix : {"mlp", "resnet18", "tnt", "tensor", "bert_base"})
    EXPECT_TRUE(check_prefix(prefix)) << prefix;
}

TEST(Prefix, Refused) {
  for (const char* prefix : {"tn", "TN", "tenon", "Tenon", "tn_x", "TENON_y", "", "1x", "a-b",
                             "a__b", "_a", "int", "string", "math"})
    EXPECT_FALSE(check_prefix(prefix)) << prefix;
  EXPECT_THAT(check_prefix("string").reason(), HasSubstr("<string.h>"));
}

TEST(Prefix, FromAFilesStem) {
  EXPECT_EQ(default_prefix("resnet18"), "resnet18");
  EXPECT_EQ(default_prefix("my model-v2.1"), "my_model_v2_1");
  EXPECT_EQ(default_prefix("3dnet"), "n3dnet");
}

}  // namespace
}  // namespace tenon::codegen
