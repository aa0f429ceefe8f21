// Weights as a file and as an object.
#include "codegen/bundle/weights.h"

#include <gtest/gtest.h>

#include <cstring>

#include <llvm/Object/ELFObjectFile.h>
#include <llvm/Support/raw_ostream.h>

#include "codegen/bundle/main_object.h"
#include "runtime/model_tables.h"
#include "support/check.h"
#include "tests/codegen/bundle/build_demo.h"
#include "tests/codegen/bundle/demo_interface.h"

namespace tenon::codegen {
namespace {

void in_pieces(const std::function<void(std::span<const uint8_t>)>& take) {
  const std::vector<uint8_t> weights = demo_weights();
  for (size_t i = 0; i < weights.size(); i += 8) take(std::span(weights).subspan(i, 8));
}

TEST(Weights, File) {
  std::string bytes;
  llvm::raw_string_ostream out(bytes);
  write_weights_file(out, demo_interface(), in_pieces);
  ASSERT_EQ(bytes.size(), 64u + 32u + 64u);
  tnr_weights_header header;
  std::memcpy(&header, bytes.data(), sizeof header);
  EXPECT_EQ(std::memcmp(header.magic, "TENONWT1", 8), 0);
  EXPECT_EQ(header.layout[0], demo_interface().weights_layout[0]);
  EXPECT_EQ(header.byte_order, 0x01020304u);
  EXPECT_EQ(header.header_bytes, 64u);
  EXPECT_EQ(header.weights_bytes, 32u);
  EXPECT_EQ(std::memcmp(bytes.data() + 64, demo_weights().data(), 32), 0);
  EXPECT_EQ(bytes.substr(96), std::string(64, '\0'));
}

// The object of the demo, the weights filled in, in memory and in a file.
class WeightsInObject : public ::testing::Test {
 protected:
  void SetUp() override {
    object_ =
        make_main_object(demo_module(context_, "x86-64"), demo_interface(), in_pieces, emit_object);
  }
  llvm::StringRef contents() const {
    const llvm::StringRef bytes(object_.data(), object_.size());
    const auto file = llvm::cantFail(llvm::object::ObjectFile::createObjectFile({bytes, "demo.o"}));
    for (const llvm::object::ELFSectionRef section : file->sections()) {
      if (llvm::cantFail(section.getName()) != ".rodata.demo_weights") continue;
      EXPECT_EQ(section.getAlignment().value(), 64u);
      EXPECT_EQ(section.getFlags(), uint64_t{llvm::ELF::SHF_ALLOC});
      return llvm::cantFail(section.getContents());
    }
    return "";
  }

  llvm::LLVMContext context_;
  llvm::SmallVector<char, 0> object_;
};

TEST_F(WeightsInObject, AreTheSectionsContents) {
  const llvm::StringRef found = contents();
  ASSERT_EQ(found.size(), 32u + 64u);
  EXPECT_EQ(std::memcmp(found.data(), demo_weights().data(), 32), 0);
  EXPECT_EQ(found.drop_front(32), std::string(64, '\0'));
}

TEST_F(WeightsInObject, SameInAFile) {
  const TemporaryFolder folder;
  const std::string filled(object_.begin(), object_.end());
  std::string empty = filled;
  const size_t place = static_cast<size_t>(contents().data() - object_.data());
  std::fill_n(empty.begin() + static_cast<ptrdiff_t>(place), 32, '\0');
  write_file(folder / "demo.o", empty);
  const Status status = fill_weights_of_file(folder / "demo.o", demo_interface(), in_pieces);
  ASSERT_TRUE(static_cast<bool>(status)) << status.reason();
  EXPECT_EQ(read_file(folder / "demo.o"), filled);
  EXPECT_FALSE(
      static_cast<bool>(fill_weights_of_file(folder / "none.o", demo_interface(), in_pieces)));
}

TEST(Weights, TooFewBytesAreOurBug) {
  BundleInterface demo = demo_interface();
  demo.weights_bytes = 33;
  std::string bytes;
  llvm::raw_string_ostream out(bytes);
  EXPECT_THROW(write_weights_file(out, demo, in_pieces), InternalError);
  llvm::LLVMContext context;
  EXPECT_THROW(make_main_object(demo_module(context, "x86-64"), demo, in_pieces, emit_object),
               InternalError);
}

TEST(Weights, LayoutHashTellsLayoutsApart) {
  const auto hash = weights_layout_hash("fc1.weight f32[64,768,48] at 0\n");
  EXPECT_EQ(hash, weights_layout_hash("fc1.weight f32[64,768,48] at 0\n"));
  EXPECT_NE(hash, weights_layout_hash("fc1.weight f32[64,768,48] at 64\n"));
}

}  // namespace
}  // namespace tenon::codegen
