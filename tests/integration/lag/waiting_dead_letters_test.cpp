#include "lag/waiting_dead_letters.h"

#include <gtest/gtest.h>

#include <string>

#include "schema/migrations.h"
#include "support/manual_clock.h"
#include "support/postgres_server.h"

namespace loom::lag {
namespace {

using namespace std::chrono_literals;

class WaitingDeadLettersTest : public ::testing::Test {
 protected:
  WaitingDeadLettersTest() {
    schema::Migrator(database_.url()).apply();
    std::string why;
    connection_ = sink::Connection::open({.url = database_.url(), .application_name = "test"}, why);
  }

  void add(const std::string& group, const std::string& topic, const std::string& reason, int count, int from = 0) {
    database_.run(
        "INSERT INTO kafka_dead_letters (consumer_group, topic, partition, \"offset\", value, reason, message, "
        "trace_id) SELECT '" +
        group + "', '" + topic + "', 0, i, 'v', '" + reason + "', 'message ' || i, 't' || i FROM " +
        "generate_series(" + std::to_string(from) + ", " + std::to_string(from + count - 1) + ") i");
  }
  /// What a look says some time after the one before.
  std::shared_ptr<const WaitingDeadLetters> look() {
    clock_.advance(1h);
    return counter_.look(*connection_);
  }

  loom::testing::TestDatabase database_;
  test_support::ManualClock clock_;
  std::unique_ptr<sink::Connection> connection_;
  WaitingCounter counter_{"g'", clock_};
};

TEST_F(WaitingDeadLettersTest, AreCountedByTopicAndReason) {
  ASSERT_EQ(look()->total(), 0u);
  add("g''", "a", "tombstone", 3);
  add("g''", "a", "invalid_json", 2, 10);
  add("g''", "z", "invalid_json", 1);
  add("another", "b", "invalid_json", 7);
  const auto found = look();
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->total(), 6u);
  EXPECT_FALSE(found->at_least());
  ASSERT_EQ(found->topics.size(), 2u);
  EXPECT_EQ(found->topics.at("a").at("tombstone").count, 3u);
  const WaitingKind& bad = found->topics.at("a").at("invalid_json");
  EXPECT_EQ(bad.count, 2u);
  EXPECT_EQ(bad.message, "message 11");
  EXPECT_EQ(bad.offset, 11);
  EXPECT_EQ(bad.trace_id, "t11");
  EXPECT_GT(bad.created_us, 0);
}

TEST_F(WaitingDeadLettersTest, CountingEndsAtABoundForEachTopic) {
  add("g''", "a", "tombstone", 10'500);
  add("g''", "b", "tombstone", 5);
  const auto found = look();
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->topics.at("a").at("tombstone").count, WaitingDeadLetters::kTopicMost);
  EXPECT_EQ(found->topics.at("b").at("tombstone").count, 5u);
  EXPECT_TRUE(found->at_least());
}

TEST_F(WaitingDeadLettersTest, AreLookedAtNowAndThen) {
  ASSERT_NE(look(), nullptr);
  EXPECT_EQ(counter_.look(*connection_), nullptr) << "it is not time";
  clock_.advance(6s);
  EXPECT_NE(counter_.look(*connection_), nullptr);
  database_.run("ALTER TABLE kafka_dead_letters RENAME TO away");
  EXPECT_EQ(look(), nullptr);
  EXPECT_FALSE(connection_->lost()) << "it is the lease's";
  database_.run("ALTER TABLE away RENAME TO kafka_dead_letters");
  clock_.advance(6s);
  EXPECT_EQ(counter_.look(*connection_), nullptr) << "a failure is in the database's log each time";
  EXPECT_NE(look(), nullptr);
}

}  // namespace
}  // namespace loom::lag
