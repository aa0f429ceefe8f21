// weights.cpp: streams the weights into a file, or into the object.
//
//   fc1.weight (9437184 bytes), fc1.bias (12288 bytes)
//     ->  mlp_weights.bin: 64 bytes of header | 9449472 bytes | 64 zero bytes
//     or  mlp.o: its section .rodata.mlp_weights, zero until then, holds them
//
// A constant of LLVM's would lie in memory three or four times. The placeholder is a constant of
// zeros, which costs nothing until it is written, and is overwritten in the finished object.
#include "codegen/bundle/weights.h"

#include <cstring>

#include <fmt/format.h>
#include <llvm/Object/ELFObjectFile.h>
#include <llvm/Support/FileSystem.h>
#include <llvm/Support/raw_ostream.h>

#include "runtime/model_tables.h"
#include "support/check.h"
#include "support/sha256.h"

namespace tenon::codegen {
namespace {

constexpr uint64_t kTailBytes = 64;  // that kernels may read behind the last weight

void check_all_came(uint64_t written, const BundleInterface& interface) {
  TENON_CHECK(written == interface.weights_bytes,
              fmt::format("{} bytes of weights came where {} were announced", written,
                          interface.weights_bytes));
}

// Where the placeholder lies in the object.
llvm::MutableArrayRef<char> find_placeholder(llvm::MutableArrayRef<char> object,
                                             const BundleInterface& interface) {
  const std::string wanted = weights_section(interface);
  const llvm::MemoryBufferRef bytes(llvm::StringRef(object.data(), object.size()), "object");
  const auto file = llvm::cantFail(llvm::object::ObjectFile::createELFObjectFile(bytes));
  for (const llvm::object::ELFSectionRef section : file->sections()) {
    if (llvm::cantFail(section.getName()) != wanted) continue;
    TENON_CHECK(section.getSize() == interface.weights_bytes + kTailBytes,
                "the placeholder has another size than the weights");
    return object.slice(section.getOffset(), section.getSize());
  }
  TENON_CHECK(false, "the object has no section " + wanted);
}

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
  out.write(reinterpret_cast<const char*>(&header), sizeof header);
  uint64_t written = 0;
  weights([&](std::span<const uint8_t> piece) {
    out.write(reinterpret_cast<const char*>(piece.data()), piece.size());
    written += piece.size();
  });
  check_all_came(written, interface);
  out.write_zeros(kTailBytes);
}

std::string weights_section(const BundleInterface& interface) {
  return ".rodata." + interface.name + "_weights";
}

void fill_weights(llvm::MutableArrayRef<char> object, const BundleInterface& interface,
                  const WeightsSource& weights) {
  const llvm::MutableArrayRef<char> place = find_placeholder(object, interface);
  uint64_t written = 0;
  weights([&](std::span<const uint8_t> piece) {
    TENON_CHECK(piece.size() <= interface.weights_bytes - written, "more weights than announced");
    if (!piece.empty()) std::memcpy(place.data() + written, piece.data(), piece.size());
    written += piece.size();
  });
  check_all_came(written, interface);
}

Status fill_weights_of_file(const std::string& object_path, const BundleInterface& interface,
                            const WeightsSource& weights) {
  namespace fs = llvm::sys::fs;
  const auto failure = [&](std::error_code error) {
    return Failure{fmt::format("{}: {}", object_path, error.message())};
  };
  uint64_t bytes = 0;
  if (const std::error_code error = fs::file_size(object_path, bytes)) return failure(error);
  auto file = fs::openNativeFileForReadWrite(object_path, fs::CD_OpenExisting, fs::OF_None);
  if (!file) return failure(llvm::errorToErrorCode(file.takeError()));
  std::error_code error;
  fs::mapped_file_region region(*file, fs::mapped_file_region::readwrite, bytes, 0, error);
  fs::closeFile(*file);
  if (error) return failure(error);
  fill_weights({region.data(), region.size()}, interface, weights);
  return Done{};
}

}  // namespace tenon::codegen
