#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mapping/mapping_file.h"
#include "mapping/problem.h"
#include "mapping/topic_pattern.h"
#include "mapping_fixture.h"

namespace loom::mapping::testing {
namespace {

TEST(NamesTest, IdentifiersAreQuotedSoThatNoNameCanEndThem) {
  EXPECT_EQ(quote_identifier("plain"), "\"plain\"");
  EXPECT_EQ(quote_identifier("a\"; DROP TABLE x; --"), "\"a\"\"; DROP TABLE x; --\"");
  EXPECT_EQ((TableName{"loom", "events"}.quoted()), "\"loom\".\"events\"");
  EXPECT_EQ((TableName{"", "events"}.quoted()), "\"events\"");
  EXPECT_EQ((TableName{"loom", "events"}.display()), "loom.events");
}

TEST(NamesTest, AProblemReadsLikeACompilersMessageAndLeavesOutWhatItDoesNotHave) {
  EXPECT_EQ(to_string(Problem{Severity::error, "m.yml", 7, "t", "data_types.x", "is wrong"}),
            "m.yml:7: error: topic \"t\", key \"data_types.x\": is wrong");
  EXPECT_EQ(to_string(Problem{Severity::warning, "m.yml", 0, "", "topics", "is empty"}),
            "m.yml: warning: key \"topics\": is empty");
  EXPECT_EQ(to_string(Problem{Severity::error, "", 0, "", "", "bad"}), "error: bad");
}

TEST(NamesTest, ATopicGoesByItsOwnNameFirstAndElseByTheFirstPatternThatMatches) {
  const auto file = loaded(
      "topics:\n"
      "  ^device\\..*: {table: any_device}\n"
      "  ^device\\.gps$: {table: too_late}\n"
      "  device.named: {table: named}\n");
  ASSERT_NE(find_topic(file, "device.named"), nullptr);
  EXPECT_EQ(find_topic(file, "device.named")->table.name, "named");
  EXPECT_EQ(find_topic(file, "device.gps")->table.name, "any_device");
  EXPECT_EQ(find_topic(file, "devices"), nullptr);
  EXPECT_EQ(find_topic(file, "my.device.gps"), nullptr);
}

}  // namespace
}  // namespace loom::mapping::testing
