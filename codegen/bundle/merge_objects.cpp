// merge_objects.cpp: many objects become one.
//
//   main.o (needs mlp_fc1_relu), fc1_relu.o (defines it)  ->  mlp.o, undefined: memcpy
#include "codegen/bundle/merge_objects.h"

#include <set>

#include <fmt/format.h>
#include <lld/Common/Driver.h>
#include <llvm/Object/ELFObjectFile.h>
#include <llvm/Support/raw_ostream.h>

#include "support/check.h"

LLD_HAS_DRIVER(elf)

namespace tenon::codegen {

Status merge_objects(const std::vector<std::string>& object_paths, const std::string& output_path) {
  std::vector<const char*> arguments = {"ld.lld", "-r", "-o", output_path.c_str()};
  for (const std::string& path : object_paths) arguments.push_back(path.c_str());
  std::string messages;
  llvm::raw_string_ostream out(messages);
  const lld::Result result = lld::lldMain(arguments, out, out, {{lld::Gnu, &lld::elf::link}});
  TENON_CHECK(result.canRunAgain, "lld broke: " + messages);
  if (result.retCode != 0) return Failure{fmt::format("{}: {}", output_path, messages)};
  return Done{};
}

ObjectFacts read_object_facts(llvm::MemoryBufferRef object) {
  ObjectFacts facts;
  std::set<std::string> undefined;
  const auto file = llvm::cantFail(llvm::object::ObjectFile::createELFObjectFile(object));
  for (const llvm::object::SectionRef& section : file->sections())
    if (section.isText()) facts.code_bytes += section.getSize();
  for (const llvm::object::SymbolRef& symbol : file->symbols()) {
    const std::string name = llvm::cantFail(symbol.getName()).str();
    if (llvm::cantFail(symbol.getFlags()) & llvm::object::SymbolRef::SF_Undefined && !name.empty())
      undefined.insert(name);
  }
  facts.undefined_symbols.assign(undefined.begin(), undefined.end());
  return facts;
}

}  // namespace tenon::codegen
