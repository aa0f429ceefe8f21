// Linking models into one program, and its results.
#include "tests/driver/arm/emulated_models.h"

#include <cstring>

#include "codegen/bundle/header.h"

namespace tenon::driver {

void EmulatedModels::add(const std::string& label, BuiltModel built,
                         const std::vector<EmulatedRun>& runs) {
  const std::string name = next_name();
  // The stack that the code needs stands in the header, whose hash open asks for.
  for (const std::string& object : built.take_objects()) program_.add_object(object);
  const codegen::BundleInterface& interface = built.interface;
  declarations_ += "extern Open " + name + "_open;\nextern Run " + name + "_run;\n";
  table_ += "  {" + name + "_open, " + name + "_run},\n";
  const codegen::IoLayout layout = codegen::io_layout(interface, program_.pointer_bytes());
  const codegen::ArenaBytes arena = codegen::arena_bytes_most(interface);

  for (const EmulatedRun& run : runs) {
    input_.number(models_);
    input_.number(codegen::interface_abi(interface));
    input_.number(layout.bytes);
    input_.number(arena.fixed + arena.scratch);
    input_.number(layout.dims.size());
    input_.number(run.inputs.size());
    input_.number(run.wanted.size());
    for (size_t i = 0; i < layout.dims.size(); ++i) {
      input_.number(layout.dims[i]);
      input_.number(static_cast<uint64_t>(run.sizes.at(interface.dims[i].name)));
    }
    for (size_t i = 0; i < run.inputs.size(); ++i) {
      input_.number(layout.tensors[i]);
      input_.bytes(run.inputs[i]);
    }
    for (size_t i = 0; i < run.wanted.size(); ++i) {
      input_.number(layout.tensors[run.inputs.size() + i]);
      input_.number(run.wanted[i].size());
    }
    Expected expected{label, {}, run.wanted};
    for (const loop::Buffer& output : built.module().outputs) {
      loop::Buffer described;
      described.name = output.name;
      described.type = output.type;
      expected.outputs.push_back(described);
    }
    expected_.push_back(std::move(expected));
  }
  ++models_;
}

std::vector<std::string> EmulatedModels::differences() {
  program_.add_text(
      "#include <stddef.h>\n#include <stdint.h>\n"
      "typedef int Open(void *, uint32_t, const void *, size_t);\n"
      "typedef int Run(const void *, void *, void *, size_t, const void *);\n" +
      declarations_ + "const struct { Open *open; Run *run; } models[] = {\n" + table_ + "};\n");
  program_.add_source("tests/driver/arm/emulated_models.c");
  Result<std::string> results = program_.run(input_.text());
  if (!results) return {results.reason()};

  std::vector<std::string> found;
  size_t at = 0;
  auto take = [&](void* to, size_t bytes) {
    if (results->size() - at < bytes) return false;
    std::memcpy(to, results->data() + at, bytes);
    at += bytes;
    return true;
  };
  for (const Expected& expected : expected_) {
    int32_t status = 0;
    if (!take(&status, sizeof status)) return {expected.label + ": the program ended before it"};
    if (status != 0) found.push_back(expected.label + ": status " + std::to_string(status));
    for (size_t i = 0; i < expected.wanted.size(); ++i) {
      Bytes bytes(expected.wanted[i].size());
      if (!take(bytes.data(), bytes.size())) return {expected.label + ": no result"};
      std::string text = difference(expected.outputs[i], expected.wanted[i], bytes);
      if (status == 0 && !text.empty()) found.push_back(expected.label + ": " + text);
    }
  }
  return found;
}

}  // namespace tenon::driver
