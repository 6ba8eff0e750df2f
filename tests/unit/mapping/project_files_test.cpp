#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "mapping/ddl.h"
#include "mapping/topic_pattern.h"
#include "mapping_fixture.h"

/// The mapping file that the project ships, and the examples in its documentation.
namespace loom::mapping::testing {
namespace {

using ::testing::AllOf;

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const std::string kSourceDir = LOOM_SOURCE_DIR;

class ShippedFile : public ::testing::Test {
 protected:
  void SetUp() override {
    auto result = load_mapping_file(kSourceDir + "/topic_mappings.yml");
    ASSERT_THAT(shown(result.problems), IsEmpty());
    file_ = std::move(*result.file);
    std::vector<Problem> problems;
    definitions_ = table_definitions(file_, problems);
    ASSERT_THAT(shown(problems), IsEmpty());
  }

  const TopicMapping& topic(const std::string& name) const {
    const TopicMapping* found = find_topic(file_, name);
    if (found == nullptr) throw std::runtime_error("no mapping for " + name);
    return *found;
  }
  std::string sql_of(const std::string& table) const {
    for (const auto& definition : definitions_) {
      if (definition.table.name.name == table) return definition.to_sql();
    }
    throw std::runtime_error("no definition of " + table);
  }
  TopicPlan plan_of(const std::string& name) const {
    auto result = compile(topic(name), DefinedCatalog(definitions_), file_.path);
    EXPECT_THAT(shown(result.problems), IsEmpty());
    return std::move(result.plan.value());
  }

  MappingFile file_;
  std::vector<TableDefinition> definitions_;
};

TEST_F(ShippedFile, EveryTopicCompilesAgainstTheTablesItDefinesWithoutAWarning) {
  EXPECT_GE(file_.topics.size(), 45U);
  const DefinedCatalog catalog(definitions_);
  for (const auto& topic : file_.topics) {
    const auto result = compile(topic, catalog, file_.path);
    EXPECT_TRUE(result.plan.has_value()) << topic.topic;
    EXPECT_THAT(shown(result.problems), IsEmpty()) << topic.topic;
  }
}

TEST_F(ShippedFile, CoversTheTopicsThatLoomHas) {
  for (const char* name : {"device.audio.raw",
                           "device.video.screen.raw",
                           "device.image.camera.raw",
                           "device.image.screenshot.raw",
                           "device.sensor.gps.raw",
                           "device.sensor.accelerometer.raw",
                           "device.sensor.accelerometer.windowed",
                           "device.health.heartrate.raw",
                           "device.state.power.raw",
                           "device.system.apps.macos.raw",
                           "device.network.wifi.raw",
                           "os.events.notifications.raw",
                           "digital.notes.raw",
                           "external.twitter.liked.raw",
                           "external.twitter.images.raw",
                           "external.feedback.raw",
                           "media.audio.vad_filtered",
                           "media.text.transcribed.words",
                           "media.image.analysis.minicpm_results",
                           "media.image.analysis.moondream_results",
                           "analysis.sentiment.results",
                           "analysis.text.embedded.emails",
                           "task.url.ingest",
                           "location.address.geocoded",
                           "motion.classification.activity",
                           "location.georegion.detected",
                           "device.app_usage.android.aggregated"}) {
    EXPECT_NE(find_topic(file_, name), nullptr) << name;
  }
  for (const auto& topic : file_.topics) EXPECT_FALSE(topic.description.empty()) << topic.topic;
}

TEST_F(ShippedFile, AudioInsideDataIsTriedBeforeDataItself) {
  const auto plan = plan_of("device.audio.raw");
  EXPECT_THAT(sources(plan, column(plan.tables[0], "audio_data").sources),
              ElementsAre("chunk_data", "data.audio_data", "data.chunk_data", "data"));
  EXPECT_THAT(key(plan.tables[0]), ElementsAre("device_id", "timestamp"));
}

TEST_F(ShippedFile, WordsBecomeRowsWithTheirPlaceInTheKey) {
  const auto plan = plan_of("media.text.transcribed.words");
  EXPECT_THAT(key(plan.tables.at(0)), ElementsAre("device_id", "timestamp", "word_sequence"));
  EXPECT_THAT(sources(plan, column(plan.tables[0], "word_text").sources), ElementsAre("[0].word"));
}

TEST_F(ShippedFile, AndroidUsageHasItsChildTables) {
  const auto plan = plan_of("device.app_usage.android.aggregated");
  ASSERT_EQ(plan.tables.size(), 5U);
  EXPECT_EQ(column(plan.tables[1], "last_time_used").value_type, ValueType::timestamp);
  EXPECT_EQ(column(plan.tables[1], "aggregation_period_start").info.type, ColumnType::timestamptz);
  EXPECT_EQ(column(plan.tables[3], "percentage_of_total").value_type, ValueType::floating);
}

TEST_F(ShippedFile, TweetsAndTheirEmbeddingsShareATable) {
  const std::string sql = sql_of("twitter_posts");
  EXPECT_THAT(sql, AllOf(HasSubstr("\"tweet_text\" TEXT"), HasSubstr("\"embedding\" REAL[]"),
                         HasSubstr("PRIMARY KEY (\"tweet_id\")")));
  EXPECT_EQ(topic("analysis.text.embedded.twitter").conflict_strategy, ConflictStrategy::update);
}

TEST_F(ShippedFile, MoondreamIsMappedByNamesAlone) {
  EXPECT_TRUE(topic("media.image.analysis.moondream_results").is_minimal());
  const auto plan = plan_of("media.image.analysis.moondream_results");
  EXPECT_EQ(plan.tables[0].columns.size(), 6U);
}

TEST_F(ShippedFile, TheAccelerometerTableIsAsExpected) {
  EXPECT_EQ(sql_of("device_sensor_accelerometer_raw"), R"(CREATE TABLE IF NOT EXISTS "device_sensor_accelerometer_raw" (
    "trace_id" TEXT,
    "device_id" TEXT COLLATE "C" NOT NULL,
    "timestamp" TIMESTAMPTZ NOT NULL,
    "schema_version" TEXT,
    "x_axis" DOUBLE PRECISION,
    "y_axis" DOUBLE PRECISION,
    "z_axis" DOUBLE PRECISION,
    "magnitude" DOUBLE PRECISION,
    "sample_rate" BIGINT,
    "activity" TEXT,
    "device_orientation" TEXT,
    PRIMARY KEY ("device_id", "timestamp")
);
)");
}

/// The ```yaml blocks of a page.
std::vector<std::string> yaml_examples(const std::string& page) {
  std::ifstream input(kSourceDir + page);
  EXPECT_TRUE(input) << page;
  std::vector<std::string> examples;
  bool inside = false;
  for (std::string line; std::getline(input, line);) {
    if (line == "```yaml") {
      inside = true;
      examples.emplace_back();
    } else if (line == "```") {
      inside = false;
    } else if (inside) {
      examples.back() += line + "\n";
    }
  }
  return examples;
}

TEST(DocumentedExamples, LoadAndCompileAsTheyStand) {
  const auto examples = yaml_examples("/docs/mapping.md");
  EXPECT_GE(examples.size(), 5U);
  for (const auto& example : examples) {
    SCOPED_TRACE(example);
    auto result = load_mapping_text(example, "docs/mapping.md");
    ASSERT_THAT(shown(result.problems), IsEmpty());
    std::vector<Problem> problems;
    const DefinedCatalog catalog(table_definitions(*result.file, problems, TablesOf::all_topics));
    EXPECT_THAT(shown(problems), IsEmpty());
    for (const auto& topic : result.file->topics) {
      EXPECT_THAT(shown(compile(topic, catalog, "docs/mapping.md").problems), IsEmpty());
    }
  }
}

}  // namespace
}  // namespace loom::mapping::testing
