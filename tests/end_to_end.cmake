# The tests of the built programs from outside: models compiled, linked, called and compared, and models refused.
#
#   ctest --test-dir build -R '^models/'      all models of the catalog that the compiler is promised to take

# tenon_heavy_test(name processors script [argument...]): a script that runs several processes at a time, or long.
function(tenon_heavy_test name processors script)
  tenon_script_test("${name}" "${script}" ${ARGN})
  set_tests_properties("${name}" PROPERTIES PROCESSORS ${processors} TIMEOUT 3000)
endfunction()

foreach(model kws squeezenet1_1 resnet18 mobilenet_v2 bert_mini bert_base_dynamic speech_rnn)
  tenon_heavy_test("models/${model}" 1 tools/check_model.py "${model}")
endforeach()
tenon_heavy_test(models/digits 1 tools/check_model.py "${PROJECT_SOURCE_DIR}/examples/digits/digits.onnx")
# Each instruction set on a convolutional and a dynamic model; skipped where this processor lacks it.
foreach(target x86-64-v2 x86-64-v3 x86-64-v4)
  tenon_heavy_test("models/${target}" 1 tools/check_model.py kws bert_mini -- --target "${target}")
  set_tests_properties("models/${target}" PROPERTIES SKIP_RETURN_CODE 77)
endforeach()
# Kernels for CUDA, launched by the host part over the emulated driver: neither a GPU nor NVRTC is needed.
foreach(model kws squeezenet1_1 resnet18 mobilenet_v2 bert_mini speech_rnn)
  tenon_heavy_test("cuda/${model}" 1 tools/check_model.py "${model}" -- --backend=cuda-emulator)
endforeach()
tenon_heavy_test(cuda/digits 1 tools/check_model.py "${PROJECT_SOURCE_DIR}/examples/digits/digits.onnx"
  -- --backend=cuda-emulator)
# What NVRTC makes of all kernels: no spills, no local memory.
tenon_heavy_test(cuda/registers 2 tools/check_kernels.py kws squeezenet1_1 mobilenet_v2 resnet18 bert_mini speech_rnn
  "${PROJECT_SOURCE_DIR}/examples/digits/digits.onnx")
set_tests_properties(cuda/registers PROPERTIES SKIP_RETURN_CODE 77)
# The script for real GPUs: tried on the emulator, and run where there is a GPU.
tenon_heavy_test(gpu/script 1 gpu/measure.py --backend cuda-emulator --seconds 0.1
  --output "${PROJECT_BINARY_DIR}/gpu_emulated.md" digits)
tenon_heavy_test(gpu/models 2 gpu/measure.py --output "${PROJECT_BINARY_DIR}/gpu.md" digits kws resnet18)
set_tests_properties(gpu/models PROPERTIES SKIP_RETURN_CODE 77)
tenon_heavy_test(arena 1 tools/check_arena.py)
tenon_heavy_test(bundle 2 bundle/run.py)
tenon_heavy_test(bundle_arm 2 bundle/arm.py)
tenon_heavy_test(bundle_source 2 bundle/source.py)
tenon_heavy_test(backend_suite 2 tools/backend_suite.py)
tenon_heavy_test(random_graphs 2 tools/random_graphs.py --count 40)
tenon_heavy_test(bad_models 1 tools/run_bad_models.py)
# With the sanitizers, where test.sh has built them: what a damaged file must never do is easiest seen there.
tenon_heavy_test(mutations 2 tools/mutate.py --count 500 --tenon "${PROJECT_SOURCE_DIR}/build-debug/tenon")
