#include "decode/decimal_bytes.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "encode/numeric.h"

namespace loom::encode {
namespace {

std::string decimal(const std::string& bytes, int scale) {
  ByteBuffer out;
  std::vector<std::uint32_t> limbs;
  return decode::append_decimal(bytes, scale, limbs, out) ? std::string(out.view()) : "too long";
}

/// The shortest two's complement of a number.
std::string bytes_of(std::int64_t value) {
  std::string bytes;
  for (int i = 7; i >= 0; --i) bytes += static_cast<char>(static_cast<std::uint64_t>(value) >> (8 * i));
  while (bytes.size() > 1 && (bytes[0] == '\0' || bytes[0] == '\xff') && ((bytes[0] ^ bytes[1]) & 0x80) == 0) {
    bytes.erase(0, 1);
  }
  return bytes;
}

TEST(DecimalBytes, EveryNumberOfThreeBytesAndRandomOnesOfEight) {
  for (std::int64_t value = -70'000; value <= 70'000; ++value) {
    ASSERT_EQ(decimal(bytes_of(value), 0), std::to_string(value));
  }
  std::mt19937_64 random(11);
  for (int i = 0; i < 20'000; ++i) {
    const auto value = static_cast<std::int64_t>(random() >> (i % 60));
    ASSERT_EQ(decimal(bytes_of(value), 0), std::to_string(value));
    ASSERT_EQ(decimal(bytes_of(-(value >> 1)), 0), std::to_string(-(value >> 1)));
  }
  EXPECT_EQ(decimal(bytes_of(INT64_MIN), 0), "-9223372036854775808");
}

TEST(DecimalBytes, TheScaleIsKeptAsItIs) {
  EXPECT_EQ(decimal(bytes_of(12'345), 2), "123.45");
  EXPECT_EQ(decimal(bytes_of(-12'345), 2), "-123.45");
  EXPECT_EQ(decimal(bytes_of(5), 2), "0.05");
  EXPECT_EQ(decimal(bytes_of(-5), 1), "-0.5");
  EXPECT_EQ(decimal(bytes_of(0), 2), "0.00");
  EXPECT_EQ(decimal(bytes_of(0), 0), "0");
  EXPECT_EQ(decimal(bytes_of(0), -3), "0");
  EXPECT_EQ(decimal(bytes_of(-7), -3), "-7000");
  EXPECT_EQ(decimal(bytes_of(1'000'000'000), 9), "1.000000000");
}

TEST(DecimalBytes, BytesThatRepeatTheSignChangeNothing) {
  EXPECT_EQ(decimal(std::string(20, '\0') + '\x01', 0), "1");
  EXPECT_EQ(decimal(std::string(20, '\xff'), 0), "-1");
  EXPECT_EQ(decimal(std::string(20, '\xff') + '\0', 0), "-256");
  EXPECT_EQ(decimal(std::string(4, '\xff') + std::string(4, '\0'), 0), "-4294967296");
  EXPECT_EQ(decimal('\0' + std::string(4, '\xff'), 0), "4294967295");
}

TEST(DecimalBytes, LongOnes) {
  // 2^200 and its neighbours.
  EXPECT_EQ(decimal('\x01' + std::string(25, '\0'), 0),
            "1606938044258990275541962092341162602522202993782792835301376");
  EXPECT_EQ(decimal('\0' + std::string(25, '\xff'), 10),
            "160693804425899027554196209234116260252220299378279.2835301375");
  EXPECT_EQ(decimal('\x7f' + std::string(54'000, '\xff'), 0).size(), 130'048U);
  EXPECT_EQ(decimal('\x7f' + std::string(70'000, '\xff'), 0), "too long");
}

TEST(FitsModifier, RoundsBeforeItCompares) {
  const auto modifier = [](int precision, int scale) { return ((precision << 16) | (scale & 0x7FF)) + 4; };
  const struct {
    const char* text;
    int precision;
    int scale;
    bool fits;
  } cases[] = {
      {"999.99", 5, 2, true},    {"999.994", 5, 2, true},   {"999.9949999", 5, 2, true}, {"999.995", 5, 2, false},
      {"-999.995", 5, 2, false}, {"1000", 5, 2, false},     {"998.999", 5, 2, true},     {"99.9999999", 5, 2, true},
      {"0", 5, 2, true},         {"0e100", 5, 2, true},     {"0.000000001", 5, 2, true}, {"1e3", 5, 2, false},
      {"9.99e2", 5, 2, true},    {"9", 1, 0, true},         {"9.4", 1, 0, true},         {"9.5", 1, 0, false},
      {"0.99", 2, 2, true},      {"0.994", 2, 2, true},     {"0.995", 2, 2, false},      {"1", 2, 2, false},
      {"0.0099", 2, 4, true},    {"0.00994", 2, 4, true},   {"0.00995", 2, 4, false},    {"0.01", 2, 4, false},
      {"99949", 3, -2, true},    {"99950", 3, -2, false},   {"40", 3, -2, true},         {"99999", 3, -3, true},
      {"NaN", 5, 2, true},       {"Infinity", 5, 2, false}, {"-inf", 5, 2, false},       {"0000999.99", 5, 2, true},
      {"000000", 1, 0, true},    {"1e-1000", 1, 0, true},   {"9e999", 1000, 0, true},    {"1e1000", 1000, 0, false},
  };
  for (const auto& c : cases) EXPECT_EQ(fits_modifier(c.text, modifier(c.precision, c.scale)), c.fits) << c.text;
  EXPECT_TRUE(fits_modifier("1e5000", -1)) << "no modifier";
}

}  // namespace
}  // namespace loom::encode
