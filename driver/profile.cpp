// Times of groups: a run asks `stop` between groups, so a callback that reads the clock and never
// stops sees each group.
#include "driver/profile.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <map>

#include "ir/loop/constants.h"
#include "support/text.h"
#include "target/measure_peak.h"

namespace tenon::driver {
namespace {

double flops_of(Expr value) {
  double flops = 0;
  for_each_node(value, [&](Expr node) {
    const Apply* apply = node.as<Apply>();
    if (!apply || !is_float(node.type()) || apply->op == Op::Select) return;
    flops += apply->op == Op::Fma ? 2 : 1;
  });
  return flops;
}

// Float operations of one run of the statement. Loops whose extent depends on an outer loop count
// at its first iteration, conditions as true.
double flops_of(const loop::Stmt& stmt, loop::SymbolValues values) {
  if (!stmt) return 0;
  if (const loop::Block* block = stmt.as<loop::Block>()) {
    double total = 0;
    for (const loop::Stmt& child : block->stmts) total += flops_of(child, values);
    return total;
  }
  if (const loop::For* loop = stmt.as<loop::For>()) {
    double count =
        static_cast<double>(std::max<int64_t>(loop::evaluate_index(loop->extent, values), 0));
    values[loop->var] = 0;
    return count * flops_of(loop->body, std::move(values));
  }
  if (const loop::If* branch = stmt.as<loop::If>()) return flops_of(branch->then_body, values);
  if (const loop::Store* store = stmt.as<loop::Store>()) return flops_of(store->value);
  return 0;
}

double bytes_of(const loop::Function& function, const loop::SymbolValues& values) {
  double total = 0;
  for (const loop::Param& param : function.params) {
    double elements = 1;
    for (Expr extent : param.buffer.extents)
      elements *= static_cast<double>(loop::evaluate_index(extent, values));
    total += elements * bits_of(param.buffer.type) / 8;
  }
  return total;
}

}  // namespace

std::vector<ProfileRow> profile_groups(const Session& session,
                                       const std::map<std::string, Array>& inputs, double seconds) {
  using Clock = std::chrono::steady_clock;
  const loop::Module& module = session.model.module();
  loop::SymbolValues dims = bind_dimensions(module, inputs);
  std::vector<ProfileRow> rows;
  double peak = target::measure_fma_peak().gflops * 1e9;
  for (const codegen::Group& group : session.model.code.groups) {
    const loop::Function& function = session.model.function_of(group);
    ProfileRow row;
    row.group = function.name;
    row.nodes = join(group.location, ", ");
    row.anchor = function.anchor_class;
    row.flops = flops_of(function.body, dims);
    row.bytes = bytes_of(function, dims);
    row.peak_flops = peak;
    for (const loop::Param& param : function.params)
      row.weights = row.weights || param.kind == loop::ParamKind::Const;
    rows.push_back(std::move(row));
  }
  ModelRunner runner(module, session.model.interface, session.objects);
  runner.prepare(inputs, 1);
  runner.call();
  std::vector<Clock::time_point> marks;
  runner.on_group([&] {
    marks.push_back(Clock::now());
    return true;
  });
  std::vector<std::vector<double>> times(rows.size());
  Clock::time_point start = Clock::now();
  do {
    marks.assign(1, Clock::now());
    runner.call();
    marks.push_back(Clock::now());
    TENON_CHECK(marks.size() == rows.size() + 1, "a run of other groups than were compiled");
    for (size_t i = 0; i < rows.size(); ++i)
      times[i].push_back(
          std::chrono::duration<double, std::milli>(marks[i + 1] - marks[i]).count());
  } while (std::chrono::duration<double>(Clock::now() - start).count() < seconds);
  for (size_t i = 0; i < rows.size(); ++i) {
    std::sort(times[i].begin(), times[i].end());
    rows[i].milliseconds = times[i][times[i].size() / 2];
  }
  return rows;
}

std::string profile_table(const std::vector<ProfileRow>& rows) {
  double total = 0, gemm_flops = 0, gemm_time = 0;
  for (const ProfileRow& row : rows) {
    total += row.milliseconds;
    if (row.anchor != "gemm" || !row.weights) continue;
    gemm_flops += row.flops;
    gemm_time += row.milliseconds;
  }
  std::string text = "      ms      %  GFLOP/s  peak%    GB/s  group (nodes)\n";
  char line[160];
  for (const ProfileRow& row : rows) {
    double rate = row.flops / (row.milliseconds * 1e-3);
    std::snprintf(line, sizeof line, "%8.4f %6.1f %8.1f %6.1f %7.1f  ", row.milliseconds,
                  100 * row.milliseconds / total, rate * 1e-9, 100 * rate / row.peak_flops,
                  row.bytes / row.milliseconds * 1e-6);
    text += line + row.group + (row.nodes.empty() ? "" : " (" + row.nodes + ")") + "\n";
  }
  std::snprintf(line, sizeof line, "%8.4f  all groups\n", total);
  text += line;
  if (gemm_time > 0 && !rows.empty()) {
    double rate = gemm_flops / (gemm_time * 1e-3);
    std::snprintf(line, sizeof line,
                  "weight GEMMs: %.4f ms, %.1f GFLOP/s, %.1f %% of this machine's %.1f GFLOP/s\n",
                  gemm_time, rate * 1e-9, 100 * rate / rows[0].peak_flops,
                  rows[0].peak_flops * 1e-9);
    text += line;
  }
  return text;
}

nlohmann::ordered_json to_json(const std::vector<ProfileRow>& rows) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const ProfileRow& row : rows) {
    nlohmann::ordered_json entry;
    entry["group"] = row.group;
    entry["nodes"] = row.nodes;
    entry["anchor"] = row.anchor;
    entry["weights"] = row.weights;
    entry["ms"] = row.milliseconds;
    entry["flops"] = row.flops;
    entry["bytes"] = row.bytes;
    entry["percent_of_peak"] = 100 * row.flops / (row.milliseconds * 1e-3) / row.peak_flops;
    list.push_back(std::move(entry));
  }
  return list;
}

}  // namespace tenon::driver
