// The table of values: what each column type makes of each value.

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <string>

#include "plan_builder.h"
#include "value_cases.h"

namespace loom::testing {
namespace {

using mapping::ColumnType;
using mapping::NulPolicy;
using mapping::Transform;
using mapping::ValueType;

TEST(Values, IntegerColumns) {
  expect_text(column(ColumnType::int8, false), {{"12.7", "12"},
                                                {R"("12.7")", "12"},
                                                {"-12.7", "-12"},
                                                {"1e3", "1000"},
                                                {"true", "1"},
                                                {"false", "0"},
                                                {"1234567890123456789", "1234567890123456789"},
                                                {"9223372036854775808", "out_of_range"},
                                                {R"("abc")", "conversion_failed"},
                                                {R"("")", "conversion_failed"},
                                                {"[1]", "conversion_failed"},
                                                {"{}", "conversion_failed"},
                                                {"null", "NULL"}});
  expect_text(column(ColumnType::int2, false),
              {{"32767", "32767"}, {"32768", "out_of_range"}, {"-32768", "-32768"}, {"-32769", "out_of_range"}});
  expect_text(column(ColumnType::int4, false), {{"2147483647", "2147483647"}, {"2147483648", "out_of_range"}});
  auto flag = column(ColumnType::int4, false).as(ValueType::boolean);
  expect_text(flag, {{R"("yes")", "1"}, {"false", "0"}, {R"("perhaps")", "conversion_failed"}});
}

TEST(Values, FloatColumns) {
  expect_text(column(ColumnType::float8, false), {{"0.1", "0.1"},
                                                  {R"(" -1.5e3 ")", "-1500"},
                                                  {"1e400", "out_of_range"},
                                                  {R"("NaN")", "NaN"},
                                                  {R"("Infinity")", "Infinity"},
                                                  {R"("-inf")", "-Infinity"},
                                                  {"true", "conversion_failed"},
                                                  {R"("abc")", "conversion_failed"},
                                                  {"[1.5]", "conversion_failed"}});
  expect_text(column(ColumnType::float4, false), {{"0.1", "0.1"}, {"1e39", "out_of_range"}, {"16777217", "16777216"}});
  expect_text(column(ColumnType::float8, false).as(ValueType::integer), {{"12.7", "12"}});
}

TEST(Values, NumericColumnsKeepEveryDigit) {
  expect_text(column(ColumnType::numeric, false),
              {{"1.50", "1.50"},
               {"12345678901234567890.12345678901234567890", "12345678901234567890.12345678901234567890"},
               {R"(" 1e5 ")", "1e5"},
               {R"("NaN")", "NaN"},
               {"1e131071", "1e131071"},
               {"1e131072", "out_of_range"},
               {"1e999999999", "out_of_range"},
               {"1e-16384", "out_of_range"},
               {R"("1,5")", "conversion_failed"},
               {"true", "conversion_failed"}});
  expect_text(column(ColumnType::numeric, false).as(ValueType::integer), {{"12.7", "12"}, {"true", "1"}});
}

TEST(Values, NumericInBinary) {
  // Digits, weight, sign, scale; then the digits to base 10,000.
  const Case cases[] = {
      {"0", "0000000000000000"},
      {"0.00", "0000000000000002"},
      {"-0.0", "0000000000000001"},
      {"1", "00010000000000000001"},
      {"-1", "00010000400000000001"},
      {"10000", "00010001000000000001"},
      {"1.50",
       "0002000000000002"
       "00011388"},
      {"123456.789",
       "0003000100000003"
       "000c0d801ed2"},
      {"0.0001", "0001ffff000000040001"},
      {"0.00001", "0001fffe0000000503e8"},
      {"1e4", "00010001000000000001"},
      {"1.5e1", "0001000000000000000f"},
      {"12e-1",
       "0002000000000001"
       "000107d0"},
      {"100000000", "00010002000000000001"},
      {R"("NaN")", "00000000c0000000"},
      {R"("Infinity")", "00000000d0000000"},
      {R"("-Infinity")", "00000000f0000000"},
  };
  const auto plan = column(ColumnType::numeric);
  for (const Case& c : cases) EXPECT_EQ(hex(Rows::field(plan, c.json)), c.field) << c.json;
}

TEST(Values, BooleanColumns) {
  expect_text(column(ColumnType::boolean, false), {{"true", "t"},
                                                   {"false", "f"},
                                                   {R"("TRUE")", "t"},
                                                   {R"("1")", "t"},
                                                   {R"("Yes")", "t"},
                                                   {R"("on")", "t"},
                                                   {R"("False")", "f"},
                                                   {R"("0")", "f"},
                                                   {R"("NO")", "f"},
                                                   {R"("off")", "f"},
                                                   {R"("t")", "t"},
                                                   {R"("Tru")", "t"},
                                                   {R"("y")", "t"},
                                                   {R"(" ye ")", "t"},
                                                   {R"("f")", "f"},
                                                   {R"("FAL")", "f"},
                                                   {R"("n")", "f"},
                                                   {R"("of")", "f"},
                                                   {R"("")", "conversion_failed"},
                                                   {R"(" ")", "conversion_failed"},
                                                   {R"("o")", "conversion_failed"},
                                                   {R"("truth")", "conversion_failed"},
                                                   {R"("10")", "conversion_failed"},
                                                   {R"("onn")", "conversion_failed"},
                                                   {"0", "f"},
                                                   {"0.0", "f"},
                                                   {"-0e5", "f"},
                                                   {"2", "t"},
                                                   {"0.5", "t"},
                                                   {R"("2")", "conversion_failed"},
                                                   {R"("maybe")", "conversion_failed"},
                                                   {"[]", "conversion_failed"}});
}

TEST(Values, TimeColumns) {
  expect_text(column(ColumnType::timestamptz, false), {{R"("2024-05-06T07:08:09.5+02:00")", "2024-05-06 05:08:09.5+00"},
                                                       {R"("1700000000")", "2023-11-14 22:13:20+00"},
                                                       {"1700000000.25", "2023-11-14 22:13:20.25+00"},
                                                       {R"(" 2024-05-06 ")", "2024-05-06 00:00:00+00"},
                                                       {R"("294277-01-01")", "out_of_range"},
                                                       {R"("yesterday")", "conversion_failed"},
                                                       {"true", "conversion_failed"},
                                                       {"{}", "conversion_failed"}});
  expect_text(column(ColumnType::timestamp, false), {{R"("2024-05-06T01:08:09+02:00")", "2024-05-05 23:08:09"}});
  expect_text(
      column(ColumnType::date, false),
      {{R"("2024-05-06T01:08:09+02:00")", "2024-05-06"}, {"-1", "1969-12-31"}, {R"("2024-02-29")", "2024-02-29"}});
  expect_text(column(ColumnType::time, false),
              {{R"("07:08:09.5")", "07:08:09.5"}, {R"("25:00")", "conversion_failed"}, {"5", "conversion_failed"}});
}

TEST(Values, TextColumns) {
  expect_text(column(ColumnType::text, false), {{R"("as it is")", "as it is"},
                                                {"1.50", "1.50"},
                                                {"true", "true"},
                                                {R"({"a": [1]})", R"({"a": [1]})"},
                                                {"[1, 2]", "[1, 2]"},
                                                {R"("a\\b\tc\nd\re")", R"(a\\b\tc\nd\re)"},
                                                {R"("\\N")", R"(\\N)"},
                                                {R"("")", ""},
                                                {R"("x\u0000")", "invalid_text"},
                                                {"null", "NULL"}});
}

TEST(Values, TextColumnsWithAnotherValueType) {
  expect_text(column(ColumnType::text, false).as(ValueType::integer), {{R"("12.7")", "12"}, {"true", "1"}});
  expect_text(column(ColumnType::text, false).as(ValueType::floating),
              {{"1.50", "1.50"}, {"\"x\"", "conversion_failed"}});
  expect_text(column(ColumnType::text, false).as(ValueType::boolean), {{R"("on")", "true"}, {"0", "false"}});
  expect_text(column(ColumnType::text, false).as(ValueType::timestamp),
              {{R"("2024-05-06T07:08:09+02:00")", "2024-05-06T07:08:09+02:00"},
               {"1700000000", "2023-11-14T22:13:20Z"},
               {R"("20240506T070809+0200")", "2024-05-06T05:08:09Z"},
               {R"("Wed, 21 Oct 2015 07:28:00 GMT")", "2015-10-21T07:28:00Z"},
               {R"("Infinity")", "infinity"},
               {R"("soon")", "conversion_failed"}});
  expect_text(column(ColumnType::text, false).as(ValueType::json),
              {{R"("s")", R"("s")"}, {R"({"a":1})", R"({"a":1})"}, {"1", "1"}});
  expect_text(column(ColumnType::text, false).as(ValueType::array),
              {{"[1, 2]", "[1, 2]"}, {R"("[3]")", "[3]"}, {R"("x")", R"(["x"])"}, {"5", "[5]"}});
  expect_text(column(ColumnType::text, false).transform(Transform::json_stringify),
              {{R"("s")", R"("s")"}, {R"({"a": 1})", R"({"a": 1})"}, {"null", "NULL"}});
  expect_text(column(ColumnType::text, false).transform(Transform::base64_decode), {{R"("aGk=")", "hi"},
                                                                                    {R"("AA==")", "invalid_text"},
                                                                                    {R"("/w==")", "invalid_text"},
                                                                                    {R"("?")", "conversion_failed"}});
}

TEST(Values, JsonColumns) {
  for (const ColumnType type : {ColumnType::json, ColumnType::jsonb}) {
    expect_text(column(type, false), {{R"({"a": [1, "x"]})", R"({"a": [1, "x"]})"},
                                      {"[1]", "[1]"},
                                      {"1.50", "1.50"},
                                      {"true", "true"},
                                      {R"("text")", R"("text")"},
                                      {R"("{\"a\":1}")", R"("{\\"a\\":1}")"},
                                      {R"({"a":"\u0000"})", "invalid_text"},
                                      {R"({"\u0000":1})", "invalid_text"},
                                      {R"("\u0000")", "invalid_text"},
                                      {R"({"a":"\\u0000"})", R"({"a":"\\\\u0000"})"},
                                      {"null", "NULL"}});
    expect_text(
        column(type, false).as(ValueType::array),
        {{"[1]", "[1]"}, {R"("[1,2]")", "[1,2]"}, {R"("a")", R"(["a"])"}, {"1", "[1]"}, {R"("[x")", R"(["[x"])"}});
  }
  EXPECT_EQ(Rows::field(column(ColumnType::jsonb), "{}"), "\x01{}");
  EXPECT_EQ(Rows::field(column(ColumnType::json), "{}"), "{}");
}

TEST(Values, NulPolicies) {
  auto strip = column(ColumnType::text).nul(NulPolicy::strip);
  auto replace = column(ColumnType::text).nul(NulPolicy::replace);
  EXPECT_EQ(Rows::field(strip, R"("a\u0000b")"), "ab");
  EXPECT_EQ(Rows::field(replace, R"("a\u0000b")"),
            "a\xEF\xBF\xBD"
            "b");
  auto json_strip = column(ColumnType::jsonb).nul(NulPolicy::strip);
  auto json_replace = column(ColumnType::json).nul(NulPolicy::replace);
  EXPECT_EQ(Rows::field(json_strip, R"({"a\u0000":["\u0000"]})"), "\x01{\"a\":[\"\"]}");
  EXPECT_EQ(Rows::field(json_strip, R"("x\u0000")"), "\x01\"x\"");
  EXPECT_EQ(Rows::field(json_replace, R"(["\u0000"])"), "[\"\xEF\xBF\xBD\"]");
}

TEST(Values, ByteColumns) {
  expect_text(column(ColumnType::bytea, false), {{R"("hi")", R"(\\x6869)"},
                                                 {R"("\u0000")", R"(\\x00)"},
                                                 {"5", "conversion_failed"},
                                                 {"{}", "conversion_failed"}});
  expect_text(column(ColumnType::bytea, false).transform(Transform::base64_decode),
              {{R"("AP8=")", R"(\\x00ff)"}, {R"("-_8")", R"(\\xfbff)"}, {R"("not base64!")", "conversion_failed"}});
  EXPECT_EQ(Rows::field(column(ColumnType::bytea).transform(Transform::base64_decode), R"("aGk=")"), "hi");
}

TEST(Values, UuidColumns) {
  constexpr const char* kUuid = "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11";
  expect_text(column(ColumnType::uuid, false), {{R"("A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11")", kUuid},
                                                {R"("{a0eebc99-9c0b4ef8-bb6d6bb9-bd380a11}")", kUuid},
                                                {R"("a0eebc999c0b4ef8bb6d6bb9bd380a11")", kUuid},
                                                {R"("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1")", "conversion_failed"},
                                                {R"("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a111")", "conversion_failed"},
                                                {R"("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11-")", "conversion_failed"},
                                                {R"("a0eebc99--9c0b-4ef8-bb6d-6bb9bd380a11")", "conversion_failed"},
                                                {R"("-a0eebc999c0b4ef8bb6d6bb9bd380a11")", "conversion_failed"},
                                                {R"("{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11")", "conversion_failed"},
                                                {R"("{")", "conversion_failed"},
                                                {R"("")", "conversion_failed"},
                                                {"5", "conversion_failed"}});
  EXPECT_EQ(hex(Rows::field(column(ColumnType::uuid), '"' + std::string(kUuid) + '"')),
            "a0eebc999c0b4ef8bb6d6bb9bd380a11");
}

TEST(Values, NetworkColumns) {
  expect_text(column(ColumnType::inet, false), {{R"("10.1.2.3")", "10.1.2.3/32"},
                                                {R"("10.1.2.3/8")", "10.1.2.3/8"},
                                                {R"("::1")", "::1/128"},
                                                {R"("2001:DB8::/32")", "2001:db8::/32"},
                                                {R"("10.1.2")", "conversion_failed"},
                                                {R"("10.1.2.3/33")", "conversion_failed"},
                                                {R"("10.1.2.3/")", "conversion_failed"},
                                                {R"("host")", "conversion_failed"},
                                                {R"("10.1.2.3\u0000")", "conversion_failed"},
                                                {"10", "conversion_failed"}});
  expect_text(column(ColumnType::cidr, false),
              {{R"("10.0.0.0/8")", "10.0.0.0/8"}, {R"("10.1.0.0/8")", "conversion_failed"}});
  EXPECT_EQ(hex(Rows::field(column(ColumnType::inet), R"("10.1.2.3/8")")), "020800040a010203");
  EXPECT_EQ(hex(Rows::field(column(ColumnType::cidr), R"("10.0.0.0/8")")), "020801040a000000");
  EXPECT_EQ(hex(Rows::field(column(ColumnType::inet), R"("::1")")), "0380001000000000000000000000000000000001");
}

TEST(Values, ColumnsInBinary) {
  const struct {
    ColumnType type;
    const char* json;
    const char* bytes;
  } cases[] = {
      {ColumnType::boolean, "true", "01"},
      {ColumnType::int2, "-2", "fffe"},
      {ColumnType::int4, "258", "00000102"},
      {ColumnType::int8, "-1", "ffffffffffffffff"},
      {ColumnType::float4, "1.5", "3fc00000"},
      {ColumnType::float8, "1.5", "3ff8000000000000"},
      {ColumnType::timestamptz, R"("2000-01-01T00:00:00.000001Z")", "0000000000000001"},
      {ColumnType::timestamp, R"("1999-12-31T23:59:59.999999Z")", "ffffffffffffffff"},
      {ColumnType::date, R"("2000-01-02")", "00000001"},
      {ColumnType::date, R"("1999-12-31")", "ffffffff"},
      {ColumnType::time, R"("00:00:01")", "00000000000f4240"},
      {ColumnType::text, R"("hi")", "6869"},
      {ColumnType::enumeration, R"("happy")", "6861707079"},
  };
  for (const auto& c : cases) EXPECT_EQ(hex(Rows::field(column(c.type), c.json)), c.bytes) << c.json;
}

}  // namespace
}  // namespace loom::testing
