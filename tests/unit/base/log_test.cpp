#include "base/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <memory>
#include <mutex>
#include <thread>

namespace loom::log {
namespace {

using ::testing::ElementsAre;

/// Keeps what the default logger is given, and what it is told to be about.
class Lines final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  struct Line {
    std::string text;
    bool has_fields = false;
    std::string topic;
    std::optional<std::int64_t> offset;
  };
  std::vector<Line> take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(lines_, {});
  }

 private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    Line line{.text = {message.payload.data(), message.payload.size()}, .topic = {}, .offset = {}};
    if (const About* about = current()) {
      line.has_fields = true;
      line.topic = about->topic;
      line.offset = about->offset;
    }
    lines_.push_back(std::move(line));
  }
  void flush_() override {}

  std::vector<Line> lines_;  // guarded by base_sink's mutex_
};

class LogTest : public ::testing::Test {
 protected:
  LogTest() : before_(spdlog::default_logger()) {
    tell_repeats(true);  // of the test before
    auto logger = std::make_shared<spdlog::logger>("test", lines);
    logger->set_level(spdlog::level::info);
    spdlog::set_default_logger(logger);
  }
  ~LogTest() override { spdlog::set_default_logger(before_); }

  std::vector<std::string> texts() {
    std::vector<std::string> texts;
    for (auto& line : lines->take()) texts.push_back(std::move(line.text));
    return texts;
  }

  std::shared_ptr<Lines> lines = std::make_shared<Lines>();
  /// What the process remembers of one test is nothing to the next, nor to the same test again.
  const std::string topic = "topic-" + std::to_string(++tests_);

 private:
  static inline int tests_ = 0;
  std::shared_ptr<spdlog::logger> before_;
};

TEST_F(LogTest, WhatItIsAboutStandsBeforeTheMessage) {
  info({.topic = "gps.raw", .partition = 3, .offset = 17}, "{} and {}", 1, "two");
  info({.topic = "gps.raw", .batch = 5, .reason = "23505"}, "braces {{}}");
  info({}, "nothing");
  spdlog::info("plain");
  EXPECT_THAT(texts(), ElementsAre("topic gps.raw partition 3 offset 17: 1 and two", "topic gps.raw: braces {}",
                                   "nothing", "plain"));
}

TEST_F(LogTest, TheFieldsAreThereWhileTheLineIsWritten) {
  warn({.topic = topic, .offset = 4}, "structured");
  spdlog::warn("plain");
  const auto written = lines->take();
  ASSERT_EQ(written.size(), 2U);
  EXPECT_EQ(written[0].topic, topic);
  EXPECT_EQ(written[0].offset, 4);
  EXPECT_FALSE(written[1].has_fields);
  EXPECT_EQ(current(), nullptr);
}

TEST_F(LogTest, InfoIsNeverHeldBackAndDebugNotWritten) {
  for (int i = 0; i < 3; ++i) info({}, "each {}", i);
  debug({}, "none");
  EXPECT_THAT(texts(), ElementsAre("each 0", "each 1", "each 2"));
}

TEST_F(LogTest, RepeatedWarningsAreCounted) {
  for (int i = 0; i < 1500; ++i) warn({.topic = topic, .partition = i % 4}, "cannot do {}", i);
  EXPECT_THAT(texts(), ElementsAre("topic " + topic + " partition 0: cannot do 0"));
  tell_repeats(true);
  EXPECT_THAT(texts(), ElementsAre("topic " + topic + " partition 3: cannot do 1499 (and 1,498 more in the last 1 s)"));
}

TEST_F(LogTest, RecentHasThemWithoutTheWordsAboutTheTopic) {
  error({.topic = topic, .partition = 1}, "first");
  error({.topic = topic, .partition = 2}, "no {}", 2);
  error({.topic = topic, .partition = 3}, "no {}", 3);
  remember(Level::critical, "plain");
  const auto list = recent();
  ASSERT_GE(list.size(), 3U);
  EXPECT_EQ(list[0].message, "plain");
  EXPECT_EQ(list[0].level, Level::critical);
  EXPECT_EQ(list[1].message, "no 3");
  EXPECT_EQ(list[1].topic, topic);
  EXPECT_EQ(list[1].times, 2U);
  EXPECT_GT(list[1].wall_us, 0);
}

TEST_F(LogTest, WhatIsWrittenAtOnceIsNeverHeldBackAndHoldsNothingBack) {
  for (int i = 0; i < 30; ++i) warn_at_once({.topic = "t"}, "new here: {}", i);
  EXPECT_EQ(texts().size(), 30u);
  EXPECT_EQ(recent().front().message, "new here: 29");
  warn({.topic = "t"}, "new here: {}", 30);
  EXPECT_THAT(texts(), ElementsAre("topic t: new here: 30"));
}

TEST_F(LogTest, AnyThreadMayWrite) {
  constexpr int kThreads = 8;
  constexpr int kEach = 500;
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([thread] {
      const std::string name = "thread " + std::to_string(thread);
      for (int i = 0; i < kEach; ++i) {
        info({.topic = name, .offset = i}, "info");
        warn({.topic = name, .offset = i}, "concurrent");
        if (i % 100 == 0) tell_repeats(true);
        if (i % 100 == 0) (void)recent();
      }
    });
  }
  for (auto& thread : threads) thread.join();
  tell_repeats(true);
  std::vector<int> infos(kThreads);
  for (const auto& line : lines->take()) {
    ASSERT_EQ(line.text.find("topic " + line.topic + " offset "), 0U) << line.text;
    if (line.text.find(": info") != std::string::npos) ++infos.at(static_cast<std::size_t>(line.topic.back() - '0'));
  }
  EXPECT_THAT(infos, ::testing::Each(kEach));
}

}  // namespace
}  // namespace loom::log
