// The CUDA dialect: a block's place and its threads become constants, phases conditions on threads,
// vectorized loops vectors of 16 bytes.
#include "codegen/cuda/print_kernel.h"

#include <algorithm>

#include "codegen/cuda/kernel_facts.h"
#include "codegen/source/about.h"
#include "codegen/source/printer.h"
#include "ir/expr/linear_form.h"

namespace tenon::codegen {
namespace {

using loop::For;
using loop::LoopKind;
using loop::Stmt;
using source::Piece;
using source::Value;

constexpr int64_t kMostStatements = 2000;  // NVRTC takes half a minute for these

class CudaPrinter final : public source::KernelPrinter {
 public:
  CudaPrinter(const loop::Function& function, const Ranges& symbols, const PrintOptions& options)
      : KernelPrinter(function, symbols, options.node_number), options_(options) {
    out_ = source::SourceWriter(1);
    indices_are_int_ = indices_fit_in_int(params_, body_, ranges_, *pool_);
    find_phases(body_);
  }

  Result<PrintedKernel> run() {
    std::vector<const For*> grid;
    Stmt program = body_;
    while (const For* loop = grid_loop(program)) {
      grid.push_back(loop);
      program = loop->body;
    }
    if (int64_t count = statements_unrolled(body_); count > kMostStatements)
      return Failure{"the kernel " + name() + " is " + std::to_string(count) +
                     " statements long where its loops are unrolled, and at most " +
                     std::to_string(kMostStatements) +
                     " are compiled; unroll less in the schedule of @" + function_.name};
    declare_params();
    print_places(grid);
    print_threads();
    print(program);
    if (failure_) return *failure_;
    std::string body = out_.take();
    PrintedKernel kernel;
    kernel.name = name();
    kernel.grid.fill(pool_->index(1));
    for (size_t i = 0; i < grid.size(); ++i) kernel.grid[grid.size() - 1 - i] = grid[i]->extent;
    kernel.threads = threads_;
    kernel.shared_bytes = shared_bytes_;
    kernel.sizes = symbols();
    kernel.has_requirements = has_requirements();
    kernel.pool = pool_;
    source::SourceWriter head;
    head.line("TN_KERNEL(" + std::to_string(threads_) + ") " + kernel.name + "(" + parameters_ +
              ") {");
    if (!options_.title.empty())
      kernel.text = source::about_kernel(options_.title, function_, parameter_names_, "cuda");
    kernel.text += head.take() + body + "}\n";
    return kernel;
  }

 private:
  const std::string& name() const {
    return options_.symbol.empty() ? function_.name : options_.symbol;
  }

  // ---- what is known before printing ----

  static const For* grid_loop(const Stmt& stmt) {
    const For* loop = stmt.as<For>();
    return loop && loop->kind == LoopKind::Grid ? loop : nullptr;
  }

  void find_phases(const Stmt& stmt) {
    loop::for_each_stmt(stmt, [&](const Stmt& inner) {
      const For* loop = inner.as<For>();
      if (!loop || loop->kind != LoopKind::Thread || inside_.count(loop->var)) return;
      Phase phase = phase_of(*loop);
      for (const For* own : phase.loops) inside_.insert(own->var);
      threads_ = std::max(threads_, phase.threads());
      std::vector<int64_t> shape = phase.shape();
      // All phases along one loop have the thread's own number in common.
      std::vector<int64_t> key = shape.size() == 1 ? std::vector<int64_t>{0} : shape;
      bool known = std::any_of(places_.begin(), places_.end(),
                               [&](const ThreadPlace& place) { return place.key == key; });
      if (phase.threads() > 1 && !known) places_.push_back({key, shape, phase.loops, {}});
      find_owned(phase);
    });
  }

  // Register buffers around phases: the axes that the thread loops index are the threads.
  void find_owned(const Phase& phase) {
    auto access = [&](const std::string& buffer, std::span<const Expr> indices) {
      for (size_t i = 0; i < indices.size(); ++i)
        for (const For* loop : phase.loops)
          if (indices[i].as<Var>() && indices[i].as<Var>()->name == loop->var)
            owned_[buffer].insert(i);
    };
    loop::for_each_stmt(phase.body, [&](const Stmt& stmt) {
      if (const auto* store = stmt.as<loop::Store>()) access(store->buffer, store->indices);
    });
    loop::for_each_expr(phase.body, [&](Expr e) {
      for_each_node(e, [&](Expr node) {
        if (const Read* read = node.as<Read>()) access(read->tensor, read->indices());
      });
    });
  }

  // ---- the head ----

  void declare_params() {
    std::vector<std::string> list;
    std::set<std::string> shared = handed_over(body_);
    for (size_t i = 0; i < params_.size(); ++i) {
      const loop::Param& param = params_[i];
      bool reads_only = param.kind == loop::ParamKind::In || param.kind == loop::ParamKind::Const;
      std::string name = names_.declare(param.buffer.name, source::buffer_names(param.buffer.name));
      parameter_names_.push_back(name);
      list.push_back((reads_only ? "const " : "") + type_name(param.buffer.type) +
                     (shared.count(param.buffer.name) ? " *" : " *TN_RESTRICT ") + name);
      memory_[param.buffer.name] = param.buffer;
      alignments_[param.buffer.name] = options_.alignments.empty() ? 16 : options_.alignments[i];
    }
    for (const std::string& symbol : symbols()) {
      std::string wide = names_.temporary(symbol + "_size");
      list.push_back("int64_t " + wide);
      std::string name = names_.declare(symbol, {symbol});
      out_.line("const " + index_type() + " " + name + " = " +
                (indices_are_int_ ? "(int)" + wide : wide) + ";");
    }
    if (has_requirements()) list.push_back("int *status");
    for (const std::string& parameter : list)
      parameters_ += (parameters_.empty() ? "" : ", ") + parameter;
  }

  void print_places(const std::vector<const For*>& grid) {
    constexpr const char* kNames[] = {"tn_block_x()", "tn_block_y()", "tn_block_z()"};
    std::string text;
    for (size_t i = 0; i < grid.size(); ++i) {
      std::string name = names_.declare(grid[i]->var, source::loop_names(grid[i]->var));
      text += (text.empty() ? "" : ", ") + name + " = " + kNames[grid.size() - 1 - i];
      ranges_.set_extent(grid[i]->var, grid[i]->extent);
    }
    if (!text.empty()) out_.line("const " + index_type() + " " + text + ";");
  }

  // One name for each thread loop of each shape, however many phases there are.
  void print_threads() {
    for (ThreadPlace& place : places_) {
      std::string text;
      int64_t inner = 1;
      std::vector<std::string> parts(place.loops.size());
      for (size_t i = place.loops.size(); i-- > 0;) {
        std::string number = inner == 1 ? "tn_thread()" : "tn_thread() / " + std::to_string(inner);
        if (i > 0) number += " % " + std::to_string(place.shape[i]);
        inner *= place.shape[i];
        parts[i] = number;
      }
      for (size_t i = 0; i < place.loops.size(); ++i) {
        const std::string& variable = place.loops[i]->var;
        std::string name = names_.declare(variable, source::loop_names(variable));
        place.variables.push_back(variable);
        text += (text.empty() ? "" : ", ") + name + " = " + parts[i];
      }
      out_.line("const " + index_type() + " " + text + ";");
    }
  }

  // ---- statements ----

  void print(const Stmt& stmt) override {
    if (failure_) return;
    if (stmt.as<loop::Barrier>()) return out_.line("tn_sync();");
    KernelPrinter::print(stmt);
  }

  void print_loop(const For& loop) override {
    if (loop.kind == LoopKind::Thread) return print_phase(phase_of(loop));
    if (loop.kind == LoopKind::Vectorized) return print_vectorized(loop);
    KernelPrinter::print_loop(loop);
  }

  void print_phase(const Phase& phase) {
    std::vector<int64_t> shape = phase.shape();
    std::vector<int64_t> key = shape.size() == 1 ? std::vector<int64_t>{0} : shape;
    std::string place = "tn_thread()";
    for (size_t i = 0; i < phase.loops.size(); ++i) {
      const For& loop = *phase.loops[i];
      Expr number = pool_->index(0);
      if (phase.threads() > 1) {
        const ThreadPlace& known =
            *std::find_if(places_.begin(), places_.end(),
                          [&](const ThreadPlace& other) { return other.key == key; });
        number = pool_->var(known.variables[i]);
        if (shape.size() == 1) place = names_.of(known.variables[0]);
        ranges_.set_extent(known.variables[i], loop.extent);
      }
      expanded_.push_back({loop.var, number});
    }
    bool some = phase.threads() < threads_;
    if (some) {
      out_.open(phase.threads() == 1
                    ? "if (tn_thread() == 0)"
                    : "if (" + place + " < " + std::to_string(phase.threads()) + ")");
      names_.enter();
    }
    print(phase.body);
    if (some) {
      names_.leave();
      out_.close();
    }
    expanded_.resize(expanded_.size() - phase.loops.size());
  }

  std::string unroll_line() const { return "TN_UNROLL"; }
  std::string unroll(int64_t) const override { return unroll_line(); }

  void print_alloc(const loop::Alloc& alloc, bool is_zeroed) override {
    const loop::Buffer& buffer = alloc.buffer;
    if (buffer.scope == loop::Scope::Shared) {
      std::vector<int64_t> extents = literal_extents(buffer);
      if (!buffer.strides.empty() && extents.size() > 1) {
        // Padding of rows: the array is as wide as the stride.
        const int64_t* row = as_int(buffer.strides[extents.size() - 2]);
        if (row) extents.back() = std::max(extents.back(), *row);
      }
      int64_t count = bits_of(buffer.type) / 8;
      for (int64_t extent : extents) count *= extent;
      shared_bytes_ += (count + 15) / 16 * 16;
      shared_.insert(buffer.name);
      std::string type = "TN_SHARED " + type_name(buffer.type);
      return declare_array(buffer, {buffer.type, extents}, type, false);
    }
    if (buffer.scope == loop::Scope::Register && owned_.count(buffer.name)) {
      std::vector<int64_t> extents = literal_extents(buffer);
      for (size_t axis : owned_.at(buffer.name)) extents[axis] = 1;
      return declare_array(buffer, {buffer.type, extents}, type_name(buffer.type), false);
    }
    if (buffer.scope == loop::Scope::Arena || buffer.scope == loop::Scope::Scratch) {
      fail("buffer " + buffer.name + " lies in scratch memory, which a GPU does not have");
      return;
    }
    KernelPrinter::print_alloc(alloc, is_zeroed);
  }

  void print_require(const loop::Require& require) override {
    Expr condition = fixed(require.condition);
    if (is_true(condition)) return;
    begin_statement({&condition, 1});
    std::string node = require.location.empty() ? "" : "  // " + require.location[0];
    out_.open("if (" + source::unary("!", value(condition).piece).text + ")" + node);
    out_.line("tn_fail(status, " + std::to_string(node_number_(require.location)) + ");");
    out_.close();
  }

  void print_prefetch(const loop::Prefetch&) override {}  // other threads hide the wait

  // ---- vectors ----

  // A run of lanes in memory that is read or written at once.
  struct Vector {
    std::string buffer;
    Expr first;  // place of lane 0
    std::string name;
  };

  // Lane 0's place, where the lanes lie side by side and aligned to all of them; else null.
  Expr aligned_run(const std::string& buffer, std::span<const Expr> indices, const For& loop) {
    const loop::Buffer* found = memory(buffer);
    bool is_shared = shared_.count(buffer) > 0;
    const source::LocalArray* array = is_shared ? local(buffer) : nullptr;
    if (!found && !array) return {};
    DType type = found ? found->type : array->type;
    int64_t lanes = *as_int(loop.extent), bytes = lanes * bits_of(type) / 8;
    if (bytes > 16 || (lanes & (lanes - 1)) != 0 || type == DType::Bool) return {};
    if (found && alignments_.at(buffer) % bytes != 0) return {};
    Expr place = pool_->index(0);
    if (found)
      place = flat(*found, indices);
    else
      for (size_t d = 0; d < indices.size(); ++d)
        place = place * pool_->index(array->extents[d]) + indices[d];
    Ranges ranges = ranges_;
    ranges.set_extent(loop.var, loop.extent);
    Split split = split_by(linear_form(simplify(place, ranges)), pool_->var(loop.var));
    bool unit = split.linear && split.coefficient.is_constant() && split.coefficient.constant == 1;
    if (!unit || !split.rest.valid) return {};
    Expr first = build(*pool_, split.rest);
    if (uses_var(first, loop.var)) return {};
    bool aligned = prove(eq(floor_mod(first, lanes), pool_->index(0)), ranges);
    return aligned ? first : Expr();
  }

  void print_vectorized(const For& loop) {
    std::vector<Stmt> stmts = {loop.body};
    if (const auto* block = loop.body.as<loop::Block>()) stmts = block->stmts;
    bool plain = std::all_of(stmts.begin(), stmts.end(),
                             [](const Stmt& stmt) { return stmt.as<loop::Store>() != nullptr; });
    int64_t lanes = *as_int(loop.extent);
    std::vector<Vector> loads, stores;
    size_t known = vectors_.size();
    if (plain && lanes > 1) {
      // What the statements write is not read in vectors: a lane may read what it has just written.
      std::set<std::string> written;
      for (const Stmt& stmt : stmts) written.insert(stmt.as<loop::Store>()->buffer);
      for (const Stmt& stmt : stmts)
        for_each_node(fixed(stmt.as<loop::Store>()->value), [&](Expr node) {
          const Read* read = node.as<Read>();
          if (read && !read->has_otherwise && (!written.count(read->tensor) || stmts.size() == 1))
            add_vector(loads, read->tensor, read->indices(), loop);
        });
      for (const Stmt& stmt : stmts) {
        const auto* store = stmt.as<loop::Store>();
        std::vector<Expr> indices = fixed(store->indices);
        add_vector(stores, store->buffer, indices, loop);
      }
    }
    for (Vector& load : loads) {
      load.name = names_.temporary(names_.of(load.buffer) + std::to_string(lanes));
      begin_statement({&load.first, 1});
      out_.line("const auto " + load.name + " = tn_load<" + std::to_string(lanes) + ">(" +
                place_text(load) + ");");
    }
    for (Vector& store : stores) {
      store.name = names_.temporary(names_.of(store.buffer) + std::to_string(lanes));
      out_.line(vector_type(store, lanes) + " " + store.name + ";");
    }
    vectors_.insert(vectors_.end(), loads.begin(), loads.end());
    lane_stores_ = stores;
    lane_ = &loop;
    names_.enter();
    names_.declare(loop.var, source::loop_names(loop.var));
    out_.line(unroll_line());
    std::string name = names_.of(loop.var);
    out_.open("for (" + index_type() + " " + name + " = 0; " + name + " < " +
              std::to_string(lanes) + "; ++" + name + ")");
    ranges_.set_extent(loop.var, loop.extent);
    print(loop.body);
    ranges_.erase(loop.var);
    out_.close();
    names_.leave();
    lane_ = nullptr;
    lane_stores_.clear();
    vectors_.resize(known);
    for (const Vector& store : stores) {
      begin_statement({&store.first, 1});
      out_.line("tn_store(" + place_text(store) + ", " + store.name + ");");
    }
  }

  void add_vector(std::vector<Vector>& list, const std::string& buffer,
                  std::span<const Expr> indices, const For& loop) {
    Expr first = aligned_run(buffer, indices, loop);
    bool known = std::any_of(list.begin(), list.end(), [&](const Vector& vector) {
      return vector.buffer == buffer && vector.first == first;
    });
    if (first && !known) list.push_back({buffer, first, ""});
  }

  std::string vector_type(const Vector& vector, int64_t lanes) const {
    const loop::Buffer* found = memory(vector.buffer);
    DType type = found ? found->type : local(vector.buffer)->type;
    return "tn_vector<" + type_name(type) + ", " + std::to_string(lanes) + ">";
  }

  std::string place_text(const Vector& vector) {
    if (memory(vector.buffer)) return address(vector.buffer, vector.first).text;
    // The first element of a shared array, seen as one of a dimension.
    std::string text = "&" + names_.of(vector.buffer);
    std::vector<int64_t> extents;
    for (int64_t extent : local(vector.buffer)->extents)
      if (extent != 1) extents.push_back(extent);
    Expr rest = vector.first;
    std::vector<Expr> subscripts(extents.size());
    for (size_t d = extents.size(); d-- > 0;) {
      subscripts[d] = d == 0 ? rest : simplify(floor_mod(rest, extents[d]), ranges_);
      rest = simplify(floor_div(rest, extents[d]), ranges_);
    }
    for (Expr subscript : subscripts) text += "[" + index(subscript).text + "]";
    return text;
  }

  // ---- expressions ----

  std::string index_type() const override { return indices_are_int_ ? "int" : "int64_t"; }

  Value apply(Op op, DType type, std::vector<Value> operands) override {
    if (type == DType::Index && indices_are_int_) {
      const char* name = op == Op::FloorDiv   ? "tn_floor_div"
                         : op == Op::FloorMod ? "tn_floor_mod"
                         : op == Op::Min      ? "tn_min"
                         : op == Op::Max      ? "tn_max"
                                              : nullptr;
      if (name) return {source::call(name, {operands[0].piece, operands[1].piece}), type, 0, 0};
    }
    return KernelPrinter::apply(op, type, std::move(operands));
  }

  Value convert(DType to, const Value& from) override {
    if (to == DType::F32 && from.type == DType::F16)
      return {source::call("tn_f32_of_f16", {from.piece}), to, 0, 0};
    if (to == DType::F16 && from.type == DType::F32)
      return {source::call("tn_f16_of_f32", {from.piece}), to, 0, 0};
    return KernelPrinter::convert(to, from);
  }

  Value read(Expr e) override {
    const Read* node = e.as<Read>();
    if (lane_ && !node->has_otherwise)
      if (const Vector* vector = vector_at(vectors_, node->tensor, node->indices()))
        return {{vector->name + "[" + names_.of(lane_->var) + "]"}, e.type(), 0, 0};
    return KernelPrinter::read(e);
  }

  void print_store(const loop::Store& store) override {
    std::vector<Expr> indices = fixed(store.indices);
    const Vector* vector = lane_ ? vector_at(lane_stores_, store.buffer, indices) : nullptr;
    if (!vector) return KernelPrinter::print_store(store);
    Expr stored = fixed(store.value);
    begin_statement({&stored, 1});
    Value result = value(stored);
    out_.line(vector->name + "[" + names_.of(lane_->var) + "] = " + result.piece.text + ";");
  }

  const Vector* vector_at(const std::vector<Vector>& list, const std::string& buffer,
                          std::span<const Expr> indices) {
    Expr first = list.empty() ? Expr() : aligned_run(buffer, indices, *lane_);
    for (const Vector& vector : list)
      if (first && vector.buffer == buffer && vector.first == first) return &vector;
    return nullptr;
  }

  struct ThreadPlace {
    std::vector<int64_t> key, shape;
    std::vector<const For*> loops;
    std::vector<std::string> variables;
  };

  const PrintOptions& options_;
  bool indices_are_int_ = true;
  int64_t threads_ = 1, shared_bytes_ = 0;
  std::string parameters_;
  std::vector<std::string> parameter_names_;
  std::vector<ThreadPlace> places_;
  std::set<std::string> inside_;                   // variables of thread loops already seen
  std::map<std::string, std::set<size_t>> owned_;  // axes of register buffers that are threads
  std::set<std::string> shared_;
  std::map<std::string, int64_t> alignments_;
  const For* lane_ = nullptr;
  std::vector<Vector> vectors_, lane_stores_;
};

}  // namespace

Result<PrintedKernel> print_kernel(const loop::Function& function, const Ranges& symbols,
                                   const PrintOptions& options) {
  return CudaPrinter(function, symbols, options).run();
}

}  // namespace tenon::codegen
