// Linking and running programs for ARM.
#include "tests/codegen/llvm/emulated.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace tenon::codegen {
namespace {

namespace fs = std::filesystem;

// A folder that is gone with its owner.
class Folder {
 public:
  Folder() {
    std::string name = (fs::temp_directory_path() / "tenon_emulated_XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw fs::filesystem_error("mkdtemp", {});
    path_ = name;
  }
  ~Folder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  fs::path file(const std::string& name) const { return path_ / name; }

 private:
  fs::path path_;
};

std::string read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

Status run(const std::string& command, const fs::path& log) {
  if (std::system((command + " >" + log.string() + " 2>&1").c_str()) == 0) return Done{};
  return Failure{command + "\n" + read_file(log)};
}

void write_number(std::ofstream& out, uint64_t number) {
  out.write(reinterpret_cast<const char*>(&number), sizeof number);
}

std::string table_of_entries(size_t functions) {
  std::string text =
      "#include <stdint.h>\ntypedef void Entry(void *const *, const int64_t *, "
      "int64_t, int64_t, void *, int32_t *);\n";
  std::string list;
  for (size_t i = 0; i < functions; ++i) {
    text += "extern Entry call" + std::to_string(i) + ";\n";
    list += " call" + std::to_string(i) + ",";
  }
  return text + "Entry *const entries[] = {" + list + "};\n";
}

}  // namespace

Status run_emulated(const target::Target& target, const std::vector<std::string>& objects,
                    size_t functions, const std::vector<EmulatedCall>& calls) {
  const bool is_long = target.architecture == target::Architecture::aarch64;
  Folder folder;
  std::string inputs;
  for (size_t i = 0; i < objects.size(); ++i) {
    fs::path path = folder.file("object" + std::to_string(i) + ".o");
    std::ofstream(path, std::ios::binary) << objects[i];
    inputs += " " + path.string();
  }
  std::ofstream(folder.file("entries.c")) << table_of_entries(functions);
  const char* source = std::getenv("TENON_SOURCE_DIR");
  std::string program = folder.file("program").string();
  Status linked =
      run(std::string("clang-19 --target=") +
              (is_long ? "aarch64-linux-gnu" : "arm-linux-gnueabihf -march=armv7-a") +
              " -static -fuse-ld=lld -O1 -o " + program + " " + (source ? source : ".") +
              "/tests/codegen/llvm/emulated_main.c " + folder.file("entries.c").string() + inputs,
          folder.file("log"));
  if (!linked) return linked;

  {
    std::ofstream file(folder.file("calls"), std::ios::binary);
    for (const EmulatedCall& call : calls) {
      write_number(file, call.function);
      write_number(file, call.buffers.size());
      for (const std::vector<uint8_t>* buffer : call.buffers) {
        write_number(file, buffer->size());
        file.write(reinterpret_cast<const char*>(buffer->data()),
                   static_cast<std::streamsize>(buffer->size()));
      }
    }
  }
  Status ran = run(std::string(is_long ? "qemu-aarch64 " : "qemu-arm ") + program + " " +
                       folder.file("calls").string() + " " + folder.file("results").string(),
                   folder.file("log"));
  if (!ran) return ran;
  std::ifstream results(folder.file("results"), std::ios::binary);
  for (const EmulatedCall& call : calls)
    for (std::vector<uint8_t>* buffer : call.buffers)
      results.read(reinterpret_cast<char*>(buffer->data()),
                   static_cast<std::streamsize>(buffer->size()));
  if (!results) return Failure{"the program wrote fewer results than there are buffers"};
  return Done{};
}

}  // namespace tenon::codegen
