// Debug information of kernels: one subprogram for the kernel, one for each set of nodes in it.
#include "codegen/llvm/debug_locations.h"

#include <llvm/BinaryFormat/Dwarf.h>

#include "support/text.h"

namespace tenon::codegen {

DebugLocations::DebugLocations(llvm::Module& module, llvm::Function& kernel,
                               const std::string& model_file, const Location& location)
    : builder_(module) {
  module.addModuleFlag(llvm::Module::Warning, "Debug Info Version", llvm::DEBUG_METADATA_VERSION);
  module.addModuleFlag(llvm::Module::Warning, "Dwarf Version", 4);
  // No folder: a path of the machine that compiles has no place in what it writes.
  file_ = builder_.createFile(model_file, "");
  builder_.createCompileUnit(llvm::dwarf::DW_LANG_C99, file_, "tenon", true, "", 0, "",
                             llvm::DICompileUnit::FullDebug);
  type_ = builder_.createSubroutineType(builder_.getOrCreateTypeArray({}));
  kernel_ = subprogram(kernel.getName().str(), true);
  kernel.setSubprogram(kernel_);
  in_kernel_ = llvm::DILocation::get(module.getContext(), 0, 0, kernel_);
  locations_[{}] = in_kernel_;
  if (location.size() == 1) locations_[location] = in_kernel_;
}

llvm::DISubprogram* DebugLocations::subprogram(const std::string& name, bool is_kernel) {
  auto flags = llvm::DISubprogram::SPFlagDefinition | llvm::DISubprogram::SPFlagOptimized |
               llvm::DISubprogram::SPFlagLocalToUnit;
  return builder_.createFunction(file_, name, is_kernel ? name : "", file_, 0, type_, 0,
                                 llvm::DINode::FlagZero, flags);
}

void DebugLocations::enter(llvm::IRBuilder<>& builder, const Location& location) {
  auto [found, is_new] = locations_.try_emplace(location, nullptr);
  if (is_new)
    found->second = llvm::DILocation::get(builder.getContext(), 0, 0,
                                          subprogram(join(location, " + "), false), in_kernel_);
  builder.SetCurrentDebugLocation(found->second);
}

}  // namespace tenon::codegen
