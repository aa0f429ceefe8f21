// What the verifier of the tensor level refuses, and what it lets pass.
#include "ir/tensor/verify.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tenon::tensor {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// Faults of a function of these stages, without its name.
std::vector<std::string> faults_in(const std::string& body, const VerifyOptions& options = {}) {
  Program program = parse_program(
      "symbol n in 1..16\nfunc @f(x: f32[4, 8], i: i64[4]) -> (y: f32[4, 8]) {" + body + "}",
      "test.tenon");
  std::vector<std::string> faults = verify(program, options);
  for (std::string& fault : faults) fault = fault.substr(fault.find(": ") + 2);
  return faults;
}

TEST(VerifyTensor, LegalFunctionsHaveNoFault) {
  EXPECT_THAT(faults_in(R"(
    local s: f32[4, 8]
    local p: f32[6, 8]
    m[a:4] = max[b:8 where b != a](x[a, b])
    scan t in 4 { s[t, b:8] = (s[t - 1, b] else 0.0) + x[t, b] * m[t] }
    p_0: p[2*a, b] for a:3, b:8 = s[a, b]
    p_1: p[2*a + 1, b] for a:3, b:8 = s[a + 1, b]
    y[a:4, b:8] = p[a + 1, b] + x[min(max(index(i[a]), 0), 3), b] require 0 <= index(i[a]))",
                        {.require_proofs = true}),
              IsEmpty());
}

TEST(VerifyTensor, RefusesReadsBeforeWrites) {
  EXPECT_THAT(faults_in("local t: f32[4]  y[a:4, b:8] = t[a]  t[a:4] = x[a, 0]"),
              ElementsAre(HasSubstr("t is read before all of it is written")));
  EXPECT_THAT(faults_in("y[a:4, b:8] = y[a, b]"),
              ElementsAre(HasSubstr("y is read before all of it is written")));
  EXPECT_THAT(faults_in("local t: f32[4]  t_0: t[a] for a:2 = x[a, 0]  y[a:4, b:8] = t[a]  t_1: "
                        "t[a + 2] for a:2 = 0.0"),
              ElementsAre(HasSubstr("t is read before all of it is written")));
}

TEST(VerifyTensor, RefusesPiecesThatDoNotFit) {
  EXPECT_THAT(faults_in("y_0: y[a, b] for a:3, b:8 = 0.0  y_1: y[a + 2, b] for a:2, b:8 = 0.0"),
              ElementsAre("two pieces of y overlap"));
  EXPECT_THAT(faults_in("y_0: y[a, b] for a:2, b:8 = 0.0  y_1: y[a + 3, b] for a:1, b:8 = 0.0"),
              ElementsAre("the pieces of y hold 24 of its 32 elements"));
  EXPECT_THAT(faults_in("y[a:3, b:8] = 0.0"),
              ElementsAre("the pieces of y hold 24 of its 32 elements"));
  EXPECT_THAT(faults_in("y_0: y[a + 4, b] for a:4, b:8 = 0.0"),
              ElementsAre(HasSubstr("subscript 0 of y is 4 at the least, outside 0..3")));
  EXPECT_THAT(faults_in(""), ElementsAre("y is never written"));
}

TEST(VerifyTensor, RefusesNamesAndTypes) {
  EXPECT_THAT(faults_in("y[a:4, a:8] = 0.0").front(), HasSubstr("two axes are named a"));
  EXPECT_THAT(faults_in("y[n:4, b:8] = 0.0").front(),
              HasSubstr("the axis n has the name of a symbol"));
  EXPECT_THAT(faults_in("y[a:4, b:8] = f32(c)").front(),
              HasSubstr("the value uses c, which is no variable here"));
  EXPECT_THAT(faults_in("y[a:4, b:8] = 1.0f64").front(),
              HasSubstr("the stage gives f64, its tensor holds f32"));
  EXPECT_THAT(faults_in("y[a:4, b:8] = x[a]").front(), HasSubstr("reads x with 1 subscripts"));
  EXPECT_THAT(faults_in("y[a:4, b:8] = 0.0  x[a:4, b:8] = 0.0").front(),
              HasSubstr("the parameter x is not to be written"));
  EXPECT_THAT(faults_in("y[a:4, b:8] = 0.0  y[a:4, b:8] = 0.0").front(),
              HasSubstr("two stages are named y"));
}

TEST(VerifyTensor, ProofsAreAskedForOnRequest) {
  EXPECT_THAT(faults_in("y[a:4, b:8] = x[index(i[a]), b]"), IsEmpty());
  EXPECT_THAT(faults_in("y[a:4, b:8] = x[index(i[a]), b]", {.require_proofs = true}),
              ElementsAre(HasSubstr(
                  "subscript 0 of x is index(i[a]), which is not proved to lie in 0..3")));
}

}  // namespace
}  // namespace tenon::tensor
