// The types whose name says the unit or the column, and what times are beyond plain ISO 8601.

#include <gtest/gtest.h>

#include <string>

#include "plan_builder.h"
#include "value_cases.h"

namespace loom::testing {
namespace {

using mapping::ColumnType;
using mapping::ValueType;

PlanBuilder typed(ColumnType type, ValueType value) { return column(type, false).as(value); }

TEST(TypedValues, TimestampsOfOneUnit) {
  expect_text(typed(ColumnType::timestamptz, ValueType::timestamp_ms),
              {{"64281600000", "1972-01-15 00:00:00+00"},
               {R"(" 64281600000 ")", "1972-01-15 00:00:00+00"},
               {"-1.5", "1969-12-31 23:59:59.9985+00"},
               {"1e300", "out_of_range"},
               {R"("2024-05-06")", "conversion_failed"},
               {R"("infinity")", "conversion_failed"},
               {"true", "conversion_failed"},
               {"{}", "conversion_failed"},
               {"null", "NULL"}});
  expect_text(typed(ColumnType::timestamp, ValueType::timestamp_s), {{"253402300799", "9999-12-31 23:59:59"}});
  expect_text(typed(ColumnType::timestamptz, ValueType::timestamp_us), {{"1", "1970-01-01 00:00:00.000001+00"}});
  expect_text(typed(ColumnType::timestamptz, ValueType::timestamp_ns),
              {{"1714979289123456789", "2024-05-06 07:08:09.123456+00"}});
  expect_text(typed(ColumnType::date, ValueType::timestamp_s), {{"-1", "1969-12-31"}, {"86400", "1970-01-02"}});
  expect_text(typed(ColumnType::text, ValueType::timestamp_s), {{"0.5", "1970-01-01T00:00:00.5Z"}});
  expect_text(typed(ColumnType::other, ValueType::timestamp_ms), {{"0", "1970-01-01T00:00:00Z"}});
}

TEST(TypedValues, Days) {
  expect_text(typed(ColumnType::date, ValueType::date_days), {{"19849", "2024-05-06"},
                                                              {R"("19849")", "2024-05-06"},
                                                              {"-1", "1969-12-31"},
                                                              {"-2440588", "4714-11-24 BC"},
                                                              {"-2440589", "out_of_range"},
                                                              {"2145042905", "5874897-12-31"},
                                                              {"2145042906", "out_of_range"},
                                                              {"9223372036854775807", "out_of_range"},
                                                              {"1e30", "out_of_range"},
                                                              {R"("2024-05-06")", "conversion_failed"}});
  expect_text(typed(ColumnType::timestamptz, ValueType::date_days),
              {{"19849", "2024-05-06 00:00:00+00"}, {"2145042905", "out_of_range"}});
  expect_text(typed(ColumnType::text, ValueType::date_days), {{"19849", "2024-05-06"}});
  expect_text(typed(ColumnType::date, ValueType::date), {{R"("1990-05-01T00:00:00+02:00")", "1990-05-01"},
                                                         {R"("20240506")", "2024-05-06"},
                                                         {R"("20240506070809")", "2024-05-06"},
                                                         {R"(" 2024-05-06 ")", "2024-05-06"},
                                                         {"1700000000", "2023-11-14"},
                                                         {R"("1700000000")", "2023-11-14"},
                                                         {R"("May 6, 2024")", "2024-05-06"},
                                                         {R"("5874897-12-31")", "5874897-12-31"},
                                                         {R"("infinity")", "infinity"},
                                                         {R"("-Infinity")", "-infinity"},
                                                         {R"("05/06/2024")", "conversion_failed"},
                                                         {"true", "conversion_failed"}});
  expect_text(typed(ColumnType::text, ValueType::date),
              {{R"("6 May 2024")", "2024-05-06"}, {R"("infinity")", "infinity"}, {R"("x")", "conversion_failed"}});
  expect_text(typed(ColumnType::timestamptz, ValueType::date),
              {{R"("2024-05-06T23:00:00-05:00")", "2024-05-06 00:00:00+00"}, {R"("infinity")", "infinity"}});
}

TEST(TypedValues, TimesOfDay) {
  expect_text(typed(ColumnType::time, ValueType::time_ms), {{"36672500", "10:11:12.5"},
                                                            {"0", "00:00:00"},
                                                            {"86400000", "24:00:00"},
                                                            {"86400001", "out_of_range"},
                                                            {"-1", "out_of_range"},
                                                            {"1e30", "out_of_range"},
                                                            {R"("36672500")", "10:11:12.5"},
                                                            {R"("10:11")", "conversion_failed"}});
  expect_text(typed(ColumnType::time, ValueType::time_us), {{"1", "00:00:00.000001"}});
  expect_text(typed(ColumnType::time, ValueType::time_ns),
              {{"86399999999999", "23:59:59.999999"}, {"86400000000000", "24:00:00"}});
  expect_text(typed(ColumnType::text, ValueType::time_us), {{"36672500000", "10:11:12.5"}});
  expect_text(typed(ColumnType::time, ValueType::time), {{R"("10:11:12+02:00")", "10:11:12"},
                                                         {R"("01:30 PM")", "13:30:00"},
                                                         {R"("T101112")", "10:11:12"},
                                                         {"101112", "conversion_failed"},
                                                         {R"("x")", "conversion_failed"}});
  expect_text(typed(ColumnType::text, ValueType::time), {{R"("1:30 pm")", "13:30:00"}});
  expect_text(column(ColumnType::time, false), {{R"("10:11:12Z")", "10:11:12"}, {R"("12:00 AM")", "00:00:00"}});
}

TEST(TypedValues, Lengths) {
  expect_text(typed(ColumnType::other, ValueType::interval_us),
              {{"0", "0:00:00"},
               {"1500000", "0:00:01.500000"},
               {"-1500000", "-0:00:01.500000"},
               {"360001000000", "100:00:01"},
               {"9223372036854775807", "2562047788:00:54.775807"},
               {"-9223372036854775808", "-9223372036854775808 microseconds"},
               {"9223372036854775808", "out_of_range"},
               {R"("61000000")", "0:01:01"},
               {R"("1 day")", "conversion_failed"}});
  expect_text(typed(ColumnType::text, ValueType::interval_us), {{"1", "0:00:00.000001"}});
  expect_text(typed(ColumnType::other, ValueType::interval),
              {{R"("1 day 02:00")", "1 day 02:00"}, {"5", "conversion_failed"}, {"{}", "conversion_failed"}});
}

TEST(TypedValues, Decimals) {
  expect_text(typed(ColumnType::numeric, ValueType::decimal), {{"1.50", "1.50"},
                                                               {R"(" 12.5 ")", "12.5"},
                                                               {R"("NaN")", "NaN"},
                                                               {"true", "conversion_failed"},
                                                               {R"("1,5")", "conversion_failed"}});
  expect_text(typed(ColumnType::int4, ValueType::decimal), {{"12.7", "12"}, {"3000000000", "out_of_range"}});
  expect_text(typed(ColumnType::float8, ValueType::decimal), {{"0.1", "0.1"}});
  expect_text(typed(ColumnType::text, ValueType::decimal), {{"1.50", "1.50"}, {R"("x")", "conversion_failed"}});
  expect_text(typed(ColumnType::other, ValueType::decimal), {{"1.50", "1.50"}});

  const auto encoded = [](ColumnType type, int scale) {
    auto plan = typed(type, ValueType::decimal_base64);
    plan.last().parameters.scale = scale;
    return plan;
  };
  expect_text(encoded(ColumnType::numeric, 2),
              {{R"("MDk=")", "123.45"},
               {R"("z8c=")", "-123.45"},
               {R"("AA==")", "0.00"},
               {R"("AQAAAAAAAAAAAAAAAAAAAAA=")", "3402823669209384634633746074317682114.56"},
               {R"("")", "conversion_failed"},
               {R"("?")", "conversion_failed"},
               {"12345", "conversion_failed"}});
  expect_text(encoded(ColumnType::int8, 2), {{R"("MDk=")", "123"}});
  expect_text(encoded(ColumnType::int2, 0), {{R"("AQAA")", "out_of_range"}});
  expect_text(encoded(ColumnType::float8, 2), {{R"("MDk=")", "123.45"}});
  expect_text(encoded(ColumnType::text, -1), {{R"("MDk=")", "123450"}});
  auto binary = column(ColumnType::numeric, true).as(ValueType::decimal_base64);
  binary.last().parameters.scale = 2;
  EXPECT_EQ(hex(Rows::field(binary, R"("MDk=")")), "0002000000000002007b1194");
}

TEST(TypedValues, ANumericColumnsPrecision) {
  auto limited = column(ColumnType::numeric, false);
  limited.last().info.type_modifier = ((5 << 16) | 2) + 4;
  const Case cases[] = {{"999.99", "999.99"},           {"999.994", "999.994"}, {"999.995", "out_of_range"},
                        {"1e3", "out_of_range"},        {R"("NaN")", "NaN"},    {R"("Infinity")", "out_of_range"},
                        {R"("x")", "conversion_failed"}};
  expect_text(limited, cases);
  expect_text(limited.as(ValueType::decimal), cases);
  expect_text(limited.as(ValueType::integer), {{"999.99", "999"}, {"1000", "out_of_range"}, {"true", "1"}});
  expect_text(limited.as(ValueType::decimal_base64), {{R"("MDk=")", "out_of_range"}, {R"("AQ==")", "1"}});

  PlanBuilder list(true);
  list.array_of(ColumnType::numeric, "v", "v");
  list.last().info.type_modifier = ((5 << 16) | 2) + 4;
  EXPECT_EQ(Rows::field(list, "[1, 1000]"), "out_of_range");
  EXPECT_NE(Rows::field(list, "[1, 999]"), "out_of_range");

  // A modifier of another type says nothing about digits.
  auto text = column(ColumnType::text, false);
  text.last().info.type_modifier = 7;
  expect_text(text, {{"1000000", "1000000"}});
}

TEST(TypedValues, IdentifiersAndAddresses) {
  constexpr const char* kUuid = R"("A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11")";
  expect_text(typed(ColumnType::uuid, ValueType::uuid),
              {{kUuid, "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"}, {R"("x")", "conversion_failed"}});
  expect_text(
      typed(ColumnType::text, ValueType::uuid),
      {{kUuid, "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11"}, {R"("x")", "conversion_failed"}, {"5", "conversion_failed"}});
  expect_text(typed(ColumnType::inet, ValueType::inet),
              {{R"("10.1.2.3")", "10.1.2.3/32"}, {R"("x")", "conversion_failed"}});
  expect_text(typed(ColumnType::cidr, ValueType::inet),
              {{R"("10.0.0.0/8")", "10.0.0.0/8"}, {R"("10.1.0.0/8")", "conversion_failed"}});
  expect_text(typed(ColumnType::text, ValueType::inet),
              {{R"(" 10.1.2.3 ")", "10.1.2.3"}, {R"("host")", "conversion_failed"}});
}

TEST(TypedValues, TextThatNamesATime) {
  expect_text(column(ColumnType::timestamptz, false),
              {{R"("20240506")", "2024-05-06 00:00:00+00"},
               {R"("20240506070809")", "2024-05-06 07:08:09+00"},
               {R"("20240506T070809Z")", "2024-05-06 07:08:09+00"},
               {R"("20241399")", "1970-08-23 06:36:39+00"},
               {"20240506", "1970-08-23 06:21:46+00"},
               {R"("infinity")", "infinity"},
               {R"("-Infinity")", "-infinity"},
               {R"("0044-03-15 BC")", "0044-03-15 00:00:00+00 BC"},
               {R"("Wed, 21 Oct 2015 07:28:00 GMT")", "2015-10-21 07:28:00+00"},
               {R"("2024-05-06T07:08+02:00[Europe/Paris]")", "2024-05-06 05:08:00+00"},
               {R"("05/06/2024")", "conversion_failed"},
               {R"("")", "conversion_failed"}});
  expect_text(column(ColumnType::timestamp, false),
              {{R"("infinity")", "infinity"}, {R"("2024-05-06T01:08:09+02:00")", "2024-05-05 23:08:09"}});
  const struct {
    ColumnType type;
    const char* json;
    const char* bytes;
  } cases[] = {
      {ColumnType::timestamptz, R"("infinity")", "7fffffffffffffff"},
      {ColumnType::timestamp, R"("-infinity")", "8000000000000000"},
      {ColumnType::date, R"("infinity")", "7fffffff"},
      {ColumnType::date, R"("-infinity")", "80000000"},
      {ColumnType::date, R"("20000102")", "00000001"},
      {ColumnType::time, R"("00:00:01 AM")", "00000000000f4240"},
  };
  for (const auto& c : cases) EXPECT_EQ(hex(Rows::field(column(c.type, true), c.json)), c.bytes) << c.json;
  PlanBuilder list(false);
  list.array_of(ColumnType::timestamptz, "v", "v");
  EXPECT_EQ(Rows::field(list, R"(["infinity","20240506"])"), R"({"infinity","2024-05-06 00:00:00+00"})");
}

TEST(TypedValues, TheRecordsOwnTimeInMilliseconds) {
  PlanBuilder plan(false);
  plan.column("at", ColumnType::timestamptz, {"$timestamp"}).as(ValueType::timestamp_ms);
  Rows rows(plan);
  Message message = message_of("{}");
  message.timestamp_ms = 64'281'600'000;
  ASSERT_EQ(rows.add(message), "");
  EXPECT_EQ(rows.row().at(0), "1972-01-15 00:00:00+00");
}

}  // namespace
}  // namespace loom::testing
