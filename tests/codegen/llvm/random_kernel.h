// Random loop functions that are legal: tiles of loops of every kind, with or without accumulators
// in registers, and expressions over every type, read in every way.
#pragma once

#include <map>
#include <memory>
#include <random>
#include <string>

#include "ir/loop/nodes.h"

namespace tenon::codegen {

struct RandomKernel {
  std::shared_ptr<ExprPool> pool = std::make_shared<ExprPool>();
  loop::Function function;
  std::map<std::string, int64_t> symbols;
};

RandomKernel make_random_kernel(unsigned seed);

}  // namespace tenon::codegen
