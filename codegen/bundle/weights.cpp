// weights.cpp: streams the weights into a file, or into an ELF object.
//
//   fc1.weight (9437184 bytes), fc1.bias (12288 bytes)
//     ->  mlp_weights.bin: 64 bytes of header | 9449472 bytes | 64 zero bytes
//     or  mlp_weights.o: .rodata with the hidden symbol mlp_weights
//
// LLVM could emit the object from a module; it would hold the weights three or four times in
// memory.
#include "codegen/bundle/weights.h"

#include <cstring>

#include <fmt/format.h>
#include <llvm/BinaryFormat/ELF.h>
#include <llvm/Support/raw_ostream.h>

#include "runtime/model_tables.h"
#include "support/check.h"
#include "support/sha256.h"

namespace tenon::codegen {
namespace {

constexpr uint64_t kTailBytes = 64;

template <class T>
void write_value(llvm::raw_ostream& out, const T& value) {
  out.write(reinterpret_cast<const char*>(&value), sizeof value);
}

// The bytes and the 64 zeros that kernels may read behind them.
void write_weights(llvm::raw_ostream& out, const BundleInterface& interface,
                   const WeightsSource& weights) {
  uint64_t written = 0;
  weights([&](std::span<const uint8_t> piece) {
    out.write(reinterpret_cast<const char*>(piece.data()), piece.size());
    written += piece.size();
  });
  TENON_CHECK(written == interface.weights_bytes,
              fmt::format("{} bytes of weights came where {} were announced", written,
                          interface.weights_bytes));
  out.write_zeros(kTailBytes);
}

// The string table of an ELF file, and the offset of each string in it.
class Strings {
 public:
  uint32_t add(const std::string& text) {
    const auto offset = static_cast<uint32_t>(bytes_.size());
    bytes_ += text + '\0';
    return offset;
  }
  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_ = std::string(1, '\0');
};

// The sections of the object, in their order.
enum Section : uint16_t { kNull, kRodata, kSymbols, kStrings, kNoteStack, kSectionCount };

}  // namespace

std::array<uint64_t, 2> weights_layout_hash(const std::string& layout_text) {
  const std::string digest = sha256_hex(
      std::span(reinterpret_cast<const uint8_t*>(layout_text.data()), layout_text.size()));
  return {std::stoull(digest.substr(0, 16), nullptr, 16),
          std::stoull(digest.substr(16, 16), nullptr, 16)};
}

void write_weights_file(llvm::raw_ostream& out, const BundleInterface& interface,
                        const WeightsSource& weights) {
  tnr_weights_header header{};
  std::memcpy(header.magic, TNR_WEIGHTS_MAGIC_TEXT, sizeof header.magic);
  header.layout[0] = interface.weights_layout[0];
  header.layout[1] = interface.weights_layout[1];
  header.byte_order = TNR_WEIGHTS_BYTE_ORDER_MARK;
  header.header_bytes = sizeof header;
  header.weights_bytes = interface.weights_bytes;
  write_value(out, header);
  write_weights(out, interface, weights);
}

void write_weights_object(llvm::raw_ostream& out, const BundleInterface& interface,
                          const WeightsSource& weights) {
  using namespace llvm::ELF;
  Strings strings;
  const uint64_t rodata_bytes = interface.weights_bytes + kTailBytes;
  const uint64_t rodata_offset = sizeof(Elf64_Ehdr);  // 64, as the weights want
  static_assert(sizeof(Elf64_Ehdr) % 64 == 0);
  const uint64_t symbols_offset = (rodata_offset + rodata_bytes + 7) / 8 * 8;

  Elf64_Sym symbols[2] = {};
  symbols[1].st_name = strings.add(interface.name + "_weights");
  symbols[1].st_info = STB_GLOBAL << 4 | STT_OBJECT;
  symbols[1].st_other = STV_HIDDEN;
  symbols[1].st_shndx = kRodata;
  symbols[1].st_size = rodata_bytes;

  Elf64_Shdr sections[kSectionCount] = {};
  const auto describe = [&](Section section, const char* name, uint32_t type, uint64_t offset,
                            uint64_t bytes, uint64_t alignment) {
    sections[section].sh_name = strings.add(name);
    sections[section].sh_type = type;
    sections[section].sh_offset = offset;
    sections[section].sh_size = bytes;
    sections[section].sh_addralign = alignment;
  };
  describe(kRodata, ".rodata", SHT_PROGBITS, rodata_offset, rodata_bytes, 64);
  sections[kRodata].sh_flags = SHF_ALLOC;
  describe(kSymbols, ".symtab", SHT_SYMTAB, symbols_offset, sizeof symbols, 8);
  sections[kSymbols].sh_link = kStrings;
  sections[kSymbols].sh_info = 1;  // the first symbol that is not local
  sections[kSymbols].sh_entsize = sizeof(Elf64_Sym);
  const uint64_t strings_offset = symbols_offset + sizeof symbols;
  describe(kNoteStack, ".note.GNU-stack", SHT_PROGBITS, strings_offset, 0, 1);
  describe(kStrings, ".strtab", SHT_STRTAB, strings_offset, 0, 1);
  sections[kStrings].sh_size = strings.bytes().size();
  const uint64_t sections_offset = (strings_offset + strings.bytes().size() + 7) / 8 * 8;

  Elf64_Ehdr header = {};
  std::memcpy(header.e_ident, ElfMagic, 4);
  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_ident[EI_DATA] = ELFDATA2LSB;
  header.e_ident[EI_VERSION] = EV_CURRENT;
  header.e_type = ET_REL;
  header.e_machine = EM_X86_64;
  header.e_version = EV_CURRENT;
  header.e_shoff = sections_offset;
  header.e_ehsize = sizeof header;
  header.e_shentsize = sizeof(Elf64_Shdr);
  header.e_shnum = kSectionCount;
  header.e_shstrndx = kStrings;

  write_value(out, header);
  write_weights(out, interface, weights);
  out.write_zeros(static_cast<unsigned>(symbols_offset - rodata_offset - rodata_bytes));
  write_value(out, symbols);
  out << strings.bytes();
  out.write_zeros(static_cast<unsigned>(sections_offset - strings_offset - strings.bytes().size()));
  write_value(out, sections);
}

}  // namespace tenon::codegen
