// The bytes of ONNX tensors, wherever the file keeps them. Internal to frontend/.
//
//   int32_data: [1, 0, 1] of a bool[3]   ->   01 00 01
#pragma once

#include <onnx/onnx_pb.h>

#include <map>
#include <span>

#include "support/dtype.h"
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

  /// The whole file at `location`, a path relative to the folder; fails with a reason in the user's
  /// words.
  Result<std::span<const uint8_t>> open(const std::string& location);

  /// Paths of the files opened so far, sorted.
  std::vector<std::string> paths() const;

 private:
  struct Mapping {
    void* address;
    size_t bytes;
  };
  std::string folder_;
  std::map<std::string, Mapping> mappings_;
};

/// The bytes of tensors of one file, row-major and little endian. What must be unpacked is kept;
/// the rest is not copied.
class TensorBytes {
 public:
  /// External data are looked for in `folder`.
  explicit TensorBytes(std::string folder) : external_(std::move(folder)) {}

  /// The bytes; fails with a reason. The tensor must outlive them, and this object too.
  Result<std::span<const uint8_t>> of(const onnx::TensorProto& tensor);

  std::vector<std::string> external_files() const { return external_.paths(); }

 private:
  Result<std::span<const uint8_t>> external_bytes(const onnx::TensorProto& tensor,
                                                  int64_t expected);
  std::span<const uint8_t> normalized(const onnx::TensorProto& tensor, DType type,
                                      std::span<const uint8_t> bytes);

  ExternalData external_;
  std::map<const onnx::TensorProto*, std::vector<uint8_t>> unpacked_;  // looked up, never iterated
};

/// Dimensions are below this, and tensors have at most so many.
inline constexpr int64_t kMostExtent = int64_t{1} << 40;
inline constexpr int kMostAxes = 32;

/// Number of elements of a declared shape, if it is sane: extents in 0 .. 2^40, less than 2^46
/// elements.
Result<int64_t> element_count_of(const google::protobuf::RepeatedField<int64_t>& dims);

/// "f32[1, 3, 224, 224]"; "type 77[...]" for a number that is no type.
std::string describe(const onnx::TensorProto& tensor);

}  // namespace tenon::frontend
