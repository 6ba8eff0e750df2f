#include "deploy/support/sample_flow.h"

#include <chrono>
#include <stdexcept>
#include <utility>

#include "samples/messages.h"
#include "support/kafka_test_client.h"

namespace loom::testing {

SampleFlow::SampleFlow(std::string bootstrap, const std::vector<mapping::TopicMapping>& topics, std::int32_t partitions,
                       double rate)
    : bootstrap_(std::move(bootstrap)), topics_(topics), partitions_(partitions), rate_(rate), thread_([this] {
        try {
          run();
        } catch (const std::exception& error) {
          failure_ = error.what();
        }
      }) {}

SampleFlow::~SampleFlow() {
  stopping_ = true;
  if (thread_.joinable()) thread_.join();
}

void SampleFlow::run() {
  using Clock = std::chrono::steady_clock;
  std::vector<samples::SampleGenerator> generators;
  std::uint64_t seed = 0;
  // Two topics may feed one table: their devices and keys differ by the seed.
  for (const auto& topic : topics_) generators.emplace_back(topic, samples::SampleOptions{.seed = ++seed});
  TestProducer producer(bootstrap_);
  samples::SampleMessage sample;
  const auto begin = Clock::now();
  for (std::int64_t number = 0; !stopping_; ++number) {
    const auto due = begin + std::chrono::duration<double>(static_cast<double>(number) / rate_);
    if (Clock::now() < due) std::this_thread::sleep_until(due);
    const auto topics = static_cast<std::int64_t>(topics_.size());
    const auto at = static_cast<std::size_t>(number % topics);
    generators[at].next(sample);
    producer.send(topics_[at].topic, {.value = sample.value,
                                      .key = sample.key,
                                      .partition = static_cast<std::int32_t>(number / topics % partitions_),
                                      .headers = sample.headers});
    rows_[topics_[at].table.display()] += sample.rows;
    child_rows_ += sample.child_rows;
    sent_ = number + 1;
  }
  producer.flush();
}

void SampleFlow::stop() {
  stopping_ = true;
  if (thread_.joinable()) thread_.join();
  if (!failure_.empty()) throw std::runtime_error(failure_);
}

}  // namespace loom::testing
