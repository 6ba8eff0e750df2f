// Tables that somebody changes while messages flow into them.
#include <fmt/format.h>

#include <atomic>
#include <thread>

#include "outage_test.h"

namespace loom::testing {
namespace {

class TableChangeTest : public OutageTest {
 protected:
  TableChangeTest() : OutageTest(KafkaServer::shared()) {}

  /// Waits until the topic is stopped because of what `reason` says.
  void stops_because(const std::string& reason) {
    ASSERT_TRUE(await_log(reason, mark_)) << "nothing says what is wrong: " << reason;
    ASSERT_TRUE(await_log("stopped", mark_));
  }
  void alter(const std::string& sql) {
    mark_ = log_size();
    database().run(sql);
  }
  std::size_t mark_ = 0;
};

TEST_F(TableChangeTest, AColumnThatIsAddedDoesNotMatter) {
  begin(1'500);
  alter("ALTER TABLE numbers ADD comment text DEFAULT 'none'");
  resumes();
  finish("a column added", 1);
}

TEST_F(TableChangeTest, AMappedColumnThatIsDroppedStopsTheTopicUntilItIsBack) {
  std::string mapping = numbered_mapping(topic_, "numbers");
  mapping.insert(mapping.find("      $partition"), "      $timestamp: sent_at\n");
  map(mapping);
  database().run("ALTER TABLE numbers ADD sent_at timestamptz");
  begin(1'500);
  alter("ALTER TABLE numbers DROP sent_at");
  stops_because("sent_at");
  alter("ALTER TABLE numbers ADD sent_at timestamptz");
  resumes();
  finish("a mapped column dropped, and back", 1);
}

TEST_F(TableChangeTest, ATableThatIsRenamedStopsTheTopicUntilItIsBack) {
  begin(1'500);
  alter("ALTER TABLE numbers RENAME TO elsewhere");
  stops_because("numbers");
  alter("ALTER TABLE elsewhere RENAME TO numbers");
  resumes();
  finish("the table renamed, and back", 1);
}

TEST_F(TableChangeTest, InsertRevokedStopsTheTopicUntilItIsGranted) {
  migrate();
  database().run(
      "DO $$ BEGIN CREATE ROLE loom_writer LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$;"
      "GRANT SELECT, INSERT ON numbers TO loom_writer;"
      "GRANT SELECT, INSERT, UPDATE ON kafka_consumer_offsets TO loom_writer;"
      "GRANT INSERT, SELECT ON kafka_dead_letters TO loom_writer; GRANT SELECT ON schema_migrations TO loom_writer");
  begin(1'500, {{"LOOM_DATABASE_URL", database().url() + " user=loom_writer"}, {"LOOM_AUTO_MIGRATE", "false"}});
  alter("REVOKE INSERT ON numbers FROM loom_writer");
  stops_because("permission denied");
  alter("GRANT INSERT ON numbers TO loom_writer");
  resumes();
  finish("INSERT revoked, and granted again", 1);
}

/// What the table holds from now on: nothing twice, and nothing missing between its first and its last.
class EmptiedTest : public TableChangeTest {
 protected:
  /// Whoever empties a table loses what it held; everything after that is there once.
  void whole_from_its_first_row_on(const std::string& fault) {
    const std::int64_t sent = flow().stop();
    ASSERT_TRUE(drained(topic_));
    std::int64_t rows = 0;
    const auto ends = log_ends(topic_);
    for (const auto& row :
         database().rows("SELECT partition, min(\"offset\"), max(\"offset\"), count(*), count(DISTINCT "
                         "\"offset\") FROM numbers GROUP BY 1 ORDER BY 1")) {
      const auto partition = static_cast<std::size_t>(std::stoll(row[0]));
      EXPECT_EQ(std::stoll(row[2]), ends[partition] - 1);
      EXPECT_EQ(std::stoll(row[3]), ends[partition] - std::stoll(row[1])) << "rows are missing";
      EXPECT_EQ(row[3], row[4]) << "rows are twice";
      rows += std::stoll(row[3]);
    }
    EXPECT_GT(rows, 0);
    EXPECT_LT(rows, sent) << "nothing was emptied";
    EXPECT_EQ(count("kafka_dead_letters"), 0);
    judge_sent(sent, sent - rows);
    record(fault, 1, "counted from the first row after it");
  }
};

TEST_F(EmptiedTest, ATableThatIsTruncatedTakesWhatComesAfter) {
  begin(1'500);
  alter("TRUNCATE numbers");
  resumes();
  whole_from_its_first_row_on("the table truncated");
}

TEST_F(EmptiedTest, ATableThatIsDroppedAndMadeAgainTakesWhatComesAfter) {
  begin(1'500);
  alter("DROP TABLE numbers");
  stops_because("numbers");
  alter(numbered_table("numbers"));
  resumes();
  whole_from_its_first_row_on("the table dropped and made again");
}

/// Each pair of types that binary COPY confuses without a word. One number in every column, whatever its type.
class RetypedTest : public ServiceTest {
 protected:
  RetypedTest() : topic_(new_topic("pairs", 2)) {
    map("  " + topic_ +
        ":\n    table: pairs\n    field_mappings: {n: number, a: float_bigint, b: time_bigint, c: int_real, d: "
        "json_text}\n");
    database().run(
        "CREATE TABLE pairs (number bigint, float_bigint float8, time_bigint timestamptz, int_real int4, json_text "
        "jsonb)");
  }
  void send_until_told() {
    TestProducer out(bootstrap());
    for (; !done_; ++sent_) {
      const std::int64_t n = sent_;
      out.send(topic_, {.value = fmt::format(R"({{"n":{0},"a":{0},"b":{0},"c":{0},"d":{0}}})", n),
                        .key = {},
                        .partition = static_cast<std::int32_t>(n % 2),
                        .headers = {}});
      if (n % 20 == 0) std::this_thread::sleep_for(milliseconds(10));
    }
    out.flush();
  }
  const std::string topic_;
  std::atomic<bool> done_{false};
  std::atomic<std::int64_t> sent_{0};
};

TEST_F(RetypedTest, NoPairOfTypesOfOneSizeIsEverStoredAsGarbage) {
  start();
  std::thread sender([this] { send_until_told(); });
  const auto more = [&] {
    const std::int64_t now = count("pairs");
    EXPECT_TRUE(await(seconds(30), [&] { return count("pairs") > now + 500; })) << "nothing is stored any more";
  };
  more();
  const auto right = [&](const std::string& condition) {
    EXPECT_EQ(count("pairs WHERE NOT coalesce(" + condition + ", false)"), 0) << condition;
  };
  // There and back, while rows flow.
  for (int round = 0; round < 2; ++round) {
    database().run("ALTER TABLE pairs ALTER float_bigint TYPE bigint");
    more();
    right("float_bigint = number");
    database().run("ALTER TABLE pairs ALTER time_bigint TYPE bigint USING extract(epoch FROM time_bigint)::bigint");
    more();
    right("time_bigint = number");
    database().run("ALTER TABLE pairs ALTER int_real TYPE real");
    more();
    right("int_real = number");
    database().run("ALTER TABLE pairs ALTER json_text TYPE text USING json_text::text");
    more();
    right("json_text = number::text");
    database().run(
        "ALTER TABLE pairs ALTER float_bigint TYPE float8, ALTER time_bigint TYPE timestamptz USING "
        "to_timestamp(time_bigint), ALTER int_real TYPE int4, ALTER json_text TYPE jsonb USING json_text::jsonb");
    more();
    right(
        "float_bigint = number AND time_bigint = to_timestamp(number) AND int_real = number AND json_text = "
        "to_jsonb(number)");
  }
  done_ = true;
  sender.join();
  ASSERT_TRUE(drained(topic_));
  EXPECT_EQ(count("pairs"), sent_);
  EXPECT_EQ(std::stoll(database().value("SELECT count(DISTINCT number) FROM pairs")), sent_);
  EXPECT_EQ(count("kafka_dead_letters"), 0);
}

}  // namespace
}  // namespace loom::testing
