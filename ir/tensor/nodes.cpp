// Look-ups in tensor functions.
#include "ir/tensor/nodes.h"

namespace tenon::tensor {

const Tensor* Function::find_tensor(const std::string& tensor_name) const {
  for (const std::vector<Tensor>* list : {&params, &results, &locals})
    for (const Tensor& tensor : *list)
      if (tensor.name == tensor_name) return &tensor;
  return nullptr;
}

bool Function::is_result(const std::string& tensor_name) const {
  for (const Tensor& tensor : results)
    if (tensor.name == tensor_name) return true;
  return false;
}

}  // namespace tenon::tensor
