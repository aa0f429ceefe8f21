// Adjacent axes that always occur together become one.
//
//   acc[b:2, s:48, n:64] = sum[k:64](x[b, s, k] * w[k, n])   y[b:2, s:48, n:64] = acc[b, s, n] + bias[n]
//   ->
//   acc[b:96, n:64] = sum[k:64](x[b, k] * w[k, n])           y[b:96, n:64] = acc[b, n] + bias[n]
//
// Row-major memory stays as it is, so parameters and results only change their shape. A boundary
// between two dimensions of a tensor and the boundaries between the axes that subscribe them stand
// or fall together: they form classes, and a class is collapsed when every access of its tensors
// goes through it and no axis of it is used in any other way.
#include <algorithm>
#include <map>
#include <numeric>
#include <set>

#include "ir/tensor/passes.h"

namespace tenon::tensor {
namespace {

// Boundaries are numbered: between dimensions d and d+1 of a tensor, or between axes i and i+1 of a
// stage.
class Boundaries {
 public:
  int of(const std::string& owner, size_t position) {
    auto [found, added] =
        numbers_.emplace(std::make_pair(owner, position), static_cast<int>(parent_.size()));
    if (added) {
      parent_.push_back(found->second);
      valid_.push_back(true);
    }
    return found->second;
  }
  void unite(int a, int b) {
    a = root(a);
    b = root(b);
    parent_[static_cast<size_t>(b)] = a;
    valid_[static_cast<size_t>(a)] =
        valid_[static_cast<size_t>(a)] && valid_[static_cast<size_t>(b)];
  }
  void forbid(int a) { valid_[static_cast<size_t>(root(a))] = false; }
  bool collapses(const std::string& owner, size_t position) {
    auto found = numbers_.find({owner, position});
    return found != numbers_.end() && valid_[static_cast<size_t>(root(found->second))];
  }

 private:
  int root(int a) const {
    while (parent_[static_cast<size_t>(a)] != a) a = parent_[static_cast<size_t>(a)];
    return a;
  }
  std::map<std::pair<std::string, size_t>, int> numbers_;
  std::vector<int> parent_;
  std::vector<bool> valid_;
};

std::string tensor_key(const std::string& name) { return "tensor " + name; }
std::string spatial_key(const Stage& stage) { return "spatial " + stage.name; }
std::string reduce_key(const Stage& stage) { return "reduce " + stage.name; }

const std::string* var_name(Expr e) {
  const Var* var = e.as<Var>();
  return var ? &var->name : nullptr;
}

// True where memory of the tensor runs on from dimension d to d+1: neighbours in the layout,
// neither blocked.
bool adjacent_in_memory(const Tensor& tensor, size_t d) {
  if (tensor.layout.is_row_major()) return true;
  const std::vector<PhysicalDim>& dims = tensor.layout.dims;
  for (size_t i = 0; i + 1 < dims.size(); ++i)
    if (dims[i] == PhysicalDim{static_cast<int>(d), 1, 0} &&
        dims[i + 1] == PhysicalDim{static_cast<int>(d) + 1, 1, 0})
      return true;
  return false;
}

class Collapser {
 public:
  Collapser(const Function& function, ExprPool& pool) : function_(function), pool_(pool) {}

  Function collapse() {
    for (const std::vector<Tensor>* list :
         {&function_.params, &function_.results, &function_.locals})
      for (const Tensor& tensor : *list)
        for (size_t d = 0; d + 1 < tensor.extents.size(); ++d) {
          int boundary = boundaries_.of(tensor_key(tensor.name), d);
          if (!adjacent_in_memory(tensor, d)) boundaries_.forbid(boundary);
        }
    for (const Step& step : function_.steps) study(*step.stage);

    Function result = function_;
    for (std::vector<Tensor>* list : {&result.params, &result.results, &result.locals})
      for (Tensor& tensor : *list) collapse_tensor(tensor);
    for (Step& step : result.steps)
      step.stage = std::make_shared<const Stage>(collapse_stage(*step.stage));
    return result;
  }

 private:
  // Ties the boundaries of each access to those of the axes, and forbids what is used in any other
  // way.
  void study(const Stage& stage) {
    for (const auto& [axes, key] : axis_lists(stage))
      for (size_t i = 0; i + 1 < axes->size(); ++i) boundaries_.of(key, i);
    study_access(stage, stage.tensor, stage.target);
    auto study_expr = [&](Expr root) {
      if (!root) return;
      for_each_node(root, [&](Expr node) {
        if (const Read* read = node.as<Read>()) {
          if (read->has_otherwise)
            forbid_all(stage, read->tensor, read->indices());
          else
            study_access(stage, read->tensor, read->indices());
        }
      });
      for (const std::string& axis : axes_outside_subscripts(root)) forbid_axis(stage, axis);
    };
    study_expr(stage.value);
    study_expr(stage.where);
    for (Expr requirement : stage.requirements) study_expr(requirement);
  }

  static std::vector<std::pair<const std::vector<Axis>*, std::string>> axis_lists(
      const Stage& stage) {
    return {{&stage.axes, spatial_key(stage)}, {&stage.reduce_axes, reduce_key(stage)}};
  }

  // Where an axis stands: its list's key and its position.
  struct Place {
    std::string key;
    size_t position;
    const Axis* axis;
    size_t count;
  };
  static std::optional<Place> find_axis(const Stage& stage, const std::string& name) {
    for (const auto& [axes, key] : axis_lists(stage))
      for (size_t i = 0; i < axes->size(); ++i)
        if ((*axes)[i].name == name) return Place{key, i, &(*axes)[i], axes->size()};
    return std::nullopt;
  }

  void forbid_axis(const Stage& stage, const std::string& name) {
    std::optional<Place> place = find_axis(stage, name);
    if (!place) return;
    if (place->position > 0) boundaries_.forbid(boundaries_.of(place->key, place->position - 1));
    if (place->position + 1 < place->count)
      boundaries_.forbid(boundaries_.of(place->key, place->position));
  }

  void forbid_all(const Stage& stage, const std::string& tensor, std::span<const Expr> indices) {
    for (size_t d = 0; d + 1 < indices.size(); ++d)
      boundaries_.forbid(boundaries_.of(tensor_key(tensor), d));
    for (Expr index : indices)
      for (const std::string& name : variables_of(index)) forbid_axis(stage, name);
  }

  void study_access(const Stage& stage, const std::string& tensor, std::span<const Expr> indices) {
    const Tensor* declared = function_.find_tensor(tensor);
    // The boundary below each subscript that a pair of axes covers.
    for (size_t d = 0; d < indices.size(); ++d) {
      const std::string* name = var_name(indices[d]);
      std::optional<Place> place = name ? find_axis(stage, *name) : std::nullopt;
      bool whole = place && place->axis->extent == declared->extents[d];
      if (!whole) {
        for (const std::string& used : variables_of(indices[d])) forbid_axis(stage, used);
        if (d > 0) boundaries_.forbid(boundaries_.of(tensor_key(tensor), d - 1));
        if (d + 1 < indices.size()) boundaries_.forbid(boundaries_.of(tensor_key(tensor), d));
        continue;
      }
      // The axis before (after) this one must be the subscript before (after), or their boundaries
      // cannot go.
      auto neighbour = [&](size_t other, size_t position) {
        const std::string* beside = var_name(indices[other]);
        std::optional<Place> at = beside ? find_axis(stage, *beside) : std::nullopt;
        return at && at->key == place->key && at->position == position;
      };
      bool next = d + 1 < indices.size() && neighbour(d + 1, place->position + 1);
      bool previous = d > 0 && place->position > 0 && neighbour(d - 1, place->position - 1);
      if (d + 1 < indices.size()) {
        int boundary = boundaries_.of(tensor_key(tensor), d);
        if (next)
          boundaries_.unite(boundary, boundaries_.of(place->key, place->position));
        else
          boundaries_.forbid(boundary);
      }
      if (!next && place->position + 1 < place->count)
        boundaries_.forbid(boundaries_.of(place->key, place->position));
      if (!previous && place->position > 0)
        boundaries_.forbid(boundaries_.of(place->key, place->position - 1));
    }
  }

  // Axes that are used anywhere but as a subscript by themselves.
  static std::set<std::string> axes_outside_subscripts(Expr root) {
    std::set<std::string> found;
    std::vector<Expr> todo = {root};
    std::set<const ExprNode*> seen;
    while (!todo.empty()) {
      Expr e = todo.back();
      todo.pop_back();
      if (!seen.insert(e.node()).second) continue;
      if (const Var* var = e.as<Var>()) found.insert(var->name);
      const Read* read = e.as<Read>();
      for (Expr child : e.children())
        if (!read || !child.as<Var>()) todo.push_back(child);
    }
    return found;
  }

  void collapse_tensor(Tensor& tensor) {
    std::vector<Expr> extents;
    std::vector<int> new_axis;
    for (size_t d = 0; d < tensor.extents.size(); ++d) {
      if (d > 0 && boundaries_.collapses(tensor_key(tensor.name), d - 1))
        extents.back() = extents.back() * tensor.extents[d];
      else
        extents.push_back(tensor.extents[d]);
      new_axis.push_back(static_cast<int>(extents.size()) - 1);
    }
    std::vector<PhysicalDim> dims;
    for (size_t i = 0; i < tensor.layout.dims.size(); ++i) {
      PhysicalDim dim = tensor.layout.dims[i];
      int axis = new_axis[static_cast<size_t>(dim.axis)];
      bool joined =
          !dims.empty() && dims.back().axis == axis && dim.axis != tensor.layout.dims[i - 1].axis;
      dim.axis = axis;
      if (!joined) dims.push_back(dim);
    }
    tensor.extents = std::move(extents);
    tensor.layout.dims = std::move(dims);
  }

  Stage collapse_stage(const Stage& old) {
    Stage stage = old;
    stage.axes = collapse_axes_of(old.axes, spatial_key(old));
    stage.reduce_axes = collapse_axes_of(old.reduce_axes, reduce_key(old));
    stage.target = collapse_subscripts(old.tensor, old.target);
    DropSubscripts drop(*this);
    if (stage.value) stage.value = drop(stage.value);
    if (stage.where) stage.where = drop(stage.where);
    for (Expr& requirement : stage.requirements) requirement = drop(requirement);
    return stage;
  }

  std::vector<Axis> collapse_axes_of(const std::vector<Axis>& axes, const std::string& key) {
    std::vector<Axis> result;
    for (size_t i = 0; i < axes.size(); ++i) {
      if (i > 0 && boundaries_.collapses(key, i - 1))
        result.back().extent = result.back().extent * axes[i].extent;
      else
        result.push_back(axes[i]);
    }
    return result;
  }

  std::vector<Expr> collapse_subscripts(const std::string& tensor, std::span<const Expr> indices) {
    std::vector<Expr> result;
    for (size_t d = 0; d < indices.size(); ++d)
      if (d == 0 || !boundaries_.collapses(tensor_key(tensor), d - 1)) result.push_back(indices[d]);
    return result;
  }

  class DropSubscripts final : public Rewriter {
   public:
    explicit DropSubscripts(Collapser& outer) : Rewriter(outer.pool_), outer_(outer) {}

   private:
    Expr rewrite(Expr old) override {
      Expr e = rewrite_children(old);
      const Read* read = e.as<Read>();
      if (!read) return e;
      return pool().read(read->tensor, e.type(),
                         outer_.collapse_subscripts(read->tensor, read->indices()),
                         read->otherwise());
    }
    Collapser& outer_;
  };

  const Function& function_;
  ExprPool& pool_;
  Boundaries boundaries_;
};

}  // namespace

Function collapse_axes(const Function& function, ExprPool& pool) {
  return Collapser(function, pool).collapse();
}

}  // namespace tenon::tensor
