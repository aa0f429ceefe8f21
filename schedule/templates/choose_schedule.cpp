// Dispatch of functions to templates by the class of their anchor, and what templates share.
#include <algorithm>

#include "ir/expr/expand_math.h"
#include "ir/expr/linear_form.h"
#include "schedule/templates/template.h"

namespace tenon::schedule {
namespace {

struct Row {
  std::string_view anchor_class;
  std::vector<Template> templates;  // tried in order
};

const std::vector<Row>& rows() {
  static const std::vector<Row> table = {
      {"gemm", {schedule_gemm, schedule_rows}},
      {"conv", {schedule_conv, schedule_window}},
      {"depthwise", {schedule_window}},
      {"pool", {schedule_window, schedule_rows}},
      {"rnn", {schedule_recurrent}},
      {"softmax", {schedule_rows}},
      {"norm", {schedule_rows}},
      {"reduce", {schedule_rows}},
      {"", {schedule_elementwise}},
  };
  return table;
}

// The last template of each row takes every function, as one block.
const std::vector<Row>& gpu_rows() {
  static const std::vector<Row> table = {
      {"gemm", {schedule_gpu_vector, schedule_gpu_gemm, schedule_gpu_elements, schedule_gpu_block}},
      {"conv", {schedule_gpu_conv, schedule_gpu_elements, schedule_gpu_block}},
      {"rnn", {schedule_gpu_scan, schedule_gpu_block}},
      {"softmax", {schedule_gpu_rows, schedule_gpu_elements, schedule_gpu_block}},
      {"norm", {schedule_gpu_rows, schedule_gpu_elements, schedule_gpu_block}},
      // Also the products of a node that has become several functions.
      {"reduce",
       {schedule_gpu_vector, schedule_gpu_gemm, schedule_gpu_rows, schedule_gpu_elements,
        schedule_gpu_block}},
      {"", {schedule_gpu_elements, schedule_gpu_rows, schedule_gpu_scan, schedule_gpu_block}},
  };
  return table;
}

const std::vector<Template>& templates_for(const std::string& anchor_class,
                                           const target::Target& target) {
  const std::vector<Row>& table = target.is_gpu() ? gpu_rows() : rows();
  for (const Row& row : table)
    if (row.anchor_class == anchor_class) return row.templates;
  return table.back().templates;
}

// What a GPU cannot run: memory of the kernel's own whose size depends on loops.
bool has_ragged_memory(const loop::Function& function, const Ranges& symbols) {
  bool found = false;
  loop::for_each_stmt(function.body, [&](const loop::Stmt& stmt) {
    const loop::Alloc* alloc = stmt.as<loop::Alloc>();
    if (!alloc) return;
    for (Expr extent : alloc->buffer.extents)
      for (const std::string& name : variables_of(extent)) found = found || !symbols.find(name);
  });
  return found;
}

}  // namespace

loop::Function choose_schedule(const loop::Function& function, const target::Target& target,
                               const Ranges& symbols, ExprPool& pool) {
  for (Template schedule : templates_for(function.anchor_class, target)) {
    Plan plan({function, &pool, symbols}, target);
    if (!schedule(plan)) continue;
    if (!target.is_gpu() || !has_ragged_memory(plan.state.function, symbols))
      return plan.state.function;
  }
  return function;
}

bool fits_one_grid(const loop::Function& function, const target::Target& target,
                   const Ranges& symbols, ExprPool& pool) {
  loop::Function scheduled = choose_schedule(function, target, symbols, pool);
  bool has_grid = false;
  loop::for_each_stmt(scheduled.body, [&](const loop::Stmt& stmt) {
    const loop::For* loop = stmt.as<loop::For>();
    has_grid = has_grid || (loop && loop->kind == loop::LoopKind::Grid);
  });
  return has_grid;
}

Status Plan::apply(const std::vector<std::string>& lines) {
  for (const std::string& line : lines)
    if (Status status = apply_line(state, line); !status) return status;
  return Done{};
}

bool Plan::attempt(const std::string& line) { return static_cast<bool>(apply_line(state, line)); }

void Plan::make_parallel(const std::vector<std::string>& loops, int64_t chunk) {
  const State before = state;
  for (size_t count = loops.size(); count > 0; --count) {
    std::string outer = loops[0];
    bool fused = true;
    for (size_t i = 1; i < count && fused; ++i) {
      std::string name = i == 1 ? "chunks" : "chunks" + std::to_string(i);
      fused = attempt("fuse " + outer + ", " + loops[i] + " -> " + name);
      outer = name;
    }
    if (fused && attempt("parallel " + outer + " chunk " + std::to_string(chunk))) return;
    state = before;
    const loop::For& dropped = *find_loop(state.function.body, loops[count - 1]);
    chunk = std::max<int64_t>(1, chunk / extent(dropped.extent).planned());
  }
}

std::optional<LeafAt> Plan::leaf_of(const std::string& tensor) const {
  std::vector<LeafAt> writers = writers_of(state.function.body, tensor);
  return writers.size() == 1 ? std::optional(writers[0]) : std::nullopt;
}

std::vector<std::string> Plan::tensors() const {
  std::vector<std::string> names;
  for (const LeafAt& at : leaves_in(state.function.body))
    if (std::find(names.begin(), names.end(), at.leaf.stage->tensor) == names.end())
      names.push_back(at.leaf.stage->tensor);
  return names;
}

bool Plan::is_constant(const std::string& buffer) const {
  for (const loop::Param& param : state.function.params)
    if (param.buffer.name == buffer) return param.kind == loop::ParamKind::Const;
  return false;
}

bool Plan::is_parameter(const std::string& buffer) const {
  for (const loop::Param& param : state.function.params)
    if (param.buffer.name == buffer) return true;
  return false;
}

target::Extent Plan::extent(Expr e) const {
  Interval bounds = bounds_of(simplify(e, state.symbols), state.symbols);
  return {std::max<int64_t>(bounds.min, 1), std::max<int64_t>(bounds.max, 1)};
}

std::string Plan::tail(Expr extent, int64_t factor, const std::string& otherwise) const {
  return prove(eq(floor_mod(extent, factor), state.index(0)), state.symbols) ? "exact" : otherwise;
}

void Plan::peel_borders(const std::string& tile_loop) {
  const loop::For* tiles = find_loop(state.function.body, tile_loop);
  const int64_t* count = tiles ? as_int(simplify(tiles->extent, state.symbols)) : nullptr;
  if (count && *count > 1) attempt("peel " + tile_loop + " at 1, " + std::to_string(*count - 1));
}

std::string Plan::blocked_layout(size_t rank, int64_t block) {
  std::string layout = "<0/" + std::to_string(block);
  for (size_t d = 1; d < rank; ++d) layout += ", " + std::to_string(d);
  return layout + ", 0%" + std::to_string(block) + ">";
}

std::string Plan::channels_last(size_t rank) {
  std::string layout = "<0";
  for (size_t d = 2; d < rank; ++d) layout += ", " + std::to_string(d);
  return layout + ", 1>";
}

int64_t Plan::stride_along(const Read& input, const std::string& axis) {
  for (Expr index : input.indices()) {
    if (!uses_var(index, axis)) continue;
    Split split = split_by(linear_form(index), index.pool().var(axis));
    if (split.linear && split.coefficient.is_constant())
      return std::max<int64_t>(split.coefficient.constant, 1);
  }
  return 1;
}

double Plan::operations(const loop::Stage& stage) {
  double count = stage.reducer == loop::Reducer::None ? 0 : 1;
  for_each_node(expand_math(stage.value), [&](Expr node) { count += node.as<Apply>() ? 1 : 0; });
  return std::max(count, 1.0);
}

std::vector<std::string> Plan::epilogue_of(const std::string& tensor) const {
  std::vector<std::string> made = {tensor}, epilogue;
  for (const LeafAt& at : leaves_in(state.function.body)) {
    const loop::Stage& stage = *at.leaf.stage;
    if (stage.tensor == tensor || stage.reducer != loop::Reducer::None || !stage.is_plain())
      continue;
    bool depends = std::any_of(made.begin(), made.end(), [&](const std::string& name) {
      return reads_tensor(at.leaf, name);
    });
    if (!depends) continue;
    made.push_back(stage.tensor);
    epilogue.push_back(stage.tensor);
  }
  return epilogue;
}

}  // namespace tenon::schedule
