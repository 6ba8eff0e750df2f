#include "text/json_text.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <string_view>

#include "sink/utf8.h"

namespace loom::text {
namespace {

using namespace std::string_view_literals;

/// The string that a reader of the JSON gets.
std::string read_back(std::string_view bytes) { return nlohmann::json::parse(json_text(bytes)).get<std::string>(); }

TEST(JsonTextTest, TextIsQuotedAndItsControlCharactersEscaped) {
  EXPECT_EQ(json_text("a\"\\\n\xC3\xBC\x01"), "\"a\\\"\\\\\\n\u00fc\\u0001\"");
  EXPECT_EQ(json_text(""), "\"\"");
}

TEST(JsonTextTest, WhatIsNotTextIsReplacedWhateverStandsBesideIt) {
  EXPECT_EQ(json_text("x\xFF"), "\"x\uFFFD\"");
  EXPECT_EQ(json_text("\0"sv), "\"\\u0000\"");
  EXPECT_EQ(json_text("\0\xFF"sv), "\"\\u0000\uFFFD\"");
  EXPECT_EQ(json_text("\xE2\x82"), "\"\uFFFD\"") << "cut off in the middle of a character";
}

// One half of the texts is of any bytes, the other of those that are hardest to tell apart.
TEST(JsonTextTest, AnyBytesBecomeJsonAndTextStaysAsItWas) {
  const std::uint64_t seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  constexpr std::string_view kHard =
      "\0\"\\\n\x1f\x7f"
      "a\x80\xBF\xC0\xC3\xA9\xE2\x82\xAC\xED\xA0\xF0\x9F\x98\x80\xF4\x90\xFF"sv;
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes(random() % 24, ' ');
    for (char& byte : bytes) byte = round % 2 == 0 ? static_cast<char>(random()) : kHard[random() % kHard.size()];
    std::string back;
    ASSERT_NO_THROW(back = read_back(bytes)) << json_text(bytes);
    std::string without_nul = bytes;
    for (char& byte : without_nul) byte = byte == '\0' ? '0' : byte;
    if (sink::is_storable_text(without_nul)) {
      ASSERT_EQ(back, bytes);
    }
  }
}

}  // namespace
}  // namespace loom::text
