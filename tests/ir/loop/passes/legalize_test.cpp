// Operations that a target lacks: golden texts, and the interpreter's bits before and after, of all
// f16 and bf16, of the f32 and f64 around every place where they round, and of random ones.
//
//   y[i] = f32(x[i])   ->   y[i] = bits_f32(u32(bits_u16(x[i])) << 16u32)
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <random>

#include "ir/expr/element.h"
#include "ir/loop/interpreter.h"
#include "ir/loop/passes.h"
#include "ir/loop/text.h"
#include "ir/loop/verify.h"

namespace tenon::loop {
namespace {

using enum DType;
using Bytes = std::vector<uint8_t>;

constexpr DTypeSet kIntegers = {I8, U8, I16, U16, I32, U32, I64, U64, Index};
constexpr DTypeSet kNumbers = kIntegers | DTypeSet{F32, F64};

constexpr DTypeSet kLong = {I64, U64, Index};
constexpr DTypeSet kBelow64 = {Bool, I8, U8, I16, U16, I32, U32};

// A processor with the operations that every one has, and no others: it neither divides 64 bits nor
// converts them to and from floats.
LegalOperations plain_processor() {
  OperationTable table;
  table.operations = {{"+ - * min max neg abs == != < <=", kNumbers},
                      {"<< >>", kIntegers},
                      {"// % div_trunc rem_trunc", {I8, U8, I16, U16, I32, U32, Index}},
                      {"& | ^ not == !=", kIntegers | DTypeSet{Bool}},
                      {"/ sqrt", {F32, F64}},
                      {"select", kNumbers | DTypeSet{Bool, F16, BF16}}};
  table.conversions = {{.to = kBelow64 | kLong, .from = kBelow64 | kLong},
                       {.to = {F32, F64}, .from = kBelow64 | DTypeSet{F32, F64}},
                       {.to = kBelow64, .from = {F32, F64}}};
  return LegalOperations(table);
}

// With the two conversions of F16C besides.
LegalOperations processor_with_f16() {
  OperationTable table;
  table.conversions = {{.to = kNumbers | DTypeSet{F16}, .from = kNumbers},
                       {.to = {F32}, .from = {F16}}};
  return LegalOperations(table);
}

Function one_statement(ExprPool& pool, DType from, DType to, int64_t count,
                       const std::string& value) {
  std::string extent = "[" + std::to_string(count) + "]";
  return parse_function("func @f(x: " + std::string(name_of(from)) + extent +
                            ", out y: " + std::string(name_of(to)) + extent + ") { for i in " +
                            std::to_string(count) + " { y[i] = " + value + " } }",
                        "test", pool);
}

bool is_legal(const Function& function, const LegalOperations& legal) {
  bool all = true;
  for_each_expr(function.body, [&](Expr root) {
    for_each_node(root, [&](Expr e) {
      const Cast* cast = e.as<Cast>();
      const Apply* apply = e.as<Apply>();
      if (cast && !cast->bits) all = all && legal.converts(e.type(), cast->value().type());
      if (apply) all = all && legal.has(apply->op, operand_type(*apply));
    });
  });
  return all;
}

// The statement after the pass.
std::string legalized(DType from, DType to, const std::string& value,
                      const LegalOperations& legal = plain_processor()) {
  ExprPool pool;
  Function function = legalize(one_statement(pool, from, to, 1, value), legal);
  EXPECT_TRUE(is_legal(function, legal)) << to_string(function);
  std::string text = to_string(function);
  EXPECT_EQ(to_string(parse_function(text, "again", pool)), text);
  size_t start = text.find("y[i] = ") + 7;
  return text.substr(start, text.find('\n', start) - start);
}

TEST(Legalize, WritesOtherOperations) {
  EXPECT_EQ(legalized(F32, F32, "fma(x[i], x[i], 1.0)"), "x[i] * x[i] + 1.0");
  EXPECT_EQ(legalized(BF16, F32, "f32(x[i])"), "bits_f32(u32(bits_u16(x[i])) << 16u32)");
  EXPECT_EQ(legalized(BF16, I32, "i32(x[i])"), "i32(bits_f32(u32(bits_u16(x[i])) << 16u32))");
  EXPECT_EQ(legalized(F32, BF16, "bf16(x[i])"),
            "bits_bf16(u16(select(x[i] != x[i], 2147418112u32, "
            "bits_u32(x[i]) + ((bits_u32(x[i]) >> 16u32 & 1u32) + 32767u32)) >> 16u32))");
}

TEST(Legalize, UsesTheConversionsOfTheTable) {
  LegalOperations f16c = processor_with_f16();
  EXPECT_EQ(legalized(F16, F64, "f64(x[i])", f16c), "f64(f32(x[i]))");
  EXPECT_EQ(legalized(I64, F16, "f16(x[i])", f16c), "f16(x[i])");
  EXPECT_EQ(legalized(BF16, F64, "f64(f32(1.5bf16))", f16c), "1.5f64");
}

TEST(Legalize, LeavesWhatIsLegal) {
  ExprPool pool;
  Function function = one_statement(pool, F16, F32, 4, "fma(f32(x[i]), 2.0, 1.0)");
  EXPECT_EQ(legalize(function, LegalOperations()).body, function.body);
  Function truncation = one_statement(pool, F32, F32, 4, "trunc(x[i] + 0.5)");
  EXPECT_NE(legalize(truncation, plain_processor()).body, truncation.body);
}

// ---- bits ---------------------------------------------------------------------------------------

Bytes run(const Function& function, const Bytes& x) {
  Interpreter interpreter(function, {});
  Bytes input = x, output(static_cast<size_t>(interpreter.parameter_bytes()[1]));
  EXPECT_TRUE(interpreter.run({{input}, {output}}).ok());
  return output;
}

// The same bits before and after; sign and payload of a NaN are free.
void expect_same_bits(DType from, DType to, const std::string& value, const Bytes& x) {
  SCOPED_TRACE(value + " of " + std::string(name_of(from)));
  ExprPool pool;
  int64_t count = static_cast<int64_t>(x.size()) * 8 / bits_of(from);
  Function before = one_statement(pool, from, to, count, value);
  Function after = legalize(before, plain_processor());
  ASSERT_TRUE(is_legal(after, plain_processor())) << to_string(after);
  ASSERT_NE(after.body, before.body);
  Bytes wanted = run(before, x), found = run(after, x);
  for (int64_t i = 0; i < count; ++i) {
    Scalar a = load_element(to, wanted.data(), i), b = load_element(to, found.data(), i);
    bool same = !is_float(to)     ? a.i == b.i
                : std::isnan(a.f) ? std::isnan(b.f)
                                  : a.f == b.f && std::signbit(a.f) == std::signbit(b.f);
    ASSERT_TRUE(same) << "element " << i << ", "
                      << (is_float(from) ? load_element(from, x.data(), i).f
                                         : static_cast<double>(load_element(from, x.data(), i).i));
  }
}

template <class T>
void append(Bytes& bytes, T value) {
  const auto* first = reinterpret_cast<const uint8_t*>(&value);
  bytes.insert(bytes.end(), first, first + sizeof value);
}

Bytes every_short() {
  Bytes bytes;
  for (int code = 0; code < 65536; ++code) append(bytes, static_cast<uint16_t>(code));
  return bytes;
}

// Of every value of a short type: itself, the middle to the next one, and their neighbours.
template <class Wide, class Bits>
Bytes around_every(DType type) {
  Bytes bytes;
  Bytes codes = every_short();
  for (int64_t code = 0; code < 65535; ++code) {
    Wide value = static_cast<Wide>(load_element(type, codes.data(), code).f);
    Wide next = static_cast<Wide>(load_element(type, codes.data(), code + 1).f);
    Wide middle = std::isinf(next) ? value * (type == F16 ? Wide(0x1.ffep15 / 0x1.ffcp15) : Wide(1))
                                   : value / 2 + next / 2;
    for (Wide point : {value, middle})
      for (int step = -1; step <= 1; ++step)
        append(bytes, static_cast<Bits>(std::bit_cast<Bits>(point) + static_cast<Bits>(step)));
  }
  return bytes;
}

Bytes random_bytes(DType type, int64_t count) {
  std::mt19937_64 random(7);
  Bytes bytes;
  for (int64_t i = 0; i < count * bits_of(type) / 64; ++i) append(bytes, uint64_t{random()});
  return bytes;
}

const DType kTargets[] = {Bool, I8, U8, I16, U16, I32, U32, I64, U64, F32, F64};

TEST(Legalize, EveryShortFloatConvertsToTheSameBits) {
  Bytes all = every_short();
  for (DType from : {F16, BF16}) {
    for (DType to : kTargets) expect_same_bits(from, to, std::string(name_of(to)) + "(x[i])", all);
    DType other = from == F16 ? BF16 : F16;
    expect_same_bits(from, other, std::string(name_of(other)) + "(x[i])", all);
  }
}

TEST(Legalize, FloatsRoundToTheSameShortFloat) {
  for (DType to : {F16, BF16}) {
    std::string value = std::string(name_of(to)) + "(x[i])";
    expect_same_bits(F32, to, value, around_every<float, uint32_t>(to));
    expect_same_bits(F64, to, value, around_every<double, uint64_t>(to));
    expect_same_bits(F32, to, value, random_bytes(F32, 100000));
    expect_same_bits(F64, to, value, random_bytes(F64, 100000));
  }
}

TEST(Legalize, IntegersRoundToTheSameShortFloat) {
  for (DType from : {I8, U8, I16, U16, I32, U32, I64, U64})
    for (DType to : {F16, BF16}) {
      Bytes x = random_bytes(from, 8000);
      std::mt19937_64 random(3);
      // Numbers of every length, half of them near the middle of two bf16.
      for (int64_t i = 0; i < 8000; ++i) {
        int length = static_cast<int>(random() % static_cast<uint64_t>(bits_of(from)));
        uint64_t number = (random() | uint64_t{1} << 63) >> (63 - length);
        if (i % 2 && length > 9)
          number = (number >> (length - 9) << (length - 9)) + random() % 3 - 1;
        store_element(from, x.data(), i,
                      {.i = wrap(from, static_cast<int64_t>(i % 3 ? number : 0 - number))});
      }
      expect_same_bits(from, to, std::string(name_of(to)) + "(x[i])", x);
    }
}

TEST(Legalize, RoundingGivesTheSameBits) {
  for (DType type : {F32, F64})
    for (const char* operation : {"floor", "ceil", "trunc", "round_even"}) {
      Bytes x = random_bytes(type, 20000);
      std::mt19937 random(5);
      for (int64_t i = 0; i < 10000; ++i) {  // near integers, halves and the limit
        double size = std::ldexp(1.0, static_cast<int>(random() % 56)) * (random() % 4) / 2;
        double number = round_to(type, size + 0.25 * (random() % 5) - 0.5);
        if (i % 5 == 0) number = std::nextafter(static_cast<float>(number), 0.0f);
        store_element(type, x.data(), i, {.f = i % 2 ? number : -number});
      }
      expect_same_bits(type, type, std::string(operation) + "(x[i])", x);
    }
}

TEST(Legalize, LongIntegersConvertToTheSameBits) {
  std::mt19937_64 random(11);
  for (DType type : {I64, U64}) {
    Bytes integers, floats;
    for (int64_t i = 0; i < 20000; ++i) {
      append(integers, (random() >> (random() % 64)) + random() % 3 - 1);
      int exponent = static_cast<int>(random() % 70) - 3;
      double number = std::ldexp(static_cast<double>(random() >> 11), exponent - 53);
      append(floats, i % 7 == 0 ? std::trunc(number) : i % 2 ? number : -number);
    }
    for (double edge : {0.0, -0.0, 0x1p63, -0x1p63, 0x1p64, 0x1.fffffffffffffp62, double{INFINITY},
                        -double{INFINITY}, double{NAN}, -0.5, 0x1.fffffffffffffp63})
      append(floats, edge);
    Bytes singles;
    for (size_t i = 0; i < floats.size(); i += 8)
      append(singles, static_cast<float>(load_element(F64, floats.data(), i / 8).f));
    expect_same_bits(type, F64, "f64(x[i])", integers);
    expect_same_bits(type, F32, "f32(x[i])", integers);
    std::string to_integer = std::string(name_of(type)) + "(x[i])";
    expect_same_bits(F64, type, to_integer, floats);
    expect_same_bits(F32, type, to_integer, singles);
    expect_same_bits(BF16, type, to_integer, every_short());
  }
}

// Each element is divided by its neighbour: random lengths, powers of two and what is next to them,
// equal numbers, zeros, the least number by -1.
TEST(Legalize, LongDivisionGivesTheSameBits) {
  std::mt19937_64 random(13);
  Bytes x;
  for (int64_t i = 0; i < 60000; ++i) {
    uint64_t number = random() >> (random() % 64);
    if (i % 3 == 0) number = (uint64_t{1} << (random() % 64)) + random() % 3 - 1;
    if (i % 5 == 0) number = number * (random() % 9) + random() % 3 - 1;
    append(x, i % 2 ? number : 0 - number);
  }
  for (uint64_t edge : {0, 1, -1, 7, -7, 0}) append(x, edge);
  for (uint64_t edge : {uint64_t{1} << 63, ~uint64_t{0}, uint64_t{1} << 63, uint64_t{1},
                        ~uint64_t{0}, ~uint64_t{0}, ~uint64_t{0} - 1})
    append(x, edge);
  std::string last = std::to_string(x.size() / 8 - 1);
  for (DType type : {I64, U64})
    for (const char* form : {"x[i] // D", "x[i] % D", "div_trunc(x[i], D)", "rem_trunc(x[i], D)"}) {
      std::string value = form;
      value.replace(value.find('D'), 1, "x[min(i + 1, " + last + ")]");
      expect_same_bits(type, type, value, x);
    }
}

}  // namespace
}  // namespace tenon::loop
