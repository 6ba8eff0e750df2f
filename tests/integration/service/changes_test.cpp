// Change events and tombstones on a real server: the table is what the events left, in their order, also when they are
// read again.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "support/service_test.h"

namespace loom::testing {
namespace {

using ::testing::AssertionResult;

class ChangesTest : public ServiceTest {
 protected:
  ChangesTest() : topic_(new_topic("changes", 2)) {}

  void map_changes(const std::string& more = "changes: debezium") {
    map("  " + topic_ + ":\n    table: copies\n    upsert_key: [id]\n    " + more + "\n" + kFields);
  }
  void send_event(const std::string& op, int id, const std::string& before, const std::string& after, int lsn = 1) {
    send_keyed(fmt::format(R"({{"id":{}}})", id), id % 2,
               fmt::format(R"({{"before":{},"after":{},"source":{{"lsn":{}}},"op":"{}","ts_ms":1700000000000}})",
                           before, after, lsn, op));
  }
  void put(int id, const std::string& v, int lsn = 1) {
    send_event("u", id, "null", fmt::format(R"({{"id":{},"v":"{}"}})", id, v), lsn);
  }
  void remove(int id, int lsn = 1) { send_event("d", id, fmt::format(R"({{"id":{}}})", id), "null", lsn); }
  void send_keyed(const std::string& key, int partition, const std::string& value) {
    producer().send(topic_, {.value = value, .key = key, .partition = partition, .headers = {}});
  }
  AssertionResult stored() {
    producer().flush();
    return drained(topic_, seconds(30));
  }
  /// All rows, `id v`, in order.
  std::string rows(const std::string& columns = "id || ' ' || coalesce(v, '-')") {
    return database().value("SELECT coalesce(string_agg(" + columns + ", ', ' ORDER BY id), '') FROM copies");
  }

  static constexpr const char* kFields = "    field_mappings: {id: id, v: v}\n";
  const std::string topic_;
};

TEST_F(ChangesTest, TheTableIsWhatTheEventsLeft) {
  map_changes();
  database().run("CREATE TABLE copies (id bigint PRIMARY KEY, v text)");
  for (int id = 0; id < 400; ++id) send_event("r", id, "null", fmt::format(R"({{"id":{},"v":"first"}})", id));
  auto& service = start();
  ASSERT_TRUE(stored());
  EXPECT_EQ(count("copies WHERE v = 'first'"), 400);
  for (int id = 0; id < 400; id += 2) put(id, "second");
  for (int id = 0; id < 400; id += 4) remove(id);
  put(4, "back");
  send_event("u", 6, "null", R"({"id":6,"v":"__debezium_unavailable_value"})");
  send_event("u", 8, R"({"id":10})", R"({"id":1000,"v":"moved"})");
  ASSERT_TRUE(stored());
  EXPECT_EQ(count("copies"), 300 + 1);
  EXPECT_EQ(count("copies WHERE v = 'second'"), 99);
  EXPECT_EQ(count("copies WHERE (id, v) IN ((4, 'back'), (6, 'second'), (1000, 'moved'))"), 3);
  EXPECT_EQ(count("copies WHERE id = 10"), 0);
  EXPECT_EQ(count("kafka_dead_letters"), 0);

  // Read again from the beginning it is the same.
  const std::string before = rows();
  ASSERT_EQ(service.terminate().value().exit_code, 0);
  ASSERT_EQ(command({"offsets", "reset", "--topic", topic_, "--to", "earliest"}).exit_code, 0);
  start();
  ASSERT_TRUE(stored());
  EXPECT_EQ(rows(), before);
}

TEST_F(ChangesTest, AnUpdateThatDoesNotTellAllOfARowNeedsTheRow) {
  const std::string untold = R"("v":"__debezium_unavailable_value")";
  map_changes();
  database().run("CREATE TABLE copies (id bigint PRIMARY KEY, v text, n int)");
  const auto update = [&](int id) { send_event("u", id, "null", fmt::format(R"({{"id":{},{}}})", id, untold)); };
  put(1, "told");
  update(1);
  update(2);  // no event made it
  put(3, "told");
  remove(3);
  update(3);  // it is gone again
  put(4, "later");
  update(4);
  start();
  ASSERT_TRUE(stored());
  EXPECT_EQ(rows(), "1 told, 4 later");
  EXPECT_EQ(database().value(
                "SELECT string_agg(partition || ':' || \"offset\", ' ' ORDER BY partition) FROM kafka_dead_letters"),
            "0:0 1:4");
  EXPECT_THAT(database().value("SELECT min(message) FROM kafka_dead_letters"),
              ::testing::HasSubstr("a row that is not there"));
  update(1);
  update(5);
  ASSERT_TRUE(stored());
  EXPECT_EQ(rows(), "1 told, 4 later");
  EXPECT_EQ(count("kafka_dead_letters"), 3);
}

TEST_F(ChangesTest, ATruncateEmptiesTheTableAndItsChildren) {
  map("  " + topic_ + ":\n    table: copies\n    upsert_key: [id]\n    changes: debezium\n" + kFields +
      "    array_mappings:\n      items: {table: parts, foreign_key_mapping: {copy: id}, sequence_field: n, "
      "element_mappings: {sku: sku}}\n");
  database().run(
      "CREATE TABLE copies (id bigint PRIMARY KEY, v text); CREATE TABLE parts (copy int REFERENCES copies (id), n "
      "int, "
      "sku text, PRIMARY KEY (copy, n))");
  const auto with_parts = [&](int id) {
    send_event("c", id, "null", fmt::format(R"({{"id":{},"v":"x","items":[{{"sku":"a"}},{{"sku":"b"}}]}})", id));
  };
  for (int id = 0; id < 20; ++id) with_parts(id);
  start();
  ASSERT_TRUE(stored());
  EXPECT_EQ(count("parts"), 40);
  remove(4);
  remove(5);
  with_parts(5);
  ASSERT_TRUE(stored());
  EXPECT_EQ(count("copies"), 19);
  EXPECT_EQ(count("parts WHERE copy = 4"), 0);
  EXPECT_EQ(count("parts WHERE copy = 5"), 2);
  send_event("t", 0, "null", "null");
  with_parts(100);
  ASSERT_TRUE(stored());
  EXPECT_EQ(rows(), "100 x");
  EXPECT_EQ(count("parts"), 2);
  EXPECT_EQ(count("kafka_dead_letters"), 0);
}

TEST_F(ChangesTest, ADeletedRowMayBeMarkedInstead) {
  map_changes("changes: debezium\n    deletes: mark\n    deleted_at: gone");
  database().run("CREATE TABLE copies (id bigint PRIMARY KEY, v text NOT NULL, gone timestamptz)");
  for (int id = 0; id < 6; ++id) put(id, "x");
  remove(0);
  start();
  ASSERT_TRUE(stored());
  remove(1);
  remove(2);
  remove(99);  // which never was
  put(2, "back");
  ASSERT_TRUE(stored());
  EXPECT_EQ(count("copies WHERE gone = '2023-11-14 22:13:20+00' AND v = 'x' AND id IN (0, 1)"), 2);
  EXPECT_EQ(count("copies WHERE gone IS NULL"), 4);
  EXPECT_EQ(count("copies WHERE v = 'back'"), 1);
  EXPECT_EQ(count("kafka_dead_letters"), 0);
}

TEST_F(ChangesTest, AnOlderVersionOverwritesAndDeletesNothing) {
  map("  " + topic_ + ":\n    table: copies\n    upsert_key: [id]\n    changes: debezium\n    version_column: lsn\n" +
      "    field_mappings: {id: id, v: v, $source.lsn: lsn}\n");
  database().run("CREATE TABLE copies (id bigint PRIMARY KEY, v text, lsn bigint)");
  database().run("INSERT INTO copies VALUES (1, 'new', 9), (2, 'new', 9), (3, 'old', 1), (4, 'old', 1)");
  put(1, "old", 8);
  remove(2, 8);
  put(3, "newer", 9);
  remove(4, 9);
  start();
  ASSERT_TRUE(stored());
  EXPECT_EQ(rows(), "1 new, 2 new, 3 newer");
}

TEST_F(ChangesTest, ATombstoneTakesTheRowOfItsKey) {
  map("  " + topic_ +
      ":\n    table: copies\n    upsert_key: [id]\n    conflict_strategy: replace\n    tombstones: delete\n" + kFields);
  database().run("CREATE TABLE copies (id bigint PRIMARY KEY, v text)");
  for (int id = 0; id < 10; ++id) send_keyed(std::to_string(id), id % 2, fmt::format(R"({{"id":{},"v":"x"}})", id));
  producer().send(topic_, {.value = std::nullopt, .key = "3", .partition = 1, .headers = {}});
  producer().send(topic_, {.value = std::nullopt, .key = R"({"id":4})", .partition = 0, .headers = {}});
  producer().send(topic_, {.value = std::nullopt, .key = "no number", .partition = 0, .headers = {}});
  start();
  ASSERT_TRUE(stored());
  EXPECT_EQ(count("copies"), 8);
  EXPECT_EQ(count("copies WHERE id IN (3, 4)"), 0);
  EXPECT_EQ(count("kafka_dead_letters WHERE reason = 'conversion_failed'"), 1);
}

TEST_F(ChangesTest, WhatABatchTakesBackIsWrittenAllTheSameWhereItIsTakenApart) {
  map("  " + topic_ +
      ":\n    table: copies\n    upsert_key: [id]\n    changes: debezium\n    deletes: mark\n"
      "    deleted_at: gone\n" +
      kFields);
  database().run("CREATE TABLE copies (id bigint PRIMARY KEY, v text CHECK (v <> 'bad'), gone timestamptz)");
  put(1, "a");
  remove(1);
  put(3, "bad");
  start();
  ASSERT_TRUE(stored());
  EXPECT_EQ(count("copies WHERE id = 1 AND gone IS NOT NULL"), 1);
  EXPECT_EQ(count("kafka_dead_letters"), 1);
}

TEST_F(ChangesTest, ChildrenThatABatchTakesBackStopNothingWhereItIsTakenApart) {
  map("  " + topic_ + ":\n    table: copies\n    upsert_key: [id]\n    changes: debezium\n" + kFields +
      "    array_mappings:\n      items: {table: parts, foreign_key_mapping: {copy: id}, sequence_field: n, "
      "element_mappings: {sku: sku}}\n");
  database().run(
      "CREATE TABLE copies (id bigint PRIMARY KEY, v text CHECK (v <> 'bad'));"
      "CREATE TABLE parts (copy bigint, n int, sku text, PRIMARY KEY (copy, n))");
  send_event("c", 1, "null", R"({"id":1,"v":"a","items":[{"sku":"x"}]})");
  remove(1);
  put(3, "bad");
  put(5, "good");
  start();
  ASSERT_TRUE(stored());
  EXPECT_EQ(rows(), "5 good");
  EXPECT_EQ(count("parts"), 0);
  EXPECT_EQ(count("kafka_dead_letters"), 1);
}

TEST_F(ChangesTest, ARowThatTheTableRefusesIsADeadLetterAndTheOthersChange) {
  map_changes();
  database().run("CREATE TABLE copies (id bigint PRIMARY KEY, v text CHECK (v <> 'bad'))");
  for (int id = 0; id < 30; ++id) put(id, id == 13 ? "bad" : "x");
  remove(5);
  put(7, "later");
  start();
  ASSERT_TRUE(stored());
  EXPECT_EQ(count("copies"), 28);
  EXPECT_EQ(count("copies WHERE v = 'later'"), 1);
  EXPECT_EQ(count("kafka_dead_letters"), 1);
}

}  // namespace
}  // namespace loom::testing
