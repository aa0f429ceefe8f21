// What nodes mean in each opset from 11 to 20: the cases of opset_cases.txt, and that there is one
// for every version of every operator that the frontend's table says it reads.
#include <onnx/defs/schema.h>

#include <cstdlib>
#include <fstream>
#include <set>

#include "frontend/node.h"
#include "frontend/schema.h"
#include "tests/frontend/import_test.h"

namespace tenon::frontend {
namespace {

constexpr int kFirst = 11, kLast = 20;

struct OpsetCase {
  std::string op, inputs, initializers, nodes, outputs = "y", gives;
  int first = 0, last = 0;
};

std::vector<OpsetCase> read_cases() {
  const char* root = std::getenv("TENON_SOURCE_DIR");
  std::ifstream file(std::string(root ? root : ".") + "/tests/frontend/opset_cases.txt");
  std::vector<OpsetCase> cases;
  for (std::string line; std::getline(file, line);) {
    size_t space = line.find(' ');
    if (line.empty() || line[0] == '#' || space == std::string::npos) continue;
    std::string word = line.substr(0, space), rest = line.substr(space + 1);
    if (word == "case") {
      size_t blank = rest.find(' '), dots = rest.find("..");
      cases.emplace_back().op = rest.substr(0, blank);
      cases.back().first = std::stoi(rest.substr(blank + 1));
      cases.back().last = std::stoi(rest.substr(dots + 2));
      continue;
    }
    OpsetCase& last = cases.back();
    if (word == "input") last.inputs = rest;
    if (word == "init") last.initializers = rest;
    if (word == "output") last.outputs = rest;
    if (word == "node") last.nodes += rest + "\n";
    if (word == "gives") last.gives += rest + "\n";
  }
  return cases;
}

class OpsetCases : public ImportTest {};

TEST_F(OpsetCases, GiveTheSameNodesInTheirOpsets) {
  std::vector<OpsetCase> cases = read_cases();
  ASSERT_GT(cases.size(), 150u);
  options_.dims["N"] = {1, 8};
  for (const OpsetCase& c : cases) {
    options_.dims.clear();
    if (c.inputs.find("[N") != std::string::npos) options_.dims["N"] = {1, 8};
    for (int opset = c.first; opset <= c.last; ++opset) {
      SCOPED_TRACE(c.op + " of opset " + std::to_string(opset));
      try {
        EXPECT_EQ(nodes_of(node_model(opset, c.inputs, c.nodes, c.initializers, c.outputs)),
                  c.gives);
      } catch (const std::exception& failure) {
        ADD_FAILURE() << failure.what();
      }
    }
  }
}

// Each opset from 11 to 20 has one version of an operator in force: the table must read it, and a
// case must show what becomes of it.
TEST_F(OpsetCases, CoverEveryVersionOfTheTable) {
  std::vector<OpsetCase> cases = read_cases();
  for (const OnnxOperator& row : onnx_operators()) {
    for (int opset = kFirst; opset <= kLast; ++opset) {
      const onnx::OpSchema* schema = find_schema(std::string(row.name), "", opset);
      if (!schema) continue;
      EXPECT_TRUE(row.reads(schema->since_version()))
          << row.name << " of opset " << opset << " is version " << schema->since_version();
      EXPECT_TRUE(std::any_of(cases.begin(), cases.end(),
                              [&](const OpsetCase& c) {
                                return c.op == row.name && c.first <= opset && opset <= c.last;
                              }))
          << row.name << " of opset " << opset;
    }
  }
}

TEST_F(OpsetCases, OfTheTableAreVersionsOfOnnx) {
  std::set<std::pair<std::string, int>> known;
  for (const onnx::OpSchema& schema : onnx::OpSchemaRegistry::get_all_schemas_with_history())
    if (schema.domain().empty()) known.emplace(schema.Name(), schema.since_version());
  std::string_view before;
  for (const OnnxOperator& row : onnx_operators()) {
    EXPECT_LT(before, row.name) << "the rows stand in alphabetical order";
    before = row.name;
    EXPECT_TRUE(std::is_sorted(row.versions.begin(), row.versions.end())) << row.name;
    for (int version : row.versions)
      EXPECT_TRUE(known.count({std::string(row.name), version})) << row.name << " " << version;
  }
}

}  // namespace
}  // namespace tenon::frontend
