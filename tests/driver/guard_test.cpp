// The one catch: whose fault it is decides the exit status and the words.
#include "driver/guard.h"

#include <gmock/gmock.h>

#include <new>

#include "support/check.h"
#include "support/diagnostics.h"

namespace tenon::driver {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;

struct Outcome {
  int status;
  std::string text;  // on stderr
};

Outcome outcome_of(const std::function<int()>& body) {
  testing::internal::CaptureStderr();
  int status = guarded(body);
  return {status, testing::internal::GetCapturedStderr()};
}

TEST(Guard, GivesTheStatusOfTheBody) {
  for (int status : {0, 1, 7}) {
    Outcome outcome = outcome_of([status] { return status; });
    EXPECT_EQ(outcome.status, status);
    EXPECT_EQ(outcome.text, "");
  }
}

TEST(Guard, CountsErrorsAndWarningsOfTheUser) {
  Outcome outcome = outcome_of([] {
    Diagnostics diagnostics;
    diagnostics.warning({"m.onnx", "", 0, 0}, "odd");
    diagnostics.error({"m.onnx", "", 0, 0}, "wrong").help("mend it");
    diagnostics.error({"m.onnx", "", 0, 0}, "worse");
    diagnostics.checkpoint();
    return 0;
  });
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.text, HasSubstr("tenon: error: m.onnx: wrong\n  help: mend it\n"));
  EXPECT_THAT(outcome.text, EndsWith("tenon: 2 errors, 1 warning; nothing was written\n"));
}

TEST(Guard, TooLittleMemoryIsNoFaultOfOurs) {
  Outcome outcome = outcome_of([]() -> int { throw std::bad_alloc(); });
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.text, HasSubstr("there is not enough memory\n  help: "));
}

TEST(Guard, OurFaultsAreReported) {
  Outcome outcome = outcome_of([]() -> int { throw InternalError("no function f"); });
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.text, HasSubstr("tenon: internal error: no function f\n"));
  EXPECT_THAT(outcome.text, HasSubstr("please report it"));
}

}  // namespace
}  // namespace tenon::driver
