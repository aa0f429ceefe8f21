// Errors become messages and exit statuses.
#include "driver/guard.h"

#include <unistd.h>

#include <cstdio>
#include <new>

#include "support/check.h"
#include "support/diagnostics.h"

namespace tenon::driver {
namespace {

std::string counted(int count, const char* what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

int print_faults(const UserErrors& faults) {
  if (isatty(STDERR_FILENO)) std::fputs("\r\033[K", stderr);  // the line of progress
  int errors = 0, warnings = 0;
  for (const Diagnostic& diagnostic : faults.diagnostics()) {
    std::fputs(to_string(diagnostic).c_str(), stderr);
    ++(diagnostic.severity == Severity::Error ? errors : warnings);
  }
  std::string summary = "tenon: " + counted(errors, "error");
  if (warnings > 0) summary += ", " + counted(warnings, "warning");
  std::fprintf(stderr, "%s; nothing was written\n", summary.c_str());
  return 1;
}

}  // namespace

int guarded(const std::function<int()>& body) {
  try {
    return body();
  } catch (const UserErrors& faults) {
    return print_faults(faults);
  } catch (const std::bad_alloc&) {
    std::fputs(
        "tenon: error: there is not enough memory\n  help: use --weights=file, or a machine with "
        "more memory\ntenon: 1 error; nothing was written\n",
        stderr);
    return 1;
  } catch (const std::exception& bug) {
    std::fprintf(stderr,
                 "tenon: internal error: %s\n  help: this is a fault of tenon, not of the model; "
                 "please report it with the command line and the model\n",
                 bug.what());
    return 2;
  }
}

}  // namespace tenon::driver
