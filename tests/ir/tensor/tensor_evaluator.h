// The meaning of a tensor function, point by point, straight from nodes.h and fold.h: what lowering
// is compared with.
//
//   Values values = {{"x", {DType::F32, {2}, {1, 2}}}};
//   evaluate_function(parse("... y[i:2] = x[i] + 1.0"), values);   ->   values["y"].elements is {2, 3}
#pragma once

#include <map>
#include <string>
#include <vector>

#include "ir/expr/element.h"
#include "ir/tensor/nodes.h"

namespace tenon::tensor {

struct TensorValue {
  DType type = DType::F32;
  std::vector<int64_t> extents;
  std::vector<Scalar> elements;  // row-major

  std::vector<uint8_t> bytes() const {
    std::vector<uint8_t> result(
        static_cast<size_t>(bytes_of(type, static_cast<int64_t>(elements.size()))));
    for (size_t i = 0; i < elements.size(); ++i)
      store_element(type, result.data(), static_cast<int64_t>(i), elements[i]);
    return result;
  }
};

using Values = std::map<std::string, TensorValue>;
using Point = std::map<std::string, int64_t>;

class TensorEvaluator {
 public:
  TensorEvaluator(const Function& function, Values& values, Point symbols)
      : function_(function), values_(values), point_(std::move(symbols)) {}

  void run() {
    for (const std::vector<Tensor>* list : {&function_.results, &function_.locals})
      for (const Tensor& tensor : *list) {
        TensorValue value{tensor.type, {}, {}};
        size_t count = 1;
        for (Expr extent : tensor.extents)
          value.extents.push_back(index(extent)),
              count *= static_cast<size_t>(value.extents.back());
        value.elements.resize(count, Scalar{.i = 0});
        values_[tensor.name] = value;
      }
    for (size_t i = 0; i < function_.steps.size();) {
      int scan = function_.steps[i].scan;
      size_t end = i + 1;
      while (scan >= 0 && end < function_.steps.size() && function_.steps[end].scan == scan) ++end;
      const Axis* axis = scan >= 0 ? &function_.scans[static_cast<size_t>(scan)].axis : nullptr;
      for (int64_t t = 0; t < (axis ? index(axis->extent) : 1); ++t) {
        if (axis) point_[axis->name] = t;
        for (size_t k = i; k < end; ++k) run_stage(*function_.steps[k].stage);
      }
      if (axis) point_.erase(axis->name);
      i = end;
    }
  }

  bool requirements_hold() const { return requirements_hold_; }

 private:
  int64_t index(Expr e) { return value(e).i; }

  template <class Visit>
  void for_each_point(const std::vector<Axis>& axes, size_t from, const Visit& visit) {
    if (from == axes.size()) return visit();
    int64_t extent = index(axes[from].extent);
    for (int64_t i = 0; i < extent; ++i) {
      point_[axes[from].name] = i;
      for_each_point(axes, from + 1, visit);
    }
    point_.erase(axes[from].name);
  }

  void run_stage(const Stage& stage) {
    for_each_point(stage.axes, 0, [&] {
      Scalar& element = *find(stage.tensor, stage.target);
      if (stage.reducer == Reducer::None) {
        check_requirements(stage);
        element = value(stage.value);
        return;
      }
      ExprPool& pool = stage.value.pool();
      Scalar total = value(identity_of(stage.reducer, stage.type, pool));
      for_each_point(stage.reduce_axes, 0, [&] {
        if (stage.where && !value(stage.where).i) return;
        check_requirements(stage);
        Scalar operands[2] = {total, value(stage.value)};
        total = evaluate(op_of(stage.reducer), stage.type, operands);
      });
      element = total;
    });
  }

  static Op op_of(Reducer reducer) {
    switch (reducer) {
      case Reducer::Sum: return Op::Add;
      case Reducer::Prod: return Op::Mul;
      case Reducer::Max: return Op::Max;
      case Reducer::Min: return Op::Min;
      case Reducer::Any: return Op::Or;
      default: return Op::And;
    }
  }

  void check_requirements(const Stage& stage) {
    for (Expr requirement : stage.requirements)
      requirements_hold_ = requirements_hold_ && value(requirement).i;
  }

  // The element, or null where a subscript lies outside.
  Scalar* find(const std::string& name, std::span<const Expr> subscripts) {
    TensorValue& tensor = values_.at(name);
    int64_t offset = 0;
    for (size_t i = 0; i < subscripts.size(); ++i) {
      int64_t at = index(subscripts[i]);
      if (at < 0 || at >= tensor.extents[i]) return nullptr;
      offset = offset * tensor.extents[i] + at;
    }
    return &tensor.elements[static_cast<size_t>(offset)];
  }

  Scalar value(Expr e) {
    if (const IntImm* imm = e.as<IntImm>()) return {.i = imm->value};
    if (const FloatImm* imm = e.as<FloatImm>()) return {.f = imm->value};
    if (const Var* var = e.as<Var>()) return {.i = point_.at(var->name)};
    if (const Read* read = e.as<Read>()) {
      Scalar* element = find(read->tensor, read->indices());
      TENON_CHECK(element || read->has_otherwise, "outside of " + read->tensor);
      return element ? *element : value(read->otherwise());
    }
    if (const Cast* cast = e.as<Cast>()) {
      Scalar operand = value(cast->value());
      DType from = cast->value().type();
      return cast->bits ? reinterpret(cast->type, from, operand)
                        : convert(cast->type, from, operand);
    }
    const Apply* apply = e.as<Apply>();
    Scalar operands[3];
    for (size_t i = 0; i < apply->children.size(); ++i) operands[i] = value(apply->children[i]);
    return evaluate(apply->op, apply->children.back().type(), operands);
  }

  const Function& function_;
  Values& values_;
  Point point_;
  bool requirements_hold_ = true;
};

}  // namespace tenon::tensor
