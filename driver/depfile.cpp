// Dependencies in the syntax of Make: blanks and # take a backslash, $ is doubled. Ninja reads the
// same.
#include "driver/depfile.h"

#include <filesystem>
#include <fstream>

#include "support/diagnostics.h"
#include "support/text.h"

namespace tenon::driver {
namespace {

std::string escaped(const std::string& path) {
  std::string text;
  for (char c : path) {
    if (c == ' ' || c == '#') text += '\\';
    if (c == '$') text += '$';
    text += c;
  }
  return text;
}

}  // namespace

std::string depfile_text(const std::string& output, const std::vector<std::string>& inputs) {
  std::string text = escaped(output) + ":";
  for (const std::string& input : inputs) text += " " + escaped(input);
  return text + "\n";
}

void write_depfile(const std::string& path, const std::string& output,
                   const std::vector<std::string>& inputs) {
  for (const std::string& input : inputs) {
    std::error_code ignored;  // the dependency file is not there yet
    if (std::filesystem::equivalent(path, input, ignored))
      user_error({}, "--depfile " + tenon::quoted(path) + " is a file that the bundle is made from",
                 "give a path of its own");
  }
  std::ofstream file(path, std::ios::binary);
  file << depfile_text(output, inputs) << std::flush;
  if (!file)
    user_error({}, "--depfile " + tenon::quoted(path) + " cannot be written",
               "give a path in a folder that is there");
}

}  // namespace tenon::driver
