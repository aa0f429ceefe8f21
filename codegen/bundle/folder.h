// folder.h: writes a bundle's files into a folder, all or none.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include <llvm/Support/raw_ostream.h>

#include "codegen/bundle/interface.h"
#include "codegen/bundle/manifest.h"

namespace tenon::codegen {

/// What a user asked for.
struct FolderRequest {
  std::string path;                      // made where it is missing
  std::string name;                      // of the bundle
  std::vector<std::string> model_files;  // paths that the model is read from: never overwritten
  bool force = false;                    // overwrite files that are not the bundle's own
};

using FileWriter = std::function<void(llvm::raw_pwrite_stream&)>;

/// Files are written beside their places under temporary names and renamed together by commit.
/// What is not committed leaves nothing behind, also after a signal. All faults are the user's
/// (support/diagnostics.h) and thrown: a path that is no folder, a folder of another bundle, a file
/// that would be overwritten but is not as the folder's manifest lists it, a full disk.
class BundleFolder {
 public:
  /// Checks that `file_names`, and manifest.json, may be written; a name may have folders before
  /// it, which are made.
  BundleFolder(FolderRequest request, const std::vector<std::string>& file_names);
  ~BundleFolder();
  BundleFolder(const BundleFolder&) = delete;
  BundleFolder& operator=(const BundleFolder&) = delete;

  /// Adds files that the model is read from, which are known once it was read, and checks that
  /// none of them would be overwritten.
  void protect(const std::vector<std::string>& model_files);

  /// Writes one of the files, from bytes or piece by piece.
  void write(const std::string& file_name, llvm::StringRef bytes);
  void write(const std::string& file_name, const FileWriter& writer);

  /// The temporary path of one of the files, for what writes files itself. It need not exist yet.
  std::string temporary_path(const std::string& file_name) const;

  /// A path for a file that is needed on the way and removed at the latest with this object.
  std::string intermediate_path(const std::string& file_name);
  void remove_intermediate(const std::string& path);

  /// Writes a file at one of these paths.
  void write_path(const std::string& path, const FileWriter& writer);

  /// Renames everything into place, with the manifest of `interface` and `details`, whose list of
  /// files is made here and returned; removes files of the folder's former manifest that are no
  /// longer part of the bundle and unchanged.
  std::vector<ManifestFile> commit(const BundleInterface& interface, ManifestDetails details);

 private:
  std::string final_path(const std::string& file_name) const;
  void check_folder();
  void check_overwriting(const std::string& file_name) const;
  void check_model_files(const std::string& file_name) const;
  void make_parents(const std::string& file_name);
  void remove_stale_files() const;

  FolderRequest request_;
  std::vector<std::string> file_names_;     // sorted
  std::vector<std::string> intermediates_;  // paths
  FoundManifest found_;
  bool has_made_folder_ = false;
  std::vector<std::string> made_folders_;  // below it
  bool is_committed_ = false;
};

}  // namespace tenon::codegen
