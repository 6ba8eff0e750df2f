#include "dead_letters/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace loom::dead_letters {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::int64_t kTime = 1'763'730'000'000'000;  // 2025-11-21T13:00:00Z

DeadLetter dead_letter() {
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

TEST(DeadLetterReportTest, AListHasCountsAndTheNewest) {
  const std::vector<DeadLetterCount> counts{{"t", "invalid_json", 30, kTime, kTime + 1'000'000},
                                            {"t", "tombstone", 1, kTime, kTime}};
  const std::string text = render_list(counts, {dead_letter()});
  EXPECT_THAT(text, HasSubstr("t      invalid_json     30  2025-11-21T13:00:00Z  2025-11-21T13:00:01Z\n"));
  EXPECT_THAT(text, HasSubstr("total                   31\n"));
  EXPECT_THAT(text, HasSubstr(" 7  2025-11-21T13:00:00Z  t              1      42  invalid_json  no \"value\"\n"));
  EXPECT_THAT(text, HasSubstr("the newest 1 of 31"));
  EXPECT_EQ(render_list({}, {}), "no dead letters\n");
  EXPECT_THAT(render_list_json({}, {dead_letter()}), HasSubstr(R"("trace_id":null)"));
  EXPECT_THAT(render_list_json(counts, {dead_letter()}),
              HasSubstr(R"("total":31,"counts":[{"topic":"t","reason":"invalid_json","count":30,)"));
}

TEST(DeadLetterReportTest, WhatWaitsIsApartFromWhatWasRepaired) {
  const std::vector<DeadLetterCount> counts{{"t", "invalid_json", 30, kTime, kTime}};
  EXPECT_THAT(render_list(counts, {}, 12), HasSubstr("\n30 wait; 12 were repaired: `dead-letters list --repaired`\n"));
  EXPECT_THAT(render_list(counts, {}), HasSubstr("\n30 wait\n"));
  EXPECT_EQ(render_list({}, {}, 2), "no dead letters wait; 2 were repaired: `dead-letters list --repaired`\n");
  EXPECT_THAT(render_list_json(counts, {}, 12), HasSubstr(R"("waiting":30,"repaired":12})"));

  DeadLetter one = dead_letter();
  one.repaired_us = kTime + 5'000'000;
  EXPECT_THAT(render_repaired(counts, {one}), HasSubstr("2025-11-21T13:00:05Z  t"));
  EXPECT_THAT(render_repaired(counts, {one}), Not(HasSubstr("wait")));
  EXPECT_EQ(render_repaired({}, {}), "no repaired dead letters\n");
  EXPECT_THAT(render_dead_letter(one), HasSubstr("stored as it was sent"));
  EXPECT_THAT(render_dead_letter(one), HasSubstr("repaired   2025-11-21T13:00:05Z\n"));
  one.value = "{";
  one.corrected_value = "{}";
  EXPECT_THAT(render_dead_letter(one), HasSubstr("value (1 byte)\n  {\nstored instead (2 bytes)\n  {}\n"));
  EXPECT_THAT(render_dead_letter_json(one), HasSubstr(R"("repaired_at":"2025-11-21T13:00:05Z")"));
  EXPECT_THAT(render_dead_letter_json(one), HasSubstr(R"("value":"{","headers":[],"corrected_value":"{}"})"));
}

TEST(DeadLetterReportTest, ALetterIsShownByteForByte) {
  DeadLetter one = dead_letter();
  one.value = std::string("{\"a\":\0\xFF", 7);
  one.key = "k";
  one.trace_id = "4bf9";
  one.timestamp_ms = kTime / 1000 + 5;
  one.headers = {{"h", "two\nlines"}, {"none", std::nullopt}, {"empty", ""}};
  const std::string text = render_dead_letter(one);
  EXPECT_THAT(text, HasSubstr("timestamp  2025-11-21T13:00:00.005Z\n"));
  EXPECT_THAT(text, HasSubstr("trace      4bf9\n"));
  EXPECT_THAT(text, HasSubstr("key (1 byte)\n  k\n"));
  EXPECT_THAT(text, HasSubstr("value (7 bytes)\n  00000000  7b 22 61 22 3a 00 ff "));
  EXPECT_THAT(text, HasSubstr("{\"a\":..\n"));
  EXPECT_THAT(text, HasSubstr("header h (9 bytes)\n  two\n  lines\nheader none (null)\nheader empty (0 bytes)\n"));
  EXPECT_THAT(text, Not(HasSubstr("sqlstate"))) << "PostgreSQL had no part in it";
  EXPECT_EQ(render_dead_letter_json(one),
            R"({"id":7,"group":"g","topic":"t","partition":1,"offset":42,"timestamp":"2025-11-21T13:00:00.005Z",)"
            R"("reason":"invalid_json","sqlstate":null,"message":"no \"value\"","trace_id":"4bf9",)"
            R"("created_at":"2025-11-21T13:00:00Z",)"
            R"("key":"k","value":"eyJhIjoA/w==","value_encoding":"base64","headers":[{"name":"h",)"
            R"("value":"two\nlines"},{"name":"none","value":null},{"name":"empty","value":""}]})"
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
  report.topics[0].why["check_violation"] = "no\x1b such";
  EXPECT_THAT(render_replay(report), HasSubstr("fail again: 2 check_violation, one of them: no"));
  EXPECT_THAT(render_replay(report), Not(HasSubstr("\x1b")));
  EXPECT_THAT(render_replay_json(report), HasSubstr(R"("why":{"check_violation":"no)"));
  EXPECT_THAT(render_replay_json(report), HasSubstr(R"("stored":7,"fail_again":{"check_violation":2},"elsewhere":1)"));
  EXPECT_THAT(render_replay_json(report), HasSubstr(R"("of_others":{})"));
  report.of_others = {{"c", 3}, {"d", 1}};
  EXPECT_THAT(render_replay(report), HasSubstr("note: c: 3 dead letters left to another deployment"));
  EXPECT_THAT(render_replay_json(report), HasSubstr(R"("of_others":{"c":3,"d":1}})"));
  report.topics.clear();
  EXPECT_THAT(render_replay(report), HasSubstr("no dead letters to replay\nnote: c: 3 dead letters"));
}

}  // namespace
}  // namespace loom::dead_letters
