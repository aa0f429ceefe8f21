// Placing index arithmetic in the loops where it is invariant.
#include "codegen/llvm/index_values.h"

#include <algorithm>

#include "support/check.h"

namespace tenon::codegen {
namespace {

// First element of a key: what kind of value it names.
enum : int64_t { kSum = -1, kAtom = -2, kPointer = -3 };

}  // namespace

void IndexValues::leave() {
  for (const std::string& name : scopes_.back().variables) variables_.erase(name);
  scopes_.pop_back();
}

void IndexValues::declare(const std::string& name, llvm::Value* value) {
  variables_[name] = {value, static_cast<int>(scopes_.size()) - 1};
  scopes_.back().variables.push_back(name);
}

int IndexValues::depth_of(Expr e) const {
  if (e.type() != DType::Index && e.type() != DType::Bool) return kHere;
  if (const Var* var = e.as<Var>()) {
    auto found = variables_.find(var->name);
    TENON_CHECK(found != variables_.end(), "the variable " + var->name + " is not in scope");
    return found->second.depth;
  }
  if (e.kind() == ExprKind::Read) return kHere;
  int depth = 0;
  for (Expr child : e.children()) depth = std::max(depth, depth_of(child));
  return depth;
}

int IndexValues::depth_of(const Term& term) const {
  int depth = 0;
  for (Expr factor : term.factors) depth = std::max(depth, depth_of(factor));
  return depth;
}

bool IndexValues::is_hoistable(Expr e) const { return depth_of(e) != kHere; }

void IndexValues::append(Key& key, const Term& term) {
  key.push_back(term.coefficient);
  key.push_back(static_cast<int64_t>(term.factors.size()));
  for (Expr factor : term.factors) key.push_back(factor.node()->id);
}

llvm::Value* IndexValues::at(int depth, const Key& key, const std::function<llvm::Value*()>& make) {
  if (depth == kHere) return make();
  auto known = scopes_[static_cast<size_t>(depth)].known.find(key);
  if (known != scopes_[static_cast<size_t>(depth)].known.end()) return known->second;
  llvm::IRBuilderBase::InsertPointGuard guard(b_);
  b_.SetInsertPoint(scopes_[static_cast<size_t>(depth)].setup_end);
  llvm::Value* result = make();
  scopes_[static_cast<size_t>(depth)].known[key] = result;
  return result;
}

llvm::Value* IndexValues::atom(Expr e) {
  if (const Var* var = e.as<Var>()) return variables_.at(var->name).value;
  return at(depth_of(e), {kAtom, e.node()->id}, [&] { return emit_node_(e); });
}

// coefficient * factors, the factors of outer loops multiplied there.
llvm::Value* IndexValues::term_value(const Term& term) {
  int depth = depth_of(term);
  Term outer{term.coefficient, {}};
  std::vector<Expr> inner;
  for (Expr factor : term.factors)
    (depth_of(factor) == depth ? inner : outer.factors).push_back(factor);
  llvm::Value* result = atom(inner[0]);
  for (size_t i = 1; i < inner.size(); ++i) result = product(result, atom(inner[i]));
  if (outer.factors.empty() && outer.coefficient == 1) return result;
  return product(result, value(form_of(std::move(outer))));
}

llvm::Value* IndexValues::sum_of(const std::vector<Term>& terms) {
  llvm::Value* result = nullptr;
  for (const Term& term : terms) {
    llvm::Value* addend = term_value(term);
    result = result ? sum(result, addend) : addend;
  }
  return result;
}

llvm::Value* IndexValues::value(const LinearForm& form) {
  TENON_CHECK(form.valid, "an index leaves 64 bits");
  std::map<int, std::vector<Term>> by_depth;
  for (const Term& term : form.terms) by_depth[depth_of(term)].push_back(term);
  llvm::Value* result = nullptr;
  Key key{kSum};
  int last = 0;
  for (const auto& [depth, terms] : by_depth) {
    for (const Term& term : terms) append(key, term);
    result = at(depth, key, [&, depth = depth, &terms = terms] {
      llvm::Value* addend = sum_of(terms);
      return result ? sum(result, addend) : addend;
    });
    last = depth;
  }
  if (!result) return values_.index(form.constant);
  if (form.constant == 0) return result;
  key.push_back(form.constant);
  return at(last, key, [&] { return sum(result, values_.index(form.constant)); });
}

// Parts of an address may lie outside the buffer while the whole does not, so nothing here is
// `inbounds`.
llvm::Value* IndexValues::pointer(llvm::Value* base, const LinearForm& bytes) {
  TENON_CHECK(bytes.valid, "an address leaves 64 bits");
  std::map<int, std::vector<Term>> by_depth;
  for (const Term& term : bytes.terms) by_depth[depth_of(term)].push_back(term);
  auto number =
      base_numbers_.try_emplace(base, static_cast<int64_t>(base_numbers_.size())).first->second;
  llvm::Value* result = base;
  Key key{kPointer, number};
  for (const auto& [depth, terms] : by_depth) {
    for (const Term& term : terms) append(key, term);
    result = at(depth, key, [&, &terms = terms] {
      return b_.CreateGEP(b_.getInt8Ty(), result, sum_of(terms));
    });
  }
  if (bytes.constant == 0) return result;
  return b_.CreateGEP(b_.getInt8Ty(), result, b_.getInt64(static_cast<uint64_t>(bytes.constant)));
}

}  // namespace tenon::codegen
