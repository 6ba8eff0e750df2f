#include "lag/look.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

#include "admin/kafka_admin.h"
#include "base/clock.h"
#include "group_member.h"
#include "schema/migrations.h"
#include "support/kafka_server.h"
#include "support/kafka_test_client.h"
#include "support/postgres_server.h"

namespace loom::lag {
namespace {

using namespace std::chrono_literals;
using loom::testing::commit_in_kafka;
using loom::testing::GroupMember;
using loom::testing::KafkaServer;
using loom::testing::TestDatabase;
using loom::testing::unique_name;
using ::testing::DoubleNear;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::Optional;
using ::testing::SizeIs;

std::int64_t now_ms() { return SystemClock().wall_us() / 1000; }

class LookTest : public ::testing::Test {
 protected:
  LookTest() : topic(server.new_topic("lag", 2)), sent_ms(now_ms()) {
    std::vector<loom::testing::TestRecord> records;
    // A second apart, the last of them a minute ago.
    for (int i = 0; i < 10; ++i) records.push_back({"{}", "", 0, {}, sent_ms - 60'000 - (9 - i) * 1000});
    for (int i = 0; i < 4; ++i) records.push_back({"{}", "", 1, {}});
    server.produce(topic, records);
    options.bootstrap_servers = server.bootstrap();
    options.group = unique_name("group");
  }
  void commit(std::int64_t first, std::int64_t second = -1) {
    commit_in_kafka(server.bootstrap(), options.group, topic, {first, second});
  }
  void store(const std::string& in_topic, std::int32_t partition, std::int64_t offset) {
    if (!database) {
      database = std::make_unique<TestDatabase>();
      schema::Migrator(database->url()).apply();
      options.database_url = database->url();
    }
    database->run("INSERT INTO kafka_consumer_offsets (consumer_group, topic, partition, next_offset) VALUES ('" +
                  options.group + "', '" + in_topic + "', " + std::to_string(partition) + ", " +
                  std::to_string(offset) + ")");
  }

  KafkaServer& server = KafkaServer::shared();
  std::string topic;
  std::int64_t sent_ms;
  LookOptions options;
  std::unique_ptr<TestDatabase> database;
};

TEST_F(LookTest, LagIsTheEndLessTheCommitted) {
  commit(3);
  const GroupLag lag = read_lag(options);
  ASSERT_THAT(lag.partitions, SizeIs(2));
  EXPECT_EQ(lag.partitions[0].committed, 3);
  EXPECT_EQ(lag.partitions[0].begin, 0);
  EXPECT_EQ(lag.partitions[0].end, 10);
  EXPECT_EQ(lag.partitions[0].lag, 7);
  EXPECT_EQ(lag.partitions[0].origin, OffsetOrigin::kafka);
  EXPECT_THAT(lag.notes, IsEmpty());
  EXPECT_NEAR(static_cast<double>(lag.sampled_us) / 1e6, static_cast<double>(now_ms()) / 1e3, 10);
}

TEST_F(LookTest, SecondsAreTheAgeOfTheFirstMessageThatWaits) {
  commit(3, 4);
  const GroupLag lag = read_lag(options);
  ASSERT_THAT(lag.partitions, SizeIs(2));
  const double since = static_cast<double>(now_ms() - sent_ms) / 1000;
  EXPECT_THAT(lag.partitions[0].seconds, Optional(DoubleNear(66 + since, 1.5)));
  EXPECT_EQ(lag.partitions[1].seconds, 0);
  EXPECT_THAT(lag.seconds(), DoubleNear(66 + since, 1.5));
}

TEST_F(LookTest, AStoppedGroupIsStoppedAndWithoutLagItIsWell) {
  commit(3, 4);
  const GroupLag lag = read_lag(options);
  ASSERT_THAT(lag.partitions, SizeIs(2));
  EXPECT_EQ(lag.partitions[0].state, State::stop);
  EXPECT_EQ(lag.partitions[0].assigned, false);
  EXPECT_EQ(lag.partitions[1].state, State::ok);
  EXPECT_EQ(lag.worst(), State::stop);
}

TEST_F(LookTest, OneLookAtAGroupThatWorksCannotTellHowItDoes) {
  const GroupMember member(server.bootstrap(), options.group, topic);
  const GroupLag lag = read_lag(options);
  ASSERT_THAT(lag.partitions, SizeIs(2)) << "also what it owns and has committed nothing of";
  EXPECT_EQ(lag.partitions[0].assigned, true);
  EXPECT_EQ(lag.partitions[0].lag, 10);
  EXPECT_EQ(lag.partitions[0].state, State::unknown);
}

TEST_F(LookTest, RetentionIsTheShareOfTheLogThatIsNotStored) {
  commit(5, 4);
  server.delete_records(topic, 0, 4);
  const GroupLag lag = read_lag(options);
  EXPECT_THAT(lag.partitions.at(0).retention_ratio, Optional(DoubleNear(5.0 / 6, 0.001)));
  EXPECT_EQ(lag.partitions.at(1).retention_ratio, 0);
}

TEST_F(LookTest, APartitionWithoutACommitCountsWhole) {
  commit(10);
  const GroupLag lag = read_lag(options);
  ASSERT_THAT(lag.partitions, SizeIs(2));
  EXPECT_EQ(lag.partitions[1].committed, std::nullopt);
  EXPECT_EQ(lag.partitions[1].lag, 4);
  EXPECT_EQ(lag.total(), 4);
}

TEST_F(LookTest, LagIsNeverNegative) {
  commit(25);
  EXPECT_EQ(read_lag(options).partitions.at(0).lag, 0);
}

TEST_F(LookTest, AnUnknownGroupHasNone) { EXPECT_THAT(read_lag(options).partitions, IsEmpty()); }

TEST_F(LookTest, TheDatabasesOffsetsRuleWhereThereAreAny) {
  store(topic, 0, 8);
  commit(3, 4);
  const GroupLag lag = read_lag(options);
  ASSERT_THAT(lag.partitions, SizeIs(2));
  EXPECT_EQ(lag.partitions[0].committed, 8);
  EXPECT_EQ(lag.partitions[0].origin, OffsetOrigin::database);
  EXPECT_EQ(lag.partitions[1].committed, 4);
  EXPECT_EQ(lag.partitions[1].origin, OffsetOrigin::kafka);
  EXPECT_EQ(lag.total(), 2);
}

TEST_F(LookTest, ADatabaseThatDoesNotAnswerIsANote) {
  commit(3);
  options.database_url = "postgresql://loom:s3cret@127.0.0.1:1/loom";
  const GroupLag lag = read_lag(options);
  EXPECT_EQ(lag.partitions.at(0).lag, 7);
  ASSERT_THAT(lag.notes, SizeIs(1));
  EXPECT_THAT(lag.notes[0], Not(HasSubstr("s3cret")));
}

TEST_F(LookTest, ATopicThatIsGoneIsShownAndKeepsNobodyWaiting) {
  commit(3);
  const std::string gone = unique_name("gone");
  store(gone, 0, 8);
  const auto begin = std::chrono::steady_clock::now();
  const GroupLag lag = read_lag(options);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 5s);
  ASSERT_THAT(lag.partitions, SizeIs(3));
  EXPECT_EQ(lag.partitions[0].topic, gone);
  EXPECT_EQ(lag.partitions[0].committed, 8);
  EXPECT_EQ(lag.partitions[0].lag, std::nullopt);
  EXPECT_EQ(lag.partitions[1].lag, 7) << "the others are still answered";
}

TEST_F(LookTest, WithoutKafkaThereIsNothingToShow) {
  options.bootstrap_servers = "127.0.0.1:1";
  options.rdkafka["log_level"] = "0";
  EXPECT_THROW(read_lag(options), admin::KafkaError);
}

TEST_F(LookTest, WatchingTellsRatesAndTheTimeToCatchUp) {
  commit(0, 4);
  std::atomic<bool> stop{false};
  std::vector<GroupLag> seen;
  watch_lag(options, 300ms, stop, [&](const GroupLag& lag) {
    seen.push_back(lag);
    const auto looks = static_cast<std::int64_t>(seen.size());
    if (looks < 6) commit(looks, 4);
    stop = looks == 6;
  });
  EXPECT_EQ(seen.front().window_seconds, 0);
  const GroupLag& last = seen.back();
  EXPECT_GT(last.window_seconds, 1);
  EXPECT_EQ(last.partitions.at(0).committed, 5);
  EXPECT_NEAR(last.partitions[0].consumed_per_second * last.window_seconds, 5, 0.1);
  EXPECT_EQ(last.partitions[0].produced_per_second, 0);
  ASSERT_TRUE(last.catch_up_seconds().has_value());
  EXPECT_NEAR(*last.catch_up_seconds(), last.window_seconds, 0.1) << "as many are left as went";
}

}  // namespace
}  // namespace loom::lag
