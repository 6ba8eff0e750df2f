#include "decode/json/json_text.h"

#include <gtest/gtest.h>

#include <string>

namespace loom::decode {
namespace {

std::string resolved(std::string_view raw) {
  std::string out(raw.size(), '\0');
  const auto done = unescape(raw, out.data());
  const auto checked = unescape(raw, nullptr);
  EXPECT_EQ(done.has_value(), checked.has_value());
  if (!done) return "refused";
  EXPECT_EQ(done->size, checked->size);
  out.resize(done->size);
  return out;
}

TEST(Unescape, EveryEscape) {
  EXPECT_EQ(resolved(R"(a\"\\\/\b\f\n\r\tz)"), "a\"\\/\b\f\n\r\tz");
  EXPECT_EQ(resolved(R"(\u0041\u00e9\u20AC)"), "A\xC3\xA9\xE2\x82\xAC");
  EXPECT_EQ(resolved(R"(\ud83d\ude00!)"), "\xF0\x9F\x98\x80!");
  EXPECT_EQ(resolved(R"(\uFFFF)"), "\xEF\xBF\xBF");
  EXPECT_EQ(resolved(R"(x\u0000y)"), std::string("x\0y", 3));
  EXPECT_TRUE(unescape(R"(\u0000)", nullptr)->nul);
  EXPECT_FALSE(unescape(R"(\\u0000)", nullptr)->nul);
}

TEST(Unescape, MalformedOnesAreRefused) {
  for (const char* raw : {R"(\q)", R"(\u12)", R"(\u12G4)", R"(\ud800)", R"(\ud800x)", R"(\ud800\n)", R"(\ud800\u0041)",
                          R"(\udc00)", R"(\ud800\ud800)", R"(\U0041)", "\\"}) {
    EXPECT_EQ(resolved(raw), "refused") << raw;
  }
}

TEST(IsJsonNumber, IsJsonsGrammarToTheLetter) {
  for (const char* token : {"0", "-0", "10", "1.5", "-0.25", "1e5", "1E+5", "1.5e-10", "12345678901234567890"}) {
    EXPECT_TRUE(is_json_number(token)) << token;
  }
  for (const char* token :
       {"", "-", "01", "-01", "+1", ".5", "5.", "1.e5", "1e", "1e+", "0x1", "1a", "NaN", "1 ", "--1"}) {
    EXPECT_FALSE(is_json_number(token)) << token;
  }
}

TEST(AppendJsonString, EscapesWhatJsonAsksFor) {
  ByteBuffer out;
  append_json_string(std::string_view("a\"b\\c\nd\te\x01\xC3\xA9", 12), out);
  EXPECT_EQ(out.view(), "\"a\\\"b\\\\c\\nd\\u0009e\\u0001\xC3\xA9\"");
}

TEST(AppendWithoutNulEscapes, TouchesOnlyRealNuls) {
  const std::string_view json = R"({"a\u0000b":"x\\u0000y\n\u0000"})";
  ByteBuffer stripped;
  append_without_nul_escapes(json, mapping::NulPolicy::strip, stripped);
  EXPECT_EQ(stripped.view(), R"({"ab":"x\\u0000y\n"})");
  ByteBuffer replaced;
  append_without_nul_escapes(json, mapping::NulPolicy::replace, replaced);
  EXPECT_EQ(replaced.view(),
            "{\"a\xEF\xBF\xBD"
            "b\":\"x\\\\u0000y\\n\xEF\xBF\xBD\"}");
}

}  // namespace
}  // namespace loom::decode
