// Where the values of main lie: in memory of the caller, in the arena, or in the memory of another
// value.
//
//   y = concat a, b   ->   a in y at 0, b in y at 1024: who computes a and b writes them there
#pragma once

#include <map>

#include "ir/high/graph.h"

namespace tenon::high {

/// Fixed: given by the caller. Output: the caller's, to be written. Arena: ours.
enum class Memory { Fixed, Output, Arena };

class ValuePlaces {
 public:
  explicit ValuePlaces(const Graph& graph) : graph_(graph), ranges_(graph.symbol_ranges()) {}

  void set(ValueId value, Memory memory) { memory_[value] = memory; }
  /// False for constants, and for values that nothing before made.
  bool has(ValueId value) const { return memory_.count(value) > 0; }
  bool is(ValueId value, Memory memory) const { return has(value) && memory_.at(value) == memory; }

  /// In whose memory a value lies, its own at last, and how many bytes from its start.
  struct Place {
    ValueId owner;
    Expr offset;
  };
  Place place_of(ValueId value) const;

  /// Gives `value`, which has no place, the one `offset` bytes into `whole`.
  void lay(ValueId value, ValueId whole, Expr offset);
  /// Lets `value`, which has a place, lie so in `whole` from now on; false where its memory is not
  /// its own to move: the caller's, part of another value's, or the same as that of `whole`.
  bool move(ValueId value, ValueId whole, Expr offset);

 private:
  Expr bytes_of(ValueId value) const;

  const Graph& graph_;
  Ranges ranges_;
  std::map<ValueId, Memory> memory_;
  std::map<ValueId, Place> over_;  // one step: the owner may itself lie over another
};

}  // namespace tenon::high
