// identifiers.cpp: names of C for the names of a model; unique, legal in C99 and C++20, and stable.
//
//   dims {"batch"}, tensors {"input.1", "input:1", "class"}  ->  batch, input_1, input_1_2, class_
#include "codegen/bundle/identifiers.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

namespace tenon::codegen {
namespace {

constexpr std::string_view kReserved[] = {
    // Keywords of C up to C23, and of C++ up to C++20 with the alternative tokens.
    "alignas", "alignof", "and", "and_eq", "asm", "auto", "bitand", "bitor", "bool", "break",
    "case", "catch", "char", "char16_t", "char32_t", "char8_t", "class", "co_await", "co_return",
    "co_yield", "compl", "concept", "const", "const_cast", "consteval", "constexpr", "constinit",
    "continue", "decltype", "default", "delete", "do", "double", "dynamic_cast", "else", "enum",
    "explicit", "export", "extern", "false", "float", "for", "friend", "goto", "if", "inline",
    "int", "long", "mutable", "namespace", "new", "noexcept", "not", "not_eq", "nullptr",
    "operator", "or", "or_eq", "private", "protected", "public", "register", "reinterpret_cast",
    "requires", "restrict", "return", "short", "signed", "sizeof", "static", "static_assert",
    "static_cast", "struct", "switch", "template", "this", "thread_local", "throw", "true", "try",
    "typedef", "typeid", "typename", "typeof", "typeof_unqual", "union", "unsigned", "using",
    "virtual", "void", "volatile", "wchar_t", "while", "xor", "xor_eq",
    // Types that the header uses.
    "int8_t", "int16_t", "int32_t", "int64_t", "uint8_t", "uint16_t", "uint32_t", "uint64_t",
    "size_t", "ptrdiff_t", "tn_call", "tn_tensor", "tn_info",
    // Macros of the standard library, of POSIX, GNU and Windows headers that programs define as
    // plain words.
    "assert", "complex", "errno", "I", "imaginary", "isfinite", "isinf", "isnan", "isnormal",
    "offsetof", "setjmp", "signbit", "stderr", "stdin", "stdout", "va_arg", "va_copy", "va_end",
    "va_start", "noreturn", "bitset", "linux", "unix", "i386", "major", "minor", "makedev",
    "environ", "vector", "pixel", "min", "max", "near", "far", "small", "hyper", "interface",
    "cdecl", "pascal", "huge", "NULL", "EOF", "BUFSIZ", "NAN", "INFINITY", "HUGE_VAL", "EDOM",
    "ERANGE", "EILSEQ", "RAND_MAX", "TRUE", "FALSE", "IN", "OUT", "OPTIONAL", "CONST", "VOID",
    "ERROR", "DELETE", "STRICT", "DOMAIN", "OVERFLOW", "UNDERFLOW", "CHAR_BIT", "INT_MIN",
    "INT_MAX", "LONG_MIN", "LONG_MAX", "SIZE_MAX", "PI", "M_PI", "M_E",
    // Names around the members in the headers.
    "threads", "Io", "Span", "Status", "check_sizes"};

// A bundle's header <name>.h must not hide one of these from a program that has the bundle's folder
// in its path.
constexpr std::string_view kStandardHeaders[] = {
    "assert",  "complex", "ctype",     "errno",     "fenv",   "float",    "inttypes", "iso646",
    "limits",  "locale",  "math",      "setjmp",    "signal", "stdalign", "stdarg",   "stdatomic",
    "stdbit",  "stdbool", "stdckdint", "stddef",    "stdint", "stdio",    "stdlib",   "stdnoreturn",
    "string",  "strings", "tgmath",    "threads",   "time",   "uchar",    "wchar",    "wctype",
    "unistd",  "fcntl",   "pthread",   "semaphore", "sched",  "dlfcn",    "poll",     "malloc",
    "memory",  "alloca",  "endian",    "features",  "elf",    "link",     "regex",    "search",
    "termios", "utime",   "windows",   "tenon_pool"};

template <size_t N>
bool contains(const std::string_view (&list)[N], std::string_view word) {
  return std::find(std::begin(list), std::end(list), word) != std::end(list);
}

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string lower_case(std::string_view text) {
  std::string lower(text);
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return lower;
}

// A form that neither language reserves: no `_` at the start, none doubled.
bool is_identifier(std::string_view text) {
  if (text.empty() || is_digit(text[0]) || text[0] == '_') return false;
  for (char c : text)
    if (!is_letter(c) && !is_digit(c) && c != '_') return false;
  return text.find("__") == std::string_view::npos;
}

// The identifiers of one bundle. Members of N_io share a space; macros N_<DIM>_MAX make dimensions
// differ without case.
class Names {
 public:
  bool is_free(const std::string& identifier, bool is_dimension) const {
    return !taken_.count(identifier) &&
           !(is_dimension && dimensions_.count(lower_case(identifier)));
  }
  void take(const std::string& identifier, bool is_dimension) {
    taken_.insert(identifier);
    if (is_dimension) dimensions_.insert(lower_case(identifier));
  }
  std::string unique(const std::string& identifier, bool is_dimension) const {
    if (is_free(identifier, is_dimension)) return identifier;
    for (int64_t number = 2;; ++number) {
      const std::string numbered = fmt::format("{}_{}", identifier, number);
      if (is_free(numbered, is_dimension)) return numbered;
    }
  }

 private:
  std::set<std::string> taken_, dimensions_;
};

// One dimension or tensor that wants a name.
struct Named {
  const std::string* name;
  std::string* identifier;
  bool is_dimension;
};

}  // namespace

std::string c_identifier(std::string_view name, std::string_view empty) {
  std::string identifier;
  for (char c : name) {
    if (is_letter(c) || is_digit(c))
      identifier += c;
    else if (!identifier.empty() && identifier.back() != '_')
      identifier += '_';
  }
  if (!identifier.empty() && identifier.back() == '_') identifier.pop_back();
  if (identifier.empty()) identifier = empty;
  if (is_digit(identifier[0])) identifier.insert(0, 1, 'n');
  if (contains(kReserved, identifier)) identifier += '_';
  return identifier;
}

std::string default_prefix(std::string_view stem) { return c_identifier(stem, "model"); }

Status check_prefix(std::string_view prefix) {
  const std::string lower = lower_case(prefix);
  if (!is_identifier(prefix) || contains(kReserved, prefix))
    return Failure{fmt::format("\"{}\" cannot be used as an identifier of C and C++", prefix)};
  for (const char* refused : {"tn", "tenon"})
    if (lower == refused || lower.starts_with(std::string(refused) + "_"))
      return Failure{fmt::format(
          "names that begin with \"{}\" belong to Tenon's own types and macros", refused)};
  if (contains(kStandardHeaders, lower))
    return Failure{fmt::format("a header {0}.h would hide the system's <{0}.h>", lower)};
  return Done{};
}

std::string upper_case(std::string_view identifier) {
  std::string upper(identifier);
  for (char& c : upper)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return upper;
}

void name_identifiers(BundleInterface& interface, const std::map<std::string, std::string>& renames,
                      Diagnostics& diagnostics) {
  std::vector<Named> all;
  std::vector<std::string> known;
  for (InterfaceDim& dim : interface.dims) all.push_back({&dim.name, &dim.identifier, true});
  for (InterfaceTensor& tensor : interface.tensors)
    all.push_back({&tensor.name, &tensor.identifier, false});
  for (const Named& named : all) known.push_back(*named.name);

  Names names;
  for (const auto& [old_name, new_name] : renames) {
    const Place place{"", fmt::format("--rename {}={}", old_name, new_name)};
    // A tensor goes before a dimension of the same name.
    const auto is_wanted = [&old = old_name](const Named& named) { return *named.name == old; };
    const auto found = std::find_if(all.rbegin(), all.rend(), is_wanted);
    if (found == all.rend()) {
      Diagnostic& error = diagnostics.error(
          place, fmt::format("the model has no input, output or dimension \"{}\"", old_name));
      const std::string nearest = nearest_name(old_name, known);
      if (!nearest.empty()) error.help(fmt::format("did you mean \"{}\"?", nearest));
    } else if (!is_identifier(new_name) || contains(kReserved, new_name)) {
      diagnostics.error(
          place, fmt::format("\"{}\" cannot be used as an identifier of C and C++", new_name));
    } else if (!names.is_free(new_name, found->is_dimension)) {
      diagnostics.error(place, fmt::format("\"{}\" already names something else", new_name));
    } else {
      *found->identifier = new_name;
      names.take(new_name, found->is_dimension);
    }
  }
  for (Named& named : all) {
    if (!named.identifier->empty()) continue;
    *named.identifier = names.unique(
        c_identifier(*named.name, named.is_dimension ? "dim" : "tensor"), named.is_dimension);
    names.take(*named.identifier, named.is_dimension);
  }
}

}  // namespace tenon::codegen
