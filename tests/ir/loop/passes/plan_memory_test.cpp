// The memory plan: golden texts, and random programs whose plans are checked at many sizes.
//
//   call @f(x, a)  call @g(a, b)  call @h(b, y)   ->   a and b side by side, at every size of the
//   symbols, 64-byte aligned, in an arena no smaller than the most that is live at once
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "ir/loop/interpreter.h"
#include "ir/loop/passes.h"
#include "ir/loop/text.h"

namespace tenon::loop {
namespace {

std::string planned(const std::string& text) {
  Module module = parse_module(text, "test");
  plan_memory(module);
  std::string all = to_string(module);
  EXPECT_EQ(to_string(parse_module(all, "again")), all);
  return "\n" + all.substr(all.find("arena {"));
}

TEST(PlanMemory, DeadBuffersGiveTheirPlaces) {
  EXPECT_EQ(planned(R"(main {
  buffer a: f32[100] in arena
  call @f(x, a)
  buffer b: f32[50] in arena
  call @g(a, b)
  buffer c: f32[80] in arena
  call @h(b, c)
  call @k(c, y)
})"),
            R"(
arena {
  slot a at 0 size 448
  slot c at 0 size 320
  slot b at 448 size 256
}
arena_bytes 704
arena_lower_bound 704
)");
}

TEST(PlanMemory, SlotsNameThoseBelowThem) {
  EXPECT_EQ(planned(R"(symbol n in 1..100
symbol m in 1..10
main {
  buffer a: f32[n] in arena
  call @f(x, a)
  buffer b: f32[16*m] in arena
  call @f(x, b)
  buffer c: f32[16] in arena
  call @g(a, b, c)
  call @h(c, y)
})"),
            R"(
arena {
  slot b at 0 size m*64
  slot a above b size (n + 15)//16*64
  slot c above a size 64
}
arena_bytes of slots
arena_lower_bound 1152
)");
}

TEST(PlanMemory, ViewsKeepTheirMemoryAlive) {
  // `flat` is read last, so `a` may not be written over by `b`.
  EXPECT_EQ(planned(R"(main {
  buffer a: f32[4, 4] in arena
  buffer flat: f32[16] over a in arena
  call @f(x, a)
  buffer b: f32[16] in arena
  call @f(x, b)
  call @g(b, flat, y)
})"),
            R"(
arena {
  slot a at 0 size 64
  slot b at 64 size 64
}
arena_bytes 128
arena_lower_bound 128
)");
}

TEST(PlanMemory, BuffersThatNoCallUsesHaveNoPlace) {
  EXPECT_EQ(planned("main {\n  buffer a: f32[4] in arena\n  call @f(x, y)\n}"), R"(
arena {
}
arena_bytes 0
arena_lower_bound 0
)");
}

// ---- random programs --------------------------------------------------------------------------

// Each call makes a buffer from one or two of those that are live: y = a + b, or y = a.
struct RandomProgram {
  std::string text;
  std::vector<std::pair<int, int>> life;  // of buffer k: first and last call
};

RandomProgram make_program(uint32_t seed) {
  std::mt19937 random(seed);
  auto below = [&](size_t n) { return static_cast<int>(random() % static_cast<uint32_t>(n)); };
  RandomProgram program;
  int count = 4 + below(20);
  for (int k = 0; k < count; ++k) program.life.push_back({k, k + below(6)});
  // A buffer is read by the last call of its life; others that are live may be read as well.
  std::string body;
  int next_call = 0;
  auto name = [](int k) { return "t" + std::to_string(k); };
  for (; next_call < count; ++next_call) {
    std::vector<int> live;
    for (int k = 0; k < next_call; ++k)
      if (program.life[static_cast<size_t>(k)].second == next_call) live.push_back(k);
    std::string arguments = "x";
    for (int k : live) arguments += ", " + name(k);
    static const char* kExtents[] = {"n", "m*m", "n*m", "3", "200", "n + m", "(n + 3)//4*16"};
    body += "  buffer " + name(next_call) + ": f32[" + kExtents[below(std::size(kExtents))] +
            "] in arena\n  call @k(" + arguments + ", " + name(next_call) + ")\n";
  }
  std::string rest;
  for (int k = 0; k < count; ++k) {
    auto& [first, last] = program.life[static_cast<size_t>(k)];
    if (last >= count) last = count, rest += name(k) + ", ";
  }
  body += "  call @k(" + rest + "y)\n";
  program.text = "symbol n in 1..40\nsymbol m in 2..9\nmain {\n" + body + "}\n";
  return program;
}

struct Place {
  int64_t begin, end;
};

// Places and bytes of all slots at one size.
std::map<std::string, Place> places_at(const Module& module, const SymbolValues& sizes) {
  std::map<std::string, Place> places;
  for (const ArenaSlot& slot : module.arena) {
    int64_t begin = evaluate_index(slot.offset, sizes);
    places[slot.buffer] = {begin, begin + evaluate_index(slot.bytes, sizes)};
  }
  return places;
}

TEST(PlanMemory, LiveBuffersNeverMeetAtAnySize) {
  for (uint32_t seed = 0; seed < 150; ++seed) {
    RandomProgram program = make_program(seed);
    Module module = parse_module(program.text, "random");
    plan_memory(module);
    std::string text = to_string(module);
    ASSERT_EQ(to_string(parse_module(text, "again")), text);
    for (SymbolValues sizes : {SymbolValues{{"n", 1}, {"m", 2}},
                               {{"n", 40}, {"m", 9}},
                               {{"n", 40}, {"m", 2}},
                               {{"n", 3}, {"m", 9}},
                               {{"n", 17}, {"m", 5}}}) {
      std::map<std::string, Place> places = places_at(module, sizes);
      int64_t bytes = evaluate_index(module.arena_bytes, sizes);
      for (size_t a = 0; a < program.life.size(); ++a) {
        Place place = places.at("t" + std::to_string(a));
        EXPECT_EQ(place.begin % 64, 0);
        EXPECT_GE(place.begin, 0);
        EXPECT_LE(place.end, bytes);
        for (size_t b = 0; b < a; ++b) {
          if (program.life[a].first > program.life[b].second) continue;
          Place other = places.at("t" + std::to_string(b));
          EXPECT_TRUE(place.end <= other.begin || other.end <= place.begin)
              << "t" << a << " and t" << b << "\n"
              << text;
        }
      }
    }
  }
}

TEST(PlanMemory, LowerBoundIsTheMostThatIsLiveAtOnce) {
  for (uint32_t seed = 0; seed < 150; ++seed) {
    RandomProgram program = make_program(seed);
    Module module = parse_module(program.text, "random");
    plan_memory(module);
    SymbolValues most{{"n", 40}, {"m", 9}};
    std::map<std::string, Place> places = places_at(module, most);
    int64_t bound = 0;
    for (size_t call = 0; call <= program.life.size(); ++call) {
      int64_t live = 0;
      for (size_t k = 0; k < program.life.size(); ++k) {
        auto [first, last] = program.life[k];
        const Place& place = places.at("t" + std::to_string(k));
        if (first <= static_cast<int>(call) && static_cast<int>(call) <= last)
          live += place.end - place.begin;
      }
      bound = std::max(bound, live);
    }
    EXPECT_EQ(evaluate_index(module.arena_lower_bound, most), bound);
    EXPECT_GE(evaluate_index(module.arena_bytes, most), bound);
  }
}

// ---- in the interpreter -----------------------------------------------------------------------

TEST(PlanMemory, PlannedProgramsGiveTheSame) {
  const std::string text = R"(symbol n in 1..32
input x: f32[n]
output y: f32[n]

func @twice(x: f32[n], out y: f32[2*n]) {
  for i in n {
    y[i] = x[i]
    y[i + n] = x[i] * 2.0
  }
}

func @fold(x: f32[2*n], out y: f32[n]) {
  for i in n {
    y[i] = x[i] + x[i + n]
  }
}

func @add(a: f32[n], b: f32[n], out y: f32[n]) {
  for i in n {
    y[i] = a[i] * 3.0 + b[i]
  }
}

main {
  buffer a: f32[2*n] in arena
  call @twice(x, a)
  buffer b: f32[n] in arena
  call @fold(a, b)
  buffer c: f32[2*n] in arena
  call @twice(b, c)
  buffer d: f32[n] in arena
  call @fold(c, d)
  buffer e: f32[n] in arena
  call @add(b, d, e)
  call @add(e, d, y)
}
)";
  Module plain = parse_module(text, "test"), module = parse_module(text, "test");
  plan_memory(module);
  EXPECT_LT(module.at_upper_bounds(module.arena_bytes), 7 * 128);  // 7 times n floats in all
  for (int64_t n : {1, 7, 16, 17, 32}) {
    std::vector<float> x(static_cast<size_t>(n));
    for (size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(i) - 3;
    const auto* bytes = reinterpret_cast<const uint8_t*>(x.data());
    std::vector<std::vector<uint8_t>> inputs = {{bytes, bytes + 4 * n}};
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
