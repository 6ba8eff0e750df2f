#include "lag/monitor.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

#include "group_member.h"
#include "lag/lease.h"
#include "lag/report.h"
#include "schema/migrations.h"
#include "support/await.h"
#include "support/kafka_server.h"
#include "support/postgres_server.h"

namespace loom::lag {
namespace {

using namespace std::chrono_literals;
using loom::testing::await;
using loom::testing::GroupMember;
using loom::testing::KafkaServer;
using loom::testing::PostgresServer;
using loom::testing::TestDatabase;
using loom::testing::unique_name;
using ::testing::DoubleNear;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::Optional;
using ::testing::SizeIs;

constexpr auto kPatience = 30s;

/// A group with a topic of two partitions, ten messages in the first, that monitors look at ten times a second.
class MonitorTest : public ::testing::Test {
 protected:
  MonitorTest() : MonitorTest(KafkaServer::shared(), nullptr) {}
  MonitorTest(KafkaServer& kafka, std::unique_ptr<PostgresServer> postgres)
      : kafka_(kafka), postgres_(std::move(postgres)), topic_(kafka_.new_topic("lag", 2)) {
    if (postgres_) {
      database_.emplace(*postgres_);
    } else {
      database_.emplace();
    }
    schema::Migrator(database_->url()).apply();
    produce(10);
  }
  void TearDown() override {
    if (!HasFailure()) return;
    for (const auto& monitor : monitors_) {
      if (monitor) fmt::print(stderr, "reports: {}\n{}", monitor->reports(), render_table(*monitor->latest()));
    }
  }

  Monitor& watch(const std::string& reporter = "a", const Monitor::Local& local = {}) {
    MonitorSettings settings;
    settings.bootstrap_servers = kafka_.bootstrap();
    settings.group = group_;
    settings.database_url = database_->url();
    settings.reporter = reporter;
    settings.interval = 100ms;
    settings.lease = 1500ms;
    monitors_.push_back(std::make_unique<Monitor>(settings, clock_, local));
    return *monitors_.back();
  }
  /// Messages of that age into the first partition.
  void produce(int messages, std::chrono::seconds age = 0s) {
    const std::int64_t then = clock_.wall_us() / 1000 - std::chrono::milliseconds(age).count();
    kafka_.produce(topic_,
                   std::vector<loom::testing::TestRecord>(static_cast<std::size_t>(messages), {"{}", "", 0, {}, then}));
  }
  void store(std::int64_t offset, std::int32_t partition = 0) {
    database_->run(
        fmt::format("INSERT INTO kafka_consumer_offsets (consumer_group, topic, partition, next_offset) "
                    "VALUES ('{}', '{}', {}, {}) ON CONFLICT (consumer_group, topic, partition) "
                    "DO UPDATE SET next_offset = excluded.next_offset",
                    group_, topic_, partition, offset));
  }
  /// The first partition, as the monitor sees it.
  [[nodiscard]] static PartitionLag seen(const Monitor& monitor) {
    const auto lag = monitor.latest();
    return lag->partitions.empty() ? PartitionLag{} : lag->partitions[0];
  }
  [[nodiscard]] static bool await_lag(const Monitor& monitor, std::int64_t lag) {
    return await(kPatience, [&] { return seen(monitor).lag == lag; });
  }
  [[nodiscard]] static bool await_state(const Monitor& monitor, State state) {
    return await(kPatience, [&] { return seen(monitor).state == state; });
  }
  /// Waits until samples have been taken that begin after now.
  static void await_samples(const Monitor& monitor, int samples) {
    for (int i = 0; i <= samples; ++i) {
      const auto before = monitor.latest();
      ASSERT_TRUE(await(
          kPatience, [&] { return monitor.latest() != before; }, 2ms));
    }
  }

  SystemClock clock_;
  KafkaServer& kafka_;
  std::unique_ptr<PostgresServer> postgres_;
  std::string topic_;
  std::string group_ = unique_name("group");
  std::optional<TestDatabase> database_;
  std::vector<std::unique_ptr<Monitor>> monitors_;
};

TEST_F(MonitorTest, BeforeTheFirstSampleThereIsAnEmptyOne) {
  const Monitor& monitor = watch();
  ASSERT_NE(monitor.latest(), nullptr);
  EXPECT_EQ(monitor.latest()->group, group_);
}

TEST_F(MonitorTest, OfAStoppedGroupTellsHowLongItsMessagesWait) {
  kafka_.delete_records(topic_, 0, 10);
  produce(5, 60s);
  produce(5, 30s);
  store(15);
  store(0, 1);
  const Monitor& monitor = watch();
  ASSERT_TRUE(await_lag(monitor, 5));
  EXPECT_THAT(seen(monitor).seconds, Optional(DoubleNear(30, 3)));
  EXPECT_EQ(monitor.latest()->partitions[1].seconds, 0);
  EXPECT_EQ(seen(monitor).retention_ratio, 0.5);
  EXPECT_TRUE(await_state(monitor, State::stop));
  const double before = monitor.latest()->seconds();
  EXPECT_GT(before, 0);
  EXPECT_TRUE(await(kPatience, [&] { return monitor.latest()->seconds() > before + 0.5; })) << "it waits on";
  EXPECT_THAT(monitor.latest()->notes, IsEmpty());
}

TEST_F(MonitorTest, AMemberThatHangsStallsAndOneThatIsGoneStops) {
  store(3);
  auto member = std::make_unique<GroupMember>(kafka_.bootstrap(), group_, topic_);
  const Monitor& monitor = watch();
  EXPECT_TRUE(await_state(monitor, State::stall));
  EXPECT_EQ(seen(monitor).assigned, true);
  member.reset();
  EXPECT_TRUE(await_state(monitor, State::stop));
  EXPECT_EQ(seen(monitor).assigned, false);
  store(10);
  EXPECT_TRUE(await_state(monitor, State::ok));
}

TEST_F(MonitorTest, AnOffsetThatGoesBackIsARewind) {
  store(8);
  const Monitor& monitor = watch();
  ASSERT_TRUE(await_lag(monitor, 2));
  store(4);
  EXPECT_TRUE(await_state(monitor, State::rewind));
  EXPECT_EQ(seen(monitor).lag, 6);
}

TEST_F(MonitorTest, WhatThisProcessKnowsIsNewerThanTheDatabase) {
  store(3);
  const std::int64_t then = clock_.wall_us() / 1000 - 5'000;
  const Monitor& monitor = watch("a", [&] { return std::vector<LocalPosition>{{topic_, 0, 7, then}}; });
  ASSERT_TRUE(await_lag(monitor, 3));
  EXPECT_EQ(seen(monitor).committed, 7);
  EXPECT_EQ(seen(monitor).assigned, true);
  EXPECT_THAT(seen(monitor).seconds, Optional(DoubleNear(5, 3)));
}

TEST_F(MonitorTest, ATopicThatIsMadeAgainNeverHasNegativeLag) {
  store(8);
  const Monitor& monitor = watch();
  ASSERT_TRUE(await_lag(monitor, 2));
  kafka_.delete_topic(topic_);
  kafka_.create_topic(topic_, 2);
  produce(3);
  ASSERT_TRUE(await(kPatience, [&] {
    EXPECT_GE(seen(monitor).lag.value_or(0), 0);
    EXPECT_GE(seen(monitor).produced_per_second, 0);
    return seen(monitor).end == 3;
  }));
  EXPECT_EQ(seen(monitor).lag, 0);
  store(1);
  EXPECT_TRUE(await_lag(monitor, 2));
}

TEST_F(MonitorTest, WatchesOnlyWhatItIsToldToCover) {
  const std::string mapped = kafka_.new_topic("mapped", 1);
  store(3);
  MonitorSettings settings;
  settings.bootstrap_servers = kafka_.bootstrap();
  settings.group = group_;
  settings.database_url = database_->url();
  settings.interval = 100ms;
  settings.covers = [&](const std::string& topic) { return topic == mapped; };
  const Monitor monitor(settings, clock_, {});
  ASSERT_TRUE(await(kPatience, [&] { return !monitor.latest()->partitions.empty(); }));
  ASSERT_THAT(monitor.latest()->partitions, SizeIs(1));
  EXPECT_EQ(monitor.latest()->partitions[0].topic, mapped) << "though the group has no offset of it yet";
}

TEST_F(MonitorTest, OneOfTwoReportsAndTheOtherTakesOverWhenItEnds) {
  store(3);
  const Monitor& first = watch("first");
  ASSERT_TRUE(await(kPatience, [&] { return first.reports(); }));
  EXPECT_EQ(seen(first).lag, 7) << "who reports has something to report";
  const Monitor& second = watch("second");
  await_samples(second, 5);
  EXPECT_TRUE(first.reports());
  EXPECT_FALSE(second.reports());
  const auto ended = std::chrono::steady_clock::now();
  monitors_[0].reset();
  EXPECT_TRUE(await(kPatience, [&] { return second.reports(); }));
  EXPECT_LT(std::chrono::steady_clock::now() - ended, 1s) << "it let go";
}

TEST_F(MonitorTest, TakesOverFromAReporterThatDied) {
  store(3);
  Lease dead(database_->url(), group_, "dead", 5000ms);
  ASSERT_EQ(dead.renew(), Lease::Answer::ours);
  const Monitor& monitor = watch();
  await_samples(monitor, 2);
  EXPECT_FALSE(monitor.reports());
  EXPECT_TRUE(await(kPatience, [&] { return monitor.reports(); }));
}

TEST_F(MonitorTest, WithoutTheTableNobodyReportsAndLagIsStillKnown) {
  database_->run("DROP TABLE kafka_lag_reporters");
  store(3);
  const Monitor& monitor = watch();
  ASSERT_TRUE(await_lag(monitor, 7));
  EXPECT_TRUE(await(kPatience, [&] { return !monitor.latest()->notes.empty(); }));
  EXPECT_THAT(monitor.latest()->notes.at(0), HasSubstr("kafka_lag_reporters"));
  EXPECT_FALSE(monitor.reports());
}

class MonitorWithoutDatabaseTest : public MonitorTest {
 protected:
  MonitorWithoutDatabaseTest() : MonitorTest(KafkaServer::shared(), std::make_unique<PostgresServer>()) {}
};

TEST_F(MonitorWithoutDatabaseTest, WhoReportsGoesOnAndNobodyElseBegins) {
  store(3);
  const Monitor& first = watch("first");
  ASSERT_TRUE(await(kPatience, [&] { return first.reports(); }));
  const Monitor& second = watch("second");
  ASSERT_TRUE(await_lag(second, 7));
  postgres_->stop_immediately();
  ASSERT_TRUE(await(kPatience, [&] { return !first.latest()->notes.empty() && !second.latest()->notes.empty(); }));
  produce(5);
  EXPECT_TRUE(await_lag(first, 12)) << "the log's end is known without the database";
  EXPECT_TRUE(await_lag(second, 12));
  await_samples(first, 20);
  EXPECT_TRUE(first.reports());
  EXPECT_FALSE(second.reports());
  EXPECT_EQ(seen(first).committed, 3);
  postgres_->restart();
  EXPECT_TRUE(await(kPatience, [&] { return first.latest()->notes.empty(); }));
  EXPECT_TRUE(await(kPatience, [&] { return first.reports() != second.reports(); }));
}

class MonitorWithoutKafkaTest : public MonitorTest {
 protected:
  MonitorWithoutKafkaTest() : MonitorWithoutKafkaTest(std::make_unique<KafkaServer>()) {}

 private:
  explicit MonitorWithoutKafkaTest(std::unique_ptr<KafkaServer> server)
      : MonitorTest(*server, nullptr), own_(std::move(server)) {}
  void TearDown() override {
    MonitorTest::TearDown();
    monitors_.clear();
  }
  std::unique_ptr<KafkaServer> own_;
};

TEST_F(MonitorWithoutKafkaTest, KeepsTheLastLagAndIsBackSoonAfterTheBroker) {
  store(3);
  const Monitor& monitor = watch();
  ASSERT_TRUE(await(kPatience, [&] { return monitor.reports() && seen(monitor).lag == 7 && seen(monitor).seconds; }));
  const auto sampled = monitor.latest()->sampled_us;
  kafka_.kill9();
  ASSERT_TRUE(await(kPatience, [&] { return !monitor.latest()->notes.empty(); }));
  EXPECT_THAT(monitor.latest()->notes.at(0), HasSubstr("Kafka does not answer"));
  await_samples(monitor, 3);
  EXPECT_EQ(seen(monitor).lag, 7);
  EXPECT_TRUE(monitor.reports()) << "old lag is better than none";
  EXPECT_GE(monitor.latest()->sampled_us, sampled);
  const double before = monitor.latest()->seconds();
  EXPECT_GT(before, 0);
  EXPECT_TRUE(await(kPatience, [&] { return monitor.latest()->seconds() > before + 0.5; })) << "it waits on";
  kafka_.restart();
  const auto back = std::chrono::steady_clock::now();
  EXPECT_TRUE(await(kPatience, [&] { return monitor.latest()->notes.empty(); }));
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - back);
  EXPECT_LT(took, 10s);
  fmt::print("sampled again {} ms after the broker was ready\n", took.count());
  EXPECT_EQ(seen(monitor).lag, 7);
  produce(2);
  EXPECT_TRUE(await_lag(monitor, 9));
}

}  // namespace
}  // namespace loom::lag
