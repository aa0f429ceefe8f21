// What the definitions of operators share: type rules, elementwise stages, reductions, subscripts.
#pragma once

#include <span>

#include "ir/high/op.h"
#include "ir/high/ops/table.h"

namespace tenon::high {

using Infer = std::function<void(InferContext&)>;
using Compute = std::function<void(ComputeContext&)>;

// ---- types ------------------------------------------------------------------------------------

/// Fails unless input i is of a class in `classes`: i integers, f floats, b bool.
void require_class(InferContext& context, int i, std::string_view classes);
/// Fails unless inputs i and j are of one type.
void require_same_type(InferContext& context, int i, int j);
void require_rank(InferContext& context, int i, int rank);
/// Fails unless input i is a vector of `extent` elements.
void require_vector(InferContext& context, int i, Expr extent, const std::string& what);

/// The result has the type of the first input, which is of one of the classes.
Infer same_type_as_input(std::string_view classes);
/// The result is the broadcast of all inputs, which are of one type; of that type, or bool.
Infer broadcast_type(std::string_view classes, bool gives_bool = false);

// ---- values -----------------------------------------------------------------------------------

/// A literal of the type of `x`.
Expr literal_like(Expr x, double value);
/// NaN test: only a NaN differs from itself. Gives false for other than floats.
Expr is_nan_value(Expr x);
/// min(max(x, low), high).
Expr clamp(Expr x, Expr low, Expr high);
/// The scalar of a one-element literal, if `x` is one.
std::optional<double> literal_value(Expr x);

// ---- elementwise ------------------------------------------------------------------------------

using UnaryFunction = std::function<Expr(const Attributes&, Expr)>;
using BinaryFunction = std::function<Expr(const Attributes&, Expr, Expr)>;
using VariadicFunction = std::function<Expr(ComputeContext&, std::span<const Expr>)>;

/// result[i...] = f(inputs broadcast to i...); an absent optional input is a null expression.
Compute elementwise(UnaryFunction f);
Compute elementwise(BinaryFunction f);
Compute elementwise_all(VariadicFunction f);

// ---- reductions -------------------------------------------------------------------------------

/// The axes of a result that keeps some of a tensor's axes, and subscripts of that tensor by kept
/// and reduced axes.
struct Reduced {
  std::vector<loop::Axis> kept, reduced;
  std::vector<Expr> point;  // subscripts of the reduced tensor, all axes in order
};

/// Splits the shape into kept axes i0, i1, ... and reduced ones r0, r1, ... .
Reduced reduce_axes(const ComputeContext& context, const std::vector<Expr>& shape,
                    const std::vector<int>& axes);
/// A stage that reduces `value` over the reduced axes; without any it is the value.
loop::Stage reduction(const Reduced& reduced, loop::Reducer reducer, Expr value);
/// An elementwise stage.
loop::Stage elementwise_stage(std::vector<loop::Axis> axes, Expr value);
/// The product of extents as a number of the type of `like`.
Expr count_of(const std::vector<loop::Axis>& axes, Expr like);
/// Axes from 0, in order, each once; fails on one that is outside or twice there.
std::vector<int> normalized_axes(InferContext& context, const std::vector<int64_t>& axes, int rank);
std::vector<int> normalized_axes(const std::vector<int64_t>& axes, int rank);

}  // namespace tenon::high
