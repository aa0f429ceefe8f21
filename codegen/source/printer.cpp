// What is known of a function before its text is printed: its symbols, its buffers, its scratch.
#include "codegen/source/printer.h"

#include <set>

#include "ir/loop/emission.h"

namespace tenon::codegen::source {

KernelPrinter::KernelPrinter(const loop::Function& function, const Ranges& symbols,
                             std::function<int32_t(const Location&)> node_number)
    : function_(function), node_number_(std::move(node_number)), ranges_(symbols) {
  loop::OwnCopy copy = loop::own_copy(function, *pool_);
  body_ = std::move(copy.body);
  params_ = std::move(copy.params);
  std::set<std::string> loops, used;
  loop::for_each_stmt(body_, [&](const loop::Stmt& stmt) {
    if (const auto* loop = stmt.as<loop::For>()) loops.insert(loop->var);
  });
  auto look = [&](Expr e) {
    for (const std::string& name : variables_of(e))
      if (!loops.count(name)) used.insert(name);
  };
  loop::for_each_expr(body_, look);
  for (const loop::Param& param : params_)
    for (const auto* list : {&param.buffer.extents, &param.buffer.strides})
      for (Expr e : *list) look(e);
  symbols_.assign(used.begin(), used.end());
  scratch_ = plan_scratch(body_, symbols_, ranges_, *pool_);
  if (!scratch_.fault.empty()) fail(scratch_.fault);
}

bool KernelPrinter::has_requirements() const {
  bool found = false;
  loop::for_each_stmt(body_, [&](const loop::Stmt& stmt) {
    found = found || stmt.kind() == loop::StmtKind::Require;
  });
  return found;
}

Value KernelPrinter::fail(const std::string& reason, DType type) {
  if (!failure_) failure_ = Failure{"kernel " + function_.name + ": " + reason};
  return {{"0"}, type, 0, 0};
}

}  // namespace tenon::codegen::source
