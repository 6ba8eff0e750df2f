#include "mapping/value_types.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mapping/column_types.h"
#include "mapping_fixture.h"

namespace loom::mapping::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string type(const std::string& text) {
  const auto named = parse_value_type(text);
  return named ? type_text(named->type, named->parameters) : "none";
}

TEST(ValueTypes, NamesWithTheirParameters) {
  for (const char* name : {"string",
                           "integer",
                           "float",
                           "boolean",
                           "timestamp",
                           "array",
                           "float_array",
                           "json",
                           "bytes",
                           "timestamp_s",
                           "timestamp_ms",
                           "timestamp_us",
                           "timestamp_ns",
                           "date_days",
                           "time_ms",
                           "time_us",
                           "time_ns",
                           "interval_us",
                           "decimal",
                           "decimal(12,2)",
                           "decimal(1000,1000)",
                           "decimal(1,-1000)",
                           "decimal_base64(0)",
                           "decimal_base64(-3)",
                           "uuid",
                           "date",
                           "time",
                           "interval",
                           "inet"}) {
    EXPECT_EQ(type(name), name);
  }
  EXPECT_EQ(type("Decimal( 12 , 2 )"), "decimal(12,2)");
  EXPECT_EQ(type("DECIMAL (12,2)"), "decimal(12,2)");
  EXPECT_EQ(type("decimal(7)"), "decimal(7,0)");
  EXPECT_EQ(type("decimal_base64( 4 )"), "decimal_base64(4)");
  EXPECT_EQ(type(" Timestamp_MS "), "timestamp_ms");
  for (const char* wrong : {"",
                            "int",
                            "decimal()",
                            "decimal(0,2)",
                            "decimal(1001)",
                            "decimal(5,1001)",
                            "decimal(5,-1001)",
                            "decimal(5,2",
                            "decimal 5,2",
                            "decimal(5,2)x",
                            "decimal(5,2,1)",
                            "decimal(a)",
                            "decimal(5.5)",
                            "decimal(,2)",
                            "decimal_base64",
                            "decimal_base64()",
                            "decimal_base64(1,2)",
                            "decimal_base64(1001)",
                            "string(5)",
                            "timestamp(3)",
                            "(5)",
                            "decimal(99999999999)"}) {
    EXPECT_EQ(type(wrong), "none") << wrong;
  }
}

TEST(ValueTypes, TheModifierIsPostgresOwn) {
  EXPECT_EQ(numeric_modifier({}), -1);
  EXPECT_EQ(numeric_modifier({12, 2}), 786'438);
  EXPECT_EQ(numeric_modifier({3, -2}), ((3 << 16) | 2046) + 4);
}

TEST(ValueTypes, OfAFile) {
  const TopicMapping topic =
      topic_of(topic_yaml("field_mappings: {a: a, b: b, c: c, d: d}\n"
                          "data_types:\n"
                          "  a: decimal( 12, 2 )\n"
                          "  b: decimal_base64(4)\n"
                          "  c: Decimal\n"
                          "  d: [timestamp_ms]\n"));
  EXPECT_EQ(topic.data_types.at("a"), ValueType::decimal);
  EXPECT_EQ(topic.type_parameters.at("a"), (TypeParameters{12, 2}));
  EXPECT_EQ(topic.data_types.at("b"), ValueType::decimal_base64);
  EXPECT_EQ(topic.type_parameters.at("b"), (TypeParameters{0, 4}));
  EXPECT_EQ(topic.type_parameters.count("c"), 0U);
  EXPECT_EQ(topic.data_types.at("d"), ValueType::timestamp_ms);
  EXPECT_THAT(problems_of(topic_yaml("field_mappings: {a: a}\ndata_types:\n  a: decimal(0,2)\n")),
              ElementsAre(HasSubstr("is `decimal(0,2)`; accepted: string, integer, float, boolean, timestamp, array, "
                                    "float_array, json, bytes, timestamp_s, timestamp_ms, timestamp_us, timestamp_ns, "
                                    "date, date_days, time, time_ms, time_us, time_ns, interval, interval_us, uuid, "
                                    "inet, decimal, decimal(P,S) with P from 1 to 1000 and S from -1000 to 1000, "
                                    "decimal_base64(S)")));
}

bool fits(ValueType value, ColumnType column) {
  ColumnInfo info;
  info.type = column;
  return can_store(value, info);
}

TEST(ValueTypes, WhichColumnsTakeWhich) {
  for (const ValueType value : {ValueType::timestamp_s, ValueType::timestamp_ms, ValueType::timestamp_us,
                                ValueType::timestamp_ns, ValueType::date_days, ValueType::date}) {
    for (const ColumnType column :
         {ColumnType::timestamptz, ColumnType::timestamp, ColumnType::date, ColumnType::text, ColumnType::other}) {
      EXPECT_TRUE(fits(value, column)) << to_string(value);
    }
    for (const ColumnType column : {ColumnType::int8, ColumnType::numeric, ColumnType::time, ColumnType::boolean,
                                    ColumnType::jsonb, ColumnType::bytea, ColumnType::uuid}) {
      EXPECT_FALSE(fits(value, column)) << to_string(value);
    }
  }
  for (const ValueType value : {ValueType::time, ValueType::time_ms, ValueType::time_us, ValueType::time_ns}) {
    EXPECT_TRUE(fits(value, ColumnType::time));
    EXPECT_TRUE(fits(value, ColumnType::text));
    EXPECT_FALSE(fits(value, ColumnType::timestamptz));
    EXPECT_FALSE(fits(value, ColumnType::int8));
  }
  for (const ValueType value : {ValueType::decimal, ValueType::decimal_base64}) {
    for (const ColumnType column : {ColumnType::numeric, ColumnType::float4, ColumnType::float8, ColumnType::int2,
                                    ColumnType::int4, ColumnType::int8, ColumnType::text, ColumnType::other}) {
      EXPECT_TRUE(fits(value, column));
    }
    EXPECT_FALSE(fits(value, ColumnType::boolean));
    EXPECT_FALSE(fits(value, ColumnType::jsonb));
  }
  EXPECT_TRUE(fits(ValueType::uuid, ColumnType::uuid));
  EXPECT_FALSE(fits(ValueType::uuid, ColumnType::inet));
  EXPECT_TRUE(fits(ValueType::inet, ColumnType::cidr));
  EXPECT_FALSE(fits(ValueType::inet, ColumnType::uuid));
  EXPECT_TRUE(fits(ValueType::interval_us, ColumnType::other));
  EXPECT_FALSE(fits(ValueType::interval_us, ColumnType::time));
  EXPECT_FALSE(fits(ValueType::interval, ColumnType::int8));
  ColumnInfo list;
  list.is_array = true;
  list.type = ColumnType::numeric;
  EXPECT_FALSE(can_store(ValueType::decimal, list));
}

TEST(ValueTypes, ParametersTravelIntoThePlan) {
  const auto catalog = FakeCatalog().table("t", {"a numeric"});
  const auto plan = compiled(topic_yaml("field_mappings: {a: a}\ndata_types: {a: decimal_base64(4)}"), catalog);
  EXPECT_EQ(column(plan.tables[0], "a").parameters, (TypeParameters{0, 4}));
}

TEST(ValueTypes, TheRecordsTimeIsOfOneUnit) {
  const auto catalog = FakeCatalog().table("t", {"at timestamptz"});
  const auto problems = [&catalog](const std::string& name) {
    return compile_problems(topic_yaml("field_mappings: {$timestamp: at}\ndata_types: {at: " + name + "}"), catalog);
  };
  EXPECT_THAT(problems("timestamp_ms"), ::testing::IsEmpty());
  EXPECT_THAT(problems("timestamp"), ::testing::IsEmpty());
  EXPECT_THAT(problems("date"), ::testing::IsEmpty());
  EXPECT_THAT(problems("timestamp_s"),
              ElementsAre(HasSubstr("is `timestamp_s`, but $timestamp is an instant in milliseconds")));
  EXPECT_THAT(problems("date_days"), ElementsAre(HasSubstr("is `date_days`, but $timestamp")));
}

}  // namespace
}  // namespace loom::mapping::testing
