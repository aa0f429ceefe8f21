// header_parts.h: what the headers of all targets are put together from.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "codegen/bundle/interface.h"

namespace tenon::codegen {

/// Text of the model that may stand in a comment: it cannot end it, nor open one, and is printable.
std::string comment_text(std::string_view text);

/// A member or macro with the comment behind it.
struct HeaderLine {
  std::string code;
  std::string comment;  // may be empty
};

/// Comments begin at one column, a blank behind the longest code that is not out of the ordinary.
std::string align_comments(const std::vector<HeaderLine>& lines);

/// "1..16"
std::string range_text(const InterfaceDim& dim);

/// The name in the model, where the identifier does not show it.
std::string name_note(const std::string& name, const std::string& identifier);

/// N_ABI and N_<DIM>_MAX, the macros that come first.
std::vector<HeaderLine> first_macros(const BundleInterface& interface, const std::string& abi);

/// The members of N_io that are dimensions and tensors.
std::vector<HeaderLine> io_members(const BundleInterface& interface);

/// `body` inside of the guard, behind the includes, as extern "C".
std::string header_frame(const BundleInterface& interface, const std::string& body);

/// What stands between the marks of runtime/abi.h or of runtime/cuda/cuda_abi.h.
std::string shared_block(const std::string& file);

}  // namespace tenon::codegen
