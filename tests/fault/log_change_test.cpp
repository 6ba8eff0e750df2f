// What an operator, or retention, makes of offsets and topics behind the service's back.
#include <fmt/format.h>

#include "fault_test.h"

namespace loom::testing {
namespace {

class LogChangeTest : public FaultTest {
 protected:
  LogChangeTest() : FaultTest(KafkaServer::shared(), Database::shared, 2) {}

  /// Sends the next numbers and waits until they are stored.
  void store(std::int64_t messages) {
    send(messages);
    ASSERT_TRUE(drained(topic_));
  }
  void send(std::int64_t messages) {
    send_numbered(topic_, sent_, sent_ + messages);
    sent_ += messages;
  }
  void remake_topic() {
    kafka().delete_topic(topic_);
    kafka().create_topic(topic_, 2);
  }
  void each_once(const std::string& fault) {
    ASSERT_TRUE(drained(topic_, seconds(60)));
    judge_sent(sent_);
    record(fault, 1);
  }
  std::int64_t sent_ = 0;
};

TEST_F(LogChangeTest, OffsetsResetInKafkaChangeNothingAndTheLogSaysWhoRules) {
  auto& service = start();
  store(2'000);
  stop_in_order(service);
  commit_in_kafka(bootstrap(), group(), topic_, {0, 0});
  send(500);
  service.start();
  each_once("the group's offsets in Kafka reset");
  EXPECT_TRUE(service.logged("The offsets in the database are used")) << "nobody is told why the reset does nothing";
  EXPECT_TRUE(service.logged("offsets reset"));
}

TEST_F(LogChangeTest, TheGroupDeletedInKafkaChangesNothing) {
  auto& service = start();
  store(2'000);
  stop_in_order(service);
  kafka().delete_group(group());
  send(500);
  service.start();
  each_once("the group deleted in Kafka");
}

TEST_F(LogChangeTest, ATopicMadeAgainWhileItIsConsumedIsTakenFromItsStart) {
  auto& service = start();
  store(2'000);
  remake_topic();
  send(500);  // less than there was: the stored offsets lie beyond the end
  each_once("topic made again while it is consumed, shorter than before");
  EXPECT_TRUE(service.running());
}

TEST_F(LogChangeTest, ATopicMadeAgainWhileItIsConsumedAndFilledAtOnceIsTakenFromItsStart) {
  auto& service = start({{"LOOM_LOG_LEVEL", "debug"}});
  store(2'000);
  remake_topic();
  send(3'000);  // the stored offsets lie in the middle as soon as anybody looks
  each_once("topic made again while it is consumed, at once longer than before");
  EXPECT_TRUE(service.running());
}

/// The new log passes the stored offsets while the position in it is being found out.
TEST_F(LogChangeTest, ATopicMadeAgainWhileItIsConsumedAndFilledAtASteadyRateIsTakenFromItsStart) {
  auto& service = start({{"LOOM_LOG_LEVEL", "debug"}});
  store(2'000);
  remake_topic();
  Flow flow(bootstrap(), topic_, {.from = sent_, .to = sent_ + 3'000, .rate = 1'000, .shares = {1, 1}});
  flow.finish();
  sent_ += 3'000;
  each_once("topic made again while it is consumed, filled at 1,000 messages a second");
  EXPECT_TRUE(service.running());
}

TEST_F(LogChangeTest, ATopicMadeAgainAndFilledBeyondTheStoredOffsetWhileNobodyLooksIsTakenFromItsStart) {
  auto& service = start();
  store(1'000);
  stop_in_order(service);
  remake_topic();
  send(3'000);  // more than there was: the stored offsets lie in the middle
  service.start();
  each_once("topic made again during a stop, longer than before");
}

TEST_F(LogChangeTest, ATopicMadeAgainEmptyIsTakenFromItsFirstMessage) {
  auto& service = start();
  store(1'000);
  stop_in_order(service);
  remake_topic();
  service.start();
  ASSERT_TRUE(await_partitions(service, 0));
  send(300);
  each_once("topic made again, empty at first");
}

TEST_F(LogChangeTest, WhatRetentionTookBeforeItWasStoredIsCountedExactly) {
  auto& service = start();
  store(1'000);
  stop_in_order(service);
  send(1'000);
  const auto ends = log_ends(topic_);
  const std::vector<std::int64_t> stored_before = stored_offsets(topic_);
  const std::vector<std::int64_t> first{stored_before[0] + 123, stored_before[1]};
  for (std::int32_t partition = 0; partition < 2; ++partition) {
    kafka().delete_records(topic_, partition, first[static_cast<std::size_t>(partition)]);
  }
  service.start();
  ASSERT_TRUE(drained(topic_, seconds(60)));
  EXPECT_TRUE(service.logged("123 messages (offsets " + std::to_string(stored_before[0]) + " to "));
  EXPECT_EQ(stored_offsets(topic_), ends);
  judge_sent(2'000, 123);
  record("retention passes the stored offset", 1, "123 messages were gone, and the log says so");
}

}  // namespace
}  // namespace loom::testing
