// Reading objects and choosing targets.
#include "tests/codegen/llvm/objects.h"

#include <llvm/Object/ObjectFile.h>

#include "support/check.h"

namespace tenon::codegen {

std::vector<target::Target> runnable_targets() {
  std::vector<target::Target> targets;
  target::Target host = target::native_target().value();
  for (const char* name : {"x86-64-v2", "x86-64-v3", "x86-64-v4"}) {
    target::Target target = target::find_target(name).value();
    if (host.features.has_all(target.features)) targets.push_back(target);
  }
  targets.push_back(host);
  return targets;
}

std::set<std::string> undefined_symbols(const std::string& object) {
  auto file = llvm::object::ObjectFile::createObjectFile(llvm::MemoryBufferRef(object, "object"));
  TENON_CHECK(static_cast<bool>(file), "not an object: " + llvm::toString(file.takeError()));
  std::set<std::string> names;
  for (const llvm::object::SymbolRef& symbol : (*file)->symbols())
    if (llvm::cantFail(symbol.getFlags()) & llvm::object::SymbolRef::SF_Undefined)
      names.insert(llvm::cantFail(symbol.getName()).str());
  names.erase("");
  return names;
}

}  // namespace tenon::codegen
