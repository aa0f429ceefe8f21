// archive.cpp: lib<name>.a.
//
//   mlp.o, mlp_weights.o  ->  libmlp.a
#include "codegen/bundle/archive.h"

#include <fmt/format.h>
#include <llvm/Object/Archive.h>
#include <llvm/Object/ArchiveWriter.h>
#include <llvm/Support/Error.h>

namespace tenon::codegen {

Status write_archive(const std::string& path, const std::vector<ArchiveMember>& members) {
  std::vector<llvm::NewArchiveMember> written;
  for (const ArchiveMember& member : members) {
    written.emplace_back(member.bytes);
    written.back().MemberName = member.name;
  }
  llvm::Error error = llvm::writeArchive(path, written, llvm::SymtabWritingMode::NormalSymtab,
                                         llvm::object::Archive::K_GNU, /*Deterministic=*/true,
                                         /*Thin=*/false);
  if (error) return Failure{fmt::format("{}: {}", path, llvm::toString(std::move(error)))};
  return Done{};
}

}  // namespace tenon::codegen
