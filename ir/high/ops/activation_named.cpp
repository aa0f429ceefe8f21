// The table of activation functions of recurrent layers.
#include "ir/high/ops/activation_named.h"

#include <cctype>

#include "ir/high/ops/helpers.h"

namespace tenon::high {
namespace {

Expr exp_of(Expr x) { return call(Op::Exp, x); }
Expr is_positive(Expr x) { return gt(x, literal_like(x, 0)); }

// A function, which parameters it takes, and their defaults, as ONNX gives them.
struct Row {
  std::string_view name;
  bool takes_alpha, takes_beta;
  double alpha, beta;
  Expr (*function)(Expr x, double alpha, double beta);
};

constexpr Row kRows[] = {
    {"relu", false, false, 0, 0, [](Expr x, double, double) { return max(x, 0.0); }},
    {"tanh", false, false, 0, 0, [](Expr x, double, double) { return call(Op::Tanh, x); }},
    {"sigmoid", false, false, 0, 0, [](Expr x, double, double) { return call(Op::Sigmoid, x); }},
    {"affine", true, true, 1, 0,
     [](Expr x, double alpha, double beta) { return x * alpha + beta; }},
    {"leakyrelu", true, false, 0.01, 0,
     [](Expr x, double alpha, double) { return select(is_positive(x), x, x * alpha); }},
    {"thresholdedrelu", true, false, 1, 0,
     [](Expr x, double alpha, double) {
       return select(gt(x, literal_like(x, alpha)), x, literal_like(x, 0));
     }},
    {"scaledtanh", true, true, 1, 1,
     [](Expr x, double alpha, double beta) { return call(Op::Tanh, x * beta) * alpha; }},
    {"hardsigmoid", true, true, 0.2, 0.5,
     [](Expr x, double alpha, double beta) { return min(max(x * alpha + beta, 0.0), 1.0); }},
    {"elu", true, false, 1, 0,
     [](Expr x, double alpha, double) {
       return select(is_positive(x), x, (exp_of(min(x, 0.0)) - 1.0) * alpha);
     }},
    {"softsign", false, false, 0, 0,
     [](Expr x, double, double) { return x / (call(Op::Abs, x) + 1.0); }},
    {"softplus", false, false, 0, 0,
     [](Expr x, double, double) {
       return max(x, 0.0) + call(Op::Log, exp_of(-call(Op::Abs, x)) + 1.0);
     }},
};

const Row* find_row(const std::string& name) {
  std::string lower;
  for (char c : name) lower += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  for (const Row& row : kRows)
    if (row.name == lower) return &row;
  return nullptr;
}

std::vector<std::string> words_of(const std::string& list) {
  std::vector<std::string> words(1);
  for (char c : list) {
    if (c == ',')
      words.emplace_back();
    else if (c != ' ')
      words.back() += c;
  }
  return words;
}

}  // namespace

Result<std::vector<NamedActivation>> named_activations(const Attributes& attributes, size_t count) {
  std::vector<std::string> words = words_of(attributes.text("activations"));
  if (words.size() * 2 == count) {
    std::vector<std::string> again = words;
    words.insert(words.end(), again.begin(), again.end());
  }
  if (words.size() != count)
    return Failure{std::to_string(words.size()) + " activations are named, expected are " +
                   std::to_string(count)};
  const std::vector<double>&alphas = attributes.numbers("activation_alpha"),
        &betas = attributes.numbers("activation_beta");
  // The lists hold a value for each function that takes one, in order.
  size_t next_alpha = 0, next_beta = 0;
  std::vector<NamedActivation> result;
  for (const std::string& word : words) {
    const Row* row = find_row(word);
    if (!row) return Failure{"the activation \"" + word + "\" is not known"};
    NamedActivation activation{row->function, row->alpha, row->beta};
    if (row->takes_alpha && next_alpha < alphas.size()) activation.alpha = alphas[next_alpha++];
    if (row->takes_beta && next_beta < betas.size()) activation.beta = betas[next_beta++];
    result.push_back(activation);
  }
  return result;
}

}  // namespace tenon::high
