// Tensors in other files: where they may lie, and what the file says of them.
#include <sys/stat.h>

#include <cstring>

#include "tests/frontend/import_test.h"

namespace tenon::frontend {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string floats(const std::vector<float>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float)};
}

class External : public ImportTest {
 protected:
  // x + w -> y, where w : f32[2] lies in another file.
  static std::string model(const std::string& entries) {
    return node_model(17, "float[2] x", "y = Add (x, w)", "float[2] w = [" + entries + "]");
  }
  Values sum(const std::string& entries) const { return run(model(entries), {{1, 2}}); }
};

TEST_F(External, DataAreReadFromTheirOffset) {
  write("w.bin", floats({10, 20, 30, 40}));
  EXPECT_THAT(sum("\"location\": \"w.bin\""), ElementsAre(11, 22));
  EXPECT_THAT(sum("\"location\": \"w.bin\", \"offset\": \"4\""), ElementsAre(21, 32));
  EXPECT_THAT(sum("\"location\": \"w.bin\", \"offset\": \"8\", \"length\": \"8\""),
              ElementsAre(31, 42));
  EXPECT_THAT(sum("\"location\": \"./w.bin\", \"length\": \"8\""), ElementsAre(11, 22));
}

TEST_F(External, DataMayLieInAFolderBelow) {
  write("part/of/w.bin", floats({1, 1}));
  EXPECT_THAT(sum("\"location\": \"part/of/w.bin\""), ElementsAre(2, 3));
  EXPECT_THAT(sum("\"location\": \"part/../part/of/w.bin\""), ElementsAre(2, 3));
}

// A checksum and keys that are not known do not change where the data are.
TEST_F(External, OtherKeysAreLeftAlone) {
  write("w.bin", floats({1, 1}));
  EXPECT_THAT(sum("\"location\": \"w.bin\", \"checksum\": \"x\", \"base\": \"7\""),
              ElementsAre(2, 3));
}

TEST_F(External, FilesAreListedSorted) {
  write("b.bin", floats({1, 1}));
  write("a.bin", floats({1, 1}));
  Imported imported = import(node_model(17, "float[2] x", "t = Add (x, v)\ny = Add (t, w)",
                                        "float[2] v = [\"location\": \"b.bin\"], "
                                        "float[2] w = [\"location\": \"a.bin\"]"));
  EXPECT_THAT(imported.file->external_files(), ElementsAre(path_of("a.bin"), path_of("b.bin")));
}

// More than 64 elements stay in the file and are read where they lie.
TEST_F(External, LargeDataStayInTheirFile) {
  std::vector<float> values(100);
  for (int i = 0; i < 100; ++i) values[static_cast<size_t>(i)] = static_cast<float>(i);
  write("w.bin", "four" + floats(values));
  Imported imported =
      import(node_model(17, "float[100] x", "y = Add (x, w)",
                        "float[100] w = [\"location\": \"w.bin\", \"offset\": \"4\"]"));
  std::span<const uint8_t> bytes = imported.file->initializer("w");
  ASSERT_EQ(bytes.size(), 400u);
  EXPECT_EQ(std::memcmp(bytes.data(), values.data(), 400), 0);
  EXPECT_EQ(run(imported, {Values(100, 1)})[99], 100);
}

struct Refused {
  const char* entries;
  const char* reason;
};

TEST_F(External, DataThatAreNotWhereTheyShouldBeAreRefused) {
  write("w.bin", floats({1, 1}));
  std::filesystem::create_symlink("w.bin", path_of("soft"));
  std::filesystem::create_directory_symlink(".", path_of("linked"));
  ASSERT_EQ(mkfifo(path_of("pipe").c_str(), 0600), 0);
  const Refused cases[] = {
      {"\"offset\": \"0\"", "its external location is empty"},
      {"\"location\": \"none.bin\"", "cannot be opened: No such file"},
      {"\"location\": \"/etc/hostname\"", "lead out of the model's folder"},
      {"\"location\": \"../w.bin\"", "lead out of the model's folder"},
      {"\"location\": \"part/../../w.bin\"", "its external data"},
      {"\"location\": \"soft\"", "lead out of the model's folder, or through a link"},
      {"\"location\": \"linked/w.bin\"", "lead out of the model's folder, or through a link"},
      {"\"location\": \"pipe\"", "are no regular file"},
      {"\"location\": \".\"", "are no regular file"},
      {"\"location\": \"w.bin\", \"offset\": \"-4\"", "is negative: -4"},
      {"\"location\": \"w.bin\", \"offset\": \"0x4\"", "is no number: \"0x4\""},
      {"\"location\": \"w.bin\", \"offset\": \"99999999999999999999\"", "is no number"},
      {"\"location\": \"w.bin\", \"offset\": \"\"", "is no number: \"\""},
      {"\"location\": \"w.bin\", \"length\": \"4\"", "4 bytes of data"},
      {"\"location\": \"w.bin\", \"offset\": \"4\"", "reach past the end of \"w.bin\""},
      {"\"location\": \"w.bin\", \"offset\": \"9223372036854775807\"", "reach past the end"},
  };
  for (const Refused& c : cases) {
    std::string faults = faults_of(model(c.entries));
    EXPECT_THAT(faults, HasSubstr("initializer \"w\": ")) << c.entries;
    EXPECT_THAT(faults, HasSubstr(c.reason)) << c.entries;
  }
}

TEST_F(External, HardLinksAndValuesBesideAreRefused) {
  write("w.bin", floats({1, 1}));
  onnx::ModelProto both = parse_onnx(model("\"location\": \"w.bin\""));
  both.mutable_graph()->mutable_initializer(0)->add_float_data(1);
  EXPECT_THAT(faults_of(both),
              HasSubstr("it has its values in more than one field: float_data, external_data"));
  std::filesystem::create_hard_link(path_of("w.bin"), path_of("hard"));
  EXPECT_THAT(faults_of(model("\"location\": \"hard\"")), HasSubstr("are a hard link"));
}

}  // namespace
}  // namespace tenon::frontend
