// The C++ function of a kernel: names, signature, body.
#include "codegen/cpp/kernel.h"

#include <algorithm>

#include "codegen/bundle/identifiers.h"
#include "codegen/cpp/fit_lanes.h"
#include "codegen/cpp/kernel_printer.h"
#include "ir/loop/emission.h"
#include "ir/loop/index_width.h"
#include "support/text.h"

namespace tenon::codegen::cpp {
namespace {

constexpr size_t kShortName = 12;

std::set<std::string> written_buffers(const loop::Stmt& body) {
  std::set<std::string> written;
  loop::for_each_stmt(body, [&](const loop::Stmt& stmt) {
    if (const auto* store = stmt.as<loop::Store>()) written.insert(store->buffer);
  });
  return written;
}

// What a buffer that comes from outside is called where its own name is long: by its part.
std::string role_name(const loop::Param& param) {
  switch (param.kind) {
    case loop::ParamKind::In: return "x";
    case loop::ParamKind::Const: return param.buffer.extents.size() > 1 ? "weights" : "bias";
    case loop::ParamKind::Out:
    case loop::ParamKind::InOut:
    case loop::ParamKind::Part: return "y";
  }
  return "";
}

}  // namespace

KernelPrinter::KernelPrinter(const loop::Function& function, const Ranges& symbols,
                             const target::Target& target, const KernelOptions& options)
    : source::KernelPrinter(function, symbols, options.node_number),
      target_(target),
      options_(options),
      is_narrow_(target.index_bits == 32 && loop::index_bits(body_, symbols) == 32) {}

void KernelPrinter::name_parameters() {
  for (const char* word : {"scratch", "status"}) names_.declare(word, {word});
  for (const loop::Param& param : params_) {
    const loop::Buffer& buffer = param.buffer;
    std::string name = c_identifier(buffer.name, "buffer");
    names_.declare(buffer.name, {name.size() <= kShortName ? name : role_name(param)});
    memory_[buffer.name] = buffer;
    if (!buffer.layout.is_row_major() || !buffer.base.empty())
      fail("buffer " + buffer.name + " still has a layout or a base");
    if (bits_of(buffer.type) < 8) fail("buffer " + buffer.name + " has elements below a byte");
  }
  for (const std::string& symbol : symbols_) names_.declare(symbol, {c_identifier(symbol, "n")});
  if (const loop::For* loop = loop::parallel_loop(function_)) {
    std::string name = source::loop_names(loop->var)[0];
    names_.declare("begin of " + loop->var, {name + "_begin"});
    names_.declare("end of " + loop->var, {name + "_end"});
  }
}

// What the body does not use has no name: a buffer that only gives a shape.
std::string KernelPrinter::signature(const std::set<std::string>& used) {
  std::set<std::string> written = written_buffers(body_);
  std::vector<std::string> parts;
  for (const loop::Param& param : params_) {
    const std::string& name = param.buffer.name;
    parts.push_back(
        (written.count(name) ? "" : "const ") + type_name(param.buffer.type) + " *" +
        (used.count(name) ? "TN_RESTRICT " + names_.of(name) : "/* " + names_.of(name) + " */"));
  }
  for (const std::string& symbol : symbols_)
    parts.push_back(index_type() + " " + names_.of(symbol));
  if (const loop::For* loop = loop::parallel_loop(function_)) {
    parts.push_back(index_type() + " " + names_.of("begin of " + loop->var));
    parts.push_back(index_type() + " " + names_.of("end of " + loop->var));
  }
  if (!scratch_.offsets.empty()) parts.push_back("unsigned char *TN_RESTRICT scratch");
  if (has_requirements()) parts.push_back("int32_t *TN_RESTRICT status");
  return "void " + options_.symbol + "(" + (parts.empty() ? "void" : join(parts, ", ")) + ")";
}

Result<KernelText> KernelPrinter::print_function() {
  name_parameters();
  out_ = source::SourceWriter(1);
  names_.enter();
  print(body_);
  names_.leave();
  if (failure_) return *failure_;
  std::set<std::string> used = names_.used();
  std::erase_if(symbols_, [&](const std::string& symbol) { return !used.count(symbol); });

  KernelText kernel;
  kernel.signature = signature(used);
  source::SourceWriter head;
  head.line(kernel.signature + " {");
  kernel.definition = head.take() + out_.take() + "}\n";
  for (const loop::Param& param : params_)
    kernel.parameter_names.push_back(names_.of(param.buffer.name));
  kernel.symbols = symbols_;
  kernel.uses_scratch = !scratch_.offsets.empty();
  kernel.uses_status = has_requirements();
  kernel.pool = pool_;
  kernel.scratch_bytes = scratch_.bytes;
  if (const loop::For* loop = loop::parallel_loop(function_)) {
    kernel.is_parallel = true;
    kernel.extent = loop->extent;
    kernel.chunk = loop->chunk;
  }
  return kernel;
}

Result<KernelText> print_kernel(const loop::Function& function, const Ranges& symbols,
                                const target::Target& target, const KernelOptions& options) {
  ExprPool pool;
  loop::Function fitted = fit_lanes(function, target.vector_bits, pool);
  Result<KernelText> kernel = KernelPrinter(fitted, symbols, target, options).print_function();
  if (kernel && kernel->is_parallel) kernel->extent = loop::parallel_loop(function)->extent;
  return kernel;
}

}  // namespace tenon::codegen::cpp
