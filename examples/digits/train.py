"""Trains the example's model, a small convolutional net for handwritten digits, in plain numpy.

    train.py  ->  digits.onnx  opset 17: image f32[1,1,8,8] -> probabilities f32[1,10]
                  samples.h    eight held-out digits and their labels, for main.c

The 1797 images of 8x8 pixels (0 to 16) come inside scikit-learn's package. A quarter is held out:
it is never trained on, and the accuracy printed at the end is measured on it. Everything is seeded.
Needs numpy, scikit-learn and onnx.
"""
import pathlib

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

SEED = 3
EPOCHS = 40
BATCH = 32
LEARNING_RATE = 2e-3
REQUIRED_ACCURACY = 0.97
SAMPLE_COUNT = 8
FOLDER = pathlib.Path(__file__).resolve().parent


# --- layers: forward returns the output and what backward needs; backward returns the gradients ---


def windows_of(x):
    """3x3 neighbourhoods with a border of zeros, in the order of a Conv weight's last three axes.

    f32[n,c,h,w] -> f32[n,h,w,c*9]
    """
    padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    view = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(2, 3))
    n, c, h, w = x.shape
    return view.transpose(0, 2, 3, 1, 4, 5).reshape(n, h, w, c * 9)


def conv(x, weight, bias):
    columns = windows_of(x)
    y = columns @ weight.reshape(len(weight), -1).T + bias
    return y.transpose(0, 3, 1, 2), columns


def conv_backward(dy, columns, weight):
    rows = dy.transpose(0, 2, 3, 1)
    d_weight = np.tensordot(rows, columns, axes=([0, 1, 2], [0, 1, 2])).reshape(weight.shape)
    # The input's gradient is dy convolved with the weight, mirrored, its channels exchanged.
    mirrored = np.ascontiguousarray(weight[:, :, ::-1, ::-1].transpose(1, 0, 2, 3))
    dx, _ = conv(dy, mirrored, 0)
    return dx, d_weight, rows.sum(axis=(0, 1, 2))


def max_pool(x):
    """The largest of each 2x2 block, and which of the four it was, one-hot.

    f32[n,c,h,w] -> f32[n,c,h/2,w/2], f32[n,c,h/2,w/2,4]
    """
    n, c, h, w = x.shape
    blocks = x.reshape(n, c, h // 2, 2, w // 2, 2).transpose(0, 1, 2, 4, 3, 5)
    blocks = blocks.reshape(n, c, h // 2, w // 2, 4)
    return blocks.max(axis=-1), np.eye(4, dtype=x.dtype)[blocks.argmax(axis=-1)]


def max_pool_backward(dy, chosen):
    n, c, h, w, _ = chosen.shape
    blocks = (dy[..., None] * chosen).reshape(n, c, h, w, 2, 2)
    return blocks.transpose(0, 1, 2, 4, 3, 5).reshape(n, c, 2 * h, 2 * w)


def softmax(x):
    e = np.exp(x - x.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


# --- the net ---


def initial_parameters(random):
    """Weights whose variance keeps a signal's size through a ReLU (He 2015); zero biases."""
    shapes = {"conv1": (16, 1, 3, 3), "conv2": (32, 16, 3, 3), "fc1": (64, 128), "fc2": (10, 64)}
    parameters = {}
    for name, shape in shapes.items():
        deviation = np.sqrt(2 / np.prod(shape[1:]))
        weight = random.standard_normal(shape) * deviation
        parameters[f"{name}.weight"] = weight.astype(np.float32)
        parameters[f"{name}.bias"] = np.zeros(shape[0], np.float32)
    return parameters


def forward(p, pixels):
    """Probabilities of the ten digits, and what gradients() needs. pixels: [n,1,8,8] of 0 to 16."""
    a1, columns1 = conv(pixels * np.float32(1 / 16), p["conv1.weight"], p["conv1.bias"])
    m1, chosen1 = max_pool(np.maximum(a1, 0))
    a2, columns2 = conv(m1, p["conv2.weight"], p["conv2.bias"])
    m2, chosen2 = max_pool(np.maximum(a2, 0))
    flat = m2.reshape(len(m2), -1)
    a3 = flat @ p["fc1.weight"].T + p["fc1.bias"]
    hidden = np.maximum(a3, 0)
    probabilities = softmax(hidden @ p["fc2.weight"].T + p["fc2.bias"])
    kept = (a1, columns1, chosen1, a2, columns2, chosen2, flat, a3, hidden)
    return probabilities, kept


def gradients(p, pixels, labels):
    """Gradients of the mean cross-entropy of one batch."""
    probabilities, kept = forward(p, pixels)
    a1, columns1, chosen1, a2, columns2, chosen2, flat, a3, hidden = kept
    g = {}
    d_logits = (probabilities - np.eye(10, dtype=np.float32)[labels]) / len(labels)
    g["fc2.weight"], g["fc2.bias"] = d_logits.T @ hidden, d_logits.sum(axis=0)
    d_a3 = (d_logits @ p["fc2.weight"]) * (a3 > 0)
    g["fc1.weight"], g["fc1.bias"] = d_a3.T @ flat, d_a3.sum(axis=0)
    d_m2 = (d_a3 @ p["fc1.weight"]).reshape(chosen2.shape[:-1])
    d_a2 = max_pool_backward(d_m2, chosen2) * (a2 > 0)
    d_m1, g["conv2.weight"], g["conv2.bias"] = conv_backward(d_a2, columns2, p["conv2.weight"])
    d_a1 = max_pool_backward(d_m1, chosen1) * (a1 > 0)
    _, g["conv1.weight"], g["conv1.bias"] = conv_backward(d_a1, columns1, p["conv1.weight"])
    return g


def train(images, labels, random):
    """Adam (Kingma and Ba 2015, algorithm 1); the learning rate falls along a half cosine."""
    p = initial_parameters(random)
    mean = {name: np.zeros_like(value) for name, value in p.items()}
    square = {name: np.zeros_like(value) for name, value in p.items()}
    steps = EPOCHS * (len(images) // BATCH)
    step = 0
    for _ in range(EPOCHS):
        order = random.permutation(len(images))
        for first in range(0, len(images) - BATCH + 1, BATCH):
            batch = order[first:first + BATCH]
            g = gradients(p, images[batch], labels[batch])
            rate = LEARNING_RATE * 0.5 * (1 + np.cos(np.pi * step / steps))
            step += 1
            for name in p:
                mean[name] = 0.9 * mean[name] + 0.1 * g[name]
                square[name] = 0.999 * square[name] + 0.001 * g[name] ** 2
                deviation = np.sqrt(square[name] / (1 - 0.999**step)) + 1e-8
                change = rate * mean[name] / (1 - 0.9**step) / deviation
                p[name] = (p[name] - change).astype(np.float32)
    return p


# --- what main.c and the compiler read ---


def onnx_model(p):
    node = helper.make_node
    same = {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1]}
    halve = {"kernel_shape": [2, 2], "strides": [2, 2]}
    nodes = [
        node("Mul", ["image", "pixel_scale"], ["scaled"], "/scale"),
        node("Conv", ["scaled", "conv1.weight", "conv1.bias"], ["conv1"], "/conv1", **same),
        node("Relu", ["conv1"], ["relu1"], "/relu1"),
        node("MaxPool", ["relu1"], ["pool1"], "/pool1", **halve),
        node("Conv", ["pool1", "conv2.weight", "conv2.bias"], ["conv2"], "/conv2", **same),
        node("Relu", ["conv2"], ["relu2"], "/relu2"),
        node("MaxPool", ["relu2"], ["pool2"], "/pool2", **halve),
        node("Flatten", ["pool2"], ["flat"], "/flatten"),
        node("Gemm", ["flat", "fc1.weight", "fc1.bias"], ["fc1"], "/fc1", transB=1),
        node("Relu", ["fc1"], ["relu3"], "/relu3"),
        node("Gemm", ["relu3", "fc2.weight", "fc2.bias"], ["logits"], "/fc2", transB=1),
        node("Softmax", ["logits"], ["probabilities"], "/softmax", axis=1),
    ]
    weights = [numpy_helper.from_array(np.array(1 / 16, np.float32), "pixel_scale")]
    weights += [numpy_helper.from_array(value, name) for name, value in p.items()]
    graph = helper.make_graph(
        nodes, "digits",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 1, 8, 8])],
        [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, [1, 10])],
        weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8,
                              producer_name="examples/digits/train.py")
    onnx.checker.check_model(model, full_check=True)
    return model


SAMPLES_HEAD = """\
/* samples.h: digits that the model was not trained on, written by train.py.
   pixels[row][column] is 0 (paper) to 16 (ink); label is the digit that was meant. */
enum { SAMPLE_COUNT = %d };

static const struct {
  int label;
  unsigned char pixels[8][8];
} samples[SAMPLE_COUNT] = {
"""


def samples_header(images, labels):
    text = SAMPLES_HEAD % len(images)
    for image, label in zip(images.astype(int), labels):
        rows = ["{" + ", ".join(f"{pixel:2d}" for pixel in row) + "}" for row in image[0]]
        text += "  {%d,\n   {%s}},\n" % (label, ",\n    ".join(rows))
    return text + "};\n"


def main():
    digits = load_digits()
    images = digits.images.astype(np.float32)[:, None]
    known, held_out, known_labels, held_out_labels = train_test_split(
        images, digits.target, test_size=0.25, random_state=SEED, stratify=digits.target)
    p = train(known, known_labels, np.random.default_rng(SEED))
    predictions = forward(p, held_out)[0].argmax(axis=1)
    accuracy = (predictions == held_out_labels).mean()
    print(f"trained on {len(known)} digits; of {len(held_out)} held out, {accuracy:.1%} are right")
    if accuracy < REQUIRED_ACCURACY:
        raise SystemExit(f"less than {REQUIRED_ACCURACY:.0%}: nothing was written")
    (FOLDER / "digits.onnx").write_bytes(onnx_model(p).SerializeToString())
    samples = samples_header(held_out[:SAMPLE_COUNT], held_out_labels[:SAMPLE_COUNT])
    (FOLDER / "samples.h").write_text(samples)


if __name__ == "__main__":
    main()
