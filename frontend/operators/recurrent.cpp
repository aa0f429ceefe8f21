// LSTM, GRU and RNN: attributes of the same meaning under other kinds.
//
//   LSTM (x, w, r, b) {hidden_size=256, activations=["Sigmoid", "Tanh", "Tanh"]}
//     ->   lstm %x, %w, %r, %b {activations="Sigmoid,Tanh,Tanh"}
#include "frontend/operators/operators.h"

namespace tenon::frontend {

Convert recurrent(std::string_view op) {
  return [op](NodeContext& node) {
    high::Attributes given = attributes({{"direction", node.text("direction")}});
    if (node.has_attribute("activations"))
      given.set("activations", join(node.text_list("activations"), ","));
    if (node.has_attribute("activation_alpha"))
      given.set("activation_alpha", node.real_list("activation_alpha"));
    if (node.has_attribute("activation_beta"))
      given.set("activation_beta", node.real_list("activation_beta"));
    if (node.has_attribute("clip")) given.set("clip", node.real("clip"));
    if (node.version() >= 14) given.set("layout", node.integer("layout"));
    if (op == "lstm") given.set("input_forget", node.integer("input_forget"));
    if (op == "gru") given.set("linear_before_reset", node.integer("linear_before_reset"));
    if (node.has_attribute("hidden_size") && node.rank(2) == 3) {
      const int64_t* extent = as_int(node.extent(2, 2));
      if (extent && *extent != node.integer("hidden_size"))
        node.fail("hidden_size is " + std::to_string(node.integer("hidden_size")) +
                      ", the recurrent weight is " + to_string(node.type(2)),
                  "remove hidden_size, or check which weight is used");
    }
    node.result(op, node.inputs(), std::move(given));
  };
}

}  // namespace tenon::frontend
