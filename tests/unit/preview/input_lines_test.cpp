#include "preview/input_lines.h"

#include <gtest/gtest.h>

#include <sstream>

namespace loom::preview {
namespace {

TEST(InputLines, OneMessageOnALineEmptyOnesPassedOver) {
  std::istringstream in("{\"a\":1}\r\n\n  \n{\"a\":2}");
  InputLines lines(in, std::nullopt);
  const auto first = lines.next();
  ASSERT_TRUE(first);
  EXPECT_EQ(first->value, "{\"a\":1}");
  EXPECT_EQ(first->number, 1U);
  EXPECT_FALSE(first->key);
  const auto second = lines.next();
  ASSERT_TRUE(second);
  EXPECT_EQ(second->number, 4U);
  EXPECT_FALSE(lines.next());
}

TEST(InputLines, TheKeyStandsBeforeTheFirstSeparator) {
  std::istringstream in("7\t{\"a\":\"x\ty\"}\n{\"b\":1}\n\t{}\n");
  InputLines lines(in, "\t");
  const auto first = lines.next();
  ASSERT_TRUE(first);
  EXPECT_EQ(first->key, "7");
  EXPECT_EQ(first->value, "{\"a\":\"x\ty\"}");
  EXPECT_FALSE(lines.next()->key) << "no separator, no key";
  EXPECT_EQ(lines.next()->key, "") << "an empty key is a key";
}

TEST(InputLines, ARecordHasTheLinesPlace) {
  const InputLine line{3, "{}", "k"};
  const Message message = record_of(line, 1'700'000'000'000);
  EXPECT_EQ(message.offset, 2);
  EXPECT_EQ(message.partition, 0);
  EXPECT_EQ(message.timestamp_ms, 1'700'000'000'000);
  EXPECT_TRUE(message.has_key);
  EXPECT_EQ(message.key, "k");
}

}  // namespace
}  // namespace loom::preview
