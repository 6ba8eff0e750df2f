#include "sink/key_order.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace loom::sink {
namespace {

/// (device text, note text, time int8) with the key (device, time).
mapping::TablePlan readings() {
  mapping::TablePlan table;
  table.name.name = "readings";
  table.columns.resize(3);
  table.key = {0, 2};
  return table;
}

void append_row(encode::RowSet& rows, const std::string& device, const std::string& note, std::uint64_t time) {
  const auto index = static_cast<std::uint32_t>(rows.rows.size());
  rows.rows.push_back({.message = index, .begin = static_cast<std::uint32_t>(rows.bytes.size())});
  rows.bytes.append_be16(3);
  for (const std::string& text : {device, note}) {
    rows.bytes.append_be32(static_cast<std::uint32_t>(text.size()));
    rows.bytes.append(text);
  }
  rows.bytes.append_be32(8);
  rows.bytes.append_be64(time);
}

struct Row {
  std::string device;
  std::uint64_t time;
};

Row parse(std::string_view row) {
  const auto size = static_cast<std::size_t>(static_cast<unsigned char>(row[5]));
  std::uint64_t time = 0;
  for (const char byte : row.substr(row.size() - 8)) time = time * 256 + static_cast<unsigned char>(byte);
  return {std::string(row.substr(6, size)), time};
}

encode::RowSet interleaved(std::size_t count) {
  encode::RowSet rows;
  for (std::size_t i = 0; i < count; ++i) {
    append_row(rows, "device-" + std::to_string(i % 7), std::string(i % 5, 'n'), 10'000 - i);
  }
  return rows;
}

TEST(InKeyOrder, PutsTheRowsOfADeviceTogetherInOrderOfTime) {
  const encode::RowSet rows = interleaved(1000);
  const auto ordered = in_key_order(readings(), rows);
  ASSERT_EQ(ordered.size(), 1000U);
  std::set<std::string> finished;
  for (std::size_t i = 1; i < ordered.size(); ++i) {
    const Row before = parse(ordered[i - 1]);
    const Row row = parse(ordered[i]);
    if (row.device == before.device) {
      EXPECT_GT(row.time, before.time);
      continue;
    }
    finished.insert(before.device);
    EXPECT_FALSE(finished.contains(row.device)) << row.device << " comes in two places";
  }
}

TEST(InKeyOrder, SendsEveryRowOnce) {
  const encode::RowSet rows = interleaved(1000);
  std::multiset<std::string_view> sent;
  for (const auto row : in_key_order(readings(), rows)) sent.insert(row);
  std::multiset<std::string_view> wanted;
  for (std::size_t i = 0; i < 1000; ++i) wanted.insert(rows.row(i));
  EXPECT_EQ(sent, wanted);
}

TEST(InKeyOrder, KeepsTheOrderOfRowsWithOneKey) {
  encode::RowSet rows;
  for (int i = 0; i < 600; ++i) append_row(rows, "one", std::string(1, static_cast<char>('a' + i % 26)), 5);
  const auto ordered = in_key_order(readings(), rows);
  ASSERT_EQ(ordered.size(), 600U);
  for (std::size_t i = 0; i < ordered.size(); ++i) EXPECT_EQ(ordered[i], rows.row(i));
}

mapping::TopicPlan plan_of_readings() {
  mapping::TopicPlan plan;
  plan.tables.push_back(readings());
  return plan;
}

TEST(OrderRows, LeavesTheOrderInTheRowSet) {
  encode::RowSets rows;
  encode::RowSet& set = rows.at(0, {});
  set = interleaved(1000);
  order_rows(plan_of_readings(), rows);
  EXPECT_EQ(set.ordered, in_key_order(readings(), set));
}

TEST(OrderRows, AnOrderOfOtherRowsIsVoid) {
  encode::RowSets rows;
  encode::RowSet& set = rows.at(0, {});
  set = interleaved(1000);
  order_rows(plan_of_readings(), rows);
  append_row(set, "device-3", "late", 1);
  order_rows(plan_of_readings(), rows);
  EXPECT_EQ(set.ordered, in_key_order(readings(), set));
  rows.drop_from(900);
  EXPECT_TRUE(set.ordered.empty());
  rows.clear();
  order_rows(plan_of_readings(), rows);
  EXPECT_TRUE(set.ordered.empty());
}

TEST(InKeyOrder, LeavesAloneWhatHasNoOrder) {
  const encode::RowSet rows = interleaved(1000);
  auto without_key = readings();
  without_key.key.clear();
  EXPECT_TRUE(in_key_order(without_key, rows).empty());
  auto text = readings();
  text.binary = false;
  EXPECT_TRUE(in_key_order(text, rows).empty());
  EXPECT_TRUE(in_key_order(readings(), interleaved(10)).empty()) << "too few to matter";
  encode::RowSet lacking = interleaved(1000);
  lacking.omitted.set(2);
  EXPECT_TRUE(in_key_order(readings(), lacking).empty());
}

}  // namespace
}  // namespace loom::sink
