// Files beside a model: opened with openat2, which refuses to leave the folder by .., absolute
// paths or links, and mapped read-only. (RESOLVE_BENEATH and RESOLVE_NO_SYMLINKS: openat2(2),
// Linux 5.6.)
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "frontend/tensor_bytes.h"

namespace tenon::frontend {
namespace {

class FileDescriptor {
 public:
  explicit FileDescriptor(int fd) : fd_(fd) {}
  ~FileDescriptor() {
    if (fd_ >= 0) close(fd_);
  }
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

int open_beneath(int folder, const std::string& location) {
  open_how how{};
  how.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  return static_cast<int>(syscall(SYS_openat2, folder, location.c_str(), &how, sizeof how));
}

}  // namespace

ExternalData::~ExternalData() {
  for (auto& [location, mapping] : mappings_)
    if (mapping.address) munmap(mapping.address, mapping.bytes);
}

Result<std::span<const uint8_t>> ExternalData::open(const std::string& location) {
  if (location.empty()) return Failure{"its external location is empty"};
  if (location.find('\0') != std::string::npos)
    return Failure{"its external location holds a zero byte"};
  auto known = mappings_.find(location);
  if (known == mappings_.end()) {
    FileDescriptor folder(::open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (folder.get() < 0)
      return Failure{"the model's folder cannot be opened: " + std::string(std::strerror(errno))};
    FileDescriptor file(open_beneath(folder.get(), location));
    std::string quoted_location = tenon::quoted(location);
    if (file.get() < 0 && (errno == EXDEV || errno == ELOOP))
      return Failure{"its external data " + quoted_location +
                     " lead out of the model's folder, or through a link"};
    if (file.get() < 0)
      return Failure{"its external data " + quoted_location +
                     " cannot be opened: " + std::strerror(errno)};
    struct stat status;
    if (fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode))
      return Failure{"its external data " + quoted_location + " are no regular file"};
    if (status.st_nlink > 1)
      return Failure{"its external data " + quoted_location +
                     " are a hard link to a file elsewhere"};
    Mapping mapping{nullptr, static_cast<size_t>(status.st_size)};
    if (mapping.bytes > 0) {
      mapping.address = mmap(nullptr, mapping.bytes, PROT_READ, MAP_PRIVATE, file.get(), 0);
      if (mapping.address == MAP_FAILED)
        return Failure{"its external data " + quoted_location +
                       " cannot be mapped: " + std::strerror(errno)};
    }
    known = mappings_.emplace(location, mapping).first;
  }
  return std::span(static_cast<const uint8_t*>(known->second.address), known->second.bytes);
}

std::vector<std::string> ExternalData::paths() const {
  std::vector<std::string> paths;
  for (const auto& [location, mapping] : mappings_) paths.push_back(folder_ + "/" + location);
  return paths;
}

}  // namespace tenon::frontend
