#include "sink/statements.h"

#include <gmock/gmock.h>

namespace loom::sink {
namespace {

using mapping::ConflictStrategy;

mapping::TablePlan table(ConflictStrategy strategy) {
  mapping::TablePlan plan;
  plan.name = {"s", "t\"x"};
  plan.conflict_strategy = strategy;
  for (const auto* name : {"id", "Name", "made"}) {
    mapping::PlanColumn column;
    column.info.name = name;
    plan.columns.push_back(column);
  }
  plan.key = {0};
  return plan;
}

encode::ColumnBits bits(const std::vector<std::size_t>& columns) {
  encode::ColumnBits out;
  for (const auto column : columns) out.set(column);
  return out;
}

TEST(StatementsTest, AdvanceHoldsNumbersAndQuotedNamesOnly) {
  batch::Batch batch;
  batch.topic = "t'";
  batch.ranges = {{0, 1, 5, 9, 1'700'000'000'007, RecordMarks({.offset = 8, .timestamp_ms = 80, .checksum = 800})},
                  {7, 0, 0, 1, -1},
                  {8, 0, 1, 2, 1LL << 62}};
  DatabaseSettings settings;
  settings.consumer_group = "g";
  EXPECT_EQ(statements::advance(settings, batch, [](std::string_view t) { return "<" + std::string(t) + ">"; }),
            "SELECT kafka_advance_offsets(<g>, <t'>, '{0,7,8}'::int[], '{1,0,0}'::bigint[], '{5,0,1}'::bigint[], "
            "'{9,1,2}'::bigint[], '{\"2023-11-14 22:13:20.007+00\",NULL,NULL}'::timestamptz[], "
            "'{\"{1,9,-1,8,80,800}\",NULL,NULL}'::text[])");
}

TEST(StatementsTest, AReplayTakesAllOfItsDeadLettersOrNone) {
  batch::Batch batch;
  batch.replayed = {3, 9};
  EXPECT_THAT(statements::take_dead_letters(batch),
              ::testing::AllOf(::testing::HasSubstr("id = ANY ('{3,9}'::bigint[]) ORDER BY id FOR UPDATE SKIP LOCKED"),
                               ::testing::HasSubstr("<> 2 THEN RAISE"), ::testing::HasSubstr("'KO002'")));
  EXPECT_THAT(statements::repair_dead_letters(batch, {0}),
              ::testing::AllOf(::testing::HasSubstr("DELETE FROM kafka_dead_letters WHERE id = ANY ('{3}'::bigint[])"),
                               ::testing::HasSubstr("INTO kafka_repaired_dead_letters"),
                               ::testing::Not(::testing::HasSubstr("decode("))));
  batch.corrected = true;
  batch.messages.resize(2);
  batch.messages[1].value = "{\"";
  EXPECT_THAT(statements::repair_dead_letters(batch, {1}), ::testing::HasSubstr("(9::bigint, decode('7b22', 'hex'))"));
  const std::vector<batch::RejectedMessage> rejected{
      {0, {RejectReason::tombstone, "why", ""}, batch::InTopic::no},
      {1, {RejectReason::check_violation, std::string("a\0b", 3), "23514"}, batch::InTopic::no}};
  EXPECT_THAT(statements::update_dead_letters(batch, rejected,
                                              [](std::string_view text) { return "<" + std::string(text) + ">"; }),
              ::testing::HasSubstr("(VALUES (3::bigint, <tombstone>, NULL::text, <why>), (9::bigint, "
                                   "<check_violation>, <23514>, <a\uFFFDb>)) v"));
}

TEST(StatementsTest, ColumnsAreThoseOfTheRows) {
  EXPECT_EQ(statements::columns(table(ConflictStrategy::ignore), bits({2})), R"("id", "Name")");
  EXPECT_EQ(statements::describe(table(ConflictStrategy::ignore)),
            R"(SELECT "id", "Name", "made" FROM "s"."t""x" WHERE false)");
  EXPECT_EQ(statements::copy("\"t\"", "\"a\"", false), R"(COPY "t" ("a") FROM STDIN)");
  EXPECT_EQ(statements::copy("\"t\"", "\"a\"", true), R"(COPY "t" ("a") FROM STDIN (FORMAT binary))");
}

TEST(StatementsTest, AMergeDoesWhatTheStrategySays) {
  const auto merge = [](ConflictStrategy strategy, const encode::ColumnBits& omitted, const encode::ColumnBits& set) {
    const std::string sql = statements::merge_stage(table(strategy), "stage", omitted, set);
    return sql.substr(sql.find("ON CONFLICT"));
  };
  EXPECT_EQ(merge(ConflictStrategy::ignore, {}, {}), R"(ON CONFLICT ("id") DO NOTHING)");
  EXPECT_EQ(merge(ConflictStrategy::update, {}, {}), R"(ON CONFLICT ("id") DO NOTHING)");
  EXPECT_EQ(merge(ConflictStrategy::update, bits({2}), bits({1})),
            R"(ON CONFLICT ("id") DO UPDATE SET "Name" = EXCLUDED."Name")");
  EXPECT_EQ(merge(ConflictStrategy::replace, bits({2}), {}),
            R"(ON CONFLICT ("id") DO UPDATE SET "Name" = EXCLUDED."Name", "made" = DEFAULT)");
}

TEST(StatementsTest, ARowThatWouldStayTheSameIsLeftAloneWhereNoTriggerListens) {
  const auto where = [](ConflictStrategy strategy, const encode::ColumnBits& omitted, const encode::ColumnBits& set,
                        std::optional<std::uint16_t> version = std::nullopt) {
    mapping::TablePlan of = table(strategy);
    of.same_row_may_stay = true;
    of.version = version;
    const std::string sql = statements::merge_stage(of, "stage", omitted, set);
    const std::size_t at = sql.find(" WHERE ");
    return at == std::string::npos ? "" : sql.substr(at + 7);
  };
  EXPECT_EQ(where(ConflictStrategy::update, bits({2}), bits({1})),
            R"(ROW(target."Name")::record OPERATOR(pg_catalog.*<>) ROW(EXCLUDED."Name")::record)");
  EXPECT_EQ(where(ConflictStrategy::replace, {}, {}),
            "ROW(target.\"Name\", target.\"made\")::record OPERATOR(pg_catalog.*<>) "
            "ROW(EXCLUDED.\"Name\", EXCLUDED.\"made\")::record");
  EXPECT_EQ(where(ConflictStrategy::replace, bits({2}), {}), "") << "what a default gives is a new value";
  EXPECT_EQ(where(ConflictStrategy::update, {}, bits({1}), 2),
            "(EXCLUDED.\"made\" < target.\"made\") IS NOT TRUE AND "
            "ROW(target.\"Name\")::record OPERATOR(pg_catalog.*<>) ROW(EXCLUDED.\"Name\")::record");
}

TEST(StatementsTest, OnlyWhatIsOverwrittenNeedsALookForConflicts) {
  EXPECT_FALSE(statements::overwrites(table(ConflictStrategy::ignore), bits({1})));
  EXPECT_FALSE(statements::overwrites(table(ConflictStrategy::update), {}));
  EXPECT_TRUE(statements::overwrites(table(ConflictStrategy::update), bits({1})));
  EXPECT_TRUE(statements::overwrites(table(ConflictStrategy::replace), {}));
}

}  // namespace
}  // namespace loom::sink
