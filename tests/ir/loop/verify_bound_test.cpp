// What the verifier refuses of loops bound to a GPU, and what it lets pass.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ir/loop/text.h"
#include "ir/loop/verify.h"

namespace tenon::loop {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<std::string> faults_in(const std::string& body) {
  ExprPool pool;
  return faults_of_bound_loops(
      parse_function("func @f(x: f32[n, 64], out y: f32[n, 64]) {" + body + "}", "test", pool));
}

TEST(VerifyBoundLoops, PhasesOfABlockAreLegal) {
  EXPECT_THAT(faults_in(R"(
    for grid a in n { for grid b in 2 {
      buffer r: f32[4, 8, 2] in register
      buffer s: f32[32] in shared
      for k in 3 {
        for thread t in 32 { s[t] = x[a, b*32 + t] }
        barrier
        if k < 2 { for thread p in 4 { for thread q in 8 { r[p, q, 0] = s[p*8 + q] } } }
      }
      for thread v in 4 { for thread w in 8 { y[a, b*32 + v*8 + w] = r[v, w, 0] } }
    } })"),
              IsEmpty());
}

TEST(VerifyBoundLoops, GridLoopsAreOutermost) {
  EXPECT_THAT(faults_in("for k in 2 { for grid a in n { y[a, 0] = 0.0 } }"),
              ElementsAre(HasSubstr("the loop a is bound where none may be")));
  EXPECT_THAT(faults_in("for grid a in n { y[a, 0] = 0.0 } for b in n { y[b, 1] = 0.0 }"),
              ElementsAre(HasSubstr("something stands beside the grid loop a")));
  EXPECT_THAT(faults_in("for grid a in 2 { for grid b in 2 { for grid c in 2 { for grid d in 2 { "
                        "y[a, b] = 0.0 } } } }"),
              ElementsAre(HasSubstr("a fourth grid loop, d")));
  EXPECT_THAT(faults_in("for grid a in n { for grid b in a { y[a, b] = 0.0 } }"),
              ElementsAre(HasSubstr("the extent of the grid loop b depends on a")));
}

TEST(VerifyBoundLoops, ThreadsStandRightInsideOneAnother) {
  EXPECT_THAT(faults_in("for thread t in 4 { for k in 2 { for thread u in 4 { y[k, u] = 0.0 } } }"),
              ElementsAre(HasSubstr("a loop inside of t is bound too")));
  EXPECT_THAT(faults_in("for thread t in 64 { for thread u in 32 { y[0, t] = 0.0 } }"),
              ElementsAre(HasSubstr("more than 1024 threads")));
  EXPECT_THAT(faults_in("for thread t in n { y[t, 0] = 0.0 }"),
              ElementsAre(HasSubstr("has no literal extent")));
  EXPECT_THAT(faults_in("for parallel p in n { for thread t in 4 { y[p, t] = 0.0 } }"),
              ElementsAre(HasSubstr("thread loops inside of p, which is not serial")));
  EXPECT_THAT(faults_in("for thread t in 4 { barrier y[0, t] = 0.0 }"),
              ElementsAre(HasSubstr("a barrier inside of t")));
}

TEST(VerifyBoundLoops, AllThreadsComeToTheSameBarriers) {
  EXPECT_THAT(faults_in("if y[0, 0] < 1.0 { for thread t in 4 { y[0, t] = 0.0 } }"),
              ElementsAre(HasSubstr("whether threads run depends on y")));
}

TEST(VerifyBoundLoops, ARegisterIsThatOfOneThread) {
  EXPECT_THAT(faults_in("buffer r: f32[4] in register for thread t in 4 { r[3 - t] = 0.0 }"),
              ElementsAre(HasSubstr("the thread t is no subscript of the register buffer r")));
  EXPECT_THAT(faults_in("buffer r: f32[4, 4] in register "
                        "for thread t in 4 { for thread u in 4 { r[t, u] = 0.0 } } "
                        "for thread v in 4 { for thread w in 4 { y[v, w] = r[w, v] } }"),
              ElementsAre(HasSubstr("not that of the same thread everywhere")));
}

TEST(VerifyBoundLoops, ThreadsOfOneIterationMayBeWrittenAsZero) {
  EXPECT_THAT(faults_in("buffer r: f32[1, 4] in register "
                        "for thread t in 1 { for thread u in 4 { r[0, u] = 0.0 } } "
                        "for thread v in 1 { for thread w in 4 { y[v, w] = r[v, w] } }"),
              IsEmpty());
}

}  // namespace
}  // namespace tenon::loop
