// A stage moves a block where the position that it writes, less the position that it reads, is the
// same for all its points.
//
//   y[n, c + 64, h] = x[n, c, h], both f32[1, ., 55]   ->   (c + 64)*55 + h - (c*55 + h) = 3520
#include "ir/tensor/moves.h"

#include <algorithm>
#include <set>

namespace tenon::tensor {
namespace {

// The element of memory in which these subscripts lie.
Expr position_of(const Tensor& tensor, std::span<const Expr> indices, ExprPool& pool) {
  std::vector<Expr> extents = tensor.layout.physical_extents(tensor.extents);
  std::vector<Expr> physical = tensor.layout.physical_indices(indices);
  Expr position = pool.index(0);
  for (size_t i = 0; i < physical.size(); ++i) position = position * extents[i] + physical[i];
  return position;
}

// True when the subscripts are the axes themselves, each once and in full.
bool covers(const Stage& stage, std::span<const Expr> indices, const Tensor& tensor) {
  std::set<std::string> axes;
  for (size_t i = 0; i < indices.size(); ++i) {
    if (is_int(indices[i], 0) && is_int(tensor.extents[i], 1)) continue;
    const Var* var = indices[i].as<Var>();
    const Axis* axis = var ? stage.find_axis(var->name) : nullptr;
    if (!axis || axis->extent != tensor.extents[i] || !axes.insert(axis->name).second) return false;
  }
  return std::all_of(stage.axes.begin(), stage.axes.end(), [&](const Axis& axis) {
    return axes.count(axis.name) || is_int(axis.extent, 1);
  });
}

std::optional<Move> move_of(const Function& function, const Step& step, Ranges ranges,
                            ExprPool& pool) {
  const Stage& stage = *step.stage;
  const Read* read = stage.value.as<Read>();
  if (step.scan >= 0 || stage.reducer != Reducer::None || !stage.requirements.empty() || !read ||
      read->has_otherwise)
    return std::nullopt;
  const Tensor* source = function.find_tensor(read->tensor);
  const Tensor* target = function.find_tensor(stage.tensor);
  bool is_param = std::any_of(function.params.begin(), function.params.end(),
                              [&](const Tensor& param) { return &param == source; });
  if (!is_param || !function.is_result(stage.tensor)) return std::nullopt;
  // Padding is zero in memory, and a part's neighbours are not.
  if (source->layout.pads(source->extents) || target->layout.pads(target->extents))
    return std::nullopt;

  std::vector<Substitution> units;
  for (const Axis& axis : stage.axes) {
    ranges.set_extent(axis.name, axis.extent);
    if (is_int(axis.extent, 1)) units.push_back({axis.name, pool.index(0)});
  }
  Expr written = position_of(*target, stage.target, pool);
  Expr taken = position_of(*source, read->indices(), pool);
  Expr distance = simplify(substitute(written - taken, units), ranges);
  for (const std::string& var : variables_of(distance))
    if (stage.find_axis(var)) return std::nullopt;
  bool reads = false;  // of a start that comes from a tensor
  for_each_node(distance, [&](Expr e) { reads = reads || e.kind() == ExprKind::Read; });
  if (reads) return std::nullopt;
  Move move{source->name, target->name, distance, covers(stage, read->indices(), *source),
            covers(stage, stage.target, *target)};
  return move.whole_source || move.whole_target ? std::optional(move) : std::nullopt;
}

}  // namespace

std::optional<std::vector<Move>> find_moves(const Function& function, const Ranges& ranges,
                                            ExprPool& pool) {
  std::vector<Move> moves;
  for (const Step& step : function.steps) {
    std::optional<Move> move = move_of(function, step, ranges, pool);
    if (!move) return std::nullopt;
    moves.push_back(std::move(*move));
  }
  return moves;
}

}  // namespace tenon::tensor
