// folder.cpp: writes a bundle's files into a folder, all or none.
//
//   out/ (absent)  +  libmlp.a, mlp.h, manifest.json
//     ->  out/.tenon-4711-mlp.h, ...  ->  renamed together: out/mlp.h, ...
#include "codegen/bundle/folder.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <memory>

#include <fmt/format.h>
#include <llvm/Support/MemoryBuffer.h>
#include <llvm/Support/Signals.h>

#include "support/check.h"
#include "support/diagnostics.h"

namespace tenon::codegen {
namespace {

namespace fs = std::filesystem;

constexpr const char* kManifest = "manifest.json";

[[noreturn]] void refuse(const std::string& path, const std::string& message,
                         const std::string& help = "") {
  user_error({path, ""}, message, help);
}

std::unique_ptr<llvm::MemoryBuffer> read(const std::string& path) {
  auto buffer = llvm::MemoryBuffer::getFile(path, /*IsText=*/false,
                                            /*RequiresNullTerminator=*/false);
  if (!buffer) refuse(path, "cannot be read: " + buffer.getError().message());
  return std::move(*buffer);
}

bool exists(const std::string& path) {
  std::error_code error;
  return fs::symlink_status(path, error).type() != fs::file_type::not_found;
}

// "out" -> "out_2", or the first after it that does not exist.
std::string free_folder(const std::string& path) {
  std::string base = path;
  while (base.size() > 1 && base.back() == '/') base.pop_back();
  for (int number = 2;; ++number) {
    const std::string candidate = fmt::format("{}_{}", base, number);
    if (!exists(candidate)) return candidate;
  }
}

}  // namespace

BundleFolder::BundleFolder(FolderRequest request, const std::vector<std::string>& file_names)
    : request_(std::move(request)), file_names_(file_names) {
  file_names_.push_back(kManifest);
  std::sort(file_names_.begin(), file_names_.end());
  check_folder();
  for (const std::string& file_name : file_names_) check_overwriting(file_name);
  std::error_code error;
  has_made_folder_ = fs::create_directories(request_.path, error);
  if (error) refuse(request_.path, "the folder cannot be made: " + error.message());
  for (const std::string& file_name : file_names_) {
    make_parents(file_name);
    llvm::sys::RemoveFileOnSignal(temporary_path(file_name));
  }
}

BundleFolder::~BundleFolder() {
  for (const std::string& file_name : file_names_) {
    llvm::sys::DontRemoveFileOnSignal(temporary_path(file_name));
    std::error_code ignored;  // renamed, or never written
    fs::remove(temporary_path(file_name), ignored);
  }
  while (!intermediates_.empty()) remove_intermediate(std::string(intermediates_.back()));
  if (is_committed_) return;
  std::error_code ignored;  // someone else may have put a file there
  for (size_t i = made_folders_.size(); i > 0; --i) fs::remove(made_folders_[i - 1], ignored);
  if (has_made_folder_) {
    fs::remove(request_.path, ignored);
  }
}

// The folders above a file, outermost first.
void BundleFolder::make_parents(const std::string& file_name) {
  fs::path folder;
  const fs::path parent = fs::path(file_name).parent_path();
  for (const fs::path& part : parent) {
    folder /= part;
    const std::string path = final_path(folder);
    std::error_code error;
    if (fs::create_directory(path, error)) made_folders_.push_back(path);
    if (error) refuse(path, "the folder cannot be made: " + error.message());
  }
}

std::string BundleFolder::final_path(const std::string& file_name) const {
  return (fs::path(request_.path) / file_name).string();
}

std::string BundleFolder::temporary_path(const std::string& file_name) const {
  const fs::path name(file_name);  // perhaps below a folder of the bundle's: kernels/fc1.cpp
  return final_path(name.parent_path() /
                    fmt::format(".tenon-{}-{}", getpid(), name.filename().string()));
}

void BundleFolder::check_folder() {
  if (exists(request_.path) && !fs::is_directory(request_.path))
    refuse(request_.path, "is a file; a bundle is written into a folder");
  const std::string manifest = final_path(kManifest);
  if (!exists(manifest)) return;
  found_ = read_manifest(read(manifest)->getBuffer().str());
  if (found_.is_readable && found_.name != request_.name)
    refuse(request_.path, fmt::format("holds the bundle \"{}\"; a folder holds one", found_.name),
           fmt::format("write \"{}\" to another folder: -o {}", request_.name,
                       free_folder(request_.path)));
}

void BundleFolder::protect(const std::vector<std::string>& model_files) {
  request_.model_files.insert(request_.model_files.end(), model_files.begin(), model_files.end());
  for (const std::string& file_name : file_names_) check_model_files(file_name);
}

void BundleFolder::check_model_files(const std::string& file_name) const {
  const std::string path = final_path(file_name);
  for (const std::string& model_file : request_.model_files) {
    std::error_code ignored;  // one of the two is not there
    if (fs::equivalent(path, model_file, ignored))
      refuse(path, "the model is read from this file; it is not overwritten",
             fmt::format("write the bundle to another folder: -o {}", free_folder(request_.path)));
  }
}

void BundleFolder::check_overwriting(const std::string& file_name) const {
  const std::string path = final_path(file_name);
  if (!exists(path)) return;
  check_model_files(file_name);
  if (fs::is_directory(path)) refuse(path, "is a folder where the bundle has a file");
  if (request_.force) return;
  const std::string help = "give another folder, or --force to overwrite it";
  if (file_name == kManifest) {
    if (!found_.is_readable) refuse(path, "was not written by tenon", help);
    return;
  }
  for (const ManifestFile& listed : found_.files) {
    if (listed.name != file_name) continue;
    if (listed.is_edited) refuse(path, "was edited and packed since tenon wrote it", help);
    if (describe_file(file_name, path).sha256 == listed.sha256) return;
    refuse(path, "was changed since tenon wrote it", help);
  }
  refuse(path, "is there already and belongs to no bundle", help);
}

std::string BundleFolder::intermediate_path(const std::string& file_name) {
  intermediates_.push_back(final_path(fmt::format(".tenon-{}-part-{}", getpid(), file_name)));
  llvm::sys::RemoveFileOnSignal(intermediates_.back());
  return intermediates_.back();
}

void BundleFolder::remove_intermediate(const std::string& path) {
  llvm::sys::DontRemoveFileOnSignal(path);
  std::error_code ignored;  // never written
  fs::remove(path, ignored);
  intermediates_.erase(std::remove(intermediates_.begin(), intermediates_.end(), path),
                       intermediates_.end());
}

void BundleFolder::write(const std::string& file_name, llvm::StringRef bytes) {
  write(file_name, [&](llvm::raw_pwrite_stream& out) { out << bytes; });
}

void BundleFolder::write(const std::string& file_name, const FileWriter& writer) {
  TENON_CHECK(std::count(file_names_.begin(), file_names_.end(), file_name) == 1,
              file_name + " was not announced");
  write_path(temporary_path(file_name), writer);
}

void BundleFolder::write_path(const std::string& path, const FileWriter& writer) {
  std::error_code error;
  llvm::raw_fd_ostream out(path, error);
  if (error) refuse(path, "cannot be written: " + error.message());
  writer(out);
  out.close();
  if (out.has_error()) {
    const std::string reason = out.error().message();
    out.clear_error();
    refuse(path, "cannot be written: " + reason);
  }
}

void BundleFolder::remove_stale_files() const {
  for (const ManifestFile& old : found_.files) {
    const fs::path name(old.name);
    const bool is_inside = name.is_relative() && name.lexically_normal() == name &&
                           (name.begin() == name.end() || *name.begin() != "..");
    if (!is_inside || std::count(file_names_.begin(), file_names_.end(), old.name)) continue;
    const std::string path = final_path(old.name);
    std::error_code ignored;
    if (!fs::is_regular_file(path, ignored)) continue;
    const bool is_model =
        std::any_of(request_.model_files.begin(), request_.model_files.end(),
                    [&](const std::string& model) { return fs::equivalent(path, model, ignored); });
    if (is_model || old.is_edited || describe_file(old.name, path).sha256 != old.sha256) continue;
    fs::remove(path, ignored);
    for (fs::path folder = name.parent_path(); !folder.empty(); folder = folder.parent_path())
      if (fs::is_symlink(final_path(folder), ignored) || !fs::remove(final_path(folder), ignored))
        break;  // it holds something else
  }
}

std::vector<ManifestFile> BundleFolder::commit(const BundleInterface& interface,
                                               ManifestDetails details) {
  details.files.clear();
  for (const std::string& file_name : file_names_)
    if (file_name != kManifest)
      details.files.push_back(describe_file(file_name, temporary_path(file_name)));
  write(kManifest, write_manifest(interface, details));
  // The manifest last: while it is missing or old, the files are as no manifest lists them.
  std::vector<std::string> in_order = file_names_;
  std::stable_partition(in_order.begin(), in_order.end(),
                        [](const std::string& file_name) { return file_name != kManifest; });
  for (const std::string& file_name : in_order) {
    std::error_code error;
    fs::rename(temporary_path(file_name), final_path(file_name), error);
    if (error) refuse(final_path(file_name), "cannot be written: " + error.message());
    is_committed_ = true;
  }
  remove_stale_files();
  return details.files;
}

}  // namespace tenon::codegen
