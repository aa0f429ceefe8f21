// What the verifiers of functions, modules and tensor functions share.
#pragma once

#include <sstream>
#include <string>
#include <vector>

#include "ir/loop/nodes.h"

namespace tenon::loop {

/// Collects faults, each with the statement at hand; the same one once.
class FaultList {
 public:
  /// From here on faults are of this text (null or empty: of the whole).
  void enter(const Stmt& stmt) {
    stmt_ = stmt;
    text_.clear();
  }
  void enter_text(std::string text) {
    stmt_ = {};
    text_ = std::move(text);
  }

  template <class... Parts>
  void add(const Parts&... parts) {
    std::ostringstream text;
    (text << ... << parts);
    add_text(text.str());
  }

  /// A word that the text form can tell from a literal.
  void check_name(const std::string& name, const std::string& what);
  /// Name, type, layout, and the number of bases and strides.
  void check_buffer(const Buffer& buffer);
  /// The reducer takes the stage's type.
  void check_reducer(const Stage& stage);
  /// 0 <= index < extent: a fault if it never holds, or, with `require_proof`, if it is not proved
  /// to hold always.
  void check_inside(Expr index, Expr extent, const Ranges& ranges, const std::vector<Expr>& assumed,
                    const std::string& what, bool require_proof);

  std::vector<std::string> take() { return std::move(faults_); }

 private:
  void add_text(const std::string& text);

  // The place: one of these. A statement becomes text where it is at fault, for the text of shared
  // expressions grows without bound.
  Stmt stmt_;
  std::string text_;
  std::vector<std::string> faults_;
};

/// Grid loops are outermost, thread loops phases of a block's program (nodes.h).
void check_bound_loops(const Function& function, FaultList& faults);

/// The elements of an axis that may be read: whole blocks of its layout.
Expr padded_extent(const Buffer& buffer, size_t axis);

/// True when the condition is proved where the assumed ones hold.
bool prove_under(Expr condition, const Ranges& ranges, const std::vector<Expr>& assumed);

}  // namespace tenon::loop
