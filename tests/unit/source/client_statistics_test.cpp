#include "source/client_statistics.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <random>
#include <string>

namespace loom::source {
namespace {

/// What librdkafka 2.0.2 said of a member with two partitions of a topic and one broker.
std::string real_document() {
  std::ifstream file(LOOM_TEST_DATA "/statistics.json");
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(ParseStatisticsTest, ReadsARealDocument) {
  const auto all = parse_statistics(real_document());
  ASSERT_TRUE(all);
  EXPECT_EQ(all->group_state, "up");
  EXPECT_EQ(all->group_rebalances, 1U);
  EXPECT_EQ(all->received_messages, 3U);
  EXPECT_EQ(all->fetch_queue_messages, 4U);
  EXPECT_EQ(all->fetch_queue_bytes, 30U);
  ASSERT_EQ(all->brokers.size(), 1U) << "the coordinator is no broker of its own";
  const BrokerStatistics& broker = all->brokers[0];
  EXPECT_EQ(broker.id, 1);
  EXPECT_EQ(broker.address, "127.0.0.1:9092");
  EXPECT_TRUE(broker.up);
  EXPECT_DOUBLE_EQ(broker.round_trip_seconds, 0.100973);
  EXPECT_DOUBLE_EQ(broker.round_trip_p99_seconds, 0.101887);
  EXPECT_EQ(broker.received_bytes, 3695U);
  EXPECT_EQ(broker.requests, 28U);
  EXPECT_EQ(broker.request_errors, 0U);
}

TEST(ParseStatisticsTest, BrokersAreThoseWithAnIdInItsOrder) {
  const auto all = parse_statistics(R"({"brokers": {
    "b/2": {"nodeid": 2, "nodename": "b", "source": "learned", "state": "DOWN", "txerrs": 1, "rxerrs": 2, "req_timeouts": 4},
    "a/bootstrap": {"nodeid": -1, "nodename": "", "source": "configured", "state": "UP"},
    "GroupCoordinator": {"nodeid": 1, "nodename": "a", "source": "logical", "state": "UP"},
    "c/3": {"nodeid": 3, "nodename": "c", "source": "learned", "state": "INIT"},
    "d/4": {"nodeid": 4, "nodename": "d", "source": "learned", "state": "UPDATE"},
    "a/1": {"nodeid": 1, "nodename": "a", "source": "learned", "state": "UP"}}})");
  ASSERT_TRUE(all);
  ASSERT_EQ(all->brokers.size(), 4U);
  EXPECT_EQ(all->brokers[0].id, 1);
  EXPECT_TRUE(all->brokers[0].up);
  EXPECT_EQ(all->brokers[1].id, 2);
  EXPECT_FALSE(all->brokers[1].up);
  EXPECT_TRUE(all->brokers[2].up) << "no connection to it is wanted";
  EXPECT_TRUE(all->brokers[3].up);
  EXPECT_EQ(all->brokers[1].request_errors, 7U);
}

TEST(ParseStatisticsTest, AGaugeBelowZeroIsZero) {
  const auto all = parse_statistics(
      R"({"brokers": {}, "topics": {"t": {"partitions": {"0": {"fetchq_cnt": -3}, "1": {"fetchq_cnt": 5}}}}})");
  ASSERT_TRUE(all);
  EXPECT_EQ(all->fetch_queue_messages, 5U);
}

TEST(ParseStatisticsTest, WhatIsNoSuchDocumentIsNone) {
  for (const std::string bad : {"", " ", "null", "7", "[]", "{}", "{", R"({"name": "x"})", R"({"brokers": 7})",
                                R"({"brokers": {"a": 7}})", R"({"brokers": {"a": {"nodeid": "x"}}})",
                                R"({"brokers": {}, "topics": [])", R"({"brokers": {}, "rxmsgs": 1e99})", "\xFF"}) {
    EXPECT_FALSE(parse_statistics(bad)) << bad;
  }
}

TEST(ParseStatisticsTest, ADocumentThatWasCutOffOrChangedDoesNoHarm) {
  const std::uint64_t seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  const std::string good = real_document();
  ASSERT_FALSE(good.empty());
  for (int round = 0; round < 3000; ++round) {
    EXPECT_FALSE(parse_statistics(good.substr(0, random() % good.size())));
    std::string changed = good;
    for (int i = 0; i < 5; ++i) changed[random() % changed.size()] = static_cast<char>(random());
    const auto all = parse_statistics(changed);
    EXPECT_LE(all.value_or(ClientStatistics()).brokers.size(), 2U);
  }
}

}  // namespace
}  // namespace loom::source
