// tenon targets and tenon ops: what there is.
#include <algorithm>
#include <cstdio>

#include "driver/commands/commands.h"

namespace tenon::driver {

int run_targets(bool markdown) {
  std::fputs((markdown ? target::target_table_markdown() : target::target_table_text()).c_str(),
             stdout);
  return 0;
}

int run_ops(bool markdown) {
  std::vector<frontend::OperatorSupport> operators = frontend::supported_operators();
  auto versions = [](const frontend::OperatorSupport& op) {
    std::string text;
    for (int version : op.versions) text += (text.empty() ? "" : ", ") + std::to_string(version);
    return text;
  };
  if (markdown) {
    std::printf(
        "# Operators\n\nThe ONNX operators that Tenon reads, from its own definitions: `tenon ops "
        "--markdown`.\n\n");
    std::printf("| operator | versions | limits |\n|---|---|---|\n");
    for (const frontend::OperatorSupport& op : operators)
      std::printf("| %s | %s | %s |\n", op.name.c_str(), versions(op).c_str(), op.limits.c_str());
    return 0;
  }
  size_t name_width = 8, version_width = 8;
  for (const frontend::OperatorSupport& op : operators) {
    name_width = std::max(name_width, op.name.size());
    version_width = std::max(version_width, versions(op).size());
  }
  std::printf("%-*s  %-*s  %s\n", static_cast<int>(name_width), "operator",
              static_cast<int>(version_width), "versions", "limits");
  for (const frontend::OperatorSupport& op : operators)
    std::printf("%-*s  %-*s  %s\n", static_cast<int>(name_width), op.name.c_str(),
                static_cast<int>(version_width), versions(op).c_str(), op.limits.c_str());
  return 0;
}

}  // namespace tenon::driver
