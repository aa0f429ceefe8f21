// identifiers.h: names of C for the names of a model.
//
//   "input.1" -> input_1      "/head/Conv_output_0" -> head_Conv_output_0
//   "495" -> n495             "class" -> class_
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "codegen/bundle/interface.h"
#include "support/diagnostics.h"
#include "support/result.h"

namespace tenon::codegen {

/// A C and C++ identifier for any string: other characters become `_`, runs collapse, `_` at the
/// ends goes, a leading digit gets `n` before it, keywords and common macros of C and C++ get `_`
/// after them. `empty` stands for nothing.
std::string c_identifier(std::string_view name, std::string_view empty);

/// The prefix for a model file of this stem: its identifier.
std::string default_prefix(std::string_view stem);

/// Fails where `prefix` cannot be a bundle's name: no identifier, `tn` or `tenon` in any case, a
/// standard header.
Status check_prefix(std::string_view prefix);

/// "batch" -> "BATCH", for macros.
std::string upper_case(std::string_view identifier);

/// Fills in the identifiers of all dimensions and tensors, each different from all others,
/// dimensions also without regard to case (their macros are upper case). `renames` maps names of
/// the model to the identifiers wanted; faults in it are reported.
void name_identifiers(BundleInterface& interface, const std::map<std::string, std::string>& renames,
                      Diagnostics& diagnostics);

}  // namespace tenon::codegen
