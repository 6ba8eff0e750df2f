#include <gtest/gtest.h>

#include <string>

#include "plan_builder.h"

namespace loom::testing {
namespace {

using mapping::ColumnType;
using mapping::ValueType;

TEST(RowBuilder, TheFieldsOfAMessageStandInTheOrderOfTheColumns) {
  PlanBuilder plan;
  plan.column("id", ColumnType::int4, {"id"})
      .column("x", ColumnType::float8, {"data.x"})
      .column("at", ColumnType::timestamptz, {"timestamp"})
      .column("name", ColumnType::text, {"name"});
  Rows rows(plan);
  ASSERT_EQ(rows.add(R"({"name":"a","data":{"y":1,"x":-1.5},"timestamp":"2000-01-01T00:00:01Z","id":7})"), "");
  EXPECT_EQ(hex(rows.sets().all().at(0).row(0)),
            "0004"
            "00000004"
            "00000007"
            "00000008"
            "bff8000000000000"
            "00000008"
            "00000000000f4240"
            "00000001"
            "61");
}

TEST(RowBuilder, TheSameRowInTextForm) {
  PlanBuilder plan(false);
  plan.column("id", ColumnType::int4, {"id"})
      .column("x", ColumnType::float8, {"data.x"})
      .column("at", ColumnType::timestamptz, {"timestamp"})
      .column("name", ColumnType::text, {"name"})
      .column("gone", ColumnType::text, {"gone"});
  Rows rows(plan);
  ASSERT_EQ(rows.add(R"({"name":"a\tb\\","data":{"y":1,"x":-1.5},"timestamp":"2000-01-01T00:00:01Z","id":7})"), "");
  EXPECT_EQ(rows.sets().all().at(0).row(0), "7\t-1.5\t2000-01-01 00:00:01+00\ta\\tb\\\\\t\\N\n");
}

TEST(RowBuilder, ATombstoneIsRejected) {
  PlanBuilder plan;
  plan.column("id", ColumnType::int4, {"id"});
  Rows rows(plan);
  EXPECT_EQ(rows.add(""), "tombstone");
  EXPECT_EQ(rows.add(Message{}), "tombstone");
}

}  // namespace
}  // namespace loom::testing
