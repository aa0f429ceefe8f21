// Arrays of ONNX test-data folders: one TensorProto a file.
//
//   test_data_set_0/input_0.pb   ->   {"x", F32, {1, 3, 224, 224}, bytes}
#include <filesystem>
#include <fstream>

#include "frontend/onnx_file.h"

namespace tenon::frontend {
namespace {

Place place_of(const std::string& path) {
  return {std::filesystem::path(path).filename().string(), "", 0, 0};
}

}  // namespace

TensorFile read_tensor_file(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  if (!stream)
    user_error(place_of(path), "the file cannot be read", "check its name and permissions");
  onnx::TensorProto proto;
  if (!proto.ParseFromIstream(&stream))
    user_error(place_of(path), "this is no ONNX tensor",
               "test data are files of one onnx.TensorProto each, such as input_0.pb");
  TensorBytes reader(std::filesystem::absolute(path).parent_path().string());
  Result<std::span<const uint8_t>> bytes = reader.of(proto);
  if (!bytes)
    user_error(place_of(path), "the tensor is not sound: " + bytes.reason(),
               "write the file again");
  return {proto.name(),
          *dtype_from_onnx(proto.data_type()),
          {proto.dims().begin(), proto.dims().end()},
          {bytes->begin(), bytes->end()}};
}

void write_tensor_file(const std::string& path, const TensorFile& tensor) {
  onnx::TensorProto proto;
  proto.set_name(tensor.name);
  proto.set_data_type(onnx_number(tensor.type));
  for (int64_t extent : tensor.shape) proto.add_dims(extent);
  proto.set_raw_data(tensor.bytes.data(), tensor.bytes.size());
  std::ofstream stream(path, std::ios::binary);
  if (!proto.SerializeToOstream(&stream) || !stream.flush())
    user_error(place_of(path), "the file cannot be written",
               "check the folder, its permissions and the space that is left");
}

}  // namespace tenon::frontend
