#include "source/partition_queue.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <string_view>
#include <utility>

#include "base/log.h"
#include "source/cleanup_policy.h"
#include "source/leader_epoch.h"
#include "source/library_needs.h"
#include "source/log_bounds.h"
#include "source/reassign.h"

namespace loom::source {

namespace {

/// Its worker has other partitions, and tries again.
constexpr int kSeekTimeoutMs = 200;
constexpr std::uint32_t kTakesBetweenLooks = 256;
constexpr std::chrono::milliseconds kBoundsWithin{2500};

/// "Partition log truncation detected at ...: broker end offset is N (...)", of librdkafka 2.1 and newer.
std::optional<std::int64_t> parted_at(std::string_view text) {
  constexpr std::string_view kBefore = "broker end offset is ";
  const std::size_t at = text.find(kBefore);
  if (at == std::string_view::npos) return std::nullopt;
  std::int64_t offset = -1;
  const auto [end, error] = std::from_chars(text.data() + at + kBefore.size(), text.data() + text.size(), offset);
  if (error != std::errc{} || offset < 0) return std::nullopt;
  return offset;
}

std::vector<Header> headers_of(const void* handle) {
  std::vector<Header> headers;
  rd_kafka_headers_t* raw = nullptr;
  const auto* message = static_cast<const rd_kafka_message_t*>(handle);
  if (rd_kafka_message_headers(message, &raw) != RD_KAFKA_RESP_ERR_NO_ERROR) return headers;
  const char* name = nullptr;
  const void* value = nullptr;
  std::size_t size = 0;
  for (std::size_t i = 0; rd_kafka_header_get_all(raw, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR; ++i) {
    headers.push_back({.name = name,
                       .value = {static_cast<const char*>(value), value == nullptr ? 0 : size},
                       .has_value = value != nullptr});
  }
  return headers;
}

std::optional<Header> last_header_of(const void* handle, std::string_view name) {
  rd_kafka_headers_t* raw = nullptr;
  const auto* message = static_cast<const rd_kafka_message_t*>(handle);
  if (rd_kafka_message_headers(message, &raw) != RD_KAFKA_RESP_ERR_NO_ERROR) return std::nullopt;
  for (std::size_t i = rd_kafka_header_cnt(raw); i > 0; --i) {
    const char* its_name = nullptr;
    const void* value = nullptr;
    std::size_t size = 0;
    rd_kafka_header_get_all(raw, i - 1, &its_name, &value, &size);
    if (value != nullptr && name == its_name) {
      return Header{.name = its_name, .value = {static_cast<const char*>(value), size}};
    }
  }
  return std::nullopt;
}

void release(void* handle) noexcept { rd_kafka_message_destroy(static_cast<rd_kafka_message_t*>(handle)); }

constexpr MessageBacking kBacking{.release = release, .headers = headers_of, .last_header = last_header_of};

Message wrap(rd_kafka_message_t* raw) {
  Message message(&kBacking, raw);
  message.has_value = raw->payload != nullptr;
  if (message.has_value) message.value = {static_cast<const char*>(raw->payload), raw->len};
  message.has_key = raw->key != nullptr;
  if (message.has_key) message.key = {static_cast<const char*>(raw->key), raw->key_len};
  message.offset = raw->offset;
  message.partition = raw->partition;
  rd_kafka_timestamp_type_t type = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
  const std::int64_t timestamp = rd_kafka_message_timestamp(raw, &type);
  message.timestamp_ms = type == RD_KAFKA_TIMESTAMP_NOT_AVAILABLE ? -1 : timestamp;
  return message;
}

}  // namespace

PartitionQueue::PartitionQueue(rd_kafka_t* client, std::string topic, std::int32_t partition,
                               const Connections& connections, FetchWaker* waker, std::size_t low_water)
    : client_(client),
      topic_(std::move(topic)),
      partition_(partition),
      queue_(rd_kafka_queue_get_partition(client, topic_.c_str(), partition)),
      connections_(connections),
      waker_(waker),
      low_water_(low_water),
      connections_seen_(connections.opened()) {
  rd_kafka_queue_forward(queue_.get(), nullptr);
  rd_kafka_queue_cb_event_enable(queue_.get(), &PartitionQueue::signal, this);
}

PartitionQueue::~PartitionQueue() { rd_kafka_queue_cb_event_enable(queue_.get(), nullptr, nullptr); }

void PartitionQueue::signal(rd_kafka_t* /*client*/, void* self) {
  auto* queue = static_cast<PartitionQueue*>(self);
  const MutexLock lock(queue->mutex_);
  if (queue->ready_) queue->ready_();
}

void PartitionQueue::on_ready(std::function<void()> ready) {
  const MutexLock lock(mutex_);
  ready_ = std::move(ready);
}

Taken PartitionQueue::take() {
  rd_kafka_message_t* raw = rd_kafka_consume_queue(queue_.get(), 0);
  if (raw == nullptr || ++takes_ % kTakesBetweenLooks == 0) keep_filled();
  if (raw == nullptr) {
    if (in_doubt()) return LogInDoubt{"the connection to its broker is a new one"};
    return std::monostate{};
  }
  if (raw->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
    if (std::string why = doubt(raw); !why.empty()) {
      const Message unread(&kBacking, raw);
      return LogInDoubt{std::move(why)};
    }
    next_ = raw->offset + 1;
    return wrap(raw);
  }

  const Message owner(&kBacking, raw);
  switch (raw->err) {
    case RD_KAFKA_RESP_ERR__PARTITION_EOF:
      return EndOfPartition{raw->offset};
    case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
    case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE:
      out_of_range_ = true;
      return OffsetOutOfRange{.message = rd_kafka_message_errstr(raw),
                              .parted_at = parted_at(rd_kafka_message_errstr(raw))};
    default:
      // librdkafka goes on by itself (leader changes, authorization mended, topic back): worth a line, not an end.
      log::write(log::Level::warning, {.topic = topic_, .partition = partition_}, rd_kafka_err2name(raw->err),
                 rd_kafka_message_errstr(raw));
      // It comes again and again, and says nothing of the log.
      if (raw->err == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED) return std::monostate{};
      return LogInDoubt{rd_kafka_err2name(raw->err)};
  }
}

/// Why the message may be of another log than those that came since the position was set; empty: it is not. To be asked
/// after the message was taken: see Connections.
std::string PartitionQueue::doubt(const rd_kafka_message_t* message) {
  const std::int32_t broker = rd_kafka_message_broker_id(message);
  const std::int32_t leader_epoch = leader_epoch_of(message);
  if (broker != broker_) {
    if (broker_ >= 0) return fmt::format("broker {} leads it, no longer {}", broker, broker_);
    broker_ = broker;
  }
  if (leader_epoch != leader_epoch_) {
    // It is the record's own: a log has one after the other, and each is a doubt once.
    if (leader_epoch_ >= 0 && (leader_epoch < leader_epoch_ || leader_epoch > epoch_doubted_)) {
      epoch_doubted_ = std::max(epoch_doubted_, leader_epoch);
      return fmt::format("its leader's epoch is {}, no longer {}", leader_epoch, leader_epoch_);
    }
    leader_epoch_ = leader_epoch;
  }
  if (const std::uint64_t opened = connections_.opened(); opened != connections_seen_) {
    if (connections_.opened_since(connections_seen_, broker)) return "the connection to its broker is a new one";
    connections_seen_ = opened;
  }
  return {};
}

/// Only once a message has told which broker it is.
bool PartitionQueue::in_doubt() const {
  return broker_ >= 0 && connections_.opened() != connections_seen_ &&
         connections_.opened_since(connections_seen_, broker_);
}

void PartitionQueue::keep_filled() {
  if (waker_ == nullptr || next_ == 0) return;
  const std::size_t queued = rd_kafka_queue_length(queue_.get());
  if (queued >= low_water_ || backlog(next_) <= static_cast<std::int64_t>(queued)) return;
  waker_->wake(topic_, partition_);
}

bool PartitionQueue::seek(std::int64_t offset, std::int32_t leader_epoch) {
  connections_seen_ = connections_.opened();
  broker_ = leader_epoch_ = -1;
  if (out_of_range_) {
    if (!reassign(client_, topic_, partition_, offset, leader_epoch)) return false;
    out_of_range_ = false;
    return true;
  }
  const ListHandle where(rd_kafka_topic_partition_list_new(1));
  auto* at = rd_kafka_topic_partition_list_add(where.get(), topic_.c_str(), partition_);
  at->offset = offset;
  set_leader_epoch(at, leader_epoch);
  const ErrorHandle error(rd_kafka_seek_partitions(client_, where.get(), kSeekTimeoutMs));
  if (error == nullptr && where->elems[0].err == RD_KAFKA_RESP_ERR_NO_ERROR) return true;
  // It stopped fetching, and its word of that waits in the queue behind messages that nobody will take.
  if (where->elems[0].err == RD_KAFKA_RESP_ERR__STATE) out_of_range_ = true;
  log::warn({.topic = topic_, .partition = partition_, .offset = offset}, "cannot seek to this offset yet: {}",
            error != nullptr ? rd_kafka_error_string(error.get()) : rd_kafka_err2str(where->elems[0].err));
  return false;
}

bool PartitionQueue::may_skip_after_seek() const { return library_needs().second_look_after_seek; }

std::optional<Watermarks> PartitionQueue::watermarks() {
  const auto low = ask_log_bounds(client_, {{topic_, partition_}}, LogBound::begin, kBoundsWithin);
  if (!low) return std::nullopt;
  const auto high = ask_log_bounds(client_, {{topic_, partition_}}, LogBound::end, kBoundsWithin);
  if (!high) return std::nullopt;
  return Watermarks{.low = low->front(), .high = high->front()};
}

bool PartitionQueue::compacted() {
  const auto policy = cleanup_policy(client_, topic_);
  return !policy || policy->find("compact") != std::string::npos;
}

std::int64_t PartitionQueue::backlog(std::int64_t next) const {
  std::int64_t low = 0;
  std::int64_t high = 0;
  if (rd_kafka_get_watermark_offsets(client_, topic_.c_str(), partition_, &low, &high) != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return 0;
  }
  return std::max<std::int64_t>(0, high - next);
}

}  // namespace loom::source
