// Errors that are the user's: collected, shown together, each with its place, what was found, what
// was expected and what to do.
//
//   diagnostics.error(place, "the weight has 16 input channels in each group, the input gives 32")
//       .note("weight  \"head.weight\" : f32[64, 16, 3, 3]")
//       .help("with group = 2 these shapes agree");
//   diagnostics.checkpoint();       // throws UserErrors when there was an error
#pragma once

#include <exception>
#include <string>
#include <vector>

namespace tenon {

enum class Severity { Warning, Error };

/// Where the fault is: any part may be empty. `file` is a base name; `what` describes the spot in
/// the user's words, as in: node "/head/Conv" (Conv, opset 11).
struct Place {
  std::string file;
  std::string what;
  int line = 0;    // of a text file, from 1
  int column = 0;  // from 1
};

struct Diagnostic {
  Severity severity = Severity::Error;
  Place place;
  std::string message;
  std::vector<std::string> notes;  // facts: inputs, shapes, the line with a caret
  std::string help_text;           // the remedy

  Diagnostic& note(std::string text);
  Diagnostic& help(std::string text);
};

/// Thrown by Diagnostics::checkpoint and for single fatal faults; caught once, in the driver.
class UserErrors : public std::exception {
 public:
  explicit UserErrors(std::vector<Diagnostic> diagnostics);
  const std::vector<Diagnostic>& diagnostics() const { return diagnostics_; }
  const char* what() const noexcept override { return text_.c_str(); }

 private:
  std::vector<Diagnostic> diagnostics_;
  std::string text_;
};

/// Throws one fault at once.
[[noreturn]] void user_error(Place place, std::string message, std::string help = "");

class Diagnostics {
 public:
  /// Adds an error; the reference stays valid until the next call.
  Diagnostic& error(Place place, std::string message);
  Diagnostic& warning(Place place, std::string message);

  int error_count() const;
  const std::vector<Diagnostic>& all() const { return list_; }

  /// Throws UserErrors with everything collected so far when there is an error among it.
  void checkpoint();

 private:
  std::vector<Diagnostic> list_;
};

/// "tenon: error: model.onnx: node ...: message", then indented notes and "  help: ...".
std::string to_string(const Diagnostic& diagnostic);

/// The name among `known` that is nearest to `name` by edit distance (at most a third of its
/// length), or "".
std::string nearest_name(const std::string& name, const std::vector<std::string>& known);

}  // namespace tenon
