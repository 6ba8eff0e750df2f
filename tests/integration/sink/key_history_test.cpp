// Random histories of rows with equal keys in several spellings. What the table holds afterwards is what a model holds
// that applies the messages one by one, with the database's own ON CONFLICT. LOOM_KEY_HISTORY_SEED repeats a history,
// LOOM_KEY_HISTORY_ROUNDS asks for more of them.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <iostream>
#include <random>

#include "sink_fixture.h"

namespace loom::sink::testing {
namespace {

using batch::OutcomeKind;

struct HistoryKind {
  std::string name;
  std::string setup;
  std::string type;
  std::vector<std::string> spellings;  ///< as text; several of one value among them
};
void PrintTo(const HistoryKind& kind, std::ostream* out) { *out << kind.name; }

std::string literal(const std::string& text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'') out += '\'';
    out += c;
  }
  return out + "'";
}

/// One row of a message: a key, and what it has for the columns a and b.
struct HistoryRow {
  std::string key;
  std::optional<int> a;
  std::optional<int> b;

  [[nodiscard]] std::string json() const {
    std::string out = "{\"k\":" + json_string(key);
    if (a) out += ",\"a\":" + std::to_string(*a);
    if (b) out += ",\"b\":" + std::to_string(*b);
    return out + "}";
  }
};

class KeyHistoryTest : public SinkTest, public ::testing::WithParamInterface<HistoryKind> {
 protected:
  KeyHistoryTest() : seed_(static_cast<unsigned>(environment_number("LOOM_KEY_HISTORY_SEED", std::random_device()()))) {
    random_.seed(seed_);
    std::cout << "LOOM_KEY_HISTORY_SEED=" << seed_ << std::endl;
    const HistoryKind& kind = GetParam();
    if (!kind.setup.empty()) database.run(kind.setup);
  }

  int below(int end) { return std::uniform_int_distribution<int>(0, end - 1)(random_); }

  HistoryRow random_row() {
    const auto& keys = GetParam().spellings;
    HistoryRow row{.key = keys[static_cast<std::size_t>(below(static_cast<int>(keys.size())))], .a = {}, .b = {}};
    if (below(3) != 0) row.a = below(1000);
    if (below(3) != 0) row.b = below(1000);
    return row;
  }

  /// Applies one row to the table `model` as the strategy says.
  static std::string model_statement(const HistoryRow& row, const std::string& strategy) {
    std::string columns = "k";
    std::string values = literal(row.key);
    std::string set;
    const auto add = [&](const char* name, const std::optional<int>& value) {
      if (value) {
        columns += fmt::format(", {}", name);
        values += fmt::format(", {}", *value);
      }
      if (!value && strategy != "replace") return;
      set += fmt::format("{}{} = {}", set.empty() ? "" : ", ", name, value ? std::to_string(*value) : "DEFAULT");
    };
    add("a", row.a);
    add("b", row.b);
    return "INSERT INTO model (" + columns + ") VALUES (" + values + ") ON CONFLICT (k) DO " +
           (strategy == "ignore" || set.empty() ? "NOTHING" : "UPDATE SET " + set) + ";";
  }

  void run_history(const std::string& strategy, int rows_a_message) {
    database.run("DROP TABLE IF EXISTS h, model");
    const std::string columns = "(k " + GetParam().type + " PRIMARY KEY, a int DEFAULT 5, b int)";
    database.run("CREATE TABLE h " + columns + "; CREATE TABLE model " + columns);
    const std::string rules = "    upsert_key: k\n    conflict_strategy: " + strategy + "\n";
    const auto plan = rows_a_message == 1
                          ? mapped("    table: h\n    field_mappings: {k: k, a: a, b: b}\n" + rules)
                          : mapped(
                                "    table: h\n    field_mappings: {none: b}\n    array_mappings:\n      rows: "
                                "{element_mappings: {k: k, a: a, b: b}}\n" +
                                rules);
    const int batches = 4 + below(3);
    for (int batch = 0; batch < batches; ++batch) {
      std::vector<std::string> messages;
      std::string model = "SET TimeZone = 'UTC';";
      for (int i = 1 + below(60); i > 0; --i) {
        std::string rows;
        for (int row = 1 + below(rows_a_message); row > 0; --row) {
          const HistoryRow made = random_row();
          rows += (rows.empty() ? "" : ",") + made.json();
          model += model_statement(made, strategy);
        }
        messages.push_back(rows_a_message == 1 ? rows : "{\"rows\":[" + rows + "]}");
      }
      database.run(model);
      const auto written = store(plan, messages, below(2) == 0);
      ASSERT_EQ(written.outcome.kind, OutcomeKind::committed) << written.outcome.why();
      ASSERT_EQ(count("kafka_dead_letters"), "0");
      ASSERT_EQ(database.rows("SELECT k::text, a, b FROM h ORDER BY k"),
                database.rows("SELECT k::text, a, b FROM model ORDER BY k"))
          << strategy << ", " << rows_a_message << " rows a message, batch " << batch
          << ", LOOM_KEY_HISTORY_SEED=" << seed_;
    }
  }

 private:
  unsigned seed_;
  std::mt19937 random_;
};

TEST_P(KeyHistoryTest, EndsAsTheMessagesOneByOneWouldEnd) {
  const auto rounds = static_cast<int>(environment_number("LOOM_KEY_HISTORY_ROUNDS", 1));
  for (int round = 0; round < rounds; ++round) {
    for (const char* strategy : {"ignore", "update", "replace"}) {
      for (const int rows : {1, 4}) {
        run_history(strategy, rows);
        if (HasFatalFailure()) return;
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    Types, KeyHistoryTest,
    ::testing::Values(
        HistoryKind{"text", "", "text", {"a", "A", "b", "c", "d ", "d"}},
        HistoryKind{"citext", "CREATE EXTENSION citext", "citext", {"Ab", "aB", "ab", "zz", "ZZ", "x"}},
        HistoryKind{"domain", "CREATE EXTENSION citext; CREATE DOMAIN d AS citext", "d", {"Ab", "AB", "q", "Q", "w"}},
        HistoryKind{"char", "", "char(4)", {"ab", "ab ", "ab  ", "b", "b ", " b"}},
        HistoryKind{"varchar", "", "varchar(3)", {"abc", "abc ", "abc  ", "ab", "ab "}},
        HistoryKind{"numeric", "", "numeric", {"1", "1.0", "1.00", "2", "2.0", "1e1", "10", "NaN", "nan"}},
        HistoryKind{"numeric2", "", "numeric(6,2)", {"1", "1.004", "0.996", "2", "2.001", "3.005", "3.01"}},
        HistoryKind{"float8", "", "double precision", {"0", "-0", "0.0", "1", "1.0", "1e0", "NaN", "nan", "Infinity"}},
        HistoryKind{"real", "", "real", {"0", "-0", "16777216", "16777217", "1", "1.00000001"}},
        HistoryKind{"bigint", "", "bigint", {"1", "+1", " 1", "2", "02", "3"}},
        HistoryKind{"boolean", "", "boolean", {"true", "TRUE", "yes", "on", "false", "no", "0"}},
        HistoryKind{"uuid",
                    "",
                    "uuid",
                    {"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11",
                     "a0eebc999c0b4ef8bb6d6bb9bd380a11", "00000000-0000-0000-0000-000000000001"}},
        HistoryKind{"timestamptz",
                    "",
                    "timestamptz",
                    {"2024-05-06T07:08:09Z", "2024-05-06T09:08:09+02:00", "2024-05-06 07:08:09+00", "2025-01-01"}},
        HistoryKind{"timestamptz3",
                    "",
                    "timestamptz(3)",
                    {"2024-05-06T07:08:09.1234Z", "2024-05-06T07:08:09.1233Z", "2024-05-06T07:08:09.1236Z"}},
        HistoryKind{"time1", "", "time(1)", {"07:08:09.12", "07:08:09.11", "07:08:09.16", "07:08"}},
        HistoryKind{"inet", "", "inet", {"10.0.0.1", "10.0.0.1/32", "10.0.0.1/24", "::1", "0::1"}},
        HistoryKind{"macaddr", "", "macaddr", {"08:00:2b:01:02:03", "08002b-010203", "0800.2b01.0203", "0:0:0:0:0:1"}},
        HistoryKind{"int4range", "", "int4range", {"[1,3)", "[1,2]", "(0,2]", "[1,1]", "empty", "[2,2)"}},
        HistoryKind{"interval", "", "interval", {"1 day", "24 hours", "1440 min", "1 mon", "30 days", "2 days"}},
        HistoryKind{"collated",
                    "CREATE COLLATION ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false)",
                    "text COLLATE ci",
                    {"Ab", "aB", "ab", "zz", "ZZ"}},
        HistoryKind{"ltree", "CREATE EXTENSION ltree", "ltree", {"a.b", "a.B", "a", "c"}},
        HistoryKind{"hstore", "CREATE EXTENSION hstore", "hstore", {"a=>1, b=>2", "b=>2,a=>1", "a=>1", "a=>NULL"}},
        HistoryKind{"money", "", "money", {"1", "1.00", "$1.00", "1.004", "2"}},
        HistoryKind{"varbit", "", "bit varying", {"101", "B101", "x5", "0101"}}));

}  // namespace
}  // namespace loom::sink::testing
