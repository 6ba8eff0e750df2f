// Large messages, long lists, deep nesting, wide tables, many topics, every compression.
#include <fmt/format.h>

#include <fstream>
#include <sstream>

#include "support/service_test.h"

namespace loom::testing {
namespace {

class OddSizesTest : public ServiceTest {
 protected:
  using ServiceTest::ServiceTest;

  static std::string repeated(const std::string& text, std::size_t times) {
    std::string all;
    all.reserve(text.size() * times);
    for (std::size_t i = 0; i < times; ++i) all += text;
    return all;
  }
  void send_with(const std::map<std::string, std::string>& properties, const std::string& topic,
                 const std::string& value) {
    TestProducer large(bootstrap(), properties);
    large.send(topic, {.value = value, .key = {}, .partition = 0, .headers = {}});
    large.flush();
  }
  void send_large(const std::string& topic, const std::string& value) {
    send_with({{"message.max.bytes", "30000000"}, {"compression.type", "none"}}, topic, value);
  }
  /// The most memory that the process has had, in MiB.
  static long peak_memory(pid_t pid) {
    std::ifstream status(fmt::format("/proc/{}/status", pid));
    for (std::string word; status >> word;) {
      if (word != "VmHWM:") continue;
      long kib = 0;
      status >> kib;
      return kib / 1024;
    }
    return -1;
  }
};

TEST_F(OddSizesTest, AMessageOfTenMegabytesAmongSmallOnes) {
  const std::string topic = new_topic("large", 1);
  map("  " + topic + ":\n    table: large\n    field_mappings: {n: n, text: text, doc: doc}\n");
  database().run("CREATE TABLE large (n bigint, text text, doc jsonb)");
  send(topic, 0, R"({"n": 1, "text": "small"})");
  const std::string long_text = repeated("0123456789abcdef", 640 * 1024);
  send_large(topic, R"({"n": 2, "text": ")" + long_text + R"("})");
  send_large(topic, R"({"n": 3, "doc": [)" + repeated(R"({"a": "b", "c": [1, 2, 3]}, )", 100'000) + "0]}");
  send_large(topic, R"({"n": "not a number", "text": ")" + long_text + R"("})");
  send(topic, 0, R"({"n": 5, "text": "small"})");
  auto& service = start();
  ASSERT_TRUE(drained(topic));
  EXPECT_EQ(database().rows("SELECT n, length(text), md5(text), jsonb_array_length(doc) FROM large ORDER BY n"),
            (Rows{{"1", "5", database().value("SELECT md5('small')"), "NULL"},
                  {"2", "10485760", database().value("SELECT md5(repeat('0123456789abcdef', 655360))"), "NULL"},
                  {"3", "NULL", "NULL", "100001"},
                  {"5", "5", database().value("SELECT md5('small')"), "NULL"}}));
  EXPECT_EQ(database().rows("SELECT \"offset\", reason, length(value) > 10000000 FROM kafka_dead_letters"),
            (Rows{{"3", "conversion_failed", "t"}}));
  EXPECT_LT(peak_memory(service.pid()), 300);
  RecordProperty("peak_mib", static_cast<int>(peak_memory(service.pid())));
}

TEST_F(OddSizesTest, AHundredThousandElementsOfOneMessage) {
  const std::string topic = new_topic("elements", 1);
  map("  " + topic + R"(:
    table: parents
    field_mappings: {id: id}
    data_types: {id: integer, word: string, score: float}
    upsert_key: id
    array_mappings:
      words:
        table: children
        foreign_key_mapping: {parent: id}
        element_mappings: {w: word, s: score}
        sequence_field: place
)");
  std::string message = R"({"id": 7, "words": [)";
  for (int i = 0; i < 100'000; ++i) message += fmt::format(R"({}{{"w": "w{}", "s": {}.5}})", i == 0 ? "" : ",", i, i);
  send_large(topic, message + "]}");
  start({{"LOOM_AUTO_CREATE_TABLES", "true"}});
  ASSERT_TRUE(drained(topic));
  EXPECT_EQ(count("parents WHERE id = 7"), 1);
  EXPECT_EQ(
      database().rows("SELECT count(*), count(DISTINCT place), min(place), max(place), count(*) FILTER (WHERE word "
                      "= 'w' || place AND score = place + 0.5) FROM children"),
      (Rows{{"100000", "100000", "0", "99999", "100000"}}));
}

TEST_F(OddSizesTest, NestingTenThousandDeepIsADeadLetter) {
  const std::string topic = new_topic("deep", 1);
  map("  " + topic + ":\n    table: deep\n    field_mappings: {n: n, doc: doc}\n");
  database().run("CREATE TABLE deep (n bigint, doc jsonb)");
  send(topic, 0, R"({"n": 1, "doc": )" + repeated("[", 10'000) + repeated("]", 10'000) + "}");
  send(topic, 0, R"({"n": 2, "other": )" + repeated(R"({"a":)", 10'000) + "1" + repeated("}", 10'000) + "}");
  send(topic, 0, R"({"n": 3, "doc": )" + repeated("[", 500'000));
  send(topic, 0, R"({"n": 4, "doc": )" + repeated("[", 998) + repeated("]", 998) + "}");
  auto& service = start();
  ASSERT_TRUE(drained(topic));
  EXPECT_EQ(database().rows("SELECT n FROM deep"), (Rows{{"4"}}));
  EXPECT_EQ(database().rows("SELECT \"offset\", reason FROM kafka_dead_letters ORDER BY 1"),
            (Rows{{"0", "invalid_json"}, {"1", "invalid_json"}, {"2", "invalid_json"}}));
  EXPECT_TRUE(service.running());
}

TEST_F(OddSizesTest, ATableOfAThousandColumns) {
  constexpr int kColumns = 1000;
  const std::string topic = new_topic("wide", 1);
  std::string columns = "id bigint PRIMARY KEY";
  std::string fields;
  for (int i = 1; i < kColumns; ++i) {
    columns += fmt::format(", c{} integer", i);
    fields += fmt::format("      data.c{0}: c{0}\n", i);
  }
  database().run("CREATE TABLE wide (" + columns + ")");
  map("  " + topic + ":\n    table: wide\n    field_mappings:\n      id: id\n" + fields +
      "    upsert_key: id\n    conflict_strategy: update\n");
  for (int id = 0; id < 300; ++id) {
    std::string data;
    // Each misses every seventh, another seventh each; and the keys come again, for the merge.
    for (int i = 1; i < kColumns; ++i) {
      if (i % 7 != id % 7) data += fmt::format(R"({}"c{}": {})", data.empty() ? "" : ",", i, id * 1000 + i);
    }
    producer().send(topic, {.value = fmt::format(R"({{"id": {}, "data": {{{}}}}})", id % 200, data),
                            .key = {},
                            .partition = 0,
                            .headers = {}});
  }
  producer().flush();
  start();
  ASSERT_TRUE(drained(topic));
  EXPECT_EQ(count("kafka_dead_letters"), 0);
  EXPECT_EQ(count("wide"), 200);
  // Row 150 had one message, without c3; row 50 two: the second's values, and of the first c5, which it lacks.
  EXPECT_EQ(database().rows("SELECT c3, c4, c999 FROM wide WHERE id = 150"), (Rows{{"NULL", "150004", "150999"}}));
  EXPECT_EQ(database().rows("SELECT c1, c2, c5, c998 FROM wide WHERE id = 50"),
            (Rows{{"250001", "250002", "50005", "250998"}}));
}

TEST_F(OddSizesTest, EveryCompression) {
  std::string entries;
  const std::vector<std::string> codecs{"gzip", "snappy", "lz4", "zstd"};
  std::vector<std::string> names;
  for (const auto& codec : codecs) {
    names.push_back(new_topic(codec, 2));
    database().run(numbered_table("numbers_" + codec));
    entries += numbered_mapping(names.back(), "numbers_" + codec);
    TestProducer compressed(bootstrap(), {{"compression.type", codec}});
    for (int i = 0; i < 1000; ++i) {
      compressed.send(names.back(), {.value = numbered_message(i), .key = "k", .partition = i % 2, .headers = {}});
    }
    compressed.flush();
  }
  map(entries);
  start();
  for (std::size_t i = 0; i < codecs.size(); ++i) {
    ASSERT_TRUE(drained(names[i]));
    EXPECT_TRUE(every_one_once("numbers_" + codecs[i], 1000));
  }
}

/// Topics by the thousand stay in a broker that goes with the test.
class ManyTopicsTest : public OddSizesTest {
 protected:
  ManyTopicsTest() : OddSizesTest(nullptr, broker()) {}

  static KafkaServer& broker() {
    static KafkaServer server;
    return server;
  }
};

TEST_F(ManyTopicsTest, TwoThousandByOnePattern) {
  constexpr int kTopics = 2000;
  std::vector<std::string> names;
  for (int i = 0; i < kTopics; ++i) names.push_back(fmt::format("{}.many.{}", prefix(), i));
  kafka().create_topics(names, 1);
  map("  ^" + prefix() + R"(\.many\.[0-9]+$:
    table: many
    field_mappings: {n: n, $topic: topic}
)");
  database().run("CREATE TABLE many (n bigint, topic text)");
  const auto send_round = [&](int round) {
    for (int i = 0; i < kTopics; ++i) {
      producer().send(
          names[static_cast<std::size_t>(i)],
          {.value = fmt::format(R"({{"n": {}}})", round * kTopics + i), .key = {}, .partition = 0, .headers = {}});
    }
    producer().flush();
  };
  send_round(0);
  const auto begin = std::chrono::steady_clock::now();
  auto& service = start({{"LOOM_DB_MAX_POOL_SIZE", "4"}});
  ASSERT_TRUE(await_count("many", kTopics, seconds(60)));
  const auto started = std::chrono::steady_clock::now() - begin;
  send_round(1);
  ASSERT_TRUE(await_count("many", 2L * kTopics, seconds(60)));
  EXPECT_EQ(count("(SELECT n FROM many GROUP BY n HAVING count(*) <> 1) twice"), 0);
  EXPECT_EQ(count("many WHERE topic = '" + prefix() + ".many.' || n % 2000"), 2L * kTopics);
  const auto first_rows = std::chrono::duration_cast<milliseconds>(started).count();
  std::cout << fmt::format("2,000 topics: stored {} ms after the start, at most {} MiB\n", first_rows,
                           peak_memory(service.pid()));
  EXPECT_LT(peak_memory(service.pid()), 300);
  const auto end = service.terminate();
  ASSERT_TRUE(end.has_value());
  EXPECT_EQ(end->exit_code, 0);
}

}  // namespace
}  // namespace loom::testing
