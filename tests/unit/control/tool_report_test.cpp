// What the commands about dead letters and offsets print.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "control/dead_letter_report.h"
#include "control/json_text.h"
#include "control/offset_tool.h"
#include "control/text_table.h"

namespace loom::control {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::int64_t kTime = 1'763'730'000'000'000;  // 2025-11-21T13:00:00Z

DeadLetter letter() {
  DeadLetter one;
  one.id = 7;
  one.group = "g";
  one.topic = "t";
  one.partition = 1;
  one.offset = 42;
  one.reason = "invalid_json";
  one.message = "no \"value\"";
  one.created_us = kTime;
  return one;
}

TEST(TextTableTest, ColumnsAreAlignedByCharactersNotBytes) {
  TextTable table({{"NAME"}, {"N", TextTable::Side::right}, {"LAST"}});
  table.add({"grüße", "1", "x"});
  table.add({"a", "123", ""});
  EXPECT_EQ(table.render(), "NAME     N  LAST\ngrüße    1  x\na      123\n");
}

TEST(TextTableTest, NothingMovesTheCursor) {
  EXPECT_EQ(printable("a\x1b[31m\nb\x7f"), "a\\x1b[31m\\x0ab\\x7f");
  EXPECT_EQ(printable("grüße an alle", 5), "grüße...");
  EXPECT_EQ(printable("\xFF"), "\uFFFD");
}

TEST(JsonTextTest, AnyBytesBecomeAString) {
  EXPECT_EQ(json_text("a\"\\\n\xC3\xBC"), "\"a\\\"\\\\\\u000a\u00fc\"");
  EXPECT_EQ(json_text("x\xFF"), "\"x\uFFFD\"");
}

TEST(DeadLetterReportTest, AListHasCountsAndTheNewest) {
  const std::vector<DeadLetterCount> counts{{"t", "invalid_json", 30, kTime, kTime + 1'000'000},
                                            {"t", "tombstone", 1, kTime, kTime}};
  const std::string text = render_list(counts, {letter()});
  EXPECT_THAT(text, HasSubstr("t      invalid_json     30  2025-11-21T13:00:00Z  2025-11-21T13:00:01Z\n"));
  EXPECT_THAT(text, HasSubstr("total                   31\n"));
  EXPECT_THAT(text, HasSubstr(" 7  2025-11-21T13:00:00Z  t              1      42  invalid_json  no \"value\"\n"));
  EXPECT_THAT(text, HasSubstr("the newest 1 of 31"));
  EXPECT_EQ(render_list({}, {}), "no dead letters\n");
  EXPECT_THAT(render_list_json({}, {letter()}), HasSubstr(R"("trace_id":null)"));
  EXPECT_THAT(render_list_json(counts, {letter()}),
              HasSubstr(R"("total":31,"counts":[{"topic":"t","reason":"invalid_json","count":30,)"));
}

TEST(DeadLetterReportTest, ALetterIsShownByteForByte) {
  DeadLetter one = letter();
  one.value = std::string("{\"a\":\0\xFF", 7);
  one.key = "k";
  one.trace_id = "4bf9";
  one.timestamp_ms = kTime / 1000 + 5;
  one.headers = {{"h", "two\nlines"}, {"none", std::nullopt}, {"empty", ""}};
  const std::string text = render_letter(one);
  EXPECT_THAT(text, HasSubstr("timestamp  2025-11-21T13:00:00.005Z\n"));
  EXPECT_THAT(text, HasSubstr("trace      4bf9\n"));
  EXPECT_THAT(text, HasSubstr("key (1 bytes)\n  k\n"));
  EXPECT_THAT(text, HasSubstr("value (7 bytes)\n  00000000  7b 22 61 22 3a 00 ff "));
  EXPECT_THAT(text, HasSubstr("{\"a\":..\n"));
  EXPECT_THAT(text, HasSubstr("header h (9 bytes)\n  two\n  lines\nheader none (null)\nheader empty (0 bytes)\n"));
  EXPECT_THAT(text, Not(HasSubstr("sqlstate"))) << "PostgreSQL had no part in it";
  EXPECT_EQ(render_letter_json(one),
            R"({"id":7,"group":"g","topic":"t","partition":1,"offset":42,"timestamp":"2025-11-21T13:00:00.005Z",)"
            R"("reason":"invalid_json","sqlstate":null,"message":"no \"value\"","trace_id":"4bf9",)"
            R"("created_at":"2025-11-21T13:00:00Z",)"
            R"("key":"k","value":"eyJhIjoA/w==","value_encoding":"base64","headers":[{"name":"h",)"
            R"("value":"two\u000alines"},{"name":"none","value":null},{"name":"empty","value":""}]})"
            "\n");
}

TEST(DeadLetterReportTest, AReplaySaysWhatBecameOfEach) {
  ReplayReport report;
  report.topics = {{"a", 10, 7, {{"check_violation", 2}}, 1, ""}, {"b", 4, 1, {}, 0, "table b does not exist"}};
  EXPECT_FALSE(report.ok());
  const std::string text = render_replay(report);
  EXPECT_THAT(text, HasSubstr("a                10       7           2     0\n"));
  EXPECT_THAT(text, HasSubstr("b                 4       1           0     3\n"));
  EXPECT_THAT(text, HasSubstr("total            14       8           2     3\n"));
  EXPECT_THAT(text, HasSubstr("note: a: 1 were gone"));
  EXPECT_THAT(text, HasSubstr("error: b: table b does not exist\n"));
  EXPECT_THAT(text, HasSubstr("fail again: 2 check_violation\n"));
  EXPECT_THAT(render_replay_json(report), HasSubstr(R"("stored":7,"fail_again":{"check_violation":2},"elsewhere":1)"));
}

TEST(OffsetReportTest, APartitionIsRemarkedOnWhereItsOffsetIsOdd) {
  OffsetReport report{"g", {}};
  report.partitions.push_back({"t", 0, 50, 1, kTime, 10, 60, 48});
  report.partitions.push_back({"t", 1, 5, 0, kTime, 10, 60, std::nullopt});
  report.partitions.push_back({"t", 2, 61, 0, kTime, 10, 60, 61});
  report.partitions.push_back({"t", 3, std::nullopt, 0, std::nullopt, 10, 60, 30});
  report.partitions.push_back({"t", 4, 9, 0, kTime, std::nullopt, std::nullopt, std::nullopt});
  const std::string text = render_table(report);
  EXPECT_THAT(text, HasSubstr("0           50      1         10       60   10        48  2025-11-21T13:00:00Z\n"));
  EXPECT_THAT(text, HasSubstr("before the log's start\n"));
  EXPECT_THAT(text, HasSubstr("beyond the log's end\n"));
  EXPECT_THAT(text,
              HasSubstr("3            -      -         10       60   30        30  -                     not begun\n"));
  EXPECT_THAT(text, HasSubstr("not in Kafka\n"));
  EXPECT_THAT(render_json(report),
              HasSubstr(R"({"topic":"t","partition":4,"next_offset":9,"epoch":0,"log_start":null,)"));
  EXPECT_EQ(render_table(OffsetReport{"g", {}}), "group g has no offsets\n");
}

TEST(OffsetReportTest, AResetShowsBeforeAndAfter) {
  ResetReport report{"g", true, {{"t", 0, 50, 40, 3}, {"t", 1, std::nullopt, 7, 1}}, {"a note"}};
  EXPECT_EQ(render_table(report),
            "group g\n"
            "TOPIC  PARTITION  BEFORE  AFTER  EPOCH\n"
            "t              0      50     40      3\n"
            "t              1       -      7      1\n"
            "note: a note\n"
            "nothing was changed: --dry-run\n");
  EXPECT_EQ(render_json(report),
            R"({"group":"g","dry_run":true,"changes":[{"topic":"t","partition":0,"before":50,"after":40,"epoch":3},)"
            R"({"topic":"t","partition":1,"before":null,"after":7,"epoch":1}],"notes":["a note"]})"
            "\n");
}

}  // namespace
}  // namespace loom::control
