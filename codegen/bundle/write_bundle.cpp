// write_bundle.cpp: all of a bundle's files, from compiled parts.
//
//   main module, kernels' objects, weights  ->  mlp.o  ->  libmlp.a, mlp.h, mlp.hpp, manifest.json
#include "codegen/bundle/write_bundle.h"

#include <set>

#include <fmt/format.h>
#include <llvm/IR/Module.h>
#include <llvm/Support/MemoryBuffer.h>

#include "codegen/bundle/archive.h"
#include "codegen/bundle/header.h"
#include "codegen/bundle/link_runtime.h"
#include "codegen/bundle/merge_objects.h"
#include "codegen/bundle/pool_files.h"
#include "support/check.h"

namespace tenon::codegen {
namespace {

std::string object_name(const BundleInterface& interface) { return interface.name + ".o"; }

bool has_weights_file(const BundleInterface& interface) {
  return !interface.weights_embedded && interface.weights_bytes != 0;
}

// Main and the kernels as one object with its weights, at a path that is the folder's to remove.
Result<std::string> make_object(BundleFolder& folder, const BundleInterface& interface,
                                BundleParts& parts) {
  std::vector<std::string> paths = {folder.intermediate_path("main.o")};
  link_runtime(*parts.main, interface, WeightsSymbol::kPlaceholder);
  folder.write_path(paths[0], [&](llvm::raw_pwrite_stream& out) { parts.emit(*parts.main, out); });
  parts.main.reset();
  for (size_t i = 0; i < parts.kernel_objects.size(); ++i) {
    paths.push_back(folder.intermediate_path(fmt::format("kernel{}.o", i)));
    folder.write_path(paths.back(), [&](llvm::raw_pwrite_stream& out) {
      out << parts.kernel_objects[i].getBuffer();
    });
  }
  const std::string object = folder.intermediate_path(object_name(interface));
  if (Status merged = merge_objects(paths, object); !merged) return merged.error();
  for (const std::string& path : paths) folder.remove_intermediate(path);
  if (interface.weights_embedded && interface.weights_bytes != 0)
    if (Status filled = fill_weights_of_file(object, interface, parts.weights); !filled)
      return filled.error();
  return object;
}

}  // namespace

std::vector<std::string> bundle_file_names(const std::string& name, const BundleChoice& choice) {
  std::vector<std::string> names = {"lib" + name + ".a", name + ".h", name + ".hpp"};
  if (choice.weights_file) names.push_back(name + "_weights.bin");
  if (choice.object) names.push_back(name + ".o");
  if (choice.pool) names.insert(names.end(), {"libtenon_pool.a", "tenon_pool.h"});
  names.insert(names.end(), choice.other_files.begin(), choice.other_files.end());
  return names;
}

Result<BundleReport> write_bundle(BundleFolder& folder, BundleInterface& interface,
                                  BundleParts parts, const BundleChoice& choice,
                                  const BuildInputs& inputs) {
  TENON_CHECK(choice.weights_file == has_weights_file(interface), "weights in two minds");
  if (Status measured = measure_stack(*parts.main, interface, parts.kernel_objects, parts.emit);
      !measured)
    return measured.error();
  const ModulePlace place = place_of(*parts.main);
  const Result<std::string> object = make_object(folder, interface, parts);
  if (!object) return object.error();
  const auto buffer =
      llvm::MemoryBuffer::getFile(*object, /*IsText=*/false, /*RequiresNullTerminator=*/false);
  if (!buffer) return Failure{fmt::format("{}: {}", *object, buffer.getError().message())};
  const llvm::MemoryBufferRef bytes = (*buffer)->getMemBufferRef();

  const ObjectFacts facts = read_object_facts(bytes);
  for (const std::string& symbol : facts.undefined_symbols)
    TENON_CHECK(symbol == "memcpy" || symbol == "memmove" || symbol == "memset",
                "a bundle may not need " + symbol);

  const std::string& name = interface.name;
  if (Status written = write_archive(folder.temporary_path("lib" + name + ".a"),
                                     {{object_name(interface), bytes}});
      !written)
    return written.error();
  folder.write(name + ".h", write_header(interface));
  folder.write(name + ".hpp", write_cpp_header(interface));
  if (choice.object) folder.write(object_name(interface), bytes.getBuffer());
  if (choice.weights_file)
    folder.write(name + "_weights.bin", [&](llvm::raw_pwrite_stream& out) {
      write_weights_file(out, interface, parts.weights);
    });
  if (choice.pool) {
    folder.write("tenon_pool.h", pool_header());
    const std::string pool = pool_object(place, parts.emit);
    if (Status written = write_archive(folder.temporary_path("libtenon_pool.a"),
                                       {{"tenon_pool.o", {pool, "tenon_pool.o"}}});
        !written)
      return written.error();
  }

  BundleReport report;
  report.code_bytes = facts.code_bytes;
  report.undefined_symbols = facts.undefined_symbols;
  ManifestDetails details;
  details.inputs = inputs;
  details.undefined_symbols = facts.undefined_symbols;
  details.code_bytes = facts.code_bytes;
  report.files = folder.commit(interface, details);
  return report;
}

}  // namespace tenon::codegen
