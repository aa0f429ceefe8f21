// Texts that people wrote: what breaks a rule of its level is told, with the place, and is no bug.
#include "driver/read_program.h"

#include <gmock/gmock.h>

namespace tenon::driver {
namespace {

using testing::AllOf;
using testing::HasSubstr;

std::string faults_in(const std::string& text) {
  Diagnostics diagnostics;
  try {
    read_program(text, "f.tenon", "", diagnostics);
  } catch (const UserErrors& errors) {
    return errors.what();
  }
  return "";
}

std::string loop_text(const std::string& body) {
  return "func @f(x: f32[4], out y: f32[4]) {\n" + body + "\n}\n";
}

const std::string kGraph =
    "model g {\n  input %x : f32[4] \"x\"\n  group @f {\n"
    "    %y = relu %x : f32[4] loc(\"r\")\n  }\n  output %y \"y\"\n}\n";

TEST(ReadProgram, TakesWhatHolds) {
  EXPECT_EQ(faults_in(loop_text("for i in 4 { y[i] = x[i] }")), "");
  EXPECT_EQ(faults_in("func @f(x: f32[4]) -> (y: f32[4]) {\n  y[i:4] = max(x[i], 0.0)\n}\n"), "");
  EXPECT_EQ(faults_in(kGraph), "");
  EXPECT_EQ(faults_in(kGraph + "func @f(x: f32[4]) -> (y: f32[4]) {\n  y[i:4] = x[i]\n}\n"), "");
}

TEST(ReadProgram, RefusesAnElementOutsideOfABuffer) {
  EXPECT_THAT(faults_in(loop_text("for i in 4 { y[i + 7] = x[i] }")),
              AllOf(HasSubstr("tenon: error: f.tenon: "), HasSubstr("y[i + 7]"),
                    HasSubstr("help: docs/text_format.md")));
}

TEST(ReadProgram, RefusesACallOfAnUnknownFunction) {
  EXPECT_THAT(faults_in("module m\ninput x: f32[4] \"x\"\noutput y: f32[4] \"y\"\n"
                        "main {\n  call @g(x, y)\n}\n"),
              AllOf(HasSubstr("tenon: error: f.tenon: "), HasSubstr("g")));
}

TEST(ReadProgram, RefusesANegativeExtent) {
  EXPECT_THAT(faults_in("func @f(x: f32[-4], out y: f32[4]) {\n  for i in 4 { y[i] = 1.0 }\n}\n"),
              AllOf(HasSubstr("tenon: error: f.tenon"),
                    HasSubstr("the extent -4 of x is not in 0 .. 2^40")));
  EXPECT_THAT(faults_in("func @f(x: f32[-4]) -> (y: f32[4]) {\n  y[i:4] = 1.0\n}\n"),
              HasSubstr("the extent -4 of x is not in 0 .. 2^40"));
}

TEST(ReadProgram, RefusesAnUnknownVariable) {
  EXPECT_THAT(faults_in(loop_text("y[j] = 1.0")),
              AllOf(HasSubstr("tenon: error: f.tenon: "), HasSubstr("j")));
}

TEST(ReadProgram, RefusesAStageThatReadsOutside) {
  EXPECT_THAT(faults_in("func @f(x: f32[4]) -> (y: f32[4]) {\n  y[i:4] = x[i + 4]\n}\n"),
              AllOf(HasSubstr("tenon: error: f.tenon: "), HasSubstr("x[i + 4]")));
}

TEST(ReadProgram, RefusesFunctionsOfAnotherGraph) {
  EXPECT_THAT(faults_in(kGraph + "func @g(x: f32[4]) -> (y: f32[4]) {\n  y[i:4] = x[i]\n}\n"),
              HasSubstr("the functions are not those of the groups and nodes of the graph"));
  EXPECT_THAT(faults_in(kGraph + "func @f(z: f32[4]) -> (y: f32[4]) {\n  y[i:4] = z[i]\n}\n"),
              HasSubstr("the tensor z of @f is no value of the graph"));
  EXPECT_THAT(faults_in(kGraph + "func @f(x: f32[8]) -> (y: f32[4]) {\n  y[i:4] = x[i]\n}\n"),
              HasSubstr("the tensor x of @f is f32[4] in the graph"));
}

}  // namespace
}  // namespace tenon::driver
