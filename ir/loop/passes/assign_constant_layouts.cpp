// Each constant takes the shape and layout in which kernels read it.
//
//   const w: f32[64, 48] = initializer "w"   call @f(x, w, y), whose w is f32[64, 48]<1/16, 0, 1%16>
//   ->   const w: f32[64, 48]<1/16, 0, 1%16> = initializer "w"
//
// A constant that `setup` writes is written row-major, under its own name, and packed like any
// other when the weights are laid out; a second layout of it is `copy of` the first.
#include <set>

#include "ir/loop/passes.h"

namespace tenon::loop {
namespace {

class AssignLayouts final : public StmtRewriter {
 public:
  explicit AssignLayouts(Module& module) : module_(module) {
    for (size_t i = 0; i < module.constants.size(); ++i) {
      by_name_[module.constants[i].buffer.name] = i;
      names_.insert(module.constants[i].buffer.name);
    }
  }

  Stmt rewrite(const Stmt& stmt) override {
    const Call* old = stmt.as<Call>();
    if (!old) return rewrite_children(stmt);
    const Function* function = module_.find_function(old->function);
    TENON_CHECK(function, "no function " + old->function);
    Call call = *old;
    for (size_t i = 0; i < call.arguments.size(); ++i) {
      auto found = by_name_.find(call.arguments[i]);
      if (found != by_name_.end())
        call.arguments[i] = assigned(found->second, function->params[i].buffer);
    }
    return call;
  }

  /// Constants that main reads, in order of first use.
  std::vector<Constant> take() { return std::move(used_); }

 private:
  std::string assigned(size_t constant, const Buffer& wanted) {
    for (const Variant& variant : variants_)
      if (variant.constant == constant && variant.layout == wanted.layout &&
          variant.extents == wanted.extents)
        return variant.name;
    Constant placed = module_.constants[constant];
    std::string base = placed.buffer.name;
    bool first = true;
    for (const Variant& variant : variants_) first = first && variant.constant != constant;
    for (int n = 2; !first && !names_.insert(placed.buffer.name).second; ++n)
      placed.buffer.name = base + "_" + std::to_string(n);
    placed.buffer.extents = wanted.extents;
    placed.buffer.layout = wanted.layout;
    if (!first && placed.initializer.empty() && placed.bytes.empty()) placed.copy_of = base;
    variants_.push_back({constant, wanted.layout, wanted.extents, placed.buffer.name});
    used_.push_back(placed);
    return placed.buffer.name;
  }

  struct Variant {
    size_t constant;
    Layout layout;
    std::vector<Expr> extents;
    std::string name;
  };
  Module& module_;
  std::map<std::string, size_t> by_name_;
  std::set<std::string> names_;
  std::vector<Variant> variants_;
  std::vector<Constant> used_;
};

}  // namespace

void assign_constant_layouts(Module& module) {
  AssignLayouts assign(module);
  Stmt main = assign.rewrite(module.main);
  std::vector<Constant> used = assign.take();
  // What setup reads stays as it is, row-major, unless main reads it too.
  std::set<std::string> read_by_setup, known;
  for_each_stmt(module.setup, [&](const Stmt& stmt) {
    if (const Call* call = stmt.as<Call>())
      read_by_setup.insert(call->arguments.begin(), call->arguments.end());
  });
  for (const Constant& constant : used) known.insert(constant.buffer.name);
  for (const Constant& constant : module.constants)
    if (read_by_setup.count(constant.buffer.name) && !known.count(constant.buffer.name))
      used.push_back(constant);
  module.constants = std::move(used);
  module.main = main;
}

}  // namespace tenon::loop
