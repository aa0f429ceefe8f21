// Names and bounds of the dimensions of inputs.
#include "frontend/declared.h"

#include <algorithm>

namespace tenon::frontend {
namespace {

// Gives each label a word of its own.
class SymbolNames {
 public:
  std::string word_for(const std::string& label, const std::string& fallback) {
    if (!label.empty())
      if (auto known = words_.find(label); known != words_.end()) return known->second;
    std::string base = to_word(label.empty() ? fallback : label), word = base;
    for (int& uses = uses_[base]; !taken_.insert(word).second; ++uses)
      word = base + "_" + std::to_string(uses + 2);
    if (!label.empty()) words_[label] = word;
    return word;
  }

 private:
  std::map<std::string, std::string> words_;
  std::set<std::string> taken_;
  std::map<std::string, int> uses_;  // numbers given to each word
};

DeclaredValue declared(const onnx::ValueInfoProto& proto, SymbolNames& names) {
  DeclaredValue value{&proto, proto.type().tensor_type().has_shape(), {}};
  for (const onnx::TensorShapeProto::Dimension& dim : proto.type().tensor_type().shape().dim()) {
    std::string axis = std::to_string(value.dims.size());
    if (dim.has_dim_value())
      value.dims.push_back({dim.dim_value(), "", ""});
    else
      value.dims.push_back(
          {-1, names.word_for(dim.dim_param(), proto.name() + "_" + axis), dim.dim_param()});
  }
  return value;
}

std::string joined(const std::vector<std::string>& names) {
  if (names.size() < 2) return join(names, "");
  return join(std::vector<std::string>(names.begin(), names.end() - 1), ", ") + " and " +
         names.back();
}

// "--dim batch=1..8": bounds to start from, by what the name suggests.
std::string suggestion(const std::string& symbol) {
  bool batch = symbol.find("batch") != std::string::npos || symbol == "N" || symbol == "n";
  return "--dim " + symbol + "=1.." + (batch ? "8" : "512");
}

std::string text_of(const std::vector<int64_t>& extents) {
  std::vector<std::string> parts;
  for (int64_t extent : extents) parts.push_back(std::to_string(extent));
  return "[" + join(parts, ", ") + "]";
}

std::string text_of(const DimRange& range) {
  return range.least == range.most
             ? std::to_string(range.least)
             : std::to_string(range.least) + ".." + std::to_string(range.most);
}

}  // namespace

Declarations declarations_of(const onnx::GraphProto& graph) {
  std::set<std::string> initializers;
  for (const onnx::TensorProto& tensor : graph.initializer()) initializers.insert(tensor.name());
  Declarations result;
  SymbolNames names;
  for (const onnx::ValueInfoProto& input : graph.input())
    if (!initializers.count(input.name())) result.inputs.push_back(declared(input, names));
  for (const onnx::ValueInfoProto& output : graph.output())
    result.outputs.push_back(declared(output, names));
  return result;
}

DimensionTable::DimensionTable(const Declarations& declarations, const ImportOptions& options,
                               const OnnxFile& file, Diagnostics& diagnostics)
    : options_(options), file_(file), diagnostics_(diagnostics) {
  collect(declarations);
  apply_dims();
  apply_shapes(declarations);
  settle(declarations);
}

Place DimensionTable::place(const std::string& what) const { return {file_.base_name, what, 0, 0}; }

void DimensionTable::collect(const Declarations& declarations) {
  for (const DeclaredValue& input : declarations.inputs)
    for (const DeclaredDim& dim : input.dims)
      if (!dim.symbol.empty() &&
          entries_.emplace(dim.symbol, Entry{dim.label, input.proto->name(), std::nullopt}).second)
        order_.push_back(dim.symbol);
}

void DimensionTable::apply_dims() {
  for (const auto& [name, range] : options_.dims) {
    std::string symbol = name;
    for (const auto& [word, entry] : entries_)
      if (entry.label == name) symbol = word;
    auto entry = entries_.find(symbol);
    if (entry == entries_.end()) {
      std::string nearest = nearest_name(name, order_);
      diagnostics_.error(place(), "no input has a dimension " + tenon::quoted(name))
          .help(!nearest.empty() ? "did you mean " + nearest + "?"
                : order_.empty() ? "all dimensions of the inputs are fixed"
                                 : "its dimensions are " + joined(order_));
    } else if (range.least < 0 || range.least > range.most || range.most >= kMostExtent) {
      diagnostics_
          .error(place(),
                 "the bounds " + text_of(range) + " of the dimension " + symbol + " are no range")
          .help("give --dim " + symbol + "=LO..HI with 0 <= LO <= HI < 2^40");
    } else {
      entry->second.range = range;
    }
  }
}

void DimensionTable::apply_shapes(const Declarations& declarations) {
  std::vector<std::string> names;
  for (const DeclaredValue& input : declarations.inputs) names.push_back(input.proto->name());
  for (const auto& [name, extents] : options_.shapes) {
    auto input = std::find_if(declarations.inputs.begin(), declarations.inputs.end(),
                              [&](const DeclaredValue& v) { return v.proto->name() == name; });
    if (input != declarations.inputs.end()) {
      apply_shape(*input, extents);
      continue;
    }
    std::string nearest = nearest_name(name, names);
    diagnostics_.error(place(), "the model has no input " + tenon::quoted(name))
        .help(!nearest.empty() ? "did you mean " + nearest + "?"
                               : "its inputs are " + joined(names));
  }
}

void DimensionTable::apply_shape(const DeclaredValue& input, const std::vector<int64_t>& extents) {
  Place where = place("input " + tenon::quoted(input.proto->name()));
  for (int64_t extent : extents) {
    if (extent >= 0 && extent < kMostExtent) continue;
    diagnostics_
        .error(where, "the shape " + text_of(extents) + " that is given has an extent of " +
                          std::to_string(extent))
        .help("give extents of at least 0 and below 2^40");
    return;
  }
  if (!input.has_shape) return;
  if (extents.size() != input.dims.size()) {
    diagnostics_
        .error(where, "the shape " + text_of(extents) + " that is given has " +
                          std::to_string(extents.size()) + " axes, the model declares " +
                          std::to_string(input.dims.size()))
        .help("give an extent for each axis");
    return;
  }
  for (size_t axis = 0; axis < extents.size(); ++axis) {
    const DeclaredDim& dim = input.dims[axis];
    std::string what =
        "axis " + std::to_string(axis) + " is given as " + std::to_string(extents[axis]) + ", ";
    if (dim.symbol.empty()) {
      if (dim.extent != extents[axis])
        diagnostics_.error(where, what + "the model fixes it to " + std::to_string(dim.extent))
            .help("export the model with a dynamic axis to change it");
      continue;
    }
    std::optional<DimRange>& range = entries_.at(dim.symbol).range;
    if (range && (extents[axis] < range->least || extents[axis] > range->most))
      diagnostics_.error(where, what + "the dimension " + dim.symbol + " is " + text_of(*range))
          .help("give one size for each dimension");
    range = DimRange{extents[axis], extents[axis]};
  }
}

// Dimensions without bounds are reported together, with a command line to paste.
void DimensionTable::settle(const Declarations& declarations) {
  std::vector<std::string> open, arguments;
  std::set<std::string> concerned;
  for (const std::string& symbol : order_) {
    Entry& entry = entries_.at(symbol);
    if (!entry.range && !options_.require_bounds) entry.range = DimRange{};
    if (!entry.range) {
      open.push_back(symbol);
      arguments.push_back(suggestion(symbol));
      concerned.insert(entry.first_input);
    } else if (entry.range->least != entry.range->most) {
      symbols_.push_back({symbol, entry.range->least, entry.range->most});
    }
  }
  if (open.empty()) return;
  bool one = open.size() == 1;
  Diagnostic& error =
      diagnostics_.error(place(), std::string(one ? "the dimension " : "the dimensions ") +
                                      joined(open) + (one ? " has" : " have") + " no bounds");
  for (const DeclaredValue& input : declarations.inputs) {
    if (!concerned.count(input.proto->name())) continue;
    std::vector<std::string> parts;
    for (const DeclaredDim& dim : input.dims)
      parts.push_back(dim.symbol.empty() ? std::to_string(dim.extent) : dim.symbol);
    error.note("input " + tenon::quoted(input.proto->name()) + " : [" + join(parts, ", ") + "]");
  }
  error.help("give a size or a range for each, for example: tenon compile " + file_.path +
             " -o out " + join(arguments, " "));
}

std::vector<Expr> DimensionTable::shape_of(const DeclaredValue& input, ExprPool& pool) const {
  std::vector<Expr> shape;
  if (!input.has_shape) {
    for (int64_t extent : options_.shapes.at(input.proto->name()))
      shape.push_back(pool.index(extent));
    return shape;
  }
  for (const DeclaredDim& dim : input.dims) {
    if (dim.symbol.empty()) {
      shape.push_back(pool.index(dim.extent));
      continue;
    }
    const DimRange& range = *entries_.at(dim.symbol).range;
    shape.push_back(range.least == range.most ? pool.index(range.least) : pool.var(dim.symbol));
  }
  return shape;
}

}  // namespace tenon::frontend
