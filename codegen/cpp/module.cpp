// Kernels with their comments, and the functions of runtime/model_tables.h.
#include "codegen/cpp/module.h"

#include <algorithm>

#include "codegen/bundle/header.h"
#include "codegen/cpp/size_text.h"
#include "codegen/program/size_table.h"
#include "codegen/source/about.h"
#include "codegen/source/writer.h"
#include "ir/expr/text.h"
#include "runtime/model_tables.h"
#include "support/text.h"

namespace tenon::codegen::cpp {
namespace {

class ModulePrinter {
 public:
  ModulePrinter(const loop::Module& module, const target::Target& target,
                const ModuleOptions& options)
      : module_(module), target_(target), options_(options), ranges_(module.symbol_ranges()) {}

  Result<ModuleText> print() {
    Result<MainProgram> main = read_main(module_);
    if (!main) return main.error();
    main_ = std::move(*main);
    if (Status status = print_kernels(); !status) return status.error();
    number_sizes();
    text_.buffer_bytes_most =
        module_.arena_bytes ? static_cast<uint64_t>(module_.at_upper_bounds(module_.arena_bytes))
                            : 0;
    for (const Kernel& kernel : text_.kernels)
      text_.scratch_bytes_most =
          std::max(text_.scratch_bytes_most, upper_bound(kernel.code.scratch_bytes, ranges_));
    print_declarations();
    print_entry();
    out_.blank();
    print_sizes();
    out_.blank();
    if (Status status = print_run_group(); !status) return status.error();
    text_.functions = out_.take();
    return std::move(text_);
  }

 private:
  // ---- kernels ----------------------------------------------------------------------------------

  Status print_kernels() {
    for (const ProgramKernel& called : main_.kernels) {
      const loop::Function& function = *called.function;
      Kernel kernel;
      kernel.function = function.name;
      kernel.symbol = options_.prefix + "_" + called.word;
      kernel.file = "kernels/" + called.word + ".cpp";
      Result<KernelText> code =
          print_kernel(function, ranges_, target_, {kernel.symbol, options_.node_number});
      if (!code) return code.error();
      kernel.code = std::move(*code);
      kernel.text = file_text(function, kernel);
      text_.kernels.push_back(std::move(kernel));
    }
    for (const ProgramCall& call : main_.calls)
      text_.groups.push_back({call.kernel, call.call->location});
    return Done{};
  }

  std::string file_text(const loop::Function& function, const Kernel& kernel) const {
    std::string file = kernel.file.substr(kernel.file.find('/') + 1);
    std::string title = file + ": " + source::nodes_of(module_, main_, function);
    return source::about_kernel(title, function, kernel.code.parameter_names, target_.name) +
           "#include \"" + options_.prefix + "_kernels.h\"\n\n" + kernel.code.definition;
  }

  void print_declarations() {
    std::string guard = upper(options_.prefix) + "_KERNELS_H";
    std::string& text = text_.declarations;
    text = "/* SPDX-License-Identifier: 0BSD\n   " + options_.prefix +
           "_kernels.h: the kernels of " + options_.prefix +
           ", one in each file of kernels/.\n"
           "   `begin` and `end`: iterations of the outermost loop that this call runs. */\n";
    text += "#ifndef " + guard + "\n#define " + guard +
            "\n#include <stdint.h>\n#ifdef __cplusplus\n#include \"runtime/tn_vector.h\"\n"
            "extern \"C\" {\n#endif\n#pragma GCC visibility push(hidden)\n\n"
            "#define TN_RESTRICT __restrict\n\n";
    for (const Kernel& kernel : text_.kernels) {
      source::SourceWriter line;
      line.line(kernel.code.signature + ";");
      text += line.take();
    }
    text += "\n#pragma GCC visibility pop\n#ifdef __cplusplus\n}\n#endif\n#endif\n";
  }

  static std::string upper(std::string text) {
    for (char& c : text)
      if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    return text;
  }

  // ---- sizes ------------------------------------------------------------------------------------

  void number_sizes() {
    sizes_ = SizeTable(text_.groups.size());
    for (const Group& group : text_.groups)
      if (Expr extent = text_.kernels[group.kernel].code.extent) sizes_.add(extent);
    sizes_.add_places(module_, main_);
    text_.size_count = sizes_.count();
  }

  // What each symbol is called in a function that has the dimensions in an array.
  std::map<std::string, std::string> symbols_in(const std::string& array) const {
    std::map<std::string, std::string> names;
    for (const loop::Symbol& symbol : module_.symbols) {
      auto dim = std::find(options_.dims.begin(), options_.dims.end(), symbol.name);
      if (dim != options_.dims.end()) {
        names[symbol.name] = array + "[" + std::to_string(dim - options_.dims.begin()) + "]";
        continue;
      }
      TENON_CHECK(symbol.min == symbol.max,
                  "the dimension " + symbol.name + " is neither given nor fixed");
      names[symbol.name] = std::to_string(symbol.min);
    }
    return names;
  }

  std::string size(Expr e, const std::string& dims) const {
    return size_text(e, symbols_in(dims), ranges_).text;
  }

  // entry: dims | arena | scratch | tensors | requirements
  void print_entry() {
    out_.open_function("void tn_model_entry(int64_t *entry)");
    size_t next = options_.dims.size();
    auto set = [&](const std::string& value, const std::string& what) {
      out_.line("entry[" + std::to_string(next++) + "] = " + value + "; /* " + what + " */");
    };
    set(module_.arena_bytes ? size(module_.arena_bytes, "entry") : "0",
        "bytes of the arena's buffers");
    source::Piece scratch{"0"};
    for (const Kernel& kernel : text_.kernels) {
      source::Piece bytes = size_text(kernel.code.scratch_bytes, symbols_in("entry"), ranges_);
      if (bytes.text == "0" || bytes.text == scratch.text) continue;
      scratch = scratch.text == "0" ? bytes : source::call("tn_max", {scratch, bytes});
    }
    set(scratch.text, "of a body's scratch");
    for (const auto* list : {&module_.inputs, &module_.outputs})
      for (const loop::Buffer& buffer : *list)
        set(size(loop::bytes_of(buffer, *module_.pool), "entry"),
            "of " + options_.io_members[main_.members.at(buffer.name)]);
    for (Expr check : module_.checks) set(size(check, "entry"), "holds");
    out_.close();
  }

  void print_sizes() {
    std::vector<std::string> values;
    for (size_t g = 0; g < text_.groups.size(); ++g) values.push_back(chunks_of(g));
    for (Expr e : sizes_.computed()) values.push_back(size(e, "dims"));
    if (values.empty()) values.push_back("0");
    bool uses_dims = std::any_of(values.begin(), values.end(), [](const std::string& value) {
      return value.find("dims[") != std::string::npos;
    });
    out_.open_function("void tn_model_sizes(const int64_t *dims, int64_t *sizes)");
    if (!uses_dims) out_.line("(void)dims;");
    for (size_t i = 0; i < values.size(); ++i)
      out_.line("sizes[" + std::to_string(i) + "] = " + values[i] + ";");
    out_.close();
  }

  std::string chunks_of(size_t group) const {
    const KernelText& code = text_.kernels[text_.groups[group].kernel].code;
    if (!code.extent) return "1";
    if (const int64_t* extent = as_int(code.extent))
      return std::to_string((std::max<int64_t>(*extent, 0) + code.chunk - 1) / code.chunk);
    source::Piece extent = size_text(code.extent, symbols_in("dims"), ranges_);
    if (bounds_of(code.extent, ranges_).min < 0) extent = source::call("tn_max", {extent, {"0"}});
    if (code.chunk == 1) return extent.text;
    source::Piece last{std::to_string(code.chunk - 1)}, chunk{std::to_string(code.chunk)};
    return source::binary(source::binary(extent, "+", last), "/", chunk).text;
  }

  // ---- running ----------------------------------------------------------------------------------

  std::string size_value(Expr e) const {
    if (const int64_t* number = as_int(e)) return std::to_string(*number);
    return "env->sizes[" + std::to_string(sizes_.number(e)) + "]";
  }

  // A pointer to a buffer of main, of the type that a kernel takes; "" where there is none.
  std::string argument(const std::string& name, DType type, bool is_written) const {
    auto view = main_.views.find(name);
    const std::string& owner = view == main_.views.end() ? name : view->second.owner;
    std::string offset = view == main_.views.end() || is_int(view->second.offset, 0)
                             ? ""
                             : size_value(view->second.offset);
    std::string pointer = "(" + std::string(is_written ? "" : "const ") + c_type(type) + " *)";
    auto plus = [&](const std::string& base, const std::string& more) {
      return more.empty() || more == "0" ? base : base + " + " + more;
    };
    if (auto io = main_.members.find(owner); io != main_.members.end()) {
      const std::string member = "io->" + options_.io_members.at(io->second);
      bool same = io->second >= module_.inputs.size() || !is_written;
      const auto& list = io->second < module_.inputs.size() ? module_.inputs : module_.outputs;
      size_t first = io->second < module_.inputs.size() ? 0 : module_.inputs.size();
      if (offset.empty() && same && list[io->second - first].type == type) return member;
      return pointer + "(" + plus("(unsigned char *)" + member, offset) + ")";
    }
    std::string base;
    if (auto slot = main_.slots.find(owner); slot != main_.slots.end())
      base = plus("env->arena", size_value(slot->second));
    else if (auto weight = options_.weight_offsets.find(owner);
             weight != options_.weight_offsets.end())
      base = plus("env->weights", std::to_string(weight->second));
    else
      return "";
    return pointer + "(" + plus(base, offset) + ")";
  }

  Status print_run_group() {
    std::string io = options_.prefix + "_io";
    out_.open_function(
        "void tn_model_run_group(const tnr_env *env, int32_t group, int64_t begin, int64_t end)");
    out_.line("const " + io + " *io = (const " + io + " *)env->io;");
    bool uses_chunks = false;
    for (const Kernel& kernel : text_.kernels) uses_chunks = uses_chunks || kernel.code.is_parallel;
    if (!uses_chunks) out_.line("(void)begin, (void)end;");
    out_.open("switch (group)");
    for (size_t g = 0; g < text_.groups.size(); ++g)
      if (Status status = print_case(g); !status) return status;
    out_.line("default:");
    out_.line("  break;");
    out_.close();
    out_.close();
    return Done{};
  }

  Status print_case(size_t g) {
    const loop::Call& call = *main_.calls[g].call;
    const Kernel& kernel = text_.kernels[text_.groups[g].kernel];
    const loop::Function& function = *module_.find_function(kernel.function);
    std::vector<std::string> arguments;
    for (size_t i = 0; i < call.arguments.size(); ++i) {
      const loop::Param& param = function.params[i];
      bool is_written = loop::writes_to(param.kind);
      arguments.push_back(argument(call.arguments[i], param.buffer.type, is_written));
      if (arguments.back().empty())
        return Failure{"the call of " + call.function + " uses " + call.arguments[i] +
                       ", which has no place in memory"};
    }
    std::map<std::string, std::string> dims = symbols_in("env->dims");
    for (const std::string& symbol : kernel.code.symbols) arguments.push_back(dims.at(symbol));
    if (kernel.code.is_parallel) {
      std::string chunk = std::to_string(kernel.code.chunk),
                  extent = size_value(kernel.code.extent);
      bool is_one = kernel.code.chunk == 1;
      arguments.push_back(is_one ? "begin" : "begin * " + chunk);
      arguments.push_back(is_one ? "end" : "tn_min(end * " + chunk + ", " + extent + ")");
    }
    if (kernel.code.uses_scratch) arguments.push_back("env->scratch");
    if (kernel.code.uses_status) arguments.push_back("env->status");
    std::string nodes =
        call.location.empty() ? "" : " /* " + no_comment(join(call.location, ", ")) + " */";
    out_.line("case " + std::to_string(g) + ":" + nodes);
    out_.line("  " + kernel.symbol + "(" + join(arguments, ", ") + ");");
    out_.line("  break;");
    return Done{};
  }

  // Names of nodes are any bytes: none may end the comment that they stand in.
  static std::string no_comment(std::string text) {
    for (char& c : text)
      if (c == '*' || static_cast<unsigned char>(c) < ' ' || c == '\\') c = '?';
    return text;
  }

  const loop::Module& module_;
  const target::Target& target_;
  const ModuleOptions& options_;
  Ranges ranges_;
  ModuleText text_;
  source::SourceWriter out_;
  MainProgram main_;
  SizeTable sizes_;
};

}  // namespace

Result<ModuleText> print_module(const loop::Module& module, const target::Target& target,
                                const ModuleOptions& options) {
  return ModulePrinter(module, target, options).print();
}

}  // namespace tenon::codegen::cpp
