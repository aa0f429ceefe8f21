"""Damage to ONNX models, by reflection: every field of every message can be hit.

    mutant(seed_bytes, random.Random("digits 17"))
    ->  (the damaged bytes, ["attribute '/conv1' pads[2] = -9223372036854775808"])

The same random state gives the same mutant. One of three mutants is damaged as bytes, the others
as a model: targeted mutations hit what compilers trust (extents, attributes, names, order), and
any_field() hits the rest. Which field is chosen does not depend on how often it occurs: kinds of
fields are drawn first, so a thousand weights do not hide one opset.
"""
import onnx
from google.protobuf.descriptor import FieldDescriptor

INTEGERS = [0, 1, -1, 2, 3, 7, 64, 255, 65536, 2**31 - 1, 2**31, -2**31, 2**32, 2**40, 2**46, 2**62,
            2**63 - 1, -2**63, -2**63 + 1]
FLOATS = [0.0, -0.0, 1.0, -1.0, 1e-45, 3.4e38, float("inf"), float("-inf"), float("nan"), 0.5, 7e9]
TEXTS = ["", "x", "y", "../x", "Relu", "Reshape", "If", "Loop", "ai.onnx.ml", "SAME_LOWER", "%s%n",
         "a" * 5000, "\u00e9\u4e16", "line\nbreak", "0"]
INTEGER_TYPES = {FieldDescriptor.CPPTYPE_INT32: 32, FieldDescriptor.CPPTYPE_INT64: 64,
                 FieldDescriptor.CPPTYPE_UINT32: -32, FieldDescriptor.CPPTYPE_UINT64: -64}


def is_repeated(field):
    return field.is_repeated


def messages_in(message):
    """The message and all messages in it, in file order."""
    yield message
    for field, value in message.ListFields():
        if field.cpp_type == FieldDescriptor.CPPTYPE_MESSAGE:
            for inner in value if is_repeated(field) else [value]:
                yield from messages_in(inner)


def all_of(model, name):
    return [m for m in messages_in(model) if m.DESCRIPTOR.name == name]


def new_value(field, old, random):
    """Another value of a scalar field: an extreme, a neighbour of the old one, or a cut of it."""
    if field.cpp_type in INTEGER_TYPES:
        bits = INTEGER_TYPES[field.cpp_type]
        low, high = (-2**(bits - 1), 2**(bits - 1) - 1) if bits > 0 else (0, 2**-bits - 1)
        value = random.choice(INTEGERS + [old + 1, old - 1, -old, old * 2])
        return max(low, min(high, value))
    if field.cpp_type == FieldDescriptor.CPPTYPE_ENUM:
        return random.choice(field.enum_type.values).number
    if field.cpp_type in (FieldDescriptor.CPPTYPE_FLOAT, FieldDescriptor.CPPTYPE_DOUBLE):
        return random.choice(FLOATS)
    if field.type == FieldDescriptor.TYPE_BYTES:
        return random.choice([b"", old[:len(old) // 2], old[:-1], old + b"\0", b"\xff" * len(old)])
    return random.choice(TEXTS + [old[:-1], old + "_"])


def describe(message, field, index=None):
    owner = next((getattr(message, key) for key in ("name", "key", "dim_param")
                  if key in message.DESCRIPTOR.fields_by_name and getattr(message, key)), "")
    place = field.name if index is None else f"{field.name}[{index}]"
    return f"{message.DESCRIPTOR.name} '{owner[:40]}' {place}"


def change_field(message, field, random):
    """Changes one field that is set; returns what was done."""
    is_message = field.cpp_type == FieldDescriptor.CPPTYPE_MESSAGE
    if not is_repeated(field):
        if is_message or random.random() < 0.15:
            message.ClearField(field.name)
            return describe(message, field) + " cleared"
        value = new_value(field, getattr(message, field.name), random)
        setattr(message, field.name, value)
        return f"{describe(message, field)} = {str(value)[:60]!r}"
    values = getattr(message, field.name)
    index = random.randrange(len(values))
    place = describe(message, field, index)
    action = random.choice(["delete", "repeat", "swap", "clear"] if is_message else
                           ["delete", "repeat", "swap", "change", "change", "change"])
    if action == "delete":
        del values[index]
    elif action == "repeat" and is_message:
        values.add().CopyFrom(values[index])
    elif action == "repeat":
        values.append(values[index])
    elif action == "clear":
        message.ClearField(field.name)
    elif action == "swap":
        other = random.randrange(len(values))
        reordered = list(values)
        reordered[index], reordered[other] = reordered[other], reordered[index]
        del values[:]
        values.extend(reordered)
    else:
        values[index] = new_value(field, values[index], random)
        return f"{place} = {str(values[index])[:60]!r}"
    return f"{place}: {action}"


# --- mutations of a model: each says what it did, or None where there is nothing to change ---


def any_field(model, random):
    kinds = {}
    for message in messages_in(model):
        for field, _ in message.ListFields():
            kinds.setdefault((message.DESCRIPTOR.name, field.name), []).append((message, field))
    return change_field(*random.choice(kinds[random.choice(sorted(kinds))]), random)


def extent(model, random):
    places = [(m, "dim_value") for m in all_of(model, "Dimension")]
    places += [(m, "dims") for m in all_of(model, "TensorProto") if m.dims]
    message, name = random.choice(places)
    value = random.choice(INTEGERS)
    if name == "dim_value":
        message.dim_value = value
        return f"dimension = {value}"
    index = random.randrange(len(message.dims))
    message.dims[index] = value
    return f"initializer '{message.name}' dims[{index}] = {value}"


def attribute_value(model, random):
    attributes = all_of(model, "AttributeProto")
    if not attributes:
        return None
    attribute = random.choice(attributes)
    fields = [f for f, _ in attribute.ListFields() if f.name not in ("name", "doc_string")]
    return change_field(attribute, random.choice(fields), random)


def small_integers(model, random):
    """Shapes, axes, pads: what is stored as a few i64 steers the compiler, unlike weights."""
    tensors = [t for t in all_of(model, "TensorProto") if t.data_type == onnx.TensorProto.INT64]
    if not tensors:
        return None
    tensor = random.choice(tensors)
    values = onnx.numpy_helper.to_array(tensor).copy()
    if values.size == 0:
        return None
    index = random.randrange(values.size)
    values.reshape(-1)[index] = random.choice(INTEGERS)
    changed = onnx.numpy_helper.from_array(values, tensor.name)
    tensor.CopyFrom(changed)
    return f"tensor '{tensor.name}' element {index} = {values.reshape(-1)[index]}"


def operand(model, random):
    """A node reads or writes another value: cycles, type clashes, shapes that do not fit."""
    nodes = [n for n in all_of(model, "NodeProto") if n.input or n.output]
    names = sorted({name for n in nodes for name in list(n.input) + list(n.output)} | {""})
    target = random.choice(nodes)
    values = random.choice([v for v in (target.input, target.output) if v])
    index = random.randrange(len(values))
    values[index] = random.choice(names)
    return f"node '{target.name}' ({target.op_type}) operand {index} = '{values[index]}'"


def operator(model, random):
    nodes = all_of(model, "NodeProto")
    target, other = random.choice(nodes), random.choice(nodes)
    target.op_type, target.domain = other.op_type, other.domain
    return f"node '{target.name}' is a {other.op_type}"


def node_list(model, random):
    """A node dropped, doubled or moved."""
    owners = [m for m in messages_in(model) if m.DESCRIPTOR.name in ("GraphProto", "FunctionProto")]
    owner = random.choice([m for m in owners if m.node])
    return change_field(owner, owner.DESCRIPTOR.fields_by_name["node"], random)


MODEL_MUTATIONS = [any_field, any_field, extent, attribute_value, attribute_value, small_integers,
                   operand, operator, node_list]


# --- mutations of bytes ---


def damaged_bytes(data, random):
    """Flipped bits, or a range cut, doubled or filled; the header is hit as often as the rest."""
    at = random.randrange(len(data) if random.random() < 0.5 else min(len(data), 400))
    length = random.choice([1, 2, 4, 8, 64, 1000])
    action = random.choice(["bits", "bits", "bits", "truncate", "cut", "double", "fill"])
    if action == "bits":
        damaged = bytearray(data)
        for _ in range(random.choice([1, 1, 2, 8])):
            damaged[(at + random.randrange(64)) % len(data)] ^= 1 << random.randrange(8)
        return bytes(damaged), f"bits flipped near byte {at}"
    if action == "truncate":
        return data[:at], f"truncated at byte {at}"
    if action == "cut":
        return data[:at] + data[at + length:], f"bytes {at}..{at + length} cut"
    if action == "double":
        return data[:at + length] + data[at:], f"bytes {at}..{at + length} doubled"
    filler = bytes(random.randrange(256) for _ in range(length))
    return data[:at] + filler + data[at + length:], f"bytes {at}..{at + length} filled"


def damaged_model(data, random):
    model = onnx.load_model_from_string(data)
    done = []
    for _ in range(random.choice([1, 1, 1, 2, 3])):
        try:
            done.append(random.choice(MODEL_MUTATIONS)(model, random))
        except (IndexError, TypeError, ValueError):
            continue  # an earlier mutation took away what this one looks for
    return model.SerializeToString(), [text for text in done if text]


def mutant(data, random):
    """A damaged copy of a serialized model, never equal to it, and what was done."""
    damaged, done = data, []
    while damaged == data:
        if random.random() < 1 / 3:
            damaged, said = damaged_bytes(data, random)
            done = [said]
        else:
            damaged, done = damaged_model(data, random)
    return damaged, done
