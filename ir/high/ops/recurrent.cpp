// Recurrent layers. The products with the input are one stage for the whole sequence; the steps are
// a scan.
//
//   %y, %y_h, %y_c = lstm %x, %w, %r, %b : f32[100, 1, 8, 256], ...
//     ->   projection[t, b, q:1024] = sum[i:64](x[t, b, i] * w[0, q, i])
//          scan t in 100 {
//            previous[t, b, k]      = h[t - 1, b, k] else 0.0
//            product[t, b, q:1024]  = sum[k:256](previous[t, b, k] * r[0, q, k])
//            c[t, b, j:256]         = forget * (c[t - 1, b, j] else 0.0) + input * candidate
//            h[t, b, j:256]         = output * tanh(c[t, b, j])
//          }
//          y[t, d, b, j] = h[t, b, j]         y_h[d, b, j] = h[99, b, j]        y_c likewise
// A reversed direction takes position T-1-t at step t. Two directions are two scans.
#include <algorithm>

#include "ir/expr/text.h"
#include "ir/high/ops/activation_named.h"
#include "ir/high/ops/helpers.h"

namespace tenon::high {
namespace {

enum Input { kX, kW, kR, kBias, kLengths, kInitialH, kInitialC, kPeepholes };

bool is_batch_major(const Attributes& attributes) { return attributes.integer("layout") != 0; }

// ---- types ------------------------------------------------------------------------------------

struct Dims {
  Expr steps, batch, directions, hidden;
};

// [directions, batch, hidden], or with the first two swapped.
std::vector<Expr> state_shape(const Attributes& attributes, const Dims& dims) {
  if (is_batch_major(attributes)) return {dims.batch, dims.directions, dims.hidden};
  return {dims.directions, dims.batch, dims.hidden};
}

void require_shape(InferContext& context, int i, const std::vector<Expr>& shape,
                   const std::string& what) {
  if (!context.has_input(i)) return;
  require_same_type(context, kX, i);
  require_rank(context, i, static_cast<int>(shape.size()));
  for (size_t axis = 0; axis < shape.size(); ++axis)
    context.require_equal(context.dim(i, static_cast<int>(axis)), shape[axis],
                          "axis " + std::to_string(axis) + " of the " + what + " does not fit");
}

Dims infer_layer(InferContext& context, int gates, int activations) {
  const Attributes& attributes = context.attributes();
  require_class(context, kX, "f");
  require_rank(context, kX, 3);
  require_rank(context, kW, 3);
  require_rank(context, kR, 3);
  const std::string& direction = attributes.text("direction");
  if (direction != "forward" && direction != "reverse" && direction != "bidirectional")
    context.fail("the direction is \"" + direction + "\"",
                 "it must be forward, reverse or bidirectional");
  int64_t directions = direction == "bidirectional" ? 2 : 1;
  bool batch_major = is_batch_major(attributes);
  ExprPool& pool = context.pool();
  Dims dims{context.dim(kX, batch_major ? 1 : 0), context.dim(kX, batch_major ? 0 : 1),
            pool.index(directions), context.dim(kR, 2)};
  if (!as_int(dims.hidden)) context.fail("the hidden size is not constant");
  Expr rows = dims.hidden * gates;
  require_shape(context, kW, {dims.directions, rows, context.dim(kX, 2)}, "input weight");
  require_shape(context, kR, {dims.directions, rows, dims.hidden}, "recurrent weight");
  require_shape(context, kBias, {dims.directions, rows * 2.0}, "bias");
  require_shape(context, kInitialH, state_shape(attributes, dims), "initial state");
  require_shape(context, kInitialC, state_shape(attributes, dims), "initial cell state");
  if (context.has_input(kPeepholes))
    context.fail("peephole weights are not supported in this version");
  if (context.has_input(kLengths)) {
    const std::vector<Expr>* lengths = context.elements(kLengths);
    bool full = lengths && std::all_of(lengths->begin(), lengths->end(), [&](Expr length) {
                  return context.proved(eq(length, dims.steps));
                });
    if (!full)
      context.fail(
          "sequence_lens are not supported in this version, unless each is the whole sequence",
          "remove the input, and mask what lies behind the end of a sequence");
  }
  Result<std::vector<NamedActivation>> named =
      named_activations(attributes, static_cast<size_t>(activations * directions));
  if (!named) context.fail(named.reason());
  DType type = context.input(kX).type;
  if (batch_major)
    context.output(type, {dims.batch, dims.steps, dims.directions, dims.hidden});
  else
    context.output(type, {dims.steps, dims.directions, dims.batch, dims.hidden});
  context.output(type, state_shape(attributes, dims));
  return dims;
}

// ---- meaning ----------------------------------------------------------------------------------

// One direction of a layer while its stages are built.
class Layer {
 public:
  Layer(ComputeContext& context, int gates, int activations, int direction)
      : context_(context),
        gates_(gates),
        direction_(direction),
        batch_major_(is_batch_major(context.attributes())),
        reverse_(direction == 1 || context.attributes().text("direction") == "reverse"),
        steps_(context.input_shape(kX)[batch_major_ ? 1 : 0]),
        b_(context.axis_of("b", context.input_shape(kX)[batch_major_ ? 0 : 1])),
        j_(context.axis_of("j", context.input_shape(kR)[2])),
        k_(context.axis_of("k", context.input_shape(kR)[2])) {
    size_t directions = context.attributes().text("direction") == "bidirectional" ? 2 : 1,
           each = static_cast<size_t>(activations);
    std::vector<NamedActivation> all = *named_activations(context.attributes(), each * directions);
    activations_.assign(all.begin() + static_cast<long>(each) * direction,
                        all.begin() + static_cast<long>(each) * (direction + 1));
    project();
  }

  void begin() {
    loop::Axis step = context_.begin_scan("t", steps_);
    t_ = context_.var(step);
    h_ = context_.declare("h", type(), {b_, j_});
    // A copy of the state, so that the product below reads without a condition.
    std::vector<Expr> start = {context_.var(b_), context_.var(k_)};
    previous_ =
        context_.local("previous", elementwise_stage({b_, k_}, state_before(h_, kInitialH, start)));
  }

  // Rows first .. first+count-1 (in gates) of the recurrent weight times a state vector of this
  // step.
  std::string product(const std::string& state, int first, int count) {
    loop::Axis q = context_.axis_of("q", j_.extent * count);
    Expr row = context_.var(q) + j_.extent * first, k = context_.var(k_);
    Expr term = context_.read(state, {t_, context_.var(b_), k}) *
                context_.number(kR, {context_.index(direction_), row, k});
    loop::Stage stage = elementwise_stage({b_, q}, term);
    stage.reducer = loop::Reducer::Sum;
    stage.reduce_axes = {k_};
    return context_.local("product", std::move(stage));
  }

  std::string stage(const std::string& name, Expr value) {
    return context_.local(name, elementwise_stage({b_, j_}, value));
  }

  // What stands in a gate: the projected input, element `gate` of a product, and the biases.
  Expr projected(int gate) {
    Expr position = reverse_ ? steps_ - 1.0 - t_ : t_;
    return context_.read(projection_, {position, b(), row(gate)});
  }
  Expr multiplied(const std::string& product, int gate) {
    return context_.read(product, {t_, b(), row(gate)});
  }
  Expr input_bias(int gate) { return bias(gate); }
  Expr recurrent_bias(int gate) { return bias(gates_ + gate); }
  // Both in one expression of constants only.
  Expr plus_biases(Expr value, int gate) {
    return context_.has_input(kBias) ? value + (input_bias(gate) + recurrent_bias(gate)) : value;
  }
  Expr plus(Expr value, Expr bias) { return bias ? value + bias : value; }

  // Function `which` of a gate, whose sum is clipped; of the cell state, as other runtimes do, it
  // is not.
  Expr activate(int which, Expr x) const {
    return activations_[static_cast<size_t>(which)].apply(x);
  }
  Expr activate_gate(int which, Expr x) const {
    double clip = context_.attributes().number("clip");
    if (clip > 0) x = clamp(x, literal_like(x, -clip), literal_like(x, clip));
    return activate(which, x);
  }

  // Element j of a tensor of this step, and of the state of the step before.
  Expr here(const std::string& tensor) { return context_.read(tensor, {t_, b(), j()}); }
  Expr before() { return context_.read(previous_, {t_, b(), j()}); }
  Expr state_before(const std::string& tensor, int initial, const std::vector<Expr>& at) {
    Expr start = context_.pool().literal(type(), 0);
    if (context_.has_input(initial)) {
      Expr d = context_.index(direction_);
      start = context_.number(
          initial, batch_major_ ? std::vector{at[0], d, at[1]} : std::vector{d, at[0], at[1]});
    }
    return context_.read(tensor, {t_ - 1.0, at[0], at[1]}, start);
  }

  const std::string& h() const { return h_; }
  const std::string& previous() const { return previous_; }
  Expr b() { return context_.var(b_); }
  Expr j() { return context_.var(j_); }
  std::vector<loop::Axis> cell_axes() const { return {b_, j_}; }
  DType type() const { return arithmetic_type(context_.input_type(kX).type); }
  ComputeContext& context() { return context_; }

  // Ends the scan with h = value and gives all states and the last one.
  void finish(Expr value) {
    context_.define(h_, elementwise_stage({b_, j_}, value));
    context_.end_scan();
    give_sequence();
    give_last(1, h_);
  }

  void give_last(int result, const std::string& tensor) {
    loop::Axis d = context_.axis_of("d", context_.index(1));
    loop::Stage last =
        elementwise_stage(batch_major_ ? std::vector{b_, d, j_} : std::vector{d, b_, j_}, {});
    last.value = context_.read(tensor, {steps_ - 1.0, b(), j()});
    give_piece(result, std::move(last), d);
  }

 private:
  // The products of the whole sequence with the input weight: a matrix product, outside of the
  // scan.
  void project() {
    loop::Axis t = context_.axis_of("t", steps_),
               q = context_.axis_of("q", context_.input_shape(kW)[1]);
    loop::Axis i = context_.axis_of("i", context_.input_shape(kX)[2]);
    Expr at_t = context_.var(t), at_i = context_.var(i);
    Expr x = context_.number(
        kX, batch_major_ ? std::vector{b(), at_t, at_i} : std::vector{at_t, b(), at_i});
    loop::Stage stage = elementwise_stage(
        {t, b_, q}, x * context_.number(kW, {context_.index(direction_), context_.var(q), at_i}));
    stage.reducer = loop::Reducer::Sum;
    stage.reduce_axes = {i};
    projection_ = context_.local("projection", std::move(stage));
    context_.anchor(projection_, "rnn");
  }

  void give_sequence() {
    loop::Axis t = context_.axis_of("t", steps_), d = context_.axis_of("d", context_.index(1));
    Expr at_t = context_.var(t);
    loop::Stage all =
        elementwise_stage(batch_major_ ? std::vector{b_, t, d, j_} : std::vector{t, d, b_, j_}, {});
    all.value = context_.read(h_, {reverse_ ? steps_ - 1.0 - at_t : at_t, b(), j()});
    give_piece(0, std::move(all), d);
  }

  // With two directions, each is a piece of the result.
  void give_piece(int result, loop::Stage stage, const loop::Axis& d) {
    if (context_.attributes().text("direction") == "bidirectional") {
      stage.target = context_.vars(stage.axes);
      for (Expr& subscript : stage.target)
        if (subscript == context_.var(d)) subscript = subscript + direction_;
    }
    context_.result(result, std::move(stage));
  }

  Expr row(int gate) { return j() + j_.extent * gate; }
  Expr bias(int gate) {
    if (!context_.has_input(kBias)) return {};
    return context_.number(kBias, {context_.index(direction_), row(gate)});
  }

  ComputeContext& context_;
  int gates_, direction_;
  bool batch_major_, reverse_;
  Expr steps_, t_;
  loop::Axis b_, j_, k_;
  std::string projection_, h_, previous_;
  std::vector<NamedActivation> activations_;
};

// Gates: input, output, forget, cell.
void lstm_direction(Layer layer) {
  ComputeContext& context = layer.context();
  layer.begin();
  std::string c = context.declare("c", layer.type(), layer.cell_axes());
  std::string product = layer.product(layer.previous(), 0, 4);
  auto gate = [&](int g) {
    return layer.plus_biases(layer.projected(g) + layer.multiplied(product, g), g);
  };
  std::string input = layer.stage("input_gate", layer.activate_gate(0, gate(0)));
  Expr forget = context.attributes().integer("input_forget") ? 1.0 - layer.here(input)
                                                             : layer.activate_gate(0, gate(2));
  Expr kept = forget * layer.state_before(c, kInitialC, {layer.b(), layer.j()});
  context.define(c, elementwise_stage(layer.cell_axes(),
                                      kept + layer.here(input) * layer.activate_gate(1, gate(3))));
  layer.finish(layer.activate_gate(0, gate(1)) * layer.activate(2, layer.here(c)));
  layer.give_last(2, c);
}

// Gates: update, reset, hidden.
void gru_direction(Layer layer) {
  ComputeContext& context = layer.context();
  layer.begin();
  bool linear_before_reset = context.attributes().integer("linear_before_reset") != 0;
  std::string product = layer.product(layer.previous(), 0, linear_before_reset ? 3 : 2);
  auto gate = [&](int g) {
    return layer.activate_gate(
        0, layer.plus_biases(layer.projected(g) + layer.multiplied(product, g), g));
  };
  Expr hidden;
  if (linear_before_reset) {
    Expr inner = gate(1) * layer.plus(layer.multiplied(product, 2), layer.recurrent_bias(2));
    hidden = layer.plus(layer.projected(2), layer.input_bias(2)) + inner;
  } else {
    std::string reset = layer.stage("reset_state", gate(1) * layer.before());
    std::string after_reset = layer.product(reset, 2, 1);
    hidden = layer.plus_biases(layer.projected(2) + layer.multiplied(after_reset, 0), 2);
  }
  std::string update = layer.stage("update_gate", gate(0));
  layer.finish((1.0 - layer.here(update)) * layer.activate_gate(1, hidden) +
               layer.here(update) * layer.before());
}

void rnn_direction(Layer layer) {
  layer.begin();
  std::string product = layer.product(layer.previous(), 0, 1);
  layer.finish(layer.activate_gate(
      0, layer.plus_biases(layer.projected(0) + layer.multiplied(product, 0), 0)));
}

Compute each_direction(int gates, int activations, void (*compute)(Layer)) {
  return [=](ComputeContext& context) {
    int directions = context.attributes().text("direction") == "bidirectional" ? 2 : 1;
    for (int d = 0; d < directions; ++d) compute(Layer(context, gates, activations, d));
  };
}

Operator recurrent(std::string_view name, int gates, int activations,
                   std::string default_activations, std::vector<AttributeSchema> own,
                   void (*compute)(Layer)) {
  bool has_cell = gates == 4;
  std::vector<std::string_view> inputs = {"x", "w", "r", "b?", "sequence_lens?", "initial_h?"};
  if (has_cell) inputs.insert(inputs.end(), {"initial_c?", "p?"});
  std::vector<AttributeSchema> attributes = {
      {"direction", AttributeKind::Text, "forward"},
      {"activations", AttributeKind::Text, std::move(default_activations)},
      {"activation_alpha", AttributeKind::Numbers, std::vector<double>{}},
      {"activation_beta", AttributeKind::Numbers, std::vector<double>{}},
      {"clip", AttributeKind::Number, 0.0},
      {"layout", AttributeKind::Integer, 0}};
  attributes.insert(attributes.end(), own.begin(), own.end());
  return {.name = name,
          .inputs = std::move(inputs),
          .attributes = std::move(attributes),
          .fusion = FusionClass::Opaque,
          .infer =
              [=](InferContext& context) {
                Dims dims = infer_layer(context, gates, activations);
                if (has_cell)
                  context.output(context.input(kX).type, state_shape(context.attributes(), dims));
              },
          .compute = each_direction(gates, activations, compute)};
}

}  // namespace

namespace ops {

// Results: all states, the last state, and for lstm the last cell state. `activations` names as
// many functions as the operator has (for one direction, used for both; or for both), with ONNX's
// names and separated by commas.
const Operator lstm = recurrent("lstm", 4, 3, "Sigmoid,Tanh,Tanh",
                                {{"input_forget", AttributeKind::Integer, 0}}, lstm_direction);
const Operator gru = recurrent("gru", 3, 2, "Sigmoid,Tanh",
                               {{"linear_before_reset", AttributeKind::Integer, 0}}, gru_direction);
const Operator rnn = recurrent("rnn", 1, 1, "Tanh", {}, rnn_direction);

}  // namespace ops
}  // namespace tenon::high
