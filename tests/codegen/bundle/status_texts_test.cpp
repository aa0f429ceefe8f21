// What N_status_text says.
#include "codegen/bundle/status_texts.h"

#include <gtest/gtest.h>

#include "runtime/model_tables.h"
#include "tests/codegen/bundle/demo_interface.h"

namespace tenon::codegen {
namespace {

std::string text_of(const BundleInterface& interface, int code, int detail) {
  for (const StatusText& text : status_texts(interface))
    if (text.status == TNR_STATUS(code, detail)) return text.text;
  return kUnknownStatusText;
}

TEST(StatusTexts, SortedAndUnique) {
  const std::vector<StatusText> texts = status_texts(demo_interface());
  for (size_t i = 1; i < texts.size(); ++i) EXPECT_LT(texts[i - 1].status, texts[i].status);
}

TEST(StatusTexts, NameTheArgument) {
  BundleInterface demo = demo_interface();
  demo.dims[0].identifier = "n";
  demo.cpu_features = 1u << TNR_CPU_AVX512F;
  EXPECT_EQ(text_of(demo, TN_OK, 0), "ok");
  EXPECT_EQ(text_of(demo, TN_NULL, 1), "indices is a null pointer");
  EXPECT_EQ(text_of(demo, TN_NULL, 4), "the demo_io is a null pointer");
  EXPECT_EQ(text_of(demo, TN_NULL, 5), "the demo_model is a null pointer");
  EXPECT_EQ(text_of(demo, TN_NULL, 6), "the arena is a null pointer");
  EXPECT_EQ(text_of(demo, TN_DIM, 0), "n (\"batch\") is outside 0..16");
  EXPECT_EQ(text_of(demo, TN_DIM, 2), "rows and batch differ");
  EXPECT_EQ(text_of(demo, TN_ALIGNMENT, 1), "indices is not aligned to its elements of 8 bytes");
  EXPECT_EQ(text_of(demo, TN_ALIGNMENT, 6), "the arena is not aligned to 64 bytes");
  EXPECT_EQ(text_of(demo, TN_OVERLAP, 2), "y overlaps the arena, another tensor or the weights");
  EXPECT_EQ(text_of(demo, TN_INDEX, 2), "an index is out of range at node /odd/Gather");
  EXPECT_EQ(text_of(demo, TN_SELFTEST, 3), "the self-test found a wrong result at node /Add");
  EXPECT_EQ(text_of(demo, TN_CPU, TNR_CPU_AVX512F),
            "this processor, or its operating system, lacks avx512f, which x86-64-v2 needs");
  EXPECT_EQ(text_of(demo, TN_CPU, TNR_CPU_AVX2), kUnknownStatusText);
}

}  // namespace
}  // namespace tenon::codegen
