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
  unsigned refused = 0;  // too long for a block: rare, or the test tests little
  for (unsigned seed = first; seed < last; ++seed) {
    RandomKernel kernel = make_random_kernel(seed);
    std::string found = difference(kernel.function, kernel.symbols, static_cast<int>(seed));
    if (found.find("more than 4000 instructions") != std::string::npos) {
      ++refused;
      continue;
    }
    ASSERT_EQ(found, "") << "seed " << seed << ", n = " << kernel.symbols["n"] << "\n"
                         << to_string(kernel.function);
  }
  EXPECT_LE(refused * 50, last - first);
}

}  // namespace
}  // namespace tenon::codegen
