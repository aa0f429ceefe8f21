// Tensor functions become loop nests, one for each stage, in order, with stable names and no
// decisions.
//
//   func @f(x: f32[1, 40, 8]<0, 1/16, 2, 1%16>) -> (y: f32[1, 40]) { y[n:1, o:40] = sum[h:8](x[n, o, h]) }
//   ->
//   func @f(x: f32[1, 40, 8]<0, 1/16, 2, 1%16>, out y: f32[1, 40]) {
//     for y.n in 1 { for y.o.o in 3 { for y.o.i in 16 { for y.h in 8 {
//       stage y[n:1, o:40] reduce h:8 { sum x[n, o, h] } with n = y.n, o = y.o.o*16 + y.o.i, h = y.h if y.o.o*16 + y.o.i < 40
//     } } } }
//   }
//
// Needs: what verify accepts.   Leaves: leaves that are stages; their requirements stay in them until flatten_stages.
#include <algorithm>
#include <map>
#include <set>

#include "ir/tensor/passes.h"

namespace tenon::tensor {
namespace {

using loop::For;
using loop::Leaf;
using loop::Stmt;

loop::Buffer buffer_of(const Tensor& tensor, loop::Scope scope) {
  loop::Buffer buffer;
  buffer.name = tensor.name;
  buffer.type = tensor.type;
  buffer.extents = tensor.extents;
  buffer.layout = tensor.layout;
  buffer.scope = scope;
  return buffer;
}

// The size of the innermost block of a logical axis; 1 where the axis is not blocked.
int64_t block_of(const Layout& layout, size_t axis) {
  for (const PhysicalDim& dim : layout.dims)
    if (dim.axis == static_cast<int>(axis) && dim.divisor == 1 && dim.modulus > 0)
      return dim.modulus;
  return 1;
}

// The elements of an axis in memory, whole blocks.
Expr padded_extent(const Tensor& tensor, size_t axis) {
  int64_t step = 1;
  for (const PhysicalDim& dim : tensor.layout.dims)
    if (dim.axis == static_cast<int>(axis)) step = std::max(step, dim.divisor);
  return ceil_div(tensor.extents[axis], step) * tensor.extents[axis].pool().index(step);
}

class Lowering {
 public:
  Lowering(const Function& function, ExprPool& pool) : function_(function), pool_(pool) {
    for (const std::vector<Tensor>* list : {&function.params, &function.results, &function.locals})
      for (const Tensor& tensor : *list) tensors_[tensor.name] = &tensor;
  }

  loop::Function lower();

 private:
  Stmt nest_of(const std::shared_ptr<const Stage>& stage);
  int64_t block_of_axis(const Stage& stage, const Axis& axis) const;
  std::vector<Stmt> zero_padding(const Tensor& tensor, const Location& location);
  Stmt zero_axis(const Tensor& tensor, size_t padded, const Location& location);
  std::string fresh_scan_name(const std::string& name);

  const Function& function_;
  ExprPool& pool_;
  std::map<std::string, const Tensor*> tensors_;
  std::set<std::string> scan_names_;
};

// An axis follows the blocks of the tensors in which it is a plain subscript (or one that is whole
// blocks further on): those of the result first, else the largest of the operands', so that their
// subscripts need no division.
int64_t Lowering::block_of_axis(const Stage& stage, const Axis& axis) const {
  int64_t block = 1;
  auto look = [&](const std::string& name, std::span<const Expr> subscripts) {
    auto tensor = tensors_.find(name);
    if (tensor == tensors_.end()) return;
    for (size_t i = 0; i < subscripts.size(); ++i) {
      int64_t candidate = block_of(tensor->second->layout, i);
      if (candidate == 1) continue;
      Expr offset = subscripts[i] - pool_.var(axis.name);
      const Apply* sum = subscripts[i].as_op(Op::Add);
      if (sum && sum->operand(0) == pool_.var(axis.name)) offset = sum->operand(1);
      const int64_t* literal = as_int(offset);
      if (literal && *literal % candidate == 0) block = std::max(block, candidate);
    }
  };
  look(stage.tensor, stage.target);
  if (block > 1) return block;
  for_each_node(stage.value, [&](Expr e) {
    if (const Read* read = e.as<Read>()) look(read->tensor, read->indices());
  });
  return block;
}

Stmt Lowering::nest_of(const std::shared_ptr<const Stage>& stage) {
  Leaf leaf;
  leaf.stage = stage;
  std::vector<For> loops;
  std::vector<Expr> guards;
  auto add_loop = [&](const std::string& name, Expr extent) {
    For loop;
    loop.var = name;
    loop.extent = extent;
    loops.push_back(std::move(loop));
    return pool_.var(name);
  };
  for (const std::vector<Axis>* axes : {&stage->axes, &stage->reduce_axes})
    for (const Axis& axis : *axes) {
      std::string name = stage->name + "." + axis.name;
      int64_t block = block_of_axis(*stage, axis);
      if (block == 1) {
        leaf.bindings.push_back(add_loop(name, axis.extent));
        continue;
      }
      Expr outer = add_loop(name + ".o", ceil_div(axis.extent, block));
      Expr inner = add_loop(name + ".i", pool_.index(block));
      leaf.bindings.push_back(outer * pool_.index(block) + inner);
      const int64_t* extent = as_int(axis.extent);
      if (!extent || *extent % block != 0) guards.push_back(lt(leaf.bindings.back(), axis.extent));
    }
  leaf.guard = conjunction(guards);
  Stmt nest = leaf;
  for (size_t i = loops.size(); i-- > 0;) {
    loops[i].body = nest;
    nest = loops[i];
  }
  return nest;
}

// ---- padding ------------------------------------------------------------------------------------

// Zeroes the padding of one axis: there, all of the axes after it, and what is no padding of the
// axes before it.
Stmt Lowering::zero_axis(const Tensor& tensor, size_t padded, const Location& location) {
  std::vector<For> loops;
  loop::Store store{tensor.name, {}, pool_.literal(tensor.type, 0), location};
  for (size_t axis = 0; axis < tensor.extents.size(); ++axis) {
    For loop;
    loop.var = tensor.name + ".pad" + std::to_string(padded) + ".i" + std::to_string(axis);
    Expr var = pool_.var(loop.var);
    loop.extent = axis < padded ? tensor.extents[axis] : padded_extent(tensor, axis);
    if (axis == padded) loop.extent = loop.extent - tensor.extents[axis];
    store.indices.push_back(axis == padded ? var + tensor.extents[axis] : var);
    loops.push_back(std::move(loop));
  }
  Stmt nest = store;
  for (size_t i = loops.size(); i-- > 0;) {
    loops[i].body = nest;
    nest = loops[i];
  }
  return nest;
}

std::vector<Stmt> Lowering::zero_padding(const Tensor& tensor, const Location& location) {
  std::vector<Stmt> nests;
  for (size_t axis = 0; axis < tensor.extents.size(); ++axis) {
    Expr padding = padded_extent(tensor, axis) - tensor.extents[axis];
    if (!is_int(padding, 0)) nests.push_back(zero_axis(tensor, axis, location));
  }
  return nests;
}

// ---- the function -------------------------------------------------------------------------------

// Scans one after the other may have axes of one name; their loops do not.
std::string Lowering::fresh_scan_name(const std::string& name) {
  std::string fresh = name;
  for (int i = 1; !scan_names_.insert(fresh).second; ++i) fresh = name + "_" + std::to_string(i);
  return fresh;
}

std::shared_ptr<const Stage> rename_axis(const std::shared_ptr<const Stage>& stage,
                                         const std::string& name, Expr value) {
  std::vector<Substitution> renamed = {{name, value}};
  Stage result = *stage;
  for (Expr& subscript : result.target) subscript = substitute(subscript, renamed);
  for (Expr& requirement : result.requirements) requirement = substitute(requirement, renamed);
  if (result.where) result.where = substitute(result.where, renamed);
  result.value = substitute(result.value, renamed);
  return std::make_shared<const Stage>(std::move(result));
}

loop::Function Lowering::lower() {
  loop::Function result;
  result.name = function_.name;
  result.anchor_stage = function_.anchor_stage;
  result.anchor_class = function_.anchor_class;
  result.location = function_.location;
  for (const Tensor& tensor : function_.params)
    result.params.push_back(
        tensor.constant
            ? loop::Param{loop::ParamKind::Const, buffer_of(tensor, loop::Scope::Constant)}
            : loop::Param{loop::ParamKind::In, buffer_of(tensor, loop::Scope::Arena)});
  for (const Tensor& tensor : function_.results)
    result.params.push_back({loop::ParamKind::Out, buffer_of(tensor, loop::Scope::Arena)});

  std::vector<Stmt> body;
  for (const Tensor& tensor : function_.locals)
    body.push_back(loop::Alloc{buffer_of(tensor, loop::Scope::Arena)});
  std::map<std::string, size_t> last_writer;
  for (size_t i = 0; i < function_.steps.size(); ++i)
    last_writer[function_.steps[i].stage->tensor] = i;

  for (size_t i = 0; i < function_.steps.size();) {
    int scan = function_.steps[i].scan;
    size_t end = i + 1;
    if (scan < 0) {
      body.push_back(nest_of(function_.steps[i].stage));
    } else {
      const Axis& axis = function_.scans[static_cast<size_t>(scan)].axis;
      For steps;
      steps.var = fresh_scan_name(axis.name);
      steps.extent = axis.extent;
      while (end < function_.steps.size() && function_.steps[end].scan == scan) ++end;
      std::vector<Stmt> block;
      for (size_t k = i; k < end; ++k) {
        std::shared_ptr<const Stage> stage = function_.steps[k].stage;
        if (steps.var != axis.name) stage = rename_axis(stage, axis.name, pool_.var(steps.var));
        block.push_back(nest_of(stage));
      }
      steps.body = loop::block(std::move(block));
      body.push_back(steps);
    }
    for (; i < end; ++i) {
      const Stage& stage = *function_.steps[i].stage;
      if (last_writer.at(stage.tensor) != i) continue;
      for (Stmt& nest : zero_padding(*tensors_.at(stage.tensor), stage.location))
        body.push_back(std::move(nest));
    }
  }
  result.body = loop::block(std::move(body));
  return result;
}

}  // namespace

loop::Function lower_to_loop(const Function& function, ExprPool& pool) {
  return Lowering(function, pool).lower();
}

}  // namespace tenon::tensor
