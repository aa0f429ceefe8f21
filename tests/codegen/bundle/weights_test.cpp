// Weights as a file and as an object.
#include "codegen/bundle/weights.h"

#include <gtest/gtest.h>

#include <cstring>

#include <llvm/Object/ELFObjectFile.h>
#include <llvm/Support/raw_ostream.h>

#include "runtime/model_tables.h"
#include "support/check.h"
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

TEST(Weights, ObjectHoldsOneHiddenSymbol) {
  std::string bytes;
  llvm::raw_string_ostream out(bytes);
  write_weights_object(out, demo_interface(), in_pieces);
  auto object =
      llvm::cantFail(llvm::object::ObjectFile::createObjectFile({bytes, "demo_weights.o"}));
  int symbols = 0;
  for (const llvm::object::ELFSymbolRef symbol : object->symbols()) {
    ++symbols;
    EXPECT_EQ(llvm::cantFail(symbol.getName()), "demo_weights");
    EXPECT_EQ(symbol.getOther(), llvm::ELF::STV_HIDDEN);
    EXPECT_EQ(symbol.getBinding(), llvm::ELF::STB_GLOBAL);
    EXPECT_EQ(symbol.getSize(), 96u);
    const llvm::object::ELFSectionRef section = *llvm::cantFail(symbol.getSection());
    EXPECT_EQ(llvm::cantFail(section.getName()), ".rodata");
    EXPECT_EQ(section.getAlignment().value(), 64u);
    EXPECT_EQ(section.getFlags(), uint64_t{llvm::ELF::SHF_ALLOC});
    const llvm::StringRef contents = llvm::cantFail(section.getContents());
    EXPECT_EQ(std::memcmp(contents.data(), demo_weights().data(), 32), 0);
  }
  EXPECT_EQ(symbols, 1);
}

TEST(Weights, TooFewBytesAreOurBug) {
  BundleInterface demo = demo_interface();
  demo.weights_bytes = 33;
  std::string bytes;
  llvm::raw_string_ostream out(bytes);
  EXPECT_THROW(write_weights_file(out, demo, in_pieces), InternalError);
}

TEST(Weights, LayoutHashTellsLayoutsApart) {
  const auto hash = weights_layout_hash("fc1.weight f32[64,768,48] at 0\n");
  EXPECT_EQ(hash, weights_layout_hash("fc1.weight f32[64,768,48] at 0\n"));
  EXPECT_NE(hash, weights_layout_hash("fc1.weight f32[64,768,48] at 64\n"));
}

}  // namespace
}  // namespace tenon::codegen
