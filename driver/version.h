// version.h: what `tenon --version` prints; the build writes the definition
// (driver/CMakeLists.txt).
//
//   version()   ->   {"0.1.0", "3f0c9a1b2c3d", "19.1.7", "1.23.2"}
#pragma once

namespace tenon {

struct Version {
  const char* tenon;
  // 12 hexadecimal digits, with "+changes" where the tree differs from it; "unknown" without git
  const char* commit;
  const char* llvm;
  const char* onnx;
};

const Version& version();

}  // namespace tenon
