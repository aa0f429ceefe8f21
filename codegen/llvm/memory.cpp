// Loads and stores of scalars and lanes, plain, guarded and masked.
//
//   x[k, no*48 + lane]          stride 1    ->   load <16 x float>
//   x[h, 2*lane]                stride 2    ->   two loads and a shuffle
//   x[idx[lane]]                            ->   16 loads and insertions
//   x[h - 1, w] else 0.0        scalar      ->   load (0 <= h - 1 ? &x[h - 1, w] : 64 zeros)
#include "codegen/llvm/kernel_emitter.h"

namespace tenon::codegen {
namespace {

// True where a lane of the mask is off whatever happens.
bool is_off(llvm::Value* mask, unsigned lane) {
  if (auto* constant = llvm::dyn_cast<llvm::Constant>(mask)) {
    llvm::Constant* element = constant->getAggregateElement(lane);
    return element && element->isNullValue();
  }
  auto* both = llvm::dyn_cast<llvm::BinaryOperator>(mask);
  return both && both->getOpcode() == llvm::Instruction::And &&
         (is_off(both->getOperand(0), lane) || is_off(both->getOperand(1), lane));
}

}  // namespace

// ---- positions ----------------------------------------------------------------------------------

LinearForm KernelEmitter::flat(const std::vector<LinearForm>& strides,
                               std::span<const Expr> indices) const {
  LinearForm position = constant_form(0);
  for (size_t i = 0; i < indices.size(); ++i)
    position = add(position, multiply(linear_form(indices[i]), strides[i]));
  return position;
}

KernelEmitter::Access KernelEmitter::access_of(const MemoryBuffer& buffer,
                                               std::span<const Expr> indices) {
  Access access{flat(buffer.strides, indices), 0, {}};
  if (!uses_lane(access.first)) return access;
  Split split = split_by(access.first, lane_->variable);
  if (split.linear && split.coefficient.is_constant() && !uses_lane(split.rest))
    return {split.rest, split.coefficient.constant, {}};
  access.stride.reset();
  for (unsigned lane = 0; lane < lane_->count; ++lane) {
    Substitution number{lane_->name, pool_->index(lane)};
    std::vector<Expr> at_lane;
    for (Expr index : indices) at_lane.push_back(substitute(index, {&number, 1}));
    access.each.push_back(flat(buffer.strides, at_lane));
  }
  return access;
}

// The part of "every subscript is inside" that is not proved; null where all is.
Expr KernelEmitter::inside_condition(const loop::Buffer& buffer, std::span<const Expr> indices) {
  Expr inside;
  for (size_t i = 0; i < indices.size(); ++i)
    for (Expr bound : {le(pool_->index(0), indices[i]), lt(indices[i], fixed(buffer.extents[i]))})
      if (!is_proved(bound)) inside = inside ? inside & bound : bound;
  return inside;
}

bool KernelEmitter::is_inside(const loop::Buffer& buffer, std::span<const Expr> indices) {
  return !inside_condition(buffer, indices);
}

llvm::Align KernelEmitter::alignment(const MemoryBuffer& buffer) const {
  return llvm::Align(static_cast<uint64_t>(bits_of(buffer.buffer.type) / 8));
}

llvm::Value* KernelEmitter::address(const MemoryBuffer& buffer, const LinearForm& position) {
  return indices_.pointer(buffer.base, scaled(position, bits_of(buffer.buffer.type) / 8));
}

llvm::Value* KernelEmitter::lane_addresses(const MemoryBuffer& buffer, const Access& access) {
  unsigned lanes = lane_->count;
  if (access.stride) {
    llvm::Value* first = address(buffer, access.first);
    auto* step =
        b_.getInt64(static_cast<uint64_t>(*access.stride * bits_of(buffer.buffer.type) / 8));
    llvm::Value* offsets = b_.CreateMul(values_.iota(64, lanes), values_.splat(step, lanes));
    return b_.CreateGEP(b_.getInt8Ty(), first, offsets);
  }
  llvm::Value* pointers = llvm::PoisonValue::get(llvm::FixedVectorType::get(b_.getPtrTy(), lanes));
  for (unsigned lane = 0; lane < lanes; ++lane)
    pointers = b_.CreateInsertElement(pointers, address(buffer, access.each[lane]),
                                      static_cast<uint64_t>(lane));
  return pointers;
}

llvm::Value* KernelEmitter::any_of(llvm::Value* mask) {
  return lanes_of(mask) ? b_.CreateOrReduce(mask) : mask;
}

// Where `allowed` is false, a place that can always be read and holds zeros.
llvm::Value* KernelEmitter::guarded(llvm::Value* pointer, llvm::Value* allowed) {
  if (!allowed) return pointer;
  constexpr uint64_t kBytes = 2048;  // the longest vector that is loaded: 256 lanes of 8 bytes
  llvm::GlobalVariable* zeros = module_.getNamedGlobal("kernel_zeros");
  if (!zeros) {
    auto* type = llvm::ArrayType::get(b_.getInt8Ty(), kBytes);
    zeros = new llvm::GlobalVariable(module_, type, true, llvm::GlobalValue::InternalLinkage,
                                     llvm::ConstantAggregateZero::get(type), "kernel_zeros");
    zeros->setAlignment(llvm::Align(64));
    zeros->setDSOLocal(true);
  }
  return b_.CreateSelect(allowed, pointer, zeros);
}

// ---- reads --------------------------------------------------------------------------------------

void KernelEmitter::annotate(llvm::Value* access, const MemoryBuffer& buffer) {
  auto* instruction = llvm::dyn_cast<llvm::Instruction>(access);
  if (!buffer.scope || !instruction) return;
  instruction->setMetadata(llvm::LLVMContext::MD_alias_scope, buffer.scope);
  instruction->setMetadata(llvm::LLVMContext::MD_noalias, buffer.others);
}

llvm::Value* KernelEmitter::load(const MemoryBuffer& buffer, llvm::Type* type,
                                 llvm::Value* pointer) {
  llvm::Value* value = b_.CreateAlignedLoad(type, pointer, alignment(buffer));
  annotate(value, buffer);
  return value;
}

llvm::Value* KernelEmitter::emit_read(Expr e) {
  const Read* read = e.as<Read>();
  if (registers_.holds(read->tensor)) return read_register(read->tensor, read->indices());
  auto found = memory_.find(read->tensor);
  if (found == memory_.end())
    return fail("no buffer " + read->tensor + " is declared here", values_.register_type(e.type()));
  const MemoryBuffer& buffer = found->second;
  std::span<const Expr> indices = read->indices();

  Expr condition = read->has_otherwise ? inside_condition(buffer.buffer, indices) : Expr();
  llvm::Value* inside = condition ? emit(condition) : nullptr;
  if (const auto* constant = inside ? llvm::dyn_cast<llvm::Constant>(inside) : nullptr) {
    if (constant->isNullValue()) return emit(read->otherwise());
    if (constant->isAllOnesValue()) inside = nullptr;
  }
  llvm::Value* otherwise = inside ? values_.to_memory(e.type(), emit(read->otherwise())) : nullptr;
  // What lanes that are switched off would read may lie outside.
  llvm::Value* allowed = inside;
  if (mask_ && !is_inside(buffer.buffer, indices))
    allowed = inside ? b_.CreateAnd(mask_, values_.widened(inside, lane_->count)) : mask_;

  Access access = access_of(buffer, indices);
  bool one_place = access.stride == 0;
  if (!one_place && allowed && lanes_of(allowed)) {
    llvm::Value* value = load_masked(buffer, access, allowed, otherwise);
    return values_.from_memory(e.type(), value);
  }
  llvm::Value* value =
      one_place ? load(buffer, values_.memory_type(e.type()),
                       guarded(address(buffer, access.first), allowed ? any_of(allowed) : nullptr))
                : load_lanes(buffer, access, allowed);
  if (inside) {
    unsigned lanes = std::max({lanes_of(value), lanes_of(inside), lanes_of(otherwise)});
    auto* zero = llvm::dyn_cast<llvm::Constant>(otherwise);
    bool is_zero = zero && zero->isNullValue() && lanes_of(inside) == 0;  // guarded() has given it
    if (!is_zero) {
      llvm::Value* chosen = lanes_of(inside) ? values_.widened(inside, lanes) : inside;
      value =
          b_.CreateSelect(chosen, values_.widened(value, lanes), values_.widened(otherwise, lanes));
    }
  }
  return values_.from_memory(e.type(), value);
}

// All lanes, each at its place, or zeros where the scalar `allowed` is false.
llvm::Value* KernelEmitter::load_lanes(const MemoryBuffer& buffer, const Access& access,
                                       llvm::Value* allowed) {
  unsigned lanes = lane_->count;
  llvm::Type* element = values_.memory_type(buffer.buffer.type);
  auto* vector = llvm::FixedVectorType::get(element, lanes);
  auto shifted = [&](int64_t elements) { return add(access.first, constant_form(elements)); };
  if (access.stride == 1)
    return load(buffer, vector, guarded(address(buffer, access.first), allowed));
  if (access.stride == -1)
    return b_.CreateVectorReverse(
        load(buffer, vector,
             guarded(address(buffer, shifted(1 - static_cast<int64_t>(lanes))), allowed)));
  if (access.stride == 2) {
    // Elements 0 .. lanes-1 and lanes-1 .. 2*lanes-2: what lies between two elements of a buffer
    // can be read.
    llvm::Value* low = load(buffer, vector, guarded(address(buffer, access.first), allowed));
    llvm::Value* high =
        load(buffer, vector,
             guarded(address(buffer, shifted(static_cast<int64_t>(lanes) - 1)), allowed));
    std::vector<int> places;
    for (unsigned lane = 0; lane < lanes; ++lane)
      places.push_back(static_cast<int>(2 * lane < lanes ? 2 * lane : 2 * lane + 1));
    return b_.CreateShuffleVector(low, high, places);
  }
  llvm::Value* value = llvm::PoisonValue::get(vector);
  for (unsigned lane = 0; lane < lanes; ++lane) {
    llvm::Value* pointer =
        address(buffer, access.stride ? shifted(*access.stride * lane) : access.each[lane]);
    value = b_.CreateInsertElement(value, load(buffer, element, guarded(pointer, allowed)),
                                   static_cast<uint64_t>(lane));
  }
  return value;
}

// A masked access is made of parts of one register each, and a part whose lanes are all known to be
// off is left out: LLVM 19 loads and stores such a part of a longer vector without its mask (AVX2,
// a mask that is partly constant).
std::vector<KernelEmitter::LanePart> KernelEmitter::parts_of(const MemoryBuffer& buffer,
                                                             llvm::Value* mask) {
  unsigned lanes = lane_->count;
  unsigned width = static_cast<unsigned>(target_.vector_bits / bits_of(buffer.buffer.type));
  std::vector<LanePart> parts;
  for (unsigned first = 0; first < lanes; first += width) {
    unsigned count = std::min(width, lanes - first);
    bool off = true;
    for (unsigned lane = first; lane < first + count; ++lane) off = off && is_off(mask, lane);
    if (!off) parts.push_back({first, count, lanes_part(mask, first, count)});
  }
  return parts;
}

llvm::Value* KernelEmitter::lanes_part(llvm::Value* vector, unsigned first, unsigned count) {
  if (count == lanes_of(vector)) return vector;
  std::vector<int> places;
  for (unsigned lane = first; lane < first + count; ++lane)
    places.push_back(static_cast<int>(lane));
  return b_.CreateShuffleVector(vector, places);
}

// `part` in place of lanes first, first + 1, ... of `vector`.
llvm::Value* KernelEmitter::with_lanes(llvm::Value* vector, llvm::Value* part, unsigned first) {
  unsigned lanes = lanes_of(vector), count = lanes_of(part);
  if (count == lanes) return part;
  std::vector<int> widen, choose;
  for (unsigned lane = 0; lane < lanes; ++lane) {
    bool inside = lane >= first && lane < first + count;
    widen.push_back(inside ? static_cast<int>(lane - first) : -1);
    choose.push_back(static_cast<int>(inside ? lanes + lane : lane));
  }
  return b_.CreateShuffleVector(vector, b_.CreateShuffleVector(part, widen), choose);
}

llvm::Value* KernelEmitter::load_masked(const MemoryBuffer& buffer, const Access& access,
                                        llvm::Value* mask, llvm::Value* otherwise) {
  unsigned lanes = lane_->count;
  llvm::Type* element = values_.memory_type(buffer.buffer.type);
  llvm::Value* result =
      otherwise ? values_.widened(otherwise, lanes)
                : llvm::Constant::getNullValue(llvm::FixedVectorType::get(element, lanes));
  llvm::Value* fallback = result;
  llvm::Value* places = access.stride == 1 ? nullptr : lane_addresses(buffer, access);
  for (const LanePart& part : parts_of(buffer, mask)) {
    auto* type = llvm::FixedVectorType::get(element, part.count);
    llvm::Value* unread = lanes_part(fallback, part.first, part.count);
    llvm::Value* value =
        places ? b_.CreateMaskedGather(type, lanes_part(places, part.first, part.count),
                                       alignment(buffer), part.mask, unread)
               : b_.CreateMaskedLoad(type,
                                     address(buffer, add(access.first, constant_form(part.first))),
                                     alignment(buffer), part.mask, unread);
    annotate(value, buffer);
    result = with_lanes(result, value, part.first);
  }
  return result;
}

// ---- stores -------------------------------------------------------------------------------------

void KernelEmitter::store(const MemoryBuffer& buffer, llvm::Value* value, llvm::Value* pointer) {
  annotate(b_.CreateAlignedStore(value, pointer, alignment(buffer)), buffer);
}

void KernelEmitter::emit_store(const loop::Store& statement) {
  std::vector<Expr> indices = fixed(statement.indices);
  llvm::Value* value = emit(fixed(statement.value));
  if (failure_) return;
  if (registers_.holds(statement.buffer)) return write_register(statement.buffer, indices, value);
  auto found = memory_.find(statement.buffer);
  if (found == memory_.end()) {
    fail("no buffer " + statement.buffer + " is declared here");
    return;
  }
  const MemoryBuffer& buffer = found->second;
  value = values_.to_memory(buffer.buffer.type, value);
  Access access = access_of(buffer, indices);
  if (mask_) return store_masked(buffer, access, value);
  if (access.stride == 0) {
    // One place for all lanes keeps what the last one writes.
    if (unsigned lanes = lanes_of(value))
      value = b_.CreateExtractElement(value, static_cast<uint64_t>(lanes - 1));
    return store(buffer, value, address(buffer, access.first));
  }
  unsigned lanes = lane_->count;
  value = values_.widened(value, lanes);
  auto shifted = [&](int64_t elements) { return add(access.first, constant_form(elements)); };
  if (access.stride == 1) return store(buffer, value, address(buffer, access.first));
  if (access.stride == -1)
    return store(buffer, b_.CreateVectorReverse(value),
                 address(buffer, shifted(1 - static_cast<int64_t>(lanes))));
  for (unsigned lane = 0; lane < lanes; ++lane)
    store(buffer, b_.CreateExtractElement(value, static_cast<uint64_t>(lane)),
          address(buffer, access.stride ? shifted(*access.stride * lane) : access.each[lane]));
}

void KernelEmitter::store_masked(const MemoryBuffer& buffer, const Access& access,
                                 llvm::Value* value) {
  value = values_.widened(value, lane_->count);
  llvm::Value* places = access.stride == 1 ? nullptr : lane_addresses(buffer, access);
  for (const LanePart& part : parts_of(buffer, mask_)) {
    llvm::Value* stored = lanes_part(value, part.first, part.count);
    annotate(places ? b_.CreateMaskedScatter(stored, lanes_part(places, part.first, part.count),
                                             alignment(buffer), part.mask)
                    : b_.CreateMaskedStore(
                          stored, address(buffer, add(access.first, constant_form(part.first))),
                          alignment(buffer), part.mask),
             buffer);
  }
}

void KernelEmitter::emit_prefetch(const loop::Prefetch& prefetch) {
  auto found = memory_.find(prefetch.buffer);
  if (found == memory_.end()) return;  // nothing to fetch of a register
  std::vector<Expr> indices = fixed(prefetch.indices);
  if (lane_) {
    Substitution first{lane_->name, pool_->index(0)};
    for (Expr& index : indices) index = substitute(index, {&first, 1});
  }
  llvm::Value* pointer = address(found->second, flat(found->second.strides, indices));
  b_.CreateIntrinsic(llvm::Intrinsic::prefetch, {b_.getPtrTy()},
                     {pointer, b_.getInt32(0), b_.getInt32(3), b_.getInt32(1)});
}

// ---- registers ----------------------------------------------------------------------------------

// The first element of an access to a register buffer, and its lanes (0: one element).
std::optional<int64_t> KernelEmitter::register_position(const std::string& name,
                                                        std::span<const Expr> indices,
                                                        unsigned& lanes) {
  LinearForm position = flat(register_strides_.at(name), indices);
  lanes = 0;
  if (uses_lane(position)) {
    Split split = split_by(position, lane_->variable);
    bool unit = split.linear && split.coefficient.is_constant() && split.coefficient.constant == 1;
    lanes = lane_->count;
    position = unit ? split.rest : LinearForm{0, {}, false};
  }
  if (position.is_constant() && registers_.in_range(name, position.constant, std::max(lanes, 1u)))
    return position.constant;
  fail("the register buffer " + name + " is accessed at a place that is not fixed");
  return std::nullopt;
}

llvm::Value* KernelEmitter::read_register(const std::string& name, std::span<const Expr> indices) {
  unsigned lanes = 0;
  std::optional<int64_t> position = register_position(name, indices, lanes);
  if (!position)
    return llvm::PoisonValue::get(values_.register_type(registers_.state().at(name).type));
  return registers_.read(name, *position, lanes);
}

void KernelEmitter::write_register(const std::string& name, std::span<const Expr> indices,
                                   llvm::Value* value) {
  unsigned lanes = 0;
  std::optional<int64_t> position = register_position(name, indices, lanes);
  if (!position) return;
  unsigned own = registers_.state().at(name).private_lanes;
  if (own) lanes = own;
  if (lanes) {
    value = values_.widened(value, lanes);
    if (mask_)
      value = b_.CreateSelect(mask_, value, registers_.read(name, *position, own ? 0 : lanes));
  } else if (mask_ || lanes_of(value)) {
    fail("lanes of a vectorized loop write one element of the register buffer " + name);
    return;
  }
  registers_.write(name, *position, value);
}

}  // namespace tenon::codegen
