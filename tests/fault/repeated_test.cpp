// Messages that come again while everything is killed: the first one stays, or the last one wins, in each strategy.
#include <fmt/format.h>

#include <iostream>
#include <map>

#include "fault_test.h"

namespace loom::testing {
namespace {

class RepeatedTest : public FaultTest {
 protected:
  RepeatedTest() : FaultTest(KafkaServer::shared()) {
    std::string entries;
    for (const std::string strategy : {"ignore", "update", "replace"}) {
      const std::string topic = new_topic(strategy, kPartitions);
      topics_[strategy] = topic;
      entries += fmt::format(
          "  {}:\n    table: {}_rows\n    upsert_key: [id]\n    conflict_strategy: {}\n    field_mappings: {{id: id, "
          "v: v}}\n",
          topic, strategy, strategy);
      database().run(fmt::format("CREATE TABLE {}_rows (id bigint PRIMARY KEY, v bigint)", strategy));
    }
    map(entries);
  }

  /// New messages, and now and then an id of those before with a new value: mostly one of the last ones.
  void send(int messages) {
    for (int i = 0; i < messages; ++i) {
      const bool repeats = ids_ > 0 && random(1, 100) <= 10;
      const int back = random(1, 4) == 1 ? random(1, ids_ + 1) : random(1, 3'000);
      const int id = repeats ? std::max(ids_ - back, 0) : ids_++;
      const std::int64_t value = ++sent_;
      first_.try_emplace(id, value);
      last_[id] = value;
      for (const auto& [strategy, topic] : topics_) {
        producer().send(topic, {.value = fmt::format(R"({{"id":{},"v":{}}})", id, value),
                                .key = std::to_string(id),
                                .partition = id % kPartitions,
                                .headers = {}});
      }
    }
    producer().flush();
  }

  void judge(const std::string& strategy, const std::map<int, std::int64_t>& wanted) {
    std::map<int, std::int64_t> found;
    for (const auto& row : database().rows(fmt::format("SELECT id, v FROM {}_rows", strategy))) {
      EXPECT_TRUE(found.emplace(std::stoi(row.at(0)), std::stoll(row.at(1))).second) << "twice: " << row.at(0);
    }
    int wrong = 0;
    for (const auto& [id, value] : wanted) {
      const auto at = found.find(id);
      if (at != found.end() && at->second == value) continue;
      if (++wrong <= 5) {
        ADD_FAILURE() << strategy << ": id " << id << " has " << (at == found.end() ? -1 : at->second) << ", not "
                      << value;
      }
    }
    EXPECT_EQ(wrong, 0) << strategy;
    EXPECT_EQ(found.size(), wanted.size()) << strategy;
  }

  static constexpr int kPartitions = 6;
  std::map<std::string, std::string> topics_;  // by strategy
  std::map<int, std::int64_t> first_;
  std::map<int, std::int64_t> last_;
  int ids_ = 0;
  std::int64_t sent_ = 0;
};

TEST_F(RepeatedTest, TheFirstStaysOrTheLastWinsWhateverIsKilled) {
  const int rounds_of_faults = rounds(2, 12);
  auto& service = start_with_name();
  send(5'000);
  ASSERT_TRUE(await_stored(1'000));
  int faults = 0;
  std::int64_t forgotten = 0;
  for (int i = 0; i < rounds_of_faults; ++i) {
    send(4'000);
    kill_and_start(service);
    ++faults;
    send(4'000);
    auto& second = start();  // partitions move to one that has seen no key
    ASSERT_TRUE(await_partitions(second));
    send(4'000);
    ASSERT_TRUE(await_stored(3 * (sent_ - 2'000), seconds(60)));
    forgotten += kill_and_start_database(milliseconds(random(0, 1'000)));
    ++faults;
    send(2'000);
    stop_in_order(second);
    ++faults;
  }
  for (const auto& [strategy, topic] : topics_) ASSERT_TRUE(drained(topic, seconds(90))) << strategy;
  EXPECT_GT(first_.size(), 10'000U);
  EXPECT_LT(first_.size(), static_cast<std::size_t>(sent_)) << "nothing was repeated";
  judge("ignore", first_);
  judge("update", last_);
  judge("replace", last_);
  EXPECT_EQ(count("kafka_dead_letters"), 0);
  std::cout << sent_ << " messages of " << first_.size() << " ids in each of three strategies, " << faults
            << " faults, " << forgotten << " commits forgotten" << std::endl;
}

}  // namespace
}  // namespace loom::testing
