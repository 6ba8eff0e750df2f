#include "support/small_disk.h"

#include <pwd.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

namespace loom::testing {

SmallDisk::SmallDisk(const std::string& user, int megabytes) {
  path_ = (std::filesystem::temp_directory_path() / "loom-disk-XXXXXX").string();
  if (mkdtemp(path_.data()) == nullptr) {
    reason_ = std::strerror(errno);
    return;
  }
  if (const passwd* owner = user.empty() ? nullptr : getpwnam(user.c_str()); owner != nullptr) {
    owner_ = ",uid=" + std::to_string(owner->pw_uid) + ",gid=" + std::to_string(owner->pw_gid);
  }
  mount_with(megabytes, 0);
}

SmallDisk::~SmallDisk() {
  // Lazily: whoever still has a file open there keeps it to the end.
  if (reason_.empty()) umount2(path_.c_str(), MNT_DETACH);
  rmdir(path_.c_str());
}

void SmallDisk::grow(int megabytes) { mount_with(megabytes, MS_REMOUNT); }

void SmallDisk::mount_with(int megabytes, unsigned long flags) {
  const std::string options = "mode=0700,size=" + std::to_string(megabytes) + "m" + owner_;
  if (mount("tmpfs", path_.c_str(), "tmpfs", flags, options.c_str()) != 0) reason_ = std::strerror(errno);
}

}  // namespace loom::testing
