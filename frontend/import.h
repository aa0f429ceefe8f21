// ONNX files: from bytes on disk to a graph. The only code that sees onnx and protobuf types is
// behind this header.
//
//   Imported model = import_model("resnet18.onnx", options, diagnostics);
//   model.graph                                     the operators, shapes inferred, shape
//   arithmetic resolved model.file->initializer("fc.weight")            the bytes of a large
//   constant, mapped
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "ir/high/graph.h"
#include "support/diagnostics.h"

namespace tenon::frontend {

/// The elements of a model's initializers, row-major and little endian. External data stay mapped;
/// data inside the ONNX file are kept from the parsed message. Valid as long as the object lives.
class ModelFile {
 public:
  virtual ~ModelFile() = default;
  /// Bytes of the initializer of that name; a name that the graph's constants do not use is a bug
  /// of ours.
  virtual std::span<const uint8_t> initializer(const std::string& name) const = 0;
  /// Paths of the files beside the model that its tensors were read from, sorted.
  virtual std::vector<std::string> external_files() const = 0;
  std::string base_name;          // "resnet18.onnx"
  std::string sha256;             // of the ONNX file's bytes
  std::string path;               // as given
  int opset = 0;                  // of the default domain
  int64_t initializer_bytes = 0;  // all of them
};

struct DimRange {
  int64_t least = 1, most = 1;
};

struct ImportOptions {
  std::map<std::string, DimRange> dims;                // --dim: by symbol
  std::map<std::string, std::vector<int64_t>> shapes;  // --shape: by input
  std::string name;                                    // of the graph; "" for the file's stem
  bool require_bounds =
      true;  // else a dimension without bounds gets 1..1: for `run`, whose inputs fix it beforehand
};

/// What a node of the model's main graph gives under one of its output names.
struct NodeResult {
  std::string node;  // its name, as locations have it
  std::string op;    // its ONNX operator
  std::string name;  // of the output
  high::ValueId value;
};

struct Imported {
  high::Graph graph;
  std::vector<NodeResult> results;  // of every node, in an order in which they can be computed
  std::shared_ptr<const ModelFile> file;
};

/// Reads, validates and imports a model. Every fault of the file becomes a diagnostic (all
/// unsupported nodes in one list); throws UserErrors when there was one. Never crashes on hostile
/// input, never opens a file outside the model's folder.
Imported import_model(const std::string& path, const ImportOptions& options,
                      Diagnostics& diagnostics);

/// Opens only the initializers of a model, for texts that name it; checks the hash.
std::shared_ptr<const ModelFile> open_model_file(const std::string& path,
                                                 const std::string& expected_sha256);

/// An input or output as the model declares it, before dimensions are bound: for making or checking
/// inputs.
struct DeclaredTensor {
  std::string name;
  DType type = DType::F32;
  std::vector<std::string> shape;  // "3", "batch", or "<input>_<axis>" for an unnamed dimension
};
struct DeclaredInterface {
  std::vector<DeclaredTensor> inputs, outputs;
  // False where one is no tensor or of a type that is not read: import_model refuses the model, so
  // reading its data would only hide why.
  bool is_supported = true;
};
DeclaredInterface declared_interface(const std::string& path);

/// One array of an ONNX test-data folder (input_0.pb).
struct TensorFile {
  std::string name;
  DType type = DType::F32;
  std::vector<int64_t> shape;
  std::vector<uint8_t> bytes;
};
TensorFile read_tensor_file(const std::string& path);
void write_tensor_file(const std::string& path, const TensorFile& tensor);

/// A row of `tenon ops`: an ONNX operator, the opset versions that are read, and what is not.
struct OperatorSupport {
  std::string name, domain;
  std::vector<int> versions;  // since-versions that are read
  std::string limits;         // "" or what is refused, in words
};
std::vector<OperatorSupport> supported_operators();

}  // namespace tenon::frontend
