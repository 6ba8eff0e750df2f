#include "base/log_repeats.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace loom::log {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

/// Steps through time and notes the lines.
class RepeatsTest : public ::testing::Test {
 protected:
  std::vector<std::string> happen(const std::string& message, std::string_view kind = "kind",
                                  const std::string& topic = "") {
    std::vector<Event> lines;
    repeats.take(now, kind, event(message, topic), lines);
    return texts(lines);
  }
  std::vector<std::string> tell(bool all = false) {
    std::vector<Event> lines;
    repeats.tell(now, all, lines);
    return texts(lines);
  }
  static Event event(const std::string& message, const std::string& topic) {
    Event one;
    one.message = message;
    one.topic = topic;
    return one;
  }
  static std::vector<std::string> texts(const std::vector<Event>& lines) {
    std::vector<std::string> texts;
    for (const Event& line : lines) texts.push_back(line.message);
    return texts;
  }

  Repeats repeats;
  TimePoint now{seconds(1000)};
};

TEST_F(RepeatsTest, TheFirstIsWrittenAtOnceAndTheRestCounted) {
  EXPECT_THAT(happen("broken 0"), ElementsAre("broken 0"));
  for (int i = 1; i <= 4214; ++i) EXPECT_THAT(happen("broken " + std::to_string(i)), IsEmpty());
  now += seconds(9);
  EXPECT_THAT(tell(), IsEmpty());
  now += seconds(1);
  EXPECT_THAT(tell(), ElementsAre("broken 4214 (and 4,213 more in the last 10 s)"));
  EXPECT_THAT(tell(), IsEmpty());
}

TEST_F(RepeatsTest, ItIsTheNextEventThatTellsWhenNobodyAsks) {
  happen("first");
  happen("second");
  happen("third");
  now += seconds(12);
  EXPECT_THAT(happen("fourth"), ElementsAre("fourth (and 2 more in the last 12 s)"));
  EXPECT_THAT(happen("fifth"), IsEmpty());
}

TEST_F(RepeatsTest, OneThatGoesOnHasALineEachTenSeconds) {
  std::size_t lines = 0;
  for (int i = 0; i < 60'000; ++i, now += milliseconds(1)) lines += happen("again").size() + tell().size();
  EXPECT_EQ(lines, 6U);
}

TEST_F(RepeatsTest, AfterAQuietTimeItIsWrittenAtOnceAgain) {
  happen("one");
  now += seconds(10);
  EXPECT_THAT(tell(), IsEmpty()) << "nothing was held back";
  EXPECT_EQ(repeats.size(), 0U);
  EXPECT_THAT(happen("another"), ElementsAre("another"));
}

TEST_F(RepeatsTest, OneHeldBackIsToldWithoutACount) {
  happen("one");
  happen("two");
  now += seconds(10);
  EXPECT_THAT(tell(), ElementsAre("two"));
}

TEST_F(RepeatsTest, TopicsAndKindsAreCountedApart) {
  EXPECT_THAT(happen("a", "kind", "users"), ElementsAre("a"));
  EXPECT_THAT(happen("b", "kind", "orders"), ElementsAre("b"));
  EXPECT_THAT(happen("c", "other", "users"), ElementsAre("c"));
  EXPECT_THAT(happen("d", "kind", "users"), IsEmpty());
  now += seconds(10);
  EXPECT_THAT(tell(), ElementsAre("d"));
}

TEST_F(RepeatsTest, OneKindHasAtMostTwentyLinesOverAllTopics) {
  std::size_t lines = 0;
  for (int topic = 0; topic < 100; ++topic) lines += happen("stopped", "kind", std::to_string(topic)).size();
  EXPECT_EQ(lines, Repeats::kLines);
  EXPECT_THAT(happen("else", "other"), SizeIs(1)) << "other kinds are not held back by it";
  now += seconds(10);
  EXPECT_THAT(tell(), ElementsAre("stopped (and 79 more in the last 10 s, all topics together)"));
}

TEST_F(RepeatsTest, AtTheEndAllIsTold) {
  for (int i = 0; i < 3; ++i) happen("users", "kind", "users");
  for (int topic = 0; topic < 30; ++topic) happen("many", "other", std::to_string(topic));
  EXPECT_THAT(tell(true), ElementsAre("users (and 1 more in the last 1 s)",
                                      "many (and 9 more in the last 1 s, all topics together)"));
  EXPECT_THAT(tell(true), IsEmpty());
}

TEST_F(RepeatsTest, WhatIsRememberedIsBounded) {
  for (int i = 0; i < 20'000; ++i) {
    happen(std::string(10'000, 'x'), "kind " + std::to_string(i % 500), "topic " + std::to_string(i));
    ASSERT_LE(repeats.size(), Repeats::kKeys);
  }
  now += seconds(20);
  for (const std::string& line : tell()) EXPECT_LT(line.size(), kKeptMessageMax + 100);
  now += seconds(20);
  tell();
  EXPECT_EQ(repeats.size(), 0U);
}

TEST_F(RepeatsTest, EveryEventIsInOneLineOrOneCount) {
  const std::uint64_t seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  std::uint64_t told = 0;
  const auto add = [&told](const std::vector<std::string>& lines) {
    for (const std::string& line : lines) {
      ++told;
      const std::size_t at = line.find("(and ");
      if (at == std::string::npos) continue;
      std::string digits = line.substr(at + 5, line.find(" more") - at - 5);
      std::erase(digits, ',');
      told += std::stoull(digits);
    }
  };
  constexpr std::uint64_t kEvents = 200'000;
  for (std::uint64_t i = 0; i < kEvents; ++i) {
    add(happen("event", "kind " + std::to_string(random() % 300), "topic " + std::to_string(random() % 30)));
    if (random() % 3 == 0) now += milliseconds(random() % 50);
    if (random() % 1000 == 0) now += seconds(random() % 15);
    if (random() % 500 == 0) add(tell());
  }
  add(tell(true));
  EXPECT_EQ(told, kEvents);
}

TEST(ThousandsTest, AreSeparated) {
  EXPECT_EQ(with_thousands(0), "0");
  EXPECT_EQ(with_thousands(999), "999");
  EXPECT_EQ(with_thousands(1000), "1,000");
  EXPECT_EQ(with_thousands(1234567), "1,234,567");
}

TEST(BeginningTest, IsCutBetweenCharacters) {
  EXPECT_EQ(beginning("gr\xC3\xBC\xC3\x9F", 3), "gr");
  EXPECT_EQ(beginning("gr\xC3\xBC\xC3\x9F", 4), "gr\xC3\xBC");
  EXPECT_EQ(beginning("\x80\x80\x80", 2), "");
}

}  // namespace
}  // namespace loom::log
