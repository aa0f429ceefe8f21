// Divisions of scalars and vectors without an instruction, by LLVM's own expansion (restoring
// division, a bit at a time).
#include "codegen/llvm/expand_division.h"

#include <vector>

#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/Module.h>
#include <llvm/Transforms/Utils/IntegerDivision.h>

namespace tenon::codegen {
namespace {

bool is_division(const llvm::Instruction& instruction) {
  switch (instruction.getOpcode()) {
    case llvm::Instruction::UDiv:
    case llvm::Instruction::SDiv:
    case llvm::Instruction::URem:
    case llvm::Instruction::SRem: return true;
    default: return false;
  }
}

// The divisor of all lanes, where it is one number.
const llvm::ConstantInt* divisor_of(const llvm::Instruction& instruction) {
  const auto* constant = llvm::dyn_cast<llvm::Constant>(instruction.getOperand(1));
  if (constant && constant->getType()->isVectorTy()) constant = constant->getSplatValue();
  return llvm::dyn_cast_or_null<llvm::ConstantInt>(constant);
}

// By a number LLVM shifts and multiplies: of 32 bits always, of 64 only where it is a power of two.
bool is_in_line(const llvm::Instruction& instruction) {
  const llvm::ConstantInt* divisor = divisor_of(instruction);
  if (!divisor || divisor->isZero()) return false;
  return divisor->getBitWidth() <= 32 || divisor->getValue().isPowerOf2();
}

// One division a lane; they are gathered for expansion.
void split_lanes(llvm::BinaryOperator& vector, std::vector<llvm::BinaryOperator*>& scalars) {
  llvm::IRBuilder<> b(&vector);
  const auto* type = llvm::cast<llvm::FixedVectorType>(vector.getType());
  llvm::Value* result = llvm::PoisonValue::get(vector.getType());
  for (uint64_t lane = 0; lane < type->getNumElements(); ++lane) {
    llvm::Value* quotient =
        b.CreateBinOp(vector.getOpcode(), b.CreateExtractElement(vector.getOperand(0), lane),
                      b.CreateExtractElement(vector.getOperand(1), lane));
    if (auto* scalar = llvm::dyn_cast<llvm::BinaryOperator>(quotient)) scalars.push_back(scalar);
    result = b.CreateInsertElement(result, quotient, lane);
  }
  vector.replaceAllUsesWith(result);
  vector.eraseFromParent();
}

void expand_in(llvm::Function& function) {
  std::vector<llvm::BinaryOperator*> found, scalars;
  for (llvm::BasicBlock& block : function)
    for (llvm::Instruction& instruction : block)
      if (is_division(instruction) && !is_in_line(instruction))
        found.push_back(llvm::cast<llvm::BinaryOperator>(&instruction));
  for (llvm::BinaryOperator* division : found) {
    if (division->getType()->isVectorTy())
      split_lanes(*division, scalars);
    else
      scalars.push_back(division);
  }
  for (llvm::BinaryOperator* division : scalars) {
    const bool quotient = division->getOpcode() == llvm::Instruction::UDiv ||
                          division->getOpcode() == llvm::Instruction::SDiv;
    if (quotient)
      llvm::expandDivisionUpTo64Bits(division);
    else
      llvm::expandRemainderUpTo64Bits(division);
  }
}

}  // namespace

void expand_divisions(llvm::Module& module, target::Architecture architecture) {
  if (architecture != target::Architecture::armv7) return;
  for (llvm::Function& function : module) expand_in(function);
}

}  // namespace tenon::codegen
