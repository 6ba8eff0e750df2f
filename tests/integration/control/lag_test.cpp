#include "control/lag.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <librdkafka/rdkafka.h>

#include <memory>

#include "control/migrations.h"
#include "support/kafka_server.h"
#include "support/postgres_server.h"

namespace loom::control {
namespace {

using loom::testing::KafkaServer;
using loom::testing::TestDatabase;
using loom::testing::unique_name;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

/// Commits an offset as a consumer of the group would.
void commit(const std::string& bootstrap, const std::string& group, const std::string& topic, std::int32_t partition,
            std::int64_t offset) {
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  rd_kafka_conf_set(conf, "bootstrap.servers", bootstrap.c_str(), nullptr, 0);
  rd_kafka_conf_set(conf, "group.id", group.c_str(), nullptr, 0);
  const std::unique_ptr<rd_kafka_t, decltype(&rd_kafka_destroy)> client(
      rd_kafka_new(RD_KAFKA_CONSUMER, conf, nullptr, 0), rd_kafka_destroy);
  ASSERT_NE(client, nullptr);
  const std::unique_ptr<rd_kafka_topic_partition_list_t, decltype(&rd_kafka_topic_partition_list_destroy)> list(
      rd_kafka_topic_partition_list_new(1), rd_kafka_topic_partition_list_destroy);
  rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), partition)->offset = offset;
  ASSERT_EQ(rd_kafka_commit(client.get(), list.get(), 0), RD_KAFKA_RESP_ERR_NO_ERROR);
}

class Lag : public ::testing::Test {
 protected:
  Lag() {
    topic = server.new_topic("lag", 2);
    std::vector<loom::testing::TestRecord> records;
    for (int i = 0; i < 10; ++i) records.push_back({"{}", "", 0, {}});
    for (int i = 0; i < 4; ++i) records.push_back({"{}", "", 1, {}});
    server.produce(topic, records);
    options.bootstrap_servers = server.bootstrap();
    options.group = unique_name("group");
  }

  KafkaServer& server = KafkaServer::shared();
  std::string topic;
  LagOptions options;
};

TEST_F(Lag, IsTheEndLessTheCommitted) {
  commit(server.bootstrap(), options.group, topic, 0, 3);
  const LagReport report = read_lag(options);
  ASSERT_THAT(report.partitions, SizeIs(2));
  EXPECT_EQ(report.partitions[0].committed, 3);
  EXPECT_EQ(report.partitions[0].end, 10);
  EXPECT_EQ(report.partitions[0].lag, 7);
  EXPECT_EQ(report.partitions[0].origin, OffsetOrigin::kafka);
}

TEST_F(Lag, CountsAPartitionWithoutACommitWhole) {
  commit(server.bootstrap(), options.group, topic, 0, 10);
  const LagReport report = read_lag(options);
  ASSERT_THAT(report.partitions, SizeIs(2));
  EXPECT_EQ(report.partitions[1].committed, std::nullopt);
  EXPECT_EQ(report.partitions[1].lag, 4);
  EXPECT_EQ(report.total(), 4);
}

TEST_F(Lag, IsNeverNegative) {
  commit(server.bootstrap(), options.group, topic, 0, 25);
  EXPECT_EQ(read_lag(options).partitions[0].lag, 0);
}

TEST_F(Lag, OfAnUnknownGroupIsEmpty) { EXPECT_THAT(read_lag(options).partitions, IsEmpty()); }

TEST_F(Lag, TakesTheDatabasesOffsetsWhereThereAreAny) {
  const TestDatabase database;
  Migrator(database.url()).apply();
  database.run("INSERT INTO kafka_consumer_offsets (consumer_group, topic, partition, next_offset) VALUES ('" +
               options.group + "', '" + topic + "', 0, 8), ('another', '" + topic + "', 1, 1)");
  commit(server.bootstrap(), options.group, topic, 0, 3);
  commit(server.bootstrap(), options.group, topic, 1, 4);
  options.database_url = database.url();
  const LagReport report = read_lag(options);
  ASSERT_THAT(report.partitions, SizeIs(2));
  EXPECT_EQ(report.partitions[0].committed, 8);
  EXPECT_EQ(report.partitions[0].origin, OffsetOrigin::database);
  EXPECT_EQ(report.partitions[1].committed, 4);
  EXPECT_EQ(report.partitions[1].origin, OffsetOrigin::kafka);
  EXPECT_EQ(report.total(), 2);
}

TEST_F(Lag, GoesOnWithoutADatabaseThatDoesNotAnswer) {
  commit(server.bootstrap(), options.group, topic, 0, 3);
  options.database_url = "postgresql://loom:s3cret@127.0.0.1:1/loom";
  const LagReport report = read_lag(options);
  EXPECT_EQ(report.partitions[0].lag, 7);
  ASSERT_THAT(report.notes, SizeIs(1));
  EXPECT_THAT(report.notes[0], ::testing::Not(HasSubstr("s3cret")));
}

TEST_F(Lag, ShowsATopicThatIsGone) {
  commit(server.bootstrap(), options.group, topic, 0, 3);
  const TestDatabase database;
  Migrator(database.url()).apply();
  const std::string gone = unique_name("gone");
  database.run("INSERT INTO kafka_consumer_offsets (consumer_group, topic, partition, next_offset) VALUES ('" +
               options.group + "', '" + gone + "', 0, 8)");
  options.database_url = database.url();
  const LagReport report = read_lag(options);
  ASSERT_THAT(report.partitions, SizeIs(3));
  EXPECT_EQ(report.partitions[0].topic, gone);
  EXPECT_EQ(report.partitions[0].lag, std::nullopt);
  EXPECT_EQ(report.partitions[1].lag, 7) << "the others are still answered";
}

}  // namespace
}  // namespace loom::control
