// No setting of a role changes a value: each that could is tried, at its most different.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "sink_fixture.h"

namespace loom::sink::testing {
namespace {

using batch::OutcomeKind;
using Rows = loom::testing::Rows;

struct RoleSetting {
  std::string name;
  std::string value;
};

class RoleSettingTest : public SinkTest {
 protected:
  RoleSettingTest() {
    database.run("CREATE EXTENSION hstore");
    // Of columns that have binary encoders, and with others beside them: the two forms of COPY.
    const std::string columns =
        "id int PRIMARY KEY, words text[], numbers real[], at timestamptz, local timestamp, day date, f float8, t text,"
        " made date DEFAULT date_trunc('day', '2024-01-01 23:30+00'::text::timestamptz)::date,"
        " sum text DEFAULT (0.1::float8 + random() * 0)::text, blob text DEFAULT ('\\x41'::text::bytea)::text";
    database.run("CREATE TABLE binary_table (" + columns + ")");
    database.run("CREATE TABLE text_table (" + columns +
                 ", days daterange, times tstzrange, zoned timetz, length interval, x xml, h hstore)");
  }

  Rows stored(const std::string& table, bool merge) {
    database.run("TRUNCATE " + table);
    const auto plan = mapped("    table: " + table + "\n    upsert_key: id\n    conflict_strategy: replace\n");
    const auto written = store(plan, {R"j({"id": 1, "words": ["a", null, "b"], "numbers": [1.5, null], "at":
                                   "2024-02-03T04:05:06.789", "local": "2024-02-03 04:05:06", "day": "2024-02-03",
                                   "f": 0.1, "t": "quote ' and \\ backslash \u00e9", "days": "[02/01/2024,2024-03-04)",
                                   "times": "[2024-02-01 10:00,2024-03-04 10:00)", "zoned": "10:00:00",
                                   "length": "1-2 -3", "x": "<a/>text", "h": {"a": null, "b": "1"}})j"},
                               merge);
    EXPECT_EQ(written.outcome.kind, OutcomeKind::committed) << written.outcome.why();
    EXPECT_EQ(count("kafka_dead_letters"), "0");
    // Read under settings of its own.
    return database.rows(
        "SET TimeZone = 'UTC'; SET DateStyle = 'ISO, MDY'; SET IntervalStyle = 'postgres'; SET client_encoding = "
        "'UTF8';"
        "SET extra_float_digits = 1; SET bytea_output = 'hex'; SELECT t.*, made, sum, blob FROM " +
        table + " t");
  }
};

TEST_F(RoleSettingTest, ChangesNoValue) {
  const Rows in_binary = stored("binary_table", false);
  const Rows in_text = stored("text_table", false);
  ASSERT_EQ(in_text.size(), 1U);
  const std::vector<RoleSetting> different{{"array_nulls", "off"},
                                           {"TimeZone", "Asia/Tokyo"},
                                           {"DateStyle", "SQL, DMY"},
                                           {"IntervalStyle", "sql_standard"},
                                           {"xmloption", "document"},
                                           {"extra_float_digits", "-15"},
                                           {"bytea_output", "escape"},
                                           {"standard_conforming_strings", "off"},
                                           {"backslash_quote", "off"},
                                           {"client_encoding", "LATIN1"},
                                           {"transform_null_equals", "on"},
                                           {"default_transaction_isolation", "serializable"},
                                           {"search_path", "pg_catalog, public"},
                                           {"enable_indexscan", "off"}};
  for (const auto& [name, value] : different) {
    SCOPED_TRACE(fmt::format("{} = {}", name, value));
    const std::string list = name == "search_path" ? value : fmt::format("'{}'", value);
    database.run(
        fmt::format("DO $$ BEGIN EXECUTE 'ALTER ROLE ' || quote_ident(current_user) || ' IN DATABASE ' || "
                    "quote_ident(current_database()) || $set$ SET {} = {}$set$; END $$",
                    name, list));
    restart_pool();
    for (const bool merge : {false, true}) {
      EXPECT_EQ(stored("binary_table", merge), in_binary);
      EXPECT_EQ(stored("text_table", merge), in_text);
    }
    database.run(
        "DO $$ BEGIN EXECUTE 'ALTER ROLE ' || quote_ident(current_user) || ' IN DATABASE ' || "
        "quote_ident(current_database()) || ' RESET ALL'; END $$");
  }
}

}  // namespace
}  // namespace loom::sink::testing
