// The values of a program's constants: bytes of the model file, of the text, or made by running
// `setup`.
//
//   setup { call @pack(w, w_packed) }   ->   row_major(w_packed): what @pack writes for the file's w
#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "frontend/import.h"
#include "ir/loop/nodes.h"

namespace tenon::driver {

class SetupCode;

/// Row-major bytes of constants.
class ConstantValues {
 public:
  /// `file` may be null where no constant names an initializer. Runs setup.
  ConstantValues(const loop::Module& module, std::shared_ptr<const frontend::ModelFile> file);

  std::span<const uint8_t> row_major(const loop::Constant& constant) const;
  /// In the constant's layout, padding zero.
  std::vector<uint8_t> packed(const loop::Constant& constant) const;

 private:
  void run(const loop::Function& function, const loop::Call& call, const SetupCode& code);
  /// What a buffer of setup holds: a constant, or what a call before has written.
  std::span<const uint8_t> operand(const std::string& name) const;

  std::shared_ptr<const frontend::ModelFile> file_;
  std::map<std::string, const loop::Constant*> constants_;  // by the names of their buffers
  std::map<std::string, std::vector<uint8_t>> computed_;
};

}  // namespace tenon::driver
