// attach CONSUMER at LOOP, LOOP, ... [like PRODUCER]
//
//   for mo in 16 { for k in 768 { for mi in 8 { stage acc[m:128] reduce k ... with m = mo*8 + mi } } }
//   for y.m in 128 { stage y[m:128] = max(acc[m], 0.0) with m = y.m }
//   attach y at mo like acc
//   for mo in 16 { for k in 768 { ... }  for y.mi in 8 { stage y[m:128] = ... with m = mo*8 + y.mi } }
//
// Moves an elementwise consumer under its producer's loops, after the last reduce loop, so that it
// runs on what the producer has just finished. `like` names the producer whose splits and loop
// kinds are repeated; without it the producer is the one tensor below LOOP that the consumer reads.
// Several loops are named where the producer has several nests (balanced splits). Axes that the
// producer does not have get loops of their own, outside. Exact.
#include <algorithm>

#include "schedule/iterations.h"
#include "schedule/primitives/primitives.h"

namespace tenon::schedule {
namespace {

using loop::For;
using loop::Leaf;
using loop::Stage;
using loop::Stmt;

// For each axis of the producer's tensor, the consumer's axis that reads it, or -1 for a subscript
// that is 0 throughout.
Result<std::vector<int>> match_axes(const Stage& consumer, const std::string& tensor, size_t rank) {
  std::vector<int> match;
  std::string reason;
  for_each_node(consumer.value, [&](Expr node) {
    const Read* read = node.as<Read>();
    if (!read || read->tensor != tensor || !reason.empty()) return;
    std::vector<int> found;
    for (Expr index : read->indices()) {
      const Var* var = index.as<Var>();
      auto axis = std::find_if(consumer.axes.begin(), consumer.axes.end(),
                               [&](const loop::Axis& a) { return var && a.name == var->name; });
      if (axis != consumer.axes.end())
        found.push_back(static_cast<int>(axis - consumer.axes.begin()));
      else if (is_int(index, 0))
        found.push_back(-1);
      else
        reason = consumer.name + " reads " + tensor +
                 " at a subscript that is no axis: " + to_string(index);
    }
    if (match.empty())
      match = found;
    else if (match != found)
      reason = consumer.name + " reads " + tensor + " at different subscripts";
  });
  if (!reason.empty()) return Failure{reason};
  if (match.size() != rank) return Failure{consumer.name + " does not read " + tensor};
  return match;
}

// Below two loops, one inside the other, the consumer's elements would be made twice.
Status check_disjoint(const State& state, const std::vector<std::string>& loop_names) {
  for (size_t i = 0; i < loop_names.size(); ++i)
    for (size_t j = 0; j < loop_names.size(); ++j) {
      const For* outer = find_loop(state.function.body, loop_names[i]);
      if (i < j && loop_names[i] == loop_names[j])
        return Failure{loop_names[j] + " is named twice"};
      if (i != j && outer && find_loop(outer->body, loop_names[j]))
        return Failure{loop_names[j] + " is inside " + loop_names[i] + ", which is named too"};
    }
  return Done{};
}

// The consumer's nest for one leaf of the producer: its spatial loops repeated, in order, with
// fresh names.
Stmt make_nest(const State& state, const Stage& consumer, const Location& location,
               const LeafAt& producer, const std::vector<int>& match, const Ranges& around,
               bool copy_kinds, std::vector<std::string>& given_names) {
  ExprPool& pool = *state.pool;
  std::vector<Substitution> fresh;
  std::vector<For> loops;
  Ranges ranges = around;
  std::vector<Expr> bindings(consumer.axes.size());
  for (size_t a = 0; a < consumer.axes.size(); ++a) {
    if (std::find(match.begin(), match.end(), static_cast<int>(a)) != match.end()) continue;
    For loop{free_name(state, consumer.name + "." + consumer.axes[a].name, given_names),
             consumer.axes[a].extent,
             loop::LoopKind::Serial,
             1,
             {},
             location};
    bindings[a] = pool.var(loop.var);
    ranges.set_extent(loop.var, loop.extent);
    loops.push_back(std::move(loop));
  }
  for (const For* old : producer.loops) {
    if (!binds_spatial(producer.leaf, old->var)) continue;
    For loop = *old;
    loop.var = free_name(state, consumer.name + "." + old->var, given_names);
    loop.extent = substitute(old->extent, fresh);
    loop.location = location;
    if (!copy_kinds) loop.kind = loop::LoopKind::Serial;
    fresh.push_back({old->var, pool.var(loop.var)});
    ranges.set_extent(loop.var, loop.extent);
    loops.push_back(std::move(loop));
  }
  Leaf leaf{std::make_shared<const Stage>(consumer), {}, {}, {}, true};
  for (size_t d = 0; d < match.size(); ++d) {
    if (match[d] < 0) continue;
    const loop::Axis& axis = consumer.axes[static_cast<size_t>(match[d])];
    Expr binding = simplify(substitute(producer.leaf.bindings[d], fresh), ranges);
    bindings[static_cast<size_t>(match[d])] = binding;
    leaf.guard = add_guard(leaf.guard, le(pool.index(0), binding), ranges);
    leaf.guard = add_guard(leaf.guard, lt(binding, axis.extent), ranges);
  }
  for (Expr part : conditions_on_elements(producer, around))
    leaf.guard = add_guard(leaf.guard, substitute(part, fresh), ranges);
  leaf.bindings = std::move(bindings);
  Stmt body = leaf;
  for (size_t i = loops.size(); i-- > 0;) {
    loops[i].body = body;
    body = loops[i];
  }
  return body;
}

// What the consumer reads of tensors that are not made inside the loop must be complete before it:
// they are parameters, or all their writers stand before the nest that holds the loop.
Status check_available(const State& state, const Stage& consumer, const std::string& loop_name) {
  std::vector<const For*> around = loops_around(state.function.body, loop_name);
  const std::string& outermost = around.empty() ? loop_name : around[0]->var;
  const For& loop = *find_loop(state.function.body, loop_name);
  Stmt reader = Leaf{std::make_shared<const Stage>(consumer), {}, {}, {}, true};
  bool reached = false;
  std::string late;
  loop::for_each_stmt(state.function.body, [&](const Stmt& stmt) {
    reached = reached || (stmt.as<For>() && stmt.as<For>()->var == outermost);
    const Leaf* leaf = stmt.as<Leaf>();
    if (!reached || !leaf || !reads_tensor(reader, leaf->stage->tensor)) return;
    if (writers_of(loop.body, leaf->stage->tensor).empty()) late = leaf->stage->tensor;
  });
  if (!late.empty())
    return Failure{consumer.name + " also reads " + late + ", which is not complete at " +
                   loop_name};
  return Done{};
}

struct AttachRequest {
  std::string consumer, producer;
  std::vector<std::string> loops;
  bool copies_kinds = false;
};

Result<AttachRequest> parse(const State& state, Lexer& arguments) {
  AttachRequest request;
  request.consumer = arguments.expect_word("the name of a stage");
  arguments.expect("at");
  do {
    Result<std::string> name = read_holder_name(state, arguments);
    if (!name) return name.error();
    request.loops.push_back(*name);
  } while (arguments.accept(","));
  if (Status status = check_disjoint(state, request.loops); !status) return status.error();
  request.copies_kinds = arguments.accept("like");
  if (request.copies_kinds) request.producer = arguments.expect_word("the name of a stage");
  return request;
}

// The consumer's one leaf, which may move: with the loops around its nest.
struct Consumer {
  Stage stage;
  Stmt nest;
  std::vector<const For*> around;
};

Result<Consumer> find_consumer(const State& state, const std::string& name) {
  Stmt nest = nest_of(state.function.body, name);
  std::vector<LeafAt> leaves = nest ? leaves_in(nest) : std::vector<LeafAt>();
  if (leaves.size() != 1) return Failure{name + " is not one stage with a nest of its own"};
  Consumer consumer{*leaves[0].leaf.stage, nest, loops_around_stmt(state.function.body, nest)};
  if (consumer.stage.reducer != loop::Reducer::None)
    return Failure{name + " is a reduction; compute_at moves its producers instead"};
  std::vector<const For*> own_window =
      loops_around_buffer(state.function.body, consumer.stage.tensor);
  if (!own_window.empty())
    return Failure{name + " is written to a window inside " + own_window.back()->var};
  for (const For* outer : consumer.around)
    for (Expr binding : leaves[0].leaf.bindings)
      if (uses_var(binding, outer->var))
        return Failure{outer->var + " of " + name + " holds other stages too"};
  return consumer;
}

// The last tensor below the loop that the consumer reads; "" where it reads none.
std::string producer_below(const State& state, const Consumer& consumer, const std::string& loop) {
  std::string producer;
  for (const LeafAt& at : leaves_in(find_loop(state.function.body, loop)->body))
    if (reads_tensor(consumer.nest, at.leaf.stage->tensor)) producer = at.leaf.stage->tensor;
  return producer;
}

// A loop that holds whole elements of the producer: none of their sum is outside.
Status check_holds_elements(const State& state, const LeafAt& writer, const std::string& producer,
                            const std::string& loop_name) {
  if (!writer.leaf.stage->is_plain()) return Failure{producer + " is written in pieces"};
  for (const For* outer : loops_around(state.function.body, loop_name))
    if (binds_reduce(writer.leaf, outer->var))
      return Failure{loop_name + " is inside the reduce loop " + outer->var + " of " + producer};
  if (binds_reduce(writer.leaf, loop_name))
    return Failure{loop_name + " is a reduce loop of " + producer};
  return Done{};
}

// Puts a nest of the consumer behind each of the producer's in the loop; gives their number.
Result<size_t> attach_at(State& state, const AttachRequest& request, const Consumer& consumer,
                         const std::string& loop_name) {
  const For* loop = find_loop(state.function.body, loop_name);
  if (!loop) return Failure{loop_name + " belongs to " + request.consumer + " itself"};
  for (const For* outer : consumer.around)
    if (!find_loop(outer->body, loop_name))
      return Failure{request.consumer + " is inside " + outer->var + ", and " + loop_name +
                     " is not"};
  if (Status status = check_available(state, consumer.stage, loop_name); !status)
    return status.error();
  Ranges around = ranges_at(state, loop_name, true);
  std::vector<Stmt> body = {loop->body};
  std::vector<std::string> names;
  for (const LeafAt& writer : writers_of(loop->body, request.producer)) {
    if (Status status = check_holds_elements(state, writer, request.producer, loop_name); !status)
      return status.error();
    // the rest of a peeled reduction: its tile has its consumer already
    if (!writer.leaf.initializes) continue;
    Result<std::vector<int>> match =
        match_axes(consumer.stage, request.producer, writer.leaf.stage->axes.size());
    if (!match) return match.error();
    body.push_back(make_nest(state, consumer.stage, consumer.stage.location, writer, *match, around,
                             request.copies_kinds, names));
  }
  size_t attached = body.size() - 1;
  Stmt whole = loop::block(std::move(body));
  state.function.body = replace_loop(state.function.body, loop_name, [&](const For& old) {
    For changed = old;
    changed.body = whole;
    return Stmt(changed);
  });
  for (const LeafAt& at : leaves_in(find_loop(state.function.body, loop_name)->body))
    if (reads_tensor(Leaf{std::make_shared<const Stage>(consumer.stage), {}, {}, {}, true},
                     at.leaf.stage->tensor))
      if (Status status = iterations_read_own_writes(state, at.leaf.stage->tensor, loop_name);
          !status)
        return status.error();
  return attached;
}

// Every element of the producer has its consumer, after the whole of its sum.
Status check_complete(const State& state, const AttachRequest& request, size_t attached) {
  const std::string& producer = request.producer;
  std::vector<LeafAt> writers = writers_of(state.function.body, producer);
  size_t first_writers = 0;
  for (const LeafAt& at : writers) {
    first_writers += at.leaf.initializes;
    if (at.leaf.initializes) continue;
    if (request.loops.size() != 1)
      return Failure{producer + " is summed in several nests, which one loop must hold"};
    const For* holder = find_loop(state.function.body, request.loops[0]);
    if (writers_of(holder->body, producer).size() != writers.size())
      return Failure{"not all of " + producer + " is made below " + request.loops[0]};
  }
  if (attached == 0 || attached != first_writers)
    return Failure{"not all of " + producer + " is made below the loops named"};
  return Done{};
}

Status apply_attach(State& state, Lexer& arguments) {
  Result<AttachRequest> request = parse(state, arguments);
  if (!request) return request.error();
  Result<Consumer> consumer = find_consumer(state, request->consumer);
  if (!consumer) return consumer.error();
  if (request->producer.empty())
    request->producer = producer_below(state, *consumer, request->loops[0]);
  if (request->producer.empty())
    return Failure{request->consumer + " reads nothing that is made below " + request->loops[0]};
  state.function.body = replace_stmt(state.function.body, consumer->nest, loop::block({}));
  size_t attached = 0;
  for (const std::string& loop_name : request->loops) {
    Result<size_t> nests = attach_at(state, *request, *consumer, loop_name);
    if (!nests) return nests.error();
    attached += *nests;
  }
  return check_complete(state, *request, attached);
}

}  // namespace

const Primitive attach = {
    .name = "attach",
    .syntax = "attach CONSUMER at LOOP, LOOP, ... [like PRODUCER]",
    .summary = "an elementwise consumer runs under its producer's loops",
    .effect = Effect::Exact,
    .apply = apply_attach,
};

}  // namespace tenon::schedule
