// Kernels of another architecture in a program of their own.
#include "tests/codegen/llvm/emulated.h"

#include <cstring>

#include "tests/codegen/llvm/emulator.h"

namespace tenon::codegen {
namespace {

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
  EmulatedProgram program(target);
  for (const std::string& object : objects) program.add_object(object);
  program.add_text(table_of_entries(functions));
  program.add_source("tests/codegen/llvm/emulated_main.c");
  RecordWriter input;
  for (const EmulatedCall& call : calls) {
    input.number(call.function);
    input.number(call.buffers.size());
    for (const std::vector<uint8_t>* buffer : call.buffers) input.bytes(*buffer);
  }
  Result<std::string> results = program.run(input.text());
  if (!results) return results.error();
  size_t at = 0;
  for (const EmulatedCall& call : calls)
    for (std::vector<uint8_t>* buffer : call.buffers) {
      if (results->size() - at < buffer->size())
        return Failure{"the program wrote fewer results than there are buffers"};
      std::memcpy(buffer->data(), results->data() + at, buffer->size());
      at += buffer->size();
    }
  return Done{};
}

}  // namespace tenon::codegen
