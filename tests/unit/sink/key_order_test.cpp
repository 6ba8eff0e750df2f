#include "sink/key_order.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

namespace loom::sink {
namespace {

/// The rows themselves, in key order.
std::vector<std::string_view> rows_in_key_order(const mapping::TablePlan& table, const encode::RowSet& rows) {
  std::vector<std::string_view> out;
  for (const auto row : in_key_order(table, rows)) out.push_back(rows.row(row));
  return out;
}

/// (device text, note text, time int8) with the key (device, time).
mapping::TablePlan readings() {
  mapping::TablePlan table;
  table.name.name = "readings";
  table.columns.resize(3);
  table.key = {0, 2};
  return table;
}

mapping::TopicPlan plan_of_readings() {
  mapping::TopicPlan plan;
  plan.tables.push_back(readings());
  return plan;
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

struct StoredRow {
  std::string device;
  std::uint64_t time;
};

StoredRow parse(std::string_view row) {
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
  const auto ordered = rows_in_key_order(readings(), rows);
  ASSERT_EQ(ordered.size(), 1000U);
  std::set<std::string> finished;
  for (std::size_t i = 1; i < ordered.size(); ++i) {
    const StoredRow before = parse(ordered[i - 1]);
    const StoredRow row = parse(ordered[i]);
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
  for (const auto row : rows_in_key_order(readings(), rows)) sent.insert(row);
  std::multiset<std::string_view> wanted;
  for (std::size_t i = 0; i < 1000; ++i) wanted.insert(rows.row(i));
  EXPECT_EQ(sent, wanted);
}

/// 600 rows, in which the device "twice" stands first, in the middle and last, at one time.
encode::RowSet with_repeats() {
  encode::RowSet rows;
  append_row(rows, "twice", "first", 5);
  for (std::uint64_t i = 0; i < 299; ++i) append_row(rows, "one", "", i);
  append_row(rows, "twice", "second", 5);
  for (std::uint64_t i = 0; i < 298; ++i) append_row(rows, "two", "", i);
  append_row(rows, "twice", "last", 5);
  return rows;
}

std::vector<std::string_view> of_device(const std::vector<std::string_view>& rows, const std::string& device) {
  std::vector<std::string_view> found;
  for (const auto row : rows) {
    if (parse(row).device == device) found.push_back(row);
  }
  return found;
}

TEST(InKeyOrder, LeavesOfRowsWithOneKeyTheOneThatTheTableWouldHave) {
  const encode::RowSet rows = with_repeats();
  auto table = readings();
  table.conflict_strategy = mapping::ConflictStrategy::ignore;
  EXPECT_EQ(in_key_order(table, rows).size(), 598U);
  EXPECT_EQ(of_device(rows_in_key_order(table, rows), "twice"), std::vector{rows.row(0)});
  table.conflict_strategy = mapping::ConflictStrategy::replace;
  EXPECT_EQ(of_device(rows_in_key_order(table, rows), "twice"), std::vector{rows.row(599)});
}

TEST(InKeyOrder, LeavesRowsThatCompleteEachOtherToTheMerge) {
  encode::RowSet rows = with_repeats();
  auto table = readings();
  table.conflict_strategy = mapping::ConflictStrategy::update;
  encode::ColumnBits all;
  for (const std::size_t column : {0U, 1U, 2U}) all.set(column);
  rows.present.assign(rows.rows.size(), all);
  EXPECT_EQ(of_device(rows_in_key_order(table, rows), "twice"), std::vector{rows.row(599)});
  rows.present[300].clear();
  EXPECT_EQ(of_device(rows_in_key_order(table, rows), "twice"),
            (std::vector{rows.row(0), rows.row(300), rows.row(599)}));
}

TEST(InKeyOrder, RowsOfOneKeyStandSideBySideWhateverItsTextBeginsWith) {
  auto by_device = readings();
  by_device.key = {0};
  by_device.conflict_strategy = mapping::ConflictStrategy::replace;
  encode::RowSet rows;
  for (int turn = 0; turn < 3; ++turn) {
    for (int i = 0; i < 400; ++i) append_row(rows, "device_" + std::to_string(100'000 + i), "", 5);
  }
  EXPECT_EQ(in_key_order(by_device, rows).size(), 400U);
}

TEST(OrderRows, WhatComesAfterARowOfItsKeyIsNeverSentBeforeIt) {
  KeyMemory memory;
  encode::RowSets rows;
  encode::RowSet& set = rows.at(0, {});
  set = with_repeats();
  auto plan = plan_of_readings();
  plan.tables[0].conflict_strategy = mapping::ConflictStrategy::update;
  for (const std::size_t row : {0U, 300U, 599U}) {  // each has what the others lack
    set.present.resize(600);
    set.present[row].set(row % 2 == 0 ? 1 : 2);
  }
  set.present[300].set(63);
  order_rows(plan, rows, memory);
  EXPECT_EQ(set.may_meet, (std::vector<std::uint32_t>{300, 599}));
}

TEST(InKeyOrder, KeysThatOnlyBeginAlikeAndNullsAreNoRepeats) {
  auto by_note = readings();
  by_note.key = {1};
  encode::RowSet rows;
  for (int i = 0; i < 600; ++i) append_row(rows, "one", "the same beginning " + std::to_string(i), 5);
  EXPECT_EQ(in_key_order(by_note, rows).size(), 600U);

  encode::RowSet nulls;
  for (std::uint32_t i = 0; i < 600; ++i) {
    nulls.rows.push_back({.message = i, .begin = static_cast<std::uint32_t>(nulls.bytes.size())});
    nulls.bytes.append_be16(3);
    for (int field = 0; field < 3; ++field) nulls.bytes.append_be32(0xFFFFFFFFU);
  }
  EXPECT_EQ(in_key_order(readings(), nulls).size(), 600U);
}

TEST(OrderRows, LeavesTheOrderInTheRowSet) {
  KeyMemory memory;
  encode::RowSets rows;
  encode::RowSet& set = rows.at(0, {});
  set = interleaved(1000);
  order_rows(plan_of_readings(), rows, memory);
  EXPECT_EQ(set.ordered, in_key_order(readings(), set));
}

TEST(OrderRows, AnOrderWithoutTheRepeatsIsOneOfAllRows) {
  KeyMemory memory;
  encode::RowSets rows;
  encode::RowSet& set = rows.at(0, {});
  set = with_repeats();
  auto plan = plan_of_readings();
  plan.tables[0].conflict_strategy = mapping::ConflictStrategy::ignore;
  order_rows(plan, rows, memory);
  ASSERT_EQ(set.ordered.size(), 598U);
  const auto* const found = set.ordered.data();
  order_rows(plan, rows, memory);
  EXPECT_EQ(set.ordered.data(), found) << "found twice";
}

TEST(OrderRows, AnOrderOfOtherRowsIsVoid) {
  KeyMemory memory;
  encode::RowSets rows;
  encode::RowSet& set = rows.at(0, {});
  set = interleaved(1000);
  order_rows(plan_of_readings(), rows, memory);
  append_row(set, "device-3", "late", 1);
  order_rows(plan_of_readings(), rows, memory);
  EXPECT_EQ(set.ordered.size() + set.may_meet.size(), 1001U);
  rows.drop_from(900);
  EXPECT_TRUE(set.ordered.empty());
  rows.clear();
  order_rows(plan_of_readings(), rows, memory);
  EXPECT_TRUE(set.ordered.empty() && set.may_meet.empty());
}

TEST(OrderRows, AFewRowsThatCannotBePartedStayAsTheyCame) {
  KeyMemory memory;
  encode::RowSets rows;
  rows.at(0, {}) = interleaved(10);
  auto plan = plan_of_readings();
  plan.tables[0].key_rules.bytes_tell = false;
  order_rows(plan, rows, memory);
  EXPECT_TRUE(rows.all().front().ordered.empty());
}

TEST(OrderRows, RowsWhoseKeysTheMemoryHasAreLeftToTheMerge) {
  KeyMemory memory;
  encode::RowSets first;
  first.at(0, {}) = interleaved(1000);
  order_rows(plan_of_readings(), first, memory);
  EXPECT_TRUE(first.all().front().may_meet.empty());

  // 10 rows of devices and times that were there, and 5 others.
  encode::RowSets rows;
  encode::RowSet& set = rows.at(0, {});
  for (std::size_t i = 0; i < 10; ++i) append_row(set, "device-" + std::to_string(i % 7), "again", 10'000 - i);
  for (std::size_t i = 0; i < 5; ++i) append_row(set, "device-0", "new", 20'000 + i);
  order_rows(plan_of_readings(), rows, memory);
  EXPECT_EQ(set.ordered, (std::vector<std::uint32_t>{10, 11, 12, 13, 14}));
  EXPECT_EQ(set.may_meet, (std::vector<std::uint32_t>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));

  set.forget_order();
  order_rows(plan_of_readings(), rows, memory);
  EXPECT_EQ(set.may_meet.size(), 15U) << "what was sent is kept, too";
}

TEST(CanPart, OnlyWhereTheRowsOfAKeyAreInOneSetAndTheirBytesTell) {
  encode::RowSets rows;
  rows.at(0, {}) = interleaved(3);
  auto plan = plan_of_readings();
  EXPECT_TRUE(can_part(plan, rows));
  plan.tables[0].key_rules.bytes_tell = false;
  EXPECT_FALSE(can_part(plan, rows));
  plan = plan_of_readings();
  encode::ColumnBits without_note;
  without_note.set(1);
  encode::RowSet& other = rows.at(0, without_note);
  EXPECT_TRUE(can_part(plan, rows)) << "no row is in the other one";
  other.rows.push_back({});
  EXPECT_FALSE(can_part(plan, rows));
}

TEST(InKeyOrder, LeavesAloneWhatHasNoOrder) {
  const encode::RowSet rows = interleaved(1000);
  auto without_key = readings();
  without_key.key.clear();
  EXPECT_TRUE(in_key_order(without_key, rows).empty());
  auto text = readings();
  text.binary = false;
  EXPECT_TRUE(in_key_order(text, rows).empty());
  encode::RowSet lacking = interleaved(1000);
  lacking.omitted.set(2);
  EXPECT_TRUE(in_key_order(readings(), lacking).empty());
}

}  // namespace
}  // namespace loom::sink
