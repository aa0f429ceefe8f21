// Evaluates one expression at many points: the DAG is laid out once as a list of steps over slots,
// each run by fold.h.
//
//   FlatEvaluator square(x * x);   square({3.0})   ->   9.0      x = pool.read("x0", DType::F32,
//   {})
#pragma once

#include <map>
#include <string>
#include <vector>

#include "ir/expr/expr.h"
#include "ir/expr/fold.h"

namespace tenon {

/// Reads of the scalars "x0" and "x1" are the operands.
class FlatEvaluator {
 public:
  explicit FlatEvaluator(Expr e) {
    std::map<const ExprNode*, size_t> slots;
    for_each_node(e, [&](Expr node) {
      Step step{node, {}};
      for (Expr child : node.children()) step.operands.push_back(slots.at(child.node()));
      slots[node.node()] = steps_.size();
      steps_.push_back(std::move(step));
    });
    values_.resize(steps_.size());
  }

  Scalar operator()(double x0, double x1 = 0) {
    for (size_t i = 0; i < steps_.size(); ++i) values_[i] = run(steps_[i], x0, x1);
    return values_.back();
  }

 private:
  struct Step {
    Expr node;
    std::vector<size_t> operands;
  };

  Scalar run(const Step& step, double x0, double x1) const {
    Scalar result;
    switch (step.node.kind()) {
      case ExprKind::IntImm: result.i = step.node.as<IntImm>()->value; return result;
      case ExprKind::FloatImm: result.f = step.node.as<FloatImm>()->value; return result;
      case ExprKind::Read: result.f = step.node.as<Read>()->tensor == "x0" ? x0 : x1; return result;
      case ExprKind::Cast: {
        DType from = step.node.as<Cast>()->value().type(), to = step.node.type();
        Scalar value = values_[step.operands[0]];
        return step.node.as<Cast>()->bits ? reinterpret(to, from, value) : convert(to, from, value);
      }
      default: break;
    }
    Scalar operands[3];
    for (size_t i = 0; i < step.operands.size(); ++i) operands[i] = values_[step.operands[i]];
    return evaluate(step.node.as<Apply>()->op, step.node.children().back().type(), operands);
  }

  std::vector<Step> steps_;
  std::vector<Scalar> values_;
};

}  // namespace tenon
