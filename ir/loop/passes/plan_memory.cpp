// Places in the arena for the buffers of main.
//
//   main { buffer a  buffer b  buffer c   call @f(x, a)  call @g(a, b)  call @h(b, c)  call @k(c, y) }
//   ->   a at 0, b at bytes(a), c at 0           (a is dead when c is written)
//
// Two buffers conflict when both are live during some call. Each order below places the buffers one
// by one at the lowest offset that is free of conflicts, at the sizes for the upper bounds of the
// symbols:
//   by size      largest first
//   by breadth   those live at the call with the most live bytes first, largest first among them
// and the plan that needs less is kept (Pisarchyk and Lee, 2020, sections 5.2 and 5.3). With
// symbols, each buffer's offset is the maximum of the ends of the conflicting buffers below it, so
// that smaller dimensions need less memory; at the upper bounds that is where the greedy placement
// put it, or lower.
#include <algorithm>
#include <numeric>

#include "ir/loop/passes.h"
#include "ir/loop/places.h"

namespace tenon::loop {
namespace {

constexpr int64_t kAlignment = 64;

struct Item {
  Buffer buffer;
  Expr bytes;                 // rounded up to the alignment
  int64_t most = 0;           // at the upper bounds
  int first = -1, last = -1;  // calls during which it is live
  int64_t offset = 0;         // at the upper bounds
  bool live_at(int call) const { return first <= call && call <= last; }
  bool conflicts(const Item& other) const { return first <= other.last && other.first <= last; }
};

struct Liveness {
  std::vector<Item> items;
  int calls = 0;
};

Liveness find_liveness(const Module& module) {
  Liveness result;
  Ranges ranges = module.symbol_ranges();
  ExprPool& pool = *module.pool;
  for_each_stmt(module.main, [&](const Stmt& stmt) {
    const Alloc* alloc = stmt.as<Alloc>();
    if (!alloc || !alloc->buffer.alias_of.empty()) return;
    Item item{alloc->buffer, {}, 0, -1, -1, 0};
    item.bytes = simplify(
        ceil_div(bytes_of(alloc->buffer, pool), kAlignment) * pool.index(kAlignment), ranges);
    item.most = bounds_of(item.bytes, ranges).max;
    TENON_CHECK(item.most != Interval::kMax,
                "buffer " + alloc->buffer.name + " has no upper bound");
    result.items.push_back(std::move(item));
  });
  // A view keeps the buffer that it is a view of alive.
  std::map<std::string, Place> views = view_places(module);
  for_each_stmt(module.main, [&](const Stmt& stmt) {
    const Call* call = stmt.as<Call>();
    if (!call) return;
    for (const std::string& argument : call->arguments) {
      std::string name = place_of(views, argument, pool).owner;
      for (Item& item : result.items) {
        if (item.buffer.name != name) continue;
        if (item.first < 0) item.first = result.calls;
        item.last = result.calls;
      }
    }
    ++result.calls;
  });
  std::erase_if(result.items, [](const Item& item) { return item.first < 0; });
  return result;
}

int64_t live_bytes(const std::vector<Item>& items, int call) {
  int64_t total = 0;
  for (const Item& item : items)
    if (item.live_at(call)) total += item.most;
  return total;
}

// Places the items in this order; returns the bytes needed.
int64_t place(std::vector<Item>& items, const std::vector<size_t>& order) {
  int64_t total = 0;
  std::vector<size_t> placed;
  for (size_t index : order) {
    Item& item = items[index];
    std::vector<const Item*> conflicting;
    for (size_t other : placed)
      if (items[other].conflicts(item)) conflicting.push_back(&items[other]);
    std::sort(conflicting.begin(), conflicting.end(),
              [](const Item* a, const Item* b) { return a->offset < b->offset; });
    int64_t offset = 0;
    for (const Item* other : conflicting) {
      if (offset + item.most <= other->offset) break;
      offset = std::max(offset, other->offset + other->most);
    }
    item.offset = offset;
    total = std::max(total, offset + item.most);
    placed.push_back(index);
  }
  return total;
}

std::vector<size_t> order_by_size(const std::vector<Item>& items) {
  std::vector<size_t> order(items.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return items[a].most > items[b].most; });
  return order;
}

std::vector<size_t> order_by_breadth(const std::vector<Item>& items, int calls) {
  std::vector<int> by_breadth(static_cast<size_t>(calls));
  std::iota(by_breadth.begin(), by_breadth.end(), 0);
  std::stable_sort(by_breadth.begin(), by_breadth.end(),
                   [&](int a, int b) { return live_bytes(items, a) > live_bytes(items, b); });
  std::vector<size_t> order, sizes = order_by_size(items);
  for (int call : by_breadth)
    for (size_t index : sizes)
      if (items[index].live_at(call) && std::find(order.begin(), order.end(), index) == order.end())
        order.push_back(index);
  return order;
}

}  // namespace

void plan_memory(Module& module) {
  Liveness liveness = find_liveness(module);
  std::vector<Item> by_size = liveness.items, by_breadth = liveness.items;
  int64_t size_bytes = place(by_size, order_by_size(by_size));
  int64_t breadth_bytes = place(by_breadth, order_by_breadth(by_breadth, liveness.calls));
  std::vector<Item>& items = breadth_bytes < size_bytes ? by_breadth : by_size;

  // From the lowest up. Of the conflicting buffers below, those count that have no other of them
  // between.
  ExprPool& pool = *module.pool;
  std::stable_sort(items.begin(), items.end(),
                   [](const Item& a, const Item& b) { return a.offset < b.offset; });
  module.arena.clear();
  auto lies_on = [](const Item& upper, const Item& lower) {
    return lower.conflicts(upper) && lower.offset + lower.most <= upper.offset;
  };
  for (size_t i = 0; i < items.size(); ++i) {
    ArenaSlot slot{items[i].buffer.name, {}, items[i].bytes, {}};
    for (size_t below = 0; below < i; ++below) {
      if (!lies_on(items[i], items[below])) continue;
      bool covered = false;
      for (size_t between = below + 1; between < i; ++between)
        covered =
            covered || (lies_on(items[i], items[between]) && lies_on(items[between], items[below]));
      if (!covered) slot.above.push_back(items[below].buffer.name);
    }
    slot.offset = slot.above.empty() ? pool.index(0) : module.greatest_end(slot.above);
    if (as_int(slot.offset)) slot.above.clear();
    module.arena.push_back(std::move(slot));
  }
  module.arena_bytes = module.greatest_end({});
  int64_t bound = 0;
  for (int call = 0; call < liveness.calls; ++call)
    bound = std::max(bound, live_bytes(liveness.items, call));
  module.arena_lower_bound = pool.index(bound);
}

}  // namespace tenon::loop
