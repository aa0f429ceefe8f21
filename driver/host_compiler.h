// The C++ compiler of the machine that tenon runs on, for --backend=cpp and tenon pack.
//
//   HostCompiler::find()   ->   $CXX, else c++, g++ or clang++
//   build_objects(compiler, folder, interface, sources)   ->   folder/kernels/fc1.cpp.o, ...
#pragma once

#include <string>
#include <vector>

#include "codegen/bundle/interface.h"

namespace tenon::driver {

class HostCompiler {
 public:
  /// Throws UserErrors with the remedy where there is none.
  static HostCompiler find();

  const std::string& name() const { return name_; }
  bool is_clang() const { return is_clang_; }
  /// Refuses a compiler for another architecture than the triple's.
  void require_code_for(const std::string& triple) const;
  /// Options for a file of a source tree in `folder`: a kernel's are the target's.
  std::vector<std::string> options(const std::string& folder, const std::string& source,
                                   const codegen::BundleInterface& interface) const;
  /// Runs the compiler; false with what it printed in `output` where it fails.
  bool run(const std::vector<std::string>& arguments, std::string& output) const;

 private:
  std::string name_;                // as found
  std::vector<std::string> words_;  // $CXX may hold options
  std::string machine_;             // what it makes code for, as it says; empty where it does not
  bool is_clang_ = false;
};

/// A folder in the system's place for temporary files, removed with all in it at the end.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

/// Compiles sources of `folder`, on all cores, into objects below `objects`, in their order. A fault
/// is the user's, with the compiler's message.
std::vector<std::string> build_objects(const HostCompiler& compiler, const std::string& folder,
                                       const codegen::BundleInterface& interface,
                                       const std::vector<std::string>& sources,
                                       const std::string& objects);

}  // namespace tenon::driver
