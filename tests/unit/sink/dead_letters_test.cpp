#include "sink/dead_letters.h"

#include <gtest/gtest.h>

#include "encode/row_builder.h"

namespace loom::sink {
namespace {

using namespace std::string_view_literals;

TEST(DeadLettersTest, HeadersAreJsonThatJsonbTakes) {
  EXPECT_EQ(headers_json({}), "[]");
  EXPECT_EQ(headers_json({{"a", "x\"\n\\\u00e4", true}, {"a", "", true}, {"b", "", false}}),
            "[{\"name\":\"a\",\"value\":\"x\\\"\\u000a\\\\\u00e4\"},{\"name\":\"a\",\"value\":\"\"},{\"name\":\"b\","
            "\"value\":null}]");
  EXPECT_EQ(headers_json({{"bin\xFF", "\0"sv, true}}),
            "[{\"name\":\"bin\uFFFD\",\"value\":\"AA==\",\"encoding\":\"base64\"}]");
  EXPECT_EQ(headers_json({{"b", "\xFF\xFE"sv, true}, {"c", "\xFF\xFE\xFD"sv, true}}),
            R"([{"name":"b","value":"//4=","encoding":"base64"},{"name":"c","value":"//79","encoding":"base64"}])");
}

TEST(DeadLettersTest, ATombstoneKeepsItsNulls) {
  batch::Batch batch;
  batch.topic = "t";
  Message& message = batch.messages.emplace_back();
  message.partition = 3;
  message.offset = 1LL << 40;
  const ByteBuffer rows = encode_dead_letters("g", batch, {{0, {RejectReason::tombstone, "no value", ""}}});
  const auto fields = encode::split_row(rows.view(), true);
  ASSERT_EQ(fields.size(), 12U);
  EXPECT_EQ(fields[0], "g");
  EXPECT_EQ(fields[1], "t");
  EXPECT_EQ(fields[2], "\0\0\0\3"sv);
  EXPECT_EQ(fields[3], "\0\0\1\0\0\0\0\0"sv);
  for (const std::size_t null : {4U, 5U, 6U, 7U, 9U, 11U}) EXPECT_EQ(fields[null].data(), nullptr) << null;
  EXPECT_EQ(fields[8], "tombstone");
  EXPECT_EQ(fields[10], "no value");
}

TEST(DeadLettersTest, TheMessagesTimestampIsKeptWhereACalendarHasIt) {
  batch::Batch batch;
  for (const std::int64_t ms : {946'684'800'001, std::int64_t{1} << 62}) {
    batch.messages.emplace_back().timestamp_ms = ms;
    const auto last = static_cast<std::uint32_t>(batch.messages.size() - 1);
    const ByteBuffer row = encode_dead_letters("g", batch, {{last, {RejectReason::tombstone, "", ""}}});
    const std::string_view field = encode::split_row(row.view(), true)[4];
    if (last == 0) {
      EXPECT_EQ(field, "\0\0\0\0\0\0\x03\xE8"sv);
    } else {
      EXPECT_EQ(field.data(), nullptr);
    }
  }
}

TEST(DeadLettersTest, TheTraceOfAMessageIsKept) {
  batch::Batch batch;
  Message& message = batch.messages.emplace_back();
  message.value = R"({"trace_id": "abc-1", "number": )";
  const ByteBuffer row = encode_dead_letters("g", batch, {{0, {RejectReason::invalid_json, "", ""}}});
  EXPECT_EQ(encode::split_row(row.view(), true)[11], "abc-1");
}

TEST(DeadLettersTest, WhereOnlyTheTopicWantsThemTheTableGetsWhatTheTopicRefused) {
  batch::Batch batch;
  batch.messages.resize(3);
  std::vector<batch::RejectedMessage> rejected;
  rejected.push_back({0, {RejectReason::tombstone, "", ""}, batch::InTopic::yes});
  rejected.push_back({1, {RejectReason::invalid_json, "", ""}, batch::InTopic::refused});
  rejected.push_back({2, {RejectReason::tombstone, "", ""}, batch::InTopic::yes});
  const ByteBuffer rows = encode_dead_letters("g", batch, rejected, {.table = false});
  const auto fields = encode::split_row(rows.view(), true);
  ASSERT_EQ(fields.size(), 12U);
  EXPECT_EQ(fields[8], "invalid_json");
  const ByteBuffer both = encode_dead_letters("g", batch, rejected, {.table = true});
  EXPECT_GT(both.size(), 2 * rows.size());
}

}  // namespace
}  // namespace loom::sink
