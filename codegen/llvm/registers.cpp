// Reading, writing and merging the slots of register buffers.
#include "codegen/llvm/registers.h"

#include <algorithm>

#include "support/check.h"

namespace tenon::codegen {
void Registers::declare(const std::string& name, RegisterBuffer buffer) {
  buffer.slots.assign(static_cast<size_t>((buffer.count + buffer.group - 1) / buffer.group),
                      nullptr);
  buffers_[name] = std::move(buffer);
}

bool Registers::in_range(const std::string& name, int64_t first, int64_t count) const {
  const RegisterBuffer& buffer = buffers_.at(name);
  return first >= 0 && first + count <= buffer.count;
}

llvm::Type* Registers::slot_type(const RegisterBuffer& buffer) const {
  llvm::Type* element = values_.register_type(buffer.type);
  unsigned lanes =
      buffer.private_lanes ? buffer.private_lanes : static_cast<unsigned>(buffer.group);
  return lanes == 1 ? element : llvm::FixedVectorType::get(element, lanes);
}

llvm::Value* Registers::slot_or_poison(const RegisterBuffer& buffer, int64_t slot) const {
  llvm::Value* value = buffer.slots[static_cast<size_t>(slot)];
  return value ? value : llvm::PoisonValue::get(slot_type(buffer));
}

llvm::Value* Registers::element(const RegisterBuffer& buffer, int64_t position) {
  llvm::Value* slot = slot_or_poison(buffer, position / buffer.group);
  return buffer.group == 1
             ? slot
             : b_.CreateExtractElement(slot, static_cast<uint64_t>(position % buffer.group));
}

// True for lanes that lie in one slot.
bool Registers::is_part(const RegisterBuffer& buffer, int64_t first, unsigned lanes) {
  return buffer.private_lanes == 0 && first % buffer.group + lanes <= buffer.group;
}

llvm::Value* Registers::read(const std::string& name, int64_t first, unsigned lanes) {
  const RegisterBuffer& buffer = buffers_.at(name);
  if (lanes == 0) return element(buffer, first);
  if (buffer.group == lanes && first % buffer.group == 0)
    return slot_or_poison(buffer, first / buffer.group);
  if (is_part(buffer, first, lanes)) {
    std::vector<int> places;
    for (unsigned lane = 0; lane < lanes; ++lane)
      places.push_back(static_cast<int>(first % buffer.group + lane));
    return b_.CreateShuffleVector(slot_or_poison(buffer, first / buffer.group), places);
  }
  llvm::Value* vector =
      llvm::PoisonValue::get(llvm::FixedVectorType::get(values_.register_type(buffer.type), lanes));
  for (unsigned lane = 0; lane < lanes; ++lane)
    vector =
        b_.CreateInsertElement(vector, element(buffer, first + lane), static_cast<uint64_t>(lane));
  return vector;
}

void Registers::write(const std::string& name, int64_t first, llvm::Value* value) {
  RegisterBuffer& buffer = buffers_.at(name);
  unsigned lanes = lanes_of(value);
  if (buffer.private_lanes) {
    buffer.slots[static_cast<size_t>(first)] = value;
    return;
  }
  if (lanes == buffer.group && first % buffer.group == 0 && lanes != 0) {
    buffer.slots[static_cast<size_t>(first / buffer.group)] = value;
    return;
  }
  if (lanes != 0 && is_part(buffer, first, lanes)) {
    std::vector<int> widen, choose;
    for (int64_t lane = 0; lane < buffer.group; ++lane) {
      int64_t part = lane - first % buffer.group;
      bool inside = part >= 0 && part < lanes;
      widen.push_back(inside ? static_cast<int>(part) : -1);
      choose.push_back(static_cast<int>(inside ? buffer.group + lane : lane));
    }
    llvm::Value*& slot = buffer.slots[static_cast<size_t>(first / buffer.group)];
    slot = b_.CreateShuffleVector(slot_or_poison(buffer, first / buffer.group),
                                  b_.CreateShuffleVector(value, widen), choose);
    return;
  }
  for (unsigned lane = 0; lane < std::max(lanes, 1u); ++lane) {
    llvm::Value* part = lanes ? b_.CreateExtractElement(value, static_cast<uint64_t>(lane)) : value;
    int64_t position = first + lane;
    llvm::Value*& slot = buffer.slots[static_cast<size_t>(position / buffer.group)];
    slot = buffer.group == 1
               ? part
               : b_.CreateInsertElement(slot_or_poison(buffer, position / buffer.group), part,
                                        static_cast<uint64_t>(position % buffer.group));
  }
}

void Registers::merge(const State& a, llvm::BasicBlock* from_a, const State& b,
                      llvm::BasicBlock* from_b) {
  State merged;
  for (const auto& [name, buffer_a] : a) {
    auto found = b.find(name);
    if (found == b.end()) continue;
    const RegisterBuffer& buffer_b = found->second;
    RegisterBuffer result = buffer_a;
    for (size_t i = 0; i < result.slots.size(); ++i) {
      if (buffer_a.slots[i] == buffer_b.slots[i]) continue;
      llvm::PHINode* phi = b_.CreatePHI(slot_type(buffer_a), 2);
      phi->addIncoming(slot_or_poison(buffer_a, static_cast<int64_t>(i)), from_a);
      phi->addIncoming(slot_or_poison(buffer_b, static_cast<int64_t>(i)), from_b);
      result.slots[i] = phi;
    }
    merged[name] = std::move(result);
  }
  buffers_ = std::move(merged);
}

}  // namespace tenon::codegen
