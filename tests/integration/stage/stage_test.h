#pragma once

#include <atomic>
#include <cstdint>
#include <exception>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "loom/kafka/base_consumer.h"
#include "support/service_test.h"
#include "support/topic_reader.h"

namespace loom::testing {

/// A stage whose work is the test's, and the thread that runs it.
/// Threads: the test's own; `work` is called on the stage's.
/// Blocks:  finish() until run() has ended.
class RunningStage : private kafka::BaseKafkaConsumer {
 public:
  using Send = std::function<void(const std::string& topic, const std::string& value)>;
  using Work = std::function<void(const kafka::Record&, const Send&)>;

  RunningStage(kafka::StageSettings settings, Work work);
  ~RunningStage() override;

  /// Asks it to end and waits. How long that took; throws what run() threw.
  std::chrono::milliseconds finish();
  /// Waits for it to end by itself. What run() threw: "" for nothing; nothing when it still runs.
  std::optional<std::string> await_failure(std::chrono::milliseconds within);
  [[nodiscard]] bool ended() const { return ended_; }

 private:
  void process_message(const kafka::Record& message) override;

  const Work work_;
  std::atomic<bool> ended_{false};
  std::exception_ptr failure_;
  std::thread thread_;
};

/// A story about stages on the real broker, with topics and a group of its own.
class StageTest : public ServiceTest {
 protected:
  using ServiceTest::ServiceTest;
  StageTest() = default;

  /// Settings for a stage of this test's group; a killed member is missed after 6 s.
  [[nodiscard]] kafka::StageSettings stage_settings(const std::string& input) const;
  /// The same for a stage that is a program.
  [[nodiscard]] Environment stage_environment(const Environment& more = {}) const;

  /// Numbers as text, from 0 on, over the topic's partitions.
  void send_numbers(const std::string& topic, std::int32_t partitions, int from, int to);
  /// Waits until the group has committed everything that is in the topic.
  ::testing::AssertionResult caught_up(const std::string& topic, std::int32_t partitions, const std::string& of_group,
                                       seconds within = seconds(60));
};

/// How often each value of the topic is there, committed transactions only. Waits for so many of them, and a moment for
/// more.
std::map<std::string, int> values_in(const std::string& bootstrap, const std::string& topic, std::size_t expected);

/// Each of the numbers from 0 to `expected` - 1 once and nothing else.
::testing::AssertionResult every_number_once(const std::map<std::string, int>& values, int expected);
/// Each of them at least once and nothing else.
::testing::AssertionResult every_number(const std::map<std::string, int>& values, int expected);

}  // namespace loom::testing
