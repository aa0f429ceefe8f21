// A block a row: softmax, normalisation, reductions along rows. All stages of a row run in its
// block, what they hand on lies in shared memory; each thread reduces every 256th element of the
// row, and the threads' results are combined as a tree, in a fixed order.
//
//   compute_at top at y.i0 in shared ...        bind y.i0 to grid
//   split top.r by 256 guarded -> top.o, top.t  rfactor top over top.t -> top.part
//   reorder top.t, top.o   bind top.t to thread  store_at top.part at y.i0 in shared
//   split top.f by 64 exact ...  rfactor top over top.q64 -> top.part64 ...
#include <algorithm>

#include "schedule/iterations.h"
#include "schedule/templates/gpu.h"
#include "schedule/window.h"

namespace tenon::schedule {
namespace {

// A block has a thread for each element of a short row, and no fewer than a warp.
int64_t threads_for(int64_t row) {
  int64_t threads = 32;
  while (threads < kBlockThreads && threads < row) threads *= 2;
  return threads;
}

class RowPlan {
 public:
  explicit RowPlan(Plan& plan) : plan_(plan) {}

  Status run() {
    tensors_ = plan_.tensors();
    if (tensors_.empty()) return Failure{"nothing is computed"};
    if (Status status = gather(); !status) return status;
    length_ = longest_row();
    threads_ = threads_for(length_);
    for (const std::string& tensor : tensors_) {
      std::optional<LeafAt> at = plan_.leaf_of(tensor);
      if (!at) return Failure{tensor + " is in pieces"};
      Status status = at->leaf.stage->reducer == loop::Reducer::None ? share(*at) : reduce(*at);
      if (!status) return status;
    }
    return row_.empty() ? Status(Done{}) : plan_.apply({"bind " + row_ + " to grid"});
  }

 private:
  // Moves all stages into one loop over rows. Its iterations are the blocks.
  Status gather() {
    std::optional<LeafAt> last = plan_.leaf_of(tensors_.back());
    if (!last) return Failure{tensors_.back() + " is in pieces"};
    std::vector<std::string> rows;
    // A result of one element: one block, whose stages stand one after the other already.
    if (spatial_loops(*last).empty() && !last->leaf.stage->axes.size()) return Done{};
    bool reduces = last->leaf.stage->reducer != loop::Reducer::None;
    for (const loop::For* loop : last->loops)
      if (!binds_reduce(last->leaf, loop->var)) rows.push_back(loop->var);
    // Of an elementwise consumer the innermost loops are along the row; of a reduction none is.
    for (; !rows.empty(); rows.pop_back()) {
      State before = plan_.state;
      bool whole = reduces || rows.size() < last->loops.size();
      for (size_t i = tensors_.size() - 1; whole && i-- > 0;)
        whole =
            plan_.is_parameter(tensors_[i])
                ? false
                : plan_.attempt("compute_at " + tensors_[i] + " at " + rows.back() +
                                (is_small(tensors_[i], rows.back()) ? " in shared" : " in arena"));
      Result<std::string> fused = Failure{""};
      if (whole) fused = fuse_loops(plan_, rows, "rows");
      if (fused) {
        row_ = *fused;
        bool once = std::all_of(tensors_.begin(), tensors_.end(), [&](const std::string& tensor) {
          return is_computed_once(tensor);
        });
        if (once) return Done{};
      }
      plan_.state = before;
      if (reduces && tensors_.size() == 1) break;
    }
    return Failure{"the stages have no rows in common"};
  }

  // No block repeats what another computes: the windows of neighbouring rows are apart.
  bool is_computed_once(const std::string& tensor) {
    std::optional<LeafAt> at = plan_.leaf_of(tensor);
    if (!at) return false;
    return static_cast<bool>(iterations_write_apart(plan_.state, tensor, row_));
  }

  bool is_small(const std::string& tensor, const std::string& row) {
    constexpr int64_t kMostShared = 2048;
    Result<Window> window = window_of(plan_.state, tensor, row, Access::Reads);
    if (!window) return false;
    int64_t elements = 1;
    for (Expr extent : window->extents) {
      if (!as_int(extent)) return false;
      elements *= *as_int(extent);
    }
    return elements <= kMostShared;
  }

  int64_t longest_row() {
    int64_t longest = 1;
    const loop::Stmt& body = plan_.state.function.body;
    for (const LeafAt& at : leaves_in(row_.empty() ? body : find_loop(body, row_)->body)) {
      int64_t length = 1;
      for (const loop::For* loop : at.loops) length *= plan_.extent(loop->extent).planned();
      longest = std::max(longest, length);
    }
    return longest;
  }

  std::vector<std::string> inside_row(const LeafAt& at, bool reduced) {
    std::vector<std::string> names;
    bool inside = row_.empty();
    for (const loop::For* loop : at.loops) {
      bool counts = reduced || !is_int(loop->extent, 1);
      if (inside && counts && binds_reduce(at.leaf, loop->var) == reduced)
        names.push_back(loop->var);
      inside = inside || loop->var == row_;
    }
    return names;
  }

  // The elements of an elementwise stage, every thread one after the other.
  Status share(const LeafAt& at) {
    std::vector<std::string> loops = inside_row(at, false);
    if (loops.empty()) return Done{};  // one element: the first thread's
    return share_among_threads(plan_, loops, at.leaf.stage->name, threads_);
  }

  // Partial results are the block's; without a row they stay where they are.
  Status keep_and_bind(const std::string& partial, const std::string& loop) {
    if (!row_.empty())
      if (Status status = plan_.apply({"store_at " + partial + " at " + row_ + " in shared"});
          !status)
        return status;
    return plan_.apply({"bind " + loop + " to thread"});
  }

  Status reduce(const LeafAt& at) {
    std::vector<std::string> others = inside_row(at, false), reduced = inside_row(at, true);
    const std::string name = at.leaf.stage->name;
    if (reduced.empty()) return Failure{name + " reduces nothing"};
    // Several results a row: one a thread, each thread all of its terms.
    if (!others.empty()) return share_among_threads(plan_, others, name, threads_);
    Result<std::string> terms = fuse_loops(plan_, reduced, name + ".terms");
    if (!terms) return terms.error();
    std::string count = std::to_string(threads_), outer = name + ".o", inner = name + ".t",
                part = name + ".part";
    Expr extent = find_loop(plan_.state.function.body, *terms)->extent;
    if (Status status = plan_.apply({"split " + *terms + " by " + count + " " +
                                         plan_.tail(extent, threads_, "guarded") + " -> " + outer +
                                         ", " + inner,
                                     "rfactor " + name + " over " + inner + " -> " + part,
                                     "reorder " + inner + ", " + outer + " reassociating"});
        !status)
      return status;
    if (Status status = keep_and_bind(part, inner); !status) return status;
    // Four partial results become one in each step.
    int64_t left = threads_;
    while (left > 1) {
      int64_t next = left / std::min<int64_t>(left, 4);
      std::optional<LeafAt> combined = plan_.leaf_of(name);
      std::string loop = combined->loops.back()->var;
      if (next > 1) {
        std::string lane = name + ".q" + std::to_string(next),
                    step = name + ".h" + std::to_string(next), half = part + std::to_string(next);
        if (Status status = plan_.apply({"split " + loop + " by " + std::to_string(next) +
                                             " exact -> " + step + ", " + lane,
                                         "rfactor " + name + " over " + lane + " -> " + half,
                                         "reorder " + lane + ", " + step + " reassociating"});
            !status)
          return status;
        if (Status status = keep_and_bind(half, lane); !status) return status;
      }
      left = next;
    }
    return Done{};
  }

  Plan& plan_;
  std::vector<std::string> tensors_;
  std::string row_;
  int64_t length_ = 1, threads_ = kBlockThreads;
};

}  // namespace

Status schedule_gpu_rows(Plan& plan) { return RowPlan(plan).run(); }

}  // namespace tenon::schedule
