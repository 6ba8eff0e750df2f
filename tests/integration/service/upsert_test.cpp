// Topics with a unique key: which of two messages with one key stays, within a batch and across batches.
#include <fmt/format.h>

#include "support/service_test.h"

namespace loom::testing {
namespace {

class UpsertTest : public ServiceTest {
 protected:
  void begin(const std::string& strategy) {
    topic_ = new_topic("things", 1);
    map("  " + topic_ + R"(:
    table: things
    field_mappings:
      id: id
      a: a
      b: b
    data_types:
      id: string
      a: integer
      b: string
    upsert_key: id
    conflict_strategy: )" +
        strategy + "\n");
    database().run("CREATE TABLE things (id text PRIMARY KEY, a bigint, b text DEFAULT 'none')");
    start();
  }

  /// These in one batch, and all of them stored.
  void send_together(const std::vector<std::string>& values) {
    for (const auto& value : values)
      producer().send(topic_, {.value = value, .key = {}, .partition = 0, .headers = {}});
    producer().flush();
    ASSERT_TRUE(drained(topic_));
  }

  [[nodiscard]] std::vector<std::string> thing(const std::string& id) const {
    const auto rows = database().rows("SELECT a, b FROM things WHERE id = '" + id + "'");
    return rows.empty() ? std::vector<std::string>{} : rows[0];
  }

  /// 6,000 messages over 500 keys, in many batches; `a` counts up.
  void send_many() {
    std::vector<std::string> values;
    for (int i = 0; i < 6'000; ++i) values.push_back(fmt::format(R"({{"id": "many-{}", "a": {}}})", i * 7 % 500, i));
    send_together(values);
  }

  using Thing = std::vector<std::string>;
  std::string topic_;
};

TEST_F(UpsertTest, IgnoreKeepsTheFirst) {
  begin("ignore");
  send_together({R"({"id": "x", "a": 1, "b": "first"})", R"({"id": "x", "a": 2})", R"({"id": "y", "a": 3})"});
  EXPECT_EQ(thing("x"), (Thing{"1", "first"}));
  send_together({R"({"id": "x", "a": 4, "b": "late"})", R"({"id": "z", "a": 5})"});
  EXPECT_EQ(thing("x"), (Thing{"1", "first"}));
  EXPECT_EQ(thing("z"), (Thing{"5", "none"}));
  send_many();
  EXPECT_EQ(count("things WHERE id LIKE 'many%'"), 500);
  EXPECT_EQ(count("things WHERE id LIKE 'many%' AND a >= 500"), 0) << "a later message replaced the first of its key";
  EXPECT_EQ(count("kafka_dead_letters"), 0);
}

TEST_F(UpsertTest, UpdateTakesTheLastAndLeavesWhatItDoesNotSay) {
  begin("update");
  send_together({R"({"id": "x", "a": 1, "b": "first"})", R"({"id": "x", "a": 2})", R"({"id": "y", "a": 3})"});
  EXPECT_EQ(thing("x"), (Thing{"2", "first"}));
  send_together({R"({"id": "x", "b": "late"})", R"({"id": "y", "a": 4, "b": null})"});
  EXPECT_EQ(thing("x"), (Thing{"2", "late"}));
  EXPECT_EQ(thing("y"), (Thing{"4", "none"}));
  send_many();
  EXPECT_EQ(count("things WHERE id LIKE 'many%'"), 500);
  EXPECT_EQ(count("things WHERE id LIKE 'many%' AND a < 5500"), 0) << "not the last message of a key stayed";
  EXPECT_EQ(count("kafka_dead_letters"), 0);
}

TEST_F(UpsertTest, ReplaceOverwritesEveryMappedColumn) {
  begin("replace");
  send_together({R"({"id": "x", "a": 1, "b": "first"})", R"({"id": "x", "a": 2})"});
  EXPECT_EQ(thing("x"), (Thing{"2", "none"})) << "the absent column takes its default";
  send_together({R"({"id": "x", "b": "late"})"});
  EXPECT_EQ(thing("x"), (Thing{"NULL", "late"}));
  send_many();
  EXPECT_EQ(count("things WHERE id LIKE 'many%' AND a < 5500"), 0);
  EXPECT_EQ(count("kafka_dead_letters"), 0);
}

TEST_F(UpsertTest, TwoTopicsFeedOneTable) {
  const std::string raw = new_topic("posts.raw", 2);
  const std::string liked = new_topic("posts.liked", 2);
  database().run("CREATE TABLE posts (post_id text PRIMARY KEY, author text, likes integer)");
  const std::string entry = R"(:
    table: posts
    field_mappings:
      id: post_id
      author: author
      likes: likes
    upsert_key: post_id
    conflict_strategy: )";
  map("  " + raw + entry + "ignore\n  " + liked + entry + "update\n");
  start();
  for (int i = 0; i < 1'500; ++i) {
    const int partition = i % 2;
    producer().send(raw, {.value = fmt::format(R"({{"id": "{}", "author": "someone {}"}})", i, i),
                          .key = {},
                          .partition = partition,
                          .headers = {}});
    producer().send(liked, {.value = fmt::format(R"({{"id": "{}", "likes": {}}})", i + 500, i),
                            .key = {},
                            .partition = partition,
                            .headers = {}});
  }
  producer().flush();
  ASSERT_TRUE(drained(raw));
  ASSERT_TRUE(drained(liked));
  EXPECT_EQ(count("posts"), 2'000) << "posts 0 to 1,499 and 500 to 1,999";
  EXPECT_EQ(count("posts WHERE likes IS NOT NULL"), 1'500) << "updating never loses, in whichever order they came";
  EXPECT_EQ(count("kafka_dead_letters"), 0);
}

TEST_F(UpsertTest, TheSameMessagesAgainChangeNothing) {
  begin("ignore");
  send_many();
  const std::string before = database().value("SELECT md5(string_agg(t::text, ',' ORDER BY id)) FROM things t");
  send_many();
  EXPECT_EQ(database().value("SELECT md5(string_agg(t::text, ',' ORDER BY id)) FROM things t"), before);
}

}  // namespace
}  // namespace loom::testing
