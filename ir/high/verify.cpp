// The check of a graph.
#include "ir/high/verify.h"

#include <algorithm>
#include <set>

#include "ir/high/op.h"
#include "ir/high/text.h"

namespace tenon::high {
namespace {

class Verifier {
 public:
  explicit Verifier(const Graph& graph)
      : graph_(graph), ranges_(graph.symbol_ranges()), defined_(graph.values.size()) {}

  void run() {
    check_names();
    for (Expr check : graph_.checks) check_expr(check, DType::Bool, "a check");
    for (const GraphInput& input : graph_.inputs) define(input.value, "an input");
    check_constants();
    for (const Node& node : graph_.nodes) check_node(node);
    for (const GraphOutput& output : graph_.outputs) check_use(output.value, "an output");
    for (size_t i = 0; i < graph_.values.size(); ++i)
      TENON_CHECK(defined_[i], "the value %" + graph_.values[i].name + " is not defined");
  }

 private:
  void check_names() {
    std::set<std::string> names, symbols;
    for (const Symbol& symbol : graph_.symbols) {
      TENON_CHECK(symbols.insert(symbol.name).second && symbol.min <= symbol.max,
                  "the symbol " + symbol.name);
    }
    for (const Value& value : graph_.values)
      TENON_CHECK(to_word(value.name) == value.name && names.insert(value.name).second,
                  "the name %" + value.name);
  }

  void check_expr(Expr e, DType type, const std::string& what) {
    TENON_CHECK(e && e.type() == type && &e.pool() == graph_.pool.get(), what);
    for (const std::string& name : variables_of(e)) {
      bool known = std::any_of(graph_.symbols.begin(), graph_.symbols.end(),
                               [&](const Symbol& symbol) { return symbol.name == name; });
      TENON_CHECK(known, what + " uses the unknown symbol " + name);
    }
  }

  void check_type(const Value& value) {
    for (Expr extent : value.type.shape)
      check_expr(extent, DType::Index, "the shape of %" + value.name);
    TENON_CHECK(value.type.layout.is_valid(value.type.rank()), "the layout of %" + value.name);
    if (!value.elements) return;
    TENON_CHECK(element_count(value.type.shape) == static_cast<int64_t>(value.elements->size()),
                "the elements of %" + value.name);
    for (Expr element : *value.elements) {
      DType type = is_float(value.type.type)        ? value.type.type
                   : value.type.type == DType::Bool ? DType::Bool
                                                    : DType::Index;
      check_expr(element, type, "the elements of %" + value.name);
    }
  }

  bool is_valid(ValueId id) const {
    return id && static_cast<size_t>(id.index) < graph_.values.size();
  }

  void define(ValueId id, const std::string& what) {
    TENON_CHECK(is_valid(id) && !defined_[static_cast<size_t>(id.index)],
                what + " defines a value twice");
    defined_[static_cast<size_t>(id.index)] = true;
    check_type(graph_.value(id));
  }

  void check_use(ValueId id, const std::string& what) {
    TENON_CHECK(is_valid(id) && defined_[static_cast<size_t>(id.index)],
                what + " uses a value that is not defined before");
  }

  void check_constants() {
    ValueId last;
    for (const ConstantInfo& constant : graph_.constants) {
      define(constant.value, "a constant");
      TENON_CHECK(last < constant.value, "constants are out of order");
      last = constant.value;
      const Value& value = graph_.value(constant.value);
      std::optional<int64_t> count = element_count(value.type.shape);
      TENON_CHECK(count, "the shape of the constant %" + value.name);
      if (constant.initializer.empty())
        TENON_CHECK(*count <= kInlineElements && static_cast<int64_t>(constant.bytes.size()) ==
                                                     bytes_of(value.type.type, *count),
                    "the bytes of %" + value.name);
    }
  }

  void check_node(const Node& node) {
    TENON_CHECK(node.op && find_operator(node.op->name) == node.op, "a node without an operator");
    int count = static_cast<int>(node.inputs.size());
    bool fits = count >= node.op->min_inputs() &&
                (node.op->max_inputs() < 0 || count <= node.op->max_inputs());
    TENON_CHECK(fits, "the number of inputs of " + std::string(node.op->name));
    for (ValueId input : node.inputs)
      if (input) check_use(input, std::string(node.op->name));
    for (ValueId output : node.outputs) define(output, std::string(node.op->name));
    std::string text = to_string(graph_, node);
    for (const AttributeSchema& schema : node.op->attributes) {
      auto found = node.attributes.all().find(std::string(schema.name));
      TENON_CHECK(found != node.attributes.all().end() && is_of_kind(found->second, schema.kind),
                  text);
      if (schema.kind == AttributeKind::Exprs)
        for (Expr e : node.attributes.exprs(found->first)) check_expr(e, DType::Index, text);
    }
    TENON_CHECK(node.attributes.all().size() == node.op->attributes.size(), text);
    check_inferred(node, text);
    check_group(node, text);
  }

  void check_inferred(const Node& node, const std::string& text) {
    InferContext context(*graph_.pool, graph_, node);
    try {
      node.op->infer(context);
    } catch (const InferFailure& failure) {
      TENON_CHECK(false, text + ": " + failure.message);
    }
    TENON_CHECK(context.outputs.size() == node.outputs.size(), text);
    for (size_t i = 0; i < node.outputs.size(); ++i) {
      const TensorType &inferred = context.outputs[i].type,
                       &type = graph_.value(node.outputs[i]).type;
      bool same = inferred.type == type.type && inferred.shape.size() == type.shape.size();
      for (size_t d = 0; same && d < type.shape.size(); ++d)
        same = simplify(type.shape[d], ranges_) == inferred.shape[d];
      TENON_CHECK(same, text + ": inferred is " + to_string(inferred));
    }
  }

  void check_group(const Node& node, const std::string& text) {
    TENON_CHECK(node.group >= -1 && node.group < static_cast<int>(graph_.groups.size()), text);
    if (node.group == group_) return;
    if (group_ >= 0) closed_.insert(group_);
    group_ = node.group;
    TENON_CHECK(!closed_.count(group_), text + ": its group is interrupted");
  }

  const Graph& graph_;
  Ranges ranges_;
  std::vector<bool> defined_;
  std::set<int> closed_;
  int group_ = -1;
};

}  // namespace

void verify(const Graph& graph) { Verifier(graph).run(); }

}  // namespace tenon::high
