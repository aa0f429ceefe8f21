// Parsing of the graph level. Nodes go through GraphBuilder, so types are inferred and known
// elements follow.
#include <algorithm>
#include <map>

#include "ir/expr/element.h"
#include "ir/expr/text.h"
#include "ir/high/op.h"
#include "ir/high/text.h"
#include "ir/loop/stage_text.h"

namespace tenon::high {
namespace {

class Parser {
 public:
  Parser(Lexer& lexer, std::string name)
      : lexer_(lexer), builder_(std::make_shared<ExprPool>(), std::move(name)) {}

  Graph parse() {
    lexer_.expect("{");
    while (!lexer_.accept("}")) parse_line();
    return builder_.take();
  }

 private:
  ExprPool& pool() { return builder_.pool(); }

  void parse_line() {
    if (lexer_.accept("input")) return parse_input();
    if (lexer_.accept("const")) return parse_constant();
    if (lexer_.accept("output")) return parse_output();
    if (lexer_.accept("group")) return parse_group();
    if (lexer_.accept("symbol")) return parse_symbol();
    if (lexer_.accept("check")) {
      Token start = lexer_.peek();
      Expr check =
          loop::parse_condition(lexer_, pool(), [](const std::string&) { return std::nullopt; });
      require_symbols(start, {check});
      builder_.graph().checks.push_back(check);
      return;
    }
    if (lexer_.accept("model_file")) {
      builder_.graph().model_file = lexer_.expect_string("the base name of the model file");
      lexer_.expect("sha256");
      builder_.graph().model_sha256 = lexer_.expect_string("the file's SHA-256");
      return;
    }
    parse_node();
  }

  void parse_symbol() {
    Token start = lexer_.peek();
    Symbol symbol = loop::parse_symbol(lexer_);
    for (const Symbol& other : builder_.graph().symbols)
      if (other.name == symbol.name) lexer_.fail_at(start, "this symbol is there twice");
    builder_.graph().symbols.push_back(std::move(symbol));
  }

  // ---- values ---------------------------------------------------------------------------------

  // `%name`: a word, or a number as hand-written texts have it.
  std::string parse_name() {
    lexer_.expect("%");
    Token token = lexer_.peek();
    if (token.kind != TokenKind::Word && token.kind != TokenKind::Integer)
      lexer_.fail("expected the name of a value");
    return lexer_.next().text;
  }

  ValueId parse_operand() {
    if (lexer_.accept("_")) return {};
    Token start = lexer_.peek();
    auto found = values_.find(parse_name());
    if (found == values_.end()) lexer_.fail_at(start, "no value of this name is defined above");
    return found->second;
  }

  void require_new(const Token& token, const std::string& name) {
    if (values_.count(name)) lexer_.fail_at(token, "this value is defined twice");
  }

  void require_symbols(const Token& token, const std::vector<Expr>& exprs) {
    const std::vector<Symbol>& symbols = builder_.graph().symbols;
    for (Expr e : exprs)
      for (const std::string& name : variables_of(e))
        if (std::none_of(symbols.begin(), symbols.end(),
                         [&](const Symbol& symbol) { return symbol.name == name; }))
          lexer_.fail_at(token, "no symbol " + name + " is declared above");
  }

  TensorType parse_type() {
    Token start = lexer_.peek();
    loop::TypeText text = loop::parse_type(lexer_, pool());
    require_symbols(start, text.extents);
    Ranges ranges = builder_.graph().symbol_ranges();
    for (Expr& extent : text.extents) {
      extent = simplify(extent, ranges);
      Interval bounds = bounds_of(extent, ranges);
      if (bounds.min < 0 || bounds.max >= kMaxExtent)
        lexer_.fail_at(start, "the extent " + to_string(extent) + " is not in 0 .. 2^40");
    }
    return {text.type, std::move(text.extents), std::move(text.layout)};
  }

  void define(const std::string& name, ValueId id) { values_[name] = id; }

  void parse_input() {
    Token start = lexer_.peek();
    std::string name = parse_name();
    require_new(start, name);
    lexer_.expect(":");
    TensorType type = parse_type();
    define(name, builder_.add_input(name, std::move(type),
                                    lexer_.expect_string("the name of the input in the model")));
  }

  void parse_output() {
    ValueId value = parse_operand();
    if (!value) lexer_.fail("expected a value");
    builder_.add_output(value, lexer_.expect_string("the name of the output in the model"));
  }

  void parse_constant() {
    Token start = lexer_.peek();
    std::string name = parse_name();
    require_new(start, name);
    lexer_.expect(":");
    TensorType type = parse_type();
    std::optional<int64_t> count = element_count(type.shape);
    if (!count || *count < 0 || bits_of(type.type) == 0)
      lexer_.fail_at(start, "a constant needs literal extents and a type that is stored");
    lexer_.expect("=");
    if (lexer_.accept("initializer")) {
      if (lexer_.peek().text.empty()) lexer_.fail("expected the name of the initializer");
      define(name, builder_.add_initializer(name, std::move(type),
                                            lexer_.expect_string("the name of the initializer")));
      return;
    }
    if (*count > kInlineElements)
      lexer_.fail_at(start, "a constant of more than " + std::to_string(kInlineElements) +
                                " elements is an initializer");
    std::vector<uint8_t> bytes(static_cast<size_t>(bytes_of(type.type, *count)));
    lexer_.expect("[");
    for (int64_t i = 0; i < *count; ++i) {
      if (i > 0) lexer_.expect(",");
      store_element(type.type, bytes.data(), i, parse_element(type.type));
    }
    lexer_.expect("]");
    define(name, builder_.add_constant(name, std::move(type), std::move(bytes)));
  }

  Scalar parse_element(DType type) {
    Scalar value;
    if (is_float(type)) {
      value.f = parse_number();
    } else if (type == DType::Bool) {
      bool is_true = lexer_.accept("true");
      if (!is_true) lexer_.expect("false");
      value.i = is_true;
    } else {
      value.i = lexer_.expect_integer("an integer");
    }
    return value;
  }

  double parse_number() {
    bool negative = lexer_.accept("-");
    if (lexer_.peek().kind != TokenKind::Float && lexer_.peek().kind != TokenKind::Integer)
      lexer_.fail("expected a number");
    double number = lexer_.next().number;
    return negative ? -number : number;
  }

  // ---- nodes ----------------------------------------------------------------------------------

  void parse_group() {
    Graph& graph = builder_.graph();
    lexer_.expect("@");
    graph.groups.push_back({lexer_.expect_word("the name of the group")});
    builder_.set_group(static_cast<int>(graph.groups.size()) - 1);
    lexer_.expect("{");
    while (!lexer_.accept("}")) parse_node();
    builder_.set_group(-1);
  }

  void parse_node() {
    Token start = lexer_.peek();
    std::vector<std::string> names;
    do {
      names.push_back(parse_name());
      require_new(start, names.back());
    } while (lexer_.accept(","));
    lexer_.expect("=");
    Token op_token = lexer_.peek();
    std::string op_name = lexer_.expect_word("an operator");
    const Operator* op = find_operator(op_name);
    if (!op) lexer_.fail_at(op_token, "no operator has this name");
    std::vector<ValueId> inputs;
    if (lexer_.next_is("%") || lexer_.next_is("_")) {
      do {
        inputs.push_back(parse_operand());
      } while (lexer_.accept(","));
    }
    Attributes attributes = parse_attributes(*op);
    lexer_.expect(":");
    std::vector<TensorType> types;
    do {
      types.push_back(parse_type());
    } while (lexer_.accept(","));
    Location location = lexer_.accept_location();
    std::vector<ValueId> results =
        add(start, *op, std::move(inputs), std::move(attributes), std::move(location), names);
    if (results.size() != names.size() || results.size() != types.size())
      lexer_.fail_at(start, op_name + " has " + std::to_string(results.size()) + " results");
    for (size_t i = 0; i < results.size(); ++i) {
      TensorType& inferred = builder_.graph().value(results[i]).type;
      bool agrees = inferred.type == types[i].type && same_shape(inferred.shape, types[i].shape);
      if (!agrees)
        lexer_.fail_at(start, "the type of %" + names[i] + " is " + to_string(inferred) +
                                  ", declared is " + to_string(types[i]));
      inferred.layout = types[i].layout;
      define(names[i], results[i]);
    }
  }

  bool same_shape(const std::vector<Expr>& a, const std::vector<Expr>& b) {
    Ranges ranges = builder_.graph().symbol_ranges();
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [&](Expr x, Expr y) { return simplify(x, ranges) == simplify(y, ranges); });
  }

  // Faults of a node are shown at its line.
  std::vector<ValueId> add(const Token& start, const Operator& op, std::vector<ValueId> inputs,
                           Attributes attributes, Location location,
                           const std::vector<std::string>& names) {
    try {
      return builder_.add(op, std::move(inputs), std::move(attributes), std::move(location), names);
    } catch (const UserErrors& errors) {
      lexer_.fail_at(start, errors.diagnostics()[0].message);
    }
  }

  Attributes parse_attributes(const Operator& op) {
    Attributes attributes;
    if (!lexer_.accept("{")) return attributes;
    do {
      Token start = lexer_.peek();
      std::string name = lexer_.expect_word("the name of an attribute");
      const AttributeSchema* schema = op.find_attribute(name);
      if (!schema) lexer_.fail_at(start, std::string(op.name) + " has no attribute of this name");
      lexer_.expect("=");
      attributes.set(name, parse_attribute(schema->kind));
    } while (lexer_.accept(","));
    lexer_.expect("}");
    return attributes;
  }

  AttributeValue parse_attribute(AttributeKind kind) {
    switch (kind) {
      case AttributeKind::Integer: return lexer_.expect_integer("an integer");
      case AttributeKind::Number: return parse_number();
      case AttributeKind::Text: return lexer_.expect_string("a text");
      case AttributeKind::DType: {
        Token start = lexer_.peek();
        std::string word = lexer_.expect_word("an element type");
        if (!dtype_named(word)) lexer_.fail_at(start, "expected an element type");
        return word;
      }
      case AttributeKind::Integers:
        return parse_list<int64_t>([this] { return lexer_.expect_integer("an integer"); });
      case AttributeKind::Numbers: return parse_list<double>([this] { return parse_number(); });
      case AttributeKind::Exprs: {
        Token start = lexer_.peek();
        std::vector<Expr> exprs = loop::parse_index_list(lexer_, pool());
        require_symbols(start, exprs);
        return exprs;
      }
    }
    return int64_t{0};
  }

  template <class T>
  std::vector<T> parse_list(const std::function<T()>& parse_element) {
    std::vector<T> list;
    lexer_.expect("[");
    if (lexer_.accept("]")) return list;
    do {
      list.push_back(parse_element());
    } while (lexer_.accept(","));
    lexer_.expect("]");
    return list;
  }

  Lexer& lexer_;
  GraphBuilder builder_;
  std::map<std::string, ValueId> values_;
};

}  // namespace

Graph parse_graph(Lexer& lexer) {
  lexer.expect("model");
  std::string name = lexer.expect_word("the name of the model");
  return Parser(lexer, name).parse();
}

Graph parse_graph(std::string_view text, const std::string& file_name) {
  Lexer lexer(text, file_name);
  Graph graph = parse_graph(lexer);
  if (!lexer.at_end()) lexer.fail("expected the end of the text");
  return graph;
}

}  // namespace tenon::high
