// Writing a bundle's folder: all or nothing, and never over what is not the bundle's own.
#include "codegen/bundle/folder.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <set>

#include "support/diagnostics.h"
#include "support/sha256.h"
#include "tests/codegen/bundle/build_demo.h"
#include "tests/codegen/bundle/demo_interface.h"

namespace tenon::codegen {
namespace {

using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

std::set<std::string> names_in(const std::string& folder) {
  std::set<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    names.insert(entry.path().filename().string());
  return names;
}

class Folder : public ::testing::Test {
 protected:
  std::string out() const { return parent_ / "out"; }
  FolderRequest request() const { return {out(), "demo", {}, false}; }

  // Writes each file with its own name and `text` in it.
  void write_all(const FolderRequest& request, const std::vector<std::string>& files,
                 const std::string& text = "") {
    BundleInterface interface = demo_interface();
    interface.name = request.name;
    BundleFolder folder(request, files);
    for (const std::string& file : files) folder.write(file, file + text);
    folder.commit(interface, {});
  }

  std::string refusal(const FolderRequest& request, const std::vector<std::string>& files) {
    try {
      write_all(request, files);
    } catch (const UserErrors& errors) {
      return errors.what();
    }
    return "no refusal";
  }

  TemporaryFolder parent_;
};

TEST_F(Folder, IsMadeAndListed) {
  write_all(request(), {"libdemo.a", "demo.h"});
  EXPECT_THAT(names_in(out()), UnorderedElementsAre("libdemo.a", "demo.h", "manifest.json"));
  EXPECT_EQ(read_file(out() + "/demo.h"), "demo.h");
  const FoundManifest manifest = read_manifest(read_file(out() + "/manifest.json"));
  ASSERT_TRUE(manifest.is_readable);
  EXPECT_EQ(manifest.name, "demo");
  ASSERT_EQ(manifest.files.size(), 2u);
  EXPECT_EQ(manifest.files[0].name, "demo.h");
  const std::string text = "demo.h";
  EXPECT_EQ(manifest.files[0].sha256,
            sha256_hex(std::span(reinterpret_cast<const uint8_t*>(text.data()), text.size())));
}

TEST_F(Folder, WhatIsNotCommittedLeavesNothing) {
  {
    BundleFolder folder(request(), {"libdemo.a", "demo.h"});
    folder.write("libdemo.a", "half");
    EXPECT_EQ(names_in(out()).size(), 1u);
  }
  EXPECT_FALSE(std::filesystem::exists(out()));
  std::filesystem::create_directory(out());
  { BundleFolder folder(request(), {"demo.h"}); }
  EXPECT_TRUE(std::filesystem::exists(out())) << "it was there before";
}

TEST_F(Folder, FoldersBelowItAreMadeAndGo) {
  {
    BundleFolder folder(request(), {"images/sm_80/one.cubin", "images/sm_90/one.cubin", "demo.h"});
  }
  EXPECT_FALSE(std::filesystem::exists(out()));
  write_all(request(), {"images/sm_80/one.cubin", "images/sm_90/one.cubin"});
  EXPECT_EQ(read_file(out() + "/images/sm_90/one.cubin"), "images/sm_90/one.cubin");
  write_all(request(), {"images/sm_80/one.cubin"});
  EXPECT_THAT(names_in(out() + "/images"), UnorderedElementsAre("sm_80"));
  write_file(out() + "/images/mine", "");
  write_all(request(), {"demo.h"});
  EXPECT_THAT(names_in(out() + "/images"), UnorderedElementsAre("mine"));
}

TEST_F(Folder, OwnFilesAreReplaced) {
  write_all(request(), {"libdemo.a", "demo.h"});
  write_all(request(), {"libdemo.a", "demo.h"}, " again");
  EXPECT_EQ(read_file(out() + "/demo.h"), "demo.h again");
}

TEST_F(Folder, FilesOfTheFormerBuildGo) {
  write_all(request(), {"libdemo.a", "demo_weights.bin", "demo.hpp"});
  write_file(out() + "/demo.hpp", "edited");
  write_all(request(), {"libdemo.a"});
  EXPECT_THAT(names_in(out()), UnorderedElementsAre("libdemo.a", "demo.hpp", "manifest.json"))
      << "but not one that was edited";
}

TEST_F(Folder, AnotherBundleIsRefused) {
  write_all(request(), {"demo.h"});
  FolderRequest other = request();
  other.name = "other";
  for (bool force : {false, true}) {
    other.force = force;
    const std::string text = refusal(other, {"other.h"});
    EXPECT_THAT(text, HasSubstr("holds the bundle \"demo\"; a folder holds one"));
    EXPECT_THAT(text, HasSubstr("-o " + out() + "_2"));
  }
  EXPECT_THAT(names_in(out()), UnorderedElementsAre("demo.h", "manifest.json"));
}

TEST_F(Folder, ForeignAndChangedFilesAreRefused) {
  std::filesystem::create_directory(out());
  write_file(out() + "/demo.h", "mine");
  EXPECT_THAT(refusal(request(), {"demo.h"}), HasSubstr("belongs to no bundle"));
  EXPECT_THAT(names_in(out()), UnorderedElementsAre("demo.h"));
  FolderRequest forced = request();
  forced.force = true;
  write_all(forced, {"demo.h"});
  EXPECT_EQ(read_file(out() + "/demo.h"), "demo.h");
  write_file(out() + "/demo.h", "changed");
  EXPECT_THAT(refusal(request(), {"demo.h"}), HasSubstr("was changed since tenon wrote it"));
  EXPECT_EQ(read_file(out() + "/demo.h"), "changed");
  write_file(out() + "/manifest.json", "[1, 2");
  EXPECT_THAT(refusal(request(), {"other.h"}), HasSubstr("was not written by tenon"));
}

TEST_F(Folder, TheModelIsNeverOverwritten) {
  std::filesystem::create_directory(out());
  write_file(out() + "/demo.h", "a model with an odd name");
  std::filesystem::create_symlink("demo.h", out() + "/link.onnx");
  FolderRequest forced = request();
  forced.force = true;
  forced.model_files = {out() + "/link.onnx"};
  EXPECT_THAT(refusal(forced, {"demo.h"}), HasSubstr("the model is read from this file"));
  EXPECT_EQ(read_file(out() + "/demo.h"), "a model with an odd name");
}

// Which files hold the model's tensors is known only once it was read.
TEST_F(Folder, FilesOfTheModelAreProtectedWhenTheyAreKnown) {
  std::filesystem::create_directory(out());
  write_file(out() + "/demo_weights.bin", "tensors of the model");
  FolderRequest forced = request();
  forced.force = true;
  {
    BundleFolder folder(forced, {"demo_weights.bin"});
    folder.protect({out() + "/other.bin"});
    EXPECT_THROW(folder.protect({out() + "/../out/demo_weights.bin"}), UserErrors);
  }
  EXPECT_THAT(names_in(out()), UnorderedElementsAre("demo_weights.bin"));
  EXPECT_EQ(read_file(out() + "/demo_weights.bin"), "tensors of the model");
}

TEST_F(Folder, FilesOfTheModelStayWhenTheFormerBuildHadThem) {
  write_all(request(), {"libdemo.a", "demo_weights.bin"});
  BundleInterface interface = demo_interface();
  BundleFolder folder(request(), {"libdemo.a"});
  folder.protect({out() + "/demo_weights.bin"});
  folder.write("libdemo.a", "");
  folder.commit(interface, {});
  EXPECT_THAT(names_in(out()),
              UnorderedElementsAre("libdemo.a", "demo_weights.bin", "manifest.json"));
}

TEST_F(Folder, APathThatIsNoFolder) {
  write_file(out(), "");
  EXPECT_THAT(refusal(request(), {"demo.h"}),
              HasSubstr("is a file; a bundle is written into a folder"));
  FolderRequest below = request();
  below.path = out() + "/deeper";
  EXPECT_THAT(refusal(below, {"demo.h"}), HasSubstr("the folder cannot be made"));
}

TEST_F(Folder, AFullDiskIsAnError) {
  std::filesystem::create_directory(out());
  BundleFolder folder(request(), {"demo.h"});
  std::filesystem::create_symlink("/dev/full", folder.temporary_path("demo.h"));
  try {
    folder.write("demo.h", std::string(100000, 'x'));
    FAIL() << "nothing was thrown";
  } catch (const UserErrors& errors) {
    EXPECT_THAT(errors.what(), HasSubstr("cannot be written: No space left on device"));
  }
}

}  // namespace
}  // namespace tenon::codegen
