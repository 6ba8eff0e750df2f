#include <fmt/format.h>

#include "outage_test.h"

namespace loom::testing {
namespace {

/// A broker whose clients are told to come by the proxy, save those that know its own address.
struct ProxiedBroker {
  TcpProxy link;
  KafkaServer server{KafkaSettings{.listeners = {{.name = "PROXY", .advertised = link.address()}}, .properties = {}}};
  ProxiedBroker() { link.forward_to(server.address("PROXY")); }
  static ProxiedBroker& shared() {
    static ProxiedBroker broker;
    return broker;
  }
};

class NetworkTest : public OutageTest {
 protected:
  NetworkTest() : OutageTest(ProxiedBroker::shared().server) {}

  TcpProxy& kafka_link_ = ProxiedBroker::shared().link;
  TcpProxy database_link_;

  [[nodiscard]] Environment by_both_links() {
    Environment more = through(database_link_);
    more["LOOM_KAFKA_BOOTSTRAP_SERVERS"] = kafka_link_.address();
    return more;
  }

  void stall(TcpProxy& link, const std::string& name) {
    const int times = rounds(1, 10);
    begin(4'000, by_both_links());
    for (int time = 0; time < times; ++time) {
      link.stall();
      pass(seconds(3));  // what had been fetched or was in the server's hands by then is stored
      const std::int64_t stored_by_then = stored();
      pass(rounds(milliseconds(7'000), milliseconds(57'000)));
      EXPECT_EQ(stored(), stored_by_then) << "the link was not stalled";
      link.pass();
      recovery(flow(), seconds(120));
    }
    finish(name + ": stalled without closing", times);
  }

  void delay(TcpProxy& link, const std::string& name) {
    const int times = rounds(1, 10);
    begin(4'000, by_both_links());
    for (int time = 0; time < times; ++time) {
      const TcpProxy::Counts before = link.counts();
      const std::int64_t stored_before = stored();
      link.delay(milliseconds(500));
      pass(rounds(milliseconds(4'000), milliseconds(20'000)));
      EXPECT_GT(link.counts().delayed, before.delayed);
      EXPECT_GT(stored(), stored_before) << "slow is not away";
      link.pass();
      recovery(flow());
    }
    finish(name + ": 500 ms delay each way", times);
  }

  void resets(TcpProxy& link, const std::string& name) {
    const int wanted = rounds(3, 10);
    begin(4'000, by_both_links());
    const int before = link.counts().resets;
    const std::int64_t stored_before = stored();
    link.reset_share(0.01, static_cast<unsigned>(random(0, 1'000'000)));
    EXPECT_TRUE(await(seconds(120), [&] { return link.counts().resets >= before + wanted; }));
    const int happened = link.counts().resets - before;
    EXPECT_GT(stored(), stored_before) << "nothing gets through";
    link.pass();
    recovery(flow());
    finish(name + ": 1 % resets", happened);
  }
};

TEST_F(NetworkTest, TheWayToTheDatabaseIsBad) {
  stall(database_link_, "link to PostgreSQL");
  delay(database_link_, "link to PostgreSQL");
  resets(database_link_, "link to PostgreSQL");
}

TEST_F(NetworkTest, TheWayToKafkaIsBad) {
  stall(kafka_link_, "link to Kafka");
  delay(kafka_link_, "link to Kafka");
  resets(kafka_link_, "link to Kafka");
}

}  // namespace
}  // namespace loom::testing
