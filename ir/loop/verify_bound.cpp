// Checks the loops that are bound to a level of a GPU: grid loops outermost, thread loops as phases
// of a block's program (nodes.h).
//
//   for thread t in 256 { for k in 8 { for thread u in 4 { ... } } }
//   ->   a thread loop inside of another, with something between
#include <algorithm>
#include <set>

#include "ir/loop/verify.h"
#include "ir/loop/verify_parts.h"

namespace tenon::loop {
namespace {

constexpr int64_t kMostThreads = 1024;
constexpr size_t kMostGridLoops = 3;

class BoundVerifier {
 public:
  BoundVerifier(const Function& function, FaultList& faults)
      : function_(function), faults_(faults) {
    for_each_stmt(function.body, [&](const Stmt& stmt) {
      has_leaves_ = has_leaves_ || stmt.as<Leaf>();
      if (const Store* store = stmt.as<Store>()) written_.insert(store->buffer);
    });
  }

  void run() {
    if (has_bound_loops(function_.body)) check_grid(function_.body, 0);
  }

 private:
  template <class... Parts>
  void fault(const Parts&... parts) {
    faults_.add(parts...);
  }

  // The function's body, or that of a grid loop: declarations and one more grid loop, or the
  // program of a block.
  void check_grid(const Stmt& body, size_t depth) {
    const For* grid = nullptr;
    bool beside = false;
    std::vector<Stmt> stmts = {body};
    if (const Block* block = body.as<Block>()) stmts = block->stmts;
    for (const Stmt& stmt : stmts) {
      const For* loop = stmt.as<For>();
      if (loop && loop->kind == LoopKind::Grid && !grid)
        grid = loop;
      else if (!stmt.as<Alloc>() || depth > 0)
        beside = true;
    }
    if (!grid) return check_program(body);
    if (beside) fault("something stands beside the grid loop ", grid->var);
    if (depth == kMostGridLoops) fault("a fourth grid loop, ", grid->var);
    for (const std::string& name : variables_of(grid->extent))
      if (grid_variables_.count(name))
        fault("the extent of the grid loop ", grid->var, " depends on ", name);
    grid_variables_.insert(grid->var);
    check_grid(grid->body, depth + 1);
  }

  void check_program(const Stmt& stmt) {
    if (!stmt) return;
    switch (stmt.kind()) {
      case StmtKind::Block:
        for (const Stmt& child : stmt.as<Block>()->stmts) check_program(child);
        return;
      case StmtKind::For: {
        const For& loop = *stmt.as<For>();
        if (loop.kind == LoopKind::Thread) return check_phase(stmt);
        faults_.enter(stmt);
        if (is_bound(loop.kind)) fault("the loop ", loop.var, " is bound where none may be");
        if (has_bound_loops(loop.body)) {
          if (loop.kind != LoopKind::Serial && loop.kind != LoopKind::Unrolled)
            fault("thread loops inside of ", loop.var, ", which is not serial");
          check_uniform(loop.extent);
        }
        return check_program(loop.body);
      }
      case StmtKind::If:
        faults_.enter(stmt);
        if (has_bound_loops(stmt)) check_uniform(stmt.as<If>()->condition);
        check_program(stmt.as<If>()->then_body);
        return check_program(stmt.as<If>()->else_body);
      case StmtKind::Alloc: {
        const Buffer& buffer = stmt.as<Alloc>()->buffer;
        if (buffer.scope == Scope::Register) registers_[buffer.name] = {};
        return;
      }
      default: return;
    }
  }

  // All threads of a block must come to the same barriers.
  void check_uniform(Expr e) {
    for_each_node(e, [&](Expr node) {
      const Read* read = node.as<Read>();
      if (read && written_.count(read->tensor))
        fault("whether threads run depends on ", read->tensor, ", which the function writes");
    });
  }

  void check_phase(const Stmt& stmt) {
    faults_.enter(stmt);
    std::vector<const For*> threads;
    int64_t count = 1;
    Stmt body = stmt;
    for (const For* loop = stmt.as<For>(); loop && loop->kind == LoopKind::Thread;
         loop = body.as<For>()) {
      const int64_t* extent = as_int(loop->extent);
      if (!extent || *extent < 1)
        return fault("the thread loop ", loop->var, " has no literal extent");
      count *= *extent;
      if (count > kMostThreads) return fault("more than 1024 threads in ", threads[0]->var);
      threads.push_back(loop);
      body = loop->body;
    }
    if (has_bound_loops(body))
      fault("a loop inside of ", threads.back()->var, " is bound too, with something between");
    for_each_stmt(body, [&](const Stmt& inner) {
      if (inner.as<Barrier>()) fault("a barrier inside of ", threads.back()->var);
    });
    if (has_leaves_) return;
    for_each_stmt(body, [&](const Stmt& inner) {
      if (const Store* store = inner.as<Store>())
        check_register(store->buffer, store->indices, threads);
    });
    for_each_expr(body, [&](Expr e) {
      for_each_node(e, [&](Expr node) {
        if (const Read* read = node.as<Read>())
          check_register(read->tensor, read->indices(), threads);
      });
    });
  }

  // A register buffer around phases is one of each thread.
  void check_register(const std::string& name, std::span<const Expr> indices,
                      const std::vector<const For*>& threads) {
    auto found = registers_.find(name);
    if (found == registers_.end()) return;
    Owners owners;
    for (const For* loop : threads) {
      if (is_int(loop->extent, 1)) continue;  // its one value may be written as 0
      auto place = std::find_if(indices.begin(), indices.end(), [&](Expr index) {
        return index.as<Var>() && index.as<Var>()->name == loop->var;
      });
      if (place == indices.end())
        return fault("the thread ", loop->var, " is no subscript of the register buffer ", name);
      owners.emplace_back(static_cast<size_t>(place - indices.begin()), *as_int(loop->extent));
    }
    if (found->second.empty()) found->second = owners;
    if (found->second != owners)
      fault("the register buffer ", name, " is not that of the same thread everywhere");
  }

  // Of a register buffer: the place among the subscripts and the extent of each thread loop.
  using Owners = std::vector<std::pair<size_t, int64_t>>;

  const Function& function_;
  FaultList& faults_;
  bool has_leaves_ = false;
  std::set<std::string> written_, grid_variables_;
  std::map<std::string, Owners> registers_;
};

}  // namespace

bool has_bound_loops(const Stmt& root) {
  bool found = false;
  for_each_stmt(root, [&](const Stmt& stmt) {
    const For* loop = stmt.as<For>();
    found = found || (loop && is_bound(loop->kind));
  });
  return found;
}

std::vector<std::string> faults_of_bound_loops(const Function& function) {
  FaultList faults;
  check_bound_loops(function, faults);
  return faults.take();
}

void check_bound_loops(const Function& function, FaultList& faults) {
  BoundVerifier(function, faults).run();
}

}  // namespace tenon::loop
