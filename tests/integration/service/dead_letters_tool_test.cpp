// `dead-letters`: what operators do with messages that could not become rows.
#include <fmt/format.h>

#include <algorithm>
#include <future>

#include "support/service_test.h"

namespace loom::testing {
namespace {

using ::testing::AssertionFailure;
using ::testing::AssertionResult;
using ::testing::AssertionSuccess;

/// Numbered messages that all became dead letters, since the mapping wanted a field that they do not have.
class DeadLettersToolTest : public ServiceTest {
 protected:
  DeadLettersToolTest() : topic_(new_topic("numbers", 2)) { database().run(numbered_table("numbers")); }

  /// Numbers 0 to `messages` - 1; the service has ended.
  void become_dead_letters(std::int64_t messages) {
    map(numbered_mapping(topic_, "numbers") + "    required_fields: [operator]\n");
    send_numbered(topic_, 0, messages);
    auto& service = start();
    ASSERT_TRUE(drained(topic_));
    ASSERT_EQ(service.terminate().value().exit_code, 0);
    ASSERT_EQ(count("kafka_dead_letters WHERE reason = 'missing_required_field'"), messages);
  }
  void mend_mapping() { map(numbered_mapping(topic_, "numbers")); }

  [[nodiscard]] CommandResult dead_letters(std::vector<std::string> arguments, const Environment& more = {}) const {
    arguments.insert(arguments.begin(), "dead-letters");
    return command(arguments, more);
  }

  /// Each message either a row or a dead letter, and none both.
  [[nodiscard]] AssertionResult each_once(std::int64_t messages) const {
    const auto rows = count("numbers");
    const auto letters = count("kafka_dead_letters");
    const auto both =
        count("numbers n JOIN kafka_dead_letters d ON d.partition = n.partition AND d.\"offset\" = n.\"offset\"");
    const auto twice = count("(SELECT 1 FROM numbers GROUP BY number HAVING count(*) > 1) t");
    if (rows + letters == messages && both == 0 && twice == 0) return AssertionSuccess();
    return AssertionFailure() << rows << " rows and " << letters << " dead letters of " << messages << " messages, "
                              << both << " are both, " << twice << " rows twice";
  }

  std::string topic_;
};

TEST_F(DeadLettersToolTest, ReplayStoresWhatTheMendedMappingTakes) {
  become_dead_letters(1200);
  mend_mapping();
  const auto before = stored_offsets(topic_);
  const CommandResult replay = dead_letters({"replay"});
  EXPECT_EQ(replay.exit_code, 0) << replay.err;
  EXPECT_NE(replay.out.find("1200"), std::string::npos) << replay.out;
  EXPECT_TRUE(every_one_once("numbers", 1200));
  EXPECT_EQ(count("kafka_dead_letters"), 0);
  EXPECT_EQ(stored_offsets(topic_), before) << "a replay is not about offsets";
  EXPECT_EQ(dead_letters({"replay"}).out, "no dead letters to replay\n");
}

TEST_F(DeadLettersToolTest, WhatFailsAgainStaysOnceWithItsNewReason) {
  become_dead_letters(300);
  mend_mapping();
  database().run("ALTER TABLE numbers ADD CHECK (number % 10 <> 3)");
  for (int round = 0; round < 2; ++round) {
    const CommandResult replay = dead_letters({"replay", "--json"});
    EXPECT_EQ(replay.exit_code, 0) << replay.err;
    EXPECT_NE(replay.out.find(R"("fail_again":{"check_violation":30})"), std::string::npos) << replay.out;
    EXPECT_TRUE(each_once(300));
    EXPECT_EQ(count("numbers"), 270);
    EXPECT_EQ(count("kafka_dead_letters WHERE reason = 'check_violation' AND sqlstate = '23514' AND message LIKE "
                    "'%check%'"),
              30);
  }
  database().run("ALTER TABLE numbers DROP CONSTRAINT numbers_number_check");
  EXPECT_EQ(dead_letters({"replay"}).exit_code, 0);
  EXPECT_TRUE(every_one_once("numbers", 300));
}

TEST_F(DeadLettersToolTest, ADryRunChangesNothing) {
  become_dead_letters(20);
  const CommandResult unmended = dead_letters({"replay", "--dry-run", "--json"});
  EXPECT_NE(unmended.out.find(R"("stored":0,"fail_again":{"missing_required_field":20})"), std::string::npos)
      << unmended.out;
  mend_mapping();
  const CommandResult mended = dead_letters({"replay", "--dry-run", "--json"});
  EXPECT_EQ(mended.exit_code, 0) << mended.err;
  EXPECT_NE(mended.out.find(R"("stored":20,"fail_again":{})"), std::string::npos) << mended.out;
  EXPECT_EQ(count("numbers"), 0);
  EXPECT_EQ(count("kafka_dead_letters"), 20);
}

TEST_F(DeadLettersToolTest, AReplayKilledAtAnyPointLeavesEachMessageOnce) {
  constexpr std::int64_t kMessages = 4000;
  become_dead_letters(kMessages);
  mend_mapping();
  const std::string log = folder().path_of("fired.log");
  int fired = 0;
  for (const std::string point :
       {"copying:1", "before_commit:2", "commit_sent:1", "before_commit:1", "commit_sent:2"}) {
    const std::string order = folder().write("order", point + ":kill\n");
    const CommandResult killed = run_command(LOOM_PROGRAM_WITH_FAILPOINTS, {"dead-letters", "replay"},
                                             environment({{"FAULT_AT", order}, {"FAULT_LOG", log}}));
    EXPECT_NE(killed.exit_code, 0) << point;
    // The backend may still be at what it was sent.
    EXPECT_TRUE(await(seconds(10), [&] {
      return count(
                 "pg_stat_activity WHERE datname = current_database() AND application_name = 'kafka-to-db-consumer'") ==
             0;
    }));
    EXPECT_TRUE(each_once(kMessages)) << point;
    const std::string lines = read_text(log);
    EXPECT_EQ(std::count(lines.begin(), lines.end(), '\n'), ++fired) << point << " did not fire";
  }
  EXPECT_GT(count("numbers"), 0);
  EXPECT_GT(count("kafka_dead_letters"), 0);
  EXPECT_EQ(dead_letters({"replay"}).exit_code, 0);
  EXPECT_TRUE(every_one_once("numbers", kMessages));
  EXPECT_EQ(count("kafka_dead_letters"), 0);
}

TEST_F(DeadLettersToolTest, ATransactionThatFailsAtItsEndChangesNothing) {
  become_dead_letters(50);
  mend_mapping();
  database().run(
      "CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'not now'; END $$;"
      "CREATE TRIGGER no BEFORE DELETE ON kafka_dead_letters FOR EACH ROW EXECUTE FUNCTION no()");
  const CommandResult failed = dead_letters({"replay"});
  EXPECT_EQ(failed.exit_code, 1);
  EXPECT_NE(failed.out.find("not now"), std::string::npos) << failed.out;
  EXPECT_EQ(count("numbers"), 0);
  EXPECT_EQ(count("kafka_dead_letters WHERE reason = 'missing_required_field'"), 50);

  database().run("DROP TRIGGER no ON kafka_dead_letters");
  EXPECT_EQ(dead_letters({"replay"}).exit_code, 0);
  EXPECT_TRUE(every_one_once("numbers", 50));
}

TEST_F(DeadLettersToolTest, TwoReplaysBesideARunningServiceStoreNothingTwice) {
  become_dead_letters(6000);
  mend_mapping();
  start();
  const auto replay = [&] { return dead_letters({"replay"}); };
  auto one = std::async(std::launch::async, replay);
  auto other = std::async(std::launch::async, replay);
  send_numbered(topic_, 6000, 7000);
  const CommandResult first = one.get();
  const CommandResult second = other.get();
  EXPECT_EQ(first.exit_code, 0) << first.out << first.err;
  EXPECT_EQ(second.exit_code, 0) << second.out << second.err;
  ASSERT_TRUE(drained(topic_));
  // What one left because the other had its hands on it, a third one finds.
  EXPECT_EQ(dead_letters({"replay"}).exit_code, 0);
  EXPECT_TRUE(every_one_once("numbers", 7000));
  EXPECT_EQ(count("kafka_dead_letters"), 0);
}

TEST_F(DeadLettersToolTest, OtherGroupsAreLeftAloneUnlessNamed) {
  become_dead_letters(30);
  mend_mapping();
  database().run("UPDATE kafka_dead_letters SET consumer_group = 'other' WHERE \"offset\" % 3 = 0");
  database().run("UPDATE kafka_dead_letters SET consumer_group = 'third' WHERE \"offset\" % 3 = 1");
  EXPECT_EQ(dead_letters({"replay"}).exit_code, 0);
  EXPECT_EQ(count("numbers"), 10);
  EXPECT_EQ(dead_letters({"replay", "--group", "other"}).exit_code, 0);
  EXPECT_EQ(count("numbers"), 20);
  EXPECT_EQ(count("kafka_dead_letters WHERE consumer_group = 'third'"), 10);
  EXPECT_EQ(dead_letters({"replay", "--all-groups"}).exit_code, 0);
  EXPECT_TRUE(every_one_once("numbers", 30));
}

TEST_F(DeadLettersToolTest, ATopicWithoutAMappingIsSaidAndLeft) {
  become_dead_letters(5);
  map(numbered_mapping("another.topic", "numbers"));
  const CommandResult replay = dead_letters({"replay"});
  EXPECT_EQ(replay.exit_code, 1);
  EXPECT_NE(replay.out.find("names this topic"), std::string::npos) << replay.out;
  EXPECT_EQ(count("kafka_dead_letters"), 5);
}

TEST_F(DeadLettersToolTest, AReplayMeetsRowsWithItsKeys) {
  database().run("DROP TABLE numbers");
  database().run(numbered_table("numbers", "PRIMARY KEY (number)"));
  become_dead_letters(100);
  map(numbered_mapping(topic_, "numbers") + "    upsert_key: [number]\n    conflict_strategy: replace\n");
  database().run("INSERT INTO numbers (number, note) SELECT n, 'older' FROM generate_series(0, 49) n");
  const CommandResult replay = dead_letters({"replay"});
  EXPECT_EQ(replay.exit_code, 0) << replay.out << replay.err;
  EXPECT_TRUE(every_one_once("numbers", 100));
}

TEST_F(DeadLettersToolTest, MetadataIsTheDeadLettersOwn) {
  const std::string topic = new_topic("meta", 1);
  const std::string entry = "  " + topic + R"(:
    table: meta
    field_mappings:
      id: id
      $key: key
      $topic: topic
      $partition: part
      $offset: at
      $timestamp: sent
      $headers.kind: kind
      $headers.raw: raw
      $headers.none: nothing
)";
  database().run(
      "CREATE TABLE meta (id bigint, key bytea, topic text, part int, at bigint, sent timestamptz, kind text, raw "
      "bytea, nothing text)");
  map(entry + "    required_fields: [nobody]\n");
  const std::string key("k\0\xFF", 3);
  producer().send(topic, {.value = R"({"id": 7})",
                          .key = key,
                          .partition = 0,
                          .headers = {{"kind", "first"}, {"kind", "grüße"}, {"raw", "\xFF\x01"}}});
  producer().flush();
  start();
  ASSERT_TRUE(drained(topic));
  map(entry);
  ASSERT_EQ(dead_letters({"replay"}).exit_code, 0);
  EXPECT_EQ(database().rows("SELECT id, encode(key, 'hex'), topic, part, at, kind, encode(raw, 'hex'), nothing, sent "
                            "BETWEEN now() - interval '5 minutes' AND now() + interval '5 seconds' FROM meta"),
            (std::vector<std::vector<std::string>>{{"7", "6b00ff", topic, "0", "0", "grüße", "ff01", "NULL", "t"}}));
}

TEST_F(DeadLettersToolTest, ListCountsAndShowShowsEveryByte) {
  become_dead_letters(3);
  producer().send(
      topic_, {.value = std::string("\0\x1b[31mred\xFF", 10), .key = "k\n1", .partition = 1, .headers = {{"h", "v"}}});
  producer().flush();
  start();
  ASSERT_TRUE(await_count("kafka_dead_letters", 4));
  const CommandResult list = dead_letters({"list"});
  EXPECT_EQ(list.exit_code, 0) << list.err;
  EXPECT_NE(list.out.find("missing_required_field      3"), std::string::npos) << list.out;
  EXPECT_NE(list.out.find("invalid_json                1"), std::string::npos) << list.out;
  const CommandResult some =
      dead_letters({"list", "--reason", "invalid_json", "--since", "1h", "--topic", topic_, "--json"});
  EXPECT_NE(some.out.find(R"("total":1)"), std::string::npos) << some.out;
  EXPECT_NE(dead_letters({"list", "--since", "2999-01-01"}).out.find("no dead letters"), std::string::npos);

  const std::string id = database().value("SELECT id FROM kafka_dead_letters WHERE reason = 'invalid_json'");
  const CommandResult show = dead_letters({"show", id});
  EXPECT_EQ(show.exit_code, 0) << show.err;
  EXPECT_NE(show.out.find("00 1b 5b 33 31 6d 72 65 64 ff"), std::string::npos) << show.out;
  EXPECT_EQ(show.out.find('\x1b'), std::string::npos) << "a message must not write on the terminal";
  EXPECT_NE(show.out.find("header h (1 byte)"), std::string::npos) << show.out;
  const CommandResult json = dead_letters({"show", id, "--json"});
  EXPECT_NE(json.out.find(R"("value":"ABtbMzFtcmVk/w==","value_encoding":"base64")"), std::string::npos) << json.out;
  EXPECT_EQ(dead_letters({"show", "999999"}).exit_code, 1);
}

TEST_F(DeadLettersToolTest, ATraceLeadsToItsDeadLetters) {
  const std::string parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  const std::string id = parent.substr(3, 32);
  map(numbered_mapping(topic_, "numbers") + "    required_fields: [operator]\n");
  producer().send(topic_,
                  {.value = numbered_message(0), .key = "k", .partition = 0, .headers = {{"traceparent", parent}}});
  producer().send(
      topic_,
      {.value = "{\"trace_id\": \"" + id + "\", \"number\": 1, \"no", .key = "k", .partition = 0, .headers = {}});
  producer().send(topic_, {.value = "no json", .key = "k", .partition = 0, .headers = {{"trace_id", "another"}}});
  producer().send(topic_,
                  {.value = numbered_message(3), .key = "k", .partition = 0, .headers = {{"traceparent", "00-none"}}});
  producer().flush();
  auto& service = start();
  ASSERT_TRUE(drained(topic_));
  ASSERT_EQ(service.terminate().value().exit_code, 0);
  const auto traces = [&] {
    return database().rows("SELECT \"offset\", coalesce(trace_id, '') FROM kafka_dead_letters ORDER BY 1");
  };
  EXPECT_EQ(traces(), (Rows{{"0", id}, {"1", id}, {"2", "another"}, {"3", ""}}));

  EXPECT_NE(dead_letters({"list", "--trace", id, "--json"}).out.find(R"({"total":2,)"), std::string::npos);
  const CommandResult shown = dead_letters({"show", "--trace", id, "--json"});
  EXPECT_EQ(shown.exit_code, 0) << shown.err;
  EXPECT_EQ(std::count(shown.out.begin(), shown.out.end(), '\n'), 2) << shown.out;
  EXPECT_NE(shown.out.find("\"offset\":1,"), std::string::npos) << shown.out;
  EXPECT_NE(shown.out.find("\"trace_id\":\"" + id + "\""), std::string::npos) << shown.out;
  EXPECT_NE(dead_letters({"show", "--trace", "another"}).out.find("trace      another\n"), std::string::npos);
  EXPECT_EQ(dead_letters({"show", "--trace", "none"}).exit_code, 1);
  EXPECT_EQ(dead_letters({"show"}).exit_code, 2);

  mend_mapping();
  EXPECT_EQ(dead_letters({"replay", "--trace", id}).exit_code, 0);
  EXPECT_EQ(traces(), (Rows{{"1", id}, {"2", "another"}, {"3", ""}})) << "what fails again keeps its trace";
  EXPECT_EQ(count("numbers"), 1);
  EXPECT_EQ(dead_letters({"purge", "--trace", "another", "--yes"}).out, "deleted 1 dead letter\n");
}

TEST_F(DeadLettersToolTest, AReplayStoresAnotherValueAsThatMessage) {
  const std::string entry = "  " + topic_ + R"(:
    table: meta
    field_mappings: {id: id, $key: key, $partition: part, $offset: at, $headers.kind: kind}
    data_types: {id: integer, $partition: integer, $offset: integer}
    required_fields: [id]
)";
  database().run("CREATE TABLE meta (id bigint CHECK (id < 100), key bytea, part int, at bigint, kind text)");
  map(entry);
  for (int i = 0; i < 2; ++i) {
    producer().send(topic_, {.value = R"({"id": "no number)", .key = "k", .partition = 1, .headers = {{"kind", "h"}}});
  }
  producer().flush();
  auto& service = start();
  ASSERT_TRUE(drained(topic_));
  ASSERT_EQ(service.terminate().value().exit_code, 0);
  const std::string id = database().value("SELECT id FROM kafka_dead_letters WHERE \"offset\" = 1");
  const std::string other = database().value("SELECT id FROM kafka_dead_letters WHERE \"offset\" = 0");
  const std::string good = folder().write("good.json", R"({"id": 42})");

  // What is not usage
  const std::vector<std::vector<std::string>> wrong{{"replay", "--value", good},
                                                    {"replay", "--id", id, "--id", other, "--value", good},
                                                    {"replay", "--topic", topic_, "--value", good},
                                                    {"replay", "--id", id, "--value", good, "--all"},
                                                    {"replay", "--id", id, "--value", folder().path_of("nobody.json")},
                                                    {"replay", "--id", id, "--value", folder().path_of("")}};
  for (const auto& arguments : wrong) {
    const CommandResult refused = dead_letters(arguments);
    EXPECT_EQ(refused.exit_code, 2) << ::testing::PrintToString(arguments) << refused.out << refused.err;
  }
  EXPECT_EQ(dead_letters({"replay", "--id", "999999", "--value", good}).exit_code, 1);

  // What the mapping or the table does not take either is said, and changes nothing.
  const auto row = [&] {
    return database().rows("SELECT reason, message, convert_from(value, 'UTF8') FROM kafka_dead_letters WHERE id = " +
                           id);
  };
  const auto before = row();
  for (const auto& [value, words] : {std::pair(R"({"id": 100})", "meta_id_check"), {R"({"id": null})", "required"}}) {
    const CommandResult refused = dead_letters({"replay", "--id", id, "--value", folder().write("bad.json", value)});
    EXPECT_EQ(refused.exit_code, 1) << refused.out;
    EXPECT_NE(refused.out.find(words), std::string::npos) << refused.out;
    EXPECT_EQ(row(), before);
  }
  const CommandResult dry = dead_letters({"replay", "--id", id, "--value", good, "--dry-run", "--json"});
  EXPECT_EQ(dry.exit_code, 0) << dry.err;
  EXPECT_NE(dry.out.find(R"("stored":1)"), std::string::npos) << dry.out;
  EXPECT_EQ(count("meta"), 0);

  const CommandResult stored = dead_letters({"replay", "--id", id, "--value", good});
  EXPECT_EQ(stored.exit_code, 0) << stored.out << stored.err;
  EXPECT_EQ(database().rows("SELECT id, convert_from(key, 'UTF8'), part, at, kind FROM meta"),
            (Rows{{"42", "k", "1", "1", "h"}}));
  EXPECT_EQ(count("kafka_dead_letters"), 1);

  // What was sent, and what was stored instead, can be seen.
  const CommandResult shown = dead_letters({"show", id});
  EXPECT_NE(shown.out.find("value (17 bytes)\n  {\"id\": \"no number\n"), std::string::npos) << shown.out;
  EXPECT_NE(shown.out.find("stored instead (10 bytes)\n  {\"id\": 42}\n"), std::string::npos) << shown.out;
  EXPECT_NE(shown.out.find("header kind"), std::string::npos) << shown.out;
  EXPECT_NE(dead_letters({"show", id, "--json"}).out.find(R"("corrected_value":"{\"id\": 42}")"), std::string::npos);
  const CommandResult list = dead_letters({"list", "--repaired"});
  EXPECT_NE(list.out.find("REPAIRED"), std::string::npos) << list.out;
  EXPECT_NE(list.out.find(id + "  "), std::string::npos) << list.out;
  EXPECT_EQ(dead_letters({"replay", "--id", id, "--value", good}).exit_code, 1) << "it does not wait any more";

  // From standard input
  const CommandResult piped =
      run_command("/bin/sh",
                  {"-c", "printf '{\"id\": 7}' | " LOOM_PROGRAM_WITH_FAILPOINTS " dead-letters replay --id " + other +
                             " --value -"},
                  environment({}));
  EXPECT_EQ(piped.exit_code, 0) << piped.out << piped.err;
  EXPECT_EQ(count("meta WHERE id = 7 AND at = 0"), 1);
}

TEST_F(DeadLettersToolTest, TimesMakeAWindow) {
  become_dead_letters(10);
  database().run("UPDATE kafka_dead_letters SET created_at = now() - \"offset\" * interval '10 days'");
  const auto total = [&](std::vector<std::string> filter) {
    filter.insert(filter.begin(), {"list", "--json"});
    const CommandResult list = dead_letters(filter);
    EXPECT_EQ(list.exit_code, 0) << list.err;
    return list.out.substr(0, list.out.find(','));
  };
  // Offsets 0 to 4 of two partitions: 0, 10, 20, 30 and 40 days old.
  EXPECT_EQ(total({"--since", "15d"}), R"({"total":4)");
  EXPECT_EQ(total({"--until", "15d"}), R"({"total":6)");
  EXPECT_EQ(total({"--older-than", "15d"}), R"({"total":6)");
  EXPECT_EQ(total({"--since", "35d", "--older-than", "15d"}), R"({"total":4)");
  EXPECT_EQ(total({"--since", "35d", "--until", "2999-01-01"}), R"({"total":8)");
  EXPECT_EQ(total({"--older-than", "9000000w"}), R"({"total":0)") << "before all calendars";
  const std::vector<std::vector<std::string>> wrong{{"--until", "tomorrow"},
                                                    {"--older-than", "2026-01-01"},
                                                    {"--older-than", "30"},
                                                    {"--older-than", "1d", "--until", "1d"},
                                                    {"--since", "1d", "--until", "2d"}};
  for (std::vector<std::string> arguments : wrong) {
    arguments.insert(arguments.begin(), {"purge", "--yes"});
    const CommandResult refused = dead_letters(arguments);
    EXPECT_EQ(refused.exit_code, 2) << ::testing::PrintToString(arguments) << refused.out << refused.err;
  }
  mend_mapping();
  EXPECT_EQ(dead_letters({"replay", "--until", "35d"}).exit_code, 0);
  EXPECT_EQ(count("numbers"), 2);
  EXPECT_EQ(dead_letters({"purge", "--older-than", "25d", "--yes"}).out, "deleted 2 dead letters\n");
  EXPECT_EQ(count("kafka_dead_letters WHERE created_at > now() - interval '25 days'"), 6);
  EXPECT_EQ(dead_letters({"purge", "--repaired", "--older-than", "1d", "--yes"}).out,
            "deleted 0 repaired dead letters\n")
      << "it was repaired just now";
  EXPECT_EQ(dead_letters({"purge", "--repaired", "--all", "--yes"}).out, "deleted 2 repaired dead letters\n");
}

TEST_F(DeadLettersToolTest, PurgeNeedsAFilterAndAYes) {
  become_dead_letters(10);
  EXPECT_EQ(dead_letters({"purge", "--yes"}).exit_code, 2);
  const CommandResult asked = dead_letters({"purge", "--all"});
  EXPECT_EQ(asked.exit_code, 2);
  EXPECT_NE(asked.err.find("10 dead letters for good, from 20"), std::string::npos) << asked.err;
  EXPECT_EQ(dead_letters({"purge", "--since", "yesterday", "--yes"}).exit_code, 2);
  EXPECT_EQ(count("kafka_dead_letters"), 10);

  database().run("UPDATE kafka_dead_letters SET consumer_group = 'other' WHERE \"offset\" = 0");
  EXPECT_EQ(dead_letters({"purge", "--limit", "3", "--yes"}).out, "deleted 3 dead letters\n");
  EXPECT_EQ(dead_letters({"purge", "--all", "--yes"}).out, "deleted 5 dead letters\n");
  EXPECT_EQ(count("kafka_dead_letters WHERE consumer_group = 'other'"), 2);
}

}  // namespace
}  // namespace loom::testing
