// Results that lie over inputs: golden texts, and programs that compute the same in less memory.
//
//   call @add(a, b, y)   ->   buffer y over a   call @add_in_place(b, y)
#include <gtest/gtest.h>

#include "ir/loop/interpreter.h"
#include "ir/loop/passes.h"
#include "ir/loop/text.h"
#include "ir/loop/verify.h"

namespace tenon::loop {
namespace {

const std::string kKernels = R"(symbol n in 1..8
input x: f32[n, 4]
output z: f32[n, 4]

func @add(a: f32[n, 4], b: f32[n, 4], out y: f32[n, 4]) {
  computes {
    y[i:n, j:4] = a[i, j] + b[i, j]*2.0
  }
  for parallel i in n {
    for j in 4 {
      y[i, j] = a[i, j] + b[i, j] * 2.0
    }
  }
}

func @flip(a: f32[n, 4], out y: f32[n, 4]) {
  for i in n {
    for j in 4 {
      y[i, j] = a[i, 3 - j]
    }
  }
}

)";

// The functions and main after the pass, which must be legal and read back.
std::string reused(const std::string& main) {
  Module module = parse_module(kKernels + main, "test");
  EXPECT_EQ(verify(module), std::vector<std::string>{});
  reuse_inputs(module);
  EXPECT_EQ(verify(module), std::vector<std::string>{});
  std::string text = to_string(module);
  EXPECT_EQ(to_string(parse_module(text, "again")), text);
  return "\n" + text.substr(text.find("func"));
}

std::string main_of(const std::string& text) { return "\n" + text.substr(text.find("main {")); }

TEST(ReuseInputs, AResultLiesOverTheInputThatDies) {
  EXPECT_EQ(reused(R"(main {
  buffer t: f32[n, 4] in arena
  call @flip(x, t)
  buffer u: f32[n, 4] in arena
  call @add(t, x, u)
  call @flip(u, z)
})"),
            R"(
func @add_in_place(b: f32[n, 4], inout y: f32[n, 4]) {
  computes {
    y[i:n, j:4] = y[i, j] + b[i, j]*2.0
  }
  for parallel i in n {
    for j in 4 {
      y[i, j] = y[i, j] + b[i, j] * 2.0
    }
  }
}

func @flip(a: f32[n, 4], out y: f32[n, 4]) {
  for i in n {
    for j in 4 {
      y[i, j] = a[i, 3 - j]
    }
  }
}

main {
  buffer t: f32[n, 4] in arena
  call @flip(x, t)
  buffer u: f32[n, 4] over t in arena
  call @add_in_place(x, u)
  call @flip(u, z)
}
)");
}

TEST(ReuseInputs, TheKernelStaysForItsOtherCalls) {
  std::string text = reused(R"(main {
  buffer t: f32[n, 4] in arena
  call @add(x, x, t)
  buffer u: f32[n, 4] in arena
  call @add(x, t, u)
  buffer v: f32[n, 4] in arena
  call @add(u, x, v)
  call @flip(v, z)
})");
  EXPECT_NE(text.find("func @add(a"), std::string::npos) << text;
  EXPECT_NE(text.find("func @add_in_place(a: f32[n, 4], inout y"), std::string::npos) << text;
  EXPECT_NE(text.find("func @add_in_place_2(b: f32[n, 4], inout y"), std::string::npos) << text;
  EXPECT_EQ(main_of(text), R"(
main {
  buffer t: f32[n, 4] in arena
  call @add(x, x, t)
  buffer u: f32[n, 4] over t in arena
  call @add_in_place(x, u)
  buffer v: f32[n, 4] over u in arena
  call @add_in_place_2(x, v)
  call @flip(v, z)
}
)");
}

// Programs in which nothing may be written over.
TEST(ReuseInputs, WhatOthersReadStays) {
  for (const char* main : {
           // Read later, by itself or through a view.
           R"(main {
  buffer t: f32[n, 4] in arena
  call @flip(x, t)
  buffer u: f32[n, 4] in arena
  call @add(t, x, u)
  call @add(u, t, z)
}
)",
           R"(main {
  buffer t: f32[n, 4] in arena
  buffer w: f32[n, 4] over t in arena
  call @flip(x, t)
  buffer u: f32[n, 4] in arena
  call @add(t, x, u)
  call @add(w, u, z)
}
)",
           // Read twice in one call.
           R"(main {
  buffer t: f32[n, 4] in arena
  call @flip(x, t)
  buffer u: f32[n, 4] in arena
  call @add(t, t, u)
  call @flip(u, z)
}
)",
           // Inputs and outputs of the model.
           R"(main {
  buffer u: f32[n, 4] in arena
  call @flip(x, u)
  call @add(u, x, z)
}
)",
           // Another order of the elements.
           R"(main {
  buffer t: f32[n, 4] in arena
  call @flip(x, t)
  buffer u: f32[n, 4] in arena
  call @flip(t, u)
  call @flip(u, z)
}
)",
           // A part of a larger buffer, which the result would keep alive.
           R"(main {
  buffer s: f32[2*n, 4] in arena
  buffer t: f32[n, 4] over s at n*16 in arena
  call @flip(x, t)
  buffer u: f32[n, 4] in arena
  call @add(t, x, u)
  call @flip(u, z)
}
)",
           // The result is a part itself.
           R"(main {
  buffer t: f32[n, 4] in arena
  call @flip(x, t)
  buffer s: f32[2*n, 4] in arena
  buffer u: f32[n, 4] over s in arena
  call @add(t, x, u)
  call @flip(u, z)
}
)",
       })
    EXPECT_EQ(main_of(reused(main)), std::string("\n") + main);
}

TEST(ReuseInputs, ProgramsGiveTheSameInLessMemory) {
  const std::string text = kKernels + R"(
main {
  buffer a: f32[n, 4] in arena
  call @flip(x, a)
  buffer b: f32[n, 4] in arena
  call @add(x, a, b)
  buffer flat: f32[n, 4] over b in arena
  buffer c: f32[n, 4] in arena
  call @add(flat, x, c)
  buffer d: f32[n, 4] in arena
  call @add(c, x, d)
  call @flip(d, z)
}
)";
  Module plain = parse_module(text, "test"), module = parse_module(text, "test");
  reuse_inputs(module);
  plan_memory(plain);
  plan_memory(module);
  EXPECT_EQ(module.at_upper_bounds(plain.arena_lower_bound), 256);
  EXPECT_EQ(module.at_upper_bounds(module.arena_lower_bound), 128);
  EXPECT_EQ(module.at_upper_bounds(module.arena_bytes), 128);
  for (int64_t n : {1, 3, 8}) {
    std::vector<float> x(static_cast<size_t>(4 * n));
    for (size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(i * i % 7) - 3;
    const auto* bytes = reinterpret_cast<const uint8_t*>(x.data());
    std::vector<std::vector<uint8_t>> inputs = {{bytes, bytes + 16 * n}};
    auto run = [&](const Module& program) {
      ModuleOutcome outcome = run_module(program, {}, inputs, {{"n", n}});
      EXPECT_FALSE(outcome.outcome.fault) << outcome.outcome.fault->message;
      return outcome.outputs;
    };
    EXPECT_EQ(run(module), run(plain)) << n;
  }
}

}  // namespace
}  // namespace tenon::loop
