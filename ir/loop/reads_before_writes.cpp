// Each read is held against each store. The loops around both are `common`; two runs of them meet
// in one element only where the subscripts are equal, and that must make the common variables equal
// too: digit by digit, as in
//
//   y[wo*14 + wi] and x[wo*14 + wi']   with wi, wi' in 0..13   ->   one wo
//
// Then the order inside one iteration of the common loops decides: the read comes first in the
// text, or the two never meet there.
#include "ir/loop/reads_before_writes.h"

#include <algorithm>
#include <set>

#include "ir/expr/linear_form.h"

namespace tenon::loop {
namespace {

// A loop on the way to an access: `run` tells apart loops of one name.
struct Around {
  size_t run;
  std::string var;
};

struct Access {
  std::vector<Expr> indices;
  std::vector<Around> loops;
  Ranges ranges;
  size_t statement;  // in the order of the text
};

// min(a, b) is a where the conditions around say that a <= b.
class ResolveMin final : public Rewriter {
 public:
  ResolveMin(ExprPool& pool, const std::vector<Expr>& conditions, const Ranges& ranges)
      : Rewriter(pool), conditions_(conditions), ranges_(ranges) {}

 private:
  Expr rewrite(Expr old) override {
    Expr e = rewrite_children(old);
    const Apply* apply = e.as_op(Op::Min);
    if (!apply || e.type() != DType::Index) return e;
    if (is_known(apply->operand(0), apply->operand(1))) return apply->operand(0);
    if (is_known(apply->operand(1), apply->operand(0))) return apply->operand(1);
    return e;
  }

  // low <= high, from some `p < q` (so 0 <= q - p - 1) with q - p - 1 <= high - low.
  bool is_known(Expr low, Expr high) const {
    return std::any_of(conditions_.begin(), conditions_.end(), [&](Expr condition) {
      const Apply* less = condition.as_op(Op::Lt);
      const Apply* at_most = less ? less : condition.as_op(Op::Le);
      if (!at_most || at_most->operand(0).type() != DType::Index) return false;
      Expr slack = at_most->operand(1) - at_most->operand(0) - (less ? 1 : 0);
      return prove(le(low + slack, high), ranges_);
    });
  }

  const std::vector<Expr>& conditions_;
  const Ranges& ranges_;
};

// Reads of one buffer and stores to another.
class Collector {
 public:
  Collector(const std::string& input, const std::string& result, const Ranges& symbols,
            ExprPool& pool)
      : input_(input), result_(result), ranges_(symbols), pool_(pool) {}

  void visit(const Stmt& stmt) {
    if (!stmt) return;
    ++statement_;
    switch (stmt.kind()) {
      case StmtKind::Block:
        for (const Stmt& child : stmt.as<Block>()->stmts) visit(child);
        return;
      case StmtKind::For: {
        const For& loop = *stmt.as<For>();
        read(loop.extent);
        Ranges outside = ranges_;
        ranges_.set_extent(loop.var, loop.extent);
        loops_.push_back({statement_, loop.var});
        visit(loop.body);
        loops_.pop_back();
        ranges_ = std::move(outside);
        return;
      }
      case StmtKind::If: {
        const If& branch = *stmt.as<If>();
        read(branch.condition);
        size_t known = conditions_.size();
        for (Expr part : conjuncts(branch.condition)) conditions_.push_back(part);
        visit(branch.then_body);
        conditions_.resize(known);
        visit(branch.else_body);
        return;
      }
      case StmtKind::Store: {
        const Store& store = *stmt.as<Store>();
        read(store.value);
        for (Expr index : store.indices) read(index);
        if (store.buffer == result_) stores.push_back(access(store.indices));
        return;
      }
      case StmtKind::Require: read(stmt.as<Require>()->condition); return;
      case StmtKind::Leaf: understood = false; return;
      case StmtKind::Alloc:
      case StmtKind::Barrier:
      case StmtKind::Prefetch:
      case StmtKind::Call: return;
    }
  }

  std::vector<Access> reads, stores;
  bool understood = true;

 private:
  void read(Expr e) {
    for_each_node(e, [&](Expr node) {
      const Read* read = node.as<Read>();
      if (read && read->tensor == input_)
        reads.push_back(access({read->indices().begin(), read->indices().end()}));
    });
  }

  Access access(const std::vector<Expr>& indices) {
    ResolveMin resolve(pool_, conditions_, ranges_);
    Access result{{}, loops_, ranges_, statement_};
    for (Expr index : indices) result.indices.push_back(resolve(index));
    return result;
  }

  const std::string &input_, &result_;
  Ranges ranges_;
  ExprPool& pool_;
  size_t statement_ = 0;
  std::vector<Around> loops_;
  std::vector<Expr> conditions_;
};

// A subscript of two accesses: both are the sum of coefficient * variable over common variables,
// and a rest. What the rests differ by lies in `apart`.
struct Subscript {
  std::map<std::string, int64_t> coefficients;
  Interval apart;
};

class Pair {
 public:
  Pair(const Access& read, const Access& store, ExprPool& pool)
      : read_(read), store_(store), pool_(pool) {
    for (size_t i = 0; i < std::min(read.loops.size(), store.loops.size()) &&
                       read.loops[i].run == store.loops[i].run;
         ++i)
      common_.insert(read.loops[i].var);
    for (size_t i = 0; i < read.indices.size(); ++i)
      subscripts_.push_back(subscript(read.indices[i], store.indices[i]));
  }

  bool is_safe() const { return meets_in_one_iteration() && (reads_first() || never_meets()); }

 private:
  bool reads_first() const { return read_.statement <= store_.statement; }

  // In one iteration of the common loops.
  bool never_meets() const {
    return std::any_of(subscripts_.begin(), subscripts_.end(), [](const Subscript& subscript) {
      return subscript.apart.min > 0 || subscript.apart.max < 0;
    });
  }

  bool meets_in_one_iteration() const {
    std::set<std::string> different;
    for (const std::string& var : common_)
      if (reach(var) > 0) different.insert(var);
    for (bool changed = true; changed && !different.empty();) {
      changed = false;
      for (const Subscript& subscript : subscripts_)
        if (const std::string* equal = leading_digit(subscript, different)) {
          different.erase(*equal);
          changed = true;
          break;
        }
    }
    return different.empty();
  }

  // The variable with the largest coefficient, where the others and the rests cannot make up for
  // one step of it.
  const std::string* leading_digit(const Subscript& subscript,
                                   const std::set<std::string>& different) const {
    const std::string* leading = nullptr;
    int64_t largest = 0;
    for (const auto& [var, coefficient] : subscript.coefficients)
      if (different.count(var) && std::abs(coefficient) > largest)
        leading = &var, largest = std::abs(coefficient);
    if (!leading || !subscript.apart.bounded()) return nullptr;
    // Saturated: beyond kMost nothing is proved anyway.
    constexpr int64_t kMost = int64_t{1} << 40;
    int64_t others = std::min(kMost, std::max(std::abs(std::max(subscript.apart.min, -kMost)),
                                              std::abs(std::min(subscript.apart.max, kMost))));
    for (const auto& [var, coefficient] : subscript.coefficients) {
      if (&var == leading || !different.count(var)) continue;
      int64_t steps = reach(var);
      if (steps > kMost / std::abs(coefficient)) return nullptr;
      others += steps * std::abs(coefficient);
      if (others >= largest) return nullptr;
    }
    return others < largest ? leading : nullptr;
  }

  // How far two values of a common variable are apart at the most.
  int64_t reach(const std::string& var) const {
    const Ranges::Range* range = store_.ranges.find(var);
    Interval values = range ? bounds_of(range->max, store_.ranges) : Interval();
    return values.max;
  }

  Subscript subscript(Expr read, Expr store) const {
    LinearForm of_read = linear_form(read), of_store = linear_form(store);
    Subscript result;
    for (const std::string& var : common_) {
      int64_t coefficient = coefficient_of(of_read, var);
      if (coefficient == 0 || coefficient != coefficient_of(of_store, var)) continue;
      result.coefficients[var] = coefficient;
      LinearForm part = scaled(atom_form(pool_.var(var)), coefficient);
      of_read = add(of_read, part, -1);
      of_store = add(of_store, part, -1);
    }
    if (!of_read.valid || !of_store.valid) return {{}, {}};
    Interval read_rest = bounds_of(build(pool_, of_read), read_.ranges),
             store_rest = bounds_of(build(pool_, of_store), store_.ranges);
    // Equal rests of symbols alone differ by nothing.
    if (same(of_read, of_store) && is_fixed(of_read)) {
      result.apart = {0, 0};
    } else if (read_rest.bounded() && store_rest.bounded()) {
      result.apart = {read_rest.min - store_rest.max, read_rest.max - store_rest.min};
    }
    return result;
  }

  // The coefficient of a variable that stands alone in one term.
  static int64_t coefficient_of(const LinearForm& form, const std::string& var) {
    for (const Term& term : form.terms)
      if (const Var* alone = term.factors.size() == 1 ? term.factors[0].as<Var>() : nullptr)
        if (alone->name == var) return term.coefficient;
    return 0;
  }

  // True when no loop's variable is in the form.
  bool is_fixed(const LinearForm& form) const {
    for (const std::string& name : variables_of(build(pool_, form)))
      for (const Access* access : {&read_, &store_})
        for (const Around& loop : access->loops)
          if (loop.var == name) return false;
    return true;
  }

  const Access &read_, &store_;
  ExprPool& pool_;
  std::set<std::string> common_;
  std::vector<Subscript> subscripts_;
};

bool is_dense(const Buffer& buffer) {
  return buffer.layout.is_row_major() && buffer.base.empty() && buffer.strides.empty();
}

}  // namespace

bool reads_before_writes(const Function& function, const Buffer& input, const Buffer& result,
                         const Ranges& symbols) {
  if (input.type != result.type || input.extents != result.extents || !is_dense(input) ||
      !is_dense(result) || input.extents.empty())
    return false;
  ExprPool& pool = input.extents[0].pool();
  Collector collector(input.name, result.name, symbols, pool);
  if (has_bound_loops(function.body)) return false;  // threads run in any order
  collector.visit(function.body);
  if (!collector.understood) return false;
  for (const Access& read : collector.reads)
    for (const Access& store : collector.stores)
      if (!Pair(read, store, pool).is_safe()) return false;
  return true;
}

}  // namespace tenon::loop
