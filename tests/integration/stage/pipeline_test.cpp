// Pipelines of several programs, from a message that arrives to the row that is stored.
#include <fmt/format.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "stage_test.h"

namespace loom::testing {
namespace {

/// The entry of the repository's own mapping file, for a topic of another name.
std::string mapping_entry(const std::string& topic, const std::string& renamed) {
  std::istringstream file(read_text(LOOM_SOURCE_DIR "/topic_mappings.yml"));
  std::string entry;
  for (std::string line; std::getline(file, line);) {
    if (line == "  " + topic + ":") {
      entry = "  " + renamed + ":\n";
    } else if (!entry.empty()) {
      if (!line.starts_with("    ")) break;
      entry += line + "\n";
    }
  }
  return entry;
}

std::string geocoded(int number, double latitude, double longitude) {
  return fmt::format(
      R"({{"trace_id": "t-{}", "device_id": "phone", "timestamp": "2025-06-01T12:{:02}:{:02}Z", "schema_version": "v1",)"
      R"( "data": {{"latitude": {}, "longitude": {}, "formatted_address": "somewhere", "confidence": 0.5}}}})",
      number, number / 60, number % 60, latitude, longitude);
}

class PipelineTest : public StageTest {
 protected:
  /// As if nothing but the topics' names were special: the repository's mapping, tables that the service makes.
  void map_from_repository(const std::map<std::string, std::string>& renamed) {
    std::string entries;
    for (const auto& [topic, ours] : renamed) entries += mapping_entry(topic, ours);
    folder().write("topic_mappings.yml",
                   "schema_version: v1\ndefaults:\n  upsert_key: device_id, timestamp\n  conflict_strategy: ignore\n"
                   "topics:\n" +
                       entries);
  }
};

TEST_F(PipelineTest, AddressesBecomeRowsOfTheRegionsThatHoldThem) {
  const std::string addresses = new_topic("location.address.geocoded", 3);
  const std::string regions = new_topic("location.georegion.detected", 3);
  map_from_repository({{"location.address.geocoded", addresses}, {"location.georegion.detected", regions}});
  database().run_file(LOOM_SOURCE_DIR "/examples/georegion-detector/georegions.sql");
  database().run(R"(INSERT INTO georegions (id, name, type, center_latitude, center_longitude, radius_meters, polygon)
    VALUES ('home', 'Home', 'home', 52.52, 13.405, 500, NULL),
           ('fiji', 'Fiji', 'country', NULL, NULL, NULL, '[[-20, 177], [-20, -178], [-15, -178], [-15, 177]]'))");
  migrate();
  auto& service = start({{"LOOM_AUTO_CREATE_TABLES", "true"}});
  auto& stage = start_program(LOOM_GEOREGION_DETECTOR, stage_environment({{"GEOREGION_INPUT_TOPIC", addresses},
                                                                          {"GEOREGION_OUTPUT_TOPIC", regions},
                                                                          {"GEOREGION_RELOAD_SECONDS", "1"},
                                                                          {"LOOM_STAGE_EXACTLY_ONCE", "true"}}));
  for (int number = 0; number < 300; ++number) {
    const int where = number % 3;  // at home, in Fiji, at sea
    send(addresses, where,
         where == 0   ? geocoded(number, 52.521, 13.405)
         : where == 1 ? geocoded(number, -17.0, -179.5)
                      : geocoded(number, 0, -30));
  }
  send(addresses, 0, "no address");
  ASSERT_TRUE(await_count("location_georegion_detected", 200, seconds(60))) << stage.log();
  EXPECT_TRUE(await_count("location_address_geocoded", 300));
  EXPECT_EQ(
      database().rows("SELECT georegion_id, georegion_name, georegion_type, device_id, count(*), "
                      "count(DISTINCT trace_id), min(latitude), round(min(distance_to_center_meters)), "
                      "min(confidence_score), min(trigger_source) FROM location_georegion_detected "
                      "GROUP BY 1, 2, 3, 4 ORDER BY 1"),
      (Rows{{"fiji", "Fiji", "country", "phone", "100", "100", "-17", "119867", "0.5", "location.address.geocoded"},
            {"home", "Home", "home", "phone", "100", "100", "52.521", "111", "0.5", "location.address.geocoded"}}));

  // A new region is known a moment later.
  database().run("INSERT INTO georegions VALUES ('sea', 'At sea', 'sea', 0, -30, 1000)");
  int number = 300;
  EXPECT_TRUE(await(seconds(20), [&] {
    send(addresses, 2, geocoded(number++, 0, -30.001));
    return count("location_georegion_detected WHERE georegion_id = 'sea'") > 0;
  }));
  const auto letters = read_topic(bootstrap(), addresses + ".dlq", 1);
  ASSERT_EQ(letters.size(), 1U) << stage.log();
  EXPECT_EQ(letters[0].value, "no address");
  EXPECT_EQ(stage.terminate().value_or(ProcessEnd{}).exit_code, 0) << stage.log();
  EXPECT_EQ(service.terminate().value_or(ProcessEnd{}).exit_code, 0);
}

/// The stage of docs/add-a-stage.md, built from the page itself.
TEST_F(PipelineTest, TheStageOfTheGuideWorksAndItsHintsReachTheRow) {
  const std::string feedback = new_topic("external.feedback.raw", 2);
  const std::string sentiment = new_topic("analysis.sentiment.results", 2);
  map(mapping_entry("external.feedback.raw", feedback) + "  " + sentiment + R"(:
    table: analysis_sentiment_results
    field_mappings:
      trace_id: trace_id
      device_id: device_id
      timestamp: timestamp
      pipeline_hint: pipeline_hint
      data.content: content
      data.sentiment: sentiment
    data_types:
      timestamp: timestamp
    upsert_key: device_id, timestamp
)");
  migrate();
  start({{"LOOM_AUTO_CREATE_TABLES", "true"}});
  auto& stage =
      start_program(LOOM_GUIDE_STAGE, stage_environment({{"INPUT_TOPIC", feedback}, {"OUTPUT_TOPIC", sentiment}}));
  send(feedback, 0, R"({"trace_id": "f-1", "device_id": "web", "timestamp": "2025-06-01T12:00:00Z",
    "message_type": "customer_feedback", "pipeline_hint": "sentiment", "data": {"content": "A good thing"}})");
  send(feedback, 1, R"({"trace_id": "f-2", "device_id": "web", "timestamp": "2025-06-01T12:00:01Z",
    "pipeline_hint": "sentiment", "data": {"content": "It broke"}})");
  ASSERT_TRUE(await_count("analysis_sentiment_results", 2, seconds(60))) << stage.log();
  EXPECT_EQ(database().rows("SELECT trace_id, pipeline_hint, content, sentiment FROM analysis_sentiment_results "
                            "ORDER BY trace_id"),
            (Rows{{"f-1", "sentiment", "A good thing", "positive"}, {"f-2", "sentiment", "It broke", "neutral"}}));
  EXPECT_TRUE(await_count("external_feedback_raw WHERE pipeline_hint = 'sentiment'", 2));
  EXPECT_EQ(stage.terminate().value_or(ProcessEnd{}).exit_code, 0) << stage.log();
}

TEST_F(PipelineTest, AWrongSettingEndsAStageWithAWordAboutIt) {
  auto& stage = start_program(LOOM_GEOREGION_DETECTOR, stage_environment({{"LOOM_STAGE_RETRIES", "many"}}));
  const auto end = stage.await_end(seconds(10));
  ASSERT_TRUE(end.has_value());
  EXPECT_EQ(end->exit_code, 1);
  EXPECT_TRUE(stage.logged("LOOM_STAGE_RETRIES")) << stage.log();
}

}  // namespace
}  // namespace loom::testing
