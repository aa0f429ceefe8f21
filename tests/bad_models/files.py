"""Bad models that are wrong as files: damaged bytes, and weights in other files.

    location = "../secret"   ->   tenon: error: external_escape.onnx: initializer "w": ...
"""
from build import Case, added, bad, one_node
from onnx import TensorProto

WEIGHTS = bytes(16)  # what f32[4] needs


def external(location, **entries):
    """x + w -> y, where w : f32[4] lies in another file."""
    tensor = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[4],
                         data_location=TensorProto.EXTERNAL)
    for key, text in {"location": location, **entries}.items():
        tensor.external_data.add(key=key, value=text)
    return added(tensor)


@bad
def empty_file():
    "No bytes at all."
    return b""


@bad
def no_graph():
    "Valid protobuf, but there is no graph in it."
    proto = one_node("Relu", [4], [4])
    proto.ClearField("graph")
    return proto


@bad
def truncated_file():
    "A download that stopped."
    whole = one_node("Relu", [4], [4]).SerializeToString()
    return whole[:len(whole) - 20]


@bad
def not_onnx():
    "A picture."
    return b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(64)


@bad
def external_escape():
    "A file outside the model's folder."
    return Case(external("../outside.bin"), {"../outside.bin": WEIGHTS})


@bad
def external_escape_inside_path():
    "The same, with a folder before it."
    return Case(external("part/../../outside.bin"), {"../outside.bin": WEIGHTS, "part/x": b""})


@bad
def external_absolute():
    "A file of the system."
    return Case(external("/etc/passwd", offset="0", length="16"))


@bad
def external_link():
    "A symbolic link inside the folder that leads out of it."
    return Case(external("w.bin"), {"../outside.bin": WEIGHTS}, {"w.bin": "../outside.bin"})


@bad
def external_missing():
    "The weights were not copied along."
    return Case(external("w.bin"))


@bad
def external_folder():
    "A folder where a file should be."
    return Case(external("part", length="16"), {"part/x": WEIGHTS})


@bad
def external_empty_location():
    "No file name."
    return Case(external(""))


@bad
def external_negative_offset():
    "Bytes before the beginning of the file."
    return Case(external("w.bin", offset="-8", length="16"), {"w.bin": WEIGHTS})


@bad
def external_past_end():
    "The file ends in the middle of the tensor."
    return Case(external("w.bin", offset="8", length="16"), {"w.bin": WEIGHTS})


@bad
def external_offset_overflow():
    "Offset and length are fine one by one; their sum wraps around."
    return Case(external("w.bin", offset=str(2**63 - 8), length="16"), {"w.bin": WEIGHTS})


@bad
def external_length():
    "The length belongs to another shape."
    return Case(external("w.bin", offset="0", length="12"), {"w.bin": WEIGHTS})


@bad
def external_offset_text():
    "An offset that is no number."
    return Case(external("w.bin", offset="4 KiB"), {"w.bin": bytes(8192)})
