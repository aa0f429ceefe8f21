// What every test of a pass over functions asks: the text that it leaves, and that the function
// computes the same as before, bit for bit, at several sizes.
//
//   ExprPool pool;
//   Function before = parse_function(text, "test", pool);
//   expect_same(before, form_fma(before, pool));
#pragma once

#include <gtest/gtest.h>

#include "ir/loop/passes.h"
#include "ir/loop/text.h"
#include "ir/loop/verify.h"
#include "tests/ir/loop/function_runner.h"

namespace tenon::loop {

/// The symbol n of the tests: 1..9.
inline Ranges test_ranges(ExprPool& pool) {
  Ranges ranges;
  ranges.set("n", pool.index(1), pool.index(9));
  return ranges;
}

/// "\n" and the text, which reads back.
inline std::string text_after(const Function& function) {
  std::string text = to_string(function);
  ExprPool pool;
  EXPECT_EQ(to_string(parse_function(text, "again", pool)), text);
  return "\n" + text;
}

/// Both are legal and give the same elements. Parameters lie in memory as those of `before`.
inline void expect_same(const Function& before, const Function& after) {
  Ranges ranges = test_ranges(before.params.at(0).buffer.extents.at(0).pool());
  EXPECT_EQ(verify(before, ranges), std::vector<std::string>{});
  EXPECT_EQ(verify(after, ranges), std::vector<std::string>{}) << to_string(after);
  for (int64_t n : {1, 2, 5, 9}) {
    Inputs inputs = random_inputs(before, {{"n", n}}, static_cast<uint32_t>(n));
    EXPECT_EQ(difference(run_function(before, before, {{"n", n}}, inputs),
                         run_function(after, before, {{"n", n}}, inputs)),
              "")
        << "n = " << n << "\n"
        << to_string(after);
  }
}

}  // namespace tenon::loop
