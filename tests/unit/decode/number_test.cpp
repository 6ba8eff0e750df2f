#include "decode/number.h"

#include <gtest/gtest.h>

#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <string>

namespace loom::decode {
namespace {

std::string integer(std::string_view text) {
  std::int64_t value = 0;
  switch (parse_integer(text, value)) {
    case Parsed::ok:
      return std::to_string(value);
    case Parsed::invalid:
      return "invalid";
    case Parsed::out_of_range:
      return "out of range";
  }
  return "?";
}

TEST(ParseInteger, CutsFractionsOffAndHonoursExponents) {
  const struct {
    const char* text;
    const char* value;
  } cases[] = {
      {"0", "0"},
      {"-0", "0"},
      {"12.7", "12"},
      {"-12.7", "-12"},
      {"-0.9", "0"},
      {"1e3", "1000"},
      {"1.5e1", "15"},
      {"1.25E+1", "12"},
      {"12345e-2", "123"},
      {"1e-5", "0"},
      {"0e999999999999", "0"},
      {"0.000e5", "0"},
      {"9223372036854775807", "9223372036854775807"},
      {"-9223372036854775808", "-9223372036854775808"},
      {"9223372036854775807.99", "9223372036854775807"},
      {"1234567890123456789", "1234567890123456789"},
      {"123456789012345678900000e-5", "1234567890123456789"},
      {" 42 ", "42"},
      {"+42", "42"},
      {"007", "7"},
      {"0000000000000000000000000000007", "7"},
      {".5", "0"},
      {"5.", "5"},
  };
  for (const auto& c : cases) EXPECT_EQ(integer(c.text), c.value) << c.text;
}

TEST(ParseInteger, WhatDoesNotFitIsOutOfRange) {
  for (const char* text : {"9223372036854775808", "-9223372036854775809", "1e19", "1e999999999999", "-1e400",
                           "99999999999999999999999999", "9.3e18"}) {
    EXPECT_EQ(integer(text), "out of range") << text;
  }
}

TEST(ParseInteger, WhatIsNoNumberIsInvalid) {
  for (const char* text : {"", " ", "-", "+", ".", "e5", "1e", "1e+", "abc", "12a", "1 2", "0x10", "NaN", "1_000",
                           "--1", "1,5", "1.2.3"}) {
    EXPECT_EQ(integer(text), "invalid") << text;
  }
}

TEST(ParseScaled, MovesThePointBeforeItCuts) {
  const auto scaled = [](std::string_view text, int power) -> std::string {
    std::int64_t value = 0;
    switch (parse_scaled(text, power, value)) {
      case Parsed::ok:
        return std::to_string(value);
      case Parsed::invalid:
        return "invalid";
      case Parsed::out_of_range:
        return "out of range";
    }
    return "?";
  };
  EXPECT_EQ(scaled("1.5", 3), "1500");
  EXPECT_EQ(scaled("-1.2345", 3), "-1234");
  EXPECT_EQ(scaled("1234567890123456789", -3), "1234567890123456");
  EXPECT_EQ(scaled("9223372036854775807", 0), "9223372036854775807");
  EXPECT_EQ(scaled("-9223372036854775808", 0), "-9223372036854775808");
  EXPECT_EQ(scaled("9223372036854775808", 0), "out of range");
  EXPECT_EQ(scaled("18446744073709551616", 0), "out of range");
  EXPECT_EQ(scaled("9223372036854776", 3), "out of range");
  EXPECT_EQ(scaled("92233720368547758079", -1), "9223372036854775807");
  EXPECT_EQ(scaled("x", 3), "invalid");
}

TEST(ParseDouble, AgreesWithTheStandardLibraryOnRandomNumbers) {
  std::mt19937_64 random(7);
  for (int i = 0; i < 200'000; ++i) {
    // Short decimals as sensors send them, and longer ones that leave the fast path.
    std::string text = std::to_string(static_cast<std::int64_t>(random() % 2'000'000) - 1'000'000);
    text += '.' + std::to_string(random() % (i % 3 == 0 ? 10'000'000'000'000ULL : 1'000'000));
    if (i % 7 == 0) text += "e" + std::to_string(static_cast<int>(random() % 600) - 300);
    double expected = 0;
    float expected_float = 0;
    std::from_chars(text.data(), text.data() + text.size(), expected);
    const auto narrow = std::from_chars(text.data(), text.data() + text.size(), expected_float);
    double value = 0;
    ASSERT_EQ(parse_double(text, value), Parsed::ok) << text;
    ASSERT_EQ(value, expected) << text;
    float value_float = 0;
    const bool fits = narrow.ec == std::errc() && std::isfinite(expected_float) && expected_float != 0;
    ASSERT_EQ(parse_float(text, value_float), fits ? Parsed::ok : Parsed::out_of_range) << text;
    if (fits) {
      ASSERT_EQ(value_float, expected_float) << text;
    }
  }
}

TEST(ParseDouble, LimitsAndNames) {
  double value = 0;
  EXPECT_EQ(parse_double("1.7976931348623157e308", value), Parsed::ok);
  EXPECT_EQ(value, std::numeric_limits<double>::max());
  EXPECT_EQ(parse_double("4.9e-324", value), Parsed::ok);
  EXPECT_EQ(value, std::numeric_limits<double>::denorm_min());
  EXPECT_EQ(parse_double("-0", value), Parsed::ok);
  EXPECT_TRUE(std::signbit(value));
  for (const char* text : {"1e400", "-1e309", "1e-400"}) EXPECT_EQ(parse_double(text, value), Parsed::out_of_range);
  EXPECT_EQ(parse_double("0e-400", value), Parsed::ok);
  EXPECT_EQ(parse_double(" NaN ", value), Parsed::ok);
  EXPECT_TRUE(std::isnan(value));
  for (const char* text : {"Infinity", "inf", "+INF"}) {
    EXPECT_EQ(parse_double(text, value), Parsed::ok) << text;
    EXPECT_EQ(value, std::numeric_limits<double>::infinity()) << text;
  }
  EXPECT_EQ(parse_double("-Infinity", value), Parsed::ok);
  EXPECT_EQ(value, -std::numeric_limits<double>::infinity());
  for (const char* text : {"", "nanx", "infin", "1.5x", "0x1p3", "-nan", "."}) {
    EXPECT_EQ(parse_double(text, value), Parsed::invalid) << text;
  }
  EXPECT_EQ(parse_double("+1.5", value), Parsed::ok);
  EXPECT_EQ(value, 1.5);
}

TEST(ParseFloat, IsRoundedOnce) {
  float value = 0;
  // Just above the middle between two floats; by way of double it would round down to the even one.
  ASSERT_EQ(parse_float("1.00000005960464477550", value), Parsed::ok);
  EXPECT_EQ(value, std::nextafter(1.0F, 2.0F));
  EXPECT_EQ(parse_float("3.5e38", value), Parsed::out_of_range);
  EXPECT_EQ(parse_float("340282346638528859811704183484516925440", value), Parsed::ok);
  EXPECT_EQ(parse_float("1e-50", value), Parsed::out_of_range);
  EXPECT_EQ(parse_float("0", value), Parsed::ok);
  EXPECT_EQ(value, 0.0F);
}

}  // namespace
}  // namespace loom::decode
