// A result takes the place of an input that dies at its call.
//
//   func @add(x: f32[8], b: f32[8], out y: f32[8]) { for i in 8 { y[i] = x[i] + b[i] } }
//   buffer y: f32[8] in arena          call @add(x, b, y)        x is read by nobody after
//   ->
//   func @add_in_place(b: f32[8], inout y: f32[8]) { for i in 8 { y[i] = y[i] + b[i] } }
//   buffer y: f32[8] over x in arena   call @add_in_place(b, y)
//
// Right where the kernel reads each element before it writes it, in the same chunk
// (reads_before_writes.h). Only whole buffers of main give their place away, so no plan needs more
// memory than before. A kernel with other calls stays beside its copy.
#include <set>

#include "ir/expr/rename_reads.h"
#include "ir/loop/passes.h"
#include "ir/loop/places.h"
#include "ir/loop/reads_before_writes.h"

namespace tenon::loop {
namespace {

class Rename final : public StmtRewriter {
 public:
  Rename(ExprPool& pool, const std::string& from, const std::string& to)
      : reads_(pool, [this](const std::string& name) { return name == from_ ? to_ : name; }),
        from_(from),
        to_(to) {}

  Expr rewrite_expr(Expr e) override { return reads_(e); }
  Stmt rewrite(const Stmt& stmt) override {
    const Prefetch* prefetch = stmt.as<Prefetch>();
    if (!prefetch || prefetch->buffer != from_) return rewrite_children(stmt);
    return Prefetch{to_, prefetch->indices};
  }

 private:
  RenameReads reads_;
  const std::string &from_, &to_;
};

class ReuseInputs {
 public:
  explicit ReuseInputs(Module& module)
      : module_(module), pool_(*module.pool), ranges_(module.symbol_ranges()) {}

  void run() {
    if (!collect()) return;
    for (size_t i = 0; i < calls_.size(); ++i)
      while (reuse(i)) {
      }
    finish();
  }

 private:
  // The calls and buffers of main; false where it is more than a list of them.
  bool collect() {
    bool is_list = true;
    for_each_stmt(module_.main, [&](const Stmt& stmt) {
      if (const Call* call = stmt.as<Call>()) {
        calls_.push_back(*call);
      } else if (const Alloc* alloc = stmt.as<Alloc>()) {
        order_[alloc->buffer.name] = buffers_.size();
        buffers_.push_back(alloc->buffer);
      } else {
        is_list = is_list && stmt.kind() == StmtKind::Block;
      }
    });
    for (const Function& function : module_.functions) functions_[function.name] = &function;
    views_ = view_places(module_);
    return is_list;
  }

  const std::string& owner(const std::string& buffer) const {
    auto view = views_.find(buffer);
    return view == views_.end() ? buffer : view->second.owner;
  }

  // A buffer of main, if it or one that it lies over from end to end has memory of its own.
  const Buffer* whole_buffer(const std::string& name) const {
    auto found = order_.find(name), own = order_.find(owner(name));
    if (found == order_.end() || own == order_.end()) return nullptr;
    const Buffer& buffer = buffers_[found->second];
    if (&buffer == &buffers_[own->second]) return &buffer;
    Expr bytes = simplify(bytes_of(buffer, pool_), ranges_),
         all = simplify(bytes_of(buffers_[own->second], pool_), ranges_);
    return is_int(views_.at(name).offset, 0) && bytes == all ? &buffer : nullptr;
  }

  // True when a call in [first, last) has an argument in the memory of this buffer.
  bool is_used(const std::string& name, size_t first, size_t last) const {
    for (size_t i = first; i < last; ++i)
      for (const std::string& argument : calls_[i].arguments)
        if (owner(argument) == owner(name)) return true;
    return false;
  }

  // Merges one pair of arguments of the call; false where there is none to merge.
  bool reuse(size_t index) {
    const Function& function = *functions_.at(calls_[index].function);
    for (size_t result = 0; result < function.params.size(); ++result) {
      if (function.params[result].kind != ParamKind::Out || !is_new(index, result)) continue;
      for (size_t input = 0; input < function.params.size(); ++input)
        if (function.params[input].kind == ParamKind::In && dies(index, input, result) &&
            may_share(function, input, result)) {
          merge(index, input, result);
          return true;
        }
    }
    return false;
  }

  // The result's memory is its own, and nothing has used it.
  bool is_new(size_t index, size_t result) const {
    const std::string& name = calls_[index].arguments[result];
    return order_.count(name) && !views_.count(name) && !is_used(name, 0, index);
  }

  // Nobody reads the input after this call, and no other argument of it lies in the same memory.
  bool dies(size_t index, size_t input, size_t result) const {
    const std::vector<std::string>& arguments = calls_[index].arguments;
    if (!whole_buffer(arguments[input]) ||
        order_.at(arguments[input]) >= order_.at(arguments[result]))
      return false;
    for (size_t i = 0; i < arguments.size(); ++i)
      if (i != input && owner(arguments[i]) == owner(arguments[input])) return false;
    return !is_used(arguments[input], index + 1, calls_.size());
  }

  bool may_share(const Function& function, size_t input, size_t result) {
    auto [known, is_new] = proofs_.try_emplace({function.name, input, result}, false);
    if (is_new)
      known->second = reads_before_writes(function, function.params[input].buffer,
                                          function.params[result].buffer, ranges_);
    return known->second;
  }

  void merge(size_t index, size_t input, size_t result) {
    Call& call = calls_[index];
    Buffer& buffer = buffers_[order_.at(call.arguments[result])];
    buffer.alias_of = call.arguments[input];
    Place place = place_of(views_, buffer.alias_of, pool_);
    views_[buffer.name] = place;
    for (auto& [name, view] : views_)
      if (view.owner == buffer.name) view.owner = place.owner;  // at the same offset
    call.function = merged(*functions_.at(call.function), input, result).name;
    call.arguments.erase(call.arguments.begin() + static_cast<std::ptrdiff_t>(input));
  }

  // The copy of a function in which the result is the input too.
  const Function& merged(const Function& function, size_t input, size_t result) {
    auto [made, is_new] = merged_.try_emplace({function.name, input, result});
    if (!is_new) return *made->second;
    auto copy = std::make_unique<Function>(function);
    copy->name += "_in_place";
    for (int i = 2; functions_.count(copy->name); ++i)
      copy->name = function.name + "_in_place_" + std::to_string(i);
    copy->params[result].kind = ParamKind::InOut;
    const std::string &from = function.params[input].buffer.name,
                      &to = function.params[result].buffer.name;
    copy->body = Rename(pool_, from, to).rewrite(function.body);
    for (std::string& line : copy->meaning)
      line = replace_words(line, [&](const std::string& word) { return word == from ? to : word; });
    copy->params.erase(copy->params.begin() + static_cast<std::ptrdiff_t>(input));
    functions_[copy->name] = copy.get();
    behind_[function.name].push_back(copy->name);
    made->second = std::move(copy);
    return *made->second;
  }

  // The new main; each function with its copies behind it, without those that lost all their calls.
  void finish() {
    std::set<std::string> called, once_called;
    for (const Call& call : calls_) called.insert(call.function);
    auto keep = [&](const Stmt& stmt) {
      if (const Call* call = stmt.as<Call>()) once_called.insert(call->function);
    };
    for_each_stmt(module_.main, keep);
    for_each_stmt(module_.setup, [&](const Stmt& stmt) {
      if (const Call* call = stmt.as<Call>()) called.insert(call->function);
    });
    std::vector<Function> functions;
    std::function<void(const Function&)> add = [&](const Function& function) {
      bool is_copy = !module_.find_function(function.name);
      if (called.count(function.name) || (!is_copy && !once_called.count(function.name)))
        functions.push_back(function);
      for (const std::string& copy : behind_[function.name]) add(*functions_.at(copy));
    };
    for (const Function& function : module_.functions) add(function);

    size_t next_call = 0, next_buffer = 0;
    std::vector<Stmt> stmts;
    for_each_stmt(module_.main, [&](const Stmt& stmt) {
      if (stmt.kind() == StmtKind::Call) stmts.emplace_back(calls_[next_call++]);
      if (stmt.kind() == StmtKind::Alloc) stmts.emplace_back(Alloc{buffers_[next_buffer++]});
    });
    module_.main = block(std::move(stmts));
    module_.functions = std::move(functions);
  }

  using Pair = std::tuple<std::string, size_t, size_t>;  // a function, and two of its parameters
  Module& module_;
  ExprPool& pool_;
  Ranges ranges_;
  std::vector<Call> calls_;
  std::vector<Buffer> buffers_;
  std::map<std::string, size_t> order_;  // of the buffers of main
  std::map<std::string, Place> views_;
  std::map<std::string, const Function*> functions_;
  std::map<Pair, bool> proofs_;
  std::map<Pair, std::unique_ptr<Function>> merged_;
  std::map<std::string, std::vector<std::string>> behind_;  // copies of a function, in order
};

}  // namespace

void reuse_inputs(Module& module) { ReuseInputs(module).run(); }

}  // namespace tenon::loop
