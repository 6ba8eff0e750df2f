// A table with a column type that has no binary encoder goes through text COPY, and stores the same rows.
#include <fmt/format.h>

#include "support/service_test.h"

namespace loom::testing {
namespace {

using TextCopyTest = ServiceTest;

constexpr const char* kColumns =
    "id bigint, title text, ratio double precision, small real, exact numeric(30, 6), whole integer, flag boolean,"
    " at timestamptz, local timestamp, day date, clock time, code uuid, raw bytea, doc jsonb, words text[],"
    " levels double precision[], host inet";

std::string entry(const std::string& topic, const std::string& table, const std::string& more) {
  std::string text = "  " + topic + ":\n    table: " + table + "\n    field_mappings:\n";
  for (const char* name : {"id", "title", "ratio", "small", "exact", "whole", "flag", "at", "local", "day", "clock",
                           "code", "raw", "doc", "words", "levels", "host"}) {
    text += fmt::format("      {0}: {0}\n", name);
  }
  return text + more + "    transforms:\n      raw: base64_decode\n";
}

/// Values that text COPY could get wrong: its escapes, its NULL, and what its array literals quote.
std::vector<std::string> messages() {
  const std::vector<std::string> titles{R"(plain)",
                                        R"(tab\there)",
                                        R"(line\nbreak\r\n)",
                                        R"(back\\slash \\N)",
                                        R"(\\N)",
                                        R"(\\.)",
                                        R"(quote\"s and 'one')",
                                        R"()",
                                        R"(grüße 🚀)",
                                        R"({braces, comma})",
                                        R"(NULL)",
                                        R"(\u0007\b\f)"};
  std::vector<std::string> all;
  for (std::size_t i = 0; i < 240; ++i) {
    const std::string& title = titles[i % titles.size()];
    if (i % 17 == 0) {
      all.push_back(fmt::format(R"({{"id": {}, "title": null}})", i));
      continue;
    }
    // clang-format off
    all.push_back(fmt::format(
        R"json({{"id": {0}, "title": "{1}", "ratio": {2}, "small": {3}, "exact": "{0}.{4:06}", "whole": -{0},
        "flag": {5}, "at": "2025-02-{6:02}T23:59:59.{4:06}+05:30", "local": "2024-12-31T00:00:00.5", "day": "1969-07-{6:02}",
        "clock": "13:{6:02}:07.25", "code": "00000000-0000-4000-8000-{0:012}", "raw": "{7}",
        "doc": {{"t": "{1}", "n": [{0}, null, 1e3]}}, "words": ["{1}", null, "", "a,b"], "levels": [{2}, 0.1, -7],
        "host": "10.0.{8}.1/24", "extra": "({0},{9})"}})json",
        i, title, i % 3 == 0 ? "0.1" : "-1.5e-7", i % 2 == 0 ? "3.25" : "1e10", i * 4'111 % 1'000'000,
        i % 2 == 0 ? "true" : "false", i % 27 + 1, i % 2 == 0 ? "AAECXAk=" : "", i % 256, i % 5));
    // clang-format on
  }
  return all;
}

TEST_F(TextCopyTest, StoresTheSameRowsAsBinary) {
  const std::string binary = new_topic("binary", 1);
  const std::string text = new_topic("text", 1);
  database().run(std::string("CREATE TABLE as_binary (") + kColumns + "); CREATE TABLE as_text (" + kColumns +
                 ", extra point)");
  map(entry(binary, "as_binary", "") + entry(text, "as_text", "      extra: extra\n"));
  std::int64_t with_point = 0;
  for (const auto& message : messages()) {
    for (const auto& topic : {binary, text}) {
      producer().send(topic, {.value = message, .key = {}, .partition = 0, .headers = {}});
    }
    if (message.find("extra") != std::string::npos) ++with_point;
  }
  producer().flush();
  start();
  ASSERT_TRUE(drained(binary));
  ASSERT_TRUE(drained(text));
  EXPECT_EQ(count("kafka_dead_letters"), 0);
  EXPECT_EQ(count("as_binary"), 240);
  EXPECT_EQ(count("as_text"), 240);
  const std::string names =
      "id, title, ratio, small, exact, whole, flag, at, local, day, clock, code, raw, doc, words,"
      " levels, host";
  EXPECT_EQ(count("(SELECT " + names + " FROM as_binary EXCEPT SELECT " + names + " FROM as_text) d"), 0);
  EXPECT_EQ(count("(SELECT " + names + " FROM as_text EXCEPT SELECT " + names + " FROM as_binary) d"), 0);
  EXPECT_EQ(count("as_text WHERE extra[0] = id AND extra[1] = id % 5"), with_point);
}

TEST_F(TextCopyTest, ABadValueForAForeignTypeIsThatRowsFault) {
  const std::string topic = new_topic("ranges", 1);
  map("  " + topic + ":\n    table: ranges\n    field_mappings:\n      id: id\n      span: span\n");
  database().run("CREATE TABLE ranges (id integer, span int4range)");
  for (int i = 0; i < 300; ++i) {
    send(topic, 0,
         fmt::format(R"({{"id": {}, "span": "{}"}})", i, i % 100 == 50 ? "[9,1]" : fmt::format("[{},{})", i, i + 10)));
  }
  start();
  ASSERT_TRUE(drained(topic));
  EXPECT_EQ(count("ranges WHERE lower(span) = id"), 297);
  EXPECT_EQ(database().rows("SELECT \"offset\", sqlstate FROM kafka_dead_letters ORDER BY 1"),
            (Rows{{"50", "22000"}, {"150", "22000"}, {"250", "22000"}}));
}

}  // namespace
}  // namespace loom::testing
