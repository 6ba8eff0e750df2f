// Random values of every type: stored by us, and by PostgreSQL's own cast of the same text. LOOM_DIFFERENTIAL_SEED
// repeats a run, LOOM_DIFFERENTIAL_VALUES says how many of each type (CI: a share; 10000 make more than 200,000 in
// all).
//
// A difference is right where the reference (docs/mapping.md, "Where we differ from PostgreSQL's casts") says so: those
// that have a rule below, by type. All others fail the test, with the text, both results and the seed.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <functional>
#include <iostream>
#include <random>

#include "sink_fixture.h"

namespace loom::sink::testing {
namespace {

using batch::OutcomeKind;

class Random {
 public:
  explicit Random(unsigned seed) : engine_(seed) {}

  int below(int end) { return std::uniform_int_distribution<int>(0, end - 1)(engine_); }
  bool one_in(int n) { return below(n) == 0; }
  std::string digits(int least, int most) {
    std::string out;
    for (int i = least + below(most - least + 1); i > 0; --i) out += static_cast<char>('0' + below(10));
    return out;
  }
  template <typename T>
  const T& of(const std::vector<T>& choices) {
    return choices[static_cast<std::size_t>(below(static_cast<int>(choices.size())))];
  }
  std::string two(int first, int last) { return fmt::format("{:02}", first + below(last - first + 1)); }

 private:
  std::mt19937 engine_;
};

using Make = std::function<std::string(Random&)>;

std::string blanks(Random& random, std::string text) {
  if (random.one_in(20)) text = " " + text;
  if (random.one_in(20)) text += "  ";
  return text;
}

std::string any_case(Random& random, std::string text) {
  for (char& c : text) {
    if (random.one_in(3)) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  return text;
}

std::string integer(Random& random, int most) {
  return blanks(random, random.of<std::string>({"", "", "-", "+"}) + random.digits(1, most));
}

std::string decimal(Random& random, int most) {
  if (random.one_in(25)) return any_case(random, random.of<std::string>({"nan", "infinity", "-infinity", "inf"}));
  std::string text = random.of<std::string>({"", "", "-", "+"}) + random.digits(random.below(2), most);
  if (!random.one_in(3)) text += "." + random.digits(0, most);
  if (random.one_in(5)) text += fmt::format("{}{}", random.of<std::string>({"e", "E", "e+", "e-"}), random.below(30));
  return blanks(random, text);
}

std::string date(Random& random) {
  const std::string year = random.one_in(10) ? random.digits(5, 5) : fmt::format("{:04}", 1 + random.below(3000));
  std::string text = year + "-" + random.two(1, 12) + "-" + random.two(1, random.one_in(10) ? 31 : 28);
  if (random.one_in(12))
    text = fmt::format("{:04}{}{}", 1000 + random.below(2000), random.two(1, 12), random.two(1, 28));
  return text;
}

std::string time(Random& random) {
  std::string text = random.two(0, 23) + ":" + random.two(0, 59);
  if (!random.one_in(5)) text += ":" + random.two(0, 59);
  if (text.size() > 6 && random.one_in(2)) text += "." + random.digits(1, 8);
  return text;
}

std::string zone(Random& random) {
  return random.of<std::string>({"", "", "Z", "+00", "+02", "-05:30", "+0530", "+14:00", "-11:59", " UTC", "z"});
}

std::string moment(Random& random) {
  if (random.one_in(40)) return any_case(random, random.of<std::string>({"infinity", "-infinity"}));
  if (random.one_in(15)) {
    return fmt::format("{}, {} {} {} {} GMT", random.of<std::string>({"Mon", "Tue", "Sun"}), random.two(1, 28),
                       random.of<std::string>({"Jan", "Feb", "Aug", "Dec"}), 1 + random.below(2) * 1000 + 1000,
                       random.two(0, 23) + ":" + random.two(0, 59) + ":" + random.two(0, 59));
  }
  std::string text = date(random);
  if (!random.one_in(6)) text += random.of<std::string>({"T", " "}) + time(random) + zone(random);
  if (random.one_in(15)) text += " BC";
  return text;
}

std::string word(Random& random) {
  static const std::vector<std::string> kPieces{"a", "Zebra", " ",    "\\",  "'",  "\"", "\t", "\n", "ä", "漢", "{",
                                                "}", ",",     "NULL", "\\N", "$$", ";",  "%",  "\r", "0", "x'", "--"};
  std::string out;
  for (int i = random.below(8); i > 0; --i) out += random.of(kPieces);
  return out;
}

std::string hex(Random& random, int digits) {
  std::string out;
  for (int i = 0; i < digits; ++i) out += "0123456789abcdefABCDEF"[random.below(22)];
  return out;
}

std::string uuid(Random& random) {
  if (random.one_in(15)) return hex(random, 31);
  if (random.one_in(4)) return "{" + hex(random, 32) + "}";
  if (random.one_in(4)) return hex(random, 32);
  return hex(random, 8) + "-" + hex(random, 4) + "-" + hex(random, 4) + "-" + hex(random, 4) + "-" + hex(random, 12);
}

std::string address(Random& random) {
  std::string text =
      random.one_in(3)
          ? fmt::format("{}::{}", hex(random, 1 + random.below(4)), hex(random, 1 + random.below(4)))
          : fmt::format("{}.{}.{}.{}", random.below(270), random.below(256), random.below(256), random.below(256));
  if (random.one_in(3)) text += fmt::format("/{}", random.below(40));
  return text;
}

std::string boolean(Random& random) {
  return blanks(random, any_case(random, random.of<std::string>({"t",   "tr", "tru", "true", "f",  "fa", "false",
                                                                 "y",   "ye", "yes", "n",    "no", "on", "of",
                                                                 "off", "o",  "0",   "1",    "2",  "",   "truth"})));
}

std::string json_value(Random& random, int depth = 0) {
  switch (random.below(depth > 2 ? 4 : 6)) {
    case 0:
      return random.of<std::string>({"null", "true", "false"});
    case 1:
      return fmt::format("{}", random.below(100000) - 5000);
    case 2:
      return fmt::format("{}.{}e{}", random.below(100), random.digits(1, 9), random.below(9));
    case 3:
      return fmt::format("\"{}\"", random.of<std::string>({"a", "ä", "\\n", "\\\"", "\\u00e9", "x y"}));
    case 4: {
      std::string out;
      for (int i = random.below(4); i > 0; --i) out += (out.empty() ? "" : ", ") + json_value(random, depth + 1);
      return "[" + out + "]";
    }
    default: {
      std::string out;
      for (int i = random.below(4); i > 0; --i) {
        out += fmt::format("{}\"k{}\" : {}", out.empty() ? "" : ",", random.below(3), json_value(random, depth + 1));
      }
      return "{" + out + "}";
    }
  }
}

/// A type, texts for it, and which differences are documented.
struct Kind {
  std::string name;
  std::string type;
  Make make;
  /// Of texts that one side takes and the other refuses, or that both take: SQL over `s` (the text), `ours` and
  /// `theirs` (results, '!' where refused).
  std::string documented = "false";
  std::string setup{};
  bool is_json = false;  ///< the message has it as JSON, not as text in quotes
};
void PrintTo(const Kind& kind, std::ostream* out) { *out << kind.name; }

class DifferentialTest : public SinkTest, public ::testing::WithParamInterface<Kind> {};

TEST_P(DifferentialTest, StoresWhatPostgresqlsOwnCastStores) {
  const Kind& kind = GetParam();
  const bool newer_scale = kind.name == "numeric_3_5";
  if (newer_scale && database.value("SELECT current_setting('server_version_num')::int < 150000") == "t") {
    GTEST_SKIP() << "a scale above the precision comes with PostgreSQL 15";
  }
  const auto seed = static_cast<unsigned>(environment_number("LOOM_DIFFERENTIAL_SEED", std::random_device()()));
  const auto values = static_cast<int>(environment_number("LOOM_DIFFERENTIAL_VALUES", 600));
  if (!kind.setup.empty()) database.run(kind.setup);
  database.run("CREATE TABLE h (id int, v " + kind.type +
               "); CREATE TABLE sent (id int, s text); CREATE FUNCTION theirs(s text) RETURNS text LANGUAGE plpgsql "
               "SET TimeZone = "
               "'UTC' SET DateStyle = 'ISO, MDY' SET IntervalStyle = 'postgres' AS 'BEGIN RETURN s::" +
               kind.type + "::text; EXCEPTION WHEN others THEN RETURN ''!''; END'");
  const auto plan = mapped("    table: h\n    field_mappings: {id: id, v: v}\n");
  const auto keep = mapped("    table: sent\n    field_mappings: {id: id, s: s}\n");
  Random random(seed);
  constexpr int kAtOnce = 2000;
  for (int first = 0; first < values; first += kAtOnce) {
    std::vector<std::string> messages;
    std::vector<std::string> texts;
    for (int id = first; id < std::min(values, first + kAtOnce); ++id) {
      const std::string text = kind.make(random);
      messages.push_back(fmt::format(R"({{"id": {}, "v": {}}})", id, kind.is_json ? text : json_string(text)));
      texts.push_back(fmt::format(R"({{"id": {}, "s": {}}})", id, json_string(text)));
    }
    const auto kept = store(keep, texts);
    ASSERT_EQ(kept.outcome.kind, OutcomeKind::committed) << kept.outcome.why();
    const auto written = store(plan, messages);
    ASSERT_EQ(written.outcome.kind, OutcomeKind::committed) << written.outcome.why();
  }
  database.run(
      "CREATE TABLE compared AS SELECT s, coalesce(h.v::text, CASE WHEN h.id IS NULL THEN '!' END) AS ours, "
      "theirs(s) AS theirs FROM sent LEFT JOIN h USING (id)");
  ASSERT_EQ(count("compared"), std::to_string(values));
  const auto different =
      database.rows("SELECT s, ours, theirs FROM compared WHERE ours IS DISTINCT FROM theirs AND NOT coalesce(" +
                    kind.documented + ", false) LIMIT 20");
  std::cout << kind.name << ": " << values << " values, "
            << database.value(
                   "SELECT count(*) FILTER (WHERE ours <> '!' AND ours = theirs) || ' equal, ' || count(*) "
                   "FILTER (WHERE ours = '!' AND theirs = '!') || ' refused by both, ' || count(*) FILTER "
                   "(WHERE ours IS DISTINCT FROM theirs) || ' differ' FROM compared")
            << std::endl;
  for (const auto& row : different) {
    ADD_FAILURE() << kind.type << " of \"" << row[0] << "\": we store " << row[1] << ", PostgreSQL " << row[2]
                  << "; LOOM_DIFFERENTIAL_SEED=" << seed;
  }
}

// What the reference lists. Numbers: a fraction is cut off for integers, and hexadecimal or digits with underscores are
// PostgreSQL's own spelling of literals from release 16 on.
constexpr const char* kIntegers = "(s ~ '[.eE]' AND theirs = '!') OR s ~* '[_x]'";
INSTANTIATE_TEST_SUITE_P(
    Types, DifferentialTest,
    ::testing::Values(
        Kind{"smallint", "smallint", [](Random& r) { return integer(r, 6); }, kIntegers},
        Kind{"integer", "integer", [](Random& r) { return integer(r, 12); }, kIntegers},
        Kind{"bigint", "bigint", [](Random& r) { return integer(r, 21); }, kIntegers},
        Kind{"bigint_decimal", "bigint", [](Random& r) { return decimal(r, 8); }, kIntegers},
        Kind{"real", "real", [](Random& r) { return decimal(r, 12); }},
        Kind{"float8", "double precision", [](Random& r) { return decimal(r, 18); }},
        Kind{"numeric", "numeric", [](Random& r) { return decimal(r, 30); }},
        Kind{"numeric_10_2", "numeric(10,2)", [](Random& r) { return decimal(r, 10); }},
        Kind{"numeric_3_5", "numeric(3,5)", [](Random& r) { return "0.00" + r.digits(1, 6); }},
        Kind{"boolean", "boolean", boolean}, Kind{"timestamptz", "timestamptz", moment},
        Kind{"timestamptz_3", "timestamptz(3)", moment},
        Kind{"timestamp", "timestamp", [](Random& r) { return date(r) + (r.one_in(3) ? "" : "T" + time(r)); }},
        Kind{"date", "date", moment},
        Kind{"time", "time",
             [](Random& r) {
               return time(r) + r.of<std::string>({"", "", "Z", "+02", " PM", "am"});
             }},
        Kind{"uuid", "uuid", uuid}, Kind{"inet", "inet", address}, Kind{"text", "text", word},
        Kind{"varchar_3", "varchar(3)", word, "theirs <> '!' AND ours = '!' AND length(s) > 3"},
        Kind{"char_4", "char(4)", word, "theirs <> '!' AND ours = '!' AND length(s) > 4"},
        Kind{"citext", "citext", word, "false", "CREATE EXTENSION citext"},
        Kind{"jsonb", "jsonb", [](Random& r) { return json_value(r); }, "s = 'null'", "", true},
        Kind{"json", "json", [](Random& r) { return json_value(r); }, "s = 'null' OR s ~ '^\"'", "", true},
        Kind{"interval", "interval",
             [](Random& r) {
               return fmt::format("{} {} {}:{}:{}", r.below(900) - 300, r.of<std::string>({"day", "mons", "years"}),
                                  r.two(0, 30), r.two(0, 59), r.two(0, 59));
             }},
        Kind{"int4range", "int4range",
             [](Random& r) {
               return fmt::format("{}{},{}{}", r.of<std::string>({"[", "("}), r.below(50), r.below(60),
                                  r.of<std::string>({"]", ")"}));
             }},
        Kind{"tstzrange", "tstzrange",
             [](Random& r) { return fmt::format("[{} {},{} {})", date(r), time(r), date(r), time(r)); }},
        Kind{"macaddr", "macaddr",
             [](Random& r) {
               return hex(r, 2) + ":" + hex(r, 2) + ":" + hex(r, 2) + ":" + hex(r, 2) + ":" + hex(r, 2) + ":" +
                      hex(r, 2);
             }},
        Kind{"money", "money", [](Random& r) { return fmt::format("{}.{}", r.below(100000), r.digits(1, 3)); }},
        Kind{"hstore", "hstore",
             [](Random& r) {
               return fmt::format("\"{}\"=>\"{}\"", r.of<std::string>({"a", "b c", "ä"}),
                                  r.of<std::string>({"1", "x,y", "q=>r"}));
             },
             "false", "CREATE EXTENSION hstore"},
        Kind{"ltree", "ltree",
             [](Random& r) {
               return r.of<std::string>({"a", "b_1", ""}) + "." + r.of<std::string>({"c", "D9", "e f"});
             },
             "false", "CREATE EXTENSION ltree"},
        Kind{"point", "point", [](Random& r) { return fmt::format("({},{})", r.below(99), r.digits(1, 4)); }},
        Kind{"bit_4", "bit(4)", [](Random& r) { return r.of<std::string>({"1010", "0001", "111", "x5", "b1100"}); },
             "theirs <> '!' AND ours = '!'"}));

}  // namespace
}  // namespace loom::sink::testing
