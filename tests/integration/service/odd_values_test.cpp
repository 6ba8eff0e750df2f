// Odd values and names: what was sent is what is stored, in binary and in text COPY alike.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "support/service_test.h"

namespace loom::testing {
namespace {

class OddValuesTest : public ServiceTest {
 protected:
  /// Two topics with the same messages: `point` has no binary encoder, so that its table goes through text COPY.
  void two_tables(const std::string& fields, const std::string& columns, const std::string& more = "") {
    for (const char* form : {"as_binary", "as_text"}) topics_.push_back(new_topic(form, 1));
    database().run("CREATE TABLE as_binary (n bigint, " + columns + "); CREATE TABLE as_text (n bigint, " + columns +
                   ", no_binary point)");
    const auto entry = [&](std::size_t i, const std::string& last) {
      return "  " + topics_[i] + ":\n    table: " + (i == 0 ? "as_binary" : "as_text") + "\n    field_mappings:\n" +
             "      n: n\n" + fields + last + more;
    };
    map(entry(0, "") + entry(1, "      no_binary: no_binary\n"));
  }
  void send_both(const TestRecord& record) {
    for (const auto& topic : topics_) {
      TestRecord copy = record;
      copy.partition = 0;
      producer().send(topic, copy);
    }
  }
  void send_value(const std::string& value) {
    send_both(
        {.value = fmt::format(R"({{"n": {}, "v": {}}})", sent_++, value), .key = {}, .partition = 0, .headers = {}});
  }
  void drain_both() {
    producer().flush();
    start();
    for (const auto& topic : topics_) ASSERT_TRUE(drained(topic));
  }
  /// The rows of both tables, which are these.
  void expect_both(const std::string& columns, const Rows& rows) {
    for (const char* table : {"as_binary", "as_text"}) {
      const Rows stored = database().rows("SELECT " + columns + " FROM " + table + " ORDER BY n");
      EXPECT_EQ(stored.size(), rows.size()) << table;
      for (std::size_t i = 0; i < std::min(stored.size(), rows.size()); ++i) {
        EXPECT_EQ(stored[i], rows[i]) << table << ", row " << i;
      }
    }
  }
  /// Offset, reason of each dead letter, the same for both.
  void expect_dead(const Rows& letters) {
    for (const auto& topic : topics_) {
      EXPECT_EQ(database().rows("SELECT \"offset\", reason FROM kafka_dead_letters WHERE topic = '" + topic +
                                "' ORDER BY \"offset\""),
                letters)
          << topic;
    }
  }

 private:
  std::vector<std::string> topics_;
  int sent_ = 0;
};

TEST_F(OddValuesTest, NumbersAtTheirEdges) {
  two_tables("      v: [f, i, x]\n", "f double precision, i bigint, x numeric",
             "    data_types: {n: integer, f: float, i: integer, x: float}\n");
  for (const char* good : {"-0.0", "0", "9223372036854775807", "-9223372036854775808", "9007199254740993",
                           "1234567890123456789", "1e18", "1.9999999999999999999", "4.9e-324"}) {
    send_value(good);
  }
  for (const char* bad : {"1e400", "9223372036854775808", "\"NaN\"", "NaN", "1e-400"}) send_value(bad);
  send_both({.value = R"({"n": 100})", .key = {}, .partition = 0, .headers = {}});
  drain_both();
  expect_both("f, i, x", {{"-0", "0", "0.0"},
                          {"0", "0", "0"},
                          {"9.223372036854776e+18", "9223372036854775807", "9223372036854775807"},
                          {"-9.223372036854776e+18", "-9223372036854775808", "-9223372036854775808"},
                          {"9.007199254740992e+15", "9007199254740993", "9007199254740993"},
                          {"1.2345678901234568e+18", "1234567890123456789", "1234567890123456789"},
                          {"1e+18", "1000000000000000000", "1000000000000000000"},
                          {"2", "1", "1.9999999999999999999"},
                          {"5e-324", "0", "0." + std::string(323, '0') + "49"},
                          {"NULL", "NULL", "NULL"}});
  expect_dead({{"9", "out_of_range"},
               {"10", "out_of_range"},
               {"11", "conversion_failed"},
               {"12", "invalid_json"},
               {"13", "out_of_range"}});
}

TEST_F(OddValuesTest, NotANumberAndInfinityWhereTheColumnHasThem) {
  two_tables("      v: f\n", "f double precision");
  for (const char* value : {R"("NaN")", R"("Infinity")", R"("-inf")"}) send_value(value);
  drain_both();
  expect_both("f", {{"NaN"}, {"Infinity"}, {"-Infinity"}});
  expect_dead({});
}

TEST_F(OddValuesTest, TimesAtTheirEdges) {
  two_tables("      v: [t, d]\n", "t timestamptz, d date",
             "    data_types: {n: integer, t: timestamp, d: timestamp}\n");
  for (const char* value :
       {R"("0001-01-01T00:00:00Z")", R"("294276-12-31T23:59:59.999999Z")", R"("2016-12-31T23:59:60Z")",
        R"("2024-02-29")", R"("0001-01-01T00:00:00+01:00")", "0", "-62135596800", "1700000000.123456", "1700000000123",
        R"("294277-01-01")", R"("2023-02-29")", R"("0000-01-01")", R"("")"}) {
    send_value(value);
  }
  drain_both();
  expect_both("t AT TIME ZONE 'UTC', d", {{"0001-01-01 00:00:00", "0001-01-01"},
                                          {"294276-12-31 23:59:59.999999", "294276-12-31"},
                                          {"2017-01-01 00:00:00", "2016-12-31"},
                                          {"2024-02-29 00:00:00", "2024-02-29"},
                                          {"0001-12-31 23:00:00 BC", "0001-01-01"},
                                          {"1970-01-01 00:00:00", "1970-01-01"},
                                          {"0001-01-01 00:00:00", "0001-01-01"},
                                          {"2023-11-14 22:13:20.123456", "2023-11-14"},
                                          {"2023-11-14 22:13:20.123", "2023-11-14"},
                                          {"0001-01-01 00:00:00 BC", "0001-01-01 BC"}});
  expect_dead({{"9", "out_of_range"}, {"10", "conversion_failed"}, {"12", "conversion_failed"}});
}

TEST_F(OddValuesTest, TextOfEveryKind) {
  two_tables("      v: [s, b, j]\n", "s text, b bytea, j jsonb", "    data_types: {n: integer, b: bytes, j: json}\n");
  const std::vector<std::string> texts{"",
                                       " ",
                                       "'; DROP TABLE as_text; --",
                                       "\"quoted\"",
                                       "tab\there",
                                       "\n",
                                       "\r\n",
                                       "back\\slash\\N\\.",
                                       "\\N",
                                       "\\.",
                                       "🙂🚀",
                                       "e\u0301",
                                       "\u202e",
                                       "\x7f\x01\x1f",
                                       "NULL",
                                       std::string(100'000, 'x') + "é"};
  Rows expected;
  for (const auto& text : texts) {
    std::string escaped;
    for (const char c : text) {
      const auto byte = static_cast<unsigned char>(c);
      escaped += byte < 0x20 || c == '"' || c == '\\' ? fmt::format("\\u{:04x}", byte) : std::string(1, c);
    }
    send_value('"' + escaped + '"');
    expected.push_back({text, text, text});
  }
  send_value(R"("nul\u0000here")");
  send_value(R"("\ud800")");
  drain_both();
  expect_both("s, convert_from(b, 'UTF8'), j #>> '{}'", expected);
  const std::string nul = std::to_string(texts.size());
  const std::string surrogate = std::to_string(texts.size() + 1);
  expect_dead({{nul, "invalid_text"}, {surrogate, "invalid_json"}});
}

TEST_F(OddValuesTest, KeysAndHeaders) {
  two_tables("      $key: k\n      $headers.h: h\n      $headers.b: b\n", "k bytea, h text, b bytea");
  const std::string binary("\x00\xff\x01\\\t\n", 6);
  send_both({.value = R"({"n": 0})", .key = {}, .partition = 0, .headers = {}});
  send_both({.value = R"({"n": 1})", .key = binary, .partition = 0, .headers = {{"b", binary}}});
  // The last of two headers with one name counts.
  send_both({.value = R"({"n": 2})", .key = "key", .partition = 0, .headers = {{"h", "one"}, {"h", "two"}}});
  send_both({.value = R"({"n": 3})", .key = "key", .partition = 0, .headers = {{"h", ""}, {"H", "another name"}}});
  send_both({.value = R"({"n": 4})", .key = "key", .partition = 0, .headers = {{"h", "\xff"}}});
  drain_both();
  expect_both("encode(k, 'hex'), h, encode(b, 'hex')", {{"NULL", "NULL", "NULL"},
                                                        {"00ff015c090a", "NULL", "00ff015c090a"},
                                                        {"6b6579", "two", "NULL"},
                                                        {"6b6579", "", "NULL"}});
  expect_dead({{"4", "invalid_text"}});
}

TEST_F(OddValuesTest, NamesThatNeedQuoting) {
  const std::string topic = new_topic("Dotted.and-dashed_NAME", 1);
  database().run(R"(CREATE SCHEMA "Odd ""schema"""; CREATE TABLE "Odd ""schema"""."select ""Ünïcode"" 表" (
      "Order" bigint, "two words" text, "quote""d" text, "semi;colon--" text, "ключ" bigint, "%s\n" text,
      PRIMARY KEY ("ключ")))");
  map("  " + topic + R"(:
    table: 'Odd "schema".select "Ünïcode" 表'
    field_mappings:
      'Order': 'Order'
      'a b': 'two words'
      'q"': 'quote"d'
      's': 'semi;colon--'
      'ключ': 'ключ'
      'p': '%s\n'
    upsert_key: ['ключ']
    conflict_strategy: update
)");
  for (int i = 0; i < 40; ++i) {
    producer().send(topic, {.value = fmt::format(R"({{"Order": {0}, "a b": "w{0}", "q\"": "q{0}", "s": "s", "ключ": {1},
        "p": "p"}})",
                                                 i, i % 20),
                            .key = {},
                            .partition = 0,
                            .headers = {}});
  }
  producer().flush();
  start();
  ASSERT_TRUE(drained(topic));
  EXPECT_EQ(count("kafka_dead_letters"), 0);
  EXPECT_EQ(database().rows(R"(SELECT count(*), min("Order"), max("Order"), count(*) FILTER (WHERE "two words" = 'w' ||
      "Order" AND "quote""d" = 'q' || "Order" AND "ключ" = "Order" - 20 AND "%s\n" = 'p' AND "semi;colon--" = 's')
      FROM "Odd ""schema"""."select ""Ünïcode"" 表")"),
            (Rows{{"20", "20", "39", "20"}}));
}

}  // namespace
}  // namespace loom::testing
