// Values of elementwise stages move into the stages that read them.
//
//   t[i:8, j:4] = x[j, i]   u[i:8, j:4] = t[i, j] + 1.0   y[i:8] = sum[j:4](u[i, j] * u[i, j])
//   ->   u[i:8, j:4] = x[j, i] + 1.0   y[i:8] = sum[j:4](u[i, j] * u[i, j])
//
// Needs: nothing.   Leaves: results, reductions and the anchor are never inlined; locals that are not read are gone.
#include <algorithm>

#include "ir/tensor/passes.h"

namespace tenon::tensor {
namespace {

template <class Visit>
void for_each_read(const Stage& stage, const Visit& visit) {
  auto look = [&](Expr e) {
    if (!e) return;
    for_each_node(e, [&](Expr node) {
      if (const Read* read = node.as<Read>()) visit(*read);
    });
  };
  for (Expr subscript : stage.target) look(subscript);
  for (Expr requirement : stage.requirements) look(requirement);
  look(stage.where);
  look(stage.value);
}

bool reads(const Stage& stage, const std::string& tensor) {
  bool found = false;
  for_each_read(stage, [&](const Read& read) { found = found || read.tensor == tensor; });
  return found;
}

// Subscripts, literals and conversions; or anything cheap that reads nothing: to compute it again
// costs no more than to load it.
bool is_trivial(Expr value) {
  bool reads_any = false, computes = false, expensive = false;
  for_each_node(value, [&](Expr e) {
    if (e.kind() == ExprKind::Read) reads_any = true;
    const Apply* apply = e.as<Apply>();
    if (!apply || e.type() == DType::Index) return;
    computes = true;
    expensive =
        expensive || is_math_function(apply->op) || apply->op == Op::Div || apply->op == Op::Sqrt;
  });
  return !computes || (!reads_any && !expensive);
}

// a, a + 3, 2*a - 1: different values of the variable give different subscripts.
bool is_linear_in(Expr subscript, const std::string& name) {
  if (const Var* var = subscript.as<Var>()) return var->name == name;
  const Apply* apply = subscript.as<Apply>();
  if (!apply || apply->children.size() != 2) return false;
  Expr a = apply->operand(0), b = apply->operand(1);
  switch (apply->op) {
    case Op::Add:
    case Op::Sub:
      return (is_linear_in(a, name) && as_int(b)) || (as_int(a) && is_linear_in(b, name));
    case Op::Mul:
      return (is_linear_in(a, name) && as_int(b) && !is_int(b, 0)) ||
             (as_int(a) && !is_int(a, 0) && is_linear_in(b, name));
    default: return false;
  }
}

class ReplaceReads final : public Rewriter {
 public:
  // `subscripts` of the producer's target, each an axis of it or the variable of its scan.
  ReplaceReads(ExprPool& pool, const Stage& producer, const Ranges& ranges)
      : Rewriter(pool), producer_(producer), ranges_(ranges) {}

  Expr at(Expr e, const std::vector<Expr>& subscripts) {
    std::vector<Substitution> point;
    for (size_t i = 0; i < subscripts.size(); ++i)
      point.push_back({producer_.target[i].as<Var>()->name, subscripts[i]});
    return simplify(substitute(e, point), ranges_);
  }
  const std::vector<std::vector<Expr>>& replaced() const { return replaced_; }

 private:
  Expr rewrite(Expr e) override {
    const Read* read = e.as<Read>();
    if (!read || read->tensor != producer_.tensor) return rewrite_children(e);
    std::vector<Expr> subscripts;
    for (Expr subscript : read->indices()) subscripts.push_back((*this)(subscript));
    replaced_.push_back(subscripts);
    return at(producer_.value, subscripts);
  }

  const Stage& producer_;
  const Ranges& ranges_;
  std::vector<std::vector<Expr>> replaced_;
};

class Inliner {
 public:
  Inliner(const Function& function, ExprPool& pool) : function_(function), pool_(pool) {}

  Function run() {
    for (size_t i = 0; i < function_.steps.size(); ++i)
      if (may_move(i) && is_worth_it(i))
        for (size_t k = i + 1; k < function_.steps.size(); ++k) inline_into(i, k);
    drop_dead_stages();
    return std::move(function_);
  }

 private:
  const Stage& stage(size_t step) const { return *function_.steps[step].stage; }
  const Axis* scan_axis(int scan) const {
    return scan < 0 ? nullptr : &function_.scans[static_cast<size_t>(scan)].axis;
  }

  bool is_local(const std::string& name) const {
    return std::any_of(function_.locals.begin(), function_.locals.end(),
                       [&](const Tensor& tensor) { return tensor.name == name; });
  }

  // True when every read of the stage's tensor can be replaced by its value.
  bool may_move(size_t step) const {
    const Stage& producer = stage(step);
    if (!is_local(producer.tensor) || producer.reducer != Reducer::None || producer.where)
      return false;
    if (producer.name == function_.anchor_stage ||
        producer.target.size() != producer.axes.size() + (function_.steps[step].scan >= 0))
      return false;
    const Axis* scan = scan_axis(function_.steps[step].scan);
    for (Expr subscript : producer.target) {
      const Var* var = subscript.as<Var>();
      if (!var || std::count(producer.target.begin(), producer.target.end(), subscript) != 1)
        return false;
      bool is_axis = std::any_of(producer.axes.begin(), producer.axes.end(),
                                 [&](const Axis& axis) { return axis.name == var->name; });
      if (!is_axis && !(scan && scan->name == var->name)) return false;
    }
    for (size_t k = 0; k < function_.steps.size(); ++k) {
      if (k != step && stage(k).tensor == producer.tensor) return false;
      if (reads(stage(k), producer.tensor) && (k <= step || !reader_may_compute(step, k)))
        return false;
    }
    return true;
  }

  // The reader asks only for elements that it can compute: inside, and of the same step of a scan.
  bool reader_may_compute(size_t step, size_t reader) const {
    const Stage& producer = stage(step);
    int scan = function_.steps[step].scan;
    if (scan >= 0 && function_.steps[reader].scan != scan) return false;
    bool possible = true;
    for_each_read(stage(reader), [&](const Read& read) {
      if (read.tensor != producer.tensor) return;
      possible = possible && !read.has_otherwise;
      for (size_t i = 0; i < producer.target.size() && scan >= 0; ++i)
        if (producer.target[i].as<Var>()->name == scan_axis(scan)->name)
          possible = possible && read.indices()[i] == producer.target[i];
    });
    return possible;
  }

  bool is_worth_it(size_t step) const {
    const Stage& producer = stage(step);
    int readers = 0, places = 0;
    bool once = true;
    for (size_t k = step + 1; k < function_.steps.size(); ++k) {
      if (!reads(stage(k), producer.tensor)) continue;
      ++readers;
      for_each_read(stage(k), [&](const Read& read) {
        if (read.tensor != producer.tensor) return;
        ++places;
        once = once && visits_once(step, k, read);
      });
    }
    if (readers == 0) return false;
    return (is_trivial(producer.value) && producer.requirements.empty()) ||
           (readers == 1 && places == 1 && once);
  }

  // No two points of the reader read the same element.
  bool visits_once(size_t step, size_t reader, const Read& read) const {
    std::vector<Axis> axes = stage(reader).axes;
    axes.insert(axes.end(), stage(reader).reduce_axes.begin(), stage(reader).reduce_axes.end());
    const Axis* scan = scan_axis(function_.steps[reader].scan);
    if (scan && function_.steps[step].scan < 0) axes.push_back(*scan);
    return std::all_of(axes.begin(), axes.end(), [&](const Axis& axis) {
      std::span<const Expr> subscripts = read.indices();
      return is_int(axis.extent, 1) ||
             std::any_of(subscripts.begin(), subscripts.end(),
                         [&](Expr subscript) { return is_linear_in(subscript, axis.name); });
    });
  }

  void inline_into(size_t step, size_t reader) {
    const Stage& producer = stage(step);
    if (!reads(stage(reader), producer.tensor)) return;
    Stage result = stage(reader);
    Ranges ranges;
    for (const std::vector<Axis>* axes : {&result.axes, &result.reduce_axes})
      for (const Axis& axis : *axes) ranges.set_extent(axis.name, axis.extent);
    if (const Axis* scan = scan_axis(function_.steps[reader].scan))
      ranges.set_extent(scan->name, scan->extent);
    ReplaceReads replace(pool_, producer, ranges);
    for (Expr& subscript : result.target) subscript = replace(subscript);
    for (Expr& requirement : result.requirements) requirement = replace(requirement);
    if (result.where) result.where = replace(result.where);
    result.value = replace(result.value);
    for (const std::vector<Expr>& subscripts : replace.replaced())
      for (Expr requirement : producer.requirements) {
        Expr moved = replace.at(requirement, subscripts);
        if (std::find(result.requirements.begin(), result.requirements.end(), moved) ==
            result.requirements.end())
          result.requirements.push_back(moved);
      }
    result.location = merge(producer.location, result.location);
    function_.steps[reader].stage = std::make_shared<const Stage>(std::move(result));
  }

  void drop_dead_stages() {
    for (size_t i = function_.steps.size(); i-- > 0;) {
      const std::string tensor = stage(i).tensor;
      if (!is_local(tensor)) continue;
      bool read = false;
      for (size_t k = 0; k < function_.steps.size(); ++k)
        read = read || (stage(k).tensor != tensor && reads(stage(k), tensor));
      if (!read) function_.steps.erase(function_.steps.begin() + static_cast<std::ptrdiff_t>(i));
    }
    std::erase_if(function_.locals, [&](const Tensor& tensor) {
      return std::none_of(function_.steps.begin(), function_.steps.end(),
                          [&](const Step& step) { return step.stage->tensor == tensor.name; });
    });
  }

  Function function_;
  ExprPool& pool_;
};

}  // namespace

Function inline_elementwise(const Function& function, ExprPool& pool) {
  return Inliner(function, pool).run();
}

}  // namespace tenon::tensor
