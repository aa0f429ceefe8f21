// status_texts.cpp: what N_status_text says of each status that a bundle can return.
//
//   TN_DIM | 0 << 8   ->  "batch is outside 1..16"
//   TN_NULL | 2 << 8  ->  "heat is a null pointer"
#include <algorithm>

#include <fmt/format.h>

#include "codegen/bundle/header.h"
#include "codegen/bundle/status_texts.h"
#include "runtime/model_tables.h"
#include "target/cpu_features.h"

namespace tenon::codegen {
namespace {

// Numbers of the arguments behind the tensors; model_tables.h wants a tnr_model for them.
tnr_model counts_of(const BundleInterface& interface) {
  tnr_model counts{};
  counts.dim_count = static_cast<uint32_t>(interface.dims.size());
  counts.tensor_count = static_cast<uint32_t>(interface.tensors.size());
  return counts;
}

// The argument in the caller's code, and in the model where that has another name for it.
std::string shown(const std::string& identifier, const std::string& name) {
  return identifier == name ? name : fmt::format("{} (\"{}\")", identifier, name);
}

}  // namespace

std::vector<StatusText> status_texts(const BundleInterface& interface) {
  std::vector<StatusText> texts;
  const auto add = [&](int code, size_t detail, std::string text) {
    texts.push_back({TNR_STATUS(code, detail), std::move(text)});
  };
  const tnr_model counts = counts_of(interface);
  const size_t io = TNR_ARGUMENT_IO(&counts), model = TNR_ARGUMENT_MODEL(&counts),
               arena = TNR_ARGUMENT_ARENA(&counts);

  add(TN_OK, 0, "ok");
  add(TN_STOPPED, 0, "stopped by the caller");
  for (size_t i = 0; i < interface.tensors.size(); ++i) {
    const std::string name = shown(interface.tensors[i].identifier, interface.tensors[i].name);
    add(TN_NULL, i, name + " is a null pointer");
    add(TN_ALIGNMENT, i,
        fmt::format("{} is not aligned to its elements of {} bytes", name,
                    element_alignment(interface.tensors[i].dtype)));
    add(TN_OVERLAP, i, name + " overlaps the arena, another tensor or the weights");
    add(TN_CAPACITY, i, name + " has room for fewer elements than its shape needs");
  }
  add(TN_NULL, io, fmt::format("the {}_io is a null pointer", interface.name));
  add(TN_NULL, model, fmt::format("the {}_model is a null pointer", interface.name));
  add(TN_NULL, arena, "the arena is a null pointer");
  add(TN_ALIGNMENT, arena,
      fmt::format("the arena is not aligned to {} bytes", interface.arena_align));
  add(TN_OVERLAP, arena,
      fmt::format("the arena overlaps the {0}_io, the {0}_model or the weights", interface.name));
  add(TN_ARENA, 0, fmt::format("the arena is smaller than {}_arena_bytes says", interface.name));

  for (size_t i = 0; i < interface.dims.size(); ++i) {
    const InterfaceDim& dim = interface.dims[i];
    add(TN_DIM, i,
        fmt::format("{} is outside {}..{}", shown(dim.identifier, dim.name), dim.least, dim.most));
  }
  for (size_t i = 0; i < interface.requirements.size(); ++i)
    add(TN_DIM, interface.dims.size() + i, interface.requirements[i]);
  for (const InterfaceNode& node : interface.nodes) {
    add(TN_INDEX, static_cast<size_t>(node.number),
        fmt::format("an index is out of range at node {}", node.name));
    add(TN_SELFTEST, static_cast<size_t>(node.number),
        fmt::format("the self-test found a wrong result at node {}", node.name));
  }

  add(TN_ABI, TNR_ABI_HEADER,
      fmt::format("{0}.h and lib{0}.a are of different builds", interface.name));
  add(TN_ABI, TNR_ABI_NOT_OPEN,
      fmt::format("{}_open has not succeeded on this model", interface.name));
  add(TN_WEIGHTS, TNR_WEIGHTS_MISSING,
      fmt::format("no weights given: they are in {}_weights.bin, not in the library",
                  interface.name));
  add(TN_WEIGHTS, TNR_WEIGHTS_UNALIGNED, "the weights are not aligned to 64 bytes");
  add(TN_WEIGHTS, TNR_WEIGHTS_SHORT, "the weights file is cut short");
  add(TN_WEIGHTS, TNR_WEIGHTS_MAGIC, "the weights are not a weights file of Tenon");
  add(TN_WEIGHTS, TNR_WEIGHTS_BYTE_ORDER, "the weights file is of the other byte order");
  add(TN_WEIGHTS, TNR_WEIGHTS_LAYOUT, "the weights file belongs to another model or build");
  for (const target::CpuFeature feature : target::all_cpu_features()) {
    const auto bit = static_cast<size_t>(feature);
    if (interface.cpu_features >> bit & 1)
      add(TN_CPU, bit,
          fmt::format("this processor, or its operating system, lacks {}, which {} needs",
                      target::name(feature), interface.target));
  }

  std::stable_sort(texts.begin(), texts.end(),
                   [](const StatusText& a, const StatusText& b) { return a.status < b.status; });
  return texts;
}

}  // namespace tenon::codegen
