// Checks tensor functions.
#include "ir/tensor/verify.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <set>

#include "ir/loop/verify_parts.h"

namespace tenon::tensor {
namespace {

// The subscripts of a piece along one dimension: first, first + step, ..., `count` of them.
struct Progression {
  int64_t first = 0, step = 1, count = 1;
  int64_t last() const { return first + (count - 1) * step; }
};

using Box = std::vector<Progression>;

bool are_disjoint(const Progression& a, const Progression& b) {
  if (a.last() < b.first || b.last() < a.first) return true;
  return (a.first - b.first) % std::gcd(a.step, b.step) != 0;
}

// a + 3, 2*a, 5: the subscript of a piece, of one axis or none; none where it is of another form.
std::optional<Progression> progression_of(Expr subscript, const Stage& stage) {
  std::vector<std::string> names = variables_of(subscript);
  if (const int64_t* literal = as_int(subscript)) return Progression{*literal, 1, 1};
  if (names.size() != 1) return std::nullopt;
  const Axis* axis = stage.find_axis(names[0]);
  const int64_t* count = axis ? as_int(axis->extent) : nullptr;
  if (!count) return std::nullopt;
  ExprPool& pool = subscript.pool();
  auto at = [&](int64_t value) {
    std::vector<Substitution> point = {{names[0], pool.index(value)}};
    return substitute(subscript, point);
  };
  Expr first = at(0), second = at(1);
  const int64_t *a = as_int(first), *b = as_int(second);
  if (!a || !b || *b <= *a) return std::nullopt;
  Expr linear = pool.var(names[0]) * pool.index(*b - *a) + first;
  if (simplify(linear, {}) != simplify(subscript, {})) return std::nullopt;
  return Progression{*a, *b - *a, *count};
}

// The elements that the stage writes, where its extents are literals and each axis is in one
// subscript of a simple form.
std::optional<Box> box_of(const Stage& stage) {
  Box box;
  std::multiset<std::string> used;
  for (Expr subscript : stage.target) {
    std::optional<Progression> progression = progression_of(subscript, stage);
    if (!progression) return std::nullopt;
    box.push_back(*progression);
    for (const std::string& name : variables_of(subscript)) used.insert(name);
  }
  for (const Axis& axis : stage.axes)
    if (used.count(axis.name) != 1 && !is_int(axis.extent, 1)) return std::nullopt;
  return box;
}

class Verifier {
 public:
  Verifier(const Function& function, const Ranges& symbols, const VerifyOptions& options)
      : function_(function), symbols_(symbols), options_(options) {}

  std::vector<std::string> run();

 private:
  template <class... Parts>
  void fault(const Parts&... parts) {
    faults_.add(parts...);
  }

  void check_tensors();
  void check_step(size_t step);
  void check_expr(Expr e, DType type, const std::string& what,
                  const std::set<std::string>& variables);
  void check_reads(Expr e, size_t step, const Ranges& ranges, const std::vector<Expr>& assumed);
  void check_order(const std::string& tensor, size_t step);
  void check_cover(const Tensor& tensor);

  const Function& function_;
  const Ranges& symbols_;
  const VerifyOptions& options_;
  loop::FaultList faults_;
  std::map<std::string, const Tensor*> tensors_;
  std::map<std::string, std::vector<size_t>> writers_;  // steps
};

std::vector<std::string> Verifier::run() {
  for (size_t i = 0; i < function_.steps.size(); ++i)
    writers_[function_.steps[i].stage->tensor].push_back(i);
  check_tensors();
  std::set<std::string> stages;
  std::set<int> ended;
  for (size_t i = 0; i < function_.steps.size(); ++i) {
    const Step& step = function_.steps[i];
    faults_.enter_text(to_string(*step.stage));
    if (!stages.insert(step.stage->name).second) fault("two stages are named ", step.stage->name);
    if (step.scan >= static_cast<int>(function_.scans.size()))
      return fault("a scan that is not there"), faults_.take();
    if (step.scan >= 0 && ended.count(step.scan))
      fault("the stages of a scan do not stand together");
    if (i > 0 && function_.steps[i - 1].scan != step.scan)
      ended.insert(function_.steps[i - 1].scan);
    check_step(i);
  }
  faults_.enter_text("");
  for (const std::vector<Tensor>* list : {&function_.results, &function_.locals})
    for (const Tensor& tensor : *list) check_cover(tensor);
  if (!function_.anchor_stage.empty() && !stages.count(function_.anchor_stage))
    fault("the anchor ", function_.anchor_stage, " is no stage of the function");
  return faults_.take();
}

void Verifier::check_tensors() {
  for (const std::vector<Tensor>* list : {&function_.params, &function_.results, &function_.locals})
    for (const Tensor& tensor : *list) {
      loop::Buffer buffer;
      buffer.name = tensor.name;
      buffer.type = tensor.type;
      buffer.extents = tensor.extents;
      buffer.layout = tensor.layout;
      faults_.check_buffer(buffer);
      for (Expr extent : tensor.extents)
        check_expr(extent, DType::Index, "an extent of " + tensor.name, {});
      if (!tensors_.emplace(tensor.name, &tensor).second)
        fault("two tensors are named ", tensor.name);
      if (list == &function_.params && writers_.count(tensor.name))
        fault("the parameter ", tensor.name, " is not to be written");
      if (list == &function_.locals && !tensor.layout.is_row_major())
        fault("the local ", tensor.name, " has a layout");
    }
}

// ---- stages -------------------------------------------------------------------------------------

void Verifier::check_step(size_t step) {
  const Stage& stage = *function_.steps[step].stage;
  std::set<std::string> variables, reserved;
  Ranges ranges = symbols_;
  auto add_axis = [&](const Axis& axis) {
    faults_.check_name(axis.name, "axis");
    check_expr(axis.extent, DType::Index, "the extent of " + axis.name, {});
    if (!variables.insert(axis.name).second) fault("two axes are named ", axis.name);
    if (symbols_.find(axis.name)) fault("the axis ", axis.name, " has the name of a symbol");
    if (axis.extent && axis.extent.type() == DType::Index)
      ranges.set_extent(axis.name, axis.extent);
  };
  int scan = function_.steps[step].scan;
  if (scan >= 0) add_axis(function_.scans[static_cast<size_t>(scan)].axis);
  for (const Axis& axis : stage.axes) add_axis(axis);
  std::set<std::string> spatial = variables;
  for (const Axis& axis : stage.reduce_axes) add_axis(axis);

  auto tensor = tensors_.find(stage.tensor);
  if (tensor == tensors_.end()) return fault("no tensor ", stage.tensor, " is known");
  if (tensor->second->type != stage.type)
    fault("the stage gives ", name_of(stage.type), ", its tensor holds ",
          name_of(tensor->second->type));
  if (tensor->second->extents.size() != stage.target.size())
    fault("the stage writes ", stage.tensor, " with ", stage.target.size(), " subscripts");
  for (Expr subscript : stage.target)
    check_expr(subscript, DType::Index, "a subscript of the target", spatial);
  check_expr(stage.value, stage.type, "the value", variables);
  if (stage.where) check_expr(stage.where, DType::Bool, "the predicate", variables);
  for (Expr requirement : stage.requirements)
    check_expr(requirement, DType::Bool, "a requirement", variables);
  faults_.check_reducer(stage);

  std::vector<Expr> assumed = conjuncts(stage.where);
  for (size_t i = 0; i < stage.target.size() && i < tensor->second->extents.size(); ++i)
    faults_.check_inside(stage.target[i], tensor->second->extents[i], ranges, {},
                         "subscript " + std::to_string(i) + " of " + stage.tensor,
                         options_.require_proofs);
  if (stage.value) check_reads(stage.value, step, ranges, assumed);
  if (stage.where) check_reads(stage.where, step, ranges, {});
  for (Expr requirement : stage.requirements) check_reads(requirement, step, ranges, assumed);
}

void Verifier::check_expr(Expr e, DType type, const std::string& what,
                          const std::set<std::string>& variables) {
  if (!e) return fault(what, " is missing");
  if (e.type() != type) fault(what, " is of type ", name_of(e.type()), ", not ", name_of(type));
  for_each_node(e, [&](Expr node) {
    const Var* var = node.as<Var>();
    if (var && !variables.count(var->name) && !symbols_.find(var->name))
      fault(what, " uses ", var->name, ", which is no variable here");
    const Read* read = node.as<Read>();
    if (!read) return;
    auto tensor = tensors_.find(read->tensor);
    if (tensor == tensors_.end())
      return fault(what, " reads ", read->tensor, ", which is no tensor");
    if (tensor->second->type != read->type)
      fault(what, " reads ", read->tensor, " as ", name_of(read->type));
    if (tensor->second->extents.size() != read->indices().size())
      fault(what, " reads ", read->tensor, " with ", read->indices().size(), " subscripts");
  });
}

void Verifier::check_reads(Expr e, size_t step, const Ranges& ranges,
                           const std::vector<Expr>& assumed) {
  for_each_node(e, [&](Expr node) {
    const Read* read = node.as<Read>();
    auto tensor = read ? tensors_.find(read->tensor) : tensors_.end();
    if (tensor == tensors_.end()) return;
    check_order(read->tensor, step);
    if (read->has_otherwise || tensor->second->extents.size() != read->indices().size()) return;
    for (size_t i = 0; i < read->indices().size(); ++i)
      faults_.check_inside(read->indices()[i], tensor->second->extents[i], ranges, assumed,
                           "subscript " + std::to_string(i) + " of " + read->tensor,
                           options_.require_proofs);
  });
}

void Verifier::check_order(const std::string& tensor, size_t step) {
  auto writers = writers_.find(tensor);
  if (writers == writers_.end()) return;
  int scan = function_.steps[step].scan;
  for (size_t writer : writers->second)
    if (writer >= step && (scan < 0 || function_.steps[writer].scan != scan))
      return fault(tensor, " is read before all of it is written");
}

// ---- pieces -------------------------------------------------------------------------------------

// Of literal extents: the boxes lie inside (check_step), no two overlap, and they hold as many
// elements as the tensor.
void Verifier::check_cover(const Tensor& tensor) {
  auto writers = writers_.find(tensor.name);
  if (writers == writers_.end()) {
    bool empty = std::any_of(tensor.extents.begin(), tensor.extents.end(),
                             [](Expr extent) { return is_int(extent, 0); });
    if (!empty) fault(tensor.name, " is never written");
    return;
  }
  int64_t total = 1, covered = 0;
  for (Expr extent : tensor.extents) {
    const int64_t* literal = as_int(extent);
    if (!literal || __builtin_mul_overflow(total, *literal, &total)) return;
  }
  std::vector<Box> boxes;
  for (size_t writer : writers->second) {
    const Step& step = function_.steps[writer];
    // The steps of a scan count as an axis.
    Stage stage = *step.stage;
    if (step.scan >= 0) stage.axes.push_back(function_.scans[static_cast<size_t>(step.scan)].axis);
    std::optional<Box> box = box_of(stage);
    if (!box) return;
    int64_t volume = 1;
    for (const Progression& side : *box)
      if (__builtin_mul_overflow(volume, std::max<int64_t>(side.count, 0), &volume)) return;
    if (volume == 0) continue;
    covered += volume;
    for (const Box& other : boxes) {
      bool disjoint = false;
      for (size_t i = 0; i < box->size() && i < other.size(); ++i)
        disjoint = disjoint || are_disjoint((*box)[i], other[i]);
      if (!disjoint) fault("two pieces of ", tensor.name, " overlap");
    }
    boxes.push_back(std::move(*box));
  }
  if (covered < total)
    fault("the pieces of ", tensor.name, " hold ", covered, " of its ", total, " elements");
}

}  // namespace

std::vector<std::string> verify(const Function& function, const Ranges& symbols,
                                const VerifyOptions& options) {
  return Verifier(function, symbols, options).run();
}

std::vector<std::string> verify(const Program& program, const VerifyOptions& options) {
  std::vector<std::string> faults;
  std::set<std::string> names;
  for (const Function& function : program.functions) {
    if (!names.insert(function.name).second)
      faults.push_back("two functions are named " + function.name);
    for (const std::string& fault : verify(function, program.symbol_ranges(), options))
      faults.push_back("@" + function.name + ": " + fault);
  }
  return faults;
}

}  // namespace tenon::tensor
