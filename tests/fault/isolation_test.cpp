#include <fmt/format.h>

#include <deque>

#include "outage_test.h"
#include "support/held_session.h"

namespace loom::testing {
namespace {

struct Latency {
  std::int64_t messages = 0;
  double p50_ms = 0;
  double p99_ms = 0;
};

class IsolationTest : public OutageTest {
 protected:
  IsolationTest() : OutageTest(KafkaServer::shared()) {
    // The server notes when each row became visible.
    database().run("ALTER SYSTEM SET track_commit_timestamp = on");
    own_server_->restart();
    for (const std::string& table : others_) {
      topics_.push_back(new_topic(table, 3));
      database().run(numbered_table(table, "sent_at timestamptz"));
    }
  }

  [[nodiscard]] std::string mappings() const {
    std::string all = numbered_mapping(topic_, "numbers");
    for (std::size_t i = 0; i < others_.size(); ++i) {
      std::string entry = numbered_mapping(topics_[i], others_[i]);
      entry.insert(entry.find("      $partition"), "      $timestamp: sent_at\n");
      all += entry;
    }
    return all;
  }

  /// From the message's timestamp to its row's commit, of what the other topics had committed in this time.
  [[nodiscard]] Latency latency(const std::string& from, const std::string& to) const {
    std::string all;
    for (const std::string& table : others_) {
      all += (all.empty() ? "" : " UNION ALL ") + fmt::format("SELECT xmin AS id, sent_at FROM {}", table);
    }
    const auto row = database().rows(fmt::format(
        "SELECT count(*), percentile_cont(0.5) WITHIN GROUP (ORDER BY ms), percentile_cont(0.99) WITHIN GROUP (ORDER "
        "BY ms) FROM (SELECT extract(epoch FROM at - sent_at) * 1000 AS ms FROM (SELECT pg_xact_commit_timestamp(id) "
        "AS at, sent_at FROM ({}) AS rows) AS dated WHERE at BETWEEN '{}' AND '{}') AS measured",
        all, from, to))[0];
    if (row[0] == "0") return {};
    return {std::stoll(row[0]), std::stod(row[1]), std::stod(row[2])};
  }
  [[nodiscard]] std::string now() const { return database().value("SELECT clock_timestamp()"); }

  const std::vector<std::string> others_{"others_1", "others_2"};
  std::vector<std::string> topics_;
};

TEST_F(IsolationTest, ALockedTableHoldsUpOnlyItsOwnTopic) {
  const auto time = rounds(seconds(7), seconds(60));
  map(mappings());
  begin(1'500);
  std::deque<Flow> flows;
  for (const std::string& topic : topics_) {
    flows.emplace_back(bootstrap(), topic, Flow::Settings{.rate = 1'500, .shares = {1, 1, 1}});
  }
  ASSERT_TRUE(await_count(others_[0], 1'000));
  ASSERT_TRUE(await_count(others_[1], 1'000));

  const std::string before = now();
  pass(time);
  const std::string locked_from = now();
  HeldSession other(database().url());
  other.run("BEGIN");
  other.run("LOCK TABLE numbers IN ACCESS EXCLUSIVE MODE");
  const std::int64_t held_at = std::stoll(other.value("SELECT count(*) FROM numbers"));
  pass(time);
  const std::string end = now();
  EXPECT_EQ(std::stoll(other.value("SELECT count(*) FROM numbers")), held_at) << "the table was not locked";
  other.run("COMMIT");
  resumes();

  const Latency free = latency(before, locked_from);
  const Latency locked = latency(locked_from, end);
  EXPECT_GT(locked.messages, free.messages / 2) << "the other topics lost speed";
  // A busy machine has its own ideas about the slowest of a hundred.
  EXPECT_LT(locked.p50_ms, free.p50_ms + rounds(1'000, 50)) << "the other topics became slower";
  if (long_run()) {
    EXPECT_LT(locked.p99_ms, free.p99_ms + 150) << "some messages of the other topics waited";
  }
  for (std::size_t i = 0; i < flows.size(); ++i) {
    const std::int64_t sent = flows[i].stop();
    EXPECT_TRUE(drained(topics_[i]));
    EXPECT_TRUE(every_one_once(others_[i], sent));
  }
  finish("one topic's table locked", 1,
         fmt::format("the other topics' latency, p50 and p99: {:.0f} and {:.0f} ms before, {:.0f} and {:.0f} ms during",
                     free.p50_ms, free.p99_ms, locked.p50_ms, locked.p99_ms));
}

}  // namespace
}  // namespace loom::testing
