#include "base/record_marks.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "base/message.h"

namespace loom {

namespace {

constexpr std::size_t kNumbersEach = 3;
/// In all, and of them the newest, which stay one and all.
constexpr std::size_t kSeamsMost = 20;
constexpr std::size_t kSeamsRecent = 10;

uLong add_field(uLong sum, std::string_view bytes, bool there) {
  std::array<Bytef, sizeof(std::uint64_t)> length{};
  // A field that is not there differs from an empty one.
  std::uint64_t rest = there ? bytes.size() + 1 : 0;
  for (auto& byte : length) {
    byte = static_cast<Bytef>(rest & 0xffU);
    rest >>= 8U;
  }
  sum = crc32_z(sum, length.data(), length.size());
  return crc32_z(sum, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size());
}

void append(const RecordMark& mark, std::vector<std::int64_t>& numbers) {
  numbers.insert(numbers.end(), {mark.offset, mark.timestamp_ms, mark.checksum});
}

}  // namespace

RecordMark RecordMark::of(const Message& message) {
  const uLong sum =
      add_field(add_field(crc32_z(0, nullptr, 0), message.key, message.has_key), message.value, message.has_value);
  return {.offset = message.offset, .timestamp_ms = message.timestamp_ms, .checksum = static_cast<std::int64_t>(sum)};
}

bool RecordMark::fits(const Message& message) const {
  if (message.offset != offset || message.timestamp_ms != timestamp_ms) return false;
  return checksum == kUnknown || of(message).checksum == checksum;
}

void RecordMarks::add(const RecordMark& first, const RecordMark& last, std::int32_t leader_epoch) {
  seams_.push_back({.before = newest_is_last_ ? newest_ : first, .after = first});
  newest_ = last;
  leader_epoch_ = leader_epoch;
  newest_is_last_ = true;
  thin_out();
}

/// The seam goes that leaves the smallest hole, as seen from the newest record.
void RecordMarks::thin_out() {
  if (seams_.size() <= kSeamsMost) return;
  const auto distance = [this](std::size_t seam) {
    return static_cast<double>(newest_.offset - seams_[seam].after.offset + 1);
  };
  std::size_t least = 1;
  double smallest = 0;
  for (std::size_t i = 1; i + kSeamsRecent < seams_.size(); ++i) {
    const double hole = distance(i - 1) / distance(i + 1);
    if (i == 1 || hole < smallest) {
      smallest = hole;
      least = i;
    }
  }
  seams_.erase(seams_.begin() + static_cast<std::ptrdiff_t>(least));
}

RecordMark RecordMarks::last_before(std::int64_t offset) const {
  if (newest_.offset < offset) return newest_;
  for (auto seam = seams_.rbegin(); seam != seams_.rend(); ++seam) {
    if (seam->after.offset < offset) return seam->after;
    if (seam->before.offset < offset) return seam->before;
  }
  return {};
}

void RecordMarks::forget_from(std::int64_t offset) {
  if (newest_.offset < offset) return;
  newest_ = last_before(offset);
  leader_epoch_ = -1;
  // At a seam the record before it is known.
  newest_is_last_ = std::any_of(seams_.begin(), seams_.end(), [&](const Seam& seam) {
    return seam.before == newest_ && seam.before != seam.after && seam.after.offset >= offset;
  });
  while (!seams_.empty() && seams_.back().after.offset >= offset) seams_.pop_back();
}

void RecordMarks::forget(const RecordMark& mark) {
  if (newest_ == mark) {
    newest_ = last_before(mark.offset);
    leader_epoch_ = -1;
    newest_is_last_ = false;
  }
  std::erase_if(seams_, [&](const Seam& seam) { return seam.before == mark || seam.after == mark; });
}

std::vector<std::int64_t> RecordMarks::numbers() const {
  std::vector<std::int64_t> numbers;
  if (!newest_.known()) return numbers;
  numbers.reserve(1 + kNumbersEach * (1 + 2 * seams_.size()));
  numbers.push_back(leader_epoch_);
  append(newest_, numbers);
  for (const Seam& seam : seams_) {
    append(seam.before, numbers);
    append(seam.after, numbers);
  }
  return numbers;
}

RecordMarks RecordMarks::from(std::span<const std::int64_t> numbers) {
  if (numbers.size() % (2 * kNumbersEach) != 1 + kNumbersEach) return {};
  const auto mark = [&](std::size_t at) {
    return RecordMark{.offset = numbers[at], .timestamp_ms = numbers[at + 1], .checksum = numbers[at + 2]};
  };
  RecordMarks marks(mark(1));
  marks.leader_epoch_ = static_cast<std::int32_t>(numbers[0]);
  for (std::size_t at = 1 + kNumbersEach; at < numbers.size(); at += 2 * kNumbersEach) {
    marks.seams_.push_back({.before = mark(at), .after = mark(at + kNumbersEach)});
  }
  return marks;
}

}  // namespace loom
