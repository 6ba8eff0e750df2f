#include "kafka_only.h"

#include <librdkafka/rdkafka.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>

#include "backlog.h"
#include "machine.h"

namespace loom::bench {
namespace {

constexpr int kSilenceMs = 30'000;
constexpr std::size_t kMessagesAtOnce = 1'000;

}  // namespace

KafkaRun drain_without_work(const Options& options) {
  const BacklogConsumer consumer(options, options.targets);
  rd_kafka_queue_t* queue = rd_kafka_queue_get_consumer(consumer.client());
  std::array<rd_kafka_message_t*, kMessagesAtOnce> taken{};
  const std::uint64_t wanted = options.messages_each() * options.targets.size();
  std::uint64_t done = 0;
  auto started = std::chrono::steady_clock::now();
  KafkaRun run;
  run.consumer_cpu = -process_cpu(getpid());
  run.kafka_cpu = options.kafka_pid == 0 ? 0 : -process_cpu(options.kafka_pid);
  std::string failure;
  while (done < wanted && failure.empty()) {
    const ssize_t count = rd_kafka_consume_batch_queue(queue, kSilenceMs, taken.data(), taken.size());
    if (count <= 0) failure = "Kafka has sent nothing for 30 s";
    if (done == 0) started = std::chrono::steady_clock::now();
    for (ssize_t i = 0; i < count; ++i) {
      if (taken[static_cast<std::size_t>(i)]->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        failure = rd_kafka_message_errstr(taken[static_cast<std::size_t>(i)]);
      }
      rd_kafka_message_destroy(taken[static_cast<std::size_t>(i)]);
    }
    if (count > 0) done += static_cast<std::uint64_t>(count);
  }
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - started;
  rd_kafka_queue_destroy(queue);
  if (!failure.empty()) throw std::runtime_error(failure);
  run.messages_per_second = static_cast<double>(wanted) / seconds.count();
  run.consumer_cpu += process_cpu(getpid());
  if (options.kafka_pid != 0) run.kafka_cpu += process_cpu(options.kafka_pid);
  return run;
}

}  // namespace loom::bench
