// A new user's first minutes: an empty database, a mapping file, five settings; and what is said when one is wrong.
#include "support/service_test.h"

namespace loom::testing {
namespace {

class FirstRunTest : public ServiceTest {
 protected:
  void map_readings(const std::string& topic) {
    map("  " + topic + R"(:
    table: readings
    field_mappings:
      device_id: device_id
      timestamp: timestamp
      data.x: x
      data.count: count
      data.ok: ok
      data.tags: tags
      data.levels: levels
      data.raw: raw
      data.extra: extra
      data.label: label
    data_types:
      timestamp: timestamp
      x: float
      count: integer
      ok: boolean
      tags: array
      levels: float_array
      raw: bytes
      extra: json
      label: string
    transforms:
      raw: base64_decode
    defaults:
      label: unnamed
    upsert_key: device_id, timestamp
)");
  }
};

TEST_F(FirstRunTest, FiveSettingsAndAnEmptyDatabaseAreEnough) {
  const std::string topic = new_topic("readings", 3);
  map_readings(topic);
  send(topic, 0, R"({"device_id": "a", "timestamp": "2025-06-01T12:00:00.125+02:00", "data": {"x": 0.1, "count": "12.7",
    "ok": "yes", "tags": ["new", null, "käse"], "levels": [1, 2.5], "raw": "3q2+7w==", "extra": {"k": [1, "ü"]},
    "label": "one\ttwo\\three"}})");
  send(topic, 1, R"({"device_id": "b", "timestamp": 1748772000.5, "data": {"x": "-1e300", "count": 9007199254740993,
    "ok": 0, "tags": "[\"listed\"]", "levels": "[3,4]", "raw": "", "extra": 17}})");
  send(topic, 2, R"({"device_id": "c", "timestamp": 1748772000123456789})");

  auto& service = start_with({{"LOOM_DATABASE_URL", database().url()},
                              {"LOOM_KAFKA_BOOTSTRAP_SERVERS", bootstrap()},
                              {"LOOM_TOPIC_MAPPINGS", folder().path_of("topic_mappings.yml")},
                              {"LOOM_AUTO_CREATE_TABLES", "true"},
                              {"LOOM_AUTO_MIGRATE", "true"}});
  ASSERT_TRUE(await_count("readings", 3, seconds(60)));

  const auto rows = database().rows(
      "SELECT device_id, timestamp AT TIME ZONE 'UTC', x, count, ok, tags, levels, encode(raw, 'hex'), extra, label"
      " FROM readings ORDER BY device_id");
  using Row = std::vector<std::string>;
  EXPECT_EQ(rows[0], (Row{"a", "2025-06-01 10:00:00.125", "0.1", "12", "t", "{new,NULL,käse}", "{1,2.5}", "deadbeef",
                          R"({"k": [1, "ü"]})", "one\ttwo\\three"}));
  EXPECT_EQ(rows[1], (Row{"b", "2025-06-01 10:00:00.5", "-1e+300", "9007199254740993", "f", "{listed}", "{3,4}", "",
                          "17", "unnamed"}));
  EXPECT_EQ(rows[2], (Row{"c", "2025-06-01 10:00:00.123456", "NULL", "NULL", "NULL", "NULL", "NULL", "NULL", "NULL",
                          "unnamed"}));
  EXPECT_EQ(count("kafka_dead_letters"), 0);
  EXPECT_EQ(service.terminate()->exit_code, 0);
  EXPECT_EQ(count("kafka_consumer_offsets WHERE consumer_group = 'kafka-to-db-consumer'"), 3);
}

TEST_F(FirstRunTest, AQuietTopicsOnlyMessageIsStoredAfterItsBatchTimeout) {
  const std::string topic = new_topic("quiet", 1);
  map(numbered_mapping(topic, "quiet"));
  database().run(numbered_table("quiet"));
  start({{"LOOM_KAFKA_BATCH_TIMEOUT", "0.3"}});
  send_numbered(topic, 0, 1);
  ASSERT_TRUE(await_count("quiet", 1));

  const auto sent_at = std::chrono::steady_clock::now();
  send_numbered(topic, 1, 2);
  ASSERT_TRUE(await_count("quiet", 2, seconds(10)));
  const auto took = std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - sent_at);
  EXPECT_LT(took.count(), 2000) << "the batch timeout is 300 ms";
}

TEST_F(FirstRunTest, APatternGivesEachTopicATableOfItsOwn) {
  const std::string first = new_topic("a.b", 1);
  const std::string second = new_topic("c", 1);
  map("  ^" + prefix() + R"(\..*$:
    table: ${topic}
    field_mappings: {id: id}
    data_types: {id: integer}
    upsert_key: id
)");
  send(first, 0, R"({"id": 1})");
  send(second, 0, R"({"id": 2})");
  start({{"LOOM_AUTO_CREATE_TABLES", "true"}, {"LOOM_AUTO_MIGRATE", "true"}});
  ASSERT_TRUE(await_count('"' + first + "\" WHERE id = 1", 1, seconds(60)));
  ASSERT_TRUE(await_count('"' + second + "\" WHERE id = 2", 1));
}

TEST_F(FirstRunTest, AWrongMappingEndsItWithEveryErrorAndItsLine) {
  map(R"(  one.topic:
    description: "no table"
  other.topic:
    table: things
    field_mappings:
      a: a
    data_types:
      a: complex
    conflict_strategy: sometimes
)");
  auto& service = start();
  const auto end = service.await_end(seconds(10));
  ASSERT_TRUE(end.has_value());
  EXPECT_EQ(end->exit_code, 2);
  EXPECT_TRUE(service.logged("topic_mappings.yml:3:")) << service.log();
  EXPECT_TRUE(service.logged("topic_mappings.yml:10:")) << service.log();
  EXPECT_TRUE(service.logged("topic_mappings.yml:11:")) << service.log();
}

TEST_F(FirstRunTest, WrongSettingsEndItWithAllOfThemNamed) {
  map(numbered_mapping("some.topic", "some_table"));
  auto& service = start({{"LOOM_DATABASE_URL", ""},
                         {"LOOM_KAFKA_BATCH_SIZE", "many"},
                         {"LOOM_HTTP_PORT", "70000"},
                         {"LOOM_RDKAFKA_ENABLE_AUTO_COMMIT", "true"}});
  const auto end = service.await_end(seconds(10));
  ASSERT_TRUE(end.has_value());
  EXPECT_EQ(end->exit_code, 2);
  for (const char* name :
       {"LOOM_DATABASE_URL", "LOOM_KAFKA_BATCH_SIZE", "LOOM_HTTP_PORT", "LOOM_RDKAFKA_ENABLE_AUTO_COMMIT"}) {
    EXPECT_TRUE(service.logged(name)) << name << " is not named in\n" << service.log();
  }
}

TEST_F(FirstRunTest, APropertyThatLibrdkafkaDoesNotKnowIsAWrongSetting) {
  map(numbered_mapping("some.topic", "some_table"));
  database().run(numbered_table("some_table"));
  auto& service = start({{"LOOM_RDKAFKA_NO_SUCH_PROPERTY", "1"}});
  const auto end = service.await_end(seconds(20));
  ASSERT_TRUE(end.has_value());
  EXPECT_EQ(end->exit_code, 2);
  EXPECT_TRUE(service.logged("refuses no.such.property")) << service.log();
}

}  // namespace
}  // namespace loom::testing
