// What a running client says of its broker.
#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <variant>

#include "source/group_client.h"
#include "support/await.h"
#include "support/kafka_server.h"

namespace loom::testing {
namespace {

using namespace std::chrono_literals;

/// A member that takes what it is assigned, and leaves it in the queues.
class Member {
 public:
  Member(const std::string& topic, std::map<std::string, std::string> properties)
      : client_(settings(std::move(properties))) {
    client_.subscribe({topic});
  }
  ~Member() {
    client_.close();
    loom::testing::await(5s, [this] {
      step();
      return client_.closed();
    });
    sources_.clear();
  }

  source::GroupClient& client() { return client_; }

  void step() {
    auto event = client_.poll(20ms);
    if (auto* assigned = std::get_if<source::Assigned>(&event)) {
      for (auto& at : assigned->partitions) {
        sources_.push_back(client_.open(at.topic, at.partition));
        at.offset = 0;
      }
      client_.assign(assigned->partitions);
    } else if (auto* revoked = std::get_if<source::Revoked>(&event)) {
      client_.unassign(revoked->partitions);
    }
  }

 private:
  static source::ClientSettings settings(std::map<std::string, std::string> properties) {
    source::ClientSettings settings;
    settings.bootstrap_servers = KafkaServer::shared().bootstrap();
    settings.group_id = unique_name("statistics");
    settings.properties = std::move(properties);
    return settings;
  }

  source::GroupClient client_;
  std::vector<std::unique_ptr<source::PartitionSource>> sources_;
};

TEST(ClientStatisticsTest, ARunningMemberKnowsItsBrokerAndWhatIsPrefetched) {
  auto& kafka = KafkaServer::shared();
  const std::string topic = kafka.new_topic("statistics", 2);
  kafka.produce(topic, {{"one", "", 0, {}}, {"two", "", 1, {}}, {"three", "", 1, {}}});
  Member member(topic, {{"statistics.interval.ms", "100"}});
  EXPECT_FALSE(member.client().statistics()) << "nothing was heard yet";
  std::optional<source::ClientStatistics> last;
  const bool heard = loom::testing::await(30s, [&] {
    member.step();
    // Any thread may ask.
    std::thread([&] { last = member.client().statistics(); }).join();
    return last && last->fetch_queue_messages >= 3 && last->received_messages >= 3 && last->group_state == "up" &&
           last->group_rebalances >= 1 && !last->brokers.empty() && last->brokers[0].round_trip_seconds > 0;
  });
  ASSERT_TRUE(last) << "no statistics came";
  ASSERT_TRUE(heard) << last->fetch_queue_messages << " messages in the queues, " << last->brokers.size() << " brokers";
  EXPECT_LT(last->fetch_queue_messages, 10U) << "three messages, and what librdkafka queues about two partitions";
  EXPECT_GE(last->fetch_queue_bytes, std::string_view("onetwothree").size());
  EXPECT_EQ(last->received_messages, 3U);
  EXPECT_EQ(last->group_state, "up");
  EXPECT_GE(last->group_rebalances, 1U);
  ASSERT_EQ(last->brokers.size(), 1U);
  const source::BrokerStatistics& broker = last->brokers[0];
  EXPECT_EQ(broker.address, kafka.bootstrap());
  EXPECT_TRUE(broker.up);
  EXPECT_GE(broker.id, 0);
  EXPECT_LT(broker.round_trip_seconds, 5);
  EXPECT_GE(broker.round_trip_p99_seconds, 0);
  EXPECT_GT(broker.requests, 0U);
  EXPECT_GT(broker.received_bytes, 0U);
  EXPECT_EQ(broker.request_errors, 0U);
}

TEST(ClientStatisticsTest, AnIntervalOfZeroTurnsThemOff) {
  const std::string topic = KafkaServer::shared().new_topic("statistics", 1);
  Member off(topic, {{"statistics.interval.ms", "0"}});
  Member on(topic, {{"statistics.interval.ms", "100"}});
  ASSERT_TRUE(loom::testing::await(30s, [&] {
    off.step();
    on.step();
    return on.client().statistics().has_value();
  }));
  for (int i = 0; i < 20; ++i) off.step();
  EXPECT_FALSE(off.client().statistics());
}

}  // namespace
}  // namespace loom::testing
