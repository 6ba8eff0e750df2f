// Errors whose code does not say whose fault they are: from Kafka to rows, dead letters and words.
#include "support/http.h"
#include "support/service_test.h"

namespace loom::testing {
namespace {

class WhoseFaultTest : public ServiceTest {
 protected:
  using Row = std::vector<std::string>;

  WhoseFaultTest() : topic_(new_topic("things", 1)) {}

  void map_things(const std::string& more = "") {
    map("  " + topic_ + ":\n    table: things\n    field_mappings: {id: id, v: v}\n" + more);
  }
  void make_trigger(const std::string& code) const {
    database().run("CREATE OR REPLACE FUNCTION look() RETURNS trigger LANGUAGE plpgsql AS $f$ BEGIN " + code +
                   " RETURN NEW; END $f$");
    database().run("CREATE OR REPLACE TRIGGER look BEFORE INSERT ON things FOR EACH ROW EXECUTE FUNCTION look()");
  }
  void send_thing(int id, const std::string& v = "a.b") {
    send(topic_, 0, R"({"id": )" + std::to_string(id) + R"(, "v": ")" + v + R"("})");
  }
  void send_things(int from, int to) {
    for (int id = from; id < to; ++id) send_thing(id);
  }
  [[nodiscard]] Rows dead() const {
    return database().rows("SELECT \"offset\", reason, sqlstate FROM kafka_dead_letters ORDER BY id");
  }
  [[nodiscard]] static bool is_stopped(const ServiceHttp& http) {
    const auto stopped = http.get("/status").json().at("stopped_topics");
    return !stopped.empty();
  }

  std::string topic_;
};

TEST_F(WhoseFaultTest, AValueThatItsTypeCannotReadIsTheOnlyDeadLetter) {
  database().run("CREATE EXTENSION ltree; CREATE TABLE things (id int PRIMARY KEY, v ltree)");
  map_things();
  send_thing(0);
  send_thing(1, "a..b");
  send_thing(2);
  auto& service = start();
  ASSERT_TRUE(drained(topic_));
  EXPECT_EQ(database().rows("SELECT id, v FROM things ORDER BY id"), (Rows{{"0", "a.b"}, {"2", "a.b"}}));
  EXPECT_EQ(dead(), (Rows{{"1", "rejected_by_database", "42601"}}));
  EXPECT_TRUE(service.logged("reading the table's definition again"));
  EXPECT_FALSE(service.logged("stopped, next try"));
}

TEST_F(WhoseFaultTest, ATriggersOwnCodeMakesADeadLetterWhileOthersGoIn) {
  database().run("CREATE TABLE things (id int PRIMARY KEY, v text)");
  make_trigger("IF NEW.id % 50 = 7 THEN RAISE 'no such thing' USING ERRCODE = 'P0002'; END IF;");
  map_things();
  send_things(0, 300);
  start();
  ASSERT_TRUE(drained(topic_));
  EXPECT_EQ(count("things"), 294);
  EXPECT_EQ(count("things WHERE id % 50 = 7"), 0);
  EXPECT_EQ(count("kafka_dead_letters WHERE sqlstate = 'P0002' AND \"offset\" % 50 = 7"), 6);
  EXPECT_EQ(count("kafka_dead_letters"), 6);
}

TEST_F(WhoseFaultTest, ABrokenTriggerStopsTheTopicHoweverSlowlyMessagesCome) {
  database().run("CREATE TABLE things (id int PRIMARY KEY, v text); CREATE TABLE audit (id int)");
  make_trigger("INSERT INTO audit VALUES (NEW.id);");
  map_things();
  auto& service = start({{"LOOM_KAFKA_BATCH_TIMEOUT", "0.05"}});
  send_thing(0);
  ASSERT_TRUE(await_count("things", 1));
  database().run("ALTER TABLE audit RENAME TO elsewhere");
  const ServiceHttp http(service);
  for (int id = 1; id < 4; ++id) {
    send_thing(id);
    ASSERT_TRUE(await(seconds(20), [&] { return is_stopped(http); })) << "message " << id;
  }
  const auto stopped = http.get("/status").json().at("stopped_topics").at(0).at("reason").get<std::string>();
  EXPECT_NE(stopped.find("relation \"audit\" does not exist"), std::string::npos) << stopped;
  EXPECT_EQ(count("kafka_dead_letters"), 0);
  database().run("ALTER TABLE elsewhere RENAME TO audit");
  ASSERT_TRUE(drained(topic_));
  EXPECT_EQ(count("things"), 4);
  EXPECT_EQ(count("audit"), 4);
  EXPECT_EQ(count("kafka_dead_letters"), 0);
}

TEST_F(WhoseFaultTest, AMessageThatFailedAloneIsJudgedWhenOthersHaveCome) {
  database().run("CREATE TABLE things (id int PRIMARY KEY, v text)");
  make_trigger("IF NEW.id = 1 THEN EXECUTE 'INSERT INTO nowhere VALUES (1)'; END IF;");
  map_things();
  auto& service = start();
  send_thing(1);
  const ServiceHttp http(service);
  ASSERT_TRUE(await(seconds(20), [&] { return is_stopped(http); }));
  EXPECT_EQ(count("kafka_dead_letters"), 0);
  send_thing(2);
  ASSERT_TRUE(drained(topic_));
  EXPECT_EQ(dead(), (Rows{{"0", "rejected_by_database", "42P01"}}));
  EXPECT_EQ(count("things WHERE id = 2"), 1);
}

TEST_F(WhoseFaultTest, WhatASmallerTransactionDoesNotHaveIsHalvedUntilItFits) {
  database().run(
      "CREATE TABLE things (id int PRIMARY KEY, v text); CREATE TABLE most (n int); INSERT INTO most VALUES (30)");
  database().run(
      "CREATE FUNCTION count_them() RETURNS trigger LANGUAGE plpgsql AS $f$ BEGIN "
      "IF (SELECT count(*) FROM made) > (SELECT n FROM most) THEN RAISE 'tuple decompression limit exceeded' USING "
      "ERRCODE = '53400', HINT = 'Raise some.limit.'; END IF; RETURN NULL; END $f$;"
      "CREATE TRIGGER few AFTER INSERT ON things REFERENCING NEW TABLE AS made FOR EACH STATEMENT EXECUTE FUNCTION "
      "count_them()");
  map_things();
  send_things(0, 1000);
  auto& service = start();
  ASSERT_TRUE(drained(topic_));
  EXPECT_EQ(count("things"), 1000);
  EXPECT_EQ(count("kafka_dead_letters"), 0);
  EXPECT_TRUE(service.logged("are too many for one transaction"));

  database().run("UPDATE most SET n = 0");
  send_thing(1000);
  const ServiceHttp http(service);
  ASSERT_TRUE(await(seconds(20), [&] { return is_stopped(http); })) << "one message cannot be halved";
  const auto reason = http.get("/status").json().at("stopped_topics").at(0).at("reason").get<std::string>();
  EXPECT_NE(reason.find("some.limit"), std::string::npos) << reason;
  EXPECT_EQ(count("kafka_dead_letters"), 0);
  database().run("UPDATE most SET n = 1");
  ASSERT_TRUE(drained(topic_));
  EXPECT_EQ(count("things"), 1001);
}

TEST_F(WhoseFaultTest, ARowWithoutAPartitionGoesWhereTheMappingSays) {
  database().run(
      "CREATE TABLE things (id int, v text) PARTITION BY RANGE (id);"
      "CREATE TABLE things_1 PARTITION OF things FOR VALUES FROM (100) TO (200)");
  map_things("    no_partition: dead_letter\n");
  send_things(99, 102);
  start();
  ASSERT_TRUE(drained(topic_));
  EXPECT_EQ(dead(), (Rows{{"0", "rejected_by_database", "23514"}}));
  EXPECT_EQ(count("things"), 2);
}

TEST_F(WhoseFaultTest, WithoutThatTheTopicStopsAndSaysWhatHelps) {
  database().run(
      "CREATE TABLE things (id int, v text) PARTITION BY RANGE (id);"
      "CREATE TABLE things_1 PARTITION OF things FOR VALUES FROM (100) TO (200)");
  map_things();
  send_things(99, 102);
  auto& service = start();
  const ServiceHttp http(service);
  ASSERT_TRUE(await(seconds(20), [&] { return is_stopped(http); }));
  const auto reason = http.get("/status").json().at("stopped_topics").at(0).at("reason").get<std::string>();
  EXPECT_NE(reason.find("(id) = (99)"), std::string::npos) << reason;
  EXPECT_NE(reason.find("DEFAULT partition"), std::string::npos) << reason;
  database().run("CREATE TABLE things_rest PARTITION OF things DEFAULT");
  ASSERT_TRUE(drained(topic_));
  EXPECT_EQ(count("things"), 3);
}

}  // namespace
}  // namespace loom::testing
