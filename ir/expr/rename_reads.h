// Reads of tensors under other names.
//
//   RenameReads(pool, [](const std::string& name) { return name == "x" ? "y" : name; })
//   x[i + 1] * w[i]   ->   y[i + 1] * w[i]
#pragma once

#include <functional>
#include <string>

#include "ir/expr/expr.h"

namespace tenon {

class RenameReads final : public Rewriter {
 public:
  /// `name_of` gives the name that takes the place of one.
  RenameReads(ExprPool& pool, std::function<std::string(const std::string&)> name_of)
      : Rewriter(pool), name_of_(std::move(name_of)) {}

 private:
  Expr rewrite(Expr old) override {
    Expr e = rewrite_children(old);
    const Read* read = e.as<Read>();
    if (!read) return e;
    std::string name = name_of_(read->tensor);
    if (name == read->tensor) return e;
    return pool().read(name, e.type(), {read->indices().begin(), read->indices().end()},
                       read->otherwise());
  }

  std::function<std::string(const std::string&)> name_of_;
};

}  // namespace tenon
