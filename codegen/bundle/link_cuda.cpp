// link_cuda.cpp: the host part of a bundle for CUDA, as a module.
//
//   runtime/cuda/host.c (bitcode) + tables + images
//     ->  hidden @mlp_open, @mlp_run, @mlp_graph_run, ...; all else internal
#include "codegen/bundle/link_cuda.h"

#include <set>

#include <llvm/Bitcode/BitcodeReader.h>
#include <llvm/IR/Constants.h>
#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/Module.h>
#include <llvm/IR/Verifier.h>
#include <llvm/Support/MemoryBuffer.h>
#include <llvm/Support/raw_ostream.h>
#include <llvm/TargetParser/Triple.h>

#include "codegen/bundle/cuda_header.h"
#include "codegen/bundle/tables.h"
#include "codegen/bundle/weights.h"
#include "runtime/cuda/embedded.h"
#include "support/check.h"

namespace tenon::codegen {
namespace {

llvm::StringRef host_bitcode(const std::string& triple) {
  const auto text = [](const unsigned char* bytes, size_t count) {
    return llvm::StringRef(reinterpret_cast<const char*>(bytes), count);
  };
  switch (llvm::Triple(triple).getArch()) {
    case llvm::Triple::x86_64:
      return text(tenon_embedded_cuda_tree_cuda_host_x86_64_bc,
                  tenon_embedded_cuda_tree_cuda_host_x86_64_bc_bytes);
    case llvm::Triple::aarch64:
      return text(tenon_embedded_cuda_tree_cuda_host_aarch64_bc,
                  tenon_embedded_cuda_tree_cuda_host_aarch64_bc_bytes);
    default: TENON_CHECK(false, "no host part for " + triple);
  }
}

std::unique_ptr<llvm::Module> load_host(llvm::LLVMContext& context, const std::string& triple) {
  const llvm::StringRef bytes = host_bitcode(triple);
  auto host = llvm::parseBitcodeFile(llvm::MemoryBufferRef(bytes, "runtime/cuda"), context);
  if (!host) TENON_CHECK(false, "runtime/cuda: " + llvm::toString(host.takeError()));
  if (llvm::NamedMDNode* ident = (*host)->getNamedMetadata("llvm.ident")) ident->eraseFromParent();
  return std::move(*host);
}

void define_bytes(llvm::Module& module, const std::string& name, const void* bytes, size_t count,
                  uint64_t alignment) {
  const llvm::ArrayRef<uint8_t> data(static_cast<const uint8_t*>(bytes), count);
  define_global(module, name, llvm::ConstantDataArray::get(module.getContext(), data), alignment);
}

// C has no empty array: a table without rows has one of zeros.
template <class Row>
void define_table(llvm::Module& module, const std::string& name, std::vector<Row> rows) {
  static_assert(std::has_unique_object_representations_v<Row>);
  if (rows.empty()) rows.push_back(Row{});
  define_bytes(module, name, rows.data(), rows.size() * sizeof(Row), 8);
}

void define_tables(llvm::Module& module, const BundleInterface& interface,
                   const CudaTables& tables) {
  const CudaModelRows rows = cuda_model_rows(interface, tables);
  define_table(module, "tn_cuda_model", std::vector<tnc_model>{rows.model});
  define_table(module, "tn_cuda_dims", rows.dims);
  define_table(module, "tn_cuda_tensors", rows.tensors);
  define_table(module, "tn_cuda_tensor_bytes", tables.tensor_bytes);
  define_table(module, "tn_cuda_requirements", tables.requirements);
  define_table(module, "tn_cuda_variants", tables.variants);
  define_table(module, "tn_cuda_image_places", tables.image_places);
  define_table(module, "tn_cuda_kernels", rows.kernels);
  define_table(module, "tn_cuda_launches", tables.launches);
  define_table(module, "tn_cuda_arguments", tables.arguments);
  define_table(module, "tn_cuda_code", tables.code);
  define_table(module, "tn_cuda_status_texts", rows.status_texts);
  define_bytes(module, "tn_cuda_strings", rows.strings.data(), rows.strings.size(), 1);
  define_bytes(module, "tn_cuda_images", tables.images.data(), tables.images.size(), 64);
  if (interface.selftest) {
    static_assert(sizeof(tnr_golden) == 32);  // doubles have more than one zero: no padding, though
    define_bytes(module, "tn_cuda_golden", rows.golden.data(),
                 rows.golden.size() * sizeof(tnr_golden), 8);
    define_table(module, "tn_cuda_golden_dims", rows.golden_dims);
    define_bytes(module, "tn_cuda_golden_bytes", rows.golden_bytes.data(), rows.golden_bytes.size(),
                 64);
  }
  add_info(module, interface, rows.model.abi, cuda_arena_bytes_most(tables));
}

void define_weights(llvm::Module& module, const BundleInterface& interface) {
  const bool is_embedded = interface.weights_embedded && interface.weights_bytes != 0;
  auto* type = llvm::ArrayType::get(llvm::Type::getInt8Ty(module.getContext()),
                                    is_embedded ? interface.weights_bytes + 64 : 64);
  llvm::GlobalVariable* weights =
      define_global(module, "tn_cuda_weights", llvm::ConstantAggregateZero::get(type), 64);
  if (!is_embedded) return;
  weights->setExternallyInitialized(true);
  weights->setSection(weights_section(interface));
}

// size_t N_arena_bytes(const N_model *, int64_t dim, ...): the runtime's takes an array.
void add_arena_bytes(llvm::Module& module, const BundleInterface& interface) {
  llvm::Function* const runtime = module.getFunction("tn_cu_arena_bytes");
  llvm::IRBuilder<> builder(module.getContext());
  std::vector<llvm::Type*> parameters(interface.dims.size() + 1, builder.getInt64Ty());
  parameters[0] = builder.getPtrTy();
  auto* function = llvm::Function::Create(
      llvm::FunctionType::get(runtime->getReturnType(), parameters, false),
      llvm::GlobalValue::ExternalLinkage, interface.name + "_arena_bytes", module);
  function->setAttributes(function->getAttributes().addFnAttributes(
      module.getContext(),
      llvm::AttrBuilder(module.getContext(), runtime->getAttributes().getFnAttrs())));
  builder.SetInsertPoint(llvm::BasicBlock::Create(module.getContext(), "", function));
  llvm::Value* dims =
      builder.CreateAlloca(llvm::ArrayType::get(builder.getInt64Ty(), interface.dims.size() + 1));
  for (unsigned i = 0; i < interface.dims.size(); ++i)
    builder.CreateStore(function->getArg(i + 1),
                        builder.CreateConstGEP1_64(builder.getInt64Ty(), dims, i));
  builder.CreateRet(builder.CreateCall(runtime, {function->getArg(0), dims}));
}

// The runtime has a self-test, whose vectors only some models have: it goes, and what only it calls.
void remove_selftest(llvm::Module& module) {
  std::vector<llvm::Function*> unused = {module.getFunction("tn_cu_selftest")};
  while (!unused.empty()) {
    for (llvm::Function* function : unused) function->eraseFromParent();
    unused.clear();
    for (llvm::Function& function : module)
      if (function.hasLocalLinkage() && function.use_empty()) unused.push_back(&function);
  }
  for (const char* name : {"tn_cuda_golden", "tn_cuda_golden_dims", "tn_cuda_golden_bytes"})
    module.getNamedGlobal(name)->eraseFromParent();
}

// tn_cu_open -> mlp_open: an entry point; tn_cuda_model -> mlp_cuda_model: internal, as all else.
void settle_symbols(llvm::Module& module, const BundleInterface& interface) {
  std::set<std::string> entry_points = {interface.name + "_arena_bytes", interface.name + "_info"};
  std::vector<std::string> names = {"open",       "open_text", "close",       "run",
                                    "graph_open", "graph_run", "graph_close", "status_text"};
  if (interface.selftest) names.push_back("selftest");
  for (const std::string& name : names) {
    llvm::Function* const function = module.getFunction("tn_cu_" + name);
    TENON_CHECK(function != nullptr, "the runtime has no " + name);
    function->setName(interface.name + "_" + name);
    entry_points.insert(interface.name + "_" + name);
  }
  for (llvm::GlobalValue& value : module.global_values()) {
    const llvm::StringRef name = value.getName();
    if (name.starts_with("llvm.") || value.isDeclaration()) continue;
    if (entry_points.count(name.str())) {
      value.setVisibility(interface.default_visibility ? llvm::GlobalValue::DefaultVisibility
                                                       : llvm::GlobalValue::HiddenVisibility);
      value.setDSOLocal(!interface.default_visibility);
      continue;
    }
    if (name.starts_with("tn_"))
      value.setName(interface.name + "_" + name.drop_front(3).str());
    else if (!name.empty() && !name.starts_with(interface.name + "_"))
      value.setName(interface.name + "_rt_" + name.str());
    value.setVisibility(llvm::GlobalValue::DefaultVisibility);
    value.setLinkage(llvm::GlobalValue::InternalLinkage);
    value.setDSOLocal(true);
  }
  for (const llvm::GlobalValue& value : module.global_values()) {
    const llvm::StringRef name = value.getName();
    if (!value.isDeclaration() || value.use_empty() || name.starts_with("llvm.")) continue;
    TENON_CHECK(name == "dlopen" || name == "dlsym" || name == "memcpy" || name == "memset",
                name.str() + " is not defined");
  }
}

}  // namespace

std::unique_ptr<llvm::Module> link_cuda(llvm::LLVMContext& context,
                                        const BundleInterface& interface,
                                        const CudaTables& tables) {
  std::unique_ptr<llvm::Module> module = load_host(context, interface.triple);
  define_tables(*module, interface, tables);
  define_weights(*module, interface);
  add_arena_bytes(*module, interface);
  if (!interface.selftest) remove_selftest(*module);
  settle_symbols(*module, interface);
  std::string fault;
  llvm::raw_string_ostream stream(fault);
  TENON_CHECK(!llvm::verifyModule(*module, &stream), "the host part's module: " + fault);
  return module;
}

}  // namespace tenon::codegen
