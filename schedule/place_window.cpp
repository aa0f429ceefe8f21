// Buffers that hold a window of their tensor.
//
//   for mo in 16 { for mi in 8 { stage acc[m:128] ... with m = mo*8 + mi }  for ... { stage y[m:128] = acc[m] ... } }
//   place_window(acc, mo, register)
//   for mo in 16 { buffer acc: f32[8] at [mo*8] in register   for mi in 8 { ... } }
#include "schedule/place_window.h"

#include "schedule/iterations.h"
#include "schedule/window.h"

namespace tenon::schedule {
namespace {

using loop::For;
using loop::Stmt;

constexpr int64_t kMostStackElements = 4096;
constexpr int64_t kMostSharedBytes = 48 * 1024;  // what every GPU gives a block

// The declaration of a buffer of the function's own, or null.
const loop::Buffer* find_local(const State& state, const std::string& tensor) {
  const loop::Buffer* found = nullptr;
  loop::for_each_stmt(state.function.body, [&](const Stmt& stmt) {
    const loop::Alloc* alloc = stmt.as<loop::Alloc>();
    if (alloc && alloc->buffer.name == tensor) found = &alloc->buffer;
  });
  return found;
}

size_t count_users(const Stmt& root, const std::string& tensor) {
  size_t count = 0;
  for (const LeafAt& at : leaves_in(root))
    count += at.leaf.stage->tensor == tensor || reads_tensor(Stmt(at.leaf), tensor);
  return count;
}

// Each iteration sums elements of its own, as rfactor makes them: p[f] with f = kt, k = ko*8 + kt.
bool is_an_axis(const loop::Leaf& leaf, const std::string& var) {
  for (size_t i = 0; i < leaf.stage->axes.size(); ++i) {
    const Var* bound = leaf.bindings[i].as<Var>();
    if (bound && bound->name == var) return true;
  }
  return false;
}

// An iteration of the loop computes all that it needs of the tensor, and nobody else needs it.
Status is_own_to_iterations(const State& state, const std::string& tensor, const For& loop) {
  if (count_users(loop.body, tensor) != count_users(state.function.body, tensor))
    return Failure{"not all stages that use " + tensor + " are inside " + loop.var};
  if (reads_with_else(loop.body, tensor))
    return Failure{tensor + " is read with an else value, whose bounds a window would change"};
  std::vector<const For*> around = loops_around(state.function.body, loop.var);
  around.push_back(&loop);
  for (const LeafAt& at : writers_of(loop.body, tensor))
    for (const For* outer : around)
      if (binds_reduce(at.leaf, outer->var) && !is_an_axis(at.leaf, outer->var))
        return Failure{loop.var + " is inside of, or is, the reduce loop " + outer->var + " of " +
                       tensor};
  return iterations_read_own_writes(state, tensor, loop.var);
}

// Registers, the stack and shared memory hold windows of literal extents, up to a limit.
Status fits_scope(const loop::Buffer& buffer, const Window& window, loop::Scope scope) {
  const char* place = scope == loop::Scope::Register ? "registers"
                      : scope == loop::Scope::Stack  ? "the stack"
                      : scope == loop::Scope::Shared ? "shared memory"
                                                     : nullptr;
  if (!place) return Done{};
  int64_t elements = 1;
  for (Expr extent : window.extents) {
    const int64_t* literal = as_int(extent);
    if (!literal)
      return Failure{std::string("a window in ") + place + " needs literal extents, and one of " +
                     buffer.name + " is " + to_string(extent)};
    elements *= *literal;
  }
  int64_t bytes = bytes_of(buffer.type, elements);
  if (scope == loop::Scope::Shared && bytes > kMostSharedBytes)
    return Failure{"a window of " + std::to_string(bytes) + " bytes does not fit in " + place +
                   ", of which a block has " + std::to_string(kMostSharedBytes)};
  if (scope != loop::Scope::Shared && elements > kMostStackElements)
    return Failure{"a window of " + std::to_string(elements) + " elements is too large for " +
                   place + ", which holds " + std::to_string(kMostStackElements)};
  return Done{};
}

}  // namespace

Status place_window(State& state, const std::string& tensor, const std::string& loop_name,
                    loop::Scope scope, Layout layout) {
  const loop::Buffer* found = find_local(state, tensor);
  if (!found) return Failure{tensor + " is no local buffer of this function"};
  loop::Buffer buffer = *found;
  if (!layout.is_valid(static_cast<int>(buffer.extents.size())))
    return Failure{to_string(layout) + " is no layout of " + tensor};
  if (padding_is_read(state, tensor))
    return Failure{"the padding of " + tensor + " is read, and a window has none"};
  const For& loop = *find_loop(state.function.body, loop_name);
  if (Status status = is_own_to_iterations(state, tensor, loop); !status) return status;
  Result<Window> window = buffer_window_of(state, tensor, loop_name, Access::Both);
  if (!window) return window.error();
  if (Status status = fits_scope(buffer, *window, scope); !status) return status;

  buffer.base = window->base;
  buffer.extents = window->extents;
  buffer.scope = scope;
  buffer.layout = std::move(layout);
  state.function.body = remove_alloc(state.function.body, tensor);
  state.function.body = replace_loop(state.function.body, loop_name, [&](const For& old) {
    For changed = old;
    changed.body = loop::block({loop::Alloc{buffer}, old.body});
    return Stmt(changed);
  });
  return Done{};
}

Result<loop::Scope> read_scope(Lexer& arguments, loop::Scope otherwise) {
  if (!arguments.accept("in")) return otherwise;
  std::string name = arguments.expect_word("a scope: register, stack, scratch or arena");
  if (name == "register") return loop::Scope::Register;
  if (name == "stack") return loop::Scope::Stack;
  if (name == "scratch") return loop::Scope::Scratch;
  if (name == "arena") return loop::Scope::Arena;
  if (name == "shared") return loop::Scope::Shared;
  return Failure{"no scope for this primitive is called " + name +
                 "; there are register, stack, scratch, arena and shared"};
}

}  // namespace tenon::schedule
