// stack_bytes.cpp: how much stack a bundle's run needs, read from its objects.
//
//   .stack_sizes: mlp_run 120, mlp_rt_run 88, mlp_fc1_relu 40;  calls: run -> rt_run -> fc1_relu
//     ->  120 + 88 + 40, for each frame 8 of return address and 64 of alignment, and 512 -> 1024
//
// Each function has a section of its own, so what a function refers to are the relocations of its
// section. A function whose address is taken counts as called there: that is how run reaches the
// bodies, which the caller's parallel_for may run on run's own thread.
#include "codegen/bundle/stack_bytes.h"

#include <map>
#include <set>

#include <fmt/format.h>
#include <llvm/Object/ELFObjectFile.h>
#include <llvm/Object/ObjectFile.h>
#include <llvm/Support/DataExtractor.h>

#include "support/check.h"

namespace tenon::codegen {
namespace {

constexpr uint64_t kReturnAddress = 8;
constexpr uint64_t kRealignment = 64;  // a frame with wide vectors may align itself to them
constexpr uint64_t kLibraryBytes = 512;

template <class T>
T take(llvm::Expected<T> value) {
  if (!value)
    TENON_CHECK(false, "an object just made cannot be read: " + llvm::toString(value.takeError()));
  return std::move(*value);
}

struct Frame {
  uint64_t bytes = 0;
  bool is_known = false;
  std::set<std::string> callees;
};

// The functions of all objects. Local ones are known by object and name: "2:cpuid".
class Frames {
 public:
  void add(const llvm::object::ObjectFile& object) {
    const std::string local = fmt::format("{}:", object_++);
    name_functions(object, local);
    for (const llvm::object::SectionRef& section : object.sections()) {
      const auto relocated = take(section.getRelocatedSection());
      if (relocated == object.section_end()) continue;
      if (take(relocated->getName()) == ".stack_sizes")
        add_sizes(*relocated, section);
      else if (relocated->isText())
        add_calls(*relocated, section, local);
    }
  }

  Result<uint64_t> deepest(const std::string& function) {
    std::set<std::string> path;
    return deepest(function, path);
  }

 private:
  using Place = std::pair<uint64_t, uint64_t>;  // section index, offset

  std::string symbol_name(const llvm::object::SymbolRef& symbol, const std::string& local) const {
    const bool is_global = take(symbol.getFlags()) & llvm::object::SymbolRef::SF_Global;
    return (is_global ? "" : local) + take(symbol.getName()).str();
  }

  void name_functions(const llvm::object::ObjectFile& object, const std::string& local) {
    functions_.clear();
    for (const llvm::object::SymbolRef& symbol : object.symbols()) {
      if (take(symbol.getType()) != llvm::object::SymbolRef::ST_Function) continue;
      const auto section = take(symbol.getSection());
      if (section == object.section_end()) continue;
      const std::string name = symbol_name(symbol, local);
      functions_[{section->getIndex(), take(symbol.getValue())}] = name;
      frames_[name];
    }
  }

  // What a relocation points to: a function of this object, or the name of what may be a function
  // of another one. Names of data do no harm: no frame has them.
  std::string target(const llvm::object::RelocationRef& relocation,
                     const std::string& local) const {
    const auto symbol = relocation.getSymbol();
    const auto section = take(symbol->getSection());
    if (section == symbol->getObject()->section_end()) return take(symbol->getName()).str();
    if (take(symbol->getType()) == llvm::object::SymbolRef::ST_Function)
      return symbol_name(*symbol, local);
    // By its section: with one function to a section that is the function.
    const auto found = functions_.find({section->getIndex(), 0});
    return found == functions_.end() ? "" : found->second;
  }

  // Pairs of a relocated address and a ULEB128 size.
  void add_sizes(const llvm::object::SectionRef& sizes,
                 const llvm::object::SectionRef& relocations) {
    const llvm::StringRef bytes = take(sizes.getContents());
    const uint8_t address_bytes = sizes.getObject()->getBytesInAddress();
    const llvm::DataExtractor extractor(bytes, /*IsLittleEndian=*/true, address_bytes);
    for (const llvm::object::RelocationRef& relocation : relocations.relocations()) {
      uint64_t offset = relocation.getOffset();
      // What is added to the symbol stands in the relocation, or, on 32-bit ARM, in its place.
      uint64_t addend = extractor.getAddress(&offset);
      if (address_bytes == 8)
        addend =
            static_cast<uint64_t>(take(llvm::object::ELFRelocationRef(relocation).getAddend()));
      const auto symbol = relocation.getSymbol();
      const auto section = take(symbol->getSection());
      const Place place{section->getIndex(), take(symbol->getValue()) + addend};
      const auto function = functions_.find(place);
      if (function == functions_.end()) continue;
      Frame& frame = frames_[function->second];
      frame.bytes = extractor.getULEB128(&offset);
      frame.is_known = true;
    }
  }

  void add_calls(const llvm::object::SectionRef& code, const llvm::object::SectionRef& relocations,
                 const std::string& local) {
    const auto caller = functions_.find({code.getIndex(), 0});
    if (caller == functions_.end()) return;
    for (const llvm::object::RelocationRef& relocation : relocations.relocations()) {
      if (relocation.getSymbol() == code.getObject()->symbol_end()) continue;
      frames_[caller->second].callees.insert(target(relocation, local));
    }
  }

  Result<uint64_t> deepest(const std::string& function, std::set<std::string>& path) {
    if (const auto known = deepest_.find(function); known != deepest_.end()) return known->second;
    const auto found = frames_.find(function);
    if (found == frames_.end()) return uint64_t{0};  // memcpy and its kin
    const std::string name = function.substr(function.find(':') + 1);
    if (!found->second.is_known) return Failure{"the stack frame of " + name + " is not known"};
    if (!path.insert(function).second) return Failure{name + " calls itself"};
    uint64_t below = 0;
    for (const std::string& callee : found->second.callees) {
      const Result<uint64_t> depth = deepest(callee, path);
      if (!depth) return depth.error();
      below = std::max(below, *depth);
    }
    path.erase(function);
    return deepest_[function] = found->second.bytes + kReturnAddress + kRealignment + below;
  }

  int object_ = 0;
  std::map<Place, std::string> functions_;  // of the object being read
  std::map<std::string, Frame> frames_;
  std::map<std::string, uint64_t> deepest_;
};

}  // namespace

Result<uint64_t> stack_bytes(const std::vector<llvm::MemoryBufferRef>& objects,
                             const std::string& prefix) {
  Frames frames;
  for (const llvm::MemoryBufferRef& bytes : objects)
    frames.add(*take(llvm::object::ObjectFile::createObjectFile(bytes)));
  const Result<uint64_t> depth = frames.deepest(prefix + "_run");
  if (!depth) return depth;
  const uint64_t rounded = (*depth + kLibraryBytes + 255) / 256 * 256;
  if (rounded > kMostStackBytes)
    return Failure{
        fmt::format("run needs {} bytes of stack, more than {}", rounded, kMostStackBytes)};
  return rounded;
}

}  // namespace tenon::codegen
