// Runs flat code.
#include "ir/loop/interpreter.h"

#include <cmath>
#include <cstring>
#include <limits>

#include "ir/expr/element.h"
#include "ir/loop/flat_code.h"
#include "ir/loop/text.h"

namespace tenon::loop {
namespace {

// More memory than any machine that compiles has: a wrong extent is reported instead of tried.
constexpr int64_t kMostBytes = int64_t{1} << 40;

struct RunBuffer {
  uint8_t* data = nullptr;
  uint8_t* written = nullptr;  // a flag a byte; null: all is written
  int64_t count = 0;           // elements
  int bits = 8;
  DType type = DType::U8;
};

// A fault on its way out of the loop over instructions.
struct FaultAt {
  size_t instruction;
  std::string what;
};

bool any_nan(float a, float b) { return std::isnan(a) || std::isnan(b); }
bool any_nan(double a, double b) { return std::isnan(a) || std::isnan(b); }

template <class T>
T least(T a, T b) {
  return any_nan(a, b) ? std::numeric_limits<T>::quiet_NaN() : b < a ? b : a;
}
template <class T>
T greatest(T a, T b) {
  return any_nan(a, b) ? std::numeric_limits<T>::quiet_NaN() : a < b ? b : a;
}

int64_t add_wrapping(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b));
}
int64_t sub_wrapping(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) - static_cast<uint64_t>(b));
}
int64_t mul_wrapping(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) * static_cast<uint64_t>(b));
}

// As fold.h says of 64-bit integers and index.
int64_t floor_div_of(int64_t a, int64_t b) {
  if (b == 0) return 0;
  if (b == -1) return sub_wrapping(0, a);
  int64_t q = a / b;
  return a % b != 0 && (a < 0) != (b < 0) ? q - 1 : q;
}
int64_t floor_mod_of(int64_t a, int64_t b) {
  if (b == 0 || b == -1) return 0;
  int64_t r = a % b;
  return r != 0 && (r < 0) != (b < 0) ? r + b : r;
}

Scalar scalar_of(DType type, Slot slot) {
  if (type == DType::F32) return {.f = slot.s};
  return is_float(type) ? Scalar{.f = slot.d} : Scalar{.i = slot.i};
}

Slot slot_of(DType type, Scalar value) {
  Slot slot{.i = 0};
  if (type == DType::F32)
    slot.s = static_cast<float>(value.f);
  else if (is_float(type))
    slot.d = value.f;
  else
    slot.i = value.i;
  return slot;
}

template <class Width>
bool all_written(const uint8_t* flags) {
  Width value, all;
  std::memcpy(&value, flags, sizeof value);
  std::memset(&all, 1, sizeof all);
  return value == all;
}

// The bytes that hold an element; those of types below a byte share theirs.
struct ByteRange {
  int64_t first, count;
};
ByteRange bytes_at(const RunBuffer& buffer, int64_t offset) {
  return {offset * buffer.bits / 8, std::max(buffer.bits / 8, 1)};
}

bool is_written(const RunBuffer& buffer, int64_t offset) {
  if (!buffer.written) return true;
  ByteRange range = bytes_at(buffer, offset);
  for (int64_t i = 0; i < range.count; ++i)
    if (!buffer.written[range.first + i]) return false;
  return true;
}

void mark(const RunBuffer& buffer, int64_t offset, uint8_t flag) {
  if (!buffer.written) return;
  ByteRange range = bytes_at(buffer, offset);
  std::memset(buffer.written + range.first, flag, static_cast<size_t>(range.count));
}

// Calls `visit(offset)` for every element of a parameter's memory until it answers false.
template <class Visit>
bool for_each_element(const FlatParam& param, const Visit& visit) {
  std::vector<int64_t> at(param.extents.size(), 0);
  for (int64_t extent : param.extents)
    if (extent <= 0) return true;
  while (true) {
    int64_t offset = 0;
    for (size_t i = 0; i < at.size(); ++i) offset += at[i] * param.strides[i];
    if (!visit(offset)) return false;
    size_t axis = at.size();
    while (axis > 0 && ++at[axis - 1] == param.extents[axis - 1]) at[--axis] = 0;
    if (axis == 0) return true;
  }
}

class Runner {
 public:
  Runner(const FlatCode& code, std::span<const Memory> params) : code_(code), slots_(code.slots) {
    TENON_CHECK(params.size() == code.params.size(), "the number of parameters");
    for (size_t i = 0; i < code.buffers.size(); ++i) {
      RunBuffer buffer;
      buffer.type = code.buffers[i].type;
      buffer.bits = bits_of(buffer.type);
      if (code.buffers[i].param >= 0)
        attach(buffer, static_cast<size_t>(code.buffers[i].param), params);
      buffers_.push_back(buffer);
    }
    memory_.resize(code.buffers.size());
  }

  Outcome run() {
    Outcome outcome;
    try {
      execute(outcome);
      check_results(outcome);
    } catch (const FaultAt& fault) {
      outcome.fault = describe(fault);
    }
    return outcome;
  }

 private:
  struct OwnedMemory {
    std::vector<uint8_t> bytes, written;
  };

  void attach(RunBuffer& buffer, size_t number, std::span<const Memory> params) {
    const FlatParam& param = code_.params[number];
    const Memory& memory = params[number];
    int64_t bytes = code_.parameter_bytes[number];
    TENON_CHECK(static_cast<int64_t>(memory.bytes.size()) >= bytes,
                "the memory of parameter " + param.name);
    TENON_CHECK(memory.written.empty() || memory.written.size() >= memory.bytes.size(),
                "the flags of parameter " + param.name);
    buffer.data = memory.bytes.data();
    buffer.count = param.count();
    if (!memory.written.empty()) buffer.written = memory.written.data();
    if (param.kind != ParamKind::Out) return;
    if (!buffer.written) {
      flags_.emplace_back(static_cast<size_t>(bytes));
      buffer.written = flags_.back().data();
    } else if (param.is_dense()) {
      std::memset(buffer.written, 0, static_cast<size_t>(bytes));
    } else {
      for_each_element(param, [&](int64_t offset) { return mark(buffer, offset, 0), true; });
    }
  }

  void allocate(const Instruction& instruction, int64_t count, size_t at) {
    size_t number = static_cast<size_t>(instruction.buffer);
    RunBuffer& buffer = buffers_[number];
    OwnedMemory& memory = memory_[number];
    if (count < 0 || count > kMostBytes / 8)
      throw FaultAt{at, std::to_string(count) + " elements are too many"};
    size_t bytes = static_cast<size_t>(bytes_of(buffer.type, count));
    memory.bytes.resize(bytes);
    memory.written.assign(bytes, 0);
    buffer.data = memory.bytes.data();
    buffer.written = memory.written.data();
    buffer.count = count;
  }

  [[noreturn]] void fault_outside(const Instruction& instruction, int64_t index, int64_t extent,
                                  size_t at) const {
    throw FaultAt{at, "subscript " + std::to_string(instruction.x) + " of " +
                          code_.buffers[static_cast<size_t>(instruction.buffer)].name + " is " +
                          std::to_string(index) + ", outside 0.." + std::to_string(extent - 1)};
  }
  [[noreturn]] void fault_offset(const Instruction& instruction, int64_t offset, size_t at) const {
    const RunBuffer& buffer = buffers_[static_cast<size_t>(instruction.buffer)];
    throw FaultAt{at, "element " + std::to_string(offset) + " in memory of " +
                          code_.buffers[static_cast<size_t>(instruction.buffer)].name +
                          " is outside its " + std::to_string(buffer.count)};
  }
  [[noreturn]] void fault_unwritten(const Instruction& instruction, int64_t offset,
                                    size_t at) const {
    throw FaultAt{at, "element " + std::to_string(offset) + " in memory of " +
                          code_.buffers[static_cast<size_t>(instruction.buffer)].name +
                          " is read before anything wrote it"};
  }

  int64_t step(const Instruction& instruction, const Slot* s, size_t at) const {
    int64_t index = s[instruction.b].i, extent = s[instruction.c].i;
    if (static_cast<uint64_t>(index) >= static_cast<uint64_t>(extent) || extent < 0)
      fault_outside(instruction, index, extent, at);
    return s[instruction.a].i + index * s[instruction.d].i;
  }

  const RunBuffer& checked_buffer(const Instruction& instruction, int64_t offset, size_t at) const {
    const RunBuffer& buffer = buffers_[static_cast<size_t>(instruction.buffer)];
    if (static_cast<uint64_t>(offset) >= static_cast<uint64_t>(buffer.count))
      fault_offset(instruction, offset, at);
    return buffer;
  }

  template <class T>
  T load(const Instruction& instruction, int64_t offset, size_t at) const {
    const RunBuffer& buffer = checked_buffer(instruction, offset, at);
    constexpr int64_t kWidth = sizeof(T);
    using Flags = std::conditional_t<kWidth == 8, uint64_t,
                                     std::conditional_t<kWidth == 4, uint32_t, uint8_t>>;
    if (buffer.written && !instruction.y && !all_written<Flags>(buffer.written + offset * kWidth))
      fault_unwritten(instruction, offset, at);
    T value;
    std::memcpy(&value, buffer.data + offset * kWidth, sizeof value);
    return value;
  }

  Slot load_other(const Instruction& instruction, int64_t offset, size_t at) const {
    const RunBuffer& buffer = checked_buffer(instruction, offset, at);
    if (!instruction.y && !is_written(buffer, offset)) fault_unwritten(instruction, offset, at);
    return slot_of(buffer.type, load_element(buffer.type, buffer.data, offset));
  }

  template <class T>
  void store(const Instruction& instruction, int64_t offset, T value, size_t at) const {
    const RunBuffer& buffer = checked_buffer(instruction, offset, at);
    constexpr int64_t kWidth = sizeof(T);
    std::memcpy(buffer.data + offset * kWidth, &value, sizeof value);
    if (buffer.written) std::memset(buffer.written + offset * kWidth, 1, kWidth);
  }

  void store_other(const Instruction& instruction, int64_t offset, Slot value, size_t at) const {
    const RunBuffer& buffer = checked_buffer(instruction, offset, at);
    store_element(buffer.type, buffer.data, offset, scalar_of(buffer.type, value));
    mark(buffer, offset, 1);
  }

  void execute(Outcome& outcome);
  void apply(const Instruction& instruction, Slot* s) const;
  void check_padding(const Instruction& instruction, const Slot* s, size_t at) const;
  void check_results(Outcome& outcome) const;
  Fault describe(const FaultAt& fault) const;

  const FlatCode& code_;
  std::vector<Slot> slots_;
  std::vector<RunBuffer> buffers_;
  std::vector<OwnedMemory> memory_;          // of the buffers that Alloc makes
  std::vector<std::vector<uint8_t>> flags_;  // of `out` parameters whose caller keeps none
};

void Runner::apply(const Instruction& instruction, Slot* s) const {
  DType type = static_cast<DType>(instruction.y);
  Op op = static_cast<Op>(instruction.x);
  Scalar operands[3] = {scalar_of(type, s[instruction.a]), scalar_of(type, s[instruction.b]),
                        scalar_of(type, s[instruction.c])};
  Scalar result = evaluate(op, type, operands);
  bool comparison = op == Op::Eq || op == Op::Ne || op == Op::Lt || op == Op::Le;
  s[instruction.dst] = slot_of(comparison ? DType::Bool : type, result);
}

void Runner::check_padding(const Instruction& instruction, const Slot* s, size_t at) const {
  if (s[instruction.b].i) return;
  DType type = static_cast<DType>(instruction.x);
  Scalar value = scalar_of(type, s[instruction.a]);
  if (is_float(type) ? value.f != 0 : value.i != 0)
    throw FaultAt{at, "padding of " + code_.buffers[static_cast<size_t>(instruction.buffer)].name +
                          " becomes other than zero"};
}

void Runner::execute(Outcome& outcome) {
  const Instruction* code = code_.instructions.data();
  const size_t end = code_.instructions.size();
  Slot* s = slots_.data();
  for (size_t at = 0; at < end; ++at) {
    const Instruction& in = code[at];
    // A jump of `distance` from here; the loop adds one.
    auto jump = [&](int32_t distance) {
      at = static_cast<size_t>(static_cast<int64_t>(at) + distance - 1);
    };
    switch (in.op) {
#define X(name, type, member)                                                                 \
  case FlatOp::Load##name: s[in.dst].member = load<type>(in, s[in.a].i, at); break;           \
  case FlatOp::LoadStep##name: s[in.dst].member = load<type>(in, step(in, s, at), at); break; \
  case FlatOp::Store##name:                                                                   \
    store<type>(in, s[in.a].i, static_cast<type>(s[in.dst].member), at);                      \
    break;                                                                                    \
  case FlatOp::StoreStep##name:                                                               \
    store<type>(in, step(in, s, at), static_cast<type>(s[in.dst].member), at);                \
    break;
      TENON_FLAT_MEMORY_TYPES(X)
#undef X
      case FlatOp::LoadOther: s[in.dst] = load_other(in, s[in.a].i, at); break;
      case FlatOp::LoadStepOther: s[in.dst] = load_other(in, step(in, s, at), at); break;
      case FlatOp::StoreOther: store_other(in, s[in.a].i, s[in.dst], at); break;
      case FlatOp::StoreStepOther: store_other(in, step(in, s, at), s[in.dst], at); break;
      case FlatOp::LoadOrElse:
        s[in.dst] = s[in.b].i ? load_other(in, s[in.a].i, at) : s[in.c];
        break;
#define X(name, type, m)                                                             \
  case FlatOp::Add##name: s[in.dst].m = s[in.a].m + s[in.b].m; break;                \
  case FlatOp::Sub##name: s[in.dst].m = s[in.a].m - s[in.b].m; break;                \
  case FlatOp::Mul##name: s[in.dst].m = s[in.a].m * s[in.b].m; break;                \
  case FlatOp::Div##name: s[in.dst].m = s[in.a].m / s[in.b].m; break;                \
  case FlatOp::Min##name: s[in.dst].m = least<type>(s[in.a].m, s[in.b].m); break;    \
  case FlatOp::Max##name: s[in.dst].m = greatest<type>(s[in.a].m, s[in.b].m); break; \
  case FlatOp::Lt##name: s[in.dst].i = s[in.a].m < s[in.b].m; break;                 \
  case FlatOp::Le##name: s[in.dst].i = s[in.a].m <= s[in.b].m; break;                \
  case FlatOp::Eq##name: s[in.dst].i = s[in.a].m == s[in.b].m; break;                \
  case FlatOp::Ne##name: s[in.dst].i = s[in.a].m != s[in.b].m; break;                \
  case FlatOp::Fma##name: s[in.dst].m = std::fma(s[in.a].m, s[in.b].m, s[in.c].m); break;
        TENON_FLAT_FLOAT_TYPES(X)
#undef X
      case FlatOp::AddInt: s[in.dst].i = add_wrapping(s[in.a].i, s[in.b].i); break;
      case FlatOp::SubInt: s[in.dst].i = sub_wrapping(s[in.a].i, s[in.b].i); break;
      case FlatOp::MulInt: s[in.dst].i = mul_wrapping(s[in.a].i, s[in.b].i); break;
      case FlatOp::FloorDivInt: s[in.dst].i = floor_div_of(s[in.a].i, s[in.b].i); break;
      case FlatOp::FloorModInt: s[in.dst].i = floor_mod_of(s[in.a].i, s[in.b].i); break;
      case FlatOp::MinInt: s[in.dst].i = std::min(s[in.a].i, s[in.b].i); break;
      case FlatOp::MaxInt: s[in.dst].i = std::max(s[in.a].i, s[in.b].i); break;
      case FlatOp::LtInt: s[in.dst].i = s[in.a].i < s[in.b].i; break;
      case FlatOp::LeInt: s[in.dst].i = s[in.a].i <= s[in.b].i; break;
      case FlatOp::EqInt: s[in.dst].i = s[in.a].i == s[in.b].i; break;
      case FlatOp::NeInt: s[in.dst].i = s[in.a].i != s[in.b].i; break;
      case FlatOp::AndInt: s[in.dst].i = s[in.a].i & s[in.b].i; break;
      case FlatOp::OrInt: s[in.dst].i = s[in.a].i | s[in.b].i; break;
      case FlatOp::Not: s[in.dst].i = s[in.a].i == 0; break;
      case FlatOp::Select: s[in.dst] = s[in.a].i ? s[in.b] : s[in.c]; break;
      case FlatOp::Wrap: s[in.dst].i = wrap(static_cast<DType>(in.x), s[in.a].i); break;
      case FlatOp::IntToF32: s[in.dst].s = static_cast<float>(s[in.a].i); break;
      case FlatOp::F64ToF32: s[in.dst].s = static_cast<float>(s[in.a].d); break;
      case FlatOp::F32ToF64: s[in.dst].d = s[in.a].s; break;
      case FlatOp::Apply: apply(in, s); break;
      case FlatOp::Convert: {
        DType to = static_cast<DType>(in.x), from = static_cast<DType>(in.y);
        s[in.dst] = slot_of(to, convert(to, from, scalar_of(from, s[in.a])));
        break;
      }
      case FlatOp::Reinterpret: {
        DType to = static_cast<DType>(in.x), from = static_cast<DType>(in.y);
        s[in.dst] = slot_of(to, reinterpret(to, from, scalar_of(from, s[in.a])));
        break;
      }
      case FlatOp::Step: s[in.dst].i = step(in, s, at); break;
      case FlatOp::InRange: s[in.dst].i = s[in.a].i >= 0 && s[in.a].i < s[in.b].i; break;
      case FlatOp::LoopBegin:
        s[in.dst].i = 0;
        if (s[in.b].i <= 0) jump(in.c);
        break;
      case FlatOp::LoopNext:
        if (++s[in.dst].i < s[in.b].i) jump(in.c);
        break;
      case FlatOp::JumpUnless:
        if (!s[in.a].i) jump(in.c);
        break;
      case FlatOp::Jump: jump(in.c); break;
      case FlatOp::Alloc: allocate(in, s[in.a].i, at); break;
      case FlatOp::CheckPadding: check_padding(in, s, at); break;
      case FlatOp::Require:
        if (!s[in.a].i && !outcome.failed_require) {
          const Stmt& stmt =
              code_.statements[static_cast<size_t>(code_.origins[at].statement)].stmt;
          outcome.failed_require =
              stmt.as<Leaf>() ? stmt.as<Leaf>()->stage->location : stmt.as<Require>()->location;
        }
        break;
    }
  }
}

// After a failed `require` results are undefined, so they need not be complete.
void Runner::check_results(Outcome& outcome) const {
  if (outcome.failed_require) return;
  for (size_t i = 0; i < code_.buffers.size(); ++i) {
    int number = code_.buffers[i].param;
    if (number < 0 || code_.params[static_cast<size_t>(number)].kind != ParamKind::Out) continue;
    const FlatParam& param = code_.params[static_cast<size_t>(number)];
    int64_t bytes = code_.parameter_bytes[static_cast<size_t>(number)], missing = -1;
    if (param.is_dense()) {
      const void* found =
          bytes > 0 ? std::memchr(buffers_[i].written, 0, static_cast<size_t>(bytes)) : nullptr;
      if (found)
        missing = (static_cast<const uint8_t*>(found) - buffers_[i].written) * 8 / buffers_[i].bits;
    } else {
      for_each_element(param, [&](int64_t offset) {
        if (!is_written(buffers_[i], offset)) missing = offset;
        return missing < 0;
      });
    }
    if (missing < 0) continue;
    outcome.fault = Fault{"element " + std::to_string(missing) + " in memory of the result " +
                              param.name + " was never written",
                          {}};
    return;
  }
}

Fault Runner::describe(const FaultAt& fault) const {
  const FlatOrigin& origin = code_.origins[fault.instruction];
  Fault result{fault.what, {}};
  if (origin.statement < 0) return result;
  const FlatStatement& statement = code_.statements[static_cast<size_t>(origin.statement)];
  result.message += "\n  in: " + head_text(statement.stmt);
  std::vector<std::string> values;
  for (const FlatVariable& variable : statement.variables)
    if (variable.depth <= origin.depth)
      values.push_back(variable.name + " = " +
                       std::to_string(slots_[static_cast<size_t>(variable.slot)].i));
  if (!values.empty()) result.message += "\n  at: " + join(values, ", ");
  if (const Leaf* leaf = statement.stmt.as<Leaf>()) result.location = leaf->stage->location;
  if (const Store* store = statement.stmt.as<Store>()) result.location = store->location;
  return result;
}

}  // namespace

int64_t FlatParam::count() const {
  int64_t last = 0;
  for (size_t i = 0; i < extents.size(); ++i) {
    if (extents[i] <= 0) return 0;
    last += (extents[i] - 1) * strides[i];
  }
  return last + 1;
}

bool FlatParam::is_dense() const {
  int64_t elements = 1;
  for (int64_t extent : extents) elements *= std::max<int64_t>(extent, 0);
  return elements == count();
}

Interpreter::Interpreter(const Function& function, const SymbolValues& symbols)
    : code_(make_flat_code(function, symbols)) {}
Interpreter::~Interpreter() = default;
Interpreter::Interpreter(Interpreter&&) noexcept = default;
Interpreter& Interpreter::operator=(Interpreter&&) noexcept = default;

const std::vector<int64_t>& Interpreter::parameter_bytes() const { return code_->parameter_bytes; }

Outcome Interpreter::run(std::span<const Memory> params) const {
  return Runner(*code_, params).run();
}

}  // namespace tenon::loop
