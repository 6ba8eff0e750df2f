#include "decode/protobuf/message_indexes.h"

#include <gtest/gtest.h>

#include "protobuf_fixture.h"

namespace loom::decode {
namespace {

std::string read(std::string_view hex) {
  std::vector<std::int32_t> indexes;
  std::string text;
  const std::string bytes = testing::from_hex(hex);
  const std::size_t size = read_message_indexes(bytes, indexes, text);
  if (size == 0) return text;
  for (const std::int32_t index : indexes) text += std::to_string(index) + " ";
  return text + "in " + std::to_string(size);
}

TEST(MessageIndexes, AreZigzagVarints) {
  EXPECT_EQ(read("00 08"), "0 in 1");
  EXPECT_EQ(read("02 00"), "0 in 2");
  EXPECT_EQ(read("02 02 ff"), "1 in 2");
  EXPECT_EQ(read("06 02 02 00"), "1 1 0 in 4");
  EXPECT_EQ(read("04 8002 06"), "128 3 in 4");
}

TEST(MessageIndexes, WhatIsNoneIsRefused) {
  EXPECT_EQ(read(""), "the message's indexes end too early");
  EXPECT_EQ(read("04 02"), "the message's indexes end too early");
  EXPECT_EQ(read("01"), "the message has -1 indexes, and there may be 100 at most");
  EXPECT_EQ(read("ca01"), "the message has 101 indexes, and there may be 100 at most");
  EXPECT_EQ(read("02 01"), "the message's index -1 is that of no message");
  EXPECT_EQ(read("02 feffffff1f"), "the message's index 4294967295 is that of no message");
}

}  // namespace
}  // namespace loom::decode
