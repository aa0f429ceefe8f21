// The text form of the graph level; docs/text_format.md specifies it. print(parse(text)) == text.
//
//   model mlp {
//     model_file "mlp.onnx" sha256 "6f1e..."
//     symbol batch in 1..8
//     input %x : f32[batch, 768] "x"
//     const %w : f32[768, 3072] = initializer "fc1.weight"
//     const %c : i64[2] = [1, 2]
//     group @fc1_relu {
//       %fc1 = matmul %x, %w : f32[batch, 3072] loc("/fc1/MatMul")
//       %y = relu %fc1 : f32[batch, 3072] loc("/act/Relu")
//     }
//     output %y "y"
//   }
#pragma once

#include <string>
#include <string_view>

#include "ir/high/graph.h"
#include "support/text.h"

namespace tenon::high {

/// Inputs and constants come first, then nodes in order, then outputs. Attributes at their defaults
/// are left out.
std::string to_string(const Graph& graph);
/// One node: `%y = relu %x : f32[8] loc("/act/Relu")`.
std::string to_string(const Graph& graph, const Node& node);

/// Reads a graph and makes its pool. Nodes are added as the frontend adds them, so a type that does
/// not follow from the inputs is refused; faults throw UserErrors with line, column and caret.
Graph parse_graph(std::string_view text, const std::string& file_name);
/// The same, where more may follow behind the graph.
Graph parse_graph(Lexer& lexer);

}  // namespace tenon::high
