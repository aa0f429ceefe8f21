// What a bundle's manifest and its name are made of, from the command line.
#pragma once

#include "codegen/bundle/manifest.h"
#include "driver/build.h"
#include "driver/options.h"
#include "frontend/import.h"

namespace tenon::driver {

/// --name, or the model file's stem made an identifier; throws UserErrors for what cannot be one.
std::string bundle_name(const CompileOptions& options);
/// What the library's bytes depend on beside its name and the files that are read, in one order.
std::string normal_options(const CompileOptions& options, const target::Target& target);
/// What every output is asked for with; throws UserErrors for a name or a size that cannot be.
BuildRequest request_of(const CompileOptions& options, const target::Target& target);
/// The files that the build read. External data are named as seen from the model's folder, outside
/// of which no model may reach.
codegen::BuildInputs inputs_of(const CompileOptions& options, const frontend::ModelFile& model);

}  // namespace tenon::driver
