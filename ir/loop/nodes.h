// The loop level: how a program runs. Functions (kernels) of loops, buffers and stores; a module of
// kernels, constants and `main`, which calls them. docs/text_format.md specifies the text.
//
//   func @fc1_relu(x: f32[128, 768], const w: f32[768, 3072], const b: f32[3072], out y: f32[128, 3072]) anchor(acc: gemm) {
//     buffer acc: f32[128, 3072] in arena
//     for acc.m in 128 { for acc.n in 3072 { for acc.k in 768 {
//       stage acc[m:128, n:3072] reduce k:768 { sum x[m, k] * w[k, n] } with m = acc.m, n = acc.n, k = acc.k
//     } } }
//     ...
//
// Semantics
// - Statements run in order. A loop runs its body for var = 0 .. extent-1; an extent is any index
//   expression of outer variables and symbols, and none or less runs nothing. Kinds say who runs
//   the iterations and never what they give: the iterations of parallel, vectorized and bound loops
//   must be independent. vectorized and unrolled loops have literal extents and stay loops in every
//   text; they are expanded while code is emitted.
// - A leaf of a nest is a stage with its bindings until flatten_stages has run: for each run of the
//   leaf, with its axes equal to the bindings and the guard true, the stage's element is computed,
//   or, for a reduction, combined. The init of a reduction takes effect before the first
//   combination of its element, and for elements without any (Leaf::init_guard). Schedule
//   primitives change loops, bindings and guards, and never a stage.
// - Subscripts are logical; a buffer's base and layout say where the element lies: element i of an
//   axis with base b is held for b <= i < b + extent. Every access must be inside, unless the read
//   has an `else` value; a read may also touch padding elements of a blocked layout, which are zero
//   in memory: the function that writes a buffer keeps this.
// - Parameters do not overlap, except an `inout` one, which is one buffer. A buffer's contents are
//   undefined before it is written. Arena and constant buffers are 64-byte aligned, a buffer that
//   lies over another one as its offset says, and end in 64 readable bytes: vector loads may run
//   into these.
// - `require` with a false condition stores its status in the worker's status word (the first of a
//   chunk stays); execution goes on, so the indices that it bounds are clamped where they are used.
// - Register buffers become SSA values: every subscript is literal once unrolled loops are
//   expanded, but for the lane of a vectorized loop at stride 1.
// - Bound loops: a kernel for a GPU is one to three `grid` loops, outermost and one right in the
//   other, around the program of a block. In it, `thread` loops are phases, one after the other,
//   also inside serial loops and conditions: thread loops right inside one another, of literal
//   extents, whose iterations, counted from the outermost, are the block's threads; they are
//   independent of each other, and each may read what all iterations of earlier phases have
//   written: insert_barriers says where threads must wait for that. Shared buffers are a block's; a
//   register buffer declared around phases is one of each thread: the variables of the thread loops
//   are subscripts of it by themselves, in the same places everywhere. Run in order, all of this
//   means the same. cluster, warp and lane are words for later.
// - The iterations of the one parallel loop, outermost in its kernel, are handed out in chunks of
//   `chunk` iterations, whatever the number of threads.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ir/expr/expr.h"
#include "ir/expr/simplify.h"
#include "ir/loop/layout.h"
#include "support/location.h"

namespace tenon::loop {

// ---- stages -------------------------------------------------------------------------------------

// X(enumerator, text): how a reduction combines, and from which value it starts.
#define TENON_REDUCERS(X) \
  X(None, "")             \
  X(Sum, "sum")           \
  X(Prod, "prod")         \
  X(Max, "max")           \
  X(Min, "min")           \
  X(Any, "any")           \
  X(All, "all")

enum class Reducer : uint8_t {
#define X(name, text) name,
  TENON_REDUCERS(X)
#undef X
};

std::string_view text_of(Reducer reducer);
/// 0, 1, least, greatest (-inf, inf for floats), false, true.
Expr identity_of(Reducer reducer, DType type, ExprPool& pool);
/// `a + b`, `max(a, b)`, ...
Expr combine(Reducer reducer, Expr a, Expr b);

/// An axis of a stage: the variable `name` takes 0 .. extent-1.
struct Axis {
  std::string name;
  Expr extent;
};

/// What each element of a tensor is:
///   tensor[target] = value                                            for all points of `axes`
///   tensor[target] = reducer over reduce_axes where `where` of value  likewise
/// `value`, `where`, `target` and `requirements` are expressions of the axes (and of enclosing scan
/// axes and symbols).
struct Stage {
  std::string name;  // unique in the function; its loops are named after it: acc.m
  // written; equals `name` unless the stage is one piece of a tensor
  std::string tensor;
  DType type = DType::F32;   // of the tensor's elements and of value
  std::vector<Axis> axes;    // spatial
  std::vector<Expr> target;  // subscripts of `tensor`; mostly the axes themselves
  Reducer reducer = Reducer::None;
  std::vector<Axis> reduce_axes;
  // bool; null: everywhere. Points where it is false are not visited
  Expr where;
  Expr value;
  std::vector<Expr> requirements;  // bools that must hold at each point, or run answers TN_INDEX
  Location location;

  /// True when the target is just the axes: the ordinary form.
  bool is_plain() const;
  const Axis* find_axis(const std::string& axis_name) const;
};

// ---- buffers ------------------------------------------------------------------------------------

// X(enumerator, text). constant: read-only weights. arena: caller's memory, planned. scratch: arena
// memory of one worker. stack: small and fixed. register: SSA values. shared and tmem are GPU
// memories.
#define TENON_SCOPES(X)   \
  X(Constant, "constant") \
  X(Arena, "arena")       \
  X(Scratch, "scratch")   \
  X(Stack, "stack")       \
  X(Register, "register") \
  X(Shared, "shared")     \
  X(Tmem, "tmem")

enum class Scope : uint8_t {
#define X(name, text) name,
  TENON_SCOPES(X)
#undef X
};

struct Buffer {
  std::string name;
  DType type = DType::F32;
  std::vector<Expr> extents;  // logical
  Layout layout;
  Scope scope = Scope::Arena;
  // first subscript held, per logical axis, of outer loop variables; empty: all 0. Text: at [..]
  std::vector<Expr> base;
  // of the physical dimensions, in elements; empty: dense
  std::vector<Expr> strides;
  // another buffer of main in whose memory this one lies (a reshape, a part of a concatenation),
  // else ""; and how many bytes from its start, null: 0. Text: over NAME at BYTES
  std::string alias_of;
  Expr alias_offset = {};
};

/// Bytes in memory, padding of the layout included; an index expression.
Expr bytes_of(const Buffer& buffer, ExprPool& pool);

// ---- statements ---------------------------------------------------------------------------------

// X(enumerator, text, bound to a level of a GPU)
#define TENON_LOOP_KINDS(X)          \
  X(Serial, "", false)               \
  X(Unrolled, "unrolled", false)     \
  X(Vectorized, "vectorized", false) \
  X(Parallel, "parallel", false)     \
  X(Grid, "grid", true)              \
  X(Thread, "thread", true)          \
  X(Cluster, "cluster", true)        \
  X(Warp, "warp", true)              \
  X(Lane, "lane", true)

enum class LoopKind : uint8_t {
#define X(name, text, bound) name,
  TENON_LOOP_KINDS(X)
#undef X
};

/// True for the levels of a GPU.
constexpr bool is_bound(LoopKind kind) {
  switch (kind) {
#define X(name, text, bound) \
  case LoopKind::name: return bound;
    TENON_LOOP_KINDS(X)
#undef X
  }
  return false;
}

#define TENON_STMT_KINDS(X) \
  X(Block) X(For) X(Leaf) X(Store) X(If) X(Alloc) X(Require) X(Prefetch) X(Barrier) X(Call)

enum class StmtKind : uint8_t {
#define X(name) name,
  TENON_STMT_KINDS(X)
#undef X
};

struct StmtNode {
  StmtKind kind;
  explicit StmtNode(StmtKind k) : kind(k) {}
  virtual ~StmtNode() = default;
};

template <class T>
inline constexpr StmtKind kStmtKindOf = static_cast<StmtKind>(255);
#define X(name) \
  struct name;  \
  template <>   \
  inline constexpr StmtKind kStmtKindOf<name> = StmtKind::name;
TENON_STMT_KINDS(X)
#undef X

template <class T>
struct Boxed final : StmtNode {
  T data;
  explicit Boxed(T d) : StmtNode(kStmtKindOf<T>), data(std::move(d)) {}
};

/// A shared, immutable statement. Copying copies a pointer; `==` means "same node", so "nothing
/// changed".
class Stmt {
 public:
  Stmt() = default;
  template <class T>
  requires(kStmtKindOf<T> != static_cast<StmtKind>(255)) Stmt(T data)
      : node_(std::make_shared<const Boxed<T>>(std::move(data))) {}

  explicit operator bool() const { return node_ != nullptr; }
  bool operator==(const Stmt&) const = default;
  StmtKind kind() const { return node_->kind; }

  /// The statement as a `T`, or null when it is something else.
  template <class T>
  const T* as() const {
    return node_ && node_->kind == kStmtKindOf<T> ? &static_cast<const Boxed<T>&>(*node_).data
                                                  : nullptr;
  }

 private:
  std::shared_ptr<const StmtNode> node_;
};

/// Statements in order. An Alloc among them declares its buffer for those after it.
struct Block {
  std::vector<Stmt> stmts;
};

struct For {
  std::string var;  // unique in the function
  Expr extent;
  LoopKind kind = LoopKind::Serial;
  int64_t chunk = 1;  // of a parallel loop: iterations a chunk
  Stmt body;
  Location location;
};

/// One stage at one point: `bindings` gives each spatial, then each reduce axis as an index
/// expression of loop variables.
struct Leaf {
  std::shared_ptr<const Stage> stage;
  std::vector<Expr> bindings;
  Expr guard;  // bool of loop variables; null: always
  // axes that reads in the stage's value see as min(binding, extent-1). Text: clamp m
  std::vector<std::string> clamped;
  // of a reduction: false where another leaf of the stage, before this one, does
  bool initializes = true;
  Expr axis_binding(const std::string& axis_name) const;
  /// The guard without what only ends a reduce axis: an element without terms has its init too, as
  /// has a lane of partial results beyond a short reduction. Null: always.
  Expr init_guard() const;
};

/// buffer[indices] = value.
struct Store {
  std::string buffer;
  std::vector<Expr> indices;
  Expr value;
  Location location;
};

struct If {
  Expr condition;
  Stmt then_body;
  Stmt else_body;  // may be null
};

/// Declares a buffer from here to the end of the enclosing block.
struct Alloc {
  Buffer buffer;
};

/// A condition that must hold, else the run answers TN_INDEX with the node named by `location`.
struct Require {
  Expr condition;
  Location location;
};

/// A hint that this element will be read soon; it may lie outside the buffer.
struct Prefetch {
  std::string buffer;
  std::vector<Expr> indices;
};

/// In a kernel with thread loops: all threads of a block come here before any goes on, and see what
/// the others have written. It has no meaning where loops run in order.
struct Barrier {};

/// In main: runs a kernel. `arguments` are buffers of the module or of main, one for each
/// parameter.
struct Call {
  std::string function;
  std::vector<std::string> arguments;
  Location location;
};

// ---- functions and modules ----------------------------------------------------------------------

/// Out: every element is written, and none read before. Part: the same for some of the elements; the
/// others keep what they hold.
enum class ParamKind : uint8_t { In, Const, Out, InOut, Part };

inline bool writes_to(ParamKind kind) {
  return kind == ParamKind::Out || kind == ParamKind::InOut || kind == ParamKind::Part;
}

struct Param {
  ParamKind kind = ParamKind::In;
  Buffer buffer;
};

struct Function {
  std::string name;
  std::vector<Param> params;
  Stmt body;
  // the stage on which templates dispatch, and its class: "gemm"; both may be empty
  std::string anchor_stage;
  std::string anchor_class;
  // what it computes: the statements of the tensor level, one a line; may be empty
  std::vector<std::string> meaning;
  std::vector<std::string> schedule;  // one primitive a line, as applied
  Location location;

  // a parameter or an Alloc, or null
  const Buffer* find_buffer(const std::string& buffer_name) const;
};

/// A dimension's name with its bounds.
struct Symbol {
  std::string name;
  int64_t min = 1, max = 1;
};

/// A read-only buffer of the module. Small ones carry their elements; larger ones name an
/// initializer of the model file, or are written by a call in `setup`.
struct Constant {
  Buffer buffer;
  std::vector<uint8_t> bytes;  // row-major, when inlined (at most 64 elements)
  std::string initializer;     // name of the tensor in the model file, else ""
  // the constant written by setup, row-major, that this is another layout of, else "".
  // Text: copy of NAME
  std::string copy_of;
};

/// Where a buffer of main lies in the arena: bytes from its start, as an expression of the symbols.
/// A slot that lies right above others starts at the greatest of their ends, and its text names
/// them instead of the expression.
struct ArenaSlot {
  std::string buffer;
  Expr offset;
  Expr bytes;
  std::vector<std::string> above;  // slots before this one; empty: the offset stands by itself
  Expr end() const { return offset + bytes; }
};

struct Module {
  std::shared_ptr<ExprPool> pool;  // owns every expression below
  std::string name;
  std::string model_file, model_sha256;  // base name; "" when there is none
  std::vector<Symbol> symbols;
  std::vector<Constant> constants;
  std::vector<Function> functions;
  std::vector<Buffer> inputs, outputs;  // of the model, in its order; names are the buffers' names
  // buffer -> name in the model, for inputs and outputs
  std::map<std::string, std::string> onnx_names;
  // equalities of dimensions found while importing; must hold at run time
  std::vector<Expr> checks;
  // calls that run while compiling: what they write are constants
  Stmt setup;
  Stmt main;                     // allocs and calls that run at run time
  std::vector<ArenaSlot> arena;  // empty until plan_memory
  Expr arena_bytes;              // without scratch and counters; null until plan_memory
  // largest sum of live buffers over the steps; null until plan_memory
  Expr arena_lower_bound;

  const Function* find_function(const std::string& function_name) const;
  Ranges symbol_ranges() const;
  /// The greatest end of the slots named, among those of the arena; of all slots where none is
  /// named; 0 without slots.
  Expr greatest_end(const std::vector<std::string>& slots) const;
  /// An index expression that grows with the symbols, at their upper bounds.
  int64_t at_upper_bounds(Expr e) const;
};

// ---- rewriting ----------------------------------------------------------------------------------

/// Base of passes over statements: override `rewrite` for the kinds of interest; a statement none
/// of whose parts changed comes back as the same node. Expressions go through `rewrite_expr`.
class StmtRewriter {
 public:
  virtual ~StmtRewriter() = default;
  virtual Stmt rewrite(const Stmt& stmt) { return rewrite_children(stmt); }
  virtual Expr rewrite_expr(Expr e) { return e; }

 protected:
  Stmt rewrite_children(const Stmt& stmt);
};

/// Calls `visit` for each statement, outermost first, in order.
void for_each_stmt(const Stmt& stmt, const std::function<void(const Stmt&)>& visit);
/// Calls `visit` for each expression that stands directly in a statement (leaf bindings and guards,
/// stage bodies included).
void for_each_expr(const Stmt& stmt, const std::function<void(Expr)>& visit);

/// True when a loop inside is bound to a level of a GPU.
bool has_bound_loops(const Stmt& root);

/// Statements as a block, nested blocks flattened, nulls dropped; a single one is itself.
Stmt block(std::vector<Stmt> stmts);

}  // namespace tenon::loop
