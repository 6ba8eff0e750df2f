#include "decode/avro/text_room.h"

#include <algorithm>
#include <cstring>

namespace loom::decode::avro {
namespace {

constexpr std::size_t kSmallestChunk = std::size_t{16} << 10U;
// What a larger message needed is given back when a much smaller one comes.
constexpr std::size_t kKeptTexts = std::size_t{1} << 20U;

}  // namespace

void TextRoom::add_chunk(std::size_t capacity) {
  chunks_.push_back({std::make_unique_for_overwrite<char[]>(capacity), capacity});
  filled_ = 0;
}

void TextRoom::start() {
  if (chunks_.size() > 1) {
    // The next message is likely to need as much: in one piece, so that it asks for nothing.
    chunks_.clear();
    add_chunk(std::max(total_ * 2, kSmallestChunk));
  } else if (!chunks_.empty() && chunks_[0].capacity > kKeptTexts && total_ < chunks_[0].capacity / 4) {
    chunks_.clear();
  }
  filled_ = 0;
  total_ = 0;
}

std::string_view TextRoom::keep(std::string_view text) {
  if (text.empty()) return {};
  if (chunks_.empty() || chunks_.back().capacity - filled_ < text.size()) {
    add_chunk(std::max({kSmallestChunk, text.size(), total_}));
  }
  char* const place = chunks_.back().bytes.get() + filled_;
  std::memcpy(place, text.data(), text.size());
  filled_ += text.size();
  total_ += text.size();
  return {place, text.size()};
}

}  // namespace loom::decode::avro
