// Files of a source tree that are the same for every model, as Tenon's build embeds them: runtime/
// and this folder's prelude/.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tenon::codegen::cpp {

struct EmbeddedFile {
  std::string name;
  std::string_view text;
};
const std::vector<EmbeddedFile>& embedded_files();

}  // namespace tenon::codegen::cpp
