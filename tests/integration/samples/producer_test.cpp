#include "samples/producer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "admin/kafka_admin.h"
#include "base/wrong_setting.h"
#include "support/kafka_server.h"

namespace loom::samples {
namespace {

using loom::testing::KafkaServer;
using loom::testing::unique_name;
using ::testing::HasSubstr;

mapping::TopicMapping readings() {
  mapping::TopicMapping topic;
  topic.field_mappings = {{"device_id", "device_id", 0}, {"timestamp", "timestamp", 0}, {"value", "value", 0}};
  topic.data_types = {{"timestamp", mapping::ValueType::timestamp}, {"value", mapping::ValueType::floating}};
  topic.required_fields = {"device_id"};
  return topic;
}

class SampleProducer : public ::testing::Test {
 protected:
  SampleProducer() {
    options.bootstrap_servers = server.bootstrap();
    options.topic = unique_name("samples");
    options.partitions = 3;
  }
  ProduceReport produce(SampleOptions how = {}) {
    SampleGenerator generator(readings(), how);
    return produce_samples(generator, options);
  }
  std::vector<std::int64_t> ends(int partitions) {
    std::vector<std::int64_t> found;
    for (std::int32_t i = 0; i < partitions; ++i) found.push_back(server.end_offset(options.topic, i));
    return found;
  }

  KafkaServer& server = KafkaServer::shared();
  ProduceOptions options;
};

TEST_F(SampleProducer, MakesTheTopicAndFillsAllPartitions) {
  options.count = 3000;
  const ProduceReport report = produce();
  EXPECT_TRUE(report.topic_created);
  EXPECT_EQ(report.sent, 3000U);
  EXPECT_EQ(report.rows, 3000U);
  const auto found = ends(3);
  EXPECT_EQ(found[0] + found[1] + found[2], 3000);
  for (const std::int64_t end : found) EXPECT_GT(end, 0);
}

TEST_F(SampleProducer, AddsToATopicThatIsThere) {
  server.create_topic(options.topic, 2);
  options.count = 10;
  EXPECT_FALSE(produce().topic_created);
  const auto found = ends(2);
  EXPECT_EQ(found[0] + found[1], 10);
}

TEST_F(SampleProducer, SpreadsByShares) {
  options.count = 1000;
  options.shares = {3, 1, 6};
  produce();
  EXPECT_EQ(ends(3), (std::vector<std::int64_t>{300, 100, 600}));
}

TEST_F(SampleProducer, CountsTheBadOnesByReason) {
  options.count = 2000;
  const ProduceReport report = produce({.seed = 4, .bad_ratio = 0.5});
  std::uint64_t bad = 0;
  for (const auto& [reason, count] : report.bad) bad += count;
  EXPECT_EQ(report.sent, 2000U);
  EXPECT_EQ(report.rows + bad, 2000U);
  EXPECT_GT(report.bad.at(RejectReason::tombstone), 0U);
  EXPECT_THAT(render(report, "t"), HasSubstr("missing_required_field"));
}

TEST_F(SampleProducer, KeepsItsRate) {
  options.count = 100;
  options.rate = 200;
  EXPECT_GE(produce().seconds, 0.49);
}

TEST_F(SampleProducer, StopsWhenAsked) {
  const std::atomic<bool> stop{true};
  options.stop = &stop;
  EXPECT_EQ(produce().sent, 0U);
}

TEST_F(SampleProducer, SaysWhichBrokerDoesNotAnswer) {
  options.bootstrap_servers = "127.0.0.1:1";
  try {
    admin::KafkaAdmin(options.bootstrap_servers, {}, std::chrono::milliseconds(500)).partition_count("x");
    FAIL() << "nobody listens there";
  } catch (const admin::KafkaError& error) {
    EXPECT_THAT(error.what(), HasSubstr("127.0.0.1:1"));
  }
}

TEST_F(SampleProducer, NamesAPropertyThatLibrdkafkaDoesNotKnow) {
  options.rdkafka = {{"no.such.property", "1"}};
  try {
    produce();
    FAIL() << "there is no such property";
  } catch (const WrongSetting& error) {
    EXPECT_THAT(error.what(), HasSubstr("no.such.property"));
  }
}

}  // namespace
}  // namespace loom::samples
