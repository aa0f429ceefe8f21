// Printing of the loop level: statements one a line, bodies indented.
//
//   For{y.i, 4, parallel, chunk 2, body}   ->   for parallel y.i in 4 chunk 2 {
//                                                 ...
//                                               }
#include "ir/expr/element.h"
#include "ir/loop/constants.h"
#include "ir/loop/stage_text.h"
#include "ir/loop/text.h"

namespace tenon::loop {
namespace {

constexpr std::string_view kScopes[] = {
#define X(name, text) text,
    TENON_SCOPES(X)
#undef X
};
constexpr std::string_view kLoopKinds[] = {
#define X(name, text, bound) text,
    TENON_LOOP_KINDS(X)
#undef X
};
constexpr std::string_view kParamKinds[] = {"", "const ", "out ", "inout ", "part "};

// Name, type and place, without the scope.
std::string buffer_text(const Buffer& buffer) {
  std::string text = buffer.name + ": " + type_text(buffer.type, buffer.extents, buffer.layout);
  if (!buffer.base.empty()) text += " at [" + list_text(buffer.base) + "]";
  if (!buffer.strides.empty()) text += " strides [" + list_text(buffer.strides) + "]";
  if (!buffer.alias_of.empty()) text += " over " + buffer.alias_of;
  if (buffer.alias_offset) text += " at " + to_string(buffer.alias_offset);
  return text;
}

std::string leaf_text(const Leaf& leaf) {
  const Stage& stage = *leaf.stage;
  std::string text = "stage " + target_text(stage);
  if (stage.reducer != Reducer::None) text += " reduce";
  if (!stage.reduce_axes.empty()) text += " " + axes_text(stage.reduce_axes);
  if (stage.where) text += " where " + to_string(stage.where);
  text += stage.reducer == Reducer::None
              ? " = " + to_string(stage.value)
              : " { " + std::string(text_of(stage.reducer)) + " " + to_string(stage.value) + " }";
  text += requirements_text(stage);
  std::vector<std::string> bindings;
  for (size_t i = 0; i < leaf.bindings.size(); ++i) {
    const Axis& axis =
        i < stage.axes.size() ? stage.axes[i] : stage.reduce_axes[i - stage.axes.size()];
    bindings.push_back(axis.name + " = " + to_string(leaf.bindings[i]));
  }
  if (!bindings.empty()) text += " with " + join(bindings, ", ");
  if (leaf.guard) text += " if " + to_string(leaf.guard);
  if (!leaf.clamped.empty()) text += " clamp " + join(leaf.clamped, ", ");
  if (!leaf.initializes) text += " continues";
  return text + location_suffix(stage.location);
}

std::string for_text(const For& loop) {
  std::string text = "for ";
  if (loop.kind != LoopKind::Serial)
    text += std::string(kLoopKinds[static_cast<size_t>(loop.kind)]) + " ";
  text += loop.var + " in " + to_string(loop.extent);
  if (loop.chunk != 1) text += " chunk " + std::to_string(loop.chunk);
  return text + location_suffix(loop.location) + " {";
}

void print_stmt(TextWriter& out, const Stmt& stmt) {
  if (!stmt) return;
  auto body = [&](const Stmt& inner) {
    out.indent();
    print_stmt(out, inner);
    out.dedent();
  };
  switch (stmt.kind()) {
    case StmtKind::Block:
      for (const Stmt& child : stmt.as<Block>()->stmts) print_stmt(out, child);
      break;
    case StmtKind::For:
      out.line(head_text(stmt));
      body(stmt.as<For>()->body);
      out.line("}");
      break;
    case StmtKind::If:
      out.line(head_text(stmt));
      body(stmt.as<If>()->then_body);
      if (stmt.as<If>()->else_body) {
        out.line("} else {");
        body(stmt.as<If>()->else_body);
      }
      out.line("}");
      break;
    default: out.line(head_text(stmt));
  }
}

// A block of lines that are kept as they stand; none for no lines.
void print_lines(TextWriter& out, const std::string& head, const std::vector<std::string>& lines) {
  if (lines.empty()) return;
  out.line(head + " {");
  out.indent();
  for (const std::string& line : lines) out.line(line);
  out.dedent();
  out.line("}");
}

void print_function(TextWriter& out, const Function& function) {
  std::vector<std::string> params;
  for (const Param& param : function.params)
    params.push_back(std::string(kParamKinds[static_cast<size_t>(param.kind)]) +
                     buffer_text(param.buffer));
  out.line("func @" + function.name + "(" + join(params, ", ") + ")" +
           anchor_text(function.anchor_stage, function.anchor_class) +
           location_suffix(function.location) + " {");
  out.indent();
  print_lines(out, "computes", function.meaning);
  print_lines(out, "schedule", function.schedule);
  print_stmt(out, function.body);
  out.dedent();
  out.line("}");
}

// The elements of a constant that stands in the text.
std::string elements_text(const Constant& constant) {
  DType type = constant.buffer.type;
  std::optional<int64_t> count = literal_count(constant.buffer.extents);
  bool complete = count && static_cast<int64_t>(constant.bytes.size()) == bytes_of(type, *count);
  TENON_CHECK(complete, "the elements of constant " + constant.buffer.name);
  ExprPool pool;
  std::vector<std::string> parts;
  for (Expr element : literals_of(pool, type, constant.bytes.data(), *count))
    parts.push_back(to_string(element));
  return bracketed_lines(parts, 2);
}

void print_declarations(TextWriter& out, const Module& module) {
  if (!module.name.empty()) out.line("module " + module.name);
  if (!module.model_file.empty())
    out.line("model_file " + quoted(module.model_file) + " sha256 " + quoted(module.model_sha256));
  for (const Symbol& symbol : module.symbols) out.line(to_string(symbol));
  for (Expr check : module.checks) out.line("check " + to_string(check));
  for (const Constant& constant : module.constants) {
    std::string text = "const " + buffer_text(constant.buffer) + " = ";
    if (!constant.initializer.empty())
      text += "initializer " + quoted(constant.initializer);
    else if (!constant.bytes.empty() || literal_count(constant.buffer.extents) == 0)
      text += elements_text(constant);
    else if (!constant.copy_of.empty())
      text += "copy of " + constant.copy_of;
    else
      text += "computed";
    out.line(text);
  }
  auto tensors = [&](const std::string& word, const std::vector<Buffer>& buffers) {
    for (const Buffer& buffer : buffers) {
      auto onnx_name = module.onnx_names.find(buffer.name);
      std::string name =
          onnx_name == module.onnx_names.end() ? "" : " " + quoted(onnx_name->second);
      out.line(word + " " + buffer_text(buffer) + name);
    }
  };
  tensors("input", module.inputs);
  tensors("output", module.outputs);
}

void print_arena(TextWriter& out, const Module& module) {
  out.line("arena {");
  out.indent();
  for (const ArenaSlot& slot : module.arena)
    out.line("slot " + slot.buffer +
             (slot.above.empty() ? " at " + to_string(slot.offset)
                                 : " above " + join(slot.above, ", ")) +
             " size " + to_string(slot.bytes));
  out.dedent();
  out.line("}");
  bool ends = module.arena_bytes && !as_int(module.arena_bytes) &&
              module.arena_bytes == module.greatest_end({});
  if (module.arena_bytes)
    out.line("arena_bytes " + (ends ? "of slots" : to_string(module.arena_bytes)));
  if (module.arena_lower_bound)
    out.line("arena_lower_bound " + to_string(module.arena_lower_bound));
}

}  // namespace

std::string to_string(const Buffer& buffer) {
  return buffer_text(buffer) + " in " + std::string(kScopes[static_cast<size_t>(buffer.scope)]);
}

std::string head_text(const Stmt& stmt) {
  switch (stmt.kind()) {
    case StmtKind::Block: return "{ ... }";
    case StmtKind::For: return for_text(*stmt.as<For>());
    case StmtKind::Leaf: return leaf_text(*stmt.as<Leaf>());
    case StmtKind::Store: {
      const Store* store = stmt.as<Store>();
      return store->buffer + "[" + list_text(store->indices) + "] = " + to_string(store->value) +
             location_suffix(store->location);
    }
    case StmtKind::If: return "if " + to_string(stmt.as<If>()->condition) + " {";
    case StmtKind::Alloc: return "buffer " + to_string(stmt.as<Alloc>()->buffer);
    case StmtKind::Require:
      return "require " + to_string(stmt.as<Require>()->condition) +
             location_suffix(stmt.as<Require>()->location);
    case StmtKind::Prefetch:
      return "prefetch " + stmt.as<Prefetch>()->buffer + "[" +
             list_text(stmt.as<Prefetch>()->indices) + "]";
    case StmtKind::Barrier: return "barrier";
    case StmtKind::Call: {
      const Call* call = stmt.as<Call>();
      return "call @" + call->function + "(" + join(call->arguments, ", ") + ")" +
             location_suffix(call->location);
    }
  }
  return "";
}

std::string to_string(const Stmt& stmt) {
  TextWriter out;
  print_stmt(out, stmt);
  std::string text = out.take();
  if (!text.empty()) text.pop_back();
  return text;
}

std::string to_string(const Function& function) {
  TextWriter out;
  print_function(out, function);
  return out.take();
}

std::string to_string(const Module& module) {
  TextWriter out;
  print_declarations(out, module);
  std::string text = out.take();
  auto section = [&](auto print) {
    TextWriter part;
    print(part);
    if (!text.empty()) text += "\n";
    text += part.take();
  };
  for (const Function& function : module.functions)
    section([&](TextWriter& part) { print_function(part, function); });
  auto calls = [&](const std::string& word, const Stmt& stmt) {
    if (!stmt) return;
    section([&](TextWriter& part) {
      part.line(word + " {");
      part.indent();
      print_stmt(part, stmt);
      part.dedent();
      part.line("}");
    });
  };
  calls("setup", module.setup);
  calls("main", module.main);
  if (module.arena_bytes || !module.arena.empty())
    section([&](TextWriter& part) { print_arena(part, module); });
  return text;
}

}  // namespace tenon::loop
