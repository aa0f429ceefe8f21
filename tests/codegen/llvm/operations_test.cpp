// Every operation and conversion on every type, legalized for every target, in scalar and in vector
// code, gives what ir/expr/fold.h says, and none of them is a call; what is not in the target's
// table is refused.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <random>

#include "codegen/llvm/host_code.h"
#include "ir/expr/element.h"
#include "ir/expr/text.h"
#include "ir/loop/passes.h"
#include "ir/loop/text.h"
#include "target/operations.h"
#include "tests/codegen/llvm/emulated.h"
#include "tests/codegen/llvm/objects.h"

namespace tenon::codegen {
namespace {

constexpr int64_t kCount = 512;  // elements of each operand
constexpr int64_t kLanes = 16;

const DType kTypes[] = {DType::Bool, DType::I8,  DType::U8,  DType::I16, DType::U16,
                        DType::I32,  DType::U32, DType::I64, DType::U64, DType::F16,
                        DType::BF16, DType::F32, DType::F64};

const Op kOps[] = {
#define X(name, text, arity, where, result) Op::name,
    TENON_OPS(X)
#undef X
};

LegalOperations legal_operations(const target::Target& target) {
  return LegalOperations(target::operations_of(target));
}

// One function that applies each operation to all elements of a, b and c (and d, of bool, the
// condition of select):
//   for i in 32 { for vectorized lane in 16 { y0[i*16 + lane] = a[..] + b[..]   y1[..] = ... } }
struct Program {
  ExprPool pool;
  loop::Function function;
  std::vector<DType> outputs;
  std::vector<std::string> texts;

  explicit Program(bool vectors) : vectors_(vectors) { function.name = "operations"; }

  Expr operand(const std::string& name, DType type) {
    bool known = function.find_buffer(name) != nullptr;
    if (!known) function.params.push_back({loop::ParamKind::In, buffer(name, type)});
    return pool.read(name, type, {index()});
  }
  void add(Expr value) {
    std::string name = "y" + std::to_string(outputs.size());
    outputs.push_back(value.type());
    texts.push_back(to_string(value));
    values_.push_back(value);
    stores_.push_back(loop::Store{name, {index()}, value, {}});
  }
  // Makes the function, for a target with these operations.
  void finish(const LegalOperations& legal) {
    for (size_t i = 0; i < outputs.size(); ++i)
      function.params.push_back(
          {loop::ParamKind::Out, buffer("y" + std::to_string(i), outputs[i])});
    loop::Stmt body = loop::block(stores_);
    if (vectors_)
      body = loop::For{"lane", pool.index(kLanes), loop::LoopKind::Vectorized, 1, body, {}};
    function.body = loop::For{
        "i", pool.index(vectors_ ? kCount / kLanes : kCount), loop::LoopKind::Serial, 1, body, {}};
    function = loop::legalize(function, legal);
  }
  const std::vector<Expr>& values() const { return values_; }

 private:
  Expr index() {
    return vectors_ ? pool.var("i") * pool.index(kLanes) + pool.var("lane") : pool.var("i");
  }
  loop::Buffer buffer(const std::string& name, DType type) {
    loop::Buffer result;
    result.name = name;
    result.type = type;
    result.extents = {pool.index(kCount)};
    return result;
  }
  bool vectors_;
  std::vector<Expr> values_;
  std::vector<loop::Stmt> stores_;
};

// Operations that every target must come to have. Those on short floats choose only.
bool is_computed(Op op, DType type) {
  return (is_arithmetic(type) || op == Op::Select) && applies_to(op, type) && !is_math_function(op);
}

void add_operations(Program& program, DType type) {
  for (Op op : kOps) {
    if (!is_computed(op, type)) continue;
    std::vector<Expr> operands;
    if (op == Op::Select) operands.push_back(program.operand("d", DType::Bool));
    for (const char* name : {"a", "b", "c"})
      if (static_cast<int>(operands.size()) < arity_of(op))
        operands.push_back(program.operand(name, type));
    program.add(program.pool.apply(op, operands));
  }
}

void add_conversions(Program& program, DType type) {
  for (DType to : kTypes) {
    if (to == type) continue;
    program.add(program.pool.cast(to, program.operand("a", type)));
    if (bits_of(to) == bits_of(type) && to != DType::Bool && type != DType::Bool)
      program.add(program.pool.bitcast(to, program.operand("a", type)));
  }
}

// Bit patterns near every edge of the type, then random ones.
std::vector<uint8_t> operand_bytes(DType type, int seed) {
  std::mt19937_64 random(static_cast<uint64_t>(seed));
  std::vector<double> edges;
  if (is_float(type))
    edges = {0.0,
             -0.0,
             0.5,
             -0.5,
             1.0,
             -1.0,
             1.5,
             2.5,
             -2.5,
             3.5,
             127.0,
             127.5,
             128.0,
             -128.0,
             -129.0,
             255.5,
             256.0,
             32767.5,
             65504.0,
             65519.9,
             65520.0,
             65535.0,
             2147483647.0,
             2147483648.0,
             -2147483649.0,
             4294967296.0,
             9.2e18,
             -9.3e18,
             1.9e19,
             1e-5,
             6e-8,
             2.9e-8,
             3e-8,
             1e-40,
             1e-300,
             3.4e38,
             1e39,
             INFINITY,
             -INFINITY,
             NAN,
             0x1.002p0,
             0x1.00201p0,
             0x1.006p0,
             0x1.0080000001p0,
             0x1.ffep15,
             0x1.ffefffffffp15,
             0x1p-24,
             0x1.8p-25,
             0x1.0000001p-25};
  else
    edges = {0, 1, -1, 2, 3, 7, 8, 15, 16, 31, 32, 33, 63, 64, 65, -2, 127, -128, 255};
  std::vector<uint8_t> bytes(static_cast<size_t>(bytes_of(type, kCount)));
  for (int64_t i = 0; i < kCount; ++i) {
    Scalar value;
    uint64_t bits = random() >> (random() % 64);
    if (i < kCount / 2) {
      double edge = edges[random() % edges.size()];
      if (is_float(type))
        value.f = edge;
      else
        value.i = wrap(
            type, random() % 4 ? static_cast<int64_t>(edge) : INT64_MIN >> (64 - bits_of(type)));
      store_element(type, bytes.data(), i, value);
    } else if (type == DType::Bool) {
      bytes[static_cast<size_t>(i)] = bits & 1;
    } else {
      if (random() % 2) bits = random();
      std::memcpy(bytes.data() + i * bits_of(type) / 8, &bits,
                  static_cast<size_t>(bits_of(type) / 8));
    }
  }
  return bytes;
}

Scalar expected(Expr e, const std::map<std::string, std::vector<uint8_t>>& operands, int64_t i) {
  if (const Read* read = e.as<Read>())
    return load_element(e.type(), operands.at(read->tensor).data(), i);
  if (const Cast* cast = e.as<Cast>()) {
    Scalar value = expected(cast->value(), operands, i);
    return cast->bits ? reinterpret(e.type(), cast->value().type(), value)
                      : convert(e.type(), cast->value().type(), value);
  }
  const Apply* apply = e.as<Apply>();
  Scalar values[3];
  for (size_t k = 0; k < apply->children.size(); ++k)
    values[k] = expected(apply->children[k], operands, i);
  return evaluate(apply->op, apply->children[apply->op == Op::Select ? 1 : 0].type(), values);
}

// The interpreter's scalars do not keep the payload of a NaN, and nothing is promised of it.
bool is_bits_of_nan(Expr e, const std::map<std::string, std::vector<uint8_t>>& operands,
                    int64_t i) {
  const Cast* cast = e.as<Cast>();
  return cast && cast->bits && is_float(cast->value().type()) &&
         std::isnan(expected(cast->value(), operands, i).f);
}

bool agree(Expr e, Scalar a, Scalar b) {
  if (!is_float(e.type())) return a.i == b.i;
  if (std::isnan(a.f) || std::isnan(b.f)) return std::isnan(a.f) && std::isnan(b.f);
  bool free_sign = e.as_op(Op::Min) || e.as_op(Op::Max);
  return a.f == b.f && (free_sign || std::signbit(a.f) == std::signbit(b.f));
}

// The buffers of a program, by name.
using Memory = std::map<std::string, std::vector<uint8_t>>;

Memory operands_of(const Program& program) {
  Memory memory;
  for (const loop::Param& param : program.function.params)
    memory[param.buffer.name] =
        operand_bytes(param.buffer.type, static_cast<int>(param.buffer.name[0]));
  return memory;
}

// ARMv7's NEON takes subnormal operands of f32 for zeros, and gives zeros for subnormal results;
// those of bf16, which is computed with as f32, are the same numbers.
bool flushes(const target::Target& target) {
  return target.architecture == target::Architecture::armv7;
}

// True where the value meets a subnormal, as an operand or as what it is.
bool meets_subnormal(Expr e, const Memory& operands, int64_t i) {
  if (!e.as<Read>())
    for (Expr child : e.children())
      if (meets_subnormal(child, operands, i)) return true;
  if (e.type() != DType::F32 && e.type() != DType::BF16) return false;
  double value = expected(e, operands, i).f;
  return value != 0 && std::fabs(value) < 0x1p-126;
}

void compare(Program& program, const Memory& memory, const target::Target& target) {
  LegalOperations legal = legal_operations(target);
  for (size_t k = 0; k < program.outputs.size(); ++k) {
    const std::vector<uint8_t>& found = memory.at("y" + std::to_string(k));
    for (int64_t i = 0; i < kCount; ++i) {
      // Without the instruction fma rounds twice: the only expansion with other bits.
      Expr e = program.values()[k];
      if (e.as_op(Op::Fma)) e = legalize(e, legal);
      if (is_bits_of_nan(e, memory, i)) continue;
      if (flushes(target) && meets_subnormal(e, memory, i)) continue;
      Scalar wanted = expected(e, memory, i), got = load_element(e.type(), found.data(), i);
      ASSERT_TRUE(agree(e, wanted, got))
          << program.texts[k] << " at " << i << " with a = "
          << to_string(literals_of(program.pool, program.function.params[0].buffer.type,
                                   memory.at("a").data(), kCount)[static_cast<size_t>(i)])
          << ": " << (is_float(e.type()) ? got.f : static_cast<double>(got.i)) << " instead of "
          << (is_float(e.type()) ? wanted.f : static_cast<double>(wanted.i));
    }
  }
}

struct NamedProgram {
  std::string name;
  std::unique_ptr<Program> program;
};

// Every operation and every conversion, by type, in scalar and in vector code.
std::vector<NamedProgram> all_programs(const target::Target& target) {
  std::vector<NamedProgram> programs;
  for (DType type : kTypes)
    for (bool vectors : {false, true})
      for (bool conversions : {false, true}) {
        auto program = std::make_unique<Program>(vectors);
        program->operand("a", type);
        conversions ? add_conversions(*program, type) : add_operations(*program, type);
        program->finish(legal_operations(target));
        programs.push_back(
            {target.name + " " + std::string(name_of(type)) + (vectors ? " vectors" : " scalars"),
             std::move(program)});
      }
  return programs;
}

TEST(Operations, GiveWhatTheFoldsGive) {
  for (const target::Target& target : runnable_targets())
    for (NamedProgram& named : all_programs(target)) {
      SCOPED_TRACE(named.name);
      auto code = HostCode::compile({&named.program->function}, {}, target);
      ASSERT_TRUE(code) << code.reason();
      Memory memory = operands_of(*named.program);
      std::vector<void*> buffers;
      for (const loop::Param& param : named.program->function.params)
        buffers.push_back(memory.at(param.buffer.name).data());
      code.value()->run(0, buffers, {});
      compare(*named.program, memory, target);
    }
}

class EmulatedOperations : public testing::TestWithParam<const char*> {};

TEST_P(EmulatedOperations, GiveWhatTheFoldsGive) {
  target::Target target = target::find_target(GetParam()).value();
  std::vector<NamedProgram> programs = all_programs(target);
  std::vector<const loop::Function*> functions;
  std::vector<Memory> memories;
  std::vector<EmulatedCall> calls;
  for (const NamedProgram& named : programs) {
    functions.push_back(&named.program->function);
    memories.push_back(operands_of(*named.program));
  }
  for (size_t i = 0; i < programs.size(); ++i) {
    calls.push_back({i, {}});
    for (const loop::Param& param : functions[i]->params)
      calls.back().buffers.push_back(&memories[i].at(param.buffer.name));
  }
  auto code = compile_callable(functions, {}, target);
  ASSERT_TRUE(code) << code.reason();
  Status status = run_emulated(target, code->objects, functions.size(), calls);
  ASSERT_TRUE(status) << status.reason();
  for (size_t i = 0; i < programs.size(); ++i) {
    SCOPED_TRACE(programs[i].name);
    compare(*programs[i].program, memories[i], target);
  }
}

INSTANTIATE_TEST_SUITE_P(Arm, EmulatedOperations,
                         testing::Values("cortex-a53", "neoverse-n1", "armv7-neon"),
                         [](const testing::TestParamInfo<const char*>& info) {
                           std::string name = info.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

TEST(Operations, CallNothing) {
  for (const char* name : {"x86-64-v2", "x86-64-v3", "x86-64-v4", "haswell", "skylake-avx512",
                           "znver5", "cortex-a53", "neoverse-n1", "armv7-neon"})
    for (DType type : kTypes)
      for (bool vectors : {false, true}) {
        target::Target target = target::find_target(name).value();
        Program program(vectors);
        program.operand("a", type);
        add_operations(program, type);
        add_conversions(program, type);
        program.finish(legal_operations(target));
        auto compiled = compile_kernel(program.function, {}, target, {});
        ASSERT_TRUE(compiled) << compiled.reason();
        for (const std::string& name : undefined_symbols(compiled->object.bytes))
          EXPECT_TRUE(name == "memcpy" || name == "memmove" || name == "memset")
              << target.name << " " << name_of(type) << (vectors ? " vectors" : " scalars")
              << " calls " << name;
      }
}

// The reason of compile_kernel without legalize, or the text of the code.
std::string compiled(const std::string& from, const std::string& to, const std::string& value,
                     const target::Target& target, bool legalizes = false) {
  ExprPool pool;
  loop::Function function =
      loop::parse_function("func @f(x: " + from + "[16], out y: " + to +
                               "[16]) { for vectorized i in 16 { y[i] = " + value + " } }",
                           "test", pool);
  if (legalizes) function = loop::legalize(function, legal_operations(target));
  auto kernel = compile_kernel(function, {}, target, {});
  return kernel ? kernel->text : kernel.reason();
}

TEST(Operations, OutsideTheTableAreRefused) {
  target::Target v2 = target::find_target("x86-64-v2").value();
  EXPECT_EQ(compiled("f32", "f32", "fma(x[i], x[i], x[i])", v2),
            "kernel f: no instruction for fma on f32 on x86-64-v2");
  EXPECT_EQ(compiled("f16", "f32", "f32(x[i])", v2), "kernel f: no conversion from f16 to f32");
  for (const target::Target& target : target::all_targets()) {
    EXPECT_EQ(compiled("f32", "bf16", "bf16(x[i])", target),
              "kernel f: no conversion from f32 to bf16");
    EXPECT_EQ(compiled("f64", "f16", "f16(x[i])", target),
              "kernel f: no conversion from f64 to f16");
    EXPECT_EQ(compiled("f32", "f32", "pow(x[i], x[i])", target),
              "kernel f: no instruction for pow on f32 on " + target.name);
  }
}

// The expansions keep the lanes of the loop, and F16C stays in use.
TEST(Operations, ShortFloatsConvertInVectors) {
  auto expect = [](const char* name, const char* from, const char* to, const char* instruction) {
    target::Target target = target::find_target(name).value();
    std::string text = compiled(from, to, std::string(to) + "(x[i])", target, true);
    EXPECT_NE(text.find(instruction), std::string::npos) << text;
    EXPECT_EQ(text.find("extractelement"), std::string::npos) << text;
  };
  expect("x86-64-v2", "f16", "f32", "fmul <16 x float>");
  expect("x86-64-v2", "f32", "f16", "fadd <16 x float>");
  expect("x86-64-v3", "f16", "f32", "fpext <16 x half>");
  expect("x86-64-v3", "f32", "f16", "fptrunc <16 x float>");
  expect("x86-64-v4", "bf16", "f32", "shl <16 x i32>");
  expect("x86-64-v4", "f32", "bf16", "lshr <16 x i32>");
}

}  // namespace
}  // namespace tenon::codegen
