#include "mapping/topic_selection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mapping_fixture.h"

namespace loom::mapping::testing {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

using Items = std::vector<std::string>;

constexpr const char* kShared = R"(schema_version: v1
topics:
  orders:
    table: orders
  payments:
    table: payments
  sensors.special:
    table: special
  ^sensors\.[a-z]+$:
    table: sensors
  ^logs\.:
    table: logs
)";

LoadResult select(const Items& include, const Items& exclude, const std::string& yaml = kShared) {
  LoadResult loaded = load_mapping_text(yaml, "shared.yml");
  select_topics(std::make_shared<const TopicSelection>(include, exclude), loaded);
  return loaded;
}

Items entries(const LoadResult& loaded) {
  Items names;
  for (const auto& topic : loaded.file->topics) names.push_back(topic.topic);
  return names;
}

/// The key of the entry that a topic goes by, or `none`.
std::string entry_of(const LoadResult& loaded, const std::string& topic) {
  const TopicMapping* found = find_topic(*loaded.file, topic);
  return found == nullptr ? "none" : found->topic;
}

Items said(const LoadResult& loaded) {
  Items lines;
  for (const auto& problem : loaded.problems) lines.push_back(to_string(problem));
  return lines;
}

TEST(TopicSelection, WithoutOneEverythingIsTaken) {
  LoadResult loaded = load_mapping_text(kShared, "shared.yml");
  select_topics(nullptr, loaded);
  EXPECT_EQ(entries(loaded).size(), 5U);
  EXPECT_EQ(loaded.file->left_out, 0U);
  EXPECT_EQ(entry_of(loaded, "sensors.gps"), "^sensors\\.[a-z]+$");
}

TEST(TopicSelection, TakesTopicsByNameAndByPattern) {
  const LoadResult by_name = select({"orders"}, {});
  EXPECT_THAT(entries(by_name), ElementsAre("orders"));
  EXPECT_EQ(by_name.file->left_out, 4U);
  EXPECT_EQ(entry_of(by_name, "orders"), "orders");
  EXPECT_EQ(entry_of(by_name, "payments"), "none");
  EXPECT_THAT(said(by_name), IsEmpty());
  EXPECT_THAT(entries(select({"^(orders|pay)"}, {})), ::testing::IsSupersetOf({"orders", "payments"}));
  EXPECT_EQ(entry_of(select({"^(orders|pay)"}, {}), "sensors.special"), "none");
}

TEST(TopicSelection, WhatIsExcludedIsOutWhateverIncludesIt) {
  const LoadResult loaded = select({"orders", "^pay"}, {"payments"});
  EXPECT_THAT(entries(loaded), ElementsAre("orders"));
  EXPECT_THAT(entries(select({}, {"orders", "^sensors"})), ElementsAre("payments", "^logs\\."));
}

TEST(TopicSelection, HoldsForTheRealTopicsOfAPattern) {
  const LoadResult one = select({"sensors.gps"}, {});
  EXPECT_THAT(entries(one), ElementsAre("^sensors\\.[a-z]+$"));
  EXPECT_EQ(entry_of(one, "sensors.gps"), "^sensors\\.[a-z]+$");
  EXPECT_EQ(entry_of(one, "sensors.audio"), "none");
  const LoadResult but_one = select({"^sensors\\."}, {"sensors.gps"});
  EXPECT_THAT(entries(but_one), ElementsAre("sensors.special", "^sensors\\.[a-z]+$"));
  EXPECT_EQ(entry_of(but_one, "sensors.gps"), "none");
  EXPECT_EQ(entry_of(but_one, "sensors.audio"), "^sensors\\.[a-z]+$");
  EXPECT_EQ(entry_of(but_one, "logs.a"), "none");
}

TEST(TopicSelection, AnExcludedNameDoesNotFallBackToAPattern) {
  const LoadResult loaded = select({}, {"sensors.special"});
  EXPECT_EQ(entry_of(loaded, "sensors.special"), "none");
  EXPECT_EQ(entry_of(loaded, "sensors.gps"), "^sensors\\.[a-z]+$");
}

TEST(TopicSelection, APatternOfWhichNothingCanBeTakenIsNotKept) {
  EXPECT_THAT(entries(select({"sensors.special"}, {})), ElementsAre("sensors.special"))
      << "that has an entry of its own";
  EXPECT_THAT(entries(select({"^logs\\.app"}, {})), ElementsAre("^logs\\."));
  EXPECT_THAT(entries(select({}, {"^sensors\\.[a-z]+$"})), ElementsAre("orders", "payments", "^logs\\."));
  EXPECT_THAT(entries(select({}, {"^logs"})), Not(::testing::Contains("^logs\\.")));
  EXPECT_THAT(entries(select({}, {"^logs\\.a"})), ::testing::Contains("^logs\\.")) << "there may be others";
}

TEST(TopicSelection, AnUnknownNameIsAnErrorThatNamesTheNearest) {
  const LoadResult loaded = select({"order"}, {});
  EXPECT_FALSE(loaded.file.has_value());
  EXPECT_THAT(said(loaded), ElementsAre("error: LOOM_TOPICS names the topic `order`, which shared.yml neither has nor "
                                        "matches by a pattern; did you mean `orders`?"));
  const LoadResult excluded = select({}, {"paymnts", "tweets"});
  EXPECT_FALSE(excluded.file.has_value());
  EXPECT_THAT(said(excluded), ElementsAre(AllOf(HasSubstr("LOOM_TOPICS_EXCLUDE"), HasSubstr("`payments`?")),
                                          AllOf(HasSubstr("`tweets`"), HasSubstr("a pattern begins with `^`"))));
}

TEST(TopicSelection, APatternWithoutATopicIsAWarning) {
  const LoadResult loaded = select({"orders", "^tweets"}, {"^emails"});
  ASSERT_TRUE(loaded.file.has_value());
  EXPECT_THAT(said(loaded),
              ElementsAre("warning: LOOM_TOPICS has the pattern `^tweets`, which matches no topic of shared.yml",
                          AllOf(HasSubstr("warning: LOOM_TOPICS_EXCLUDE"), HasSubstr("`^emails`"))));
  EXPECT_THAT(said(select({"^sensors\\.later"}, {})), IsEmpty()) << "there may be such topics";
}

TEST(TopicSelection, APatternThatIsNoneIsAnError) {
  const LoadResult loaded = select({"^(orders"}, {});
  EXPECT_FALSE(loaded.file.has_value());
  EXPECT_THAT(said(loaded), ElementsAre(AllOf(HasSubstr("LOOM_TOPICS has the pattern `^(orders`, which is none: "))));
  EXPECT_THAT(said(select({"^orders\\d*"}, {})), ElementsAre(HasSubstr("[0-9]")));
}

TEST(TopicSelection, NothingLeftIsAnError) {
  const LoadResult all_out = select({}, {"^"});
  EXPECT_FALSE(all_out.file.has_value());
  EXPECT_THAT(said(all_out), ElementsAre(HasSubstr("leave no topic of shared.yml")));
  const LoadResult meets_nothing = select({"orders"}, {"orders"});
  EXPECT_FALSE(meets_nothing.file.has_value());
}

TEST(TopicSelection, AnErrorOfTheFileRefusesItForEverybodyAndWarningsAreTheirsAlone) {
  const std::string wrong = std::string(kShared) + "  tweets:\n    field_mappings: {id: id}\n";
  EXPECT_FALSE(select({"orders"}, {}, wrong).file.has_value()) << "tweets has no table";
  const std::string odd = std::string(kShared) + "  tweets:\n    table: tweets\n    tabel: tweets\n";
  EXPECT_THAT(said(select({"tweets"}, {}, odd)), ElementsAre(HasSubstr("tabel")));
  EXPECT_THAT(said(select({"orders"}, {}, odd)), IsEmpty());
}

TEST(TopicSelection, HasATextThatTellsSelectionsApart) {
  const TopicSelection one({"a", "b"}, {});
  EXPECT_EQ(one.text(), TopicSelection({"a", "b"}, {}).text());
  EXPECT_NE(one.text(), TopicSelection({"a"}, {"b"}).text());
  EXPECT_NE(one.text(), TopicSelection({}, {"a", "b"}).text());
}

TEST(PatternStart, IsWhatEachTopicBeginsWith) {
  const auto start = [](const std::string& pattern) {
    const PatternStart found = pattern_start(pattern);
    return found.text + (found.suffices ? "|all" : "|some");
  };
  EXPECT_EQ(start("^logs"), "logs|all");
  EXPECT_EQ(start("^logs\\..*$"), "logs.|all");
  EXPECT_EQ(start("^logs$"), "logs|some");
  EXPECT_EQ(start("^logs.a"), "logs|some");
  EXPECT_EQ(start("^logs*"), "log|some");
  EXPECT_EQ(start("^logs+"), "logs|some");
  EXPECT_EQ(start("^logs{0,1}x"), "log|some");
  EXPECT_EQ(start("^(logs|x)"), "|some");
  EXPECT_EQ(start("^logs(a|b)"), "logs|some");
  EXPECT_EQ(start("^logs|metrics"), "|some") << "`metrics` may stand anywhere";
  EXPECT_EQ(start("^logs[|]x"), "logs|some");
  EXPECT_EQ(start("^logs[]|]x"), "logs|some");
  EXPECT_EQ(start("^logs\\|x"), "logs|x|all");
  EXPECT_EQ(start("^"), "|all");
  EXPECT_EQ(start("logs"), "|some") << "no pattern";
}

}  // namespace
}  // namespace loom::mapping::testing
