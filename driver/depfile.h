// depfile.h: tells a build system which files a bundle was read from.
//
//   write_depfile("kws.d", "out/libkws.a", {"kws.onnx", "my weights"})   ->   out/libkws.a: kws.onnx my\\ weights
#pragma once

#include <string>
#include <vector>

namespace tenon::driver {

/// One rule in the syntax of Make, as gcc -MF writes it.
std::string depfile_text(const std::string& output, const std::vector<std::string>& inputs);

/// Writes the rule to `path`; throws UserErrors where that cannot be written.
void write_depfile(const std::string& path, const std::string& output,
                   const std::vector<std::string>& inputs);

}  // namespace tenon::driver
