// Random tensor functions as text: chains of elementwise stages, reductions, pieces, scans and
// gathers over small tensors, parameters and results with blocks in some of their layouts.
// Everything reads inside.
#pragma once

#include <random>
#include <string>
#include <vector>

#include "support/text.h"

namespace tenon::tensor {

class RandomFunction {
 public:
  explicit RandomFunction(uint32_t seed) : random_(seed) {}

  std::string text() {
    std::vector<std::string> params;
    for (int i = 0; i < 2; ++i) {
      known_.push_back({"x" + std::to_string(i), random_extents()});
      params.push_back(declaration(known_.back(), true));
    }
    params.push_back("ids: i64[6]");
    int stages = 1 + below(4);
    for (int i = 0; i < stages; ++i) add_stage("t" + std::to_string(i));
    known_.push_back({"y", random_extents()});
    std::string result = declaration(known_.back(), true);
    lines_.push_back("y[" + axes(known_.back().extents) +
                     "] = " + value(known_.back().extents, known_.size() - 1));
    return "func @f(" + join(params, ", ") + ") -> (" + result + ") {\n  " + join(lines_, "\n  ") +
           "\n}\n";
  }

 private:
  struct Known {
    std::string name;
    std::vector<int> extents;
  };

  int below(int n) { return static_cast<int>(random_() % static_cast<uint32_t>(n)); }
  bool chance(int percent) { return below(100) < percent; }

  std::vector<int> random_extents() {
    static constexpr int kExtents[] = {1, 2, 3, 5, 8};
    std::vector<int> extents(static_cast<size_t>(1 + below(3)));
    for (int& extent : extents) extent = kExtents[below(5)];
    return extents;
  }

  std::string declaration(const Known& tensor, bool may_block) {
    std::vector<std::string> extents;
    for (int extent : tensor.extents) extents.push_back(std::to_string(extent));
    std::string text = tensor.name + ": f32[" + join(extents, ", ") + "]";
    if (!may_block || !chance(60)) return text;
    int rank = static_cast<int>(extents.size()), blocked = below(rank), block = 2 + below(3);
    std::vector<std::string> dims;
    for (int i = 0; i < rank; ++i)
      dims.push_back(std::to_string(i) + (i == blocked ? "/" + std::to_string(block) : ""));
    return text + "<" + join(dims, ", ") + ", " + std::to_string(blocked) + "%" +
           std::to_string(block) + ">";
  }

  std::string axis(size_t i) const { return std::string(1, static_cast<char>('a' + i)); }
  std::string axes(const std::vector<int>& extents, size_t first = 0) const {
    std::vector<std::string> parts;
    for (size_t i = 0; i < extents.size(); ++i)
      parts.push_back(axis(first + i) + ":" + std::to_string(extents[i]));
    return join(parts, ", ");
  }

  // A subscript within 0 .. extent-1, of axes with these extents.
  std::string subscript(int extent, const std::vector<int>& axes) {
    for (int tries = 0; tries < 4; ++tries) {
      size_t at = static_cast<size_t>(below(static_cast<int>(axes.size())));
      std::string var = axis(at);
      if (axes[at] == extent) return chance(85) ? var : std::to_string(extent - 1) + " - " + var;
      if (axes[at] < extent) return var + " + " + std::to_string(below(extent - axes[at] + 1));
      if (chance(30)) return var + " % " + std::to_string(extent);
      if (chance(30)) return "min(" + var + ", " + std::to_string(extent - 1) + ")";
    }
    return std::to_string(below(extent));
  }

  std::string read(const std::vector<int>& axes, size_t known) {
    const Known& source = known_[static_cast<size_t>(below(static_cast<int>(known)))];
    std::vector<std::string> subscripts;
    for (int extent : source.extents) subscripts.push_back(subscript(extent, axes));
    if (chance(15)) {
      subscripts[0] += " - 1";
      return "(" + source.name + "[" + join(subscripts, ", ") + "] else 0.5)";
    }
    return source.name + "[" + join(subscripts, ", ") + "]";
  }

  std::string value(const std::vector<int>& axes, size_t known) {
    std::string a = read(axes, known), b = read(axes, known);
    switch (below(6)) {
      case 0: return a;
      case 1: return a + " + " + b;
      case 2: return "max(" + a + ", " + b + ") * 0.5";
      case 3: return "select(" + a + " < " + b + ", " + b + ", 1.5)";
      case 4: return "f32(" + axis(0) + ") - " + a;
      default: return a + " * " + b;
    }
  }

  void add_stage(const std::string& name) {
    Known tensor{name, random_extents()};
    size_t known = known_.size();
    std::string head = name + "[" + axes(tensor.extents) + "] = ";
    switch (below(6)) {
      case 0:
      case 1: lines_.push_back(head + value(tensor.extents, known)); break;
      case 2: {
        std::vector<int> reduced = random_extents(), all = tensor.extents;
        all.insert(all.end(), reduced.begin(), reduced.end());
        static constexpr const char* kReducers[] = {"sum", "max", "min", "prod"};
        std::string where =
            chance(40) ? " where " + axis(tensor.extents.size()) + "*2 + a < 5" : "";
        lines_.push_back(head + kReducers[below(4)] + "[" + axes(reduced, tensor.extents.size()) +
                         where + "](" + value(all, known) + ")");
        break;
      }
      case 3: {  // two pieces along the first axis
        lines_.push_back("local " + declaration(tensor, false));
        int first = below(tensor.extents[0] + 1);
        std::vector<int> low = tensor.extents, high = tensor.extents;
        low[0] = first, high[0] -= first;
        std::vector<std::string> rest;
        for (size_t i = 1; i < tensor.extents.size(); ++i) rest.push_back(axis(i));
        std::string tail = rest.empty() ? "" : ", " + join(rest, ", ");
        if (low[0] > 0)
          lines_.push_back(name + "_0: " + name + "[a" + tail + "] for " + axes(low) + " = " +
                           value(low, known));
        if (high[0] > 0)
          lines_.push_back(name + "_1: " + name + "[a + " + std::to_string(first) + tail +
                           "] for " + axes(high) + " = " + value(high, known));
        break;
      }
      case 4: {  // a running maximum; the step is the axis in front
        lines_.push_back("local " + declaration(tensor, false));
        std::vector<std::string> rest, vars;
        for (size_t i = 1; i < tensor.extents.size(); ++i) {
          rest.push_back(axis(i) + ":" + std::to_string(tensor.extents[i]));
          vars.push_back(axis(i));
        }
        std::string tail = rest.empty() ? "" : ", " + join(rest, ", "),
                    at = vars.empty() ? "" : ", " + join(vars, ", ");
        lines_.push_back("scan a in " + std::to_string(tensor.extents[0]) + " {");
        lines_.push_back("  " + name + "[a" + tail + "] = max(" + name + "[a - 1" + at +
                         "] else -2.0, " + value(tensor.extents, known) + ")");
        lines_.push_back("}");
        break;
      }
      case 5: {  // a gather; the ids may be outside
        const Known& source = known_[static_cast<size_t>(below(static_cast<int>(known)))];
        tensor.extents[0] = 1 + below(6);
        std::string last = std::to_string(source.extents[0] - 1);
        std::vector<std::string> subscripts = {"min(max(index(ids[a]), 0), " + last + ")"};
        for (size_t i = 1; i < source.extents.size(); ++i)
          subscripts.push_back(subscript(source.extents[i], tensor.extents));
        lines_.push_back(name + "[" + axes(tensor.extents) + "] = " + source.name + "[" +
                         join(subscripts, ", ") +
                         "] require 0 <= index(ids[a]) & index(ids[a]) <= " + last);
        break;
      }
    }
    known_.push_back(std::move(tensor));
  }

  std::mt19937 random_;
  std::vector<Known> known_;
  std::vector<std::string> lines_;
};

}  // namespace tenon::tensor
