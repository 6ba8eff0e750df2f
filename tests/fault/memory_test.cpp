#include <fmt/format.h>

#include <iostream>

#include "outage_test.h"

namespace loom::testing {
namespace {

constexpr std::int64_t kMegabytesMost = 300;

class MemoryTest : public FaultTest {
 protected:
  MemoryTest() : FaultTest(KafkaServer::shared()) {}

  /// The most memory that the process ever had, in megabytes.
  static std::int64_t peak_of(const ServiceProcess& service) {
    const std::string status = read_text(fmt::format("/proc/{}/status", service.pid()));
    const std::size_t at = status.find("VmHWM:");
    return at == std::string::npos ? -1 : std::stoll(status.substr(at + 6)) / 1024;
  }

  /// The database goes, so many messages are produced to each topic, it stays away for a while, and comes back.
  /// Returns the peak while it was away.
  std::int64_t pile_up(ServiceProcess& service, const std::vector<std::string>& topics, std::int64_t messages_each) {
    // The first batches have been stored: it has all its partitions.
    for (const std::string& topic : topics) EXPECT_TRUE(drained(topic, seconds(60)));
    own_server_->stop();
    const auto begin = std::chrono::steady_clock::now();
    for (const std::string& topic : topics) send_numbered(topic, kFirst, kFirst + messages_each);
    const auto sent_after = std::chrono::steady_clock::now() - begin;
    std::cout << "all were sent after " << std::chrono::duration_cast<seconds>(sent_after).count() << " s" << std::endl;
    pass(rounds(seconds(6), seconds(300)));
    const std::int64_t peak = peak_of(service);
    own_server_->restart();
    return peak;
  }

  static constexpr std::int64_t kFirst = 60;
};

TEST_F(MemoryTest, OneTopicPilesUpWhileTheDatabaseIsAway) {
  const std::int64_t messages = rounds(200'000, 5'000'000);
  ServiceProcess& service = start();
  send_numbered(topic_, 0, kFirst);
  const std::int64_t away = pile_up(service, {topic_}, messages);
  Flow last(bootstrap(), topic_, {.from = kFirst + messages, .rate = 5'000, .shares = {1, 1, 1, 1, 1, 1}});
  recovery(last, seconds(600));
  settle(last, seconds(600));
  const std::int64_t peak = peak_of(service);
  EXPECT_TRUE(service.running());
  EXPECT_LT(away, kMegabytesMost);
  EXPECT_LT(peak, kMegabytesMost) << "while it caught up";
  record(fmt::format("database away while {} messages wait", messages), 1,
         fmt::format("at most {} MB of memory meanwhile, {} MB with the catching up", away, peak));
}

TEST_F(MemoryTest, ManyTopicsPileUpWhileTheDatabaseIsAway) {
  const int many = rounds(12, 40);
  const std::int64_t each = rounds(40'000, 125'000);
  std::vector<std::string> topics;
  std::string entries;
  for (int i = 0; i < many; ++i) {
    topics.push_back(new_topic(fmt::format("many.{}", i), 3));
    entries += numbered_mapping(topics.back(), fmt::format("many_{}", i));
    database().run(numbered_table(fmt::format("many_{}", i)));
  }
  map(entries);
  ServiceProcess& service = start();
  for (const std::string& topic : topics) send_numbered(topic, 0, kFirst);
  const std::int64_t away = pile_up(service, topics, each);
  for (int i = 0; i < many; ++i) {
    EXPECT_TRUE(drained(topics[static_cast<std::size_t>(i)], seconds(600)));
    judge_also(fmt::format("many_{}", i), kFirst + each);
  }
  const std::int64_t peak = peak_of(service);
  EXPECT_TRUE(service.running());
  EXPECT_LT(away, kMegabytesMost);
  EXPECT_LT(peak, kMegabytesMost) << "while it caught up";
  record(fmt::format("database away while {} messages of {} topics wait", many * each, many), 1,
         fmt::format("at most {} MB of memory meanwhile, {} MB with the catching up", away, peak));
}

}  // namespace
}  // namespace loom::testing
