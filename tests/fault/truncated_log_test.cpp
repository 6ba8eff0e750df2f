// A log that loses its end, while the service runs, stands still or is stopped: what comes in its place is stored, too.
#include <fmt/format.h>

#include "fault_test.h"
#include "support/held_session.h"

namespace loom::testing {
namespace {

class TruncatedLogTest : public FaultTest {
 protected:
  explicit TruncatedLogTest(KafkaServer& kafka) : FaultTest(kafka, Database::shared, 1) {}

  /// Before the second thousand comes, which the log will lose.
  virtual void before_lost() {}
  /// The log ends at 1,000.
  virtual void lose() = 0;

  void send(std::int64_t messages) {
    send_numbered(topic_, sent_, sent_ + messages);
    sent_ += messages;
  }
  /// 1,000 messages, and as a rule 1,000 more that the log will lose.
  ServiceProcess& store_first(Environment more = {}, int thousands = 2) {
    // The broker is away for some seconds, and the partition stays where it is.
    more.insert({"LOOM_RDKAFKA_SESSION_TIMEOUT_MS", "30000"});
    ServiceProcess& service = start(more);
    for (int i = 0; i < thousands; ++i) {
      if (i == 1) before_lost();
      send(1'000);
      EXPECT_TRUE(drained(topic_));
    }
    return service;
  }
  void lose_1000() {
    change_producer();
    lose();
    ASSERT_EQ(kafka().end_offset(topic_, 0), 1'000) << "the fault";
  }
  void each_once(const ServiceProcess& service, const std::string& fault) {
    ASSERT_TRUE(drained(topic_, seconds(60)));
    judge_sent(sent_);
    EXPECT_TRUE(service.logged("offsets 1000 to 1999 are not the records that were stored"));
    record(fault, 1);
  }
  [[nodiscard]] bool waits_for_a_decision() {
    return await(seconds(30), [&] { return count("kafka_consumer_offsets WHERE decision IS NOT NULL") == 1; });
  }

  std::int64_t sent_ = 0;
};

/// One broker that was killed, and comes back without what it had not written.
class CutLogTest : public TruncatedLogTest {
 protected:
  CutLogTest() : TruncatedLogTest(own_broker()) {}

  void lose() override {
    kafka().kill9();
    kafka().cut_log(topic_, 0, 1'000);
    kafka().restart();
  }

 private:
  static KafkaServer& own_broker() {
    static KafkaServer broker;
    return broker;
  }
};

/// Three brokers, two copies: the one that was away while the second thousand came is elected when the other is gone.
class UncleanElectionTest : public TruncatedLogTest {
 protected:
  UncleanElectionTest() : TruncatedLogTest(cluster()) {}
  void TearDown() override {
    kafka().restart_all();  // for the next test
    TruncatedLogTest::TearDown();
  }

  void before_lost() override {
    const PartitionPlace place = kafka().place_of(topic_, 0);
    ASSERT_EQ(place.replicas.size(), 2U);
    leader_ = place.leader;
    behind_ = place.replicas[0] == leader_ ? place.replicas[1] : place.replicas[0];
    kafka().kill9(behind_);
    ASSERT_TRUE(await(seconds(60), [&] { return kafka().place_of(topic_, 0).in_sync.size() == 1; }));
  }
  void lose() override {
    kafka().kill9(leader_);
    kafka().restart(behind_);
    ASSERT_TRUE(await(seconds(60), [&] { return kafka().place_of(topic_, 0).leader == behind_; }));
  }
  /// It throws away what the other one has not.
  void old_leader_comes_back() {
    kafka().restart(leader_);
    ASSERT_TRUE(await(seconds(60), [&] { return kafka().place_of(topic_, 0).in_sync.size() == 2; }));
  }

 private:
  static KafkaServer& cluster() {
    static KafkaServer servers(KafkaClusterSettings{
        .copies = 2, .of_topics = {{"min.insync.replicas", "1"}, {"unclean.leader.election.enable", "true"}}});
    return servers;
  }
  std::int32_t leader_ = -1;
  std::int32_t behind_ = -1;
};

TEST_F(UncleanElectionTest, ShortForAWhileAndThenLongerIsTakenFromWhereTheLogsPart) {
  auto& service = store_first();
  lose_1000();
  ASSERT_TRUE(await(seconds(60), [&] { return service.logged("has the log lost its end"); }));
  send(3'000);
  each_once(service, "unclean election, the log short for a while");
  old_leader_comes_back();
  send(500);
  each_once(service, "unclean election, the old leader comes back");
}

TEST_F(CutLogTest, LongerAtOnceIsTakenFromWhereTheLogsPart) {
  auto& service = store_first();
  lose_1000();
  send(3'000);
  each_once(service, "log lost its end (one broker), producers write at once");
}

TEST_F(UncleanElectionTest, LongerAtOnceIsTakenFromWhereTheLogsPart) {
  auto& service = store_first();
  lose_1000();
  send(3'000);
  each_once(service, "unclean election, producers write at once");
}

TEST_F(UncleanElectionTest, FrozenUntilTheLogHasGrownItTakesItFromWhereTheLogsPart) {
  auto& service = store_first();
  service.send(SIGSTOP);
  ASSERT_TRUE(frozen(service));
  lose_1000();
  send(3'000);
  service.send(SIGCONT);
  each_once(service, "unclean election while the service was frozen");
}

TEST_F(UncleanElectionTest, StoppedMeanwhileItTakesItFromWhereTheLogsPart) {
  auto& service = store_first();
  stop_in_order(service);
  lose_1000();
  send(3'000);
  service.start();
  each_once(service, "unclean election while the service was stopped");
}

/// What librdkafka says of the lost end waits in its queue, behind messages that were fetched before.
TEST_F(CutLogTest, WithABacklogInHandItTakesItFromWhereTheLogsPart) {
  store_first({{"LOOM_KAFKA_BATCH_MAX", "200"}}, 1);
  HeldSession other(database().url());
  other.run("BEGIN; LOCK TABLE numbers IN ACCESS EXCLUSIVE MODE");
  send(1'000);
  // One batch waits for the lock, the next is full: the others stay in the client's queue.
  ASSERT_TRUE(await(seconds(30), [&] { return count("pg_locks WHERE NOT granted") > 0; }));
  lose_1000();
  send(3'000);
  pass(seconds(2));
  other.run("COMMIT");
  ASSERT_TRUE(drained(topic_, seconds(60)));
  const std::int64_t stored_before_lost = count("numbers WHERE number BETWEEN 1000 AND 1999");
  EXPECT_LT(stored_before_lost, 1'000) << "nothing was waiting";
  judge_sent(sent_, 1'000 - stored_before_lost);
  record("log lost its end with a backlog in hand", 1,
         std::to_string(1'000 - stored_before_lost) + " messages were lost by Kafka before they were stored");
}

TEST_F(UncleanElectionTest, UnderThePolicyStopItStaysStoppedUntilSomebodyDecides) {
  const Environment stop{{"LOOM_KAFKA_TRUNCATED", "stop"}};
  auto& service = store_first(stop);
  lose_1000();
  send(3'000);
  ASSERT_TRUE(waits_for_a_decision());
  for (int i = 0; i < 2; ++i) {
    stop_in_order(service);
    const std::size_t so_far = service.log().size();
    service.start();
    ASSERT_TRUE(await(seconds(90), [&] {
      return service.log().find("stopped until somebody decides", so_far) != std::string::npos;
    }));
  }
  EXPECT_EQ(stored_offsets(topic_), std::vector<std::int64_t>{2'000});
  stop_in_order(service);
  const auto reset = command({"offsets", "reset", "--topic", topic_, "--partition", "0", "--to", "1000"});
  ASSERT_EQ(reset.exit_code, 0) << reset.err;
  service.start();
  ASSERT_TRUE(drained(topic_, seconds(60)));
  judge_sent(sent_);
  record("unclean election, LOOM_KAFKA_TRUNCATED=stop", 1, "two restarts, then offsets reset");
}

}  // namespace
}  // namespace loom::testing
