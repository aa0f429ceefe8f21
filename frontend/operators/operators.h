// The conversions that are more than a row of the table, a file per family. Internal to frontend/.
//
//   {"Gemm", {7, 9, 11, 13}, convert_gemm}   in table.cpp   ->   matmul.cpp
#pragma once

#include "frontend/node.h"

namespace tenon::frontend {

/// Thrown by a conversion for a form of its operator that is better expanded from the definition in
/// the ONNX schema.
struct UseDefinition {};

using Convert = std::function<void(NodeContext&)>;

/// All inputs go to the operator `op`, which has no attributes.
Convert to(std::string_view op);
/// The same, with attributes of the ONNX node under their own names.
Convert to_with_reals(std::string_view op, std::vector<std::string> names);
Convert to_with_integers(std::string_view op, std::vector<std::string> names);
Convert to_with_text(std::string_view op, std::string name);

// elementwise.cpp
void convert_identity(NodeContext& node);
void convert_dropout(NodeContext& node);
void convert_cast(NodeContext& node);
void convert_cast_like(NodeContext& node);
void convert_clip(NodeContext& node);
void convert_mean(NodeContext& node);
void convert_bit_shift(NodeContext& node);
/// Folds any number of inputs with a function of two.
Convert fold_inputs(std::string_view op);

// window.cpp
void convert_conv(NodeContext& node);
void convert_conv_transpose(NodeContext& node);
void convert_max_pool(NodeContext& node);
void convert_average_pool(NodeContext& node);
/// A reduction over all spatial axes.
Convert global_pool(std::string_view reduction);

// matmul.cpp
void convert_gemm(NodeContext& node);
void convert_einsum(NodeContext& node);

// norm.cpp
void convert_batch_normalization(NodeContext& node);
void convert_instance_normalization(NodeContext& node);
void convert_layer_normalization(NodeContext& node);
void convert_rms_normalization(NodeContext& node);
/// Softmax and LogSoftmax: before version 13 the axes from `axis` on are one.
Convert softmax_along(std::string_view op);

// reduce.cpp
/// `axes_input`: the version from which the axes are an input.
Convert reduction(std::string_view op, int axes_input);
Convert arg_reduction(std::string_view op);
void convert_cum_sum(NodeContext& node);

// shape.cpp
void convert_shape(NodeContext& node);
void convert_size(NodeContext& node);
void convert_reshape(NodeContext& node);
void convert_flatten(NodeContext& node);
void convert_squeeze(NodeContext& node);
void convert_unsqueeze(NodeContext& node);
void convert_expand(NodeContext& node);
void convert_tile(NodeContext& node);
void convert_transpose(NodeContext& node);

// pieces.cpp
void convert_concat(NodeContext& node);
void convert_split(NodeContext& node);
void convert_slice(NodeContext& node);
void convert_pad(NodeContext& node);
void convert_trilu(NodeContext& node);

// generate.cpp
void convert_constant(NodeContext& node);
void convert_constant_of_shape(NodeContext& node);
void convert_eye_like(NodeContext& node);
void convert_one_hot(NodeContext& node);

// recurrent.cpp
Convert recurrent(std::string_view op);

}  // namespace tenon::frontend
