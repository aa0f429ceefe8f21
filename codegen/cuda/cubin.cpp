// Reads sections of 64-bit ELF files: .text.NAME is a kernel, .nv.shared.NAME its shared memory,
// .nv.info lists, for the symbols of functions, registers (attribute 0x2f) and frames (0x11).
#include "codegen/cuda/cubin.h"

#include <elf.h>

#include <cstring>
#include <map>

namespace tenon::codegen {
namespace {

constexpr uint8_t kFormatSized = 0x04, kRegisterCount = 0x2f, kFrameSize = 0x11;

class CubinReader {
 public:
  explicit CubinReader(std::string_view bytes) : bytes_(bytes) {}

  Result<std::vector<CubinKernel>> read() {
    Elf64_Ehdr header;
    if (!get(0, header) || std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 ||
        header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_shentsize != sizeof(Elf64_Shdr))
      return Failure{"these bytes are no cubin"};
    for (size_t i = 0; i < header.e_shnum; ++i) {
      Elf64_Shdr section;
      if (!get(header.e_shoff + i * sizeof section, section))
        return Failure{"the cubin is cut off"};
      sections_.push_back(section);
    }
    if (header.e_shstrndx >= sections_.size()) return Failure{"the cubin has no names"};
    const Elf64_Shdr& names = sections_[header.e_shstrndx];
    for (const Elf64_Shdr& section : sections_) names_.push_back(text(names, section.sh_name));
    read_symbols();
    for (const std::string& name : names_)
      if (name.rfind(".text.", 0) == 0) kernels_.push_back({name.substr(6)});
    for (size_t i = 0; i < sections_.size(); ++i) {
      for (CubinKernel& kernel : kernels_)
        if (names_[i] == ".nv.shared." + kernel.name)
          kernel.shared_bytes = static_cast<int64_t>(sections_[i].sh_size);
      if (names_[i] == ".nv.info") read_info(sections_[i]);
    }
    return kernels_;
  }

 private:
  template <class T>
  bool get(uint64_t offset, T& value) const {
    if (offset > bytes_.size() || bytes_.size() - offset < sizeof value) return false;
    std::memcpy(&value, bytes_.data() + offset, sizeof value);
    return true;
  }

  std::string text(const Elf64_Shdr& strings, uint64_t offset) const {
    std::string result;
    char c = 0;
    for (uint64_t at = strings.sh_offset + offset; get(at, c) && c != 0; ++at) result += c;
    return result;
  }

  void read_symbols() {
    for (const Elf64_Shdr& section : sections_) {
      if (section.sh_type != SHT_SYMTAB || section.sh_link >= sections_.size()) continue;
      for (uint64_t at = 0; at + sizeof(Elf64_Sym) <= section.sh_size; at += sizeof(Elf64_Sym)) {
        Elf64_Sym symbol;
        if (!get(section.sh_offset + at, symbol)) return;
        symbols_.push_back(text(sections_[section.sh_link], symbol.st_name));
      }
    }
  }

  // Records of a format, an attribute, and 16 bits: a value, or the bytes that follow.
  void read_info(const Elf64_Shdr& section) {
    uint64_t at = section.sh_offset, end = at + section.sh_size;
    while (at + 4 <= end) {
      uint8_t format = 0, attribute = 0;
      uint16_t size = 0;
      if (!get(at, format) || !get(at + 1, attribute) || !get(at + 2, size)) return;
      at += 4;
      if (format != kFormatSized) continue;
      uint32_t symbol = 0, value = 0;
      bool wanted = (attribute == kRegisterCount || attribute == kFrameSize) && size == 8;
      if (wanted && get(at, symbol) && get(at + 4, value) && symbol < symbols_.size())
        for (CubinKernel& kernel : kernels_)
          if (kernel.name == symbols_[symbol])
            (attribute == kRegisterCount ? kernel.registers : kernel.stack_bytes) = value;
      at += size;
    }
  }

  std::string_view bytes_;
  std::vector<Elf64_Shdr> sections_;
  std::vector<std::string> names_, symbols_;
  std::vector<CubinKernel> kernels_;
};

}  // namespace

Result<std::vector<CubinKernel>> read_cubin(std::string_view bytes) {
  return CubinReader(bytes).read();
}

}  // namespace tenon::codegen
