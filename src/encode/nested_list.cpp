#include "encode/nested_list.h"

#include <algorithm>

namespace loom::encode {
namespace {

class Reader {
 public:
  Reader(decode::JsonWalk& walk, std::vector<decode::Value>& leaves) : walk_(walk), leaves_(leaves) {}

  /// A list, `depth` levels below the outermost one. The depth of this recursion is at most kMaxDimensions.
  bool list(std::size_t depth) {
    if (depth == kMaxDimensions) return false;
    std::uint32_t size = 0;
    const auto element = [&] { return ++size, walk_.peek() == '[' ? list(depth + 1) : leaf(depth + 1); };
    if (!walk_.elements(element)) return false;
    deepest_ = std::max(deepest_, depth + 1);
    if (sizes_[depth] == kUnknown) sizes_[depth] = size;
    return sizes_[depth] == size;
  }

  /// Whether every value is in the innermost level, and there is one at all.
  bool finish(Dimensions& dimensions) const {
    dimensions = {};
    if (leaves_.empty()) return true;
    if (leaf_depth_ != deepest_) return false;
    dimensions.count = deepest_;
    std::copy_n(sizes_.begin(), deepest_, dimensions.sizes.begin());
    return true;
  }

 private:
  static constexpr std::uint32_t kUnknown = 0xFFFF'FFFFU;

  bool leaf(std::size_t depth) {
    if (leaf_depth_ == 0) leaf_depth_ = depth;
    return leaf_depth_ == depth && walk_.value(leaves_.emplace_back());
  }

  decode::JsonWalk& walk_;
  std::vector<decode::Value>& leaves_;
  std::array<std::uint32_t, kMaxDimensions> sizes_{kUnknown, kUnknown, kUnknown, kUnknown, kUnknown, kUnknown};
  std::size_t deepest_ = 0;
  std::size_t leaf_depth_ = 0;
};

}  // namespace

bool read_nested_list(std::string_view json, decode::JsonWalk& walk, std::vector<decode::Value>& leaves,
                      Dimensions& dimensions) {
  leaves.clear();
  if (!walk.open(json) || walk.peek() != '[') return false;
  Reader reader(walk, leaves);
  return reader.list(0) && walk.at_end() && reader.finish(dimensions);
}

}  // namespace loom::encode
