# Writes the definition of driver/version.h; run by every build, and rewrites the file only when something changed.
#
#   cmake -DSOURCE=. -DOUTPUT=version.cpp -DTENON=0.1.0 -DLLVM=19.1.7 -DONNX=1.23.2 -P cmake/write_version.cmake
set(git git -c "safe.directory=${SOURCE}" -C "${SOURCE}")
execute_process(
  COMMAND ${git} rev-parse --short=12 HEAD
  OUTPUT_VARIABLE commit OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE failure)
if(failure)
  set(commit "unknown")
else()
  execute_process(COMMAND ${git} diff --quiet HEAD RESULT_VARIABLE changed)
  if(changed)
    string(APPEND commit "+changes")
  endif()
endif()

file(CONFIGURE OUTPUT "${OUTPUT}" @ONLY CONTENT [[
#include "driver/version.h"

namespace tenon {

const Version& version() {
  static const Version kVersion = {"@TENON@", "@commit@", "@LLVM@", "@ONNX@"};
  return kVersion;
}

}  // namespace tenon
]])
