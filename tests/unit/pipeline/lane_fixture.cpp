#include "lane_fixture.h"

#include <utility>

namespace loom::pipeline {

namespace {

constexpr MessageBacking kNotOwned{.release = [](void*) noexcept {},
                                   .headers =
                                       [](const void*) {
                                         return std::vector<Header>{{"kind", "a", true}};
                                       }};

LaneSettings small_batches() {
  LaneSettings settings;
  settings.limits.size = 3;
  settings.limits.rows_max = 5;
  return settings;
}

}  // namespace

void QueuedSource::emit(bool good) {
  log_.push_back(
      {.value = good ? framing + R"({"id": )" + std::to_string(end_) + "}" : "no JSON", .timestamp_ms = timestamp_++});
  ++end_;
}

void QueuedSource::made_again(std::int64_t timestamp_ms) { cut(0, timestamp_ms); }

void QueuedSource::cut(std::int64_t end, std::int64_t timestamp_ms) {
  for (; end_ > end; --end_) {
    lost_.push_back(std::move(log_.back()));
    log_.pop_back();
  }
  timestamp_ = timestamp_ms;
}

source::Taken QueuedSource::take() {
  if (out_of_range) return source::OffsetOutOfRange{"offset out of range"};
  if (says_parted_at) return source::OffsetOutOfRange{"truncated", std::exchange(says_parted_at, std::nullopt)};
  while (position_ < end_ && log_[static_cast<std::size_t>(position_)].value.empty()) ++position_;
  if (position_ > end_) return source::OffsetOutOfRange{"offset out of range"};
  if (position_ == end_) {
    if (!std::exchange(tells_end_, false)) return std::monostate{};
    return source::EndOfPartition{position_};
  }
  if (doubted_) {
    doubted_ = false;
    ++position_;
    return source::LogInDoubt{"a new leader"};
  }
  Message message(&kNotOwned, nullptr);
  const Record& record = log_[static_cast<std::size_t>(position_)];
  message.value = record.value;
  message.has_value = true;
  message.timestamp_ms = record.timestamp_ms;
  message.offset = position_++;
  message.partition = partition_;
  return message;
}

bool QueuedSource::seek(std::int64_t offset, std::int32_t /*leader_epoch*/) {
  if (refuses_seeks) return false;
  seeks.push_back(offset);
  position_ = offset;
  out_of_range = false;
  return true;
}

LaneTest::LaneTest() : LaneTest(small_batches()) {}

LaneTest::LaneTest(const decode::Registry& registry) : LaneTest(small_batches(), registry) {}

LaneTest::LaneTest(const LaneSettings& settings, const decode::Registry& registry)
    : limits_(settings.limits),
      lane_("readings", settings,
            {.clock = clock_,
             .counters = counters_,
             .memory = memory_,
             .failpoints = failpoints_,
             .registry = registry}) {
  bool fresh = false;
  EXPECT_TRUE(lane_.take_plan_request(fresh)) << "a new lane asks for its plan";
  lane_.use_plan(plan());
}

QueuedSource& LaneTest::assign(std::int32_t partition, std::int64_t stored, std::int64_t last_timestamp_ms) {
  auto source = std::make_unique<QueuedSource>("readings", partition);
  sources_[partition] = source.get();
  QueuedSource& made = *source;
  RecordMarks marks;
  if (last_timestamp_ms >= 0) marks = RecordMarks({.offset = stored - 1, .timestamp_ms = last_timestamp_ms});
  PartitionLedger ledger(partition, stored, 0, std::move(marks));
  made.start_at(ledger.position());
  lane_.add(PartitionReader(std::move(source), std::move(ledger)));
  return made;
}

void LaneTest::emit(std::int32_t partition, int messages, bool good) {
  for (int i = 0; i < messages; ++i) sources_.at(partition)->emit(good);
}

void LaneTest::take_all() {
  for (const auto& reader : lane_.readers()) lane_.fill_from(reader.partition(), 1000);
}

void LaneTest::settle(std::unique_ptr<batch::Batch> batch, batch::OutcomeKind kind,
                      std::vector<batch::StoredOffset> stored) {
  batch::WriteReply reply;
  reply.batch = std::move(batch);
  reply.outcome.kind = kind;
  reply.outcome.stored = std::move(stored);
  lane_.settle(std::move(reply));
  lane_.tidy();
}

}  // namespace loom::pipeline
