// manifest.json: what it says, and what is read back from it.
#include "codegen/bundle/manifest.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "tests/codegen/bundle/demo_interface.h"

namespace tenon::codegen {
namespace {

using ::testing::HasSubstr;

ManifestDetails details() {
  ManifestDetails details;
  details.inputs.model_files = {{"demo.onnx", std::string(64, '0'), 10}};
  details.files = {{"demo.h", std::string(64, 'a'), 3}, {"libdemo.a", std::string(64, 'b'), 5}};
  details.undefined_symbols = {"memcpy"};
  details.code_bytes = 1234;
  return details;
}

TEST(Manifest, SaysWhatTheBundleIs) {
  BundleInterface demo = demo_interface();
  demo.tensors[0].name = "input.1";
  demo.options = "--target=x86-64-v2";
  const auto manifest = nlohmann::json::parse(write_manifest(demo, details()));
  EXPECT_EQ(manifest["tenon"], "0.1.0");
  EXPECT_EQ(manifest["name"], "demo");
  EXPECT_EQ(manifest["license"], "0BSD");
  EXPECT_EQ(manifest["options"], "--target=x86-64-v2");
  EXPECT_EQ(manifest["model"]["sha256"], std::string(64, '0'));
  EXPECT_EQ(manifest["files"][1]["name"], "libdemo.a");
  EXPECT_EQ(manifest["inputs"][0]["name"], "input.1");
  EXPECT_EQ(manifest["inputs"][0]["identifier"], "x");
  EXPECT_EQ(manifest["inputs"][1]["dtype"], "i64");
  EXPECT_EQ(manifest["outputs"][0]["shape"], (std::vector<std::string>{"batch", "8"}));
  EXPECT_EQ(manifest["dims"][1]["most"], 16);
  EXPECT_EQ(manifest["sizes"]["arena_bytes"], 896);
  EXPECT_EQ(manifest["sizes"]["arena_bytes_per_thread"], 64);
  EXPECT_EQ(manifest["sizes"]["code_bytes"], 1234);
  EXPECT_EQ(manifest["cpu_features"].size(), 0u);
  EXPECT_EQ(manifest["undefined_symbols"][0], "memcpy");
}

TEST(Manifest, ListsSchedulesAndTheirOption) {
  BundleInterface demo = demo_interface();
  demo.options = "--target=x86-64-v2";
  ManifestDetails with_schedule = details();
  with_schedule.inputs.schedule_files = {{"demo.schedule", std::string(64, 'c'), 7}};
  const auto manifest = nlohmann::json::parse(write_manifest(demo, with_schedule));
  EXPECT_EQ(manifest["options"], "--target=x86-64-v2 --schedule=demo.schedule");
  EXPECT_EQ(manifest["schedules"][0]["sha256"], std::string(64, 'c'));
  EXPECT_EQ(nlohmann::json::parse(write_manifest(demo, details()))["schedules"].size(), 0u);
}

TEST(Manifest, ListsTheVariantsOfAGpu) {
  ManifestDetails for_gpu = details();
  for_gpu.gpu = GpuFacts{0x12ab,
                         768,
                         "NVRTC 13.0",
                         {{"sm_90", false, 13000, 5000, 2, {{"demo_scale", 32, 40, 4096, 8}}},
                          {"compute_75", true, 12040, 300, 2, {{"demo_scale", 32}}}}};
  const auto manifest = nlohmann::json::parse(write_manifest(demo_interface(), for_gpu));
  EXPECT_EQ(manifest["abi"], "0x000012ab");
  EXPECT_EQ(manifest["sizes"]["arena_bytes"], 768);
  EXPECT_FALSE(manifest["sizes"].contains("stack_bytes"));
  EXPECT_EQ(manifest["gpu"], nlohmann::json::parse(R"({
      "compiler": "NVRTC 13.0", "least_driver": "12.4", "variants": [
      {"architecture": "sm_90", "kind": "cubin", "least_driver": "13.0", "image_bytes": 5000,
       "launches": 2, "kernels": [{"name": "demo_scale", "threads": 32, "registers": 40,
                                   "shared_bytes": 4096, "spill_bytes": 8}]},
      {"architecture": "compute_75", "kind": "ptx", "least_driver": "12.4", "image_bytes": 300,
       "launches": 2, "kernels": [{"name": "demo_scale", "threads": 32}]}]})"));
  EXPECT_FALSE(nlohmann::json::parse(write_manifest(demo_interface(), details())).contains("gpu"));
}

TEST(Manifest, TableOfKernelsWhereEachTakesTheMost) {
  GpuFacts gpu;
  gpu.variants = {{"sm_80", false, 0, 0, 0, {{"fc1", 256, 40, 4096, 0}, {"out", 32, 20, 0, 8}}},
                  {"sm_90", false, 0, 0, 0, {{"fc1", 256, 48, 4096, 0}, {"out", 32, 24, 0, 0}}},
                  {"compute_80", true, 0, 0, 0, {{"fc1", 256}, {"out", 32}}}};
  EXPECT_EQ(kernel_table(gpu),
            "kernel  threads  registers  shared B  spilled B  most on\n"
            "fc1         256         48      4096          0  sm_90\n"
            "out          32         20         0          8  sm_80\n");
  gpu.variants.erase(gpu.variants.begin(), gpu.variants.begin() + 2);
  EXPECT_EQ(kernel_table(gpu), "");
}

TEST(Manifest, IsReadBack) {
  const FoundManifest found = read_manifest(write_manifest(demo_interface(), details()));
  EXPECT_TRUE(found.is_readable);
  EXPECT_EQ(found.name, "demo");
  ASSERT_EQ(found.files.size(), 2u);
  EXPECT_EQ(found.files[1].name, "libdemo.a");
  EXPECT_EQ(found.files[1].sha256, std::string(64, 'b'));
}

TEST(Manifest, OtherTextsAreNone) {
  for (const char* text :
       {"", "{", "[]", "3", "{}", R"({"tenon": "1", "format": 2, "name": "x", "files": []})",
        R"({"tenon": "1", "format": "1", "name": "x", "files": []})",
        R"({"tenon": "1", "format": 1, "name": 3, "files": []})",
        R"({"tenon": "1", "format": 1, "name": "x", "files": [{"name": 1}]})",
        R"({"name": "a package", "version": "1.0"})"})
    EXPECT_FALSE(read_manifest(text).is_readable) << text;
}

TEST(Manifest, NamesMayBeAnyBytes) {
  BundleInterface demo = demo_interface();
  demo.tensors[0].name = "\xff\"\n";
  EXPECT_THAT(write_manifest(demo, details()), HasSubstr("\xef\xbf\xbd\\\"\\n"));
}

}  // namespace
}  // namespace tenon::codegen
