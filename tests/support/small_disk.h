#pragma once

#include <string>

namespace loom::testing {

/// A file system of a few megabytes in memory that can be full, and made larger while it is in use.
/// Owns: the mount and its folder.  Fails: never throws; where mounting is not allowed (not root, a container without
/// that right), reason() says so and there is no disk.
class SmallDisk {
 public:
  /// `user`: whom its folder belongs to; "" for whoever runs the test.
  SmallDisk(const std::string& user, int megabytes);
  ~SmallDisk();
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }
  /// Why there is none; "" when there is.
  [[nodiscard]] const std::string& reason() const { return reason_; }
  void grow(int megabytes);

 private:
  void mount_with(int megabytes, unsigned long flags);

  std::string path_;
  std::string owner_;
  std::string reason_;
};

}  // namespace loom::testing
