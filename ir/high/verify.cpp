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

  std::vector<std::string> run() {
    check_names();
    for (Expr check : graph_.checks) check_expr(check, DType::Bool, "a check");
    for (const GraphInput& input : graph_.inputs) define(input.value, "an input");
    check_constants();
    for (const Node& node : graph_.nodes) check_node(node);
    for (const GraphOutput& output : graph_.outputs) check_use(output.value, "an output");
    for (size_t i = 0; i < graph_.values.size(); ++i)
      expect(defined_[i], "%" + graph_.values[i].name + " is not defined");
    return std::move(faults_);
  }

 private:
  bool expect(bool condition, const std::string& fault) {
    if (!condition) faults_.push_back(fault);
    return condition;
  }

  void check_names() {
    std::set<std::string> names, symbols;
    for (const Symbol& symbol : graph_.symbols) {
      expect(symbols.insert(symbol.name).second, "the symbol " + symbol.name + " is there twice");
      expect(symbol.min <= symbol.max, "the symbol " + symbol.name + " has no value");
    }
    for (const Value& value : graph_.values) {
      expect(to_word(value.name) == value.name, "the name %" + value.name + " is no word");
      expect(names.insert(value.name).second, "the name %" + value.name + " is there twice");
    }
  }

  void check_expr(Expr e, DType type, const std::string& where) {
    if (!expect(e && &e.pool() == graph_.pool.get(), where + " has no expression of this graph"))
      return;
    expect(e.type() == type, where + " is of type " + std::string(name_of(e.type())));
    for (const std::string& name : variables_of(e))
      expect(ranges_.find(name), where + " uses the unknown symbol " + name);
  }

  void check_type(const Value& value) {
    for (Expr extent : value.type.shape)
      check_expr(extent, DType::Index, "the shape of %" + value.name);
    expect(value.type.layout.is_valid(value.type.rank()),
           "the layout of %" + value.name + " does not fit its rank");
    if (!value.elements) return;
    std::string where = "an element of %" + value.name;
    expect(element_count(value.type.shape) == static_cast<int64_t>(value.elements->size()),
           "%" + value.name + " has another number of elements than its shape says");
    DType type = is_float(value.type.type)        ? value.type.type
                 : value.type.type == DType::Bool ? DType::Bool
                                                  : DType::Index;
    for (Expr element : *value.elements) check_expr(element, type, where);
  }

  bool is_valid(ValueId id) const {
    return id && static_cast<size_t>(id.index) < graph_.values.size();
  }

  bool define(ValueId id, const std::string& what) {
    if (!expect(is_valid(id), what + " is no value")) return false;
    expect(!defined_[static_cast<size_t>(id.index)],
           "%" + graph_.value(id).name + " is defined twice");
    defined_[static_cast<size_t>(id.index)] = true;
    check_type(graph_.value(id));
    return true;
  }

  bool check_use(ValueId id, const std::string& what) {
    if (!expect(is_valid(id), what + " is no value")) return false;
    return expect(defined_[static_cast<size_t>(id.index)],
                  what + " uses %" + graph_.value(id).name + " before it is defined");
  }

  void check_constants() {
    ValueId last;
    for (const ConstantInfo& constant : graph_.constants) {
      if (!define(constant.value, "a constant")) continue;
      const Value& value = graph_.value(constant.value);
      expect(last < constant.value, "the constant %" + value.name + " is out of order");
      last = constant.value;
      std::optional<int64_t> count = element_count(value.type.shape);
      if (!expect(count.has_value(), "the constant %" + value.name + " has a symbolic shape") ||
          !constant.initializer.empty())
        continue;
      expect(*count <= kInlineElements &&
                 static_cast<int64_t>(constant.bytes.size()) == bytes_of(value.type.type, *count),
             "the constant %" + value.name + " has " + std::to_string(constant.bytes.size()) +
                 " bytes");
    }
  }

  void check_node(const Node& node) {
    if (!expect(node.op && find_operator(node.op->name) == node.op, "a node has no operator"))
      return;
    std::string name(node.op->name);
    int count = static_cast<int>(node.inputs.size());
    bool sound = expect(count >= node.op->min_inputs() &&
                            (node.op->max_inputs() < 0 || count <= node.op->max_inputs()),
                        name + " has " + std::to_string(count) + " inputs");
    for (ValueId input : node.inputs) sound = (!input || check_use(input, name)) && sound;
    for (ValueId output : node.outputs) sound = define(output, "a result of " + name) && sound;
    if (!sound) return;
    std::string text = to_string(graph_, node);
    if (check_attributes(node, text)) check_inferred(node, text);
    check_group(node, text);
  }

  bool check_attributes(const Node& node, const std::string& text) {
    bool sound = expect(node.attributes.all().size() == node.op->attributes.size(),
                        "the number of attributes of: " + text);
    for (const AttributeSchema& schema : node.op->attributes) {
      auto found = node.attributes.all().find(std::string(schema.name));
      bool fits = found != node.attributes.all().end() && is_of_kind(found->second, schema.kind);
      sound = expect(fits, "the attribute " + std::string(schema.name) + " of: " + text) && sound;
      if (!fits || schema.kind != AttributeKind::Exprs) continue;
      for (Expr e : node.attributes.exprs(found->first)) check_expr(e, DType::Index, text);
    }
    return sound;
  }

  void check_inferred(const Node& node, const std::string& text) {
    InferContext context(*graph_.pool, graph_, node);
    try {
      node.op->infer(context);
    } catch (const InferFailure& failure) {
      expect(false, failure.message + " in: " + text);
      return;
    }
    if (!expect(context.outputs.size() == node.outputs.size(), "the number of results of: " + text))
      return;
    for (size_t i = 0; i < node.outputs.size(); ++i) {
      const TensorType &inferred = context.outputs[i].type,
                       &type = graph_.value(node.outputs[i]).type;
      bool same = inferred.type == type.type && inferred.shape.size() == type.shape.size();
      for (size_t d = 0; same && d < type.shape.size(); ++d)
        same = simplify(type.shape[d], ranges_) == inferred.shape[d];
      expect(same, "inferred is " + to_string(inferred) + " for: " + text);
    }
  }

  void check_group(const Node& node, const std::string& text) {
    expect(node.group >= -1 && node.group < static_cast<int>(graph_.groups.size()),
           "no group " + std::to_string(node.group) + " for: " + text);
    if (node.group == group_) return;
    if (group_ >= 0) closed_.insert(group_);
    group_ = node.group;
    expect(!closed_.count(group_), "the group is interrupted before: " + text);
  }

  const Graph& graph_;
  Ranges ranges_;
  std::vector<bool> defined_;
  std::vector<std::string> faults_;
  std::set<int> closed_;
  int group_ = -1;
};

}  // namespace

std::vector<std::string> verify(const Graph& graph) { return Verifier(graph).run(); }

}  // namespace tenon::high
