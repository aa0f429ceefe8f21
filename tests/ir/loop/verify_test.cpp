// What the verifier of the loop level refuses, one line each, and what it lets pass.
#include "ir/loop/verify.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ir/loop/text.h"

namespace tenon::loop {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<std::string> faults_of(const std::string& text, const VerifyOptions& options = {}) {
  return verify(parse_module(text, "test.tenon"), options);
}

// Faults of a function of these statements, without the function's name.
std::vector<std::string> faults_in(const std::string& body, const VerifyOptions& options = {}) {
  std::vector<std::string> faults = faults_of(
      "symbol n in 1..16\nfunc @f(x: f32[n, 8], i: i64[8], const w: f32[8], out y: f32[8], inout "
      "z: f32[8]) {" +
          body + "}",
      options);
  for (std::string& fault : faults) fault = fault.substr(fault.find(": ") + 2);
  return faults;
}

TEST(VerifyLoop, LegalFunctionsHaveNoFault) {
  EXPECT_THAT(faults_in(R"(
    buffer acc: f32[8] in arena
    for parallel r in 8 chunk 2 {
      for k in n { stage acc[m:8] reduce k:n where k < 4 { sum x[k, m] } with m = r, k = k loc("/a") }
      for unrolled u in 2 { stage y[m:8] = max(acc[m], w[m]) + z[m] with m = r if u == 0 }
    })"),
              IsEmpty());
}

TEST(VerifyLoop, FaultsNameTheirStatement) {
  EXPECT_THAT(
      faults_in("for k in 8 { y[k] = w[k + 8] }"),
      ElementsAre("subscript 0 of w is 8 at the least, outside 0..7\n  in: y[k] = w[k + 8]"));
}

// A value that shares its parts is short as a graph and 2^64 words as a text, as fmod in f64 is once
// it is legalized for ARMv7.
TEST(VerifyLoop, DoesNotPrintWhatHasNoFault) {
  class Doubled final : public StmtRewriter {
   public:
    Expr rewrite_expr(Expr e) override {
      for (int i = 0; i < 64 && e.type() == DType::F32; ++i) e = e + e;
      return e;
    }
  };
  Module module = parse_module("func @f(x: f32[8], out y: f32[8]) { for i in 8 { y[i] = x[i] } }",
                               "test.tenon");
  module.functions[0].body = Doubled().rewrite(module.functions[0].body);
  EXPECT_THAT(verify(module), IsEmpty());
}

TEST(VerifyLoop, RefusesUnknownAndRepeatedNames) {
  EXPECT_THAT(faults_in("y[k] = 1.0"),
              ElementsAre(HasSubstr("a subscript uses k, which is no variable here")));
  EXPECT_THAT(faults_in("q[0] = 1.0  y[0] = 0.0"),
              ElementsAre(HasSubstr("no buffer q is in scope")));
  EXPECT_THAT(
      faults_in("for k in 8 { buffer b: f32[1] in stack  b[0] = 1.0 }  b[0] = 1.0  y[0] = 1.0"),
      ElementsAre(HasSubstr("no buffer b")));
  EXPECT_THAT(faults_in("buffer y: f32[8] in stack  y[0] = 1.0"),
              ElementsAre(HasSubstr("a buffer y is in scope already")));
  EXPECT_THAT(faults_in("for k in 8 { for k in 8 { y[k] = 1.0 } } y[0] = 1.0"),
              ElementsAre(HasSubstr("the variable k has a value here already")));
  EXPECT_THAT(faults_in("for n in 8 { y[n] = 1.0 } y[0] = 1.0"),
              ElementsAre(HasSubstr("the variable n has a value here already")));
  EXPECT_THAT(faults_in("for k in 8 { stage y[m:8] = 0.0 with m = k } for k in 8 { z[k] = 1.0 }"),
              ElementsAre(HasSubstr("two loops have the variable k")));
}

TEST(VerifyLoop, RefusesWritesOfReadOnlyParametersAndMissingResults) {
  EXPECT_THAT(faults_in("x[0, 0] = 1.0  w[0] = 1.0"),
              ElementsAre(HasSubstr("the parameter x is not to be written"),
                          HasSubstr("the parameter w is not to be written"),
                          "the result y is never written"));
}

TEST(VerifyLoop, ResultsWithoutElementsNeedNoWrite) {
  ExprPool pool;
  const char* text = "func @f(out y: f32[2, 0]) {}";
  EXPECT_THAT(verify(parse_function(text, "test", pool), {}), testing::IsEmpty());
}

TEST(VerifyLoop, RefusesTypesAndRanksThatDiffer) {
  EXPECT_THAT(faults_in("y[0] = 1.0f64"),
              ElementsAre(HasSubstr("the value is of type f64, not f32")));
  EXPECT_THAT(faults_in("y[0, 0] = x[0]"),
              ElementsAre(HasSubstr("the value reads x with 1 subscripts")));
  EXPECT_THAT(faults_in("stage y[m:8] reduce { sum f16(1.0) } with m = 0"),
              ElementsAre(HasSubstr("the stage gives f16, its tensor holds f32"),
                          HasSubstr("the reducer sum does not take f16")));
  EXPECT_THAT(faults_in("stage y[m:8, k:1] = 0.0 with m = 0, k = 0"),
              ElementsAre(HasSubstr("the stage writes y with 2 subscripts")));
}

TEST(VerifyLoop, RefusesLoopsOfTheWrongShape) {
  EXPECT_THAT(faults_in("for vectorized k in n { y[k % 8] = 1.0 }"),
              ElementsAre(HasSubstr("a loop of this kind has a literal extent")));
  EXPECT_THAT(faults_in("for k in 8 { for parallel r in 1 { y[k] = 1.0 } }"),
              ElementsAre(HasSubstr("a parallel loop inside of another loop")));
  EXPECT_THAT(faults_in("for parallel k in 8 { y[k] = 1.0 } for parallel r in 8 { z[r] = 1.0 }"),
              ElementsAre(HasSubstr("a second parallel loop")));
  EXPECT_THAT(faults_in("for k in 8 chunk 4 { y[k] = 1.0 }"),
              ElementsAre(HasSubstr("a chunk of 4 iterations")));
}

TEST(VerifyLoop, RefusesLeavesThatAreNotBound) {
  EXPECT_THAT(faults_in("stage y[m:8] = 0.0 with m = 8"),
              ElementsAre(HasSubstr("axis m is 8 at the least, outside 0..7")));
  EXPECT_THAT(
      faults_in("for k in 8 { stage y[m:8] reduce k:8 { sum w[k] } with m = 0, k = k continues }"),
      ElementsAre(HasSubstr("continues before it starts")));
  EXPECT_THAT(faults_in("stage y[m:8] where m < 4 = 0.0 with m = 0"),
              ElementsAre(HasSubstr("a predicate without a reduction")));
  EXPECT_THAT(faults_in("stage y[m:8] = 0.0 with m = 0 clamp q"),
              ElementsAre(HasSubstr("the clamped q is no axis")));
  EXPECT_THAT(faults_in("stage y[m:8] = f32(q) with m = 0"),
              ElementsAre(HasSubstr("the value uses q")));
}

TEST(VerifyLoop, RefusesRegistersThatAreNoValues) {
  EXPECT_THAT(
      faults_in("for k in 8 { buffer r: f32[8] in register  r[k] = 1.0  y[k] = 1.0 }"),
      ElementsAre(HasSubstr("subscript 0 of the register buffer r is k: k is not unrolled")));
  EXPECT_THAT(faults_in("for k in 4 { buffer r: f32[2] at [k*2] in register  for unrolled u in 2 { "
                        "r[k*2 + u] = 1.0  y[k*2 + u] = r[k*2 + u] } }"),
              IsEmpty());
  EXPECT_THAT(faults_in("buffer r: f32[n] in register  y[0] = 1.0"),
              ElementsAre(HasSubstr("the extent n is no literal")));
}

TEST(VerifyLoop, ProofsAreAskedForOnRequest) {
  EXPECT_THAT(faults_in("for k in n { y[k] = 1.0 }"), IsEmpty());
  EXPECT_THAT(faults_in("for k in n { y[k] = 1.0 }", {.require_proofs = true}),
              ElementsAre(HasSubstr("subscript 0 of y is k, which is not proved to lie in 0..7")));
  EXPECT_THAT(
      faults_in("for k in n { if k < 8 { y[k] = x[k, min(k, 7)] } }", {.require_proofs = true}),
      IsEmpty());
  EXPECT_THAT(faults_in("for r in 8 { for k in 3 { stage y[m:8] reduce k:3 where 0 <= m + k - 1 & "
                        "m + k - 1 < 8 { sum w[m + k - 1] } with m = r, k = k } }",
                        {.require_proofs = true}),
              IsEmpty());
}

TEST(VerifyLoop, CodeThatNeverRunsMaySayAnything) {
  EXPECT_THAT(faults_in("for k in 8 { if k > 7 { y[k + 8] = 1.0 }  y[k] = 1.0 }"), IsEmpty());
}

// ---- modules ------------------------------------------------------------------------------------

constexpr const char* kDeclarations = R"(
symbol n in 1..8
const w: f32[4] = initializer "w"
const p: f32[4] = computed
input x: f32[n, 4]
output y: f32[n, 4]
func @pack(const w: f32[4], out p: f32[4]) { for i in 4 { p[i] = w[i] } }
func @copy(x: f32[4*n], out y: f32[4*n]) { for i in 4*n { y[i] = x[i] } }
func @add(inout y: f32[n, 4], const p: f32[4]) { for i in n { for j in 4 { y[i, j] = y[i, j] + p[j] } } }
)";

std::vector<std::string> faults_of_calls(const std::string& setup, const std::string& main) {
  return faults_of(kDeclarations + ("setup {" + setup + "} main {" + main + "}"));
}

TEST(VerifyModule, LegalModulesHaveNoFault) {
  EXPECT_THAT(faults_of_calls("call @pack(w, p)",
                              "buffer t: f32[n, 4] in arena  buffer v: f32[4*n] over t in arena  "
                              "call @copy(x, t)  call @add(t, p)  call @copy(v, y)"),
              IsEmpty());
}

TEST(VerifyModule, PartsOfABufferAreBuffersOfTheirOwn) {
  const std::string setup = "call @pack(w, p)";
  const std::string parts =
      "buffer t: f32[2*n, 4] in arena  buffer a: f32[n, 4] over t in arena  "
      "buffer b: f32[4*n] over t at n*16 in arena  ";
  // One part may be read while the other is written; together they are the whole.
  EXPECT_THAT(
      faults_of_calls(setup, parts + "buffer v: f32[4*n] over t at n*16 in arena  "
                                     "call @copy(x, a)  call @copy(a, b)  call @copy(v, y)"),
      IsEmpty());
  EXPECT_THAT(faults_of_calls(setup, parts + "call @copy(x, b)  call @copy(a, y)"),
              ElementsAre(HasSubstr("a is read before anything wrote it")));
  EXPECT_THAT(
      faults_of_calls(setup, parts + "buffer c: f32[n, 4] over t at n*8 in arena  "
                                     "call @copy(x, a)  call @copy(a, c)  call @copy(x, y)"),
      ElementsAre(HasSubstr("a and c are one memory, and one of them is written")));
  EXPECT_THAT(faults_of_calls(setup, parts + "buffer c: f32[n, 4] over t at n*20 in arena  "
                                             "call @copy(x, y)"),
              ElementsAre(HasSubstr("it is not proved that c fits over t")));
}

TEST(VerifyModule, RefusesCallsThatDoNotFit) {
  const std::string pack = "call @pack(w, p)", copy = "call @copy(x, y) ";
  EXPECT_THAT(faults_of_calls(pack, copy + "call @gone(x)"),
              ElementsAre(HasSubstr("no function gone is known")));
  EXPECT_THAT(faults_of_calls(pack, copy + "call @copy(x)"),
              ElementsAre(HasSubstr("1 arguments for 2 parameters")));
  EXPECT_THAT(faults_of_calls(pack, copy + "call @copy(p, y)"),
              ElementsAre(HasSubstr("p has 16 bytes, parameter x n*16")));
  EXPECT_THAT(faults_of_calls(pack, copy + "call @copy(y, x)"),
              ElementsAre(HasSubstr("x is not to be written here")));
  EXPECT_THAT(faults_of_calls(pack, copy + "call @pack(w, p)"),
              ElementsAre(HasSubstr("p is not to be written here")));
  EXPECT_THAT(faults_of_calls(pack, copy + "call @copy(y, y)"),
              ElementsAre(HasSubstr("y and y are one memory, and one of them is written")));
  EXPECT_THAT(faults_of_calls(pack, "buffer t: f32[n, 4] in arena  call @copy(t, y)"),
              ElementsAre(HasSubstr("t is read before anything wrote it")));
  EXPECT_THAT(faults_of_calls("", copy), ElementsAre("p is never written"));
  EXPECT_THAT(faults_of_calls(pack, ""), ElementsAre("y is never written"));
  EXPECT_THAT(faults_of_calls(
                  pack, copy + "buffer t: f32[n, 4] in arena  buffer v: f32[8*n] over t in arena"),
              ElementsAre(HasSubstr("it is not proved that v fits over t")));
}

TEST(VerifyModule, RefusesDeclarationsThatClash) {
  EXPECT_THAT(faults_of("input x: f32[q]\ninput x: f32[1]"),
              ElementsAre("an extent of x uses q, which is no symbol", "two buffers are named x"));
  EXPECT_THAT(faults_of("symbol s in 1..2\nsymbol s in 1..3\nconst c: f32[s] = initializer \"c\""),
              ElementsAre("two symbols are named s", "the constant c has an extent s"));
  EXPECT_THAT(
      faults_of("func @f() {}\nfunc @f() {}\narena { slot t at 0 size 4 }"),
      ElementsAre("two functions are named f", "the arena holds t, which is no buffer of main"));
}

}  // namespace
}  // namespace tenon::loop
