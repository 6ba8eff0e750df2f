#include "status/documents.h"

#include <gmock/gmock.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

#include "full_snapshot.h"

namespace loom::status {
namespace {

using Json = nlohmann::ordered_json;
using ::testing::HasSubstr;

/// The keys of an object and all below it, in order, an array by its first element. What is keyed by facts (reasons,
/// SQLSTATEs) is a map, and its keys are not part of the document's form.
std::string form(const Json& json) {
  std::string text;
  if (json.is_array()) return json.empty() ? "[]" : "[" + form(json[0]) + "]";
  if (!json.is_object()) return "";
  for (const auto& [key, value] : json.items()) {
    const bool is_map = key.starts_with("by_reason") || key.ends_with("_by_reason") || key.ends_with("_by_sqlstate") ||
                        key.ends_with("_by_cause");
    text += (text.empty() ? "" : " ") + key + (is_map ? "" : form(value));
  }
  return "{" + text + "}";
}

/// The first JSON block of docs/http.md below that heading.
Json documented(const std::string& heading) {
  std::ifstream file(std::string(LOOM_SOURCE_DIR) + "/docs/http.md");
  std::stringstream page;
  page << file.rdbuf();
  const std::string text = page.str();
  const auto begin = text.find("```json\n", text.find(heading)) + 8;
  return Json::parse(text.substr(begin, text.find("```", begin) - begin));
}

class DocumentsTest : public ::testing::Test {
 protected:
  Json status() const { return Json::parse(status_json(full.snapshot)); }
  Json topics() const { return Json::parse(topics_json(full.snapshot)); }

  FullSnapshot full;
};

TEST_F(DocumentsTest, StatusHasTheKeysOfItsPageInTheirOrder) {
  EXPECT_EQ(form(status()), form(documented("## `GET /status`")));
}

TEST_F(DocumentsTest, ReadinessHasTheKeysOfItsPage) {
  EXPECT_EQ(form(Json::parse(readiness(full.snapshot).json)), form(documented("## `GET /readyz`")));
}

TEST_F(DocumentsTest, HistoryHasTheKeysOfItsPage) {
  const std::vector<HistoryPoint> points = {{1'795'273'199'123'456, 10.04, 20, 5},
                                            {1'795'273'200'123'456, 11.06, 21, 6}};
  const Json history = Json::parse(history_json(points));
  EXPECT_EQ(form(history), form(documented("## `GET /history`")));
  EXPECT_EQ(history["time"], Json({1'795'273'199'123, 1'795'273'200'123}));
  EXPECT_EQ(history["messages_per_second"], Json({10.0, 11.1}));
  EXPECT_EQ(history["lag"], Json({5, 6}));
  EXPECT_EQ(Json::parse(history_json({}))["time"], Json::array());
}

TEST_F(DocumentsTest, StatusShowsWhatTheSnapshotHolds) {
  const Json json = status();
  EXPECT_EQ(json["version"], "0.1.0+abc");
  EXPECT_EQ(json["time"], "2026-11-21T15:00:00.000Z");
  EXPECT_EQ(json["uptime_seconds"], 5025.3);
  EXPECT_EQ(json["group"]["member"], "rdkafka-1f2e");
  EXPECT_EQ(json["rates"]["messages_per_second"], 8012.0);
  EXPECT_EQ(json["kafka"]["brokers"][0]["round_trip_seconds"], 0.0012);
  EXPECT_EQ(json["lag"]["messages"], 120);
  EXPECT_EQ(json["lag"]["drain_rate"], 10.5);
  EXPECT_EQ(json["lag"]["catch_up_seconds"], 11.429);
  EXPECT_EQ(json["lag"]["state"], "ok");
  EXPECT_EQ(json["lag"]["notes"], Json({"Kafka did not answer"}));
  EXPECT_EQ(json["batches"]["committed"], 500);
  EXPECT_EQ(json["batches"]["retries_by_sqlstate"], Json::parse(R"({"connection_lost":1,"40001":2})"));
  EXPECT_EQ(json["batches"]["retries_by_cause"], Json::parse(R"({"away":1,"conflict":2})"));
  EXPECT_EQ(json["verdict"]["title"], "TABLE DOES NOT FIT");
  EXPECT_EQ(json["verdict"]["also"][0]["title"], "RELOAD REFUSED");
  EXPECT_EQ(json["troubles"][0]["cause"], "schema");
  EXPECT_EQ(json["troubles"][0]["topics"], Json({"device.gps.raw"}));
  EXPECT_EQ(json["last_minute"]["dead_letters"], 5);
  EXPECT_EQ(json["lag"]["outlook"], "not while a topic is stopped");
  EXPECT_EQ(json["reloads"]["waiting"]["tried_again"], true);
  EXPECT_EQ(json["topics"][0]["trouble"]["title"], "CONFLICTS");
  EXPECT_EQ(json["topics"][0]["last_minute"]["stored"], 4800);
  EXPECT_EQ(json["topics"][1]["trouble"]["cause"], "schema");
  EXPECT_EQ(json["dead_letters"]["by_reason"], Json::parse(R"({"invalid_json":10})"));
  EXPECT_EQ(json["dead_letters"]["examples"][0]["offset"], 77);
  EXPECT_EQ(json["memory"]["batch_bytes"], 12'000'000);
  EXPECT_EQ(json["stopped_topics"].size(), 1u);
  EXPECT_EQ(json["stopped_topics"][0]["next_try_seconds"], 1.8);
  EXPECT_EQ(json["last_errors"][0]["level"], "warning");
  EXPECT_EQ(json["last_errors"][0]["topic"], nullptr);
  EXPECT_EQ(json["last_errors"][0]["times"], 4213);
}

TEST_F(DocumentsTest, WhatIsNotKnownIsNull) {
  const Json unknown = status()["lag"]["partitions"][1];
  for (const char* key : {"committed", "begin", "end", "lag", "seconds", "retention_ratio", "assigned"}) {
    EXPECT_EQ(unknown[key], nullptr) << key;
  }
  EXPECT_EQ(unknown["from"], "none");

  full.snapshot.kafka.reset();
  full.snapshot.member.clear();
  full.snapshot.lag = std::make_shared<lag::GroupLag>();
  const Json json = status();
  EXPECT_EQ(json["kafka"]["fetch_queue_messages"], nullptr);
  EXPECT_EQ(json["kafka"]["brokers"], Json::array());
  EXPECT_EQ(json["group"]["member"], nullptr);
  EXPECT_EQ(json["lag"]["messages"], nullptr);
  EXPECT_EQ(json["lag"]["sampled_at"], nullptr);
}

TEST_F(DocumentsTest, TopicsHasThoseThatAreIdleToo) {
  EXPECT_EQ(status()["topics"].size(), 2u);
  const Json all = topics()["topics"];
  ASSERT_EQ(all.size(), 4u);
  EXPECT_EQ(all[0]["topic"], "^nobody$");
  EXPECT_EQ(all[0]["state"], "idle");
  EXPECT_EQ(all[1]["messages_per_second"], 80.0);
  EXPECT_EQ(all[1]["messages_per_second_1m"], 80.2);
  EXPECT_EQ(all[1]["tables"], Json({"device_audio_raw", "device_audio_words"}));
  EXPECT_EQ(all[1]["lag_seconds"], 0.4);
  EXPECT_EQ(all[1]["last_commit"], "2026-11-21T14:59:59.900Z");
  EXPECT_EQ(all[2]["reason"], "42P01 relation \"gps\" does not exist");
  EXPECT_EQ(all[2]["lag"], nullptr);
  EXPECT_EQ(all[3]["messages"], 0);  // nothing was ever counted for it
  EXPECT_EQ(all[3]["last_commit"], nullptr);
  EXPECT_EQ(form(all[1]), form(documented("## `GET /status`")["topics"][0]));
}

TEST_F(DocumentsTest, TextThatIsNotUtf8IsShownAndDoesNotFail) {
  EXPECT_THAT(status()["dead_letters"]["examples"][0]["message"].get<std::string>(), HasSubstr("not JSON: \uFFFD"));
}

TEST_F(DocumentsTest, ExamplesAreTheNewestFiftyOfAnyNumberOfTopics) {
  full.snapshot.waiting_dead_letters.reset();
  for (int i = 0; i < 80; ++i) {
    full.counters.of("t" + std::to_string(i)).remember({RejectReason::tombstone, "none", 0, i, "", 1'000'000 + i});
  }
  const Json examples = status()["dead_letters"]["examples"];
  EXPECT_EQ(examples.size(), 50u);
  EXPECT_EQ(examples[0]["topic"], "device.audio.raw");
  EXPECT_EQ(examples[1]["topic"], "t79");
}

TEST_F(DocumentsTest, WhenExamplesAreTooManyEachReasonKeepsItsNewest) {
  full.snapshot.waiting_dead_letters.reset();
  full.counters.of("old").remember({RejectReason::out_of_range, "too large", 0, 1, "", 2});
  full.counters.of("older").remember({RejectReason::out_of_range, "larger", 0, 1, "", 1});
  for (int i = 0; i < 80; ++i) {
    full.counters.of("t" + std::to_string(i)).remember({RejectReason::conversion_failed, "no", 0, i, "", 1'000 + i});
  }
  const Json examples = status()["dead_letters"]["examples"];
  EXPECT_EQ(examples.size(), 50u);
  EXPECT_EQ(examples[49]["message"], "too large");
  EXPECT_EQ(examples[48]["topic"], "t32") << "and the others are the newest still";
}

TEST_F(DocumentsTest, WaitingIsApartFromSinceTheStart) {
  const Json json = status()["dead_letters"];
  EXPECT_EQ(json["total"], 10);
  EXPECT_EQ(json["waiting"], Json::parse(R"({"total":6,"at_least":false,"by_reason":{"invalid_json":4,"tombstone":2},)"
                                         R"("sampled_at":"2026-11-21T14:59:57.000Z"})"));
  ASSERT_EQ(json["examples"].size(), 2u);
  EXPECT_EQ(json["examples"][0]["offset"], 77) << "that of the table is not newer";
  EXPECT_EQ(
      json["examples"][1],
      Json::parse(R"({"topic":"device.old.raw","partition":1,"offset":3,"reason":"tombstone","message":"no value",)"
                  R"("trace_id":"4bf9","time":"2026-11-21T14:45:00.000Z"})"))
      << "of what waits since before the start";
  EXPECT_EQ(topics()["topics"][2]["dead_letters_waiting"],
            Json::parse(R"({"total":0,"at_least":false,"by_reason":{}})"));

  auto many = std::make_shared<lag::WaitingDeadLetters>();
  many->topics["device.audio.raw"]["invalid_json"].count = lag::WaitingDeadLetters::kTopicMost;
  many->all_counted = false;
  full.snapshot.waiting_dead_letters = many;
  EXPECT_EQ(status()["dead_letters"]["waiting"]["at_least"], true);
  EXPECT_EQ(topics()["topics"][1]["dead_letters_waiting"]["at_least"], true);
  EXPECT_EQ(topics()["topics"][2]["dead_letters_waiting"], nullptr) << "nobody has come to it";
  full.snapshot.waiting_dead_letters.reset();
  EXPECT_EQ(status()["dead_letters"]["waiting"], nullptr);
  EXPECT_EQ(topics()["topics"][1]["dead_letters_waiting"], nullptr);
}

TEST_F(DocumentsTest, ReadyNeedsBothServersAndTheGroup) {
  EXPECT_TRUE(readiness(full.snapshot).ready);
  EXPECT_EQ(status()["ready"], true);

  full.snapshot.assignment.clear();
  EXPECT_TRUE(readiness(full.snapshot).ready) << "there may be more replicas than partitions";

  full.snapshot.state = "joining";
  EXPECT_FALSE(readiness(full.snapshot).ready);
  full.snapshot.state = "consuming";

  full.snapshot.health.kafka = {false, "no answer", 3};
  EXPECT_FALSE(readiness(full.snapshot).ready);
  full.snapshot.health.kafka = {true, "", 3};

  full.snapshot.health.database = {false, "refused", 3};
  const Readiness away = readiness(full.snapshot);
  EXPECT_FALSE(away.ready);
  EXPECT_EQ(away.json, R"({"ready":false,"reason":"the database does not answer: refused",)"
                       R"("database":{"reachable":false,"error":"refused"},"kafka":{"reachable":true,"error":null},)"
                       R"("assigned":0,"state":"consuming"})");
  EXPECT_EQ(status()["ready"], false);
}

}  // namespace
}  // namespace loom::status
