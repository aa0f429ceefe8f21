// Checks a module: its declarations, the calls of setup and main, and each function.
#include <map>
#include <set>

#include "ir/expr/text.h"
#include "ir/loop/constants.h"
#include "ir/loop/text.h"
#include "ir/loop/verify.h"
#include "ir/loop/verify_parts.h"

namespace tenon::loop {
namespace {

class ModuleVerifier {
 public:
  ModuleVerifier(const Module& module, const VerifyOptions& options)
      : module_(module), options_(options), ranges_(module.symbol_ranges()) {}

  std::vector<std::string> run();

 private:
  // What a buffer is for those who call.
  enum class Role { Input, Constant, Computed, Output, Local };
  struct Known {
    Buffer buffer;
    Role role = Role::Local;
    std::string owner;  // whose memory it is: itself, or the one that it lies over
    Expr begin, end;    // in bytes of that memory
  };

  template <class... Parts>
  void fault(const Parts&... parts) {
    faults_.add(parts...);
  }

  void declare(const Buffer& buffer, Role role);
  void check_constant(const Constant& constant);
  void check_index(Expr e, const std::string& what);
  void check_stmt(const Stmt& stmt);
  void check_alloc(const Buffer& buffer);
  void check_call(const Call& call);
  void check_argument(const Param& param, const Known& argument);
  bool is_written(const Known& known) const;
  bool are_apart(const Known& a, const Known& b) const;
  void mark_written(const Known& known) {
    written_[known.owner].push_back({known.begin, known.end});
  }

  const Module& module_;
  const VerifyOptions& options_;
  Ranges ranges_;
  FaultList faults_;
  std::map<std::string, Known> buffers_;
  std::map<std::string, std::vector<std::pair<Expr, Expr>>> written_;  // bytes, by owner
  bool in_setup_ = false;
};

std::vector<std::string> ModuleVerifier::run() {
  std::set<std::string> names;
  for (const Symbol& symbol : module_.symbols) {
    faults_.check_name(symbol.name, "symbol");
    if (!names.insert(symbol.name).second) fault("two symbols are named ", symbol.name);
    if (symbol.min > symbol.max || symbol.min < 0)
      fault("the bounds of ", symbol.name, " are ", symbol.min, "..", symbol.max);
  }
  for (Expr check : module_.checks) check_index(check, "a check");
  for (const Constant& constant : module_.constants) check_constant(constant);
  for (const Buffer& input : module_.inputs) declare(input, Role::Input);
  for (const Buffer& output : module_.outputs) declare(output, Role::Output);
  std::set<std::string> functions;
  for (const Function& function : module_.functions) {
    if (!functions.insert(function.name).second) fault("two functions are named ", function.name);
    for (const std::string& text : verify(function, ranges_, options_))
      fault("@", function.name, ": ", text);
  }
  in_setup_ = true;
  if (module_.setup) check_stmt(module_.setup);
  in_setup_ = false;
  if (module_.main) check_stmt(module_.main);
  faults_.enter({});
  for (const auto& [name, known] : buffers_)
    if ((known.role == Role::Computed || known.role == Role::Output) && !is_written(known))
      fault(name, " is never written");
  for (const ArenaSlot& slot : module_.arena) {
    auto found = buffers_.find(slot.buffer);
    if (found == buffers_.end() || found->second.role != Role::Local)
      fault("the arena holds ", slot.buffer, ", which is no buffer of main");
    check_index(slot.offset, "the offset of " + slot.buffer);
    check_index(slot.bytes, "the size of " + slot.buffer);
  }
  return faults_.take();
}

// ---- declarations -------------------------------------------------------------------------------

void ModuleVerifier::check_index(Expr e, const std::string& what) {
  if (!e) return fault(what, " is missing");
  for_each_node(e, [&](Expr node) {
    if (const Var* var = node.as<Var>(); var && !ranges_.find(var->name))
      fault(what, " uses ", var->name, ", which is no symbol");
    if (node.as<Read>()) fault(what, " reads ", node.as<Read>()->tensor);
  });
}

void ModuleVerifier::declare(const Buffer& buffer, Role role) {
  faults_.check_buffer(buffer);
  for (Expr extent : buffer.extents) check_index(extent, "an extent of " + buffer.name);
  bool outside = role == Role::Input || role == Role::Output;
  if (outside && !buffer.layout.is_row_major())
    fault(buffer.name, " has a layout that its caller does not know");
  if (!buffer.base.empty() || !buffer.strides.empty()) fault(buffer.name, " has a base or strides");
  Known known{buffer, role, buffer.name, module_.pool->index(0), {}};
  known.end = simplify(bytes_of(buffer, *module_.pool), ranges_);
  if (role == Role::Input || role == Role::Constant) mark_written(known);
  if (!buffers_.emplace(buffer.name, std::move(known)).second)
    fault("two buffers are named ", buffer.name);
}

void ModuleVerifier::check_constant(const Constant& constant) {
  const Buffer& buffer = constant.buffer;
  bool computed = constant.initializer.empty() && constant.bytes.empty();
  int64_t count = 1;
  for (Expr extent : buffer.extents) {
    const int64_t* literal = as_int(extent);
    if (!literal || *literal < 0)
      return fault("the constant ", buffer.name, " has an extent ", to_string(extent));
    count *= *literal;
  }
  computed = computed && count > 0;
  if (!constant.bytes.empty() &&
      static_cast<int64_t>(constant.bytes.size()) != bytes_of(buffer.type, count))
    fault("the constant ", buffer.name, " has ", constant.bytes.size(), " bytes");
  if (computed && !constant.copy_of.empty()) {
    auto original = buffers_.find(constant.copy_of);
    if (original == buffers_.end() || original->second.role != Role::Computed ||
        original->second.buffer.type != buffer.type ||
        literal_count(original->second.buffer.extents) != count)
      fault("the constant ", buffer.name, " is a copy of ", constant.copy_of,
            ", which is no computed constant of its type and size before it");
    computed = false;
  }
  if (!constant.bytes.empty() && !constant.initializer.empty())
    fault("the constant ", buffer.name, " has elements and an initializer");
  declare(buffer, computed ? Role::Computed : Role::Constant);
}

// ---- setup and main -----------------------------------------------------------------------------

void ModuleVerifier::check_stmt(const Stmt& stmt) {
  if (const Block* block = stmt.as<Block>()) {
    for (const Stmt& child : block->stmts) check_stmt(child);
    return;
  }
  faults_.enter(stmt);
  switch (stmt.kind()) {
    case StmtKind::Block:
    case StmtKind::Prefetch: break;
    case StmtKind::Call: check_call(*stmt.as<Call>()); break;
    case StmtKind::Alloc: check_alloc(stmt.as<Alloc>()->buffer); break;
    case StmtKind::Require: check_index(stmt.as<Require>()->condition, "the condition"); break;
    case StmtKind::If:
      check_index(stmt.as<If>()->condition, "the condition");
      check_stmt(stmt.as<If>()->then_body);
      if (stmt.as<If>()->else_body) check_stmt(stmt.as<If>()->else_body);
      break;
    case StmtKind::For: {
      const For* loop = stmt.as<For>();
      check_index(loop->extent, "the extent");
      if (ranges_.find(loop->var))
        return fault("the variable ", loop->var, " has a value here already");
      ranges_.set_extent(loop->var, loop->extent);
      check_stmt(loop->body);
      ranges_.erase(loop->var);
      break;
    }
    case StmtKind::Barrier:
    case StmtKind::Leaf:
    case StmtKind::Store: fault("main and setup hold calls only"); break;
  }
}

void ModuleVerifier::check_alloc(const Buffer& buffer) {
  declare(buffer, Role::Local);
  if (buffer.scope != Scope::Arena) fault("a buffer of main lies in the arena");
  if (buffer.alias_of.empty()) return;
  auto owner = buffers_.find(buffer.alias_of);
  if (owner == buffers_.end()) return fault("no buffer ", buffer.alias_of, " is known");
  Known& view = buffers_[buffer.name];
  view.owner = owner->second.owner;
  view.begin = owner->second.begin;
  if (buffer.alias_offset) {
    check_index(buffer.alias_offset, "the offset of " + buffer.name);
    view.begin = simplify(view.begin + buffer.alias_offset, ranges_);
  }
  view.end = simplify(view.begin + view.end, ranges_);
  if (!prove(le(owner->second.begin, view.begin), ranges_) ||
      !prove(le(view.end, owner->second.end), ranges_))
    fault("it is not proved that ", buffer.name, " fits over ", buffer.alias_of);
}

// True when what was written of its memory covers it, part after part.
bool ModuleVerifier::is_written(const Known& known) const {
  auto found = written_.find(known.owner);
  if (found == written_.end()) return false;
  Expr reached = known.begin;
  auto is_done = [&] { return reached == known.end || prove(le(known.end, reached), ranges_); };
  std::vector<bool> used(found->second.size(), false);
  for (size_t i = 0; i < used.size() && !is_done();) {
    const auto& [begin, end] = found->second[i];
    bool joins = !used[i] && (begin == reached || prove(le(begin, reached), ranges_)) &&
                 prove(le(reached, end), ranges_);
    if (joins) reached = end, used[i] = true;
    i = joins ? 0 : i + 1;
  }
  return is_done();
}

bool ModuleVerifier::are_apart(const Known& a, const Known& b) const {
  return a.owner != b.owner || prove(le(a.end, b.begin), ranges_) ||
         prove(le(b.end, a.begin), ranges_);
}

void ModuleVerifier::check_call(const Call& call) {
  const Function* function = module_.find_function(call.function);
  if (!function) return fault("no function ", call.function, " is known");
  if (function->params.size() != call.arguments.size())
    return fault(call.arguments.size(), " arguments for ", function->params.size(), " parameters");
  std::vector<const Known*> arguments;
  for (const std::string& name : call.arguments) {
    auto found = buffers_.find(name);
    if (found == buffers_.end()) return fault("no buffer ", name, " is known");
    arguments.push_back(&found->second);
  }
  auto writes = [&](size_t i) { return writes_to(function->params[i].kind); };
  for (size_t i = 0; i < arguments.size(); ++i) {
    check_argument(function->params[i], *arguments[i]);
    for (size_t k = 0; k < i; ++k)
      if ((writes(i) || writes(k)) && !are_apart(*arguments[k], *arguments[i]))
        fault(call.arguments[k], " and ", call.arguments[i],
              " are one memory, and one of them is written");
  }
  for (size_t i = 0; i < arguments.size(); ++i)
    if (writes(i)) mark_written(*arguments[i]);
}

void ModuleVerifier::check_argument(const Param& param, const Known& argument) {
  const std::string& name = argument.buffer.name;
  ExprPool& pool = *module_.pool;
  if (param.buffer.type != argument.buffer.type)
    fault(name, " holds ", name_of(argument.buffer.type), ", parameter ", param.buffer.name, " ",
          name_of(param.buffer.type));
  // What setup writes row-major is packed afterwards, as main wants it. Until
  // assign_constant_layouts has run, a constant may be packed by the kernel only. Elements count
  // then.
  bool packed_later =
      in_setup_ && argument.role == Role::Computed && param.buffer.layout.is_row_major();
  bool packed_by_kernel = param.kind == ParamKind::Const && argument.buffer.layout.is_row_major();
  auto bytes = [&](Buffer buffer) {
    if (packed_later || packed_by_kernel) buffer.layout = {};
    return simplify(bytes_of(buffer, pool), ranges_);
  };
  Expr given = bytes(argument.buffer), taken = bytes(param.buffer);
  if (param.buffer.strides.empty() && given != taken && !prove(eq(given, taken), ranges_))
    fault(name, " has ", to_string(given), " bytes, parameter ", param.buffer.name, " ",
          to_string(taken));
  bool writes = writes_to(param.kind), reads = !writes || param.kind == ParamKind::InOut;
  if (reads && !is_written(argument)) fault(name, " is read before anything wrote it");
  if (!writes) return;
  Role role = buffers_.at(argument.owner).role;
  bool allowed = role == Role::Local || (role == Role::Output && !in_setup_) ||
                 (role == Role::Computed && in_setup_);
  if (!allowed) fault(name, " is not to be written here");
}

}  // namespace

std::vector<std::string> verify(const Module& module, const VerifyOptions& options) {
  return ModuleVerifier(module, options).run();
}

}  // namespace tenon::loop
