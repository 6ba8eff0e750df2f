#pragma once

#include <librdkafka/rdkafka.h>

#include <cstdint>
#include <functional>
#include <string>

#include "base/mutex.h"
#include "source/connections.h"
#include "source/fetch_waker.h"
#include "source/handles.h"
#include "source/partition_source.h"

namespace loom::source {

/// The queue of one assigned partition, not forwarded anywhere: whoever owns the partition reads it, and handing the
/// partition to another worker throws nothing away.
/// Threads: as PartitionSource says; librdkafka's threads call the ready signal.
/// Owns:    the queue handle. The client must outlive it.
class PartitionQueue final : public PartitionSource {
 public:
  /// To be made before the partition is assigned: else its first messages land on the client's main queue.
  /// `waker` (or nullptr) is told when the queue has less than `low_water` messages although its log has more.
  /// `connections`: the client's.
  PartitionQueue(rd_kafka_t* client, std::string topic, std::int32_t partition, const Connections& connections,
                 FetchWaker* waker, std::size_t low_water);
  ~PartitionQueue() override;
  PartitionQueue(const PartitionQueue&) = delete;
  PartitionQueue& operator=(const PartitionQueue&) = delete;

  [[nodiscard]] const std::string& topic() const override { return topic_; }
  [[nodiscard]] std::int32_t partition() const override { return partition_; }
  Taken take() override;
  [[nodiscard]] bool in_doubt() const override;
  bool seek(std::int64_t offset, std::int32_t leader_epoch) override;
  [[nodiscard]] std::int32_t leader_epoch() const override { return leader_epoch_; }
  [[nodiscard]] bool may_skip_after_seek() const override;
  std::optional<Watermarks> watermarks() override;
  [[nodiscard]] bool compacted() override;
  [[nodiscard]] std::int64_t backlog(std::int64_t next) const override;
  void on_ready(std::function<void()> ready) override;

 private:
  static void signal(rd_kafka_t* client, void* self);
  void keep_filled();
  [[nodiscard]] std::string doubt(const rd_kafka_message_t* message);

  rd_kafka_t* client_;
  std::string topic_;
  std::int32_t partition_;
  QueueHandle queue_;
  const Connections& connections_;
  FetchWaker* waker_;
  std::size_t low_water_;
  std::int64_t next_ = 0;  // the offset after the last message taken
  std::uint32_t takes_ = 0;
  // The way that messages came since the position was set
  std::uint64_t connections_seen_ = 0;
  std::int32_t broker_ = -1;         // -1: none came yet
  std::int32_t leader_epoch_ = -1;   // of the last one; likewise, or not known
  std::int32_t epoch_doubted_ = -1;  // the largest that was; it outlives the position
  bool out_of_range_ = false;        // librdkafka has stopped fetching it
  Mutex mutex_;
  std::function<void()> ready_ LOOM_GUARDED_BY(mutex_);
};

}  // namespace loom::source
