// Arrays that become rows: of the topic's own table, or of a child table in the parent's transaction.
#include <fmt/format.h>

#include "support/service_test.h"

namespace loom::testing {
namespace {

using ArraysTest = ServiceTest;

TEST_F(ArraysTest, WithoutATableEachElementIsARow) {
  const std::string topic = new_topic("samples", 1);
  map("  " + topic + R"(:
    table: samples
    field_mappings:
      device_id: device_id
      timestamp: timestamp
    data_types:
      timestamp: timestamp
    array_mappings:
      data.samples:
        element_mappings:
          x: x
          label: label
        sequence_field: position
)");
  database().run(
      "CREATE TABLE samples (device_id text, timestamp timestamptz, x double precision, label text,"
      " position integer)");
  start();
  send(topic, 0,
       R"({"device_id": "a", "timestamp": 1, "data": {"samples": [{"x": 1}, {"x": 2, "label": "two"}, {}]}})");
  send(topic, 0, R"({"device_id": "b", "timestamp": 1, "data": {"samples": []}})");
  send(topic, 0, R"({"device_id": "c", "timestamp": 1})");
  ASSERT_TRUE(drained(topic));
  EXPECT_EQ(database().rows("SELECT device_id, x, label, position FROM samples ORDER BY 1, 4"),
            (Rows{{"a", "1", "NULL", "0"},
                  {"a", "2", "two", "1"},
                  {"a", "NULL", "NULL", "2"},
                  {"b", "NULL", "NULL", "NULL"},
                  {"c", "NULL", "NULL", "NULL"}}));
}

TEST_F(ArraysTest, WithATableParentAndChildrenAreStoredByOneTransaction) {
  const std::string topic = new_topic("orders", 2);
  map("  " + topic + R"(:
    table: orders
    field_mappings:
      id: order_id
      customer: customer
    array_mappings:
      items:
        table: order_items
        foreign_key_mapping:
          order_id: order_id
        element_mappings:
          sku: sku
          amount: amount
        sequence_field: position
      notes:
        table: order_notes
        foreign_key_mapping:
          order_id: order_id
        element_mappings:
          value: note
)");
  database().run(
      "CREATE TABLE orders (order_id bigint PRIMARY KEY, customer text);"
      "CREATE TABLE order_items (order_id bigint REFERENCES orders DEFERRABLE INITIALLY DEFERRED, sku text,"
      " amount integer, position integer);"
      "CREATE TABLE order_notes (order_id bigint REFERENCES orders, note text)");
  start();
  for (int i = 0; i < 1'000; ++i) {
    producer().send(topic,
                    {.value = fmt::format(R"({{"id": {}, "customer": "c{}", "items": [{{"sku": "s1", "amount": {}}},
      {{"sku": "s2", "amount": 2}}], "notes": ["n{}"]}})",
                                          i, i, i, i),
                     .key = {},
                     .partition = i % 2,
                     .headers = {}});
  }
  producer().flush();
  ASSERT_TRUE(drained(topic));
  EXPECT_EQ(count("orders"), 1'000);
  EXPECT_EQ(count("order_items"), 2'000);
  EXPECT_EQ(count("order_notes"), 1'000);
  EXPECT_EQ(count("order_items WHERE position = 0 AND sku = 's1' AND amount = order_id"), 1'000);
  EXPECT_EQ(count("order_notes WHERE note = 'n' || order_id"), 1'000);
  EXPECT_EQ(count("orders o JOIN order_items i USING (order_id) WHERE o.xmin <> i.xmin"), 0);
  EXPECT_EQ(count("orders o JOIN order_notes n USING (order_id) WHERE o.xmin <> n.xmin"), 0);
}

TEST_F(ArraysTest, ABadElementTakesItsWholeMessageToTheDeadLetters) {
  const std::string topic = new_topic("orders", 1);
  map("  " + topic + R"(:
    table: orders
    field_mappings:
      id: order_id
    array_mappings:
      items:
        table: order_items
        foreign_key_mapping:
          order_id: order_id
        element_mappings:
          amount: amount
)");
  database().run(
      "CREATE TABLE orders (order_id bigint); CREATE TABLE order_items (order_id bigint,"
      " amount integer CHECK (amount > 0))");
  start();
  send(topic, 0, R"({"id": 1, "items": [{"amount": 1}, {"amount": 2}]})");
  send(topic, 0, R"({"id": 2, "items": [{"amount": 3}, {"amount": "many"}]})");
  send(topic, 0, R"({"id": 3, "items": [{"amount": 4}, {"amount": -1}]})");
  send(topic, 0, R"({"id": 4, "items": [{"amount": 5}]})");
  ASSERT_TRUE(drained(topic));
  EXPECT_EQ(database().rows("SELECT order_id FROM orders ORDER BY 1"), (Rows{{"1"}, {"4"}}));
  EXPECT_EQ(database().rows("SELECT order_id, amount FROM order_items ORDER BY 1, 2"),
            (Rows{{"1", "1"}, {"1", "2"}, {"4", "5"}}));
  EXPECT_EQ(database().rows("SELECT \"offset\", reason FROM kafka_dead_letters ORDER BY 1"),
            (Rows{{"1", "conversion_failed"}, {"2", "check_violation"}}));
}

}  // namespace
}  // namespace loom::testing
