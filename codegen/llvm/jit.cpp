// Loading objects with LLVM's ORC layers and JITLink.
#include "codegen/llvm/jit.h"

#include <dlfcn.h>

#include <cstring>

#include <llvm/ExecutionEngine/JITLink/JITLinkMemoryManager.h>
#include <llvm/ExecutionEngine/Orc/LLJIT.h>
#include <llvm/ExecutionEngine/Orc/ObjectLinkingLayer.h>
#include <llvm/Support/MemoryBuffer.h>

#include "codegen/llvm/pipeline.h"

namespace tenon::codegen {
namespace {

Failure failure_of(llvm::Error error) { return {llvm::toString(std::move(error))}; }

template <class Function>
llvm::orc::ExecutorSymbolDef symbol_of(Function* function) {
  return {llvm::orc::ExecutorAddr::fromPtr(function),
          llvm::JITSymbolFlags::Exported | llvm::JITSymbolFlags::Callable};
}

}  // namespace

JitLibrary::JitLibrary(std::unique_ptr<llvm::orc::LLJIT> jit) : jit_(std::move(jit)) {}
JitLibrary::~JitLibrary() = default;

Result<std::unique_ptr<JitLibrary>> JitLibrary::load(const std::vector<std::string>& objects) {
  initialize_llvm();
  auto jit = llvm::orc::LLJITBuilder()
                 .setLinkProcessSymbolsByDefault(false)
                 // kernels have no initializers
                 .setPlatformSetUp(llvm::orc::setUpInactivePlatform)
                 .setObjectLinkingLayerCreator(
                     [](llvm::orc::ExecutionSession& session, const llvm::Triple&) {
                       return std::make_unique<llvm::orc::ObjectLinkingLayer>(session);
                     })
                 .create();
  if (!jit) return failure_of(jit.takeError());

  llvm::orc::SymbolMap known;
  known[(*jit)->mangleAndIntern("memcpy")] = symbol_of(&std::memcpy);
  known[(*jit)->mangleAndIntern("memmove")] = symbol_of(&std::memmove);
  known[(*jit)->mangleAndIntern("memset")] = symbol_of(&std::memset);
  known[(*jit)->mangleAndIntern("dlopen")] = symbol_of(&dlopen);
  known[(*jit)->mangleAndIntern("dlsym")] = symbol_of(&dlsym);
  if (llvm::Error error =
          (*jit)->getMainJITDylib().define(llvm::orc::absoluteSymbols(std::move(known))))
    return failure_of(std::move(error));
  for (size_t i = 0; i < objects.size(); ++i) {
    auto bytes = llvm::MemoryBuffer::getMemBufferCopy(objects[i], "object" + std::to_string(i));
    if (llvm::Error error = (*jit)->addObjectFile(std::move(bytes)))
      return failure_of(std::move(error));
  }
  return std::unique_ptr<JitLibrary>(new JitLibrary(std::move(*jit)));
}

Result<void*> JitLibrary::address(const std::string& symbol) const {
  auto found = jit_->lookup(symbol);
  if (!found) return failure_of(found.takeError());
  return found->toPtr<void*>();
}

}  // namespace tenon::codegen
