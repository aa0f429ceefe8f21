// The generator.
#include "tests/codegen/llvm/random_kernel.h"

namespace tenon::codegen {
namespace {

using loop::LoopKind;
using loop::Stmt;

class Generator {
 public:
  explicit Generator(unsigned seed) : random_(seed) {}

  RandomKernel make() {
    kernel_.function.name = "random";
    kernel_.symbols["n"] = pick(1, 19);
    make_inputs();
    std::vector<Stmt> parts;
    for (int64_t part = pick(1, 3); part > 0; --part) {
      Stmt nest = make_nest(parts.empty() && part == 1);
      parts.push_back(nest);
    }
    kernel_.function.body = loop::block(parts);
    return std::move(kernel_);
  }

 private:
  struct Loop {
    std::string var;
    Expr extent;
    int64_t size;  // the extent's value
    LoopKind kind;
  };

  int64_t pick(int64_t least, int64_t most) {
    return std::uniform_int_distribution<int64_t>(least, most)(random_);
  }
  bool chance(int percent) { return pick(1, 100) <= percent; }
  ExprPool& pool() { return *kernel_.pool; }
  Expr index(int64_t value) { return pool().index(value); }
  DType any_type() {
    static const DType kTypes[] = {DType::F32, DType::F32, DType::F32,  DType::F64,
                                   DType::I32, DType::I64, DType::I8,   DType::U8,
                                   DType::U16, DType::F16, DType::BF16, DType::Bool};
    return kTypes[pick(0, 11)];
  }
  DType computed(DType type) { return is_arithmetic(type) ? type : DType::F32; }

  loop::Buffer buffer(const std::string& name, DType type, std::vector<Expr> extents,
                      loop::Scope scope = loop::Scope::Arena) {
    loop::Buffer result;
    result.name = name;
    result.type = type;
    result.extents = std::move(extents);
    result.scope = scope;
    return result;
  }

  void make_inputs() {
    for (int64_t i = 0, count = pick(1, 4); i < count; ++i) {
      std::vector<Expr> extents;
      for (int64_t rank = pick(1, 3); rank > 0; --rank)
        extents.push_back(chance(15) ? pool().var("n") : index(pick(1, 20)));
      kernel_.function.params.push_back(
          {loop::ParamKind::In, buffer("x" + std::to_string(i), any_type(), extents)});
    }
  }

  // ---- loops ------------------------------------------------------------------------------------

  Loop make_loop(LoopKind kind) {
    Loop loop{"v" + std::to_string(variables_++), {}, 0, kind};
    bool literal = kind == LoopKind::Unrolled || kind == LoopKind::Vectorized || chance(70);
    static const int64_t kLanes[] = {2, 3, 4, 7, 8, 16, 16, 32};
    loop.size = kind == LoopKind::Vectorized ? kLanes[pick(0, 7)]
                : kind == LoopKind::Unrolled ? pick(1, 3)
                                             : pick(1, 5);
    loop.extent = index(loop.size);
    if (!literal) {
      int64_t part = pick(1, 4);
      loop.extent = floor_div(pool().var("n") + index(part - 1), part);
      loop.size = (kernel_.symbols["n"] + part - 1) / part;
    }
    return loop;
  }

  Stmt wrap(const std::vector<Loop>& loops, Stmt body) {
    for (size_t i = loops.size(); i-- > 0;)
      body = loop::For{loops[i].var,  loops[i].extent,
                       loops[i].kind, loops[i].kind == LoopKind::Parallel ? pick(1, 3) : 1,
                       body,          {}};
    return body;
  }

  // The same loops under new names, for another walk over the same tile.
  std::vector<Loop> renamed(const std::vector<Loop>& loops) {
    std::vector<Loop> result = loops;
    for (Loop& loop : result) loop.var = "v" + std::to_string(variables_++);
    return result;
  }

  // outer loops { [acc in register  init tile]  [reduce loops { update tile }]  store tile }
  Stmt make_nest(bool may_be_parallel) {
    std::vector<Loop> outer, tile;
    for (int64_t i = pick(0, 2); i > 0; --i) outer.push_back(make_loop(LoopKind::Serial));
    if (may_be_parallel && !outer.empty() && chance(60)) outer[0].kind = LoopKind::Parallel;
    bool accumulates = chance(50);
    for (int64_t i = pick(accumulates ? 1 : 0, 2); i > 0; --i)
      tile.push_back(make_loop(accumulates || chance(50) ? LoopKind::Unrolled : LoopKind::Serial));
    if (chance(75))
      tile.insert(
          tile.begin() + (accumulates || chance(80) ? static_cast<int64_t>(tile.size()) : 0),
          make_loop(LoopKind::Vectorized));

    std::string out = "y" + std::to_string(outputs_++);
    DType type = any_type();
    std::vector<Expr> extents;
    for (const auto* loops : {&outer, &tile})
      for (const Loop& loop : *loops) extents.push_back(loop.extent);
    if (extents.empty()) extents.push_back(index(1));
    kernel_.function.params.push_back({loop::ParamKind::Out, buffer(out, type, extents)});

    visible_ = outer;
    if (!accumulates) {
      visible_.insert(visible_.end(), tile.begin(), tile.end());
      Stmt body = store_everywhere(out, type, variables(outer, tile));
      Stmt nest = wrap(tile, body);
      return wrap(outer, nest);
    }
    std::string acc = "acc" + std::to_string(outputs_);
    DType acc_type = computed(type);
    std::vector<Expr> acc_extents;
    for (const Loop& loop : tile) acc_extents.push_back(loop.extent);
    std::vector<Stmt> body;
    body.push_back(loop::Alloc{buffer(acc, acc_type, acc_extents, loop::Scope::Register)});
    auto walk = [&](const std::vector<Loop>& loops,
                    const std::function<Stmt(std::vector<Expr>)>& make) {
      std::vector<Loop> saved = visible_;
      visible_.insert(visible_.end(), loops.begin(), loops.end());
      Stmt result = wrap(loops, make(variables({}, loops)));
      visible_ = saved;
      return result;
    };
    body.push_back(walk(renamed(tile), [&](std::vector<Expr> at) -> Stmt {
      return loop::Store{acc, at, value(acc_type, 1), {}};
    }));
    Loop reduce = make_loop(LoopKind::Serial);
    visible_.push_back(reduce);
    Stmt update = walk(renamed(tile), [&](std::vector<Expr> at) -> Stmt {
      Expr old = pool().read(acc, acc_type, at);
      Expr added = value(acc_type, 2);
      Expr combined = acc_type == DType::Bool ? (old | added)
                      : chance(70)            ? old + added
                                              : max(old, added);
      Stmt store = loop::Store{acc, at, combined, {}};
      return chance(30) ? Stmt(loop::If{condition(), store, {}}) : store;
    });
    visible_.pop_back();
    body.push_back(wrap({reduce}, update));
    std::vector<Loop> last = renamed(tile);
    body.push_back(walk(last, [&](std::vector<Expr> at) -> Stmt {
      std::vector<Expr> place = variables(outer, last);
      Expr result = pool().read(acc, acc_type, at);
      if (acc_type != DType::Bool && chance(50)) result = result * value(acc_type, 1);
      return loop::Store{out, place, pool().cast(type, result), {}};
    }));
    return wrap(outer, loop::block(body));
  }

  std::vector<Expr> variables(const std::vector<Loop>& outer, const std::vector<Loop>& inner) {
    std::vector<Expr> result;
    for (const auto* loops : {&outer, &inner})
      for (const Loop& loop : *loops) result.push_back(pool().var(loop.var));
    if (result.empty()) result.push_back(index(0));
    return result;
  }

  Stmt store_everywhere(const std::string& out, DType type, std::vector<Expr> at) {
    auto store = [&] {
      return Stmt(loop::Store{out, at, pool().cast(type, value(computed(type), 3)), {}});
    };
    return chance(30) ? Stmt(loop::If{condition(), store(), store()}) : store();
  }

  // ---- expressions ------------------------------------------------------------------------------

  Expr any_index(int depth) {
    if (depth > 0 && chance(60)) {
      Expr a = any_index(depth - 1), b = any_index(depth - 1);
      switch (pick(0, 7)) {
        case 0: return a + b;
        case 1: return a - b;
        case 2: return a * index(pick(-3, 3));
        case 3: return floor_div(a, pick(1, 9));
        case 4: return floor_mod(a, pick(1, 9));
        case 5: return min(a, b);
        case 6: return max(a, b);
        case 7: return select(condition(), a, b);
      }
    }
    if (!visible_.empty() && chance(80))
      return pool().var(
          visible_[static_cast<size_t>(pick(0, static_cast<int64_t>(visible_.size()) - 1))].var);
    return chance(30) ? pool().var("n") : index(pick(-4, 20));
  }

  Expr condition() {
    if (chance(60)) {
      Expr a = any_index(1), b = any_index(1);
      return chance(40) ? lt(a, b) : chance(50) ? le(a, b) : chance(50) ? eq(a, b) : ne(a, b);
    }
    return chance(50) ? read_of(DType::Bool) : lt(value(DType::F32, 1), value(DType::F32, 0));
  }

  // A read of some input, converted to `type`.
  Expr read_of(DType type) {
    const auto& params = kernel_.function.params;
    size_t inputs = 0;
    while (inputs < params.size() && params[inputs].kind == loop::ParamKind::In) ++inputs;
    const loop::Buffer& from =
        params[static_cast<size_t>(pick(0, static_cast<int64_t>(inputs) - 1))].buffer;
    bool otherwise = chance(30);
    std::vector<Expr> indices;
    for (Expr extent : from.extents) {
      Expr at = any_index(chance(50) ? 0 : 2);
      if (!otherwise)
        at = chance(50) ? min(max(at, index(0)), extent - index(1))
                        : pool().apply(Op::FloorMod, {at, extent});
      indices.push_back(at);
    }
    Expr fallback;
    if (otherwise) fallback = pool().literal(from.type, chance(50) ? 0.0 : 1.0);
    Expr read = pool().read(from.name, from.type, indices, fallback);
    return pool().cast(type, read);
  }

  Expr value(DType type, int depth) {
    if (depth == 0 || chance(25)) {
      if (chance(15)) return pool().literal(type, static_cast<double>(pick(0, 3)));
      if (chance(15) && type != DType::Bool) return pool().cast(type, any_index(1));
      return read_of(type);
    }
    if (type == DType::Bool)
      return chance(50)   ? condition()
             : chance(50) ? (value(type, depth - 1) & value(type, depth - 1))
                          : pool().apply(Op::Not, {value(type, depth - 1)});
    Expr a = value(type, depth - 1), b = value(type, depth - 1);
    switch (pick(0, 8)) {
      case 0: return a + b;
      case 1: return a - b;
      case 2: return a * b;
      case 3: return min(a, b);
      case 4: return max(a, b);
      case 5: return select(condition(), a, b);
      case 6:
        return is_float(type) ? a / (pool().apply(Op::Abs, {b}) + 1.0)
                              : pool().apply(chance(50) ? Op::FloorDiv : Op::TruncRem, {a, b});
      case 7:
        return is_float(type) ? pool().apply(chance(50) ? Op::RoundEven : Op::Floor, {a})
                              : pool().apply(Op::Xor, {a, b});
      default: return pool().cast(type, value(chance(50) ? DType::F64 : DType::I32, depth - 1));
    }
  }

  RandomKernel kernel_;
  std::mt19937 random_;
  std::vector<Loop> visible_;  // loops around the expression that is made
  int variables_ = 0, outputs_ = 0;
};

}  // namespace

RandomKernel make_random_kernel(unsigned seed) { return Generator(seed).make(); }

}  // namespace tenon::codegen
