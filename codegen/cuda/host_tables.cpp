// Rows of runtime/cuda/cuda_tables.h from launch plans.
//   64 * batch   ->   {CONSTANT, 64, DIM, 0, MULTIPLY, END}, number 17
#include "codegen/cuda/host_tables.h"

#include <algorithm>
#include <map>

#include "ir/expr/text.h"
#include "support/text.h"

namespace tenon::codegen {
namespace {

class ProgramWriter {
 public:
  explicit ProgramWriter(const std::vector<std::string>& symbols) {
    for (size_t i = 0; i < symbols.size(); ++i) dims_[symbols[i]] = static_cast<int64_t>(i);
  }

  // The number of the program of an expression; null stands for 0.
  uint32_t program(Expr expr) {
    const std::string text = expr ? to_string(expr) : "0";
    auto [entry, is_new] = numbers_.emplace(text, static_cast<uint32_t>(code.size()));
    if (!is_new) return entry->second;
    if (!expr) {
      code.insert(code.end(), {TNC_CONSTANT, 0});
    } else if (write(expr) > TNC_MOST_STACK) {
      fault = "the size " + text + " is too deep an expression for the host part";
    }
    code.push_back(TNC_END);
    return entry->second;
  }

  std::vector<int64_t> code;
  std::string fault;  // the last one; empty: none

 private:
  // Appends the code; gives the depth of the stack that it needs.
  int write(Expr expr) {
    if (const auto* literal = expr.as<IntImm>()) {
      code.insert(code.end(), {TNC_CONSTANT, literal->value});
      return 1;
    }
    if (const auto* var = expr.as<Var>()) {
      auto dim = dims_.find(var->name);
      TENON_CHECK(dim != dims_.end(), "a size of " + var->name + ", which is no dimension");
      code.insert(code.end(), {TNC_DIM, dim->second});
      return 1;
    }
    if (expr.as<Cast>()) return write(expr.children()[0]);
    const auto* apply = expr.as<Apply>();
    TENON_CHECK(apply != nullptr, "no size: " + to_string(expr));
    int depth = 0;
    for (int i = 0; i < static_cast<int>(expr.children().size()); ++i)
      depth = std::max(depth, i + write(apply->operand(i)));
    code.push_back(operation(*apply, expr));
    return depth;
  }

  static int64_t operation(const Apply& apply, Expr expr) {
    switch (apply.op) {
      case Op::Add: return TNC_ADD;
      case Op::Sub: return TNC_SUBTRACT;
      case Op::Mul: return TNC_MULTIPLY;
      case Op::FloorDiv: return TNC_DIVIDE;
      case Op::FloorMod: return TNC_REMAINDER;
      case Op::Min: return TNC_MIN;
      case Op::Max: return TNC_MAX;
      case Op::Eq: return TNC_EQUAL;
      case Op::Ne: return TNC_UNEQUAL;
      case Op::Lt: return TNC_LESS;
      case Op::Le: return TNC_LESS_EQUAL;
      case Op::And: return TNC_AND;
      case Op::Or: return TNC_OR;
      case Op::Not: return TNC_NOT;
      case Op::Select: return TNC_SELECT;
      default: TENON_CHECK(false, "no operation of sizes: " + to_string(expr));
    }
  }

  std::map<std::string, int64_t> dims_;
  std::map<std::string, uint32_t> numbers_;  // by text
};

class TablesMaker {
 public:
  TablesMaker(const std::vector<HostVariant>& variants, const HostExpressions& expressions)
      : variants_(variants), expressions_(expressions), programs_(expressions.symbols) {}

  Result<CudaTables> run() {
    if (expressions_.symbols.size() > TNC_MOST_DIMS)
      return Failure{"more dimensions than a host part for CUDA takes"};
    for (Expr bytes : expressions_.tensor_bytes)
      tables_.tensor_bytes.push_back(programs_.program(bytes));
    for (Expr requirement : expressions_.requirements)
      tables_.requirements.push_back(programs_.program(requirement));
    for (const HostVariant& variant : variants_)
      if (Status status = add(variant); !status) return status.error();
    tables_.code = std::move(programs_.code);
    tables_.holds = holds();
    if (!programs_.fault.empty()) return Failure{programs_.fault};
    return std::move(tables_);
  }

 private:
  // Rows of one plan, shared by all variants that have the same images' kernels in the same places.
  struct PlanRows {
    uint32_t first_kernel, kernel_count, first_launch, launch_count, arena;
    std::vector<std::vector<std::string>> kernels;  // of each image
  };

  Status add(const HostVariant& variant) {
    Result<const PlanRows*> rows = plan_rows(variant);
    if (!rows) return rows.error();
    const bool is_ptx = variant.architecture.starts_with("compute_");
    const std::string number = variant.architecture.substr(variant.architecture.find('_') + 1);
    tnc_variant row{};
    row.kind = is_ptx ? TNC_PTX : number.back() == 'a' ? TNC_CUBIN_EXACT : TNC_CUBIN;
    row.architecture = static_cast<uint32_t>(std::stoul(number));
    row.least_driver = variant.least_driver;
    row.first_image = static_cast<uint32_t>(tables_.image_places.size());
    row.image_count = static_cast<uint32_t>(variant.images.size());
    row.first_kernel = (*rows)->first_kernel;
    row.kernel_count = (*rows)->kernel_count;
    row.first_launch = (*rows)->first_launch;
    row.launch_count = (*rows)->launch_count;
    row.arena = (*rows)->arena;
    for (const HostImage& image : variant.images) {
      if (is_ptx) row.least_driver = std::max(row.least_driver, least_driver_of_ptx(image.bytes));
      add_image(variant.architecture + "/" + image.name + (is_ptx ? ".ptx" : ".cubin"), image.bytes,
                is_ptx);
    }
    tables_.variants.push_back(row);
    return Done{};
  }

  void add_image(const std::string& name, const std::string& bytes, bool is_ptx) {
    tables_.images.resize((tables_.images.size() + 63) / 64 * 64);
    tables_.image_places.push_back({tables_.images.size(), bytes.size() + (is_ptx ? 1 : 0)});
    tables_.images.insert(tables_.images.end(), bytes.begin(), bytes.end());
    if (is_ptx) tables_.images.push_back(0);
    tables_.image_names.push_back(name);
  }

  Result<const PlanRows*> plan_rows(const HostVariant& variant) {
    std::vector<std::vector<std::string>> kernels;
    for (const HostImage& image : variant.images) kernels.push_back(image.kernels);
    for (const auto& [plan, rows] : plans_)
      if (plan == variant.plan && rows->kernels == kernels) return rows.get();
    auto rows = std::make_unique<PlanRows>();
    rows->kernels = std::move(kernels);
    rows->first_kernel = static_cast<uint32_t>(tables_.kernels.size());
    rows->first_launch = static_cast<uint32_t>(tables_.launches.size());
    std::map<std::string, uint32_t> numbers;
    for (size_t i = 0; i < rows->kernels.size(); ++i)
      for (const std::string& kernel : rows->kernels[i]) {
        numbers[kernel] = static_cast<uint32_t>(tables_.kernels.size()) - rows->first_kernel;
        tables_.kernels.push_back({name(kernel), static_cast<uint32_t>(i), 0, 0});
      }
    for (const Launch& launch : variant.plan->launches) {
      auto number = numbers.find(launch.kernel);
      TENON_CHECK(number != numbers.end(), "no image holds the kernel " + launch.kernel);
      tables_.kernels[rows->first_kernel + number->second].threads =
          static_cast<uint32_t>(launch.threads);
      if (launch.arguments.size() > TNC_MOST_ARGUMENTS)
        return Failure{"the kernel " + launch.kernel + " has " +
                       std::to_string(launch.arguments.size()) + " arguments; a launch takes " +
                       std::to_string(TNC_MOST_ARGUMENTS)};
      add_launch(launch, number->second);
    }
    rows->kernel_count = static_cast<uint32_t>(tables_.kernels.size()) - rows->first_kernel;
    rows->launch_count = static_cast<uint32_t>(tables_.launches.size()) - rows->first_launch;
    rows->arena = programs_.program(variant.plan->arena_bytes);
    if (variant.plan->arena_bytes)
      tables_.buffer_bytes_most =
          std::max(tables_.buffer_bytes_most,
                   static_cast<uint64_t>(expressions_.most(variant.plan->arena_bytes)));
    plans_.emplace_back(variant.plan, std::move(rows));
    return plans_.back().second.get();
  }

  void add_launch(const Launch& launch, uint32_t kernel) {
    tnc_launch row{};
    row.kernel = kernel;
    for (size_t i = 0; i < 3; ++i) row.grid[i] = programs_.program(launch.grid[i]);
    row.first_argument = static_cast<uint32_t>(tables_.arguments.size());
    row.argument_count = static_cast<uint32_t>(launch.arguments.size());
    for (const LaunchArgument& argument : launch.arguments) {
      tnc_argument cell{};
      switch (argument.kind) {
        case ArgumentKind::Arena: cell.kind = TNC_ARENA; break;
        case ArgumentKind::Weights: cell.kind = TNC_WEIGHTS; break;
        case ArgumentKind::Input: cell.kind = TNC_TENSOR; break;
        case ArgumentKind::Output: cell.kind = TNC_TENSOR; break;
        case ArgumentKind::Size: cell.kind = TNC_SIZE; break;
        case ArgumentKind::Status: cell.kind = TNC_STATUS; break;
      }
      if (cell.kind == TNC_TENSOR)
        cell.tensor = static_cast<uint32_t>(argument.index + (argument.kind == ArgumentKind::Output
                                                                  ? expressions_.input_count
                                                                  : 0));
      cell.program = programs_.program(argument.offset);
      tables_.arguments.push_back(cell);
    }
    tables_.launches.push_back(row);
  }

  uint32_t name(const std::string& text) {
    const auto offset = static_cast<uint32_t>(tables_.names.size());
    tables_.names += text + '\0';
    return offset;
  }

  std::string holds() const {
    std::vector<std::string> cubins, ptx;
    for (const HostVariant& variant : variants_)
      (variant.architecture.starts_with("compute_") ? ptx : cubins).push_back(variant.architecture);
    std::string text = join(cubins, ", ");
    if (!ptx.empty()) text += (text.empty() ? "PTX of " : " and PTX of ") + join(ptx, ", ");
    return text;
  }

  const std::vector<HostVariant>& variants_;
  const HostExpressions& expressions_;
  ProgramWriter programs_;
  std::vector<std::pair<const LaunchPlan*, std::unique_ptr<PlanRows>>> plans_;
  CudaTables tables_;
};

}  // namespace

Result<CudaTables> make_host_tables(const std::vector<HostVariant>& variants,
                                    const HostExpressions& expressions) {
  return TablesMaker(variants, expressions).run();
}

// PTX language 9.0 came with CUDA 13.0, 8.0 with 12.0 (8.5 with 12.5, 8.6 with 12.7, 8.7 with 12.8,
// 8.8 with 12.9), 7.0 with 11.0 and 6.3 with 10.0 (NVIDIA, PTX ISA, "Release Notes").
uint32_t least_driver_of_ptx(const std::string& text) {
  const size_t at = text.find(".version ");
  TENON_CHECK(at != std::string::npos, "PTX without its version");
  const int major = text[at + 9] - '0', minor = text[at + 11] - '0';
  if (major >= 9) return static_cast<uint32_t>(13000 + 1000 * (major - 9) + 10 * minor);
  if (major == 8) return static_cast<uint32_t>(12000 + 10 * (minor > 5 ? minor + 1 : minor));
  if (major == 7) return static_cast<uint32_t>(11000 + 10 * minor);
  return 10000;
}

}  // namespace tenon::codegen
