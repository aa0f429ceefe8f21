// NumPy's files: what is written reads back, and elements have the values of their types.
#include "driver/npz.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "support/diagnostics.h"

namespace tenon::driver {
namespace {

Array array_of(DType type, std::vector<int64_t> shape, std::vector<uint8_t> bytes) {
  return {type, std::move(shape), std::move(bytes)};
}

TEST(Npz, ArraysReadBackAsTheyWereWritten) {
  for (const std::vector<int64_t>& shape :
       {std::vector<int64_t>{}, {3}, {0, 4}, {2, 3}, {1, 2, 3, 1}}) {
    Array array = array_of(DType::I16, shape, {});
    for (int64_t i = 0; i < 2 * array.element_count(); ++i)
      array.bytes.push_back(static_cast<uint8_t>(i));
    std::vector<uint8_t> file = format_npy(array);
    EXPECT_EQ((file.size() - array.bytes.size()) % 64, 0u);  // numpy aligns the elements
    Array again = parse_npy(file, "a.npy");
    EXPECT_EQ(again.type, array.type);
    EXPECT_EQ(again.shape, array.shape);
    EXPECT_EQ(again.bytes, array.bytes);
  }
}

TEST(Npz, TypesThatNumpyLacksTravelAsIntegers) {
  Array array = array_of(DType::BF16, {2}, {0x80, 0x3F, 0x20, 0xC1});
  Array again = parse_npy(format_npy(array), "a.npy");
  EXPECT_EQ(again.type, DType::U16);
  EXPECT_EQ(again.bytes, array.bytes);
  EXPECT_EQ(element_as(DType::BF16, again, 1), -10);
  EXPECT_EQ(element(again, 1), 0xC120);
}

TEST(Npz, ElementsHaveTheValuesOfTheirTypes) {
  EXPECT_EQ(element(array_of(DType::F16, {1}, {0x00, 0x3E}), 0), 1.5);
  EXPECT_EQ(element(array_of(DType::F8E4M3FN, {2}, {0x38, 0xB8}), 1), -1);
  EXPECT_EQ(element(array_of(DType::I4, {2}, {0x07, 0x0F}), 1), -1);  // one a byte
  EXPECT_EQ(element(array_of(DType::I8, {1}, {0xFF}), 0), -1);
  EXPECT_EQ(element(array_of(DType::U64, {1}, std::vector<uint8_t>(8, 0xFF)), 0), 0x1p64);
  EXPECT_EQ(element(array_of(DType::Bool, {1}, {7}), 0), 1);
}

TEST(Npz, HeadersOfLaterVersionsAreWider) {
  std::vector<uint8_t> file = format_npy(array_of(DType::U8, {1}, {9}));
  file[6] = 2;  // version 2.0: four bytes of length
  file.insert(file.begin() + 10, {0, 0});
  EXPECT_EQ(parse_npy(file, "a.npy").bytes, std::vector<uint8_t>{9});
  EXPECT_THROW(parse_npy(std::span(file).first(11), "a.npy"), UserErrors);
}

TEST(Npz, ArchivesAreTheSameBytesEachTime) {
  std::filesystem::path folder = std::filesystem::path(testing::TempDir());
  std::map<std::string, Array> arrays = {{"a", array_of(DType::U8, {2}, {1, 2})},
                                         {"b/c", array_of(DType::Bool, {}, {1})}};
  for (const char* name : {"first.npz", "second.npz"}) write_npz(folder / name, arrays);
  EXPECT_EQ(read_file(folder / "first.npz"), read_file(folder / "second.npz"));
  std::map<std::string, Array> again = read_npz(folder / "first.npz");
  ASSERT_EQ(again.size(), 2u);
  EXPECT_EQ(again.at("b/c").bytes, std::vector<uint8_t>{1});
  EXPECT_THROW(write_npz("/nowhere/at/all.npz", arrays), UserErrors);
}

}  // namespace
}  // namespace tenon::driver
