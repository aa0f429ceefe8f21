// Random functions: the interpreter on the lowered function gives the bits of the direct
// evaluation, before and after inline_elementwise, collapse_axes, flatten_stages, lower_layouts and
// simplify_loops.
#include <gtest/gtest.h>

#include <random>

#include "ir/loop/constants.h"
#include "ir/loop/interpreter.h"
#include "ir/loop/passes.h"
#include "ir/loop/text.h"
#include "ir/loop/verify.h"
#include "ir/tensor/passes.h"
#include "ir/tensor/text.h"
#include "ir/tensor/verify.h"
#include "tests/ir/tensor/random_function.h"
#include "tests/ir/tensor/tensor_evaluator.h"

namespace tenon::tensor {
namespace {

Values random_inputs(const Function& function, uint32_t seed) {
  std::mt19937 random(seed);
  Values values;
  for (const Tensor& tensor : function.params) {
    TensorValue value{tensor.type, {}, {}};
    int64_t count = 1;
    for (Expr extent : tensor.extents)
      value.extents.push_back(*as_int(extent)), count *= *as_int(extent);
    for (int64_t i = 0; i < count; ++i) {
      int number = static_cast<int>(random() % 33) - 16;
      value.elements.push_back(is_float(tensor.type) ? Scalar{.f = number / 4.0}
                                                     : Scalar{.i = std::abs(number) % 9});
    }
    values[tensor.name] = std::move(value);
  }
  return values;
}

std::vector<uint8_t> in_memory(const Tensor& tensor, const TensorValue& value) {
  loop::Buffer buffer;
  buffer.name = tensor.name;
  buffer.type = tensor.type;
  buffer.extents = tensor.extents;
  buffer.layout = tensor.layout;
  std::vector<uint8_t> bytes(static_cast<size_t>(loop::physical_bytes(buffer)));
  loop::pack_elements(buffer, value.bytes(), bytes);
  return bytes;
}

// Runs the lowered function; `function` says where parameters and results lie.
void expect_same(const loop::Function& lowered, const Function& function, const Values& expected,
                 bool requirements_hold) {
  std::vector<std::string> faults = loop::verify(lowered, {});
  ASSERT_TRUE(faults.empty()) << faults[0] << "\n" << to_string(lowered);
  std::vector<std::vector<uint8_t>> memory;
  for (const Tensor& tensor : function.params)
    memory.push_back(in_memory(tensor, expected.at(tensor.name)));
  std::vector<uint8_t> result =
      in_memory(function.results[0], expected.at(function.results[0].name));
  memory.emplace_back(result.size(), 0xee);
  std::vector<loop::Memory> params;
  for (std::vector<uint8_t>& bytes : memory) params.push_back({bytes});
  loop::Outcome outcome = loop::Interpreter(lowered, {}).run(params);
  ASSERT_FALSE(outcome.fault) << outcome.fault->message << "\n" << to_string(lowered);
  EXPECT_EQ(!outcome.failed_require, requirements_hold) << to_string(lowered);
  EXPECT_EQ(memory.back(), result) << to_string(lowered);
}

TEST(LowerToLoop, RandomFunctionsKeepTheirMeaning) {
  int blocked = 0, failing = 0;
  for (uint32_t seed = 0; seed < 400; ++seed) {
    std::string text = RandomFunction(seed).text();
    SCOPED_TRACE("seed " + std::to_string(seed) + "\n" + text);
    ExprPool pool;
    Function function = parse_function(text, "random", pool);
    ASSERT_EQ(to_string(parse_function(to_string(function), "random", pool)), to_string(function));
    std::vector<std::string> faults = verify(function, {}, {.require_proofs = true});
    ASSERT_TRUE(faults.empty()) << faults[0];
    Values values = random_inputs(function, seed);
    TensorEvaluator evaluator(function, values, {});
    evaluator.run();
    bool hold = evaluator.requirements_hold();

    loop::Function lowered = lower_to_loop(function, pool);
    std::string lowered_text = to_string(lowered);
    ASSERT_EQ(to_string(loop::parse_function(lowered_text, "random", pool)), lowered_text);
    expect_same(lowered, function, values, hold);
    // What nothing reads need not be required any more.
    Function inlined = inline_elementwise(function, pool);
    Values inlined_values = values;
    TensorEvaluator inlined_evaluator(inlined, inlined_values, {});
    inlined_evaluator.run();
    EXPECT_TRUE(inlined_evaluator.requirements_hold() || !hold);
    expect_same(lower_to_loop(inlined, pool), function, values,
                inlined_evaluator.requirements_hold());
    expect_same(lower_to_loop(collapse_axes(function, pool), pool), function, values, hold);
    loop::Function flat = loop::flatten_stages(lowered, pool);
    expect_same(flat, function, values, hold);
    loop::Function physical = loop::lower_layouts(flat, {}, pool);
    expect_same(physical, function, values, hold);
    expect_same(loop::simplify_loops(physical, {}, pool), function, values, hold);
    if (HasFatalFailure() || HasNonfatalFailure()) return;
    blocked += lowered_text.find(".o in") != std::string::npos;
    failing += !hold;
  }
  EXPECT_GT(blocked, 40);
  EXPECT_GT(failing, 5);
}

}  // namespace
}  // namespace tenon::tensor
