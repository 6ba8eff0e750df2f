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
  records.push_back(std::make_shared<const Record>(
      Record{.offset = end, .id = id, .bad = bad, .value = bad ? R"({"id": )" : fmt::format(R"({{"id": {}}})", id)}));
  ++end;
  if (random.chance(3)) ++end;  // a transaction marker
}

void Log::cut(std::int64_t at) {
  lost.push_back(records);
  cuts.push_back(at);
  while (!records.empty() && records.back()->offset >= at) records.pop_back();
  end = at;
}

std::vector<const Record*> Log::between(std::int64_t from, std::int64_t to, std::size_t in_version) const {
  const Records& all = in_version == version() ? records : lost[in_version];
  std::vector<const Record*> found;
  auto at = std::lower_bound(all.begin(), all.end(), from,
                             [](const auto& record, std::int64_t offset) { return record->offset < offset; });
  for (; at != all.end() && (*at)->offset < to; ++at) found.push_back(at->get());
  return found;
}

std::int64_t Log::same_up_to(std::size_t in_version, std::int64_t next) const {
  for (std::size_t version = in_version; version < cuts.size(); ++version) next = std::min(next, cuts[version]);
  return next;
}

Message SimulatedSource::message_of(const Record& record) const {
  Message message(&kNotOwned, nullptr);
  message.offset = record.offset;
  message.timestamp_ms = record.id;  // later records have later ones
  message.partition = log_.partition;
  message.value = record.value;
  message.has_value = true;
  return message;
}

source::Taken SimulatedSource::take() {
  const bool changed = version_ != log_.version();
  if (faults_ && !changed && random_.chance(3)) {
    const auto earlier = log_.between(std::max(placed_, position_ - 3), position_);
    if (!earlier.empty()) return message_of(*earlier.front());  // one that was handed out before
  }
  if (position_ > log_.end) return source::OffsetOutOfRange{"beyond the end"};
  if (changed || (faults_ && random_.chance(1))) {
    ++position_;
    return source::LogInDoubt{"a simulated one"};
  }
  const auto next = log_.between(position_, log_.end);
  if (next.empty()) {
    if (end_told_ == log_.end) return std::monostate{};
    position_ = end_told_ = log_.end;
    return source::EndOfPartition{log_.end};
  }
  const Record& record = *next.front();
  position_ = record.offset + 1;
  return message_of(record);
}

void SimulatedSource::place(std::int64_t offset) {
  position_ = offset;
  version_ = log_.version();
  end_told_ = -1;
  // It skips, but never twice in a row: that a second fetch tells the truth is what the service builds on.
  skipped_ = faults_ && !skipped_ && random_.chance(10);
  if (skipped_) {
    position_ = std::max(position_, std::min(log_.end, position_ + static_cast<std::int64_t>(random_.below(4))));
  }
  placed_ = position_;
}

bool SimulatedSource::seek(std::int64_t offset, std::int32_t /*leader_epoch*/) {
  if (faults_ && random_.chance(10)) return false;
  place(offset);
  return true;
}

}  // namespace loom::simulation
