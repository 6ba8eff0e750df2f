#include "decode/written_time.h"

#include <gtest/gtest.h>

#include <string>

#include "decode/timestamp.h"

namespace loom::decode {
namespace {

std::string name_of(Parsed parsed) { return parsed == Parsed::invalid ? "invalid" : "out of range"; }

std::string instant(std::string_view text) {
  std::int64_t us = 0;
  const Parsed parsed = parse_written_timestamp(text, us);
  if (parsed != Parsed::ok) return name_of(parsed);
  ByteBuffer out;
  append_timestamp(us, ' ', "", out);
  return std::string(out.view());
}

std::string day(std::string_view text) {
  std::int64_t days = 0;
  const Parsed parsed = parse_written_date(text, days);
  if (parsed != Parsed::ok) return name_of(parsed);
  ByteBuffer out;
  append_date(static_cast<std::int32_t>(days), out);
  return std::string(out.view());
}

std::string time_of_day(std::string_view text) {
  std::int64_t us = 0;
  const Parsed parsed = parse_written_time(text, us);
  if (parsed != Parsed::ok) return name_of(parsed);
  ByteBuffer out;
  append_time(us, out);
  return std::string(out.view());
}

struct Case {
  const char* text;
  const char* expected;
};

template <std::size_t N>
void expect(std::string (*read)(std::string_view), const Case (&cases)[N]) {
  for (const Case& c : cases) EXPECT_EQ(read(c.text), c.expected) << c.text;
}

TEST(WrittenTimestamp, TheBasicFormOfIso8601) {
  expect(instant, {{"20240506", "2024-05-06 00:00:00"},
                   {" 20240506 ", "2024-05-06 00:00:00"},
                   {"20240506070809", "2024-05-06 07:08:09"},
                   {"20240506070809Z", "2024-05-06 07:08:09"},
                   {"20240506T070809Z", "2024-05-06 07:08:09"},
                   {"20240506t070809z", "2024-05-06 07:08:09"},
                   {"20240506T070809.123+0200", "2024-05-06 05:08:09.123"},
                   {"20240506T070809,5-05", "2024-05-06 12:08:09.5"},
                   {"20240506 070809", "2024-05-06 07:08:09"},
                   {"20240506 0708", "2024-05-06 07:08:00"},
                   {"20240506T0708", "2024-05-06 07:08:00"},
                   {"20240506T07:08:09", "2024-05-06 07:08:09"},
                   {"20240506T240000", "2024-05-07 00:00:00"},
                   {"20240506T235960Z", "2024-05-07 00:00:00"},
                   {"2024-05-06T070809Z", "2024-05-06 07:08:09"},
                   {"00010101", "0001-01-01 00:00:00"},
                   {"99991231", "9999-12-31 00:00:00"},
                   {"20240229", "2024-02-29 00:00:00"},
                   {"20230229", "invalid"},
                   {"20241301", "invalid"},
                   {"00000101", "invalid"},
                   {"2024050", "invalid"},
                   {"202405060", "invalid"},
                   {"20240506250000", "invalid"},
                   {"20240506T", "invalid"},
                   {"20240506T07", "invalid"},
                   {"20240506T0760", "invalid"},
                   {"20240506T240001", "invalid"},
                   {"20240506T070809.", "invalid"},
                   {"-20240506", "invalid"}});
  EXPECT_TRUE(is_basic_form("20240506"));
  EXPECT_TRUE(is_basic_form("20240506070809"));
  for (const char* text : {"", "2024050", "202405060708", "2024-5-6", "2024050a"}) EXPECT_FALSE(is_basic_form(text));
}

TEST(WrittenTimestamp, DaysOfAYear) {
  expect(instant, {{"2024-127", "2024-05-06 00:00:00"},
                   {"2024-001", "2024-01-01 00:00:00"},
                   {"2024-366T12:00Z", "2024-12-31 12:00:00"},
                   {"2023-366", "invalid"},
                   {"2024-000", "invalid"},
                   {"2024-367", "invalid"},
                   {"2024-12", "invalid"},
                   {"2024-1270", "invalid"}});
}

TEST(WrittenTimestamp, WeeksAndDatesWhoseOrderIsAGuessAreInvalid) {
  for (const char* text :
       {"2024-W19-1", "2024W191", "2024-W19", "05/06/2024", "5/6/24", "05.06.2024", "05-06-2024", "24-05-06",
        "2024/05/06", "06-May-24", "Sunday, 06-Nov-94 08:49:37 GMT", "May 2024", "May 6", "2024", "6 2024"}) {
    EXPECT_EQ(instant(text), "invalid") << text;
  }
}

TEST(WrittenTimestamp, YearsBeforeTheFirst) {
  expect(instant, {{"0044-03-15 BC", "0044-03-15 00:00:00 BC"},
                   {"0044-03-15bc", "0044-03-15 00:00:00 BC"},
                   {"-0043-03-15", "0044-03-15 00:00:00 BC"},
                   {"-0043-03-15T12:00:00Z", "0044-03-15 12:00:00 BC"},
                   {"0000-01-01", "0001-01-01 00:00:00 BC"},
                   {"0000-02-29", "0001-02-29 00:00:00 BC"},
                   {"-0000-01-01", "0001-01-01 00:00:00 BC"},
                   {"-0001-02-29", "invalid"},
                   {"0001-01-01 00:00:00 BC", "0001-01-01 00:00:00 BC"},
                   {"2024-05-06 07:08:09+02 BC", "2024-05-06 05:08:09 BC"},
                   {"2024-05-06 07:08:09 BC +02", "2024-05-06 05:08:09 BC"},
                   {"2024-05-06T07:08:09Z BC", "2024-05-06 07:08:09 BC"},
                   {"Mar 15, 0044 BC", "0044-03-15 00:00:00 BC"},
                   {"2024-05-06 AD", "2024-05-06 00:00:00"},
                   {"4714-11-24 BC", "4714-11-24 00:00:00 BC"},
                   {"4714-11-23 BC", "out of range"},
                   {"-4713-11-24", "4714-11-24 00:00:00 BC"},
                   {"-4713-11-24T00:00:00+00:01", "out of range"},
                   {"-4714-01-01", "out of range"},
                   {"-99999999-01-01", "out of range"},
                   {"294277-01-01 AD", "out of range"},
                   {"0000-01-01 BC", "invalid"},
                   {"-0043-03-15 BC", "invalid"},
                   {"0044-03-15 BC BC", "invalid"},
                   {"44-03-15 BC", "invalid"}});
}

TEST(WrittenTimestamp, Infinity) {
  expect(instant, {{"infinity", "infinity"},
                   {"-infinity", "-infinity"},
                   {"+Infinity", "infinity"},
                   {" -INFINITY ", "-infinity"},
                   {"inf", "invalid"},
                   {"- infinity", "invalid"},
                   {"infinity BC", "invalid"}});
  std::int64_t us = 0;
  ASSERT_EQ(parse_written_timestamp("infinity", us), Parsed::ok);
  EXPECT_EQ(us, kLatest);
  ASSERT_EQ(parse_written_date("-infinity", us), Parsed::ok);
  EXPECT_EQ(us, kEarliestDay);
}

TEST(WrittenTimestamp, MailAndOtherFormsWithAMonthsName) {
  expect(instant, {{"Wed, 21 Oct 2015 07:28:00 GMT", "2015-10-21 07:28:00"},
                   {"21 Oct 2015 07:28:00 +0200", "2015-10-21 05:28:00"},
                   {"Wed, 21 Oct 2015 07:28 EST", "2015-10-21 12:28:00"},
                   {"Wed, 21 Oct 2015 07:28:00 +0200 (CEST)", "2015-10-21 05:28:00"},
                   {"1 Jan 2024 00:00:00 -0000", "2024-01-01 00:00:00"},
                   {"Wed Oct 21 07:28:00 2015", "2015-10-21 07:28:00"},
                   {"Fri Oct  2 07:28:00 2015", "2015-10-02 07:28:00"},
                   {"Wed Oct 21 07:28:00 UTC 2015", "2015-10-21 07:28:00"},
                   {"Wed Oct 21 07:28:00 CEST 2015", "2015-10-21 05:28:00"},
                   {"Wed Oct 21 07:28:00 GMT+02:00 2015", "2015-10-21 05:28:00"},
                   {"Wed Oct 21 07:28:00 -0700 2015", "2015-10-21 14:28:00"},
                   {"Wed Oct 21 2015 09:28:00 GMT+0200 (Central European Summer Time)", "2015-10-21 07:28:00"},
                   {"Wed Oct 21 2015 09:28:00 GMT-0330 (x)", "2015-10-21 12:58:00"},
                   {"06-May-2024", "2024-05-06 00:00:00"},
                   {"2024-May-06", "2024-05-06 00:00:00"},
                   {"May-06-2024 07:08", "2024-05-06 07:08:00"},
                   {"May 6, 2024 7:08:09 AM UTC", "2024-05-06 07:08:09"},
                   {"may 6 2024 7:08pm", "2024-05-06 19:08:00"},
                   {"6 SEPTEMBER 2024", "2024-09-06 00:00:00"},
                   {"Sept 6, 2024", "2024-09-06 00:00:00"},
                   {"Monday, May 6, 2024", "2024-05-06 00:00:00"},
                   {"Tue, 6 May 2024", "2024-05-06 00:00:00"},
                   {"30 Feb 2024", "invalid"},
                   {"0 May 2024", "invalid"},
                   {"32 May 2024", "invalid"},
                   {"May May 6 2024", "invalid"},
                   {"Wed Wed 6 May 2024", "invalid"},
                   {"6 7 May 2024", "invalid"},
                   {"6 May 2024 2025", "invalid"},
                   {"6 May 2024 07:08 08:09", "invalid"},
                   {"6 Mayo 2024", "invalid"},
                   {"6 May 2024 Europe/Paris", "invalid"},
                   {"6 May 2024 07:08:09 BST", "invalid"},
                   {"6 May 2024 07:08:09 UTC UTC", "invalid"},
                   {"6 May 2024 (comment)", "invalid"},
                   {"6 May 2024 07:08 GMT (comment", "invalid"},
                   {"6 May 2024T07:08", "2024-05-06 07:08:00"},
                   {"6/May/2024", "invalid"}});
}

TEST(WrittenTimestamp, ZonesBehindIso) {
  expect(instant, {{"2024-05-06T07:08:09+02:00[Europe/Paris]", "2024-05-06 05:08:09"},
                   {"2024-05-06T07:08+02:00[Europe/Paris]", "2024-05-06 05:08:00"},
                   {"2024-05-06T07:08:09Z[UTC]", "2024-05-06 07:08:09"},
                   {"2024-05-06T07:08:09.5+00:00[Etc/UTC][u-ca=gregory]", "2024-05-06 07:08:09.5"},
                   {"2024-05-06T07:08:09+02:00:30", "2024-05-06 05:07:39"},
                   {"2024-05-06T07:08:09-00:00:01", "2024-05-06 07:08:10"},
                   {"2024-05-06T07:08:09+2", "2024-05-06 05:08:09"},
                   {"2024-05-06 07:08:09 CET", "2024-05-06 06:08:09"},
                   {"2024-05-06 07:08:09 pdt", "2024-05-06 14:08:09"},
                   {"2024-05-06 07:08:09 JST", "2024-05-05 22:08:09"},
                   {"2024-05-06 7:08:09 AM", "2024-05-06 07:08:09"},
                   {"2024-05-06 12:08 AM Z", "2024-05-06 00:08:00"},
                   {"2024-05-06 12:08 PM", "2024-05-06 12:08:00"},
                   {"2024-05-06Z", "2024-05-06 00:00:00"},
                   {"2024-05-06+02:00", "2024-05-05 22:00:00"},
                   {"2024-05-06-05:00", "2024-05-06 05:00:00"},
                   {"2024-05-06 UTC", "2024-05-06 00:00:00"},
                   {"2024-05-06T07:08:09[Europe/Paris]", "invalid"},
                   {"2024-05-06T07:08:09+02:00[Europe/Paris", "invalid"},
                   {"2024-05-06T07:08:09 Europe/Paris", "invalid"},
                   {"2024-05-06T07:08:09 GMT+2", "invalid"},
                   {"2024-05-06T07:08:09Z+02:00", "invalid"},
                   {"2024-05-06T07:08:09+16:00", "invalid"},
                   {"2024-05-06T07:08:09+02:60", "invalid"},
                   {"2024-05-06T07:08:09+02:00:60", "invalid"},
                   {"2024-05-06T07:08:09+530", "2024-05-06 01:38:09"},
                   {"2024-05-06T07:08:09+02000", "invalid"},
                   {"2024-05-06 07:08 AM-05:30", "invalid"},
                   {"2024-05-06T07:08:09+", "invalid"},
                   {"2024-05-06 13:08 PM", "invalid"},
                   {"2024-05-06 AM", "invalid"},
                   {"2024-05-06 07:08 AM PM", "invalid"},
                   {"2024-05-06 07:08 Z AM", "invalid"},
                   {"2024-05-06 0708", "invalid"},
                   {"2024-05-06T7", "invalid"},
                   {"2024-05-06T07:08:9", "invalid"},
                   {"2024-05-06T007:08", "invalid"},
                   {"", "invalid"},
                   {" ", "invalid"},
                   {"now", "invalid"},
                   {"T", "invalid"},
                   {"-", "invalid"},
                   {"+", "invalid"}});
}

TEST(WrittenDate, IsTheDayAsWritten) {
  expect(day, {{"19900501T000000+0200", "1990-05-01"},
               {"1990-05-01T00:00:00+02:00[Europe/Paris]", "1990-05-01"},
               {"1990-05-01Z", "1990-05-01"},
               {"20240506", "2024-05-06"},
               {"Wed Oct 21 2015 01:28:00 GMT+0200 (x)", "2015-10-21"},
               {"0044-03-15 BC", "0044-03-15 BC"},
               {"4714-11-24 BC", "4714-11-24 BC"},
               {"4714-11-23 BC", "out of range"},
               {"+5874897-12-31 AD", "5874897-12-31"},
               {"+5874898-01-01 AD", "out of range"},
               {"infinity", "infinity"},
               {"-infinity", "-infinity"},
               {"05/06/2024", "invalid"}});
}

TEST(WrittenTime, IsTheTimeAsWritten) {
  expect(time_of_day, {{"10:11:12Z", "10:11:12"},
                       {"10:11:12+02:00", "10:11:12"},
                       {"10:11:12 CEST", "10:11:12"},
                       {"10:11:12-05:00[America/Bogota]", "10:11:12"},
                       {"01:30 PM", "13:30:00"},
                       {"1:30:05.5 pm", "13:30:05.5"},
                       {"12:00 AM", "00:00:00"},
                       {"12:30PM", "12:30:00"},
                       {"T101112", "10:11:12"},
                       {"t10:11", "10:11:00"},
                       {"101112", "10:11:12"},
                       {"101112.5", "10:11:12.5"},
                       {"1011", "10:11:00"},
                       {"7:08", "07:08:00"},
                       {" 10:11:12 ", "10:11:12"},
                       {"10:11:12.1234567", "10:11:12.123457"},
                       {"23:59:59.9999999", "24:00:00"},
                       {"24:00", "24:00:00"},
                       {"2024-05-06T10:11:12+02:00", "10:11:12"},
                       {"20240506T101112Z", "10:11:12"},
                       {"Wed Oct 21 07:28:00 UTC 2015", "07:28:00"},
                       {"24:00:01", "invalid"},
                       {"23:59:60.5", "invalid"},
                       {"13:00 PM", "invalid"},
                       {"10:60", "invalid"},
                       {"101", "invalid"},
                       {"10", "invalid"},
                       {"10:11:12 BC", "invalid"},
                       {"2024-05-06", "invalid"},
                       {"infinity", "invalid"},
                       {"PM", "invalid"},
                       {"", "invalid"}});
}

}  // namespace
}  // namespace loom::decode
