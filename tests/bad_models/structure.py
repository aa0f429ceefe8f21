"""Bad models whose graph is wrong: names, cycles, opsets, functions, operators.

    y = Relu(ghost)   ->   tenon: error: missing_input.onnx: node "/relu" (Relu, opset 17): ...
"""
from build import bad, model, node, one_node, value, weight
from onnx import TensorProto, helper


@bad
def cycle():
    "Two nodes need each other's result."
    return model([node("Add", ["x", "b"], ["a"], "/first"), node("Relu", ["a"], ["b"], "/second")],
                 [value("x", [4])], [value("b", [4])])


@bad
def missing_input():
    "A node reads a value that nothing makes."
    return model([node("Relu", ["ghost"], ["y"])], [value("x", [4])], [value("y", [4])])


@bad
def duplicate_output():
    "Two nodes make one value."
    return model([node("Relu", ["x"], ["y"], "/first"), node("Neg", ["x"], ["y"], "/second")],
                 [value("x", [4])], [value("y", [4])])


@bad
def input_made_again():
    "A node makes a value that is an input of the model."
    return model([node("Relu", ["x"], ["x"])], [value("x", [4])], [value("x", [4])])


@bad
def output_of_nothing():
    "An output of the model is made by no node."
    return model([node("Relu", ["x"], ["y"])], [value("x", [4])], [value("lost", [4])])


@bad
def no_outputs():
    "The model computes nothing that anyone could see."
    return model([node("Relu", ["x"], ["y"])], [value("x", [4])], [])


@bad
def no_opset():
    "The model does not say which version of the operators it means."
    proto = one_node("Relu", [4], [4])
    del proto.opset_import[:]
    return proto


@bad
def future_opset():
    "An opset that does not exist yet."
    return one_node("Relu", [4], [4], opset=999)


@bad
def unknown_operators():
    "Operators that do not exist: all are listed."
    return model([node("Frobnicate", ["x"], ["a"], "/one"), node("Relu", ["a"], ["b"], "/two"),
                  node("Twiddle", ["b"], ["y"], "/three")], [value("x", [4])], [value("y", [4])])


@bad
def unknown_domain():
    "An operator of someone's own domain, without a function body."
    return model([node("Fuse", ["x"], ["y"], domain="com.example")], [value("x", [4])],
                 [value("y", [4])], domains=["com.example"])


@bad
def too_few_inputs():
    "Conv needs a weight."
    return model([node("Conv", ["x"], ["y"])], [value("x", [1, 3, 8, 8])],
                 [value("y", [1, 3, 8, 8])])


@bad
def too_many_inputs():
    "Relu has one input."
    return model([node("Relu", ["x", "x"], ["y"])], [value("x", [4])], [value("y", [4])])


@bad
def absent_attribute():
    "Concat needs an axis."
    return model([node("Concat", ["x", "x"], ["y"])], [value("x", [4])], [value("y", [8])])


@bad
def attribute_of_wrong_type():
    "An axis is an integer."
    return one_node("Softmax", [4], [4], axis=0.5)


@bad
def unknown_attribute():
    "Relu has no slope."
    return one_node("Relu", [4], [4], slope=0.5)


def function(name, nodes):
    return helper.make_function("local", name, ["x"], ["y"], nodes,
                                [helper.make_opsetid("", 17), helper.make_opsetid("local", 1)])


def call(name, operand, result):
    return node(name, [operand], [result], f"/{name.lower()}_{result}", domain="local")


@bad
def recursive_functions():
    "Two model-local functions call each other."
    return model([call("Ping", "x", "y")], [value("x", [4])], [value("y", [4])], domains=["local"],
                 functions=[function("Ping", [call("Pong", "x", "y")]),
                            function("Pong", [call("Ping", "x", "y")])])


@bad
def billion_laughs():
    "Each function calls the next one twice: 30 levels of these would be 2^30 nodes."
    functions = [function(f"Laugh{i}", [call(f"Laugh{i + 1}", "x", "m"),
                                        call(f"Laugh{i + 1}", "m", "y")]) for i in range(30)]
    functions.append(function("Laugh30", [node("Relu", ["x"], ["y"])]))
    return model([call("Laugh0", "x", "y")], [value("x", [4])], [value("y", [4])],
                 domains=["local"], functions=functions)


@bad
def function_calling_itself():
    "A model-local function whose body calls it."
    return model([call("Echo", "x", "y")], [value("x", [4])], [value("y", [4])], domains=["local"],
                 functions=[function("Echo", [call("Echo", "x", "y")])])


@bad
def withdrawn_operator():
    "An operator that ONNX took back, without a definition that says what it meant."
    return model([node("Upsample", ["x", "scales"], ["y"])], [value("x", [1, 1, 4, 4])],
                 [value("y", [1, 1, 8, 8])], [weight("scales", [4])], opset=11)


@bad
def old_opset():
    "Operators as they were before broadcasting."
    return one_node("Relu", [4], [4], opset=6)


@bad
def operator_of_a_later_opset():
    "Gelu came with opset 20."
    return one_node("Gelu", [4], [4])


@bad
def attribute_twice():
    "Two attributes of one name: readers differ in which they take."
    proto = one_node("Softmax", [4], [4], axis=0)
    proto.graph.node[0].attribute.append(helper.make_attribute("axis", -1))
    return proto


@bad
def input_twice():
    "Two inputs of one name."
    return model([node("Relu", ["x"], ["y"])], [value("x", [4]), value("x", [4])],
                 [value("y", [4])])


@bad
def initializer_twice():
    "Two initializers of one name."
    return model([node("Add", ["x", "w"], ["y"])], [value("x", [4])], [value("y", [4])],
                 [weight("w", [4]), weight("w", [4])])


@bad
def branch_that_follows_from_data():
    "Which branch is taken shows only when the model runs."
    def branch(name, op):
        return helper.make_graph([node(op, ["x"], ["r"])], name, [], [value("r", [4])])
    return model([node("If", ["c"], ["y"], then_branch=branch("then", "Neg"),
                       else_branch=branch("else", "Abs"))],
                 [value("c", [], TensorProto.BOOL), value("x", [4])], [value("y", [4])])


@bad
def function_without_its_attribute():
    "The function's attribute has no default, and the call does not give it."
    leaky = helper.make_function("local", "Leaky", ["x"], ["y"], [node("LeakyRelu", ["x"], ["y"])],
                                 [helper.make_opsetid("", 17)], ["slope"])
    return model([call("Leaky", "x", "y")], [value("x", [4])], [value("y", [4])],
                 domains=["local"], functions=[leaky])


@bad
def dimensions_without_bounds():
    "The model leaves two dimensions open, and so does the command."
    return model([node("Relu", ["x"], ["y"])], [value("x", ["batch", "seq"])],
                 [value("y", ["batch", "seq"])])
