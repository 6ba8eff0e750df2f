// Single values: their kinds, and what bytes are no such values.

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <string>

#include "avro_fixture.h"

namespace loom::decode {
namespace {

using testing::AvroRun;

std::string root(const std::string& schema, std::string_view hex, AvroOptions options = {}) {
  return AvroRun(schema, Wanted{.root = true}, options).root(hex);
}

constexpr std::string_view kProblem = "the bytes do not fit their Avro schema: ";
std::string problem(const std::string& schema, std::string_view hex) {
  const std::string text = AvroRun(schema, Wanted{.root = true}).problem(hex);
  EXPECT_TRUE(text.starts_with(kProblem)) << text;
  return text.substr(std::min(text.size(), kProblem.size()));
}

TEST(AvroValues, HaveTheKindsOfTheirTypes) {
  struct Expected {
    std::string schema;
    std::string hex;
    std::string words;
  };
  const std::string fixed = R"({"type":"fixed","name":"F","size":)";
  const std::vector<Expected> all{
      {R"("null")", "", "null"},
      {R"("boolean")", "00", "boolean false"},
      {R"("boolean")", "01", "boolean true"},
      {R"("int")", "ffffffff0f", "integer -2147483648"},
      {R"("long")", "c801", "integer 100"},
      {R"("float")", "cdcc8c3f", "single 1.1"},
      {R"("double")", "9a9999999999f13f", "real 1.1"},
      {R"("bytes")", "0600ff80", "bytes \"AP+A\""},
      {R"("string")", "0461c3", "the bytes do not fit their Avro schema: a string that is not UTF-8 (byte 0)"},
      {R"("string")", "06e282ac", "string \"€\""},
      {fixed + "2}", "6162", "bytes \"YWI=\""},
      {R"({"type":"enum","name":"E","symbols":["A","B"]})", "02", "enum \"B\""},
      {R"({"type":"int","logicalType":"date"})", "cebf02", "date \"2026-01-02\""},
      {R"({"type":"int","logicalType":"time-millis"})", "02", "time \"00:00:00.001\""},
      {R"({"type":"long","logicalType":"time-micros"})", "02", "time \"00:00:00.000001\""},
      {R"({"type":"long","logicalType":"timestamp-millis"})", "02", "instant \"1970-01-01T00:00:00.001Z\""},
      {R"({"type":"long","logicalType":"timestamp-micros"})", "02", "instant \"1970-01-01T00:00:00.000001Z\""},
      {R"({"type":"long","logicalType":"timestamp-nanos"})", "02", "instant \"1970-01-01T00:00:00.000000001Z\""},
      {R"({"type":"long","logicalType":"local-timestamp-millis"})", "02", "local \"1970-01-01T00:00:00.001\""},
      {R"({"type":"string","logicalType":"uuid"})", "0261", "string \"a\""},
      {R"({"type":"fixed","name":"U","size":16,"logicalType":"uuid"})", "00112233445566778899aabbccddeeff",
       "uuid \"00112233-4455-6677-8899-aabbccddeeff\""},
      {R"({"type":"fixed","name":"D","size":12,"logicalType":"duration"})", "000000000000000000000000",
       "duration \"PT0S\""},
      {R"({"type":"fixed","name":"D","size":12,"logicalType":"duration"})", "0c0000000000000070170000",
       "duration \"P12MT6S\""},
      {R"({"type":"fixed","name":"D","size":12,"logicalType":"duration"})", "000000001e00000000000000",
       "duration \"P30D\""},
      {R"({"type":"bytes","logicalType":"decimal","precision":4,"scale":2})", "0404ce", "decimal 12.30"},
      {R"({"type":"fixed","name":"F","size":2,"logicalType":"decimal","precision":4,"scale":2})", "fb32",
       "decimal -12.30"},
      {R"({"type":"bytes","logicalType":"decimal","precision":4,"scale":2})", "0601e240", "decimal 1234.56"},
      {R"({"type":"bytes","logicalType":"big-decimal"})", "080404ce04", "decimal 12.30"},
      {R"(["null","long"])", "0214", "integer 10"},
      {R"({"type":"record","name":"R","fields":[{"name":"s","type":"string"}]})", "0c225c0a417a00",
       R"(object {"s":"\"\\\nAz\u0000"})"},
      {R"({"type":"array","items":["null",{"type":"int","logicalType":"date"}]})", "04000200 00",
       R"(array [null,"1970-01-01"])"},
  };
  for (const Expected& each : all) EXPECT_EQ(root(each.schema, each.hex), each.words) << each.schema;
}

TEST(AvroValues, KeepTheBitsOfNumbersAndTheirUnits) {
  AvroRun run(R"({"type":"record","name":"R","fields":[
    {"name":"f","type":"float"},{"name":"d","type":"double"},
    {"name":"t","type":{"type":"long","logicalType":"timestamp-micros"}},
    {"name":"m","type":{"type":"bytes","logicalType":"decimal","precision":9,"scale":3}},
    {"name":"e","type":{"type":"enum","name":"E","symbols":["X"]}}]})",
              {"f", "d", "t", "m", "e"});
  ASSERT_FALSE(run.run(testing::bytes_of("cdcc8c3f 010000000000f07f 03 0400ff 00")));
  EXPECT_EQ(run.values().slot(0).real(), 1.1F);
  EXPECT_EQ(run.values().slot(1).integer(), 0x7ff0000000000001);
  EXPECT_TRUE(std::isnan(run.values().slot(1).real()));
  EXPECT_EQ(run.values().slot(2).integer(), -2);
  EXPECT_EQ(run.values().slot(2).digits, 6);
  EXPECT_EQ(run.values().slot(3).integer(), 3);
  EXPECT_EQ(run.values().slot(3).text, std::string_view("\0\xff", 2));
  EXPECT_FALSE(run.values().slot(4).boolean);
}

TEST(AvroValues, StringsSayWhetherTheyHoldANul) {
  AvroRun run(R"({"type":"record","name":"R","fields":[{"name":"a","type":"string"},{"name":"b","type":"string"}]})",
              {"a", "b"});
  for (std::size_t size = 1; size < 40; ++size) {
    for (std::size_t at = 0; at < size; ++at) {
      const std::string length(1, static_cast<char>(size * 2));
      std::string plain(size, 'x');
      std::string holed = plain;
      holed[at] = '\0';
      // NOLINTNEXTLINE(performance-inefficient-string-concatenation): seldom run
      ASSERT_FALSE(run.run(length + holed + length + plain));
      EXPECT_TRUE(run.values().slot(0).nul);
      EXPECT_FALSE(run.values().slot(1).nul);
      holed[at] = '\x80';
      // NOLINTNEXTLINE(performance-inefficient-string-concatenation): seldom run
      const auto reject = run.run(length + plain + length + holed);
      ASSERT_TRUE(reject);
      EXPECT_EQ(reject->reason, RejectReason::invalid_text);
      EXPECT_EQ(reject->message,
                "the bytes do not fit their Avro schema: a string that is not UTF-8, in the field b (byte " +
                    std::to_string(size + 1) + ")");
      holed[at] = '\x01';
      // NOLINTNEXTLINE(performance-inefficient-string-concatenation): seldom run
      EXPECT_FALSE(run.run(length + holed + length + plain));
      EXPECT_FALSE(run.values().slot(0).nul);
    }
  }
}

TEST(AvroValues, NumbersOfEveryLengthAreRead) {
  AvroRun run(R"({"type":"record","name":"R","fields":[{"name":"a","type":"long"},{"name":"b","type":"long"}]})",
              {"a", "b"});
  const auto varint = [](std::int64_t number) {
    auto bits = static_cast<std::uint64_t>(number) << 1U ^ static_cast<std::uint64_t>(number >> 63);
    std::string bytes;
    for (; bits >= 0x80; bits >>= 7U) bytes += static_cast<char>(bits | 0x80U);
    return bytes + static_cast<char>(bits);
  };
  for (unsigned bit = 0; bit < 64; ++bit) {
    const auto power = static_cast<std::int64_t>(std::uint64_t{1} << bit);
    for (const std::int64_t number :
         {power, power - (bit < 63 ? 1 : 0), static_cast<std::int64_t>(0 - static_cast<std::uint64_t>(power))}) {
      ASSERT_FALSE(run.run(varint(number) + varint(~number)));
      EXPECT_EQ(run.values().slot(0).integer(), number);
      EXPECT_EQ(run.values().slot(1).integer(), ~number);
    }
  }
  EXPECT_EQ(root(R"("long")", "8280808080808080 8000"), "integer 1") << "more bytes than needed";
}

TEST(AvroValues, BytesThatAreNoSuchValueAreRefused) {
  EXPECT_EQ(problem(R"("long")", ""), "they end where a number was expected (byte 0)");
  EXPECT_EQ(problem(R"("long")", "80"), "they end where a number was expected (byte 0)");
  EXPECT_EQ(problem(R"("long")", "8080808080808080808000"), "a number of more than 64 bits (byte 0)");
  EXPECT_EQ(problem(R"("long")", "feffffffffffffffff03"), "a number of more than 64 bits (byte 0)");
  EXPECT_EQ(problem(R"("int")", "8080808010"), "an int of 2147483648, which has more than 32 bits (byte 0)");
  EXPECT_EQ(problem(R"("boolean")", "02"), "a boolean of 2, which is neither 0 nor 1 (byte 0)");
  EXPECT_EQ(problem(R"("boolean")", ""), "they end too early: a boolean of 1 bytes, where 0 are left (byte 0)");
  EXPECT_EQ(problem(R"("float")", "000000"), "they end too early: a float of 4 bytes, where 3 are left (byte 0)");
  EXPECT_EQ(problem(R"("double")", "00"), "they end too early: a double of 8 bytes, where 1 are left (byte 0)");
  EXPECT_EQ(problem(R"("string")", "0861"), "a length of 4 bytes, where 1 are left (byte 0)");
  EXPECT_EQ(problem(R"("bytes")", "01"), "a length of -1 (byte 0)");
  EXPECT_EQ(problem(R"({"type":"fixed","name":"F","size":3})", "0000"),
            "they end too early: a fixed of 3 bytes, where 2 are left (byte 0)");
  EXPECT_EQ(problem(R"({"type":"enum","name":"E","symbols":["A"]})", "02"),
            "the symbol 1 of an enum that has 1 (byte 0)");
  EXPECT_EQ(problem(R"({"type":"enum","name":"E","symbols":["A"]})", "01"),
            "the symbol -1 of an enum that has 1 (byte 0)");
  EXPECT_EQ(problem(R"(["null","int"])", "04"), "the branch 2 of a union that has 2 (byte 0)");
  EXPECT_EQ(problem(R"([])", "00"), "the branch 0 of a union that has 0 (byte 0)");
  EXPECT_EQ(problem(R"("int")", "0000"), "1 bytes are left behind the value (byte 1)");
  EXPECT_EQ(problem(R"("null")", "00"), "1 bytes are left behind the value (byte 0)");
  EXPECT_EQ(problem(R"({"type":"bytes","logicalType":"big-decimal"})", "060404ce"),
            "they end where a number was expected (byte 4)");
}

TEST(AvroValues, ARootOfBytesMayHaveNoLength) {
  constexpr AvroOptions kBare{.bare_root_bytes = true};
  EXPECT_EQ(root(R"("bytes")", "0600ff", kBare), "bytes \"BgD/\"");
  EXPECT_EQ(root(R"("bytes")", "", kBare), "bytes \"\"");
  EXPECT_EQ(root(R"({"type":"bytes","logicalType":"decimal","precision":4,"scale":2})", "04ce", kBare),
            "decimal 12.30");
  EXPECT_EQ(root(R"({"type":"bytes","logicalType":"big-decimal"})", "0404ce04", kBare), "decimal 12.30");
  EXPECT_EQ(root(R"(["null","bytes"])", "020261", kBare), "bytes \"YQ==\"");
  EXPECT_EQ(root(R"("string")", "0261", kBare), "string \"a\"");
}

}  // namespace
}  // namespace loom::decode
