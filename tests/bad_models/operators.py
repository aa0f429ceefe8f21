"""Bad models whose nodes are well formed but ask for something that cannot be.

    Conv, group = 0  ->  tenon: error: conv_group_zero.onnx: node "/conv" (Conv, opset 17): ...
"""
from build import bad, integers, model, node, one_node, value, weight
from onnx import TensorProto


def conv(x_shape=(1, 3, 8, 8), w_shape=(4, 3, 3, 3), **attributes):
    return one_node("Conv", list(x_shape), [1, 4, "h", "w"], [weight("w", w_shape)], **attributes)


@bad
def conv_group_zero():
    "There is no convolution in no groups."
    return conv(group=0)


@bad
def conv_stride_zero():
    "A window that never moves on."
    return conv(strides=[1, 0])


@bad
def conv_dilation_zero():
    "All taps at one place."
    return conv(dilations=[0, 1])


@bad
def conv_channels():
    "The weight is for 16 channels, the input has 3."
    return conv(w_shape=(4, 16, 3, 3))


@bad
def conv_kernel_too_large():
    "The window is larger than the padded input: the result would have a negative extent."
    return conv(w_shape=(4, 3, 11, 3), pads=[1, 1, 1, 1])


@bad
def conv_weight_rank():
    "A weight of two spatial dimensions for an input of one."
    return conv(x_shape=(1, 3, 8))


@bad
def conv_kernel_shape():
    "The attribute says 5x5, the weight 3x3."
    return conv(kernel_shape=[5, 5])


@bad
def pool_kernel_zero():
    "The largest of no elements."
    return one_node("MaxPool", [1, 3, 8, 8], [1, 3, "h", "w"], kernel_shape=[0, 2])


@bad
def softmax_axis():
    "Axis 7 of a matrix."
    return one_node("Softmax", [4, 8], [4, 8], axis=7)


@bad
def concat_axis():
    "The smallest integer as an axis: negating it would overflow."
    return model([node("Concat", ["x", "x"], ["y"], axis=-2**63)], [value("x", [4])],
                 [value("y", [8])])


@bad
def concat_extents():
    "Axes other than the joined one must agree."
    return model([node("Concat", ["a", "b"], ["y"], axis=1)],
                 [value("a", [2, 3]), value("b", [5, 3])], [value("y", [2, 6])])


@bad
def transpose_permutation():
    "An axis twice, another never."
    return one_node("Transpose", [2, 3, 4], ["a", "b", "c"], perm=[0, 2, 2])


@bad
def add_broadcast():
    "Extents 3 and 4 do not broadcast."
    return model([node("Add", ["a", "b"], ["y"])], [value("a", [2, 3]), value("b", [2, 4])],
                 [value("y", [2, 4])])


@bad
def matmul_inner():
    "Rows of 8 against columns of 9."
    return model([node("MatMul", ["a", "b"], ["y"])], [value("a", [4, 8]), value("b", [9, 5])],
                 [value("y", [4, 5])])


@bad
def gemm_bias():
    "A bias of 7 for 5 columns."
    return one_node("Gemm", [4, 8], [4, 5], [weight("w", (8, 5)), weight("bias", (7,))])


@bad
def reshape_count():
    "4 elements do not fill a shape of 3."
    return one_node("Reshape", [4], [3], [integers("shape", [3])])


@bad
def reshape_two_unknown():
    "Only one extent can be worked out."
    return one_node("Reshape", [24], ["a", "b"], [integers("shape", [-1, -1])])


@bad
def gather_index():
    "Row 4 of 4 rows, known while compiling."
    return one_node("Gather", [4, 2], [1, 2], [integers("rows", [4])], axis=0)


@bad
def slice_step_zero():
    "A slice that stands still."
    return one_node("Slice", [8], ["n"], [integers("starts", [0]), integers("ends", [8]),
                                          integers("axes", [0]), integers("steps", [0])])


@bad
def split_sizes():
    "Parts of 3 and 4 do not make 8."
    return model([node("Split", ["x", "sizes"], ["a", "b"], axis=0)], [value("x", [8])],
                 [value("a", [3]), value("b", [4])], [integers("sizes", [3, 4])])


@bad
def squeeze_extent():
    "Only an axis of extent 1 can be dropped."
    return one_node("Squeeze", [4, 2], [4], [integers("axes", [1])])


@bad
def declared_output_shape():
    "The file says 5 elements, the nodes make 4."
    return one_node("Relu", [4], [5])


@bad
def unsqueeze_to_many_axes():
    "A list of axes that makes a tensor of 100 axes."
    return one_node("Unsqueeze", [4], [4], opset=11, axes=list(range(99)))


@bad
def conv_transpose_extent():
    "An extent times a stride that leaves 64 bits."
    return one_node("ConvTranspose", [1, 1, 2**39], [1, 1, 4], [weight("w", [1, 1, 3])],
                    strides=[2**31 - 1], output_shape=[4])


@bad
def bit_shift_direction():
    "Bits go left or right."
    return model([node("BitShift", ["x", "x"], ["y"], direction="UP")],
                 [value("x", [4], TensorProto.UINT8)], [value("y", [4], TensorProto.UINT8)])


@bad
def batch_norm_that_trains():
    "It would update its mean and variance."
    statistics = [weight(name, [2]) for name in "sbmv"]
    return model([node("BatchNormalization", ["x", *"sbmv"], ["y", "mean", "var"],
                       training_mode=1)],
                 [value("x", [1, 2, 4])], [value("y", [1, 2, 4])], statistics)


@bad
def constant_of_least_shape():
    "The least integer as an extent: its negation is itself."
    return model([node("ConstantOfShape", ["s"], ["y"])], [value("x", [4])], [value("y", None)],
                 [integers("s", [-2**63])])
