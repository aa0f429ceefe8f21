// Random lines of a schedule: any primitive with arguments of the right kind, taken from the
// function as it stands. Most of them are refused.
//
//   split acc.m by 5 clamped -> o7, i7          attach y at mo, mo.t like acc          peel h at 1,
//   3
#pragma once

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "schedule/nest.h"

namespace tenon::schedule {

class RandomStep {
 public:
  RandomStep(const State& state, std::mt19937& random, int number)
      : state_(state), random_(random), number_(number) {
    loop::for_each_stmt(state.function.body, [&](const loop::Stmt& stmt) {
      if (const loop::For* loop = stmt.as<loop::For>()) loops_.push_back(loop->var);
      if (const loop::Alloc* alloc = stmt.as<loop::Alloc>()) tensors_.push_back(alloc->buffer.name);
      if (const loop::Leaf* leaf = stmt.as<loop::Leaf>()) stages_.push_back(leaf->stage->name);
    });
    for (const loop::Param& param : state.function.params) tensors_.push_back(param.buffer.name);
  }

  std::string line() {
    if (loops_.empty()) return "inline " + tensor();
    switch (below(25)) {
      case 0:
      case 1:
      case 2: return split();
      case 3: return "fuse " + outer_and_inner() + " -> " + fresh("a");
      case 4:
      case 5: return reorder();
      case 6: return "vectorize " + (chance(50) ? loop() : innermost());
      case 7: return "unroll " + loop();
      case 8:
        return "parallel " + (chance(70) ? outermost() : loop()) + (chance(50) ? " chunk 2" : "");
      case 9:
      case 10: return attach();
      case 11:
      case 12: return "compute_at " + stage() + " at " + loop() + scope(60);
      case 13: return "store_at " + tensor() + " at " + loop() + scope(80) + layout();
      case 14: return "inline " + tensor();
      case 15: return "cache_read " + tensor() + scope(100) + " at " + loop() + " -> " + fresh("c");
      case 16:
      case 17: return "cache_write " + tensor() + scope(100) + " at " + loop() + layout();
      case 18: return "pack " + tensor() + " as " + random_layout(1 + below(4));
      case 19: return peel();
      case 20:
        return chance(50) ? "rfactor " + stage() + " over " + loop() + " -> " + fresh("r") +
                                (chance(50) ? " halving" : "")
                          : "prefetch " + tensor() + " at " + loop() + " ahead " +
                                std::to_string(below(5));
      case 21:
      case 22:
      case 23:
        return "bind " + (chance(50) ? outermost() : loop()) + " to " + pick({"grid", "thread"});
      default:
        return "specialize " + loop() + " when " + pick({"p", "q"}) +
               " <= " + std::to_string(1 + below(8)) + " -> " + fresh("s");
    }
  }

 private:
  int below(int n) { return static_cast<int>(random_() % static_cast<uint32_t>(n)); }
  bool chance(int percent) { return below(100) < percent; }
  std::string pick(const std::vector<std::string>& from) {
    return from.empty() ? "none" : from[static_cast<size_t>(below(static_cast<int>(from.size())))];
  }
  std::string loop() { return pick(loops_); }
  std::string tensor() { return pick(tensors_); }
  std::string stage() { return pick(stages_); }
  std::string fresh(const std::string& letter) { return letter + std::to_string(number_); }

  // A loop without a loop around it, or without one inside.
  std::string outermost() {
    std::vector<std::string> found;
    for (const std::string& name : loops_)
      if (loops_around(state_.function.body, name).empty()) found.push_back(name);
    return pick(found);
  }
  std::string innermost() {
    std::vector<std::string> found;
    for (const std::string& name : loops_)
      if (find_loop(state_.function.body, name)->body.as<loop::Leaf>()) found.push_back(name);
    return pick(found);
  }

  std::string split() {
    static constexpr int kFactors[] = {1, 2, 3, 4, 5, 7, 8, 16};
    return "split " + loop() + " by " + std::to_string(kFactors[below(8)]) + " " +
           pick({"exact", "guarded", "masked", "clamped", "shifted", "balanced"}) + " -> " +
           fresh("o") + ", " + fresh("i");
  }

  std::string outer_and_inner() {
    std::vector<std::string> pairs;
    for (const std::string& name : loops_)
      if (const loop::For* inner = find_loop(state_.function.body, name)->body.as<loop::For>())
        pairs.push_back(name + ", " + inner->var);
    return pairs.empty() ? "a, b" : pick(pairs);
  }

  std::string reorder() {
    std::vector<std::string> chain;
    for (const loop::For* at = find_loop(state_.function.body, loop()); at;
         at = at->body.as<loop::For>())
      chain.push_back(at->var);
    std::shuffle(chain.begin(), chain.end(), random_);
    chain.resize(std::min(chain.size(), static_cast<size_t>(2 + below(4))));
    return "reorder " + join(chain, ", ") + (chance(60) ? " reassociating" : "");
  }

  std::string attach() {
    std::string line = "attach " + stage() + " at " + loop();
    // A balanced split has a second nest.
    if (chance(30)) line += ", " + loop();
    return chance(60) ? line + " like " + stage() : line;
  }

  std::string peel() {
    int first = below(3), last = first + below(4);
    return "peel " + loop() + " at " + std::to_string(first) + ", " + std::to_string(last);
  }

  std::string scope(int percent) {
    return chance(percent) ? " in " + pick({"register", "stack", "scratch", "shared"}) : "";
  }
  std::string layout() { return chance(30) ? " as " + random_layout(1 + below(4)) : ""; }
  std::string random_layout(int rank) {
    std::vector<std::string> dims;
    for (int d = 0; d < rank; ++d) dims.push_back(std::to_string(d));
    if (chance(60)) {
      int blocked = below(rank), block = 2 << below(3);
      dims[static_cast<size_t>(blocked)] += "/" + std::to_string(block);
      dims.push_back(std::to_string(blocked) + "%" + std::to_string(block));
    }
    std::shuffle(dims.begin(), dims.end(), random_);
    return "<" + join(dims, ", ") + ">";
  }

  const State& state_;
  std::mt19937& random_;
  int number_;
  std::vector<std::string> loops_, tensors_, stages_;
};

}  // namespace tenon::schedule
