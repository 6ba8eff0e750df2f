#include "decode/base64.h"

#include <gtest/gtest.h>

#include <string>

namespace loom::decode {
namespace {

std::string decoded(std::string_view text) {
  ByteBuffer out;
  return decode_base64(text, out) ? std::string(out.view()) : "refused";
}

TEST(Base64, StandardAndUrlSafeAlphabetsWithAndWithoutPadding) {
  EXPECT_EQ(decoded(""), "");
  EXPECT_EQ(decoded("aGVsbG8="), "hello");
  EXPECT_EQ(decoded("aGVsbG8"), "hello");
  EXPECT_EQ(decoded("aGVsbG8h"), "hello!");
  EXPECT_EQ(decoded("aGVsbA=="), "hell");
  EXPECT_EQ(decoded("aGVsbA"), "hell");
  EXPECT_EQ(decoded("+/+/"), "\xFB\xFF\xBF");
  EXPECT_EQ(decoded("-_-_"), "\xFB\xFF\xBF");
}

TEST(Base64, WhiteSpaceMayStandAnywhere) {
  EXPECT_EQ(decoded(" aGVs\r\nbG 8=\n"), "hello");
  EXPECT_EQ(decoded("a G V s b G 8 h"), "hello!");
}

TEST(Base64, AnythingElseIsRefused) {
  for (const char* text : {"a", "aGVsbG8==", "aGVsbA=", "aGVs=", "a===", "=", "aGVs!G8=", "aG=s", "aGVsbG8=x",
                           "aGVsb\xC3\xA9==", "data:image/png;base64,aGVs"}) {
    EXPECT_EQ(decoded(text), "refused") << text;
  }
  EXPECT_EQ(decoded(std::string_view("aG\0s", 4)), "refused");
}

TEST(Base64, EveryByteComesBack) {
  static constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string bytes;
  std::string text;
  for (unsigned i = 0; i < 256 * 3; ++i) bytes += static_cast<char>(i * 7);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    unsigned group = 0;
    for (std::size_t k = 0; k < 3; ++k) group = group * 256 + static_cast<unsigned char>(bytes[i + k]);
    for (int shift = 18; shift >= 0; shift -= 6) text += kDigits[(group >> static_cast<unsigned>(shift)) & 63U];
  }
  EXPECT_EQ(decoded(text), bytes);
}

}  // namespace
}  // namespace loom::decode
