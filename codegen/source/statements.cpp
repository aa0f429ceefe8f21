// Statements of every dialect: loops, conditions, declarations, stores, requirements.
#include <cmath>

#include "codegen/source/literals.h"
#include "codegen/source/printer.h"
#include "runtime/model_tables.h"

namespace tenon::codegen::source {
namespace {

// The statement that only unrolled and vectorized loops stand around, with their extents multiplied;
// null where there is anything else.
const loop::Store* only_store(const loop::Stmt& stmt, int64_t& count) {
  if (const auto* loop = stmt.as<loop::For>()) {
    const int64_t* extent = as_int(loop->extent);
    bool expands =
        loop->kind == loop::LoopKind::Unrolled || loop->kind == loop::LoopKind::Vectorized;
    if (!extent || !expands) return nullptr;
    count *= *extent;
    return only_store(loop->body, count);
  }
  if (const auto* block = stmt.as<loop::Block>())
    return block->stmts.size() == 1 ? only_store(block->stmts[0], count) : nullptr;
  return stmt.as<loop::Store>();
}

// True for the loops that store 0 to each element of a register buffer.
bool zeroes(const loop::Stmt& stmt, const loop::Buffer& buffer) {
  int64_t count = 1, elements = 1;
  const loop::Store* store = only_store(stmt, count);
  if (!store || store->buffer != buffer.name) return false;
  const FloatImm* real = store->value.as<FloatImm>();
  bool is_zero = real ? real->value == 0 && !std::signbit(real->value) : is_int(store->value, 0);
  for (Expr extent : buffer.extents) elements *= as_int(extent) ? *as_int(extent) : 0;
  return is_zero && count == elements;
}

}  // namespace

void KernelPrinter::print(const loop::Stmt& stmt) {
  if (failure_) return;
  switch (stmt.kind()) {
    case loop::StmtKind::Block: return print_block(*stmt.as<loop::Block>());
    case loop::StmtKind::For: return print_loop(*stmt.as<loop::For>());
    case loop::StmtKind::Store: return print_store(*stmt.as<loop::Store>());
    case loop::StmtKind::If: return print_if(*stmt.as<loop::If>());
    case loop::StmtKind::Alloc: return print_alloc(*stmt.as<loop::Alloc>(), false);
    case loop::StmtKind::Require: return print_require(*stmt.as<loop::Require>());
    case loop::StmtKind::Prefetch: return print_prefetch(*stmt.as<loop::Prefetch>());
    case loop::StmtKind::Barrier: return;  // loops run in order, where the dialect has no threads
    case loop::StmtKind::Leaf:
    case loop::StmtKind::Call: break;
  }
  fail(stmt.kind() == loop::StmtKind::Leaf ? "a stage is left: flatten_stages has not run"
                                           : "a kernel cannot call another");
}

// A register buffer whose next use sets all of it to 0 is declared so, and the loops that do it are
// left out.
void KernelPrinter::print_block(const loop::Block& block) {
  std::vector<bool> done(block.stmts.size());
  for (size_t i = 0; i < block.stmts.size() && !failure_; ++i) {
    if (done[i]) continue;
    const auto* alloc = block.stmts[i].as<loop::Alloc>();
    if (!alloc) {
      print(block.stmts[i]);
      continue;
    }
    size_t next = i + 1;
    while (next < block.stmts.size() && block.stmts[next].kind() == loop::StmtKind::Alloc) ++next;
    while (next < block.stmts.size() && done[next]) ++next;
    bool is_zeroed = next < block.stmts.size() && alloc->buffer.scope == loop::Scope::Register &&
                     zeroes(block.stmts[next], alloc->buffer);
    if (is_zeroed) done[next] = true;
    print_alloc(*alloc, is_zeroed);
  }
}

std::string KernelPrinter::unroll(int64_t count) const {
  return "TN_UNROLL(" + std::to_string(count) + ")";
}

void KernelPrinter::print_with(const loop::For& loop, int64_t value) {
  expanded_.push_back({loop.var, pool_->index(value)});
  print(loop.body);
  expanded_.pop_back();
}

void KernelPrinter::print_loop(const loop::For& loop) {
  Expr extent = fixed(loop.extent);
  const int64_t* count = as_int(extent);
  bool is_unrolled = loop.kind == loop::LoopKind::Unrolled;
  if (is_unrolled && count && *count == 1) return print_with(loop, 0);
  if (loop.kind != loop::LoopKind::Serial && loop.kind != loop::LoopKind::Unrolled) {
    fail("a loop of a kind that this target does not have: " + loop.var);
    return;
  }
  begin_statement({&extent, 1});
  std::string end = index(extent).text;
  if (is_unrolled && count) out_.line(unroll(*count));
  print_counted(loop, "0", end);
}

void KernelPrinter::print_counted(const loop::For& loop, const std::string& begin,
                                  const std::string& end) {
  names_.enter();
  std::string name = names_.declare(loop.var, loop_names(loop.var));
  out_.open("for (" + index_type() + " " + name + " = " + begin + "; " + name + " < " + end +
            "; ++" + name + ")");
  ranges_.set_extent(loop.var, fixed(loop.extent));
  begin_iteration(loop);
  print(loop.body);
  ranges_.erase(loop.var);
  out_.close();
  names_.leave();
}

void KernelPrinter::print_if(const loop::If& branch) {
  Expr condition = fixed(branch.condition);
  if (const IntImm* known = condition.as<IntImm>()) {
    if (known->value)
      print(branch.then_body);
    else if (branch.else_body)
      print(branch.else_body);
    return;
  }
  begin_statement({&condition, 1});
  out_.open("if (" + value(condition).piece.text + ")");
  names_.enter();
  print(branch.then_body);
  names_.leave();
  if (branch.else_body) {
    out_.reopen("else");
    names_.enter();
    print(branch.else_body);
    names_.leave();
  }
  out_.close();
}

std::vector<int64_t> KernelPrinter::literal_extents(const loop::Buffer& buffer) {
  std::vector<int64_t> extents;
  for (Expr extent : buffer.extents) {
    Expr known = fixed(extent);
    if (!as_int(known)) {
      fail("buffer " + buffer.name + " needs a fixed size");
      return {};
    }
    extents.push_back(*as_int(known));
  }
  return extents;
}

void KernelPrinter::declare_array(const loop::Buffer& buffer, LocalArray array,
                                  const std::string& type, bool is_zeroed) {
  std::string text = type + " " + names_.declare(buffer.name, buffer_names(buffer.name));
  for (size_t d = 0; d < array.extents.size(); ++d) {
    bool is_last = d + 1 == array.extents.size();
    int64_t count = is_last ? array.extents[d] / array.group : array.extents[d];
    if (count != 1) text += "[" + std::to_string(count) + "]";
  }
  bool is_array = text.back() == ']' || type != type_name(array.type);  // or a vector
  if (is_zeroed) text += is_array ? " = {}" : is_float(array.type) ? " = 0.0" : " = 0";
  if (is_zeroed && !is_array && array.type == DType::F32) text += "f";
  out_.line(text + ";");
  arrays_[buffer.name] = std::move(array);
}

void KernelPrinter::print_alloc(const loop::Alloc& alloc, bool is_zeroed) {
  const loop::Buffer& buffer = alloc.buffer;
  switch (buffer.scope) {
    case loop::Scope::Register:
    case loop::Scope::Stack:
      return declare_array(buffer, {buffer.type, literal_extents(buffer)}, type_name(buffer.type),
                           is_zeroed);
    case loop::Scope::Arena:
    case loop::Scope::Scratch: {
      Expr offset = scratch_.offsets.at(buffer.name);
      begin_statement({&offset, 1});
      Piece place = is_int(offset, 0) ? Piece{"scratch"} : binary({"scratch"}, "+", index(offset));
      std::string type = type_name(buffer.type) + " *";
      std::string name = names_.declare(buffer.name, buffer_names(buffer.name));
      out_.line(type + name + " = " + cast(type, place).text + ";");
      memory_[buffer.name] = buffer;
      return;
    }
    case loop::Scope::Constant:
    case loop::Scope::Shared:
    case loop::Scope::Tmem: break;
  }
  fail("buffer " + buffer.name + " lies in a memory that a kernel for this target cannot declare");
}

void KernelPrinter::print_store(const loop::Store& store) {
  std::vector<Expr> indices = fixed(store.indices);
  Expr stored = fixed(store.value);
  begin_statement({&stored, 1});
  Value result = value(stored);
  Piece place = element(store.buffer, indices);
  out_.line(place.text + " = " + result.piece.text + ";");
}

void KernelPrinter::print_require(const loop::Require& require) {
  Expr condition = fixed(require.condition);
  if (is_true(condition)) return;
  begin_statement({&condition, 1});
  std::string node = require.location.empty() ? "" : "  // " + require.location[0];
  out_.open("if (" + unary("!", value(condition).piece).text + ")" + node);
  out_.line("tn_report(status, " +
            std::to_string(TNR_STATUS(TN_INDEX, node_number_(require.location))) + ");");
  out_.close();
}

void KernelPrinter::print_prefetch(const loop::Prefetch& prefetch) {
  const loop::Buffer* buffer = memory(prefetch.buffer);
  if (!buffer) return;  // nothing to fetch of a register
  Expr position = flat(*buffer, fixed(prefetch.indices));
  begin_statement({&position, 1});
  out_.line("tn_prefetch(" + address(prefetch.buffer, position).text + ");");
}

}  // namespace tenon::codegen::source
