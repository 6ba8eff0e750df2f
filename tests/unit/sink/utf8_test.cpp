#include "sink/utf8.h"

#include <gtest/gtest.h>

namespace loom::sink {
namespace {

using namespace std::string_view_literals;

TEST(Utf8Test, TakesWhatPostgresTakes) {
  for (const auto text : {""sv, "plain"sv, "\u00e4\u20ac\U0001F600"sv, "\x7f"sv, "\xF4\x8F\xBF\xBF"sv}) {
    EXPECT_TRUE(is_storable_text(text)) << text;
  }
  for (const auto bytes : {"\0"sv, "a\x80"sv, "\xC3"sv, "\xC0\xAF"sv, "\xE0\x80\x80"sv, "\xED\xA0\x80"sv,
                           "\xF0\x80\x80\x80"sv, "\xF4\x90\x80\x80"sv, "\xFF"sv, "\xE2\x82"sv}) {
    EXPECT_FALSE(is_storable_text(bytes)) << bytes;
  }
}

TEST(Utf8Test, MendsAndCutsAtWholeCharacters) {
  EXPECT_EQ(storable_text("a\0b\xFF"sv, 100), "a\uFFFDb\uFFFD");
  EXPECT_EQ(storable_text("ab\u20ac"sv, 4), "ab");
  EXPECT_EQ(storable_text("ab\u20ac"sv, 5), "ab\u20ac");
}

}  // namespace
}  // namespace loom::sink
