// Random schedules of random functions: the interpreter gives the same bits after every legal
// sequence of primitives, and after each pass behind it; parallel and vectorized loops give them in
// any order; every text reads back.
//
//   TENON_FUZZ_CASES=20000 test_schedule --gtest_filter='*Fuzz*'        TENON_FUZZ_FIRST=731 starts
//   at that case
#include <gtest/gtest.h>

#include <cstdlib>

#include "ir/loop/passes.h"
#include "ir/loop/text.h"
#include "ir/tensor/passes.h"
#include "ir/tensor/text.h"
#include "tests/ir/loop/function_runner.h"
#include "tests/schedule/random_program.h"
#include "tests/schedule/random_step.h"

namespace tenon::schedule {
namespace {

constexpr int kCases = 400;
constexpr int kMostSteps = 14;
constexpr int kMostAttempts = 80;

int from_environment(const char* name, int otherwise) {
  const char* value = std::getenv(name);
  return value ? std::atoi(value) : otherwise;
}

// Runs the iterations of loops whose order says nothing from the last to the first.
class ReverseLoops final : public loop::StmtRewriter {
 public:
  loop::Stmt rewrite(const loop::Stmt& old) override {
    loop::Stmt stmt = rewrite_children(old);
    const loop::For* loop = stmt.as<loop::For>();
    if (!loop || (loop->kind != loop::LoopKind::Parallel &&
                  loop->kind != loop::LoopKind::Vectorized && !loop::is_bound(loop->kind)))
      return stmt;
    loop::For reversed = *loop;
    reversed.body = substitute_vars(
        loop->body, {{loop->var, loop->extent - 1.0 - loop->extent.pool().var(loop->var)}});
    return reversed;
  }
};

// One random function with values of its symbols, and what the naive loops give for them.
class Case {
 public:
  explicit Case(uint32_t seed) : random_(seed) {
    program_ = tensor::parse_program(RandomProgram(seed).text(), "random");
    pool_ = program_.pool.get();
    symbols_ = program_.symbol_ranges();
    tensor::Function function = program_.functions[0];
    if (random_() % 2) function = tensor::inline_elementwise(function, *pool_);
    if (random_() % 2) function = tensor::collapse_axes(function, *pool_);
    naive_ = tensor::lower_to_loop(function, *pool_);
    for (int i = 0; i < 3; ++i) {
      loop::SymbolValues values;
      for (const loop::Symbol& symbol : program_.symbols)
        values[symbol.name] =
            i == 0 ? symbol.max
            : i == 1
                ? symbol.min
                : symbol.min + static_cast<int64_t>(
                                   random_() % static_cast<uint64_t>(symbol.max - symbol.min + 1));
      inputs_.push_back({values, loop::random_inputs(naive_, values, seed, 3), {}});
      inputs_.back().expected = loop::run_function(naive_, values, inputs_.back().inputs);
      if (program_.symbols.empty()) break;
    }
  }

  void run() {
    ASSERT_EQ(check(naive_, naive_), "") << to_string(naive_);
    State state{naive_, pool_, symbols_};
    int applied = 0;
    for (int attempt = 0; attempt < kMostAttempts && applied < kMostSteps; ++attempt) {
      std::string line = RandomStep(state, random_, attempt).line(),
                  before = to_string(state.function);
      SCOPED_TRACE(line + "\n" + before);
      Status status = apply_line(state, line);
      if (!status) {
        ASSERT_EQ(to_string(state.function), before);
        continue;
      }
      ++applied;
      ASSERT_EQ(check(state.function, state.function), "") << "after: " << line << "\n"
                                                           << to_string(state.function);
      ASSERT_EQ(round_trip(state.function), "") << line;
    }
    legal_steps += applied;
    try {
      check_passes(state.function);
    } catch (const std::exception& error) {
      FAIL() << error.what() << "\n" << to_string(state.function);
    }
  }

  static inline int legal_steps = 0;

 private:
  struct Values {
    loop::SymbolValues symbols;
    loop::Inputs inputs;
    loop::RunResult expected;
  };

  std::string check(const loop::Function& function, const loop::Function& interface) {
    for (const Values& values : inputs_) {
      std::string fault;
      try {
        fault = loop::difference(
            values.expected,
            loop::run_function(function, interface, values.symbols, values.inputs));
      } catch (const InternalError& error) {
        fault = error.what();
      }
      if (fault.empty()) continue;
      for (const auto& [name, value] : values.symbols)
        fault += "  " + name + " = " + std::to_string(value);
      return fault;
    }
    return "";
  }

  std::string round_trip(const loop::Function& function) {
    std::string text = to_string(function);
    std::string again = to_string(loop::parse_function(text, "printed", *pool_));
    return text == again ? "" : "printed:\n" + text + "\nread and printed:\n" + again;
  }

  void check_passes(const loop::Function& scheduled) {
    loop::Function function = scheduled;
    auto after = [&](const char* pass, loop::Function changed) {
      if (testing::Test::HasFatalFailure()) return;
      ASSERT_EQ(check(changed, scheduled), "") << "after: " << pass << "\nbefore:\n"
                                               << to_string(function) << "\nafter:\n"
                                               << to_string(changed);
      ASSERT_EQ(round_trip(changed), "") << pass;
      function = std::move(changed);
    };
    after("flatten_stages", loop::flatten_stages(function, *pool_));
    loop::Function reversed = function;
    reversed.body = ReverseLoops().rewrite(function.body);
    ASSERT_EQ(check(reversed, scheduled), "") << "in another order\n" << to_string(function);
    if (random_() % 2) after("hoist_conditions", loop::hoist_conditions(function, *pool_));
    after("lower_layouts", loop::lower_layouts(function, symbols_, *pool_));
    after("simplify_loops", loop::simplify_loops(function, symbols_, *pool_));
    after("hoist_conditions", loop::hoist_conditions(function, *pool_));
    after("form_fma", loop::form_fma(function, *pool_));
    after("legalize", loop::legalize(function, LegalOperations(OperationTable{})));
  }

  std::mt19937 random_;
  tensor::Program program_;
  ExprPool* pool_ = nullptr;
  Ranges symbols_;
  loop::Function naive_;
  std::vector<Values> inputs_;
};

TEST(Fuzz, LegalSchedulesKeepTheMeaning) {
  int first = from_environment("TENON_FUZZ_FIRST", 0),
      cases = from_environment("TENON_FUZZ_CASES", kCases);
  for (int seed = first; seed < first + cases; ++seed) {
    SCOPED_TRACE("case " + std::to_string(seed));
    try {
      Case(static_cast<uint32_t>(seed)).run();
    } catch (const std::exception& error) {
      FAIL() << error.what();
    }
    if (HasFatalFailure()) return;
  }
  // Random arguments are mostly refused; without enough legal steps this proves nothing.
  EXPECT_GT(Case::legal_steps, 5 * cases);
}

}  // namespace
}  // namespace tenon::schedule
