// Inputs and outputs as a model declares them, and the dimensions that its declarations name.
// Internal to frontend/.
//
//   input_ids : i64["batch", "seq"]          ->   dims with the symbols batch, seq
//   x : f32[?, 3]                            ->   the symbol x_0, the extent 3
#pragma once

#include <set>

#include "frontend/onnx_file.h"

namespace tenon::frontend {

struct DeclaredDim {
  int64_t extent = -1;  // when it is fixed
  std::string symbol;   // else its name, a word
  std::string label;    // and as the model writes it, "" where it is unnamed
};

struct DeclaredValue {
  const onnx::ValueInfoProto* proto = nullptr;
  bool has_shape = false;
  std::vector<DeclaredDim> dims;
};

struct Declarations {
  std::vector<DeclaredValue> inputs;  // that are no initializers
  std::vector<DeclaredValue> outputs;
};

/// Names of dimensions are made words, each once; equal labels are one dimension.
Declarations declarations_of(const onnx::GraphProto& graph);

/// The dimensions of a model's inputs, bound by the options. Faults are collected: unknown names,
/// values that do not fit, and, in one message, all dimensions that have no bounds.
class DimensionTable {
 public:
  DimensionTable(const Declarations& declarations, const ImportOptions& options,
                 const OnnxFile& file, Diagnostics& diagnostics);

  /// The dimensions that stay symbols, with their ranges, in the order of the inputs.
  const std::vector<high::Symbol>& symbols() const { return symbols_; }
  std::vector<Expr> shape_of(const DeclaredValue& input, ExprPool& pool) const;

 private:
  struct Entry {
    std::string label, first_input;
    std::optional<DimRange> range;
  };
  void collect(const Declarations& declarations);
  void apply_dims();
  void apply_shapes(const Declarations& declarations);
  void apply_shape(const DeclaredValue& input, const std::vector<int64_t>& extents);
  void settle(const Declarations& declarations);
  Place place(const std::string& what = "") const;

  const ImportOptions& options_;
  const OnnxFile& file_;
  Diagnostics& diagnostics_;
  std::vector<std::string> order_;
  std::map<std::string, Entry> entries_;
  std::vector<high::Symbol> symbols_;
};

}  // namespace tenon::frontend
