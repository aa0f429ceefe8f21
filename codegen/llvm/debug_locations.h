// Which ONNX nodes an instruction computes for, as debug information: profilers and debuggers show
// the nodes as functions that are inlined into the kernel.
//
//   stage acc ... loc("/conv1") in func @conv1_relu loc("/conv1", "/relu1")
//   ->   !DILocation(scope: !DISubprogram("/conv1"), inlinedAt: !DILocation(scope: @conv1_relu))
//
// Lines are 0, DWARF's word for none: a model has no lines. No instruction changes by it.
#pragma once

#include <map>
#include <string>

#include <llvm/IR/DIBuilder.h>
#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/Module.h>

#include "support/location.h"

namespace tenon::codegen {

class DebugLocations {
 public:
  /// `model_file` is the base name of the ONNX file.
  DebugLocations(llvm::Module& module, llvm::Function& kernel, const std::string& model_file,
                 const Location& location);

  /// What the builder makes from here on is of these nodes; of the kernel itself where there are
  /// none.
  void enter(llvm::IRBuilder<>& builder, const Location& location);
  /// Call when the kernel is complete.
  void finish() { builder_.finalize(); }

 private:
  llvm::DISubprogram* subprogram(const std::string& name, bool is_kernel);

  llvm::DIBuilder builder_;
  llvm::DIFile* file_;
  llvm::DISubroutineType* type_;
  llvm::DISubprogram* kernel_;
  llvm::DILocation* in_kernel_;
  std::map<Location, llvm::DILocation*> locations_;
};

}  // namespace tenon::codegen
