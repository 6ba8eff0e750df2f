#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

namespace loom::decode {

/// Copies of texts that stay where they are until clear(), however many follow.
/// Threads: one at a time.
/// Bounds:  twice what it was given, and after clear() no more than one block of kKept bytes.
class KeptTexts {
 public:
  std::string_view keep(std::string_view text) {
    if (text.empty()) return {};
    if (room_ < text.size()) grow(text.size());
    char* const to = blocks_.back().bytes.get() + blocks_.back().size - room_;
    std::memcpy(to, text.data(), text.size());
    room_ -= text.size();
    return {to, text.size()};
  }

  void clear() {
    if (blocks_.empty()) return;
    // The largest is kept, so that messages of one size soon take one block.
    if (blocks_.size() > 1) blocks_.erase(blocks_.begin(), blocks_.end() - 1);
    if (blocks_.back().size > kKept) blocks_.clear();
    room_ = blocks_.empty() ? 0 : blocks_.back().size;
  }

 private:
  static constexpr std::size_t kFirst = 4096;
  static constexpr std::size_t kKept = 1'048'576;
  struct Block {
    std::unique_ptr<char[]> bytes;
    std::size_t size;
  };

  void grow(std::size_t wanted) {
    const std::size_t size = std::max(wanted, blocks_.empty() ? kFirst : blocks_.back().size * 2);
    blocks_.push_back({std::make_unique_for_overwrite<char[]>(size), size});
    room_ = size;
  }

  std::vector<Block> blocks_;
  std::size_t room_ = 0;  ///< left in the last block
};

}  // namespace loom::decode
