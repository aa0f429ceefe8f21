// One module scheduled for a GPU, in the backends that run it without one: machine code of its loops
// in order, and its kernels' text in the emulator.
//
//   difference_on(in_emulator({0, 5}), lower_case(c, cuda), c)   ->   "" or what differs
#pragma once

#include "driver/cuda_runner.h"
#include "target/operations.h"
#include "tests/driver/model_cases.h"

namespace tenon::driver {

/// Bound loops run in order, as machine code for a processor.
inline Backend in_order(const target::Target& host) {
  return [host](LoweredModel lowered) -> Run {
    loop::Module& module = lowered.program.module;
    LegalOperations legal(target::operations_of(host));
    for (loop::Function& function : module.functions)
      function = loop::legalize(loop::serialize_bound_loops(function, *module.pool), legal);
    return as_machine_code(host, 1)(std::move(lowered));
  };
}

/// The kernels' text and the launches, in each of these orders of threads and blocks (emulator.h).
inline Backend in_emulator(const std::vector<uint64_t>& orders) {
  return [orders](LoweredModel lowered) -> Run {
    Diagnostics diagnostics;
    BuildRequest request;
    request.name = "model";
    auto built = std::make_shared<BuiltModel>(describe_model(
        std::move(lowered), target::cuda_target(), request, diagnostics, no_progress));
    auto cuda = std::make_shared<CudaCode>(
        build_cuda(*built, target::default_gpu_architectures(), CudaImages::kEmulated,
                   target::find_target("x86-64-v2").value(), no_progress));
    auto runner = std::make_shared<CudaRunner>(*built, *cuda, CudaDevice::kEmulated);
    return [built, cuda, runner, orders](const Arrays& inputs) {
      std::vector<Arrays> outputs;
      runner->prepare(inputs);
      for (uint64_t order : orders) {
        runner->set_thread_order(order);
        runner->call();
        outputs.push_back(runner->outputs());
      }
      return outputs;
    };
  };
}

/// The interpreter's bits in the backend, for each case.
template <class Case>
void expect_same_bits(const std::vector<Case>& cases, const Backend& backend) {
  for_each_case(cases, [&](const Case& each) {
    ModelCase c = model_case(each);
    EXPECT_EQ(difference_on(backend, lower_case(c, target::cuda_target()), c), "") << c.name;
  });
}

}  // namespace tenon::driver
