// What an operator's `compute` is given: reads of its inputs, axes, and the stages that it adds to
// a tensor function.
#include <algorithm>

#include "ir/high/op.h"

namespace tenon::high {

DType arithmetic_type(DType type) {
  if (is_float(type)) return type == DType::F64 ? type : DType::F32;
  if (is_integer(type) && bits_of(type) < 8) return is_signed(type) ? DType::I8 : DType::U8;
  return type;
}

ComputeContext::ComputeContext(ExprPool& pool, tensor::Function& function, const Graph& graph,
                               const Node& node, std::vector<std::string> input_tensors,
                               std::vector<std::string> output_tensors)
    : pool_(pool),
      function_(function),
      graph_(graph),
      node_(node),
      input_tensors_(std::move(input_tensors)),
      output_tensors_(std::move(output_tensors)),
      ranges_(graph.symbol_ranges()) {}

int ComputeContext::axis(const std::string& name, int rank) const {
  int64_t value = attributes().integer(name);
  return static_cast<int>(value < 0 ? value + rank : value);
}

const TensorType& ComputeContext::input_type(int i) const {
  TENON_CHECK(has_input(i), std::string(node_.op->name));
  return graph_.value(node_.inputs[static_cast<size_t>(i)]).type;
}

const TensorType& ComputeContext::output_type(int i) const {
  return graph_.value(node_.outputs[static_cast<size_t>(i)]).type;
}

bool ComputeContext::wants_output(int i) const {
  return static_cast<size_t>(i) < output_tensors_.size() &&
         !output_tensors_[static_cast<size_t>(i)].empty();
}

const std::vector<Expr>* ComputeContext::elements(int i) const {
  if (!has_input(i)) return nullptr;
  const Value& value = graph_.value(node_.inputs[static_cast<size_t>(i)]);
  return value.elements ? &*value.elements : nullptr;
}

bool ComputeContext::proved(Expr condition) const { return prove(condition, ranges_); }

bool ComputeContext::proved(Expr condition, const std::vector<loop::Axis>& axes) const {
  Ranges ranges = ranges_;
  for (const loop::Axis& axis : axes) ranges.set_extent(axis.name, axis.extent);
  return prove(condition, ranges);
}

Expr ComputeContext::input(int i, std::vector<Expr> indices, Expr otherwise) const {
  const TensorType& type = input_type(i);
  TENON_CHECK(indices.size() == type.shape.size(),
              "subscripts of input " + std::to_string(i) + " of " + std::string(node_.op->name));
  const std::vector<Expr>* known = elements(i);
  if (known && known->size() == 1 && !otherwise) return pool_.cast(type.type, known->front());
  return pool_.read(input_tensors_[static_cast<size_t>(i)], type.type, std::move(indices),
                    otherwise);
}

Expr ComputeContext::number(int i, std::vector<Expr> indices) const {
  return pool_.cast(arithmetic_type(input_type(i).type), input(i, std::move(indices)));
}

Expr ComputeContext::broadcast_input(int i, const std::vector<Expr>& indices) const {
  const std::vector<Expr>& shape = input_shape(i);
  std::vector<Expr> mine;
  size_t skipped = indices.size() - shape.size();
  for (size_t axis = 0; axis < shape.size(); ++axis)
    mine.push_back(is_int(shape[axis], 1) ? index(0) : indices[axis + skipped]);
  return input(i, std::move(mine));
}

Expr ComputeContext::broadcast_number(int i, const std::vector<Expr>& indices) const {
  return pool_.cast(arithmetic_type(input_type(i).type), broadcast_input(i, indices));
}

Expr ComputeContext::read(const std::string& tensor, std::vector<Expr> indices,
                          Expr otherwise) const {
  const tensor::Tensor* found = function_.find_tensor(tensor);
  TENON_CHECK(found && found->extents.size() == indices.size(), tensor);
  return pool_.read(tensor, found->type, std::move(indices), otherwise);
}

loop::Axis ComputeContext::axis_of(const std::string& name, Expr extent) const {
  auto is_symbol = [&](const std::string& word) {
    return std::any_of(graph_.symbols.begin(), graph_.symbols.end(),
                       [&](const Symbol& s) { return s.name == word; });
  };
  std::string free = name;
  while (is_symbol(free)) free += "_";
  return {free, extent};
}

std::vector<loop::Axis> ComputeContext::axes(const std::vector<Expr>& shape,
                                             std::string_view letters) const {
  std::vector<loop::Axis> result;
  for (size_t i = 0; i < shape.size(); ++i) {
    std::string name = letters.empty() ? "i" + std::to_string(i) : std::string(1, letters[i]);
    result.push_back(axis_of(name, shape[i]));
  }
  return result;
}

std::vector<Expr> ComputeContext::vars(const std::vector<loop::Axis>& axes) const {
  std::vector<Expr> result;
  for (const loop::Axis& axis : axes) result.push_back(var(axis));
  return result;
}

bool ComputeContext::is_taken(const std::string& name) const {
  bool is_stage = std::any_of(function_.steps.begin(), function_.steps.end(),
                              [&](const tensor::Step& step) { return step.stage->name == name; });
  return is_stage || function_.find_tensor(name) != nullptr;
}

std::string ComputeContext::declare(const std::string& hint, DType type,
                                    const std::vector<loop::Axis>& axes) {
  std::string name = hint;
  for (int i = 1; is_taken(name); ++i) name = hint + "_" + std::to_string(i);
  tensor::Tensor tensor{name, type, {}, {}, false};
  // Inside a scan, a tensor has the scan's axis in front.
  if (scan_ >= 0) tensor.extents.push_back(function_.scans[static_cast<size_t>(scan_)].axis.extent);
  for (const loop::Axis& axis : axes) tensor.extents.push_back(axis.extent);
  function_.locals.push_back(std::move(tensor));
  return name;
}

void ComputeContext::define(const std::string& tensor, loop::Stage stage) {
  TENON_CHECK(stage.target.empty(), tensor);
  if (scan_ >= 0) stage.target.push_back(var(function_.scans[static_cast<size_t>(scan_)].axis));
  for (const loop::Axis& axis : stage.axes) stage.target.push_back(var(axis));
  stage.name = stage.tensor = tensor;
  add(std::move(stage));
}

std::string ComputeContext::local(const std::string& hint, loop::Stage stage) {
  std::string name = declare(hint, stage.value.type(), stage.axes);
  define(name, std::move(stage));
  return name;
}

std::string ComputeContext::result(int i, loop::Stage stage) {
  TENON_CHECK(scan_ < 0, "a result inside of a scan");
  if (!wants_output(i)) return "";
  const std::string& tensor = output_tensors_[static_cast<size_t>(i)];
  DType type = output_type(i).type;
  if (stage.reducer != loop::Reducer::None && stage.value.type() != type) {
    loop::Stage conversion;
    conversion.axes = stage.axes;
    conversion.target = std::move(stage.target);
    stage.target.clear();
    std::string sum = local("acc", std::move(stage));
    conversion.value = read(sum, vars(conversion.axes));
    result(i, std::move(conversion));
    return sum;
  }
  stage.value = pool_.cast(type, stage.value);
  bool piece = !stage.target.empty();
  if (!piece) stage.target = vars(stage.axes);
  stage.tensor = tensor;
  stage.name = tensor;
  for (int i = 0; piece && is_taken(stage.name); ++i) stage.name = tensor + "_" + std::to_string(i);
  add(std::move(stage));
  return tensor;
}

loop::Axis ComputeContext::begin_scan(const std::string& name, Expr extent) {
  TENON_CHECK(scan_ < 0, "a scan inside of a scan");
  scan_ = static_cast<int>(function_.scans.size());
  function_.scans.push_back({axis_of(name, extent)});
  return function_.scans.back().axis;
}

void ComputeContext::end_scan() { scan_ = -1; }

void ComputeContext::anchor(const std::string& tensor, const std::string& class_name) {
  if (!function_.anchor_stage.empty() || tensor.empty()) return;
  function_.anchor_stage = tensor;
  function_.anchor_class = class_name;
}

void ComputeContext::add(loop::Stage stage) {
  stage.type = stage.value.type();
  stage.location = node_.location;
  function_.steps.push_back({std::make_shared<const loop::Stage>(std::move(stage)), scan_});
}

}  // namespace tenon::high
