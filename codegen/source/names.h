// C names for loop variables and buffers: short, and each different from all that are in scope.
//
//   acc.c.o -> c_o    wi.head.init -> wi    layer1_0_relu.lane -> lane    x.tile -> tile
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

namespace tenon::codegen::source {

class Names {
 public:
  /// Opens a scope; what is declared in it is forgotten by leave().
  void enter() { scopes_.emplace_back(); }
  void leave();

  /// Takes the first of `wanted` that is free, or its last with a number, for `name`.
  const std::string& declare(const std::string& name, const std::vector<std::string>& wanted);
  /// A name that stands for nothing of the function: a temporary value.
  std::string temporary(const std::string& wanted);
  bool knows(const std::string& name) const { return names_.count(name) > 0; }
  const std::string& of(const std::string& name) const;
  /// The names that `of` was asked for so far.
  const std::set<std::string>& used() const { return used_; }

 private:
  std::string take(const std::vector<std::string>& wanted);
  struct Scope {
    std::vector<std::string> taken;
    std::vector<std::pair<std::string, std::string>> hidden;  // names with what they meant before
  };
  std::vector<Scope> scopes_ = {{}};
  std::set<std::string> taken_;
  std::map<std::string, std::string> names_;
  mutable std::set<std::string> used_;
};

/// What a loop variable may be called, best first: without the stage that it is named after, and
/// without what tells copies of a loop apart.
std::vector<std::string> loop_names(const std::string& variable);
/// What a local buffer may be called.
std::vector<std::string> buffer_names(const std::string& buffer);

}  // namespace tenon::codegen::source
