#include "log.h"

#include <fmt/format.h>

#include <algorithm>

namespace loom::simulation {

namespace {
constexpr MessageBacking kNotOwned{.release = [](void*) noexcept {},
                                   .headers = [](const void*) { return std::vector<Header>{}; }};
}

void Log::produce(Random& random, std::int64_t id) {
  if (random.chance(5)) end += static_cast<std::int64_t>(random.below(4));  // a gap
  const bool bad = random.chance(5);
  records.push_back(
      {.offset = end, .id = id, .bad = bad, .value = bad ? R"({"id": )" : fmt::format(R"({{"id": {}}})", id)});
  ++end;
  if (random.chance(3)) ++end;  // a transaction marker
}

std::vector<const Record*> Log::between(std::int64_t from, std::int64_t to) const {
  std::vector<const Record*> found;
  auto at = std::lower_bound(records.begin(), records.end(), from,
                             [](const Record& record, std::int64_t offset) { return record.offset < offset; });
  for (; at != records.end() && at->offset < to; ++at) found.push_back(&*at);
  return found;
}

source::Taken SimulatedSource::take() {
  if (faults_ && random_.chance(3)) {
    const auto earlier = log_.between(std::max(placed_, position_ - 3), position_);
    if (!earlier.empty()) {  // one that was handed out before
      Message message(&kNotOwned, nullptr);
      message.offset = earlier.front()->offset;
      message.partition = log_.partition;
      message.value = earlier.front()->value;
      message.has_value = true;
      return message;
    }
  }
  const auto next = log_.between(position_, log_.end);
  if (next.empty()) {
    if (end_told_ == log_.end) return std::monostate{};
    position_ = end_told_ = log_.end;
    return source::EndOfPartition{log_.end};
  }
  const Record& record = *next.front();
  position_ = record.offset + 1;
  Message message(&kNotOwned, nullptr);
  message.offset = record.offset;
  message.partition = log_.partition;
  message.value = record.value;
  message.has_value = true;
  return message;
}

void SimulatedSource::place(std::int64_t offset) {
  position_ = offset;
  end_told_ = -1;
  // It skips, but never twice in a row: that a second fetch tells the truth is what the service builds on.
  skipped_ = faults_ && !skipped_ && random_.chance(10);
  if (skipped_) position_ += static_cast<std::int64_t>(random_.below(4));
  placed_ = position_;
}

bool SimulatedSource::seek(std::int64_t offset) {
  if (faults_ && random_.chance(10)) return false;
  place(offset);
  return true;
}

}  // namespace loom::simulation
