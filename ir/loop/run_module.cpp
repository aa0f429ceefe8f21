// Runs whole modules in the interpreter: constants, setup, main.
//
//   main { buffer t: f32[4] in arena   call @f(x, t)   call @g(t, y) }
#include <algorithm>
#include <cstring>
#include <set>

#include "ir/loop/constants.h"
#include "ir/loop/interpreter.h"
#include "ir/loop/text.h"

namespace tenon::loop {
namespace {

// Bytes and a flag for each.
struct Storage {
  std::vector<uint8_t> bytes, written;
  void resize(int64_t size, uint8_t flag) {
    bytes.assign(static_cast<size_t>(size), 0);
    written.assign(static_cast<size_t>(size), flag);
  }
  Memory memory() { return {bytes, written}; }
};

// The constants that setup writes row-major and main reads in another layout.
std::set<std::string> packed_after_setup(const Module& module) {
  std::set<std::string> row_major, result;
  for_each_stmt(module.setup, [&](const Stmt& stmt) {
    const Call* call = stmt.as<Call>();
    const Function* function = call ? module.find_function(call->function) : nullptr;
    for (size_t i = 0; function && i < function->params.size(); ++i)
      if (function->params[i].kind == ParamKind::Out &&
          function->params[i].buffer.layout.is_row_major())
        row_major.insert(call->arguments.at(i));
  });
  for (const Constant& constant : module.constants)
    if (!constant.buffer.layout.is_row_major() && row_major.count(constant.buffer.name))
      result.insert(constant.buffer.name);
  return result;
}

class ModuleRunner {
 public:
  ModuleRunner(const Module& module, const SymbolValues& symbols)
      : module_(module), symbols_(symbols) {
    for (const ArenaSlot& slot : module.arena) slots_[slot.buffer] = &slot;
  }

  ModuleOutcome run(const InitializerProvider& initializers,
                    std::span<const std::vector<uint8_t>> inputs);

 private:
  int64_t evaluate(Expr e) const { return evaluate_index(e, symbols_); }

  // The buffer with extents that are literals.
  Buffer sized(const Buffer& buffer) const {
    Buffer result = buffer;
    for (Expr& extent : result.extents) extent = module_.pool->index(evaluate(extent));
    return result;
  }

  /// Memory of its own; `row_major` elements go to where the layout puts them.
  void own(const Buffer& buffer, const std::vector<uint8_t>* row_major) {
    Buffer known = sized(buffer);
    Storage& storage = storage_[buffer.name];
    storage.resize(physical_bytes(known), row_major != nullptr);
    if (row_major) pack_elements(known, *row_major, storage.bytes);
    memory_[buffer.name] = storage.memory();
  }

  void run_stmt(const Stmt& stmt, Outcome& outcome);
  void run_alloc(const Buffer& buffer);
  void run_call(const Call& call, Outcome& outcome);
  std::vector<uint8_t> elements_of(const Buffer& buffer, Outcome& outcome) const;

  const Module& module_;
  SymbolValues symbols_;  // and the loop variables of main
  std::map<std::string, const ArenaSlot*> slots_;
  std::map<std::string, Storage> storage_;
  std::map<std::string, Memory> memory_;
  std::map<std::string, Interpreter> compiled_;
  Storage arena_;
};

ModuleOutcome ModuleRunner::run(const InitializerProvider& initializers,
                                std::span<const std::vector<uint8_t>> inputs) {
  TENON_CHECK(inputs.size() == module_.inputs.size(), "the number of inputs");
  ModuleOutcome result;
  if (module_.arena_bytes) arena_.resize(evaluate(module_.arena_bytes), 0);
  std::set<std::string> packed_later = packed_after_setup(module_);
  for (const Constant& constant : module_.constants) {
    std::vector<uint8_t> elements =
        constant.initializer.empty() ? constant.bytes : initializers(constant);
    bool computed = constant.initializer.empty() && constant.bytes.empty() &&
                    physical_bytes(constant.buffer) > 0;
    Buffer buffer = constant.buffer;
    if (packed_later.count(buffer.name)) buffer.layout = {};
    own(buffer, computed ? nullptr : &elements);
  }
  for (size_t i = 0; i < inputs.size(); ++i) own(module_.inputs[i], &inputs[i]);
  for (const Buffer& output : module_.outputs) own(output, nullptr);
  run_stmt(module_.setup, result.outcome);
  for (const Constant& constant : module_.constants)
    if (!constant.copy_of.empty()) own(constant.buffer, &storage_.at(constant.copy_of).bytes);
  for (const Constant& constant : module_.constants) {
    if (!packed_later.count(constant.buffer.name)) continue;
    std::vector<uint8_t> row_major = std::move(storage_.at(constant.buffer.name).bytes);
    own(constant.buffer, &row_major);
  }
  run_stmt(module_.main, result.outcome);
  for (const Buffer& output : module_.outputs)
    result.outputs.push_back(elements_of(output, result.outcome));
  return result;
}

void ModuleRunner::run_stmt(const Stmt& stmt, Outcome& outcome) {
  if (!stmt || outcome.fault) return;
  switch (stmt.kind()) {
    case StmtKind::Block:
      for (const Stmt& child : stmt.as<Block>()->stmts) run_stmt(child, outcome);
      return;
    case StmtKind::For: {
      const For* loop = stmt.as<For>();
      int64_t extent = evaluate(loop->extent);
      for (int64_t i = 0; i < extent; ++i) {
        symbols_[loop->var] = i;
        run_stmt(loop->body, outcome);
      }
      symbols_.erase(loop->var);
      return;
    }
    case StmtKind::If:
      run_stmt(
          evaluate(stmt.as<If>()->condition) ? stmt.as<If>()->then_body : stmt.as<If>()->else_body,
          outcome);
      return;
    case StmtKind::Alloc: return run_alloc(stmt.as<Alloc>()->buffer);
    case StmtKind::Call: return run_call(*stmt.as<Call>(), outcome);
    case StmtKind::Require:
      if (!evaluate(stmt.as<Require>()->condition) && !outcome.failed_require)
        outcome.failed_require = stmt.as<Require>()->location;
      return;
    case StmtKind::Prefetch: return;
    case StmtKind::Barrier:
    case StmtKind::Leaf:
    case StmtKind::Store: break;
  }
  TENON_CHECK(false, "main holds " + head_text(stmt));
}

void ModuleRunner::run_alloc(const Buffer& buffer) {
  if (!buffer.alias_of.empty()) {
    auto owner = memory_.find(buffer.alias_of);
    TENON_CHECK(owner != memory_.end(), "the memory of " + buffer.alias_of);
    auto offset = static_cast<size_t>(buffer.alias_offset ? evaluate(buffer.alias_offset) : 0);
    auto bytes = static_cast<size_t>(physical_bytes(sized(buffer)));
    const Memory& whole = owner->second;
    TENON_CHECK(offset <= whole.bytes.size() && bytes <= whole.bytes.size() - offset,
                buffer.name + " does not fit over " + buffer.alias_of);
    memory_[buffer.name] = {whole.bytes.subspan(offset, bytes),
                            whole.written.subspan(offset, bytes)};
    return;
  }
  auto slot = slots_.find(buffer.name);
  if (slot == slots_.end()) return own(buffer, nullptr);
  int64_t offset = evaluate(slot->second->offset), bytes = physical_bytes(sized(buffer));
  bool inside = offset >= 0 && bytes <= evaluate(slot->second->bytes) &&
                offset + bytes <= static_cast<int64_t>(arena_.bytes.size());
  TENON_CHECK(inside, "the arena has no room for " + buffer.name);
  auto part = [&](std::vector<uint8_t>& all) {
    return std::span(all).subspan(static_cast<size_t>(offset), static_cast<size_t>(bytes));
  };
  memory_[buffer.name] = {part(arena_.bytes), part(arena_.written)};
}

void ModuleRunner::run_call(const Call& call, Outcome& outcome) {
  auto compiled = compiled_.find(call.function);
  if (compiled == compiled_.end()) {
    const Function* function = module_.find_function(call.function);
    TENON_CHECK(function, "no function " + call.function);
    compiled = compiled_.emplace(call.function, Interpreter(*function, symbols_)).first;
  }
  std::vector<Memory> arguments;
  for (const std::string& name : call.arguments) {
    auto memory = memory_.find(name);
    TENON_CHECK(memory != memory_.end(), "the argument " + name + " of " + call.function);
    arguments.push_back(memory->second);
  }
  Outcome result = compiled->second.run(arguments);
  if (result.fault) {
    outcome.fault = result.fault;
    outcome.fault->message = call.function + ": " + outcome.fault->message;
    if (outcome.fault->location.empty()) outcome.fault->location = call.location;
  }
  if (result.failed_require && !outcome.failed_require)
    outcome.failed_require = result.failed_require;
}

std::vector<uint8_t> ModuleRunner::elements_of(const Buffer& buffer, Outcome& outcome) const {
  if (outcome.fault) return {};
  const Memory& memory = memory_.at(buffer.name);
  if (std::find(memory.written.begin(), memory.written.end(), 0) != memory.written.end() &&
      !outcome.failed_require)
    outcome.fault = Fault{"the output " + buffer.name + " is not all written", {}};
  Buffer known = sized(buffer);
  TENON_CHECK(known.layout.is_row_major(), "the output " + buffer.name + " is not row-major");
  return {memory.bytes.begin(), memory.bytes.end()};
}

}  // namespace

int64_t evaluate_index(Expr e, const SymbolValues& symbols) {
  std::vector<Substitution> values;
  for (const std::string& name : variables_of(e)) {
    auto found = symbols.find(name);
    TENON_CHECK(found != symbols.end(), "the symbol " + name + " has no value");
    values.push_back({name, e.pool().index(found->second)});
  }
  // Literals fold as nodes are made.
  Expr result = substitute(e, values);
  const int64_t* literal = as_int(result);
  TENON_CHECK(literal, "an index expression of more than symbols");
  return *literal;
}

ModuleOutcome run_module(const Module& module, const InitializerProvider& initializers,
                         std::span<const std::vector<uint8_t>> inputs,
                         const SymbolValues& symbols) {
  return ModuleRunner(module, symbols).run(initializers, inputs);
}

}  // namespace tenon::loop
