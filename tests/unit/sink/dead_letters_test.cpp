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
  ASSERT_EQ(fields.size(), 10U);
  EXPECT_EQ(fields[0], "g");
  EXPECT_EQ(fields[1], "t");
  EXPECT_EQ(fields[2], "\0\0\0\3"sv);
  EXPECT_EQ(fields[3], "\0\0\1\0\0\0\0\0"sv);
  for (const std::size_t null : {4U, 5U, 6U, 8U}) EXPECT_EQ(fields[null].data(), nullptr) << null;
  EXPECT_EQ(fields[7], "tombstone");
  EXPECT_EQ(fields[9], "no value");
}

}  // namespace
}  // namespace loom::sink
