#include "status/rates.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace loom::status {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// Counters that are looked at whenever the test says so.
class RatesTest : public ::testing::Test {
 protected:
  void count(const std::string& topic, std::uint64_t messages, std::uint64_t rows) {
    counters.of(topic).messages += messages;
    counters.of(topic).rows += rows;
  }
  void look_after(milliseconds time, std::int64_t lag = 0) {
    now += time;
    wall_us += time.count() * 1000;
    rates.sample(now, wall_us, counters, lag);
  }

  pipeline::Counters counters;
  Rates rates;
  TimePoint now{std::chrono::hours(1)};
  std::int64_t wall_us = 1'000'000'000'000'000;
};

TEST_F(RatesTest, NothingIsKnownBeforeTheSecondLook) {
  count("a", 100, 90);
  look_after(seconds(0));
  EXPECT_EQ(rates.messages("a").last_second, 0);
  EXPECT_EQ(rates.messages().last_minute, 0);
  EXPECT_EQ(rates.messages("unheard of").last_second, 0);
}

TEST_F(RatesTest, ARateIsDividedByTheTimeThatReallyPassed) {
  look_after(seconds(0));
  count("a", 100, 50);
  look_after(milliseconds(500));
  EXPECT_DOUBLE_EQ(rates.messages("a").last_second, 200);
  EXPECT_DOUBLE_EQ(rates.rows("a").last_second, 100);
  count("a", 100, 50);
  look_after(milliseconds(4000));
  EXPECT_DOUBLE_EQ(rates.messages("a").last_second, 25);
  EXPECT_DOUBLE_EQ(rates.messages("a").last_minute, 200 / 4.5);
}

TEST_F(RatesTest, TheLastMinuteForgetsWhatIsOlder) {
  look_after(seconds(0));
  for (int i = 0; i < 60; ++i) {
    count("a", 1000, 0);
    look_after(seconds(1));
  }
  EXPECT_DOUBLE_EQ(rates.messages("a").last_minute, 1000);
  for (int i = 0; i < 30; ++i) look_after(seconds(1));
  EXPECT_DOUBLE_EQ(rates.messages("a").last_minute, 500);
  EXPECT_DOUBLE_EQ(rates.messages("a").last_second, 0);
  for (int i = 0; i < 30; ++i) look_after(seconds(1));
  EXPECT_DOUBLE_EQ(rates.messages("a").last_minute, 0);
}

TEST_F(RatesTest, AllTopicsAreSummed) {
  look_after(seconds(0));
  count("a", 10, 1);
  count("b", 20, 2);
  look_after(seconds(1));
  EXPECT_DOUBLE_EQ(rates.messages().last_second, 30);
  EXPECT_DOUBLE_EQ(rates.rows().last_second, 3);
}

TEST_F(RatesTest, ATopicThatAppearsCountsFromTheLookBefore) {
  look_after(seconds(0));
  look_after(seconds(1));
  count("new", 40, 40);
  look_after(seconds(1));
  EXPECT_DOUBLE_EQ(rates.messages("new").last_second, 40);
  EXPECT_DOUBLE_EQ(rates.messages("new").last_minute, 40);
}

TEST_F(RatesTest, TwoLooksAtOnceAreOne) {
  look_after(seconds(0));
  count("a", 10, 10);
  look_after(seconds(1));
  count("a", 10, 10);
  look_after(milliseconds(0));
  look_after(milliseconds(10));
  EXPECT_DOUBLE_EQ(rates.messages("a").last_second, 10);
  look_after(milliseconds(990));
  EXPECT_DOUBLE_EQ(rates.messages("a").last_second, 10);
}

TEST_F(RatesTest, OtherCountersThatBeginAgainGiveNoNegativeRate) {
  count("a", 1000, 1000);
  look_after(seconds(0));
  look_after(seconds(1));
  const pipeline::Counters fresh;
  now += seconds(1);
  rates.sample(now, wall_us, fresh, 0);
  EXPECT_DOUBLE_EQ(rates.messages().last_second, 0);
  EXPECT_DOUBLE_EQ(rates.messages("a").last_second, 0) << "the topic has vanished";
}

TEST_F(RatesTest, HistoryIsFiveMinutesOfPoints) {
  look_after(seconds(0));
  for (int i = 1; i <= 400; ++i) {
    count("a", 10, 20);
    look_after(seconds(1), i);
  }
  const auto history = rates.history();
  ASSERT_EQ(history.size(), 300u);
  EXPECT_EQ(history.back().lag, 400);
  EXPECT_EQ(history.front().lag, 101);
  EXPECT_DOUBLE_EQ(history.back().messages_per_second, 10);
  EXPECT_DOUBLE_EQ(history.back().rows_per_second, 20);
  EXPECT_EQ(history.back().wall_us - history.front().wall_us, 299 * 1'000'000);
}

TEST_F(RatesTest, TheMinuteIsCountedUpToThisMoment) {
  pipeline::TopicCounters& topic = counters.of("a");
  count("a", 1000, 900);
  look_after(seconds(0));
  topic.messages += 5;
  topic.stored_messages += 5;
  topic.dead_letters[static_cast<std::size_t>(RejectReason::invalid_json)] += 5;
  topic.retried_batches += 2;
  const Window minute = rates.minute(now + seconds(1), "a", topic);
  EXPECT_DOUBLE_EQ(minute.seconds, 1);
  EXPECT_EQ(minute.messages, 5U);
  EXPECT_EQ(minute.stored, 5U);
  EXPECT_EQ(minute.rows, 0U);
  EXPECT_EQ(minute.dead_letters, 5U);
  EXPECT_EQ(minute.retries, 2U);
  EXPECT_DOUBLE_EQ(minute.dead_letter_share(), 1);
  EXPECT_EQ(rates.minute(now + seconds(1), counters).dead_letters, 5U);
  for (int i = 0; i < 62; ++i) look_after(seconds(1));
  EXPECT_EQ(rates.minute(now, "a", topic).dead_letters, 0U) << "more than a minute ago";
  EXPECT_DOUBLE_EQ(rates.minute(now, counters).seconds, 60);
}

TEST_F(RatesTest, ATopicThatAppearedJustNowHasAMinuteToo) {
  look_after(seconds(0));
  look_after(seconds(1));
  pipeline::TopicCounters& fresh = counters.of("fresh");
  fresh.stored_messages = 3;
  EXPECT_EQ(rates.minute(now, "fresh", fresh).stored, 3U);
  EXPECT_EQ(Window{}.dead_letter_share(), 0);
}

}  // namespace
}  // namespace loom::status
