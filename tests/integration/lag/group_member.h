#pragma once

#include <memory>
#include <string>

namespace loom::testing {

/// A member of a consumer group that owns partitions and commits nothing: a consumer that hangs in its work.
/// Threads: one of its own, which keeps it in the group.  Blocks: the constructor, until it owns `topic`'s partitions.
/// Fails:   std::runtime_error.
class GroupMember {
 public:
  GroupMember(const std::string& bootstrap, const std::string& group, const std::string& topic);
  /// Leaves the group.
  ~GroupMember();
  GroupMember(const GroupMember&) = delete;
  GroupMember& operator=(const GroupMember&) = delete;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace loom::testing
