// Values of options.
#include "driver/options.h"

#include <charconv>

#include "support/diagnostics.h"

namespace tenon::driver {
namespace {

[[noreturn]] void bad_option(const std::string& option, const std::string& text,
                             const std::string& help) {
  user_error({}, option + " " + text + ": this is not understood", help);
}

std::optional<int64_t> parse_integer(std::string_view text) {
  int64_t value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// A GPU's name where a processor's is asked for.
[[noreturn]] void refuse_gpu(const std::string& name) {
  const bool is_architecture = name.find('_') != std::string::npos;
  user_error({}, name + " is a GPU, not a processor",
             is_architecture
                 ? "`tenon compile` takes --target cuda --gpu-arch " + name
                 : "`tenon compile` takes --target cuda; `run`, `bench` and `verify` take "
                   "--backend=cuda, or --backend=cuda-emulator where there is no GPU");
}

}  // namespace

target::Target resolve_target(const ModelOptions& options, const std::string& otherwise) {
  bool custom = !options.triple.empty() || !options.cpu.empty() || !options.features.empty();
  if (custom && !options.target.empty())
    user_error({}, "--target and --triple, --cpu or --features exclude each other",
               "give one or the other");
  if (!custom && target::is_gpu_name(options.target)) refuse_gpu(options.target);
  Result<target::Target> found =
      custom ? target::custom_target(options.triple, options.cpu, options.features)
             : target::find_target(options.target.empty() ? otherwise : options.target);
  if (!found) user_error({}, found.reason(), "`tenon targets` lists what there is");
  return *found;
}

std::pair<std::string, std::string> parse_pair(const std::string& text, const std::string& option) {
  size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0)
    bad_option(option, text, "the form is " + option + " NAME=VALUE");
  return {text.substr(0, equals), text.substr(equals + 1)};
}

std::pair<std::string, frontend::DimRange> parse_dim(const std::string& text) {
  const char* help = "the form is --dim NAME=VALUE or --dim NAME=LOW..HIGH, as in --dim seq=1..512";
  auto [name, value] = parse_pair(text, "--dim");
  size_t dots = value.find("..");
  std::optional<int64_t> least = parse_integer(value.substr(0, dots));
  std::optional<int64_t> most =
      dots == std::string::npos ? least : parse_integer(value.substr(dots + 2));
  if (!least || !most) bad_option("--dim", text, help);
  if (*least < 1 || *most < *least || *most >= int64_t{1} << 40)
    bad_option("--dim", text,
               "a dimension is at least 1 and below 2^40, and the bounds are in order");
  return {name, {*least, *most}};
}

std::pair<std::string, std::vector<int64_t>> parse_shape(const std::string& text) {
  auto [name, value] = parse_pair(text, "--shape");
  std::vector<int64_t> shape;
  for (size_t start = 0; start <= value.size();) {
    size_t comma = std::min(value.find(',', start), value.size());
    std::optional<int64_t> extent =
        parse_integer(std::string_view(value).substr(start, comma - start));
    if (!extent || *extent < 0)
      bad_option("--shape", text, "the form is --shape INPUT=1,3,224,224");
    shape.push_back(*extent);
    start = comma + 1;
  }
  return {name, shape};
}

}  // namespace tenon::driver
