// A message that is read again, after `offsets reset` for instance, is no second dead letter, and one that was repaired
// stays repaired.
#include <fmt/format.h>

#include <algorithm>

#include "support/held_session.h"
#include "support/service_test.h"

namespace loom::testing {
namespace {

class DeadLettersOnceTest : public ServiceTest {
 protected:
  using Rows = std::vector<std::vector<std::string>>;

  DeadLettersOnceTest() : topic_(new_topic("numbers", 2)) { database().run(numbered_table("numbers")); }

  /// With a field that no message has, all become dead letters; without, rows.
  void map_for(const std::string& wanted) {
    map(numbered_mapping(topic_, "numbers") + (wanted.empty() ? "" : "    required_fields: [" + wanted + "]\n"));
  }
  /// Until everything is read; the service has ended.
  void run_service(const Environment& more = {}) {
    auto& service = start(more);
    ASSERT_TRUE(drained(topic_));
    ASSERT_EQ(service.terminate().value().exit_code, 0);
  }
  void read_again(const std::string& to = "earliest") {
    const CommandResult reset = command({"offsets", "reset", "--topic", topic_, "--to", to});
    ASSERT_EQ(reset.exit_code, 0) << reset.err;
    run_service();
  }
  [[nodiscard]] CommandResult dead_letters(std::vector<std::string> arguments, const Environment& more = {}) const {
    arguments.insert(arguments.begin(), "dead-letters");
    return command(arguments, more);
  }
  [[nodiscard]] std::string ids() const {
    return database().value("SELECT string_agg(id::text, ',' ORDER BY id) FROM kafka_dead_letters");
  }
  /// An INSERT as every version's COPY, of the messages that wait and of those before them.
  void insert_again(const std::string& from) const {
    database().run(
        "INSERT INTO kafka_dead_letters (consumer_group, topic, partition, \"offset\", message_timestamp, key, value, "
        "headers, reason, sqlstate, message, trace_id) SELECT consumer_group, topic, partition, \"offset\", "
        "message_timestamp, key, value, headers, 'tombstone', NULL, 'again', trace_id FROM " +
        from);
  }

  std::string topic_;
};

TEST_F(DeadLettersOnceTest, WhatFailsAgainAfterAResetStaysOneWithItsNewReason) {
  map_for("operator");
  send_numbered(topic_, 0, 40);
  run_service();
  ASSERT_EQ(count("kafka_dead_letters"), 40);
  const std::string before = ids();
  database().run("UPDATE kafka_dead_letters SET created_at = now() - interval '1 day'");

  map_for("supervisor");
  read_again();
  EXPECT_EQ(ids(), before);
  EXPECT_EQ(count("kafka_dead_letters WHERE message LIKE '%supervisor%' AND created_at > now() - interval '1 hour'"),
            40);

  read_again("10");
  EXPECT_EQ(ids(), before);
  send_numbered(topic_, 40, 50);
  run_service();
  EXPECT_EQ(count("kafka_dead_letters"), 50) << "those that are new come beside them";
  EXPECT_EQ(dead_letters({"purge", "--all", "--yes"}).out, "deleted 50 dead letters\n");
  read_again();
  EXPECT_EQ(count("kafka_dead_letters"), 50) << "what was purged is not remembered";
}

TEST_F(DeadLettersOnceTest, WhatWasRepairedDoesNotComeBack) {
  map_for("operator");
  send_numbered(topic_, 0, 40);
  run_service();
  map_for("");
  const std::string one = database().value("SELECT id FROM kafka_dead_letters WHERE partition = 0 AND \"offset\" = 7");
  const std::string corrected = folder().write("corrected.json", numbered_message(1014));
  ASSERT_EQ(dead_letters({"replay", "--id", one, "--value", corrected}).exit_code, 0);
  ASSERT_EQ(dead_letters({"replay", "--limit", "19"}).exit_code, 0);
  ASSERT_EQ(count("kafka_dead_letters"), 20);
  ASSERT_EQ(count("numbers"), 20);
  const std::string left = ids();

  map_for("operator");
  const CommandResult dry = command({"offsets", "reset", "--topic", topic_, "--to", "earliest", "--dry-run"});
  EXPECT_NE(dry.out.find("note: 20 dead letters among what is read again were repaired"), std::string::npos) << dry.out;
  read_again();
  EXPECT_EQ(ids(), left);
  EXPECT_EQ(count("numbers"), 20);
  EXPECT_EQ(count("kafka_repaired_dead_letters"), 20);
  const CommandResult list = dead_letters({"list"});
  EXPECT_NE(list.out.find("20 wait; 20 were repaired"), std::string::npos) << list.out;

  // Who wants them back says so.
  EXPECT_EQ(dead_letters({"purge", "--repaired", "--id", one, "--yes"}).out, "deleted 1 repaired dead letter\n");
  read_again();
  EXPECT_EQ(count("kafka_dead_letters"), 21);
}

TEST_F(DeadLettersOnceTest, WhatBecomesARowWhenReadAgainWaitsNoMore) {
  map_for("operator");
  send_numbered(topic_, 0, 40);
  run_service();
  ASSERT_EQ(count("kafka_dead_letters"), 40);
  // One is of another message, and one of another group.
  database().run("UPDATE kafka_dead_letters SET value = 'another' WHERE partition = 0 AND \"offset\" = 3");
  database().run("UPDATE kafka_dead_letters SET consumer_group = 'another' WHERE partition = 0 AND \"offset\" = 4");
  database().run("ALTER TABLE numbers ADD CHECK (number % 10 <> 1)");
  map_for("");
  read_again();
  EXPECT_EQ(count("numbers"), 36);
  EXPECT_EQ(count("kafka_dead_letters"), 6);
  EXPECT_EQ(count("kafka_dead_letters WHERE reason = 'check_violation'"), 4);
  EXPECT_EQ(count("kafka_dead_letters d JOIN numbers n USING (partition, \"offset\") WHERE d.consumer_group <> "
                  "'another' AND d.value <> 'another'"),
            0)
      << "a row and a dead letter of one message";
  EXPECT_EQ(count("kafka_repaired_dead_letters"), 0) << "nobody replayed anything";
}

TEST_F(DeadLettersOnceTest, AReadingAgainKilledAtAnyPointLeavesEachMessageOnce) {
  constexpr std::int64_t kMessages = 600;
  map_for("operator");
  send_numbered(topic_, 0, kMessages);
  run_service();
  ASSERT_EQ(count("kafka_dead_letters"), kMessages);
  map_for("");
  ASSERT_EQ(command({"offsets", "reset", "--topic", topic_, "--to", "earliest"}).exit_code, 0);
  const std::string log = folder().path_of("fired.log");
  int fired = 0;
  for (const std::string point : {"before_commit:1", "commit_sent:1"}) {
    const std::string order = folder().write("order", point + ":kill\n");
    auto& killed = start_program(LOOM_PROGRAM_WITH_FAILPOINTS, environment({{"FAULT_AT", order}, {"FAULT_LOG", log}}));
    ASSERT_TRUE(killed.await_end(seconds(30)).has_value()) << point;
    const std::string lines = read_text(log);
    ASSERT_EQ(std::count(lines.begin(), lines.end(), '\n'), ++fired) << point << " did not fire";
    // The backend may still be at what it was sent.
    EXPECT_TRUE(await(seconds(10), [&] {
      return count(
                 "pg_stat_activity WHERE datname = current_database() AND application_name = 'kafka-to-db-consumer'") ==
             0;
    }));
    EXPECT_EQ(count("numbers") + count("kafka_dead_letters"), kMessages) << point;
    EXPECT_EQ(count("numbers JOIN kafka_dead_letters USING (partition, \"offset\")"), 0) << point;
  }
  send_numbered(topic_, kMessages, kMessages + 10);  // all of the others may be stored by now
  run_service();
  EXPECT_TRUE(every_one_once("numbers", kMessages + 10));
  EXPECT_EQ(count("kafka_dead_letters"), 0);
}

TEST_F(DeadLettersOnceTest, AnotherMessageAtTheSameOffsetIsAnother) {
  map_for("operator");
  send_numbered(topic_, 0, 12);
  run_service();
  // As if these had been of a log that is gone: another value, key, time, or none of these.
  const auto change = [&](int offset, const std::string& what) {
    database().run(
        fmt::format("UPDATE kafka_dead_letters SET {} WHERE partition = 1 AND \"offset\" = {}", what, offset));
  };
  change(0, "value = value || ' '");
  change(1, "key = 'another'");
  change(2, "message_timestamp = message_timestamp - interval '1 ms'");
  change(3, "value = NULL");
  change(4, "message_timestamp = NULL");
  ASSERT_EQ(count("kafka_dead_letters"), 12);
  map_for("");
  ASSERT_EQ(dead_letters({"replay", "--dry-run"}).exit_code, 0);
  map_for("operator");
  read_again();
  EXPECT_EQ(count("kafka_dead_letters"), 17);
  EXPECT_EQ(database().value("SELECT string_agg(n::text, ',' ORDER BY o) FROM (SELECT \"offset\" o, count(*) n FROM "
                             "kafka_dead_letters WHERE partition = 1 GROUP BY 1) t"),
            "2,2,2,2,2,1");
  read_again();
  EXPECT_EQ(count("kafka_dead_letters"), 17) << "each of them once";
}

TEST_F(DeadLettersOnceTest, AnUpgradeKeepsTheNewestOfTwinsAndOlderReplicasGoOn) {
  map_for("operator");
  send_numbered(topic_, 0, 20);
  run_service();
  // What version 043 had, with twins, and one message that is none at the offset of another.
  database().run(
      "DROP TRIGGER kafka_dead_letters_once ON kafka_dead_letters; DROP TABLE kafka_repaired_dead_letters; "
      "DROP INDEX kafka_dead_letters_position; DELETE FROM schema_migrations WHERE version = '044'");
  insert_again("kafka_dead_letters");
  insert_again("kafka_dead_letters WHERE reason = 'tombstone'");
  database().run("UPDATE kafka_dead_letters SET value = 'another' WHERE id = (SELECT min(id) FROM kafka_dead_letters)");
  ASSERT_EQ(count("kafka_dead_letters"), 60);

  ASSERT_EQ(command({"migrate"}).exit_code, 0);
  EXPECT_EQ(count("kafka_dead_letters"), 21);
  EXPECT_EQ(count("kafka_dead_letters WHERE id > 40"), 20) << "the newest of each";
  // A replica of the version before goes on: its statement takes what is there already, and what is new.
  insert_again("kafka_dead_letters");
  EXPECT_EQ(count("kafka_dead_letters"), 21);
  insert_again(
      "(SELECT consumer_group, topic, partition, \"offset\" + o AS \"offset\", message_timestamp, key, value, headers, "
      "trace_id FROM kafka_dead_letters, unnest(ARRAY[0, 1000]) o) t");
  EXPECT_EQ(count("kafka_dead_letters"), 42);
}

TEST_F(DeadLettersOnceTest, AReplayInItsMiddleIsWaitedFor) {
  map_for("operator");
  send_numbered(topic_, 0, 2);
  run_service();
  ASSERT_EQ(count("kafka_dead_letters"), 2);
  HeldSession replay(database().url());
  replay.run(
      "BEGIN; WITH gone AS (DELETE FROM kafka_dead_letters WHERE partition = 0 RETURNING *) INSERT INTO "
      "kafka_repaired_dead_letters (id, consumer_group, topic, partition, \"offset\", message_timestamp, fingerprint, "
      "reason, message, created_at) SELECT id, consumer_group, topic, partition, \"offset\", message_timestamp, "
      "kafka_message_fingerprint(key, value), reason, message, created_at FROM gone");
  ASSERT_EQ(command({"offsets", "reset", "--topic", topic_, "--to", "earliest"}).exit_code, 0);
  start();
  ASSERT_TRUE(await(seconds(20), [&] {
    return count(
               "pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE "
               "'%kafka_dead_letters%'") > 0;
  })) << "the service has to meet the replay";
  replay.run("COMMIT");
  ASSERT_TRUE(drained(topic_));
  EXPECT_EQ(count("kafka_dead_letters"), 1);
  EXPECT_EQ(count("kafka_repaired_dead_letters"), 1);
}

}  // namespace
}  // namespace loom::testing
