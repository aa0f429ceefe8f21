// tables.cpp: the data of a bundle, as constants of an LLVM module.
//
//   {dims = {{"batch", 1, 16}}, ...}  ->  @tn_model_dims = constant <24 x i8> (a tnr_dim's bytes)
//
// The tables are made as the structs of runtime/model_tables.h and emitted as their bytes: one
// definition, and nothing to relocate. Their members have fixed widths and no padding, so that the
// bytes are the same for every little-endian target. Only what N_info answers holds pointers; it
// comes to lie in .data.rel.ro.
#include "codegen/bundle/tables.h"

#include <bit>
#include <span>
#include <type_traits>

#include <llvm/IR/Constants.h>
#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/Module.h>

#include "codegen/bundle/header.h"
#include "codegen/bundle/status_texts.h"
#include "runtime/model_tables.h"
#include "support/check.h"

namespace tenon::codegen {
namespace {

static_assert(std::endian::native == std::endian::little);

llvm::GlobalVariable* define_bytes(llvm::Module& module, const std::string& name,
                                   std::span<const uint8_t> bytes, uint64_t alignment) {
  const llvm::ArrayRef<uint8_t> data(bytes.data(), bytes.size());
  return define_global(module, name, llvm::ConstantDataArray::get(module.getContext(), data),
                       alignment);
}

// C has no empty array: a table without rows has one of zeros.
template <class Row>
void define_table(llvm::Module& module, const std::string& name, std::vector<Row> rows) {
  static_assert(std::is_trivially_copyable_v<Row>);
  if (rows.empty()) rows.push_back(Row{});
  const auto* bytes = reinterpret_cast<const uint8_t*>(rows.data());
  define_bytes(module, name, {bytes, rows.size() * sizeof(Row)}, 8);
}

static_assert(std::has_unique_object_representations_v<tnr_model>);
static_assert(std::has_unique_object_representations_v<tnr_dim>);
static_assert(std::has_unique_object_representations_v<tnr_tensor>);
static_assert(std::has_unique_object_representations_v<tnr_status_text>);
static_assert(sizeof(tnr_golden) == 32);  // holds doubles; no padding

tnr_model model_row(const BundleInterface& interface, const IoLayout& layout) {
  tnr_model row{};
  row.abi = interface_abi(interface);
  row.io_bytes = layout.bytes;
  row.dim_count = static_cast<uint32_t>(interface.dims.size());
  row.tensor_count = static_cast<uint32_t>(interface.tensors.size());
  row.requirement_count = static_cast<uint32_t>(interface.requirements.size());
  row.group_count = interface.group_count;
  row.size_count = interface.size_count;
  row.golden_count = interface.selftest ? row.tensor_count : 0;
  row.arena_align = interface.arena_align;
  row.weights_align = 64;
  row.weights_embedded = interface.weights_embedded;
  row.weights_bytes = interface.weights_bytes;
  row.weights_layout[0] = interface.weights_layout[0];
  row.weights_layout[1] = interface.weights_layout[1];
  row.cpu_features = interface.cpu_features;
  return row;
}

void add_status_texts(llvm::Module& module, const BundleInterface& interface, tnr_model& row) {
  std::string strings = std::string(kUnknownStatusText) + '\0';
  std::vector<tnr_status_text> texts;
  for (const StatusText& text : status_texts(interface)) {
    texts.push_back({text.status, static_cast<uint32_t>(strings.size())});
    strings += text.text + '\0';
  }
  row.status_text_count = static_cast<uint32_t>(texts.size());
  define_table(module, "tn_model_status_texts", texts);
  define_bytes(module, "tn_model_strings",
               {reinterpret_cast<const uint8_t*>(strings.data()), strings.size()}, 1);
}

void add_golden(llvm::Module& module, const BundleInterface& interface) {
  std::vector<tnr_golden> rows;
  std::vector<int64_t> dims;
  std::vector<uint8_t> bytes;
  if (interface.selftest) {
    dims = interface.selftest->dims;
    for (const GoldenTensor& tensor : interface.selftest->tensors) {
      rows.push_back({bytes.size(), tensor.node, 0, tensor.absolute, tensor.relative});
      bytes.insert(bytes.end(), tensor.bytes.begin(), tensor.bytes.end());
      bytes.resize(TNR_ROUND_UP(bytes.size()));
    }
  }
  define_table(module, "tn_model_golden", rows);
  define_table(module, "tn_model_golden_dims", dims);
  if (bytes.empty()) bytes.push_back(0);
  define_bytes(module, "tn_model_golden_bytes", bytes, 64);
}

// Makes the constants of N_info, in the types of runtime/abi.h.
class InfoBuilder {
 public:
  explicit InfoBuilder(llvm::Module& module)
      : module_(module),
        context_(module.getContext()),
        i32_(llvm::Type::getInt32Ty(context_)),
        i64_(llvm::Type::getInt64Ty(context_)),
        pointer_(llvm::PointerType::getUnqual(context_)) {}

  llvm::Constant* i32(int64_t value) const {
    return llvm::ConstantInt::get(i32_, static_cast<uint64_t>(value));
  }
  llvm::Constant* i64(uint64_t value) const { return llvm::ConstantInt::get(i64_, value); }

  llvm::Constant* text(const std::string& value) {
    auto* global = add(llvm::ConstantDataArray::getString(context_, value), 1);
    global->setUnnamedAddr(llvm::GlobalValue::UnnamedAddr::Global);
    return global;
  }

  llvm::Constant* extents(const std::vector<InterfaceExtent>& shape,
                          int64_t InterfaceExtent::*bound) {
    std::vector<uint64_t> values;
    for (const InterfaceExtent& extent : shape)
      values.push_back(static_cast<uint64_t>(extent.*bound));
    if (values.empty()) values.push_back(0);
    return add(llvm::ConstantDataArray::get(context_, values), 8);
  }

  llvm::Constant* structure(const std::vector<llvm::Constant*>& members) const {
    return llvm::ConstantStruct::getAnon(context_, members);
  }

  llvm::Constant* array(std::vector<llvm::Constant*> elements) {
    if (elements.empty()) elements.push_back(llvm::ConstantPointerNull::get(pointer_));
    return add(llvm::ConstantArray::get(
                   llvm::ArrayType::get(elements[0]->getType(), elements.size()), elements),
               8);
  }

  llvm::GlobalVariable* add(llvm::Constant* value, uint64_t alignment) {
    return define_global(module_, "tn_info_" + std::to_string(count_++), value, alignment);
  }

 private:
  llvm::Module& module_;
  llvm::LLVMContext& context_;
  llvm::Type *i32_, *i64_;
  llvm::PointerType* pointer_;
  int count_ = 0;
};

}  // namespace

void add_info(llvm::Module& module, const BundleInterface& interface, uint32_t abi,
              uint64_t arena_bytes) {
  InfoBuilder info(module);
  std::vector<llvm::Constant*> tensors, dims;
  for (const InterfaceTensor& tensor : interface.tensors) {
    std::string shape;
    for (const InterfaceExtent& extent : tensor.shape)
      shape += (shape.empty() ? "" : ",") + extent.text;
    // tn_tensor: name, shape, role, dtype, rank, zero_point, scale, (4 bytes), least, most
    tensors.push_back(info.structure(
        {info.text(tensor.name), info.text(shape), info.i32(static_cast<int>(tensor.role)),
         info.i32(onnx_number(tensor.dtype)), info.i32(static_cast<int64_t>(tensor.shape.size())),
         info.i32(0), llvm::ConstantFP::get(llvm::Type::getFloatTy(module.getContext()), 0.0),
         info.extents(tensor.shape, &InterfaceExtent::least),
         info.extents(tensor.shape, &InterfaceExtent::most)}));
  }
  for (const InterfaceDim& dim : interface.dims) dims.push_back(info.text(dim.name));
  std::vector<llvm::Constant*> members = {info.i32(0),
                                          info.i32(abi),
                                          info.text(interface.model_file),
                                          info.text(interface.model_sha256),
                                          info.text("tenon " + interface.version),
                                          info.text(interface.options),
                                          info.text(interface.triple + " " + interface.target),
                                          info.i64(interface.weights_bytes),
                                          info.i64(arena_bytes),
                                          info.i64(interface.stack_bytes),
                                          info.i32(static_cast<int64_t>(interface.tensors.size())),
                                          info.i32(static_cast<int64_t>(interface.dims.size())),
                                          info.array(tensors),
                                          info.array(dims)};
  // sizeof(tn_info), as the target lays it out.
  members[0] = info.i32(static_cast<int64_t>(
      module.getDataLayout().getTypeAllocSize(info.structure(members)->getType())));
  llvm::Constant* value = info.structure(members);
  llvm::GlobalVariable* global = info.add(value, 8);

  auto* type = llvm::FunctionType::get(global->getType(), false);
  auto* function = llvm::Function::Create(type, llvm::GlobalValue::ExternalLinkage,
                                          interface.name + "_info", module);
  function->addFnAttr(llvm::Attribute::NoUnwind);
  llvm::IRBuilder<> builder(llvm::BasicBlock::Create(module.getContext(), "", function));
  builder.CreateRet(global);
}

llvm::GlobalVariable* define_global(llvm::Module& module, const std::string& name,
                                    llvm::Constant* value, uint64_t alignment) {
  // The kernels' module, or the runtime, may have declared it already.
  llvm::GlobalVariable* declared = module.getNamedGlobal(name);
  TENON_CHECK(declared == nullptr || declared->isDeclaration(), name + " is defined twice");
  // External until link_runtime has resolved the runtime's declarations to them.
  auto* global = new llvm::GlobalVariable(module, value->getType(), /*isConstant=*/true,
                                          llvm::GlobalValue::ExternalLinkage, value, "");
  if (declared != nullptr) {
    declared->replaceAllUsesWith(global);
    declared->eraseFromParent();
  }
  global->setName(name);
  global->setAlignment(llvm::Align(alignment));
  return global;
}

void add_tables(llvm::Module& module, const BundleInterface& interface) {
  TENON_CHECK(module.getDataLayout().getPointerSize() == interface.pointer_bytes,
              "the interface is of a target with other pointers");
  const IoLayout layout = io_layout(interface, interface.pointer_bytes);
  tnr_model row = model_row(interface, layout);

  std::vector<tnr_dim> dims;
  for (size_t i = 0; i < interface.dims.size(); ++i)
    dims.push_back({layout.dims[i], 0, interface.dims[i].least, interface.dims[i].most});
  define_table(module, "tn_model_dims", dims);

  std::vector<tnr_tensor> tensors;
  for (size_t i = 0; i < interface.tensors.size(); ++i) {
    const InterfaceTensor& tensor = interface.tensors[i];
    tensors.push_back({layout.tensors[i], static_cast<int32_t>(tensor.role),
                       onnx_number(tensor.dtype), element_alignment(tensor.dtype)});
  }
  define_table(module, "tn_model_tensors", tensors);

  add_status_texts(module, interface, row);
  add_golden(module, interface);
  define_table(module, "tn_model", std::vector<tnr_model>{row});
  if (!interface.weights_embedded || interface.weights_bytes == 0)
    define_bytes(module, "tn_model_weights", std::vector<uint8_t>(64), 64);
  const ArenaBytes arena = arena_bytes_most(interface);
  add_info(module, interface, row.abi, arena.fixed + arena.scratch);
}

}  // namespace tenon::codegen
