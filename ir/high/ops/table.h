// The list of operators: a new one is a definition in a family's file and a name here.
//
//   builder.add1(ops::relu, {x}, {}, location)
#pragma once

#include "ir/high/op.h"

namespace tenon::high::ops {

// clang-format off
#define TENON_OPERATORS(X)                                                                        \
  X(abs) X(acos) X(acosh) X(add) X(arg_max) X(arg_min) X(asin) X(asinh) X(atan) X(atanh)          \
  X(average_pool) X(batch_norm) X(bit_shift) X(bitwise_and) X(bitwise_not) X(bitwise_or)          \
  X(bitwise_xor) X(cast) X(ceil) X(celu) X(clip) X(concat) X(conv) X(conv_transpose) X(cos)       \
  X(cosh) X(cum_sum) X(depth_to_space) X(div) X(elements) X(elu) X(equal) X(erf) X(exp)           \
  X(expand) X(floor) X(gather) X(gather_elements) X(gather_nd) X(gelu) X(gemm) X(greater)         \
  X(greater_or_equal) X(gru) X(hard_sigmoid) X(hard_swish) X(identity) X(instance_norm)           \
  X(is_inf) X(is_nan) X(layer_norm) X(leaky_relu) X(less) X(less_or_equal) X(log) X(log_softmax)  \
  X(logical_and) X(logical_not) X(logical_or) X(logical_xor) X(lstm) X(matmul) X(max)             \
  X(max_pool) X(min) X(mish) X(mod) X(mul) X(neg) X(pad) X(pow) X(prelu) X(range) X(reciprocal)   \
  X(reduce_l1) X(reduce_l2) X(reduce_log_sum) X(reduce_log_sum_exp) X(reduce_max) X(reduce_mean)  \
  X(reduce_min) X(reduce_prod) X(reduce_sum) X(reduce_sum_square) X(relu) X(reshape) X(rms_norm)  \
  X(rnn) X(round) X(selu) X(shrink) X(sigmoid) X(sign) X(sin) X(sinh) X(slice) X(softmax)         \
  X(softplus) X(softsign) X(space_to_depth) X(split) X(sqrt) X(sub) X(swish) X(tan) X(tanh)       \
  X(thresholded_relu) X(tile) X(transpose) X(trilu) X(where)
// clang-format on

#define X(name) extern const Operator name;
TENON_OPERATORS(X)
#undef X

}  // namespace tenon::high::ops
