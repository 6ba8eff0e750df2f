// Bad messages among good ones: each bad one is a dead letter for the right reason, byte for byte, and each good one a
// row.
#include <fmt/format.h>

#include <map>
#include <tuple>

#include "mapping/loader.h"
#include "samples/messages.h"
#include "support/service_test.h"

namespace loom::testing {
namespace {

class BadMessagesTest : public ServiceTest {
 protected:
  static std::string hex(const std::string& bytes) {
    std::string out;
    for (const char byte : bytes) out += fmt::format("{:02x}", static_cast<unsigned char>(byte));
    return out;
  }
  /// A dead letter's headers: names may repeat, and values may be any bytes.
  static std::string headers_of(const std::string& kind) {
    return R"([{"name": "kind", "value": ")" + kind +
           R"("}, {"name": "bytes", "value": "/wE=", "encoding": "base64"}])";
  }
};

TEST_F(BadMessagesTest, EachKindHasItsReason) {
  const std::string topic = new_topic("mixed", 1);
  map("  " + topic + R"(:
    table: mixed
    field_mappings:
      id: id
      name: name
      small: small
      at: at
      ok: ok
      list: list
      raw: raw
      must: must
    data_types:
      id: integer
      name: string
      small: integer
      at: timestamp
      ok: boolean
      list: float_array
      raw: bytes
    transforms:
      raw: base64_decode
    required_fields: [id]
)");
  database().run(
      "CREATE TABLE other (id bigint PRIMARY KEY); INSERT INTO other SELECT generate_series(0, 10000);"
      "CREATE TABLE mixed (id bigint REFERENCES other, name text NOT NULL DEFAULT 'none', small smallint CHECK (small "
      "<> -13),"
      " at timestamptz, ok boolean, list double precision[], raw bytea, must integer NOT NULL, UNIQUE (name, small))");
  const std::vector<std::pair<std::optional<std::string>, std::string>> bad{
      {std::nullopt, "tombstone"},
      {"", "tombstone"},
      {R"({"id": 1, "name": "cut)", "invalid_json"},
      {"no json", "invalid_json"},
      {"{\"id\": 1, \"name\": \"\xC3\x28\"}", "invalid_json"},
      {R"([{"id": 1}])", "not_an_object"},
      {"42", "not_an_object"},
      {R"({"name": "nobody"})", "missing_required_field"},
      {R"({"id": null})", "missing_required_field"},
      {R"({"id": "twelve"})", "conversion_failed"},
      {R"({"id": 1, "at": "yesterday"})", "conversion_failed"},
      {R"({"id": 1, "ok": "maybe"})", "conversion_failed"},
      {R"({"id": 1, "list": "[a,b]"})", "conversion_failed"},
      {R"({"id": 1, "raw": "%%%"})", "conversion_failed"},
      {R"({"id": 1, "small": 40000})", "out_of_range"},
      {R"({"id": 123456789012345678901234567890})", "out_of_range"},
      {R"({"id": 1, "name": "a\u0000b"})", "invalid_text"},
      {R"({"id": 1, "small": -13, "must": 1})", "check_violation"},
      {R"({"id": 99999, "must": 1})", "foreign_key_violation"},
      {R"({"id": 1})", "not_null_violation"},
      {R"({"id": 5, "name": "good 5", "small": 5, "must": 1})", "unique_violation"},
  };
  // Good ones between them, so that batches are mixed.
  Rows expected;
  std::int64_t offset = 0;
  std::int64_t good = 0;
  const auto send_good = [&] {
    producer().send(topic, {.value = fmt::format(R"({{"id": {0}, "name": "good {0}", "small": {0}, "must": 1}})", good),
                            .key = {},
                            .partition = 0,
                            .headers = {}});
    ++good;
    ++offset;
  };
  for (int round = 0; round < 8; ++round) {
    for (std::size_t i = 0; i < bad.size(); ++i) {
      for (int j = 0; j < 6; ++j) send_good();
      const std::string key = fmt::format("key\x01{}", i);
      producer().send(topic, {.value = bad[i].first,
                              .key = key,
                              .partition = 0,
                              .headers = {{"kind", bad[i].second}, {"bytes", "\xFF\x01"}}});
      expected.push_back({std::to_string(offset++), bad[i].second, hex(key),
                          bad[i].first ? hex(*bad[i].first) : std::string("NULL"), headers_of(bad[i].second)});
    }
  }
  producer().flush();
  start();
  ASSERT_TRUE(drained(topic, seconds(60)));
  EXPECT_EQ(count("mixed"), good);
  EXPECT_EQ(count("mixed WHERE name = 'good ' || id AND small = id"), good);
  const auto stored = database().rows(
      "SELECT \"offset\", reason, encode(key, 'hex'), encode(value, 'hex'), headers::text"
      " FROM kafka_dead_letters WHERE topic = '" +
      topic + "' AND partition = 0 ORDER BY \"offset\"");
  ASSERT_EQ(stored.size(), expected.size());
  for (std::size_t i = 0; i < stored.size(); ++i) EXPECT_EQ(stored[i], expected[i]);
  EXPECT_EQ(count("kafka_dead_letters WHERE message = ''"), 0);
  EXPECT_EQ(database().value("SELECT string_agg(DISTINCT reason || ' ' || sqlstate, ', ') FROM kafka_dead_letters"
                             " WHERE sqlstate IS NOT NULL"),
            "check_violation 23514, foreign_key_violation 23503, not_null_violation 23502, unique_violation 23505");
}

/// The mapping file that users get, each topic under a name of this test's own.
class EveryMappedTopicTest : public BadMessagesTest {
 protected:
  EveryMappedTopicTest() {
    const std::string text = read_text(LOOM_SOURCE_DIR "/topic_mappings.yml");
    const std::size_t topics = text.find("\ntopics:\n");
    std::string renamed = text.substr(0, topics);
    std::size_t at = topics;
    while (at < text.size()) {
      const std::size_t end = std::min(text.find('\n', at + 1), text.size());
      const std::string line = text.substr(at + 1, end - at - 1);
      const bool names_topic = line.size() > 3 && line.starts_with("  ") && line[2] != ' ' && line[2] != '#';
      renamed += names_topic ? "\n  " + prefix() + "." + line.substr(2) : "\n" + line;
      at = end;
    }
    path_ = folder().write("topic_mappings.yml", renamed);
  }
  std::string path_;
};

TEST_F(EveryMappedTopicTest, RowsAndDeadLettersAreAsManyAsMessages) {
  const mapping::LoadResult loaded = mapping::load_mapping_file(path_);
  ASSERT_TRUE(loaded.file.has_value());
  ASSERT_GE(loaded.file->topics.size(), 39U);
  constexpr int kMessages = 150;

  using Place = std::tuple<std::string, std::int32_t, std::int64_t>;
  std::map<Place, std::string> expected;           // the dead letters' reasons
  std::map<std::string, std::int64_t> table_rows;  // that the good ones become
  std::vector<std::string> topics;
  std::uint64_t seed = 7;
  for (const auto& mapping : loaded.file->topics) {
    if (mapping.is_pattern || !mapping.topic.starts_with(prefix())) continue;
    const std::string topic = new_topic(mapping.topic.substr(prefix().size() + 1), 2);
    topics.push_back(topic);
    samples::SampleGenerator generator(mapping, {.seed = ++seed, .bad_ratio = 0.3});
    std::int64_t next[2] = {0, 0};
    for (int i = 0; i < kMessages; ++i) {
      samples::SampleMessage sample;
      generator.next(sample);
      const std::int32_t partition = i % 2;
      producer().send(topic, {.value = sample.has_value ? std::optional(sample.value) : std::nullopt,
                              .key = sample.key,
                              .partition = partition,
                              .headers = sample.headers});
      const std::int64_t offset = next[partition]++;
      if (sample.expected) expected[{topic, partition, offset}] = to_string(*sample.expected);
      if (!sample.expected) table_rows[mapping.table.display()] += sample.rows;
    }
  }
  producer().flush();
  ASSERT_GE(topics.size(), 39U);
  start({{"LOOM_AUTO_CREATE_TABLES", "true"}});
  for (const auto& topic : topics) ASSERT_TRUE(drained(topic, seconds(90)));

  std::map<Place, std::string> stored;
  std::map<Place, std::string> messages;
  for (const auto& row :
       database().rows("SELECT topic, partition, \"offset\", reason, message FROM kafka_dead_letters")) {
    const Place place{row[0], std::stoi(row[1]), std::stoll(row[2])};
    EXPECT_FALSE(stored.contains(place)) << "two dead letters for one message";
    stored[place] = row[3];
    messages[place] = row[4];
  }
  int shown = 0;
  for (const auto& [place, reason] : expected) {
    if (stored.contains(place) && stored[place] == reason) continue;
    if (++shown > 20) break;
    ADD_FAILURE() << std::get<0>(place) << " " << std::get<1>(place) << "@" << std::get<2>(place)
                  << " should be refused as " << reason
                  << ", and was: " << (stored.contains(place) ? stored[place] + ": " + messages[place] : "stored");
  }
  for (const auto& [place, reason] : stored) {
    if (expected.contains(place)) continue;
    if (++shown > 20) break;
    ADD_FAILURE() << std::get<0>(place) << " " << std::get<1>(place) << "@" << std::get<2>(place)
                  << " is good, but refused as " << reason << ": " << messages[place];
  }
  for (const auto& [table, rows] : table_rows) EXPECT_EQ(count(table), rows) << table;
}

}  // namespace
}  // namespace loom::testing
