#include "settings/topic_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "settings/config.h"

namespace loom::settings {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

ConfigResult parsed(const Entries& environment, const Entries& file = {}) {
  const auto reader = [](const std::string& path) -> std::optional<std::string> {
    if (path == "/etc/topics") return "orders\r\npayments\n";
    return std::nullopt;
  };
  return parse_config(environment, file, reader, {.database = false});
}

TEST(TopicList, HasCommasOrLineEndsBetweenItsItems) {
  EXPECT_THAT(split_topic_list("orders"), ElementsAre("orders"));
  EXPECT_THAT(split_topic_list(" orders , payments,\n ^shop[.] ,"), ElementsAre("orders", "payments", "^shop[.]"));
  EXPECT_THAT(split_topic_list(""), IsEmpty());
  EXPECT_THAT(split_topic_list(" , ,"), IsEmpty());
}

TEST(TopicList, CommasInsideAPatternsBracketsAreItsOwn) {
  EXPECT_THAT(split_topic_list("^a{1,3}$,^b[,;]c,^(d,e),f"), ElementsAre("^a{1,3}$", "^b[,;]c", "^(d,e)", "f"));
  EXPECT_THAT(split_topic_list("^a[],]b,^c[^],]d,e"), ElementsAre("^a[],]b", "^c[^],]d", "e"));
  EXPECT_THAT(split_topic_list("^a\\[,b"), ElementsAre("^a\\[", "b"));
  EXPECT_THAT(split_topic_list("^a{1,3\nb"), ElementsAre("^a{1,3", "b")) << "the pattern is wrong, and b is not lost";
}

TEST(TopicList, IsReadFromEnvironmentAndFiles) {
  const Config standard = parsed({}).config;
  EXPECT_THAT(standard.topics, IsEmpty());
  EXPECT_THAT(standard.topics_exclude, IsEmpty());
  const Config config = parsed({{"LOOM_TOPICS", "orders,^shop[.]"}, {"LOOM_TOPICS_EXCLUDE", "shop.test"}}).config;
  EXPECT_THAT(config.topics, ElementsAre("orders", "^shop[.]"));
  EXPECT_THAT(config.topics_exclude, ElementsAre("shop.test"));
  EXPECT_THAT(parsed({{"LOOM_TOPICS_FILE", "/etc/topics"}}).config.topics, ElementsAre("orders", "payments"));
  EXPECT_THAT(parsed({{"LOOM_TOPICS", ""}}).config.topics, IsEmpty());
}

TEST(TopicList, MayBeAListOfYaml) {
  std::vector<std::string> errors;
  const Entries file =
      parse_config_yaml("loom_topics: [orders, '^a{1,3}']\nloom_topics_exclude:\n  - b\n", "loom.yml", errors);
  EXPECT_THAT(errors, IsEmpty());
  EXPECT_THAT(parsed({}, file).config.topics, ElementsAre("orders", "^a{1,3}"));
  EXPECT_THAT(parsed({}, file).config.topics_exclude, ElementsAre("b"));
  parse_config_yaml("loom_topics: {orders: true}\nloom_kafka_batch_size: [1, 2]\n", "loom.yml", errors);
  EXPECT_THAT(errors, ElementsAre("loom.yml:1: LOOM_TOPICS takes names or patterns of topics",
                                  "loom.yml:2: LOOM_KAFKA_BATCH_SIZE takes one value, not a list or a map"));
}

TEST(TopicList, WithoutAnyItemIsWrong) {
  EXPECT_THAT(parsed({{"LOOM_TOPICS", ","}}).errors, ElementsAre(HasSubstr("LOOM_TOPICS is \",\"")));
}

}  // namespace
}  // namespace loom::settings
