// The nests of a function become functions of their own, called one after the other; what one hands
// on to the next becomes a buffer of main.
//
//   func @f(x: f32[8], out y: f32[8]) { buffer t: f32[8] in arena   for i in 8 { t .. x .. }   for j in 8 { y .. t .. } }
//   call @f(x, y)
//   ->
//   func @f_1(x: f32[8], out t: f32[8]) { for i in 8 { ... } }   func @f_2(out y: f32[8], t: f32[8]) { for j in 8 { ... } }
//   buffer f.t: f32[8] in arena   call @f_1(x, f.t)   call @f_2(y, f.t)
#include <algorithm>
#include <map>
#include <set>

#include "ir/loop/passes.h"
#include "ir/loop/places.h"

namespace tenon::loop {
namespace {

// A function's declarations and the statements that are its parts.
struct Parts {
  std::vector<Buffer> locals;
  std::vector<Stmt> nests;
  std::set<std::string> pieces;  // tensors that several nests write
};

struct Uses {
  std::set<std::string> read, written;
};

Uses uses_of(const Stmt& nest) {
  Uses uses;
  for_each_stmt(nest, [&](const Stmt& stmt) {
    if (const Store* store = stmt.as<Store>()) uses.written.insert(store->buffer);
    if (const Leaf* leaf = stmt.as<Leaf>()) uses.written.insert(leaf->stage->tensor);
  });
  for_each_expr(nest, [&](Expr e) {
    for_each_node(e, [&](Expr node) {
      if (const Read* read = node.as<Read>()) uses.read.insert(read->tensor);
    });
  });
  return uses;
}

// The tensor that a line of a function's meaning gives: h of "h[i:8] = ..." and of
// "scan t in 4: h[t] = ...".
std::string written_by(const std::string& line) {
  size_t end = line.find('['), space = line.rfind(' ', end);
  size_t begin = space == std::string::npos ? 0 : space + 1;
  return line.substr(begin, end - begin);
}

// Nests that write one tensor, of which one reads it, stay together, with all between them. Pieces
// of a tensor that only write it are parts of their own.
Parts parts_of(const Function& function) {
  Parts parts;
  std::vector<Stmt> stmts = {function.body};
  if (const Block* block = function.body.as<Block>()) stmts = block->stmts;
  std::vector<std::set<std::string>> written;
  std::map<std::string, int> writers;
  std::set<std::string> read_by_writers;
  for (const Stmt& stmt : stmts) {
    Uses uses = uses_of(stmt);
    for (const std::string& name : uses.written) {
      ++writers[name];
      if (uses.read.count(name)) read_by_writers.insert(name);
    }
  }
  for (const auto& [name, count] : writers)
    if (count > 1 && !read_by_writers.count(name)) parts.pieces.insert(name);
  for (const Stmt& stmt : stmts) {
    if (const Alloc* alloc = stmt.as<Alloc>()) {
      parts.locals.push_back(alloc->buffer);
      continue;
    }
    std::vector<Stmt> nests = {stmt};
    std::set<std::string> own = uses_of(stmt).written;
    for (const std::string& name : parts.pieces) own.erase(name);
    size_t first = written.size();
    while (first > 0 && std::any_of(own.begin(), own.end(), [&](const std::string& name) {
             return std::any_of(written.begin(),
                                written.begin() + static_cast<std::ptrdiff_t>(first),
                                [&](const auto& names) { return names.count(name) > 0; });
           })) {
      --first;
      nests.insert(nests.begin(), parts.nests[first]);
      own.insert(written[first].begin(), written[first].end());
    }
    parts.nests.resize(first);
    written.resize(first);
    parts.nests.push_back(block(std::move(nests)));
    written.push_back(std::move(own));
  }
  return parts;
}

// Which reductions and kinds a part has decides how it is scheduled.
std::string class_of(const Function& function, const Stmt& nest) {
  std::string reduces;
  bool has_anchor = false;
  for_each_stmt(nest, [&](const Stmt& stmt) {
    const Leaf* leaf = stmt.as<Leaf>();
    if (!leaf) return;
    has_anchor = has_anchor || leaf->stage->name == function.anchor_stage;
    if (leaf->stage->reducer != Reducer::None) reduces = "reduce";
  });
  return has_anchor && !function.anchor_class.empty() ? function.anchor_class : reduces;
}

// Calls of the parts in place of those of the whole.
class CallParts final : public StmtRewriter {
 public:
  CallParts(const Function& whole, const std::vector<Function>& parts,
            const std::vector<Buffer>& locals, Module& module)
      : whole_(whole), parts_(parts), locals_(locals) {
    names_ = names_in_main(module);
  }

  Stmt rewrite(const Stmt& stmt) override {
    const Call* call = stmt.as<Call>();
    if (!call || call->function != whole_.name) return rewrite_children(stmt);
    std::map<std::string, std::string> arguments;
    for (size_t i = 0; i < whole_.params.size(); ++i)
      arguments[whole_.params[i].buffer.name] = call->arguments[i];
    std::vector<Stmt> stmts;
    for (const Buffer& local : locals_) {
      Buffer buffer = local;
      buffer.name = whole_.name + "." + local.name;
      for (int copy = 2; !names_.insert(buffer.name).second; ++copy)
        buffer.name = whole_.name + "." + local.name + "." + std::to_string(copy);
      arguments[local.name] = buffer.name;
      stmts.push_back(Alloc{std::move(buffer)});
    }
    for (const Function& part : parts_) {
      Call partial{part.name, {}, call->location};
      for (const Param& param : part.params)
        partial.arguments.push_back(arguments.at(param.buffer.name));
      stmts.push_back(std::move(partial));
    }
    return block(std::move(stmts));
  }

 private:
  const Function& whole_;
  const std::vector<Function>& parts_;
  const std::vector<Buffer>& locals_;
  std::set<std::string> names_;
};

}  // namespace

void split_nests(Module& module, const std::string& name) {
  auto found = std::find_if(module.functions.begin(), module.functions.end(),
                            [&](const Function& function) { return function.name == name; });
  TENON_CHECK(found != module.functions.end(), name + " is no function");
  const Function whole = *found;
  Parts parts = parts_of(whole);
  if (parts.nests.size() < 2) return;
  auto is_of_one_part = [&](const Buffer& buffer) {
    return 1 == std::count_if(parts.nests.begin(), parts.nests.end(), [&](const Stmt& nest) {
             Uses uses = uses_of(nest);
             return uses.read.count(buffer.name) || uses.written.count(buffer.name);
           });
  };
  std::vector<Buffer> handed_on;
  for (const Buffer& local : parts.locals)
    if (!is_of_one_part(local)) handed_on.push_back(local);
  std::vector<Function> functions;
  for (size_t i = 0; i < parts.nests.size(); ++i) {
    Function part;
    part.name = whole.name;
    for (int copy = 0; module.find_function(part.name); ++copy)
      part.name =
          whole.name + "_" + std::to_string(i + 1) + std::string(static_cast<size_t>(copy), '_');
    part.body = parts.nests[i];
    part.location = whole.location;
    part.anchor_class = class_of(whole, part.body);
    Uses uses = uses_of(part.body);
    for_each_stmt(part.body, [&](const Stmt& stmt) {
      const Leaf* leaf = stmt.as<Leaf>();
      if (leaf && (part.anchor_stage.empty() || leaf->stage->name == whole.anchor_stage))
        part.anchor_stage = leaf->stage->name;
    });
    if (part.anchor_class.empty()) part.anchor_stage = "";
    auto add = [&](const Buffer& buffer, ParamKind kind) {
      bool reads = uses.read.count(buffer.name), writes = uses.written.count(buffer.name);
      if (!reads && !writes) return;
      if (writes) kind = parts.pieces.count(buffer.name) ? ParamKind::Part : ParamKind::Out;
      if (!writes && kind != ParamKind::Const) kind = ParamKind::In;
      part.params.push_back({kind, buffer});
      part.params.back().buffer.scope = kind == ParamKind::Const ? Scope::Constant : Scope::Arena;
    };
    for (const std::string& line : whole.meaning)
      if (uses.written.count(written_by(line))) part.meaning.push_back(line);
    for (const Param& param : whole.params) add(param.buffer, param.kind);
    std::vector<Stmt> body;
    for (const Buffer& local : parts.locals)
      if (!is_of_one_part(local))
        add(local, ParamKind::In);
      else if (uses.written.count(local.name))
        body.push_back(Alloc{local});
    body.push_back(part.body);
    part.body = block(std::move(body));
    functions.push_back(std::move(part));
  }
  module.main = CallParts(whole, functions, handed_on, module).rewrite(module.main);
  auto at = module.functions.begin() + (found - module.functions.begin());
  bool in_setup = false;
  for_each_stmt(module.setup, [&](const Stmt& stmt) {
    in_setup = in_setup || (stmt.as<Call>() && stmt.as<Call>()->function == whole.name);
  });
  at = in_setup ? at + 1 : module.functions.erase(at);
  module.functions.insert(at, functions.begin(), functions.end());
}

}  // namespace tenon::loop
