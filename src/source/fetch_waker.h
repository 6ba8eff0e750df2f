#pragma once

#include <librdkafka/rdkafka.h>

#include <cstdint>
#include <string>
#include <thread>

#include "base/mutex.h"

namespace loom::source {

/// Makes librdkafka before version 2.2 look again at which partitions want to be fetched (see LibraryNeeds).
///
/// Its broker threads do so only when something wakes them. With every queue filled to its limit
/// nothing does, and the thread sleeps for up to a second while the queues run empty: at 400,000 messages a second
/// the CPUs idled for 40 % of a drain. A question to the broker wakes the thread, so one is asked when a queue is half
/// empty although its log goes on. (Version 2.2 brought fetch.queue.backoff.ms, and needs no waking.)
/// Threads: wake() from any; quick.
/// Owns:    a thread that asks, at most once in 10 ms.
/// Blocks:  the destructor, up to a second when the broker does not answer.
class FetchWaker {
 public:
  explicit FetchWaker(rd_kafka_t* client);
  ~FetchWaker();
  FetchWaker(const FetchWaker&) = delete;
  FetchWaker& operator=(const FetchWaker&) = delete;

  /// Wakes the thread of the broker that leads this partition.
  void wake(const std::string& topic, std::int32_t partition);

 private:
  void run();

  rd_kafka_t* client_;
  Mutex mutex_;
  CondVar changed_;
  std::string topic_ LOOM_GUARDED_BY(mutex_);  // the one to ask about next; empty: none
  std::int32_t partition_ LOOM_GUARDED_BY(mutex_) = 0;
  bool stopping_ LOOM_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace loom::source
