// The rules of checker.h, byte by byte.
//   two threads write y[3] in one phase   ->   "writes 4 bytes at byte 12 of y, which thread 7
//                                              of this block wrote, and no barrier lies between"
#include "codegen/cuda/emulator/checker.h"

#include <fmt/format.h>

#include <cstring>

#include "codegen/cuda/emulator/fiber.h"

namespace tenon::codegen {
namespace {

constexpr uint32_t kMany = ~0u;
constexpr uint64_t kGuardMark[2] = {TENON_GUARD_MARK};

const unsigned char* bytes_of(const void* address) {
  return static_cast<const unsigned char*>(address);
}

std::string who(uint32_t block, uint32_t thread, uint32_t this_block) {
  const std::string name =
      thread == kMany ? "several threads" : fmt::format("thread {}", thread - 1);
  if (block == kMany) return "threads of several blocks";
  return block == this_block ? name + " of this block"
                             : fmt::format("{} of block number {}", name, block - 1);
}

}  // namespace

Checker::Checker(const tenon_emulated_library& library, const tenon_emulated_kernel& kernel,
                 const std::vector<EmulatedBuffer>& buffers)
    : library_(library), kernel_(kernel) {
  find_shared_variables();
  for (const EmulatedBuffer& buffer : buffers) {
    const unsigned char* const begin = bytes_of(buffer.begin);
    regions_.push_back({begin, begin + buffer.bytes, buffer.name, buffer.writable,
                        buffer.initialised, false, std::vector<Cell>(buffer.bytes)});
  }
}

// Guards of the compiled library separate the shared variables and carry their lines.
void Checker::find_shared_variables() {
  const size_t step = sizeof(tenon_shared_guard);
  const auto is_guard = [&](const unsigned char* at) {
    return at + step <= kernel_.shared_end && std::memcmp(at, kGuardMark, sizeof kGuardMark) == 0;
  };
  for (const unsigned char* at = kernel_.shared_begin; at + step <= kernel_.shared_end; at += 16) {
    if (!is_guard(at)) continue;
    const uint32_t line = reinterpret_cast<const tenon_shared_guard*>(at)->line;
    const unsigned char* const begin = at + step;
    const unsigned char* end = begin;
    while (end < kernel_.shared_end && !is_guard(end)) end += 16;
    if (end > kernel_.shared_end) end = kernel_.shared_end;
    if (begin != end)
      regions_.push_back({begin, end, fmt::format("the shared variable of line {}", line), true,
                          false, true, std::vector<Cell>(static_cast<size_t>(end - begin))});
    at = end - 16;
  }
}

void Checker::begin_block(uint32_t index_of_block) {
  block_ = index_of_block + 1;
  phase_ = 0;
  for (Region& region : regions_)
    if (region.shared) region.cells.assign(region.cells.size(), Cell());
}

std::string Checker::describe(const Region& region, const Access& access, size_t offset) const {
  return fmt::format("{} {} {} at byte {} of {}", access.writes ? "writes" : "reads", access.bytes,
                     access.bytes == 1 ? "byte" : "bytes", offset, region.name);
}

std::optional<Fault> Checker::check(const Access& access) {
  const unsigned char* const begin = bytes_of(access.address);
  const unsigned char* const end = begin + access.bytes;
  // Most accesses go where the one before went, or close.
  for (size_t i = 0; i < regions_.size(); ++i) {
    const size_t index = (last_region_ + i) % regions_.size();
    Region& region = regions_[index];
    if (begin < region.begin || end > region.end) continue;
    last_region_ = index;
    const size_t offset = static_cast<size_t>(begin - region.begin);
    if (access.writes && !region.writable)
      return Fault{FaultKind::kOutOfBounds,
                   {},
                   {},
                   0,
                   0,
                   describe(region, access, offset) + ", which is only read"};
    const auto address = reinterpret_cast<uintptr_t>(begin);
    if (access.bytes <= 16 && address % access.bytes != 0)
      return Fault{FaultKind::kAlignment,
                   {},
                   {},
                   0,
                   0,
                   describe(region, access, offset) + ", which is not aligned"};
    for (size_t at = offset; at < offset + access.bytes; ++at)
      if (std::optional<Fault> fault = check_cell(region, region.cells[at], access, offset))
        return fault;
    return std::nullopt;
  }
  if (begin >= access.stack && end <= access.stack + kFiberStackBytes) return std::nullopt;
  const unsigned char* const state = bytes_of(library_.state);
  if (begin >= state && end <= state + sizeof(tenon_emulation_state)) return std::nullopt;
  const bool in_shared = begin < kernel_.shared_end && end > kernel_.shared_begin;
  if (!access.writes && !in_shared && begin >= library_.image_begin && end <= library_.image_end)
    return std::nullopt;  // a constant table
  return outside(access);
}

std::optional<Fault> Checker::check_cell(const Region& region, Cell& cell, const Access& access,
                                         size_t offset) const {
  const uint32_t me = access.thread + 1;
  const auto race = [&](uint32_t block, uint32_t thread, const char* did) {
    return Fault{FaultKind::kRace,
                 {},
                 {},
                 0,
                 0,
                 fmt::format("{}, which {} {}, and {}", describe(region, access, offset),
                             who(block, thread, block_), did,
                             block == block_ ? "no barrier lies between"
                                             : "nothing orders the blocks of a launch")};
  };
  const bool other_wrote =
      cell.write_block != 0 &&
      (cell.write_block != block_ || (cell.write_phase == phase_ && cell.write_thread != me));
  if (other_wrote && !(cell.write_atomic && access.atomic))
    return race(cell.write_block, cell.write_thread, "wrote");
  if (access.writes) {
    const bool other_read =
        cell.read_block != 0 &&
        (cell.read_block != block_ || (cell.read_phase == phase_ && cell.read_thread != me));
    if (other_read) return race(cell.read_block, cell.read_thread, "read");
    cell.write_block = block_;
    cell.write_phase = phase_;
    cell.write_thread = me;
    cell.write_atomic = access.atomic;
    cell.written = true;
    return std::nullopt;
  }
  if (!cell.written && !region.initialised)
    return Fault{FaultKind::kUninitialised,
                 {},
                 {},
                 0,
                 0,
                 describe(region, access, offset) + ", which nothing wrote"};
  if (cell.read_block == 0 || (cell.read_block == block_ && cell.read_phase != phase_)) {
    cell.read_block = block_;
    cell.read_phase = phase_;
    cell.read_thread = me;
  } else if (cell.read_block != block_) {
    cell.read_block = cell.read_thread = kMany;
  } else if (cell.read_thread != me) {
    cell.read_thread = kMany;
  }
  return std::nullopt;
}

// Names the memory that the address misses by least.
Fault Checker::outside(const Access& access) const {
  const unsigned char* const begin = bytes_of(access.address);
  const Region* nearest = nullptr;
  size_t least = ~size_t{0};
  for (const Region& region : regions_) {
    const size_t distance = begin >= region.end    ? static_cast<size_t>(begin - region.end)
                            : begin < region.begin ? static_cast<size_t>(region.begin - begin)
                                                   : 0;
    if (distance < least) {
      least = distance;
      nearest = &region;
    }
  }
  std::string what = fmt::format("{} {} {}", access.writes ? "writes" : "reads", access.bytes,
                                 access.bytes == 1 ? "byte" : "bytes");
  if (nearest == nullptr) {
    what += " where the launch has no memory";
  } else if (begin >= nearest->begin) {
    what += fmt::format(" at byte {} of {}, which has {}", begin - nearest->begin, nearest->name,
                        nearest->end - nearest->begin);
  } else {
    what += fmt::format(" {} bytes before {}", nearest->begin - begin, nearest->name);
  }
  return {FaultKind::kOutOfBounds, {}, {}, 0, 0, what};
}

}  // namespace tenon::codegen
