// Printing and parsing of the tensor level.
#include "ir/tensor/text.h"

#include <algorithm>
#include <map>

#include "ir/loop/stage_text.h"

namespace tenon::tensor {
namespace {

using loop::accept_anchor;
using loop::accept_reducer;
using loop::accept_requirements;
using loop::anchor_text;
using loop::axes_text;
using loop::parse_axes;
using loop::parse_condition;
using loop::parse_target;
using loop::parse_type;
using loop::target_text;
using loop::type_text;
using loop::TypeText;

// ---- printing -----------------------------------------------------------------------------------

std::string tensor_text(const Tensor& tensor) {
  return tensor.name + ": " + type_text(tensor.type, tensor.extents, tensor.layout);
}

std::string tensors_text(const std::vector<Tensor>& tensors) {
  std::vector<std::string> parts;
  for (const Tensor& tensor : tensors)
    parts.push_back((tensor.constant ? "const " : "") + tensor_text(tensor));
  return "(" + join(parts, ", ") + ")";
}

// True when the one stage that writes the tensor says its type and extents.
bool is_implied(const Tensor& tensor, const Function& function) {
  const Stage* only = nullptr;
  for (const Step& step : function.steps) {
    if (step.stage->tensor != tensor.name) continue;
    if (only) return false;
    only = step.stage.get();
  }
  if (!only || !only->is_plain() || only->type != tensor.type || !tensor.layout.is_row_major())
    return false;
  return std::equal(only->axes.begin(), only->axes.end(), tensor.extents.begin(),
                    tensor.extents.end(),
                    [](const Axis& axis, Expr extent) { return axis.extent == extent; });
}

void print_function(TextWriter& out, const Function& function) {
  out.line("func @" + function.name + tensors_text(function.params) + " -> " +
           tensors_text(function.results) +
           anchor_text(function.anchor_stage, function.anchor_class) +
           location_suffix(function.location) + " {");
  out.indent();
  for (const Tensor& tensor : function.locals)
    if (!is_implied(tensor, function)) out.line("local " + tensor_text(tensor));
  int scan = -1;
  auto end_scan = [&] {
    if (scan < 0) return;
    out.dedent();
    out.line("}");
  };
  for (const Step& step : function.steps) {
    if (step.scan != scan) {
      end_scan();
      scan = step.scan;
      if (scan >= 0) {
        const Axis& axis = function.scans[static_cast<size_t>(scan)].axis;
        out.line("scan " + axis.name + " in " + to_string(axis.extent) + " {");
        out.indent();
      }
    }
    out.line(to_string(*step.stage));
  }
  end_scan();
  out.dedent();
  out.line("}");
}

// ---- parsing ------------------------------------------------------------------------------------

class Parser {
 public:
  Parser(Lexer& lexer, ExprPool& pool) : lexer_(lexer), pool_(pool) {}
  Function parse();

 private:
  ElementTypes types() {
    return [this](const std::string& name) -> std::optional<DType> {
      auto found = types_.find(name);
      return found == types_.end() ? std::nullopt : std::optional(found->second);
    };
  }

  Tensor parse_tensor() {
    Tensor tensor;
    Token name = lexer_.peek();
    tensor.constant = lexer_.next_is("const") && !lexer_.next_is(":", 1);
    if (tensor.constant) name = (lexer_.next(), lexer_.peek());
    tensor.name = lexer_.expect_word("the name of a tensor");
    lexer_.expect(":");
    TypeText type = parse_type(lexer_, pool_);
    tensor.type = type.type;
    tensor.extents = std::move(type.extents);
    tensor.layout = std::move(type.layout);
    if (!types_.emplace(tensor.name, tensor.type).second)
      lexer_.fail_at(name, "two tensors have this name");
    return tensor;
  }

  std::vector<Tensor> parse_tensors() {
    std::vector<Tensor> tensors;
    lexer_.expect("(");
    while (!lexer_.accept(")")) {
      if (!tensors.empty()) lexer_.expect(",");
      tensors.push_back(parse_tensor());
    }
    return tensors;
  }

  // A reducer stands before `[`, where a tensor of that name would too; only behind the `]` of a
  // reduction stands `(`.
  bool at_reduction() const {
    if (lexer_.peek().kind != TokenKind::Word || !lexer_.next_is("[", 1)) return false;
    int depth = 0;
    for (int i = 1; lexer_.peek(i).kind != TokenKind::End; ++i) {
      if (lexer_.next_is("[", i)) ++depth;
      if (lexer_.next_is("]", i) && --depth == 0) return lexer_.next_is("(", i + 1);
    }
    return false;
  }

  void parse_stage(Function& function, int scan);

  Lexer& lexer_;
  ExprPool& pool_;
  std::map<std::string, DType> types_;
};

void Parser::parse_stage(Function& function, int scan) {
  auto stage = std::make_shared<Stage>();
  Token start = lexer_.peek();
  parse_target(lexer_, pool_, *stage);
  lexer_.expect("=");
  Token value = lexer_.peek();
  if (at_reduction()) {
    stage->reducer = accept_reducer(lexer_);
    if (stage->reducer == Reducer::None) lexer_.fail("expected a reducer");
    lexer_.expect("[");
    if (lexer_.peek().kind == TokenKind::Word && lexer_.next_is(":", 1))
      stage->reduce_axes = parse_axes(lexer_, pool_);
    if (lexer_.accept("where")) stage->where = parse_condition(lexer_, pool_, types());
    lexer_.expect("]");
    lexer_.expect("(");
    value = lexer_.peek();
    stage->value = parse_expr(lexer_, pool_, types());
    lexer_.expect(")");
  } else {
    stage->value = parse_expr(lexer_, pool_, types());
  }
  stage->type = stage->value.type();
  bool logical = stage->reducer == Reducer::Any || stage->reducer == Reducer::All;
  if (stage->reducer != Reducer::None && logical != (stage->type == DType::Bool))
    lexer_.fail_at(value, "this reducer does not take " + std::string(name_of(stage->type)));
  stage->requirements = accept_requirements(lexer_, pool_, types());
  stage->location = lexer_.accept_location();

  if (!types_.count(stage->tensor)) {
    if (!stage->is_plain())
      lexer_.fail_at(start,
                     "this tensor needs a line `local " + stage->tensor + ": type[extents]`");
    Tensor local{stage->tensor, stage->type, {}, {}, false};
    for (const Axis& axis : stage->axes) local.extents.push_back(axis.extent);
    types_[local.name] = local.type;
    function.locals.push_back(std::move(local));
  }
  function.steps.push_back({std::move(stage), scan});
}

Function Parser::parse() {
  Function function;
  lexer_.expect("func");
  lexer_.expect("@");
  function.name = lexer_.expect_word("the name of a function");
  function.params = parse_tensors();
  lexer_.expect("->");
  function.results = parse_tensors();
  accept_anchor(lexer_, function.anchor_stage, function.anchor_class);
  function.location = lexer_.accept_location();
  lexer_.expect("{");
  while (!lexer_.accept("}")) {
    bool word_first = lexer_.peek(1).kind == TokenKind::Word;
    if (word_first && lexer_.accept("local")) {
      function.locals.push_back(parse_tensor());
    } else if (word_first && lexer_.accept("scan")) {
      Scan scan;
      scan.axis.name = lexer_.expect_word("the name of an axis");
      lexer_.expect("in");
      scan.axis.extent = parse_index(lexer_, pool_);
      int index = static_cast<int>(function.scans.size());
      function.scans.push_back(std::move(scan));
      lexer_.expect("{");
      while (!lexer_.accept("}")) parse_stage(function, index);
    } else {
      parse_stage(function, -1);
    }
  }
  return function;
}

}  // namespace

Ranges Program::symbol_ranges() const {
  Ranges ranges;
  for (const loop::Symbol& symbol : symbols)
    ranges.set(symbol.name, pool->index(symbol.min), pool->index(symbol.max));
  return ranges;
}

std::string to_string(const Stage& stage) {
  std::string text = target_text(stage) + " = ";
  if (stage.reducer == Reducer::None) {
    text += to_string(stage.value);
  } else {
    std::string points = axes_text(stage.reduce_axes);
    if (stage.where) points += (points.empty() ? "where " : " where ") + to_string(stage.where);
    text +=
        std::string(text_of(stage.reducer)) + "[" + points + "](" + to_string(stage.value) + ")";
  }
  return text + loop::requirements_text(stage) + location_suffix(stage.location);
}

std::vector<std::string> stage_lines(const Function& function) {
  std::vector<std::string> lines;
  for (const Step& step : function.steps) {
    std::string line;
    if (step.scan >= 0) {
      const Axis& axis = function.scans[static_cast<size_t>(step.scan)].axis;
      line = "scan " + axis.name + " in " + to_string(axis.extent) + ": ";
    }
    Stage stage = *step.stage;
    stage.location = {};
    lines.push_back(line + to_string(stage));
  }
  return lines;
}

std::string to_string(const Function& function) {
  TextWriter out;
  print_function(out, function);
  return out.take();
}

std::string to_string(const Program& program) {
  std::string text;
  for (const loop::Symbol& symbol : program.symbols) text += loop::to_string(symbol) + "\n";
  for (const Function& function : program.functions) {
    if (!text.empty()) text += "\n";
    text += to_string(function);
  }
  return text;
}

Program parse_program(Lexer& lexer, std::shared_ptr<ExprPool> pool) {
  Program program;
  program.pool = std::move(pool);
  while (!lexer.at_end()) {
    if (lexer.accept("symbol"))
      program.symbols.push_back(loop::parse_symbol(lexer));
    else
      program.functions.push_back(Parser(lexer, *program.pool).parse());
  }
  return program;
}

Program parse_program(std::string_view text, const std::string& file_name) {
  Lexer lexer(text, file_name);
  return parse_program(lexer, std::make_shared<ExprPool>());
}

Function parse_function(std::string_view text, const std::string& file_name, ExprPool& pool) {
  Lexer lexer(text, file_name);
  Function function = Parser(lexer, pool).parse();
  if (!lexer.at_end()) lexer.fail("expected the end of the text");
  return function;
}

}  // namespace tenon::tensor
