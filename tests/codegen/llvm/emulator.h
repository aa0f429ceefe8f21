// Programs for ARM, linked here and run under qemu.
//
//   EmulatedProgram program(cortex_a53);
//   program.add_object(bytes); program.add_source("main.c");
//   program.run(input)   ->   what `main INPUT RESULTS` wrote to RESULTS
#pragma once

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <system_error>

#include "support/result.h"
#include "target/target.h"

namespace tenon::codegen {

/// Lives in a folder that is gone with it. Needs clang, lld, qemu and Debian's C libraries for the
/// architecture (tools/common.sh).
class EmulatedProgram {
 public:
  explicit EmulatedProgram(const target::Target& target)
      : is_long_(target.architecture == target::Architecture::aarch64) {
    std::string name = (std::filesystem::temp_directory_path() / "tenon_emulated_XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr)
      throw std::filesystem::filesystem_error("mkdtemp",
                                              std::error_code(errno, std::generic_category()));
    folder_ = name;
  }
  ~EmulatedProgram() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  EmulatedProgram(const EmulatedProgram&) = delete;
  EmulatedProgram& operator=(const EmulatedProgram&) = delete;

  uint32_t pointer_bytes() const { return is_long_ ? 8 : 4; }

  void add_object(const std::string& bytes) {
    write("object" + std::to_string(parts_++) + ".o", bytes);
  }
  void add_text(const std::string& c_source) {
    write("text" + std::to_string(parts_++) + ".c", c_source);
  }
  /// A file of the repository.
  void add_source(const std::string& path) {
    const char* root = std::getenv("TENON_SOURCE_DIR");
    list_ += std::string(root ? root : ".") + "/" + path + "\n";
  }

  /// Links and runs; fails with what one of the programs said.
  Result<std::string> run(const std::string& input) {
    const std::string program = file("program"), list = file("list");
    std::ofstream(list) << list_;
    std::ofstream(file("input"), std::ios::binary) << input;
    const char* flags = is_long_ ? "aarch64-linux-gnu" : "arm-linux-gnueabihf -march=armv7-a";
    Status status = call("clang-19 --target=" + std::string(flags) +
                         " -static -fuse-ld=lld -O1 -o " + program + " @" + list);
    if (status)
      status = call(std::string(is_long_ ? "qemu-aarch64 " : "qemu-arm ") + program + " " +
                    file("input") + " " + file("results"));
    if (!status) return status.error();
    return contents("results");
  }

 private:
  std::string file(const std::string& name) const { return (folder_ / name).string(); }

  void write(const std::string& name, const std::string& bytes) {
    std::ofstream(file(name), std::ios::binary) << bytes;
    list_ += file(name) + "\n";
  }

  std::string contents(const std::string& name) const {
    std::ifstream stream(file(name), std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
  }

  Status call(const std::string& command) const {
    if (std::system((command + " >" + file("log") + " 2>&1").c_str()) == 0) return Done{};
    return Failure{command + "\n" + contents("log")};
  }

  bool is_long_;
  std::filesystem::path folder_;
  std::string list_;
  int parts_ = 0;
};

/// Numbers and bytes in a row, as the programs read them.
class RecordWriter {
 public:
  void number(uint64_t value) { text_.append(reinterpret_cast<const char*>(&value), sizeof value); }
  template <class Bytes>
  void bytes(const Bytes& data) {
    number(data.size());
    text_.append(reinterpret_cast<const char*>(data.data()), data.size());
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

}  // namespace tenon::codegen
