// Programs that a user gives as text.
#pragma once

#include "driver/pipeline.h"

namespace tenon::driver {

/// Reads a text of any level and verifies it: what breaks a rule of its level is the user's fault.
/// The model file that the text names is `model_path`, or, where that is empty, the file of its
/// name beside the text. The one given must have the hash that the text says; one beside it that
/// has not is a warning, for no pass reads the elements of initializers.
Program read_program(std::string_view text, const std::string& text_path,
                     const std::string& model_path, Diagnostics& diagnostics);

}  // namespace tenon::driver
