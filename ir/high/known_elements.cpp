// Elements of results that follow from elements of inputs: the operator's own `compute`, evaluated
// with expressions in place of numbers. So an exported chain of Shape, Gather, Concat and Reshape
// is settled while the graph is built, also where dimensions are symbols.
//
//   %y = gather %x, %zero, where %x has the elements {batch, 768}   ->   %y has {batch}
//
// Integers are held as index expressions. A conversion or operation that could wrap, or whose
// rounding depends on a sign that is not known, makes the result unknown.
#include <algorithm>

#include "ir/expr/fold.h"
#include "ir/high/op.h"

namespace tenon::high {
namespace {

using Elements = std::vector<Expr>;

// More points than this are not worth evaluating.
constexpr int64_t kMaxPoints = 4096;

bool is_literal(Expr e) { return e.kind() == ExprKind::IntImm || e.kind() == ExprKind::FloatImm; }

class Evaluator {
 public:
  Evaluator(ExprPool& pool, const Ranges& ranges) : pool_(pool), ranges_(ranges) {}

  struct Known {
    std::vector<int64_t> extents;
    Elements elements;  // null where not written yet
  };
  std::map<std::string, Known> tensors;

  // Literal extents, or nothing.
  static std::optional<std::vector<int64_t>> extents_of(const std::vector<Expr>& shape) {
    std::optional<int64_t> count = element_count(shape);
    if (!count || *count > kMaxPoints) return std::nullopt;
    std::vector<int64_t> extents;
    for (Expr extent : shape) extents.push_back(*as_int(extent));
    return extents;
  }

  // Evaluates all stages; false when something is not known.
  bool run(const tensor::Function& function) {
    for (size_t first = 0; first < function.steps.size();) {
      size_t last = first + 1;
      int scan = function.steps[first].scan;
      while (scan >= 0 && last < function.steps.size() && function.steps[last].scan == scan) ++last;
      int64_t steps = 1;
      if (scan >= 0) {
        const int64_t* extent = as_int(function.scans[static_cast<size_t>(scan)].axis.extent);
        if (!extent) return false;
        steps = *extent;
      }
      for (int64_t t = 0; t < steps; ++t) {
        if (scan >= 0) axes_[function.scans[static_cast<size_t>(scan)].axis.name] = pool_.index(t);
        for (size_t i = first; i < last; ++i)
          if (!run_stage(*function.steps[i].stage)) return false;
      }
      if (scan >= 0) axes_.erase(function.scans[static_cast<size_t>(scan)].axis.name);
      first = last;
    }
    return true;
  }

 private:
  // Calls `visit` for each point of the axes, with the axes set; false as soon as it gives false.
  bool for_each_point(const std::vector<loop::Axis>& axes, size_t at,
                      const std::function<bool()>& visit) {
    if (at == axes.size()) return ++points_ <= kMaxPoints && visit();
    const int64_t* extent = as_int(axes[at].extent);
    if (!extent) return false;
    for (int64_t i = 0; i < *extent; ++i) {
      axes_[axes[at].name] = pool_.index(i);
      if (!for_each_point(axes, at + 1, visit)) return false;
    }
    axes_.erase(axes[at].name);
    return true;
  }

  bool run_stage(const loop::Stage& stage) {
    return for_each_point(stage.axes, 0, [&] {
      Expr* element = element_at(stage.tensor, stage.target);
      if (!element) return false;
      if (stage.reducer == loop::Reducer::None) {
        *element = evaluate(stage.value);
        return static_cast<bool>(*element);
      }
      Expr total = evaluate(loop::identity_of(stage.reducer, stage.type, pool_));
      bool known = for_each_point(stage.reduce_axes, 0, [&] {
        if (stage.where) {
          Expr visited = evaluate(stage.where);
          if (!visited || !as_int(visited)) return false;
          if (!is_true(visited)) return true;
        }
        Expr term = evaluate(stage.value);
        if (!term) return false;
        total = checked(loop::combine(stage.reducer, total, term), stage.type);
        return static_cast<bool>(total);
      });
      *element = total;
      return known;
    });
  }

  // Where the element stands; null when a subscript is not known or outside.
  Expr* element_at(const std::string& tensor, std::span<const Expr> indices) {
    auto found = tensors.find(tensor);
    if (found == tensors.end()) return nullptr;
    int64_t position = 0;
    for (size_t i = 0; i < indices.size(); ++i) {
      Expr index = evaluate(indices[i]);
      const int64_t* value = index ? as_int(index) : nullptr;
      if (!value || *value < 0 || *value >= found->second.extents[i]) return nullptr;
      position = position * found->second.extents[i] + *value;
    }
    return &found->second.elements[static_cast<size_t>(position)];
  }

  // The value of an expression of a stage: integers as index, bool as bool, floats as literals;
  // null when not known.
  Expr evaluate(Expr e) {
    switch (e.kind()) {
      case ExprKind::IntImm:
        return e.type() == DType::Bool ? e : pool_.index(e.as<IntImm>()->value);
      case ExprKind::FloatImm: return e;
      case ExprKind::Var: {
        auto found = axes_.find(e.as<Var>()->name);
        return found != axes_.end() ? found->second : e;
      }
      case ExprKind::Read: return evaluate_read(*e.as<Read>());
      case ExprKind::Cast: return evaluate_cast(e);
      case ExprKind::Apply: return evaluate_apply(e);
    }
    return {};
  }

  Expr evaluate_read(const Read& read) {
    // An element outside of the tensor is its `else` value; element_at answers null for that, and
    // for what is not known.
    if (read.has_otherwise) {
      const Known* known = tensors.count(read.tensor) ? &tensors[read.tensor] : nullptr;
      for (size_t i = 0; known && i < read.indices().size(); ++i) {
        Expr index = evaluate(read.indices()[i]);
        const int64_t* value = index ? as_int(index) : nullptr;
        if (!value) return {};
        if (*value < 0 || *value >= known->extents[i]) return evaluate(read.otherwise());
      }
    }
    Expr* element = element_at(read.tensor, read.indices());
    return element ? *element : Expr();
  }

  Expr evaluate_cast(Expr e) {
    Expr value = evaluate(e.as<Cast>()->value());
    DType to = e.type(), from = e.as<Cast>()->value().type();
    if (!value || e.as<Cast>()->bits) return {};
    if (is_literal(value)) {
      Scalar scalar;
      if (const FloatImm* real = value.as<FloatImm>())
        scalar.f = real->value;
      else
        scalar.i = *as_int(value);
      return literal(to, convert(to, from, scalar));
    }
    if (to == from) return value;
    if (to == DType::Bool)
      return value.type() == DType::Index ? simplify(ne(value, pool_.index(0)), ranges_) : Expr();
    if (is_float(to) || value.type() != DType::Index) return {};
    return checked(value, to);
  }

  Expr literal(DType type, Scalar value) {
    if (is_float(type)) return pool_.real(type, value.f);
    return pool_.integer(type == DType::Bool ? DType::Bool : DType::Index, value.i);
  }

  Expr evaluate_apply(Expr e) {
    const Apply& apply = *e.as<Apply>();
    if (apply.op == Op::Select) {
      Expr condition = evaluate(apply.operand(0));
      if (!condition) return {};
      if (as_int(condition)) return evaluate(apply.operand(is_true(condition) ? 1 : 2));
      Expr a = evaluate(apply.operand(1)), b = evaluate(apply.operand(2));
      return a && b && !is_float(e.type()) ? simplify(select(condition, a, b), ranges_) : Expr();
    }
    std::vector<Expr> operands;
    bool literals = true;
    for (Expr operand : apply.children) {
      operands.push_back(evaluate(operand));
      if (!operands.back()) return {};
      literals = literals && is_literal(operands.back());
    }
    DType type = apply.operand(0).type();
    if (literals && !is_math_function(apply.op)) {
      Scalar values[3];
      for (size_t i = 0; i < operands.size(); ++i) {
        if (is_float(type))
          values[i].f = operands[i].as<FloatImm>()->value;
        else
          values[i].i = *as_int(operands[i]);
      }
      return literal(e.type(), tenon::evaluate(apply.op, type, values));
    }
    return is_float(type) ? Expr() : symbolic(apply.op, type, operands);
  }

  // An operation on index or bool expressions that has the same meaning on the data type.
  Expr symbolic(Op op, DType type, const std::vector<Expr>& x) {
    if (type == DType::Bool) return simplify(pool_.apply(op, x), ranges_);
    Expr zero = pool_.index(0);
    auto positive_divisor = [&] { return prove(lt(zero, x[1]), ranges_); };
    switch (op) {
      case Op::Add:
      case Op::Sub:
      case Op::Mul:
      case Op::Min:
      case Op::Max: return checked(pool_.apply(op, x), type);
      case Op::Neg: return checked(zero - x[0], type);
      case Op::Abs:
        return prove(le(zero, x[0]), ranges_)   ? x[0]
               : prove(le(x[0], zero), ranges_) ? checked(zero - x[0], type)
                                                : Expr();
      case Op::Eq:
      case Op::Ne:
      case Op::Lt:
      case Op::Le: return simplify(pool_.apply(op, x), ranges_);
      case Op::FloorDiv:
      case Op::FloorMod: return positive_divisor() ? simplify(pool_.apply(op, x), ranges_) : Expr();
      case Op::TruncDiv:
      case Op::TruncRem:
        // Truncation and floor agree where nothing is negative.
        if (!positive_divisor() || !prove(le(zero, x[0]), ranges_)) return {};
        return simplify(pool_.apply(op == Op::TruncDiv ? Op::FloorDiv : Op::FloorMod, x), ranges_);
      default: return {};
    }
  }

  // The simplified expression, where a value of the data type can hold it.
  Expr checked(Expr e, DType type) {
    if (is_float(type)) return is_literal(e) ? e : Expr();
    e = simplify(e, ranges_);
    if (type == DType::I64 || type == DType::Index || type == DType::Bool) return e;
    Interval bounds = bounds_of(e, ranges_);
    if (!bounds.bounded() || type == DType::U64) return {};
    return wrap(type, bounds.min) == bounds.min && wrap(type, bounds.max) == bounds.max ? e
                                                                                        : Expr();
  }

  ExprPool& pool_;
  const Ranges& ranges_;
  std::map<std::string, Expr> axes_;
  int64_t points_ = 0;
};

}  // namespace

std::vector<std::optional<std::vector<Expr>>> known_elements(const Graph& graph, const Node& node) {
  std::vector<std::optional<std::vector<Expr>>> result(node.outputs.size());
  ExprPool& pool = *graph.pool;
  Ranges ranges = graph.symbol_ranges();
  Evaluator evaluator(pool, ranges);
  tensor::Function function;
  std::vector<std::string> inputs, outputs;
  for (ValueId id : node.inputs) {
    inputs.push_back(id ? graph.value(id).name : "");
    if (!id) continue;
    const Value& value = graph.value(id);
    std::optional<std::vector<int64_t>> extents = Evaluator::extents_of(value.type.shape);
    if (!value.elements || !extents) return result;
    evaluator.tensors[value.name] = {*extents, *value.elements};
    if (!function.find_tensor(value.name))
      function.params.push_back({value.name, value.type.type, value.type.shape, {}, false});
  }
  for (ValueId id : node.outputs) {
    const Value& value = graph.value(id);
    std::optional<int64_t> count = element_count(value.type.shape);
    if (!count || *count > kInlineElements || value.type.type == DType::String) return result;
    outputs.push_back(value.name);
    function.results.push_back({value.name, value.type.type, value.type.shape, {}, false});
  }
  ComputeContext context(pool, function, graph, node, inputs, outputs);
  node.op->compute(context);
  for (const std::vector<tensor::Tensor>* list : {&function.results, &function.locals}) {
    for (const tensor::Tensor& tensor : *list) {
      std::optional<std::vector<int64_t>> extents = Evaluator::extents_of(tensor.extents);
      if (!extents) return result;
      evaluator.tensors[tensor.name] = {
          *extents, Elements(static_cast<size_t>(*element_count(tensor.extents)))};
    }
  }
  if (!evaluator.run(function)) return result;
  for (size_t i = 0; i < outputs.size(); ++i) {
    Elements& elements = evaluator.tensors[outputs[i]].elements;
    if (std::all_of(elements.begin(), elements.end(), [](Expr e) { return static_cast<bool>(e); }))
      result[i] = std::move(elements);
  }
  return result;
}

}  // namespace tenon::high
