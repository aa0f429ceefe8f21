// Each primitive against its file of golden cases, tests/schedule/primitives/NAME.txt.
//
//   === the factor divides                     a case: a tensor function, lowered to naive loops,
//   func @f(x: f32[8]) -> (y: f32[8]) { y[i:8] = x[i] * 2.0 }
//   --- schedule                               its schedule,
//   split y.i by 4 exact -> o, n
//   --- same bits                              the loops after it, which give the same bits
//   for o in 2 { ... }                         (`--- close`: the same for integers, else nearly),
//   --- refused split y.i by 3 exact -> o, n   and lines that do not hold now, with the reason
//   it is not proved that 3 divides the extent 8
//
//   TENON_BLESS=1 test_schedule --gtest_filter='*Golden*' rewrites loops and reasons.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "tests/schedule/scheduled.h"

namespace tenon::schedule {
namespace {

// Of real values added in another order: the largest sum here has 64 terms.
constexpr double kTolerance = 64 * 1.2e-7;

/// "=== NAME" or "--- KIND" with the lines below it.
struct Section {
  std::string head;
  std::string text;
};

std::vector<Section> read_sections(const std::string& path) {
  std::ifstream file(path);
  std::vector<Section> sections(1);  // the first one is the comment above the cases
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("=== ") || line.starts_with("--- "))
      sections.push_back({line, ""});
    else
      sections.back().text += line + "\n";
  }
  return sections;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);)
    if (!line.empty()) lines.push_back(line);
  return lines;
}

class Golden : public testing::TestWithParam<const Primitive*> {};

TEST_P(Golden, CasesHold) {
  const Primitive& primitive = *GetParam();
  const char* source = std::getenv("TENON_SOURCE_DIR");
  ASSERT_TRUE(source) << "TENON_SOURCE_DIR is where the sources are";
  std::string path =
      std::string(source) + "/tests/schedule/primitives/" + std::string(primitive.name) + ".txt";
  std::vector<Section> sections = read_sections(path);
  ASSERT_GT(sections.size(), 1u) << path << " has no case";
  std::unique_ptr<Scheduled> scheduled;
  bool applied = false, refused = false;
  std::string blessed = sections[0].text;
  for (size_t i = 1; i < sections.size(); ++i) {
    const Section& section = sections[i];
    SCOPED_TRACE(path + ": " + section.head);
    std::string result = section.text;
    if (section.head.starts_with("=== ")) {
      scheduled = std::make_unique<Scheduled>(section.text);
    } else if (section.head == "--- schedule") {
      std::vector<std::string> lines = lines_of(section.text);
      ASSERT_EQ(scheduled->apply(lines), "");
      for (const std::string& line : lines)
        applied = applied || line.starts_with(std::string(primitive.name) + " ");
    } else if (section.head == "--- same bits" || section.head == "--- close") {
      result = scheduled->body() + "\n\n";
      EXPECT_EQ(scheduled->change_of_integers(), "");
      if (section.head == "--- close") {
        EXPECT_EQ(primitive.effect, Effect::Reassociating);
        EXPECT_EQ(scheduled->change_beyond(kTolerance), "");
      } else {
        EXPECT_EQ(scheduled->change(), "");
      }
    } else if (section.head.starts_with("--- refused ")) {
      std::string line = section.head.substr(12);
      refused = refused || line.starts_with(std::string(primitive.name) + " ");
      result = scheduled->refusal(line) + "\n\n";
      EXPECT_NE(result, "it holds\n\n");
    } else {
      FAIL() << "no such section";
    }
    if (!std::getenv("TENON_BLESS")) {
      EXPECT_EQ(lines_of(result), lines_of(section.text)) << result;
    }
    blessed += section.head + "\n" + result;
  }
  EXPECT_TRUE(applied) << "no case applies the primitive";
  EXPECT_TRUE(refused) << "no case is refused";
  while (blessed.ends_with("\n\n")) blessed.pop_back();
  if (std::getenv("TENON_BLESS")) std::ofstream(path) << blessed;
}

INSTANTIATE_TEST_SUITE_P(Primitives, Golden, testing::ValuesIn(primitive_table()),
                         [](const auto& info) { return std::string(info.param->name); });

// docs/schedules.md: a section `## NAME` for each primitive, in order, its syntax in the first line
// of code below, its effect in the first line of text.
TEST(ScheduleDocs, SectionsAreThePrimitives) {
  const char* source = std::getenv("TENON_SOURCE_DIR");
  ASSERT_TRUE(source) << "TENON_SOURCE_DIR is where the sources are";
  std::ifstream file(std::string(source) + "/docs/schedules.md");
  std::vector<std::string> found, expected;
  for (std::string line, wanted; std::getline(file, line);) {
    if (line.starts_with("## `")) found.push_back(line), wanted = "    ";
    if (!wanted.empty() && line.starts_with("    ")) found.push_back(line), wanted = "*";
    if (wanted == "*" && line.starts_with("*"))
      found.push_back(line.substr(0, line.find('*', 1) + 1)), wanted = "";
  }
  for (const Primitive* primitive : primitive_table()) {
    expected.push_back("## `" + std::string(primitive->name) + "`");
    expected.push_back("    " + std::string(primitive->syntax));
    expected.push_back(primitive->effect == Effect::Exact ? "*Exact.*" : "*Reassociating.*");
  }
  EXPECT_EQ(found, expected);
}

}  // namespace
}  // namespace tenon::schedule
