// `offsets`: where the group stands, and how to move it.
#include <csignal>

#include "support/service_test.h"
#include "text/instant.h"

namespace loom::testing {
namespace {

/// Two partitions with 50 messages each, stored; the service has ended. Number n is at offset n / 2 of partition n % 2.
class OffsetsToolTest : public ServiceTest {
 protected:
  using Offsets = std::vector<std::int64_t>;

  OffsetsToolTest() : topic_(new_topic("numbers", 2)) {
    map(numbered_mapping(topic_, "numbers"));
    database().run(numbered_table("numbers"));
  }

  void store_hundred() {
    send_numbered(topic_, 0, 100);
    auto& service = start();
    ASSERT_TRUE(drained(topic_));
    ASSERT_EQ(service.terminate().value().exit_code, 0);
  }
  [[nodiscard]] CommandResult offsets(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), "offsets");
    return command(arguments);
  }
  [[nodiscard]] Offsets in_kafka() const { return committed_in_kafka(bootstrap(), group(), topic_, 2); }
  [[nodiscard]] std::string epochs() const {
    return database().value("SELECT string_agg(epoch::text, ',' ORDER BY partition) FROM kafka_consumer_offsets");
  }
  /// Rows of the messages from this offset on, of both partitions.
  [[nodiscard]] std::int64_t rows_from(std::int64_t offset) const {
    return count("numbers WHERE \"offset\" >= " + std::to_string(offset));
  }

  std::string topic_;
};

TEST_F(OffsetsToolTest, ShowSaysWhereTheGroupStands) {
  store_hundred();
  send_numbered(topic_, 100, 106);
  const CommandResult table = offsets({"show"});
  EXPECT_EQ(table.exit_code, 0) << table.err;
  EXPECT_NE(table.out.find(topic_), std::string::npos) << table.out;
  const CommandResult json = offsets({"show", "--json", "--topic", topic_});
  EXPECT_NE(
      json.out.find(
          R"("partition":0,"next_offset":50,"epoch":0,"log_start":0,"log_end":53,"lag":3,"kafka_offset":50,"updated_at":"20)"),
      std::string::npos)
      << json.out;
  EXPECT_NE(offsets({"show", "--topic", "no.such"}).out.find("has no offsets"), std::string::npos);
}

TEST_F(OffsetsToolTest, ResetIsRefusedWhileTheGroupHasMembers) {
  store_hundred();
  auto& service = start();
  ASSERT_TRUE(await(seconds(30), [&] {
    return offsets({"reset", "--topic", topic_, "--to", "earliest"}).exit_code == 1;
  }));
  const CommandResult refused = offsets({"reset", "--topic", topic_, "--to", "earliest"});
  EXPECT_EQ(refused.exit_code, 1) << refused.out;
  EXPECT_NE(refused.err.find("has 1 member ("), std::string::npos) << refused.err;
  EXPECT_NE(refused.err.find("Stop it ("), std::string::npos) << refused.err;
  ASSERT_TRUE(service.terminate().has_value());
}

TEST_F(OffsetsToolTest, ResetToAnOffsetIsWhereItGoesOn) {
  store_hundred();
  const CommandResult dry = offsets({"reset", "--topic", topic_, "--to", "40", "--dry-run"});
  EXPECT_EQ(dry.exit_code, 0) << dry.err;
  EXPECT_EQ(stored_offsets(topic_), (Offsets{50, 50}));
  EXPECT_EQ(epochs(), "0,0");

  const CommandResult reset = offsets({"reset", "--topic", topic_, "--to", "40", "--partition", "1", "--json"});
  EXPECT_EQ(reset.exit_code, 0) << reset.err;
  EXPECT_NE(reset.out.find(R"("partition":1,"before":50,"after":40,"epoch":1)"), std::string::npos) << reset.out;
  EXPECT_EQ(stored_offsets(topic_), (Offsets{50, 40}));
  EXPECT_EQ(epochs(), "0,1");
  EXPECT_EQ(in_kafka(), (Offsets{50, 40})) << "the copy follows";
  start();
  ASSERT_TRUE(drained(topic_));
  EXPECT_EQ(count("numbers"), 110) << "ten of partition 1 again, and nothing else";
  EXPECT_EQ(rows_from(40), 30);
}

TEST_F(OffsetsToolTest, EarliestAndLatestAreTheLogsEnds) {
  send_numbered(topic_, 0, 100);
  migrate();
  ASSERT_EQ(offsets({"reset", "--topic", topic_, "--to", "latest"}).exit_code, 0) << "also before the group ever ran";
  EXPECT_EQ(stored_offsets(topic_), (Offsets{50, 50}));
  auto& service = start();
  send_numbered(topic_, 100, 102);
  ASSERT_TRUE(drained(topic_));
  EXPECT_EQ(count("numbers"), 2);
  ASSERT_TRUE(service.terminate().has_value());
  ASSERT_EQ(offsets({"reset", "--topic", topic_, "--to", "earliest"}).exit_code, 0);
  EXPECT_EQ(stored_offsets(topic_), (Offsets{0, 0}));
}

TEST_F(OffsetsToolTest, ATimeIsTheFirstMessageNotOlderThanIt) {
  send_numbered(topic_, 0, 60);
  const auto now_us = [] {
    return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch())
        .count();
  };
  const std::int64_t between = (now_us() / 1000 + 5) * 1000;
  ASSERT_TRUE(await(seconds(5), [&] { return now_us() > between + 5000; }));
  send_numbered(topic_, 60, 100);
  migrate();
  const CommandResult reset = offsets({"reset", "--topic", topic_, "--to", text::instant_text(between)});
  EXPECT_EQ(reset.exit_code, 0) << reset.err;
  EXPECT_EQ(stored_offsets(topic_), (Offsets{30, 30}));
  ASSERT_EQ(offsets({"reset", "--topic", topic_, "--to", "2999-01-01"}).exit_code, 0);
  EXPECT_EQ(stored_offsets(topic_), (Offsets{50, 50})) << "later than all: the end";
}

TEST_F(OffsetsToolTest, WhatCannotBeIsRefusedAndChangesNothing) {
  store_hundred();
  const CommandResult beyond = offsets({"reset", "--topic", topic_, "--to", "51"});
  EXPECT_EQ(beyond.exit_code, 1);
  EXPECT_NE(beyond.err.find("0 to 50"), std::string::npos) << beyond.err;
  EXPECT_EQ(offsets({"reset", "--topic", topic_, "--to", "earliest", "--partition", "2"}).exit_code, 1);
  const CommandResult unknown = offsets({"reset", "--topic", "no.such", "--to", "earliest"});
  EXPECT_EQ(unknown.exit_code, 1);
  EXPECT_NE(unknown.err.find("no topic"), std::string::npos) << unknown.err;
  for (const auto& wrong :
       std::vector<std::vector<std::string>>{{"reset"},
                                             {"reset", "--to", "earliest"},
                                             {"reset", "--topic", topic_},
                                             {"reset", "--topic", topic_, "--to", "-1"},
                                             {"reset", "--topic", topic_, "--to", "soon"},
                                             {"reset", "--topic", topic_, "--to", "0", "--from-kafka"}}) {
    EXPECT_EQ(offsets(wrong).exit_code, 2) << wrong.back();
  }
  EXPECT_EQ(offsets({"reset", "--from-kafka", "--group", group() + "-nobody"}).exit_code, 1);
  EXPECT_EQ(stored_offsets(topic_), (Offsets{50, 50}));
  EXPECT_EQ(epochs(), "0,0");
}

TEST_F(OffsetsToolTest, KafkasOwnResetIsCopiedOnlyWhenAsked) {
  store_hundred();
  commit_in_kafka(bootstrap(), group(), topic_, {20, 30});  // as kafka-consumer-groups.sh --reset-offsets does
  auto& service = start();
  send_numbered(topic_, 100, 110);
  ASSERT_TRUE(drained(topic_));
  ASSERT_TRUE(service.terminate().has_value());
  EXPECT_TRUE(every_one_once("numbers", 110)) << "the database's offsets rule";

  commit_in_kafka(bootstrap(), group(), topic_, {20, 30});
  const CommandResult taken = offsets({"reset", "--from-kafka"});
  EXPECT_EQ(taken.exit_code, 0) << taken.err;
  EXPECT_EQ(stored_offsets(topic_), (Offsets{20, 30}));
  service.start();
  ASSERT_TRUE(drained(topic_));
  EXPECT_EQ(count("numbers"), 110 + 35 + 25);
}

TEST_F(OffsetsToolTest, TakesOverFromAPredecessorOfAnotherName) {
  send_numbered(topic_, 0, 100);
  migrate();
  const std::string predecessor = group() + "-generic-kafka-to-db-consumer";
  commit_in_kafka(bootstrap(), predecessor, topic_, {45, -1});
  const CommandResult taken = offsets({"reset", "--from-kafka", "--group", predecessor});
  EXPECT_EQ(taken.exit_code, 0) << taken.err;
  EXPECT_EQ(stored_offsets(topic_), (Offsets{45, -1}));
  start();
  ASSERT_TRUE(drained(topic_));
  EXPECT_EQ(count("numbers WHERE partition = 0"), 5);
  EXPECT_EQ(count("numbers WHERE partition = 1"), 50) << "it had committed nothing there";
}

TEST_F(OffsetsToolTest, AReplicaThatSleptThroughAResetStoresNothingByTheOldOffsets) {
  auto& service = start();
  send_numbered(topic_, 0, 100);
  ASSERT_TRUE(drained(topic_));
  service.send(SIGSTOP);
  send_numbered(topic_, 100, 120);
  // Its session times out: then the group is empty.
  ASSERT_TRUE(await(
      seconds(60),
      [&] {
        return offsets({"reset", "--topic", topic_, "--to", "50"}).exit_code == 0;
      },
      milliseconds(500)));
  EXPECT_EQ(epochs(), "1,1");
  service.send(SIGCONT);
  ASSERT_TRUE(drained(topic_, seconds(60)));
  EXPECT_TRUE(every_one_once("numbers", 120)) << "50 was where it stood: what it slept on is stored once";
}

}  // namespace
}  // namespace loom::testing
