#include "app/log_format.h"

#include <gtest/gtest.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <nlohmann/json.hpp>
#include <random>
#include <sstream>
#include <string>
#include <thread>

#include "base/log.h"

namespace loom::app {
namespace {

using nlohmann::json;

/// The default logger writes into a string, in one of our formats.
class LogFormatTest : public ::testing::Test {
 protected:
  LogFormatTest() : before_(spdlog::default_logger()) {}
  ~LogFormatTest() override { spdlog::set_default_logger(before_); }

  void write_as(std::unique_ptr<spdlog::formatter> format) {
    auto logger = std::make_shared<spdlog::logger>("test", std::make_shared<spdlog::sinks::ostream_sink_mt>(out_));
    logger->set_formatter(std::move(format));
    spdlog::set_default_logger(logger);
  }
  std::vector<std::string> lines() {
    std::vector<std::string> all;
    std::istringstream in(std::exchange(out_, std::ostringstream()).str());
    for (std::string line; std::getline(in, line);) all.push_back(line);
    return all;
  }
  /// The one line that was written, parsed.
  json only() {
    const auto all = lines();
    EXPECT_EQ(all.size(), 1U);
    return all.empty() ? json() : json::parse(all.front());
  }

 private:
  std::ostringstream out_;
  std::shared_ptr<spdlog::logger> before_;
};

TEST_F(LogFormatTest, AJsonLineHasAFieldForAllThatIsKnown) {
  write_as(json_lines());
  log::error({.topic = "gps.raw", .partition = 3, .offset = 17, .batch = 200, .reason = "23505", .trace_id = "4bf9"},
             "no \"{}\"", "room");
  const json line = only();
  EXPECT_EQ(line["level"], "error");
  EXPECT_EQ(line["message"], "topic gps.raw partition 3 offset 17: no \"room\"");
  EXPECT_EQ(line["topic"], "gps.raw");
  EXPECT_EQ(line["partition"], 3);
  EXPECT_EQ(line["offset"], 17);
  EXPECT_EQ(line["batch"], 200);
  EXPECT_EQ(line["reason"], "23505");
  EXPECT_EQ(line["trace_id"], "4bf9");
  EXPECT_TRUE(line["partition"].is_number_integer());
  EXPECT_TRUE(line["thread"].is_number_integer());
  const auto time = line["time"].get<std::string>();
  EXPECT_EQ(time.size(), std::string_view("2026-11-21T15:00:00.000Z").size()) << time;
  EXPECT_EQ(time.back(), 'Z');
}

TEST_F(LogFormatTest, AJsonLineHasNoFieldForWhatIsNotKnown) {
  write_as(json_lines());
  log::info({.topic = "t"}, "x");
  EXPECT_EQ(only().size(), 5U);
  spdlog::info("plain");
  EXPECT_EQ(only().size(), 4U);
}

TEST_F(LogFormatTest, WhateverIsInAMessageTheLineIsJson) {
  write_as(json_lines());
  spdlog::info("{}", std::string_view("a\0\x01\x1b[31m\n\r\t\"\\\x7f", 14));
  EXPECT_EQ(only()["message"], "a\uFFFD\x01\x1b[31m\n\r\t\"\\\x7f");
  spdlog::info("{}", std::string_view("\0\xFF and gr\xC3\xBC\xC3\x9F", 13));
  EXPECT_EQ(only()["message"], "\uFFFD\uFFFD and gr\u00fc\u00df");
  log::info({.topic = "\xC3(", .trace_id = "\xED\xA0\x80"}, "x");
  const json line = only();
  EXPECT_EQ(line["topic"], "\uFFFD(");
  EXPECT_EQ(line["trace_id"], "\uFFFD\uFFFD\uFFFD");
}

TEST_F(LogFormatTest, RandomBytesMakeOneJsonLineAndOneTextLine) {
  const std::uint64_t seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  for (int round = 0; round < 2000; ++round) {
    std::string bytes(random() % 40, ' ');
    for (char& byte : bytes) byte = static_cast<char>(random());
    write_as(json_lines());
    log::info({.topic = bytes}, "{}", bytes);
    auto written = lines();
    ASSERT_EQ(written.size(), 1U);
    ASSERT_TRUE(json::accept(written[0])) << written[0];
    write_as(text_lines());
    log::info({.topic = bytes}, "{}", bytes);
    written = lines();
    ASSERT_EQ(written.size(), 1U);
    for (const char c : written[0]) ASSERT_GE(static_cast<unsigned char>(c), 0x20) << written[0];
  }
}

TEST_F(LogFormatTest, ATextLineIsForAPerson) {
  write_as(text_lines());
  log::warn({.topic = "gps.raw", .partition = 3}, "two\nlines and \x1b[31mred\n");
  const auto written = lines();
  ASSERT_EQ(written.size(), 1U);
  EXPECT_EQ(written[0].substr(24), "warning topic gps.raw partition 3: two lines and \\x1b[31mred");
}

TEST_F(LogFormatTest, LinesOfManyThreadsKeepTheirOwnFields) {
  write_as(json_lines());
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([thread] {
      for (int i = 0; i < 500; ++i) {
        log::info({.topic = "t" + std::to_string(thread), .offset = i}, "{} {}", thread, i);
        spdlog::info("plain");
      }
    });
  }
  for (auto& thread : threads) thread.join();
  const auto written = lines();
  ASSERT_EQ(written.size(), 4000U);
  for (const auto& text : written) {
    const json line = json::parse(text);
    if (line["message"] == "plain") {
      ASSERT_FALSE(line.contains("topic")) << text;
    } else {
      const auto topic = line["topic"].get<std::string>();
      const auto offset = std::to_string(line["offset"].get<int>());
      ASSERT_EQ(line["message"], "topic " + topic + " offset " + offset + ": " + topic.substr(1) + " " + offset);
    }
  }
}

}  // namespace
}  // namespace loom::app
