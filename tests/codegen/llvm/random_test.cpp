// Random kernels as machine code, against the interpreter. TENON_FUZZ_SEEDS=from..to runs others.
#include <gtest/gtest.h>

#include <cstdlib>

#include "ir/loop/text.h"
#include "tests/codegen/llvm/differential.h"
#include "tests/codegen/llvm/random_kernel.h"

namespace tenon::codegen {
namespace {

TEST(RandomKernel, IsTheSameInTheInterpreterAndAsCode) {
  unsigned first = 0, last = 60;
  if (const char* seeds = std::getenv("TENON_FUZZ_SEEDS")) sscanf(seeds, "%u..%u", &first, &last);
  for (unsigned seed = first; seed < last; ++seed) {
    RandomKernel kernel = make_random_kernel(seed);
    std::string found = difference(kernel.function, kernel.symbols, static_cast<int>(seed));
    ASSERT_EQ(found, "") << "seed " << seed << ", n = " << kernel.symbols["n"] << "\n" << to_string(kernel.function);
  }
}

}  // namespace
}  // namespace tenon::codegen
