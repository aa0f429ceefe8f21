// The command lines of `tenon` and `tenon-opt`: options, help, exit status.
#pragma once

namespace tenon::driver {

/// 0, 1 for the user's errors, 2 for ours; messages on stderr.
int tenon_main(int argc, char** argv);
int tenon_opt_main(int argc, char** argv);

}  // namespace tenon::driver
