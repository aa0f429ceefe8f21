"""Bad models whose types, shapes or stored values are wrong.

    f32[4] with 15 bytes of data   ->   tenon: error: raw_data_size.onnx: initializer "w": ...
"""
from build import added, bad, integers, model, node, one_node, value, weight
from onnx import TensorProto, helper


@bad
def raw_data_size():
    "16 bytes are needed, 15 are there."
    tensor = weight("w", (4,))
    tensor.raw_data = tensor.raw_data[:15]
    return added(tensor)


@bad
def typed_data_count():
    "4 elements are declared, 3 are there."
    tensor = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[4], float_data=[1, 2, 3])
    return added(tensor)


@bad
def two_value_fields():
    "Bytes and numbers at once: two readers could see two different weights."
    tensor = weight("w", (4,))
    tensor.float_data.extend([1, 2, 3, 4])
    return added(tensor)


@bad
def negative_extent():
    "An initializer of extent -4."
    tensor = weight("w", (4,))
    tensor.dims[0] = -4
    return added(tensor)


@bad
def huge_extent():
    "2^62 elements and no data for them."
    tensor = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[2**62])
    return added(tensor)


@bad
def extents_overflow():
    "The product of the extents is 2^66, which is 4 in 64 bits: the size of the data."
    tensor = weight("w", (4,))
    tensor.dims[:] = [2**33, 2**33]
    return added(tensor)


@bad
def unknown_dtype():
    "No element type has the number 99."
    tensor = weight("w", (4,))
    tensor.data_type = 99
    return added(tensor)


@bad
def undefined_dtype():
    "An initializer without an element type."
    tensor = weight("w", (4,))
    tensor.data_type = TensorProto.UNDEFINED
    return added(tensor)


@bad
def complex_input():
    "An element type that ONNX has and Tenon does not compute in."
    return model([node("Add", ["x", "x"], ["y"])], [value("x", [4], TensorProto.COMPLEX64)],
                 [value("y", [4], TensorProto.COMPLEX64)])


@bad
def string_tensor():
    "Text has no place in compiled arithmetic."
    names = helper.make_tensor("names", TensorProto.STRING, [2], [b"cat", b"dog"])
    return model([node("Gather", ["names", "x"], ["y"])], [value("x", [1], TensorProto.INT64)],
                 [value("y", [1], TensorProto.STRING)], [names])


@bad
def type_clash():
    "Floats and integers do not add."
    return model([node("Add", ["a", "b"], ["y"])],
                 [value("a", [4]), value("b", [4], TensorProto.INT64)], [value("y", [4])])


@bad
def input_extent_negative():
    "An input of extent -1: exporters write a name for what is not known."
    return one_node("Relu", [-1, 4], [-1, 4])


@bad
def input_extent_huge():
    "An input of 2^62 elements."
    return one_node("Relu", [2**62], [2**62])


@bad
def input_without_rank():
    "An input of which not even the rank is known."
    return model([node("Relu", ["x"], ["y"])], [value("x", None)], [value("y", None)])


@bad
def sequence_input():
    "A sequence of tensors as an input."
    x = helper.make_tensor_sequence_value_info("x", TensorProto.FLOAT, [4])
    return model([node("SequenceLength", ["x"], ["y"])], [x], [value("y", [], TensorProto.INT64)])


@bad
def many_axes():
    "A tensor of 40 axes."
    return one_node("Relu", [1] * 40, [1] * 40)


@bad
def segment_of_a_tensor():
    "Only a part of the tensor, as old files could have it."
    tensor = weight("w", [4])
    tensor.segment.begin, tensor.segment.end = 0, 2
    return added(tensor)


@bad
def sparse_weight():
    "A weight that is stored as its nonzero elements."
    proto = added(weight("w", [4]))
    sparse = proto.graph.sparse_initializer.add(dims=[4])
    sparse.values.CopyFrom(weight("z", [1]))
    sparse.indices.CopyFrom(integers("i", [0]))
    return proto
