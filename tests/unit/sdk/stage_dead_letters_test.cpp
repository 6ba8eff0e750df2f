#include <gmock/gmock.h>

#include "sdk/stage/dead_letters.h"

namespace loom::kafka::stage {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

TEST(StageDeadLetterTest, CarriesTheRecordAndBehindItsHeadersWhereItCameFromAndWhy) {
  Record record;
  record.topic = "in";
  record.partition = 3;
  record.offset = 17;
  record.timestamp_ms = 1748772000000;
  record.key = "k";
  record.value = "bytes";
  record.headers = {{"trace_id", "abc"}};
  const Output letter = dead_letter_of(record, "in.dlq", "group", "processing_failed", "no such city");
  EXPECT_EQ(letter.topic, "in.dlq");
  EXPECT_EQ(letter.partition, 3);
  EXPECT_EQ(letter.key, "k");
  EXPECT_EQ(letter.value, "bytes");
  EXPECT_TRUE(letter.dead_letter);
  EXPECT_THAT(letter.headers,
              ElementsAre(Pair("trace_id", "abc"), Pair("dlq.topic", "in"), Pair("dlq.partition", "3"),
                          Pair("dlq.offset", "17"), Pair("dlq.timestamp", "1748772000000"), Pair("dlq.group", "group"),
                          Pair("dlq.reason", "processing_failed"), Pair("dlq.message", "no such city")));
}

TEST(StageDeadLetterTest, ATombstoneStaysOne) {
  Record record;
  record.topic = "in";
  const Output letter = dead_letter_of(record, "in.dlq", "group", "processing_failed", "");
  EXPECT_FALSE(letter.value.has_value());
  EXPECT_FALSE(letter.key.has_value());
  for (const auto& [name, value] : letter.headers) EXPECT_NE(name, "dlq.timestamp") << value;
}

}  // namespace
}  // namespace loom::kafka::stage
