#include "sink/row_groups.h"

#include <gmock/gmock.h>

#include <optional>
#include <string>

#include "encode/row_builder.h"

namespace loom::sink {
namespace {

using encode::ColumnBits;
using encode::RowSets;
using mapping::ConflictStrategy;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

/// A column's value in a row: left to PostgreSQL's default, absent from the message (null, or a constant default in
/// the row), or present.
struct Value {
  bool omitted = false;
  bool present = false;
  std::optional<std::string> text;
};
Value had(std::string text) { return {false, true, std::move(text)}; }
Value null() { return {false, false, std::nullopt}; }
Value constant(std::string text) { return {false, false, std::move(text)}; }
Value computed() { return {true, false, std::nullopt}; }

/// Rows of one table with columns id (the key), a and b, in the binary form.
class RowGroupsTest : public ::testing::TestWithParam<bool> {
 protected:
  RowGroupsTest() { use(ConflictStrategy::update); }

  void use(ConflictStrategy strategy) {
    plan.tables.assign(1, {});
    plan.tables[0].columns.resize(3);
    plan.tables[0].key = {0};
    plan.tables[0].binary = GetParam();
    plan.tables[0].conflict_strategy = strategy;
  }

  void add(std::uint32_t message, const std::vector<Value>& values, std::uint16_t table = 0) {
    ColumnBits omitted;
    ColumnBits present;
    std::uint16_t fields = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (values[i].omitted) omitted.set(i);
      if (values[i].present) present.set(i);
      fields = static_cast<std::uint16_t>(fields + (values[i].omitted ? 0 : 1));
    }
    auto& set = rows.at(table, omitted);
    set.rows.push_back({message, static_cast<std::uint32_t>(set.bytes.size())});
    if (plan.tables[table].conflict_strategy == ConflictStrategy::update) set.present.push_back(present);
    const bool binary = plan.tables[table].binary;
    if (binary) set.bytes.append_be16(fields);
    std::string line;
    for (const Value& value : values) {
      if (value.omitted) continue;
      if (binary) {
        set.bytes.append_be32(value.text ? static_cast<std::uint32_t>(value.text->size()) : 0xFFFFFFFFU);
        set.bytes.append(value.text.value_or(""));
      } else {
        if (!line.empty()) line += '\t';
        line += value.text.value_or("\\N");
      }
    }
    if (!binary) set.bytes.append(line + "\n");
  }

  /// The rows of a group as text: `1 x -`.
  [[nodiscard]] std::vector<std::string> shown(const RowGroup& group) const {
    std::string bytes;
    for (const auto piece : group.pieces) bytes += piece;
    std::vector<std::string> out;
    std::string_view rest = bytes;
    const bool binary = plan.tables[group.table].binary;
    while (!rest.empty()) {
      const std::size_t length = binary ? binary_length(rest) : rest.find('\n') + 1;
      std::string row;
      for (const auto field : encode::split_row(rest.substr(0, length), binary)) {
        if (!row.empty()) row += ' ';
        row += field.data() == nullptr ? "-" : std::string(field);
      }
      out.push_back(row);
      rest.remove_prefix(length);
    }
    return out;
  }
  static std::size_t binary_length(std::string_view rows) {
    const auto number = [&](std::size_t at, std::size_t bytes) {
      std::uint32_t value = 0;
      for (std::size_t i = 0; i < bytes; ++i) value = (value << 8U) | static_cast<unsigned char>(rows[at + i]);
      return value;
    };
    std::size_t at = 2;
    for (std::uint32_t left = number(0, 2); left > 0; --left) {
      const std::uint32_t size = number(at, 4);
      at += 4 + (size == 0xFFFFFFFFU ? 0 : size);
    }
    return at;
  }
  static ColumnBits bits(const std::vector<std::size_t>& columns) {
    ColumnBits out;
    for (const auto column : columns) out.set(column);
    return out;
  }

  mapping::TopicPlan plan;
  RowSets rows;
};

INSTANTIATE_TEST_SUITE_P(BinaryAndText, RowGroupsTest, ::testing::Bool(),
                         [](const auto& form) { return form.param ? "Binary" : "Text"; });

TEST_P(RowGroupsTest, IgnoreKeepsTheFirstOfAKey) {
  use(ConflictStrategy::ignore);
  add(0, {had("1"), had("x"), null()});
  add(1, {had("2"), had("x"), null()});
  add(2, {had("1"), had("y"), had("z")});
  const auto groups = merge_groups(plan, rows);
  ASSERT_THAT(groups.groups, SizeIs(1));
  EXPECT_THAT(shown(groups.groups[0]), ElementsAre("1 x -", "2 x -"));
  EXPECT_EQ(groups.combined, 1U);
}

TEST_P(RowGroupsTest, ReplaceKeepsTheLastOfAKey) {
  use(ConflictStrategy::replace);
  add(0, {had("1"), had("x"), had("z")});
  add(1, {had("2"), had("x"), null()});
  add(2, {had("1"), had("y"), null()});
  const auto groups = merge_groups(plan, rows);
  ASSERT_THAT(groups.groups, SizeIs(1));
  EXPECT_THAT(shown(groups.groups[0]), ElementsAre("1 y -", "2 x -"));
  EXPECT_THAT(groups.groups[0].messages, ElementsAre(2U, 1U));
}

TEST_P(RowGroupsTest, UpdateTakesOfEachColumnTheLastThatHadIt) {
  add(0, {had("1"), had("x"), constant("0")});
  add(1, {had("1"), null(), had("8")});
  add(2, {had("1"), had("y"), constant("0")});
  const auto groups = merge_groups(plan, rows);
  ASSERT_THAT(groups.groups, SizeIs(1));
  EXPECT_THAT(shown(groups.groups[0]), ElementsAre("1 y 8"));
  EXPECT_EQ(groups.groups[0].set, bits({1, 2}));
  EXPECT_EQ(groups.combined, 2U);
}

TEST_P(RowGroupsTest, UpdateKeepsTheFirstRowsDefaultWhereNobodyHadTheColumn) {
  add(0, {had("1"), had("x"), constant("0")});
  add(1, {had("1"), had("y"), constant("0")});
  const auto groups = merge_groups(plan, rows);
  ASSERT_THAT(groups.groups, SizeIs(1));
  EXPECT_THAT(shown(groups.groups[0]), ElementsAre("1 y 0"));
  EXPECT_EQ(groups.groups[0].set, bits({1})) << "the table's own value of b stays";
}

TEST_P(RowGroupsTest, UpdateGroupsRowsByTheColumnsTheyOverwrite) {
  add(0, {had("1"), had("x"), null()});
  add(1, {had("2"), null(), had("y")});
  add(2, {had("3"), had("z"), null()});
  add(3, {had("4"), null(), null()});
  const auto groups = merge_groups(plan, rows);
  ASSERT_THAT(groups.groups, SizeIs(3));
  EXPECT_THAT(shown(groups.groups[0]), ElementsAre("1 x -", "3 z -"));
  EXPECT_EQ(groups.groups[0].set, bits({1}));
  EXPECT_THAT(shown(groups.groups[1]), ElementsAre("2 - y"));
  EXPECT_EQ(groups.groups[1].set, bits({2}));
  EXPECT_TRUE(groups.groups[2].set.none());
}

TEST_P(RowGroupsTest, RowsAreTakenInOrderOfTheirMessagesAcrossRowSets) {
  add(0, {had("1"), had("a"), computed()});
  add(1, {had("1"), had("b"), had("9")});
  add(2, {had("1"), had("c"), computed()});
  const auto groups = merge_groups(plan, rows);
  ASSERT_THAT(groups.groups, SizeIs(1));
  EXPECT_THAT(shown(groups.groups[0]), ElementsAre("1 c 9"));
  EXPECT_TRUE(groups.groups[0].omitted.none());

  use(ConflictStrategy::replace);
  const auto replaced = merge_groups(plan, rows);
  ASSERT_THAT(replaced.groups, SizeIs(1));
  EXPECT_THAT(shown(replaced.groups[0]), ElementsAre("1 c"));
  EXPECT_EQ(replaced.groups[0].omitted, bits({2}));
}

TEST_P(RowGroupsTest, ACombinedRowLeavesOutWhatNoneOfItsRowsCarried) {
  add(0, {had("1"), had("a"), computed()});
  add(1, {had("1"), had("b"), computed()});
  const auto groups = merge_groups(plan, rows);
  ASSERT_THAT(groups.groups, SizeIs(1));
  EXPECT_THAT(shown(groups.groups[0]), ElementsAre("1 b"));
  EXPECT_EQ(groups.groups[0].omitted, bits({2}));
}

TEST_P(RowGroupsTest, ANullInTheKeyEqualsNothing) {
  for (const auto strategy : {ConflictStrategy::ignore, ConflictStrategy::update, ConflictStrategy::replace}) {
    use(strategy);
    rows = {};
    add(0, {null(), had("x"), null()});
    add(1, {null(), had("y"), null()});
    add(2, {computed(), had("z"), null()});
    add(3, {computed(), had("z"), null()});
    const auto groups = merge_groups(plan, rows);
    EXPECT_EQ(groups.combined, 0U);
    ASSERT_THAT(groups.groups, SizeIs(2));
    EXPECT_THAT(shown(groups.groups[0]), ElementsAre("- x -", "- y -"));
    EXPECT_THAT(shown(groups.groups[1]), ElementsAre("z -", "z -"));
  }
}

TEST_P(RowGroupsTest, KeysOfSeveralColumnsAreNotGluedTogether) {
  use(ConflictStrategy::ignore);
  plan.tables[0].key = {0, 1};
  add(0, {had("1"), had("23"), null()});
  add(1, {had("12"), had("3"), null()});
  EXPECT_EQ(merge_groups(plan, rows).combined, 0U);
}

TEST_P(RowGroupsTest, ARangeTakesTheRowsOfItsMessages) {
  use(ConflictStrategy::ignore);
  for (std::uint32_t message : {0U, 2U, 2U, 5U}) add(message, {had(std::to_string(message)), null(), null()});
  const auto some = plain_groups(rows, {1, 5});
  ASSERT_THAT(some.groups, SizeIs(1));
  EXPECT_THAT(shown(some.groups[0]), ElementsAre("2 - -", "2 - -"));
  EXPECT_THAT(some.groups[0].messages, ElementsAre(2U, 2U));
  EXPECT_FALSE(some.groups[0].merge);
  EXPECT_THAT(plain_groups(rows, {3, 5}).groups, IsEmpty());
  EXPECT_EQ(merge_groups(plan, rows, {2, 6}).combined, 1U);
}

TEST_P(RowGroupsTest, RowsThatLieSideBySideAreOnePiece) {
  use(ConflictStrategy::ignore);
  for (const auto* id : {"1", "2", "2", "3", "4"}) add(0, {had(id), null(), null()});
  const auto groups = merge_groups(plan, rows);
  ASSERT_THAT(groups.groups, SizeIs(1));
  EXPECT_THAT(groups.groups[0].pieces, SizeIs(2));
  EXPECT_THAT(shown(groups.groups[0]), SizeIs(4));
}

TEST_P(RowGroupsTest, GroupsComeInTheOrderOfTheTables) {
  use(ConflictStrategy::ignore);
  plan.tables.push_back(plan.tables[0]);
  plan.tables[1].key.clear();
  add(0, {had("1"), null(), null()}, 1);
  add(0, {had("1"), null(), null()}, 0);
  const auto plain = plain_groups(rows);
  ASSERT_THAT(plain.groups, SizeIs(2));
  EXPECT_EQ(plain.groups[0].table, 0);
  const auto merged = merge_groups(plan, rows);
  ASSERT_THAT(merged.groups, SizeIs(2));
  EXPECT_TRUE(merged.groups[0].merge);
  EXPECT_FALSE(merged.groups[1].merge) << "a table without a key is copied into";
}

}  // namespace
}  // namespace loom::sink
