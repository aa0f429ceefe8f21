// interface.h: what the outside of a compiled model looks like, in plain values. The driver fills
// it from the verified model and the memory plan; header.cpp, hpp.cpp, manifest.cpp and the tables
// in the object are all made from it, so that they cannot disagree.
//
//   model "tracker" with input "imu" f32[batch, 6]
//     ->  {name = "tracker", dims = {{"batch", 1..16}}, tensors = {{"imu", F32, {batch, 6}}}}
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "support/dtype.h"

namespace tenon::codegen {

// A symbolic dimension that the caller chooses for each run: a member `int64_t <identifier>` of
// N_io. One that the model's text fixes is no dimension of the interface. An empty identifier is
// filled in by name_identifiers.
struct InterfaceDim {
  std::string name;        // as in the model, or "<input>_<axis>"
  std::string identifier;  // C
  int64_t least = 1;
  int64_t most = 1;
};

// The length of one axis of a tensor: an expression over the dimensions, as text, with its bounds.
struct InterfaceExtent {
  std::string text;  // in the model's names: "240", "batch", "2*seq + 1"
  std::string code;  // the same in C over the dimensions' identifiers, for dimensions in range;
                     // empty where C has none
  int64_t least = 0;
  int64_t most = 0;
  bool is_fixed() const { return least == most; }
};

enum class TensorRole { kInput = 0, kOutput = 1, kState = 2 };  // as TN_INPUT, TN_OUTPUT, TN_STATE

// An input or output: a member `const T *<identifier>` or `T *<identifier>` of N_io. T follows from
// dtype: bool is uint8_t, f16, bf16 and fp8 are unsigned integers of their width.
struct InterfaceTensor {
  std::string name;
  std::string identifier;
  TensorRole role = TensorRole::kInput;
  DType dtype = DType::F32;
  std::vector<InterfaceExtent> shape;
};

// The text of a status whose detail is a node: TN_INDEX (an index out of range) and TN_SELFTEST.
struct InterfaceNode {
  int32_t number = 0;  // what the kernel's `require` stores as detail; any order, each once
  std::string name;    // of the ONNX node: "/embeddings/Gather"
};

// One tensor of the embedded self-test: stored input bytes or expected output bytes, in the order
// of the tensors.
struct GoldenTensor {
  std::vector<uint8_t> bytes;
  double absolute = 0;
  double relative = 0;
  int32_t node = 0;            // detail of TN_SELFTEST when it is wrong; its number among `nodes`
  std::string node_name = {};  // of the ONNX node that gives this output
};

struct SelfTest {
  std::vector<int64_t> dims;
  uint64_t buffer_bytes = 0;   // the arena's buffers at these dimensions
  uint64_t scratch_bytes = 0;  // of one body, the same
  std::vector<GoldenTensor> tensors;
};

struct BundleInterface {
  std::string name;          // prefix of symbols and files; a C identifier that passes check_prefix
  std::string model_file;    // base name: "tracker.onnx"
  std::string model_sha256;  // 64 hexadecimal digits
  std::string version;       // of Tenon: "0.1.0"
  std::string triple;        // as shown: "x86_64-linux-gnu"
  std::string target;        // as given: "x86-64-v3"
  uint32_t pointer_bytes = 8;  // of the target
  std::string options;  // the command line's options that the code depends on, in one normal order

  std::vector<InterfaceDim> dims;
  std::vector<InterfaceTensor> tensors;  // in the order of N_io: inputs, then outputs
  // Text of each, "seq and mask_seq differ", in the order of tn_model_entry's values.
  std::vector<std::string> requirements;
  std::vector<InterfaceNode> nodes;

  uint32_t group_count = 0;
  uint32_t size_count = 0;          // of tn_model_sizes; at least group_count
  uint64_t buffer_bytes_most = 0;   // the arena's buffers at the upper bounds of all dimensions
  uint64_t scratch_bytes_most = 0;  // of one body, the same
  uint32_t arena_align = 64;
  uint64_t stack_bytes = 0;  // known after the machine code is: see stack_bytes.h
  uint64_t weights_bytes = 0;
  std::array<uint64_t, 2> weights_layout = {0, 0};
  bool weights_embedded = true;
  uint64_t cpu_features = 0;  // bits 1 << TNR_CPU_...
  bool default_visibility = false;
  std::optional<SelfTest> selftest;
};

// N_ARENA_BYTES(threads) is fixed + threads * scratch, enough for any dimensions.
struct ArenaBytes {
  uint64_t fixed = 0;
  uint64_t scratch = 0;
};
ArenaBytes arena_bytes_most(const BundleInterface& interface);

}  // namespace tenon::codegen
