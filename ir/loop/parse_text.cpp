// Parsing of the loop level: a descent over the lines that print_text.cpp writes. Only what parsing
// needs is checked here (element types of what expressions read, ranks of layouts); verify.h checks
// the rest.
#include <map>

#include "ir/expr/element.h"
#include "ir/loop/constants.h"
#include "ir/loop/stage_text.h"
#include "ir/loop/text.h"

namespace tenon::loop {
namespace {

constexpr std::string_view kScopes[] = {
#define X(name, text) text,
    TENON_SCOPES(X)
#undef X
};
constexpr std::string_view kLoopKinds[] = {
#define X(name, text, bound) text,
    TENON_LOOP_KINDS(X)
#undef X
};

// Deeper nests are no program: the limit keeps a hostile text from exhausting the stack.
constexpr int kDeepestNest = 200;
constexpr int64_t kMostInlineElements = int64_t{1} << 16;

class Parser {
 public:
  Parser(Lexer& lexer, ExprPool& pool) : lexer_(lexer), pool_(pool) {}

  Function parse_function();
  void parse_declaration(Module& module);
  bool at_function() const { return lexer_.next_is("func"); }

 private:
  ElementTypes types() {
    return [this](const std::string& name) -> std::optional<DType> {
      auto found = types_.find(name);
      return found == types_.end() ? std::nullopt : std::optional(found->second);
    };
  }
  Expr parse_value() { return parse_expr(lexer_, pool_, types()); }
  Expr parse_bool() { return parse_condition(lexer_, pool_, types()); }

  Expr parse_subscript() {
    Token start = lexer_.peek();
    Expr e = parse_value();
    if (e.type() != DType::Index) lexer_.fail_at(start, "expected an index expression");
    return e;
  }

  std::vector<Expr> parse_subscripts() {
    std::vector<Expr> list;
    lexer_.expect("[");
    if (lexer_.accept("]")) return list;
    do {
      list.push_back(parse_subscript());
    } while (lexer_.accept(","));
    lexer_.expect("]");
    return list;
  }

  Buffer parse_buffer() {
    Buffer buffer;
    buffer.name = lexer_.expect_word("the name of a buffer");
    lexer_.expect(":");
    TypeText type = parse_type(lexer_, pool_);
    buffer.type = type.type;
    buffer.extents = std::move(type.extents);
    buffer.layout = std::move(type.layout);
    if (lexer_.accept("at")) buffer.base = parse_index_list(lexer_, pool_);
    if (lexer_.accept("strides")) buffer.strides = parse_index_list(lexer_, pool_);
    if (lexer_.accept("over")) {
      buffer.alias_of = lexer_.expect_word("the name of a buffer");
      if (lexer_.accept("at")) buffer.alias_offset = parse_index(lexer_, pool_);
    }
    types_[buffer.name] = buffer.type;
    return buffer;
  }

  Scope parse_scope() {
    for (size_t i = 0; i < std::size(kScopes); ++i)
      if (lexer_.accept(kScopes[i])) return static_cast<Scope>(i);
    lexer_.fail("expected the scope of a buffer");
  }

  Stmt parse_body();
  Stmt parse_statement();
  Stmt parse_for();
  Stmt parse_leaf();
  bool guard_follows() const;
  Stmt parse_if();
  Stmt parse_call();
  Param parse_param();
  std::vector<std::string> accept_lines(const char* head);
  Constant parse_constant();
  std::vector<uint8_t> parse_elements(const Buffer& buffer);
  void parse_tensor(Module& module, std::vector<Buffer>& list);
  void parse_arena(Module& module);

  Lexer& lexer_;
  ExprPool& pool_;
  std::map<std::string, DType> types_;  // of the buffers in scope
  int depth_ = 0;
};

// ---- statements ---------------------------------------------------------------------------------

Stmt Parser::parse_body() {
  lexer_.expect("{");
  if (++depth_ > kDeepestNest) lexer_.fail("statements are nested too deeply");
  std::map<std::string, DType> outer = types_;
  std::vector<Stmt> stmts;
  while (!lexer_.accept("}")) stmts.push_back(parse_statement());
  types_ = std::move(outer);
  --depth_;
  return block(std::move(stmts));
}

Stmt Parser::parse_statement() {
  // A buffer may have the name of a statement: what stands before `[` is a buffer.
  bool store = lexer_.peek().kind == TokenKind::Word && lexer_.next_is("[", 1);
  if (!store) {
    if (lexer_.accept("for")) return parse_for();
    if (lexer_.accept("stage")) return parse_leaf();
    if (lexer_.accept("if")) return parse_if();
    if (lexer_.accept("call")) return parse_call();
    if (lexer_.accept("buffer")) {
      Alloc alloc{parse_buffer()};
      lexer_.expect("in");
      alloc.buffer.scope = parse_scope();
      return alloc;
    }
    if (lexer_.accept("require")) {
      Require require{parse_bool(), {}};
      require.location = lexer_.accept_location();
      return require;
    }
    if (lexer_.accept("prefetch")) {
      Prefetch prefetch;
      prefetch.buffer = lexer_.expect_word("the name of a buffer");
      prefetch.indices = parse_subscripts();
      return prefetch;
    }
    if (lexer_.accept("barrier")) return Barrier{};
    lexer_.fail("expected a statement");
  }
  Store result;
  result.buffer = lexer_.expect_word("the name of a buffer");
  result.indices = parse_subscripts();
  lexer_.expect("=");
  result.value = parse_value();
  result.location = lexer_.accept_location();
  return result;
}

Stmt Parser::parse_for() {
  For loop;
  for (size_t i = 1; i < std::size(kLoopKinds); ++i)
    if (lexer_.next_is(kLoopKinds[i]) && !lexer_.next_is("in", 1)) {
      lexer_.next();
      loop.kind = static_cast<LoopKind>(i);
      break;
    }
  loop.var = lexer_.expect_word("the name of a loop variable");
  lexer_.expect("in");
  loop.extent = parse_subscript();
  if (lexer_.accept("chunk")) loop.chunk = lexer_.expect_integer("the iterations of a chunk");
  loop.location = lexer_.accept_location();
  loop.body = parse_body();
  return loop;
}

// The `if` behind a stage is its guard, unless a block follows the condition: then it is the next
// statement.
bool Parser::guard_follows() const {
  if (!lexer_.next_is("if")) return false;
  for (int ahead = 1; lexer_.peek(ahead).kind != TokenKind::End; ++ahead) {
    if (lexer_.next_is("{", ahead)) return false;
    for (const char* end : {"}", "stage", "for", "if", "clamp", "continues", "loc"})
      if (lexer_.next_is(end, ahead)) return true;
  }
  return true;
}

Stmt Parser::parse_leaf() {
  auto stage = std::make_shared<Stage>();
  parse_target(lexer_, pool_, *stage);
  bool reduces = lexer_.accept("reduce");
  if (reduces && lexer_.peek().kind == TokenKind::Word && lexer_.next_is(":", 1))
    stage->reduce_axes = parse_axes(lexer_, pool_);
  if (lexer_.accept("where")) stage->where = parse_bool();
  Token value = lexer_.peek();
  if (reduces) {
    lexer_.expect("{");
    stage->reducer = accept_reducer(lexer_);
    if (stage->reducer == Reducer::None) lexer_.fail("expected a reducer");
    value = lexer_.peek();
    stage->value = parse_value();
    lexer_.expect("}");
  } else {
    lexer_.expect("=");
    value = lexer_.peek();
    stage->value = parse_value();
  }
  stage->type = stage->value.type();
  bool logical = stage->reducer == Reducer::Any || stage->reducer == Reducer::All;
  if (reduces && logical != (stage->type == DType::Bool))
    lexer_.fail_at(value, "this reducer does not take " + std::string(name_of(stage->type)));
  stage->requirements = accept_requirements(lexer_, pool_, types());

  Leaf leaf;
  std::vector<Axis> axes = stage->axes;
  axes.insert(axes.end(), stage->reduce_axes.begin(), stage->reduce_axes.end());
  for (size_t i = 0; i < axes.size(); ++i) {
    lexer_.expect(i == 0 ? "with" : ",");
    Token name = lexer_.peek();
    if (lexer_.expect_word("the name of an axis") != axes[i].name)
      lexer_.fail_at(name, "expected the binding of axis " + axes[i].name);
    lexer_.expect("=");
    leaf.bindings.push_back(parse_index(lexer_, pool_));
  }
  if (guard_follows()) {
    lexer_.expect("if");
    leaf.guard = parse_bool();
  }
  if (lexer_.accept("clamp")) {
    do {
      leaf.clamped.push_back(lexer_.expect_word("the name of an axis"));
    } while (lexer_.accept(","));
  }
  leaf.initializes = !lexer_.accept("continues");
  stage->location = lexer_.accept_location();
  leaf.stage = std::move(stage);
  return leaf;
}

Stmt Parser::parse_if() {
  If branch;
  branch.condition = parse_bool();
  branch.then_body = parse_body();
  if (lexer_.accept("else")) branch.else_body = parse_body();
  return branch;
}

Stmt Parser::parse_call() {
  Call call;
  lexer_.expect("@");
  call.function = lexer_.expect_word("the name of a function");
  lexer_.expect("(");
  while (!lexer_.accept(")")) {
    if (!call.arguments.empty()) lexer_.expect(",");
    call.arguments.push_back(lexer_.expect_word("the name of a buffer"));
  }
  call.location = lexer_.accept_location();
  return call;
}

// ---- functions ----------------------------------------------------------------------------------

Param Parser::parse_param() {
  constexpr std::string_view kKinds[] = {"const", "out", "inout", "part"};
  Param param;
  for (size_t i = 0; i < std::size(kKinds); ++i)
    if (lexer_.next_is(kKinds[i]) && !lexer_.next_is(":", 1)) {
      lexer_.next();
      param.kind = static_cast<ParamKind>(i + 1);
      break;
    }
  Token name = lexer_.peek();
  if (types_.count(name.text)) lexer_.fail_at(name, "two parameters have this name");
  param.buffer = parse_buffer();
  param.buffer.scope = param.kind == ParamKind::Const ? Scope::Constant : Scope::Arena;
  return param;
}

// `head` and its lines, each kept as it stands; the last one is followed by a line that starts with
// }. None where the text does not go on with it.
std::vector<std::string> Parser::accept_lines(const char* head) {
  std::vector<std::string> lines;
  if (!lexer_.next_is(head) || !lexer_.next_is("{", 1)) return lines;
  lexer_.next();
  int line = lexer_.peek().line;
  lexer_.expect("{");
  while (!lexer_.next_is("}")) {
    if (lexer_.at_end()) lexer_.fail("expected '}'");
    if (lexer_.peek().line == line)
      lexer_.fail(std::string("each line of `") + head + "` stands on a line of its own");
    line = lexer_.peek().line;
    lines.push_back(lexer_.source_line(line));
    while (!lexer_.at_end() && lexer_.peek().line == line) lexer_.next();
  }
  lexer_.expect("}");
  return lines;
}

Function Parser::parse_function() {
  Function function;
  types_.clear();
  lexer_.expect("func");
  lexer_.expect("@");
  function.name = lexer_.expect_word("the name of a function");
  lexer_.expect("(");
  while (!lexer_.accept(")")) {
    if (!function.params.empty()) lexer_.expect(",");
    function.params.push_back(parse_param());
  }
  accept_anchor(lexer_, function.anchor_stage, function.anchor_class);
  function.location = lexer_.accept_location();
  lexer_.expect("{");
  std::vector<Stmt> stmts;
  function.meaning = accept_lines("computes");
  function.schedule = accept_lines("schedule");
  while (!lexer_.accept("}")) stmts.push_back(parse_statement());
  function.body = block(std::move(stmts));
  types_.clear();
  return function;
}

// ---- modules ------------------------------------------------------------------------------------

std::vector<uint8_t> Parser::parse_elements(const Buffer& buffer) {
  Token start = lexer_.peek();
  lexer_.expect("[");
  std::optional<int64_t> count = literal_count(buffer.extents);
  if (!count || *count > kMostInlineElements || bits_of(buffer.type) == 0)
    lexer_.fail_at(start, "a constant of this type cannot stand in the text");
  std::vector<uint8_t> bytes(static_cast<size_t>(bytes_of(buffer.type, *count)));
  for (int64_t i = 0; i < *count; ++i) {
    if (i > 0) lexer_.expect(",");
    Token token = lexer_.peek();
    Expr element = parse_value();
    const IntImm* integer = element.as<IntImm>();
    const FloatImm* real = element.as<FloatImm>();
    if ((!integer && !real) || element.type() != buffer.type)
      lexer_.fail_at(token, "expected a literal of type " + std::string(name_of(buffer.type)));
    store_element(buffer.type, bytes.data(), i,
                  integer ? Scalar{.i = integer->value} : Scalar{.f = real->value});
  }
  lexer_.expect("]");
  return bytes;
}

Constant Parser::parse_constant() {
  Constant constant;
  constant.buffer = parse_buffer();
  constant.buffer.scope = Scope::Constant;
  lexer_.expect("=");
  if (lexer_.accept("initializer")) {
    constant.initializer = lexer_.expect_string("the name of an initializer");
  } else if (lexer_.accept("copy")) {
    lexer_.expect("of");
    constant.copy_of = lexer_.expect_word("the name of a constant");
  } else if (!lexer_.accept("computed")) {
    constant.bytes = parse_elements(constant.buffer);
  }
  return constant;
}

void Parser::parse_tensor(Module& module, std::vector<Buffer>& list) {
  list.push_back(parse_buffer());
  if (lexer_.peek().kind == TokenKind::String)
    module.onnx_names[list.back().name] = lexer_.next().text;
}

void Parser::parse_arena(Module& module) {
  lexer_.expect("{");
  while (!lexer_.accept("}")) {
    ArenaSlot slot;
    lexer_.expect("slot");
    slot.buffer = lexer_.expect_word("the name of a buffer");
    if (lexer_.accept("above")) {
      do {
        Token name = lexer_.peek();
        slot.above.push_back(lexer_.expect_word("the name of a slot"));
        bool known = false;
        for (const ArenaSlot& below : module.arena)
          known = known || below.buffer == slot.above.back();
        if (!known) lexer_.fail_at(name, "no slot before this one has this name");
      } while (lexer_.accept(","));
      slot.offset = module.greatest_end(slot.above);
    } else {
      lexer_.expect("at");
      slot.offset = parse_index(lexer_, pool_);
    }
    lexer_.expect("size");
    slot.bytes = parse_index(lexer_, pool_);
    module.arena.push_back(std::move(slot));
  }
}

void Parser::parse_declaration(Module& module) {
  if (lexer_.accept("module")) {
    module.name = lexer_.expect_word("the name of the module");
  } else if (lexer_.accept("model_file")) {
    module.model_file = lexer_.expect_string("the name of the model's file");
    lexer_.expect("sha256");
    module.model_sha256 = lexer_.expect_string("its hash");
  } else if (lexer_.accept("symbol")) {
    module.symbols.push_back(parse_symbol(lexer_));
  } else if (lexer_.accept("check")) {
    module.checks.push_back(parse_bool());
  } else if (lexer_.accept("const")) {
    module.constants.push_back(parse_constant());
  } else if (lexer_.accept("input")) {
    parse_tensor(module, module.inputs);
  } else if (lexer_.accept("output")) {
    parse_tensor(module, module.outputs);
  } else if (lexer_.accept("setup")) {
    module.setup = parse_body();
  } else if (lexer_.accept("main")) {
    module.main = parse_body();
  } else if (lexer_.accept("arena")) {
    parse_arena(module);
  } else if (lexer_.accept("arena_bytes")) {
    if (lexer_.accept("of")) {
      lexer_.expect("slots");
      module.arena_bytes = module.greatest_end({});
    } else {
      module.arena_bytes = parse_index(lexer_, pool_);
    }
  } else if (lexer_.accept("arena_lower_bound")) {
    module.arena_lower_bound = parse_index(lexer_, pool_);
  } else {
    lexer_.fail("expected a declaration, a function, setup, main or arena");
  }
}

}  // namespace

Module parse_module(std::string_view text, const std::string& file_name) {
  Lexer lexer(text, file_name);
  Module module;
  module.pool = std::make_shared<ExprPool>();
  Parser declarations(lexer, *module.pool);
  while (!lexer.at_end()) {
    if (declarations.at_function())
      module.functions.push_back(Parser(lexer, *module.pool).parse_function());
    else
      declarations.parse_declaration(module);
  }
  return module;
}

Function parse_function(std::string_view text, const std::string& file_name, ExprPool& pool) {
  Lexer lexer(text, file_name);
  Function function = Parser(lexer, pool).parse_function();
  if (!lexer.at_end()) lexer.fail("expected the end of the text");
  return function;
}

}  // namespace tenon::loop
