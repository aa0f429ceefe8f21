// Dependency files in the form that Make and Ninja read.
#include "driver/depfile.h"

#include <gtest/gtest.h>

#include "support/diagnostics.h"

namespace tenon::driver {
namespace {

TEST(Depfile, NamesEveryInput) {
  EXPECT_EQ(depfile_text("out/libkws.a", {"kws.onnx", "kws.weights"}),
            "out/libkws.a: kws.onnx kws.weights\n");
}

TEST(Depfile, EscapesWhatMakeWouldRead) {
  EXPECT_EQ(depfile_text("o/l.a", {"my model.onnx", "#1", "a$b"}),
            "o/l.a: my\\ model.onnx \\#1 a$$b\n");
}

TEST(Depfile, RefusesAPathThatCannotBe) {
  EXPECT_THROW(write_depfile("/nowhere/at/all.d", "l.a", {}), UserErrors);
}

}  // namespace
}  // namespace tenon::driver
