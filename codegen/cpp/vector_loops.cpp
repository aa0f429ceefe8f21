// Statements in C++: loops that become vectors, conditions that become masks, arrays of vectors.
//
//   for vectorized lane in 8 { if v*8 + lane < n { y[v*8 + lane] = x[v*8 + lane] } }
//   ->  const i32x8 mask = tn_first8(n - v * 8);
//       tn_store8(y + v * 8, tn_load8(x + v * 8, mask), mask);
#include <algorithm>

#include "codegen/cpp/kernel_printer.h"
#include "ir/expr/linear_form.h"
#include "ir/loop/emission.h"
#include "ir/loop/register_group.h"
#include "runtime/model_tables.h"

namespace tenon::codegen::cpp {
namespace {

constexpr int64_t kMaxLanes = 64;
constexpr int64_t kMaxStackBytes = 8192;  // a run may use 16 KiB in all

bool has_vector_type(DType type) { return type == DType::Index || bits_of(type) >= 8; }

// Visits the accesses to buffers in a statement: the loops around it, the subscripts.
class Accesses {
 public:
  using Visit = std::function<void(const std::vector<const loop::For*>&, const std::string&,
                                   std::span<const Expr>)>;
  explicit Accesses(Visit visit) : visit_(std::move(visit)) {}

  void walk(const loop::Stmt& stmt) {
    if (const auto* block = stmt.as<loop::Block>()) {
      for (const loop::Stmt& child : block->stmts) walk(child);
    } else if (const auto* loop = stmt.as<loop::For>()) {
      loops_.push_back(loop);
      walk(loop->body);
      loops_.pop_back();
    } else if (const auto* branch = stmt.as<loop::If>()) {
      look(branch->condition);
      walk(branch->then_body);
      if (branch->else_body) walk(branch->else_body);
    } else if (const auto* store = stmt.as<loop::Store>()) {
      visit_(loops_, store->buffer, store->indices);
      look(store->value);
      for (Expr index : store->indices) look(index);
    } else if (const auto* require = stmt.as<loop::Require>()) {
      look(require->condition);
    }
  }

 private:
  void look(Expr e) {
    for_each_node(e, [&](Expr node) {
      if (const Read* read = node.as<Read>()) visit_(loops_, read->tensor, read->indices());
    });
  }
  Visit visit_;
  std::vector<const loop::For*> loops_;
};

// True where a store to the buffer is under a condition: lanes that are off keep what was there.
bool is_written_under_condition(const loop::Stmt& stmt, const std::string& buffer, bool inside) {
  if (const auto* store = stmt.as<loop::Store>()) return inside && store->buffer == buffer;
  if (const auto* loop = stmt.as<loop::For>())
    return is_written_under_condition(loop->body, buffer, inside);
  if (const auto* branch = stmt.as<loop::If>())
    return is_written_under_condition(branch->then_body, buffer, true) ||
           (branch->else_body && is_written_under_condition(branch->else_body, buffer, true));
  if (const auto* block = stmt.as<loop::Block>())
    return std::any_of(block->stmts.begin(), block->stmts.end(), [&](const loop::Stmt& child) {
      return is_written_under_condition(child, buffer, inside);
    });
  return false;
}

// True for a written out loop of which each iteration adds to the same accumulators, several of them,
// once to each.
bool is_step_of_sums(const loop::For& loop) {
  if (loop.kind != loop::LoopKind::Unrolled) return false;
  bool sums = true, any = false;
  loop::for_each_stmt(loop.body, [&](const loop::Stmt& stmt) {
    const auto* store = stmt.as<loop::Store>();
    if (!store) return;
    any = true;
    bool reads_itself = false;
    for_each_node(store->value, [&](Expr node) {
      const Read* read = node.as<Read>();
      reads_itself = reads_itself || (read && read->tensor == store->buffer);
    });
    for (Expr subscript : store->indices) sums = sums && !uses_var(subscript, loop.var);
    sums = sums && reads_itself;
  });
  bool is_tile = false;
  loop::for_each_stmt(loop.body, [&](const loop::Stmt& stmt) {
    const auto* inner = stmt.as<loop::For>();
    is_tile = is_tile || (inner && inner->kind == loop::LoopKind::Unrolled);
    sums = sums && !(inner && is_step_of_sums(*inner));
  });
  return any && sums && is_tile;
}

}  // namespace

// ---- loops --------------------------------------------------------------------------------------

// True where every access is at a fixed distance from lane to lane, and lanes have vector types.
bool KernelPrinter::is_vector_loop(const loop::For& loop) {
  auto [known, is_new] = vector_loops_.try_emplace(loop.var, false);
  if (!is_new) return known->second;
  const int64_t* lanes = as_int(loop.extent);
  bool possible = loop.kind == loop::LoopKind::Vectorized && lanes && *lanes >= 2 &&
                  *lanes <= kMaxLanes && (*lanes & (*lanes - 1)) == 0;
  std::map<std::string, loop::Buffer> buffers;
  for (const loop::Param& param : params_) buffers[param.buffer.name] = param.buffer;
  loop::for_each_stmt(body_, [&](const loop::Stmt& stmt) {
    if (const auto* alloc = stmt.as<loop::Alloc>()) buffers[alloc->buffer.name] = alloc->buffer;
  });
  loop::for_each_stmt(loop.body, [&](const loop::Stmt& stmt) {
    if (const auto* inner = stmt.as<loop::For>())
      possible = possible && inner->kind != loop::LoopKind::Vectorized &&
                 !uses_var(inner->extent, loop.var);
    if (const auto* alloc = stmt.as<loop::Alloc>())
      possible = possible && alloc->buffer.scope == loop::Scope::Register;
  });
  loop::for_each_expr(loop.body, [&](Expr e) {
    for_each_node(e, [&](Expr node) { possible = possible && has_vector_type(node.type()); });
  });
  Expr variable = pool_->var(loop.var);
  Accesses accesses([&](const auto&, const std::string& buffer, std::span<const Expr> indices) {
    bool depends = false;
    for (Expr index : indices) depends = depends || uses_var(index, loop.var);
    if (!depends || !possible) return;
    Split split = split_by(linear_form(flat(buffers.at(buffer), indices)), variable);
    possible = split.linear && split.coefficient.is_constant() && split.rest.valid;
    for (const Term& term : split.rest.terms)
      for (Expr factor : term.factors) possible = possible && !uses_var(factor, loop.var);
  });
  if (possible) accesses.walk(loop.body);
  return vector_loops_[loop.var] = possible;
}

void KernelPrinter::print_loop(const loop::For& loop) {
  const int64_t* count = as_int(loop.extent);
  bool is_vector = loop.kind == loop::LoopKind::Vectorized;
  if (is_vector && is_vector_loop(loop)) {
    lane_ = Lane{loop.var, pool_->var(loop.var), static_cast<unsigned>(*count)};
    ranges_.set_extent(loop.var, loop.extent);
    print(loop.body);
    ranges_.erase(loop.var);
    lane_.reset();
    return;
  }
  if (loop.kind == loop::LoopKind::Unrolled && count && expanded_loops_.count(loop.var)) {
    bool declares = false;
    loop::for_each_stmt(loop.body, [&](const loop::Stmt& stmt) {
      declares = declares || stmt.kind() == loop::StmtKind::Alloc;
    });
    // Copies without braces are one scope: what one names, the next names otherwise.
    for (int64_t i = 0; i < *count; ++i) {
      if (declares) names_.enter(), out_.open("");
      print_with(loop, i);
      if (declares) out_.close(), names_.leave();
    }
    return;
  }
  if (loop.kind == loop::LoopKind::Unrolled) return source::KernelPrinter::print_loop(loop);
  const loop::For* parallel = loop::parallel_loop(function_);
  if (parallel && parallel->var == loop.var)
    return print_counted(loop, names_.of("begin of " + loop.var), names_.of("end of " + loop.var));
  Expr extent = fixed(loop.extent);
  begin_statement({&extent, 1});
  print_counted(loop, "0", index(extent).text);
}

// ---- conditions ---------------------------------------------------------------------------------

void KernelPrinter::print_masked(const loop::Stmt& body, const Value& mask) {
  std::optional<Value> outer = mask_;
  mask_ = mask;
  print(body);
  mask_ = outer;
}

// Clang gathers the loads of neighbouring addresses at the front of a loop that is written out, so
// that the operands of several steps of a sum fill the registers which its accumulators need.
void KernelPrinter::begin_iteration(const loop::For& loop) {
  if (is_step_of_sums(loop)) out_.line("TN_STEP();");
}

void KernelPrinter::print_if(const loop::If& branch) {
  Expr condition = fixed(branch.condition);
  if (!varies(condition)) return source::KernelPrinter::print_if(branch);
  begin_statement({&condition, 1});
  Value lanes = value(condition);
  auto named = [&](const Value& chosen) {
    Value all = mask_ ? apply(Op::And, DType::Bool, {*mask_, chosen}) : chosen;
    std::string name = names_.temporary("mask");
    out_.line("const " + value_type(all) + " " + name + " = " + all.piece.text + ";");
    all.piece = {name};
    return all;
  };
  print_masked(branch.then_body, named(lanes));
  if (branch.else_body) print_masked(branch.else_body, named(apply(Op::Not, DType::Bool, {lanes})));
}

void KernelPrinter::print_require(const loop::Require& require) {
  if (!lane_) return source::KernelPrinter::print_require(require);
  Expr condition = fixed(require.condition);
  if (is_true(condition)) return;
  begin_statement({&condition, 1});
  Value failed = apply(Op::Not, DType::Bool, {value(condition)});
  if (mask_) failed = apply(Op::And, DType::Bool, {*mask_, failed});
  std::string text = failed.lanes ? source::call("tn_any", {failed.piece}).text : failed.piece.text;
  out_.open("if (" + text + ")");
  out_.line("tn_report(status, " +
            std::to_string(TNR_STATUS(TN_INDEX, node_number_(require.location))) + ");");
  out_.close();
}

// ---- declarations -------------------------------------------------------------------------------

int64_t KernelPrinter::group_of(const loop::Buffer& buffer) {
  std::vector<int64_t> extents = literal_extents(buffer);
  if (failure_ || extents.empty()) return 1;
  int64_t group = loop::register_group(
      body_, buffer.name,
      [&](const std::string&, std::span<const Expr> indices) {
        return linear_form(flat(buffer, indices));
      },
      [&](const loop::For& loop) { return is_vector_loop(loop); });
  return extents.back() % group == 0 ? group : 1;
}

// Unrolled loops whose variables choose an element or a part of a vector are written out: compilers
// take vectors apart in registers only at fixed places.
void KernelPrinter::print_alloc(const loop::Alloc& alloc, bool is_zeroed) {
  const loop::Buffer& buffer = alloc.buffer;
  bool is_register = buffer.scope == loop::Scope::Register;
  if (!is_register && buffer.scope != loop::Scope::Stack)
    return source::KernelPrinter::print_alloc(alloc, is_zeroed);
  std::vector<int64_t> extents = literal_extents(buffer);
  if (failure_) return;
  is_zeroed = is_zeroed || is_written_under_condition(body_, buffer.name, false);
  if (is_register && lane_) {
    private_[buffer.name] = lane_->count;
    return declare_array(buffer, {buffer.type, extents}, vector_type(buffer.type, lane_->count),
                         is_zeroed);
  }
  int64_t group = is_register ? group_of(buffer) : 1;
  bool in_vectors = false;
  Accesses accesses([&](const std::vector<const loop::For*>& loops, const std::string& name,
                        std::span<const Expr> indices) {
    if (name != buffer.name || indices.empty()) return;
    Expr last = indices.back();
    for (const loop::For* loop : loops) {
      if (!is_vector_loop(*loop)) continue;
      for (Expr index : indices) in_vectors = in_vectors || uses_var(index, loop->var);
      Substitution first{loop->var, pool_->index(0)};
      last = substitute(last, {&first, 1});
    }
    if (group == 1) return;
    Ranges ranges = ranges_;
    for (const loop::For* loop : loops) ranges.set_extent(loop->var, loop->extent);
    Expr place = simplify(floor_mod(last, group), ranges);
    for (const std::string& variable : variables_of(place)) expanded_loops_.insert(variable);
  });
  accesses.walk(body_);
  if (group > 1)
    return declare_array(buffer, {buffer.type, extents, group},
                         vector_type(buffer.type, static_cast<unsigned>(group)), is_zeroed);
  if (is_register && !in_vectors)
    return declare_array(buffer, {buffer.type, extents}, type_name(buffer.type), is_zeroed);
  // Memory of the kernel's own, read and written at any place.
  int64_t count = 1;
  for (int64_t extent : extents) count *= extent;
  if (count * bits_of(buffer.type) / 8 > kMaxStackBytes) {
    fail("stack buffer " + buffer.name + " needs more than " + std::to_string(kMaxStackBytes) +
         " bytes");
    return;
  }
  std::string name = names_.declare(buffer.name, source::buffer_names(buffer.name));
  out_.line(type_name(buffer.type) + " " + name + "[" + std::to_string(count) + "]" +
            (is_zeroed ? " = {}" : "") + ";");
  memory_[buffer.name] = buffer;
}

}  // namespace tenon::codegen::cpp
