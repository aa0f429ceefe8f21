// A parsed ONNX file: the message, the bytes of its tensors, its hash. Internal to frontend/.
#pragma once

#include <onnx/onnx_pb.h>

#include "frontend/import.h"
#include "support/result.h"
#include "support/text.h"

namespace tenon::frontend {

/// The bytes of files beside a model, mapped. Opens nothing outside of the model's folder.
class ExternalData {
 public:
  explicit ExternalData(std::string folder) : folder_(std::move(folder)) {}
  ~ExternalData();
  ExternalData(const ExternalData&) = delete;
  ExternalData& operator=(const ExternalData&) = delete;

  /// The whole file at `location`, a path relative to the folder; fails with a reason in the user's words.
  Result<std::span<const uint8_t>> open(const std::string& location);

 private:
  struct Mapping {
    void* address;
    size_t bytes;
  };
  std::string folder_;
  std::map<std::string, Mapping> mappings_;
};

class OnnxFile final : public ModelFile {
 public:
  /// Reads and parses; faults throw UserErrors.
  explicit OnnxFile(const std::string& path);

  onnx::ModelProto model;

  std::span<const uint8_t> initializer(const std::string& name) const override;

  /// The bytes of a tensor, row-major and little endian; typed fields are unpacked. Fails with a reason.
  Result<std::span<const uint8_t>> bytes_of_tensor(const onnx::TensorProto& tensor) const;

  /// Makes a tensor known under a name; used for initializers and large constants of nodes.
  void register_tensor(const std::string& name, const onnx::TensorProto* tensor) const { tensors_[name] = tensor; }

 private:
  mutable ExternalData external_;
  mutable std::map<std::string, const onnx::TensorProto*> tensors_;
  mutable std::map<const onnx::TensorProto*, std::vector<uint8_t>> unpacked_;
};

/// Number of elements of a declared shape, if it is sane: extents in 0 .. 2^40, less than 2^46 elements.
Result<int64_t> element_count_of(const google::protobuf::RepeatedField<int64_t>& dims);

/// "f32[1, 3, 224, 224]"; "type 77[...]" for a number that is no type.
std::string describe(const onnx::TensorProto& tensor);

}  // namespace tenon::frontend
