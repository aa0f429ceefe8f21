// hpp_parts.h: what the C++17 wrappers of all targets are put together from.
#pragma once

#include <string>

#include "codegen/bundle/interface.h"

namespace tenon::codegen {

/// template <class T> class Span, of the memory of this process.
std::string span_class();

/// class Status, with the texts of <name>_status_text.
std::string status_class(const std::string& name);

/// struct Io: dimensions, tensors as `span` ("Span"), further members as they are given, and
/// check_sizes(), which C's pointers cannot have.
struct IoStruct {
  std::string about;  // the line above it, without its end
  std::string span;
  std::string more;  // members, each a line
};
std::string io_struct(const BundleInterface& interface, const IoStruct& form);

/// "c.batch = io.batch;", "c.x = io.x.data();", each a line: what fills the C struct of a run.
std::string fill_io(const BundleInterface& interface, const std::string& indent);

/// `body` in namespace <name>, behind the guard, the includes of the C++ library and that of
/// <name>.h.
std::string wrapper_frame(const BundleInterface& interface, const std::string& body);

}  // namespace tenon::codegen
