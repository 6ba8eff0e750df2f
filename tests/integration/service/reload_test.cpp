// Another mapping or configuration put in place while the service runs.
#include <csignal>

#include "support/http.h"
#include "support/service_test.h"

namespace loom::testing {
namespace {

class ReloadTest : public ServiceTest {
 protected:
  ReloadTest() : first_(new_topic("first", 2)), second_(new_topic("second", 2)) {
    database().run(numbered_table("first_rows"));
    database().run(numbered_table("second_rows"));
    map(numbered_mapping(first_, "first_rows"));
  }

  void map_both() { map(numbered_mapping(first_, "first_rows") + numbered_mapping(second_, "second_rows")); }

  /// The service, once it stores messages of the first topic.
  ServiceProcess& start_storing(const Environment& more = {}) {
    ServiceProcess& service = start(more);
    send_numbered(first_, 0, 100);
    EXPECT_TRUE(await_count("first_rows", 100)) << "it does not store anything";
    return service;
  }

  std::string first_;
  std::string second_;
};

TEST_F(ReloadTest, AnAddedTopicIsStoredFromItsFirstMessageOn) {
  const ServiceHttp http(start_storing({{"LOOM_WATCH_FILES", "false"}}));
  send_numbered(second_, 0, 500);
  map_both();
  const HttpAnswer answer = http.post("/reload-config");
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(answer.json().at("applied"), true);
  EXPECT_EQ(answer.json().at("added"), nlohmann::json::array({second_}));
  EXPECT_EQ(answer.json().at("removed"), nlohmann::json::array());
  ASSERT_TRUE(drained(second_));
  EXPECT_TRUE(every_one_once("second_rows", 500));
  EXPECT_TRUE(every_one_once("first_rows", 100));
}

TEST_F(ReloadTest, ARemovedTopicWaitsAndGoesOnWhereItStoodWhenItIsBack) {
  map_both();
  const ServiceHttp http(start_storing({{"LOOM_WATCH_FILES", "false"}}));
  send_numbered(second_, 0, 300);
  ASSERT_TRUE(drained(second_));
  map(numbered_mapping(first_, "first_rows"));
  const HttpAnswer removed = http.post("/reload-config");
  ASSERT_EQ(removed.status, 200) << removed.body;
  EXPECT_EQ(removed.json().at("removed"), nlohmann::json::array({second_}));
  ASSERT_TRUE(await(seconds(10), [&] { return http.get("/status").json().at("assignment").size() == 2; }))
      << http.get("/status").body;
  send_numbered(second_, 300, 600);
  send_numbered(first_, 100, 400);
  ASSERT_TRUE(drained(first_));
  EXPECT_EQ(count("second_rows"), 300);
  map_both();
  ASSERT_EQ(http.post("/reload-config").status, 200);
  ASSERT_TRUE(drained(second_));
  EXPECT_TRUE(every_one_once("second_rows", 600));
  EXPECT_TRUE(every_one_once("first_rows", 400));
}

TEST_F(ReloadTest, AWrongMappingIsRefusedWithItsErrorsAndTheOldOneStays) {
  const ServiceHttp http(start_storing({{"LOOM_WATCH_FILES", "false"}}));
  map(numbered_mapping(first_, "first_rows") + "  " + second_ + ":\n    table: no_such_table\n");
  const HttpAnswer checked = http.get("/validate-config");
  EXPECT_EQ(checked.status, 422);
  EXPECT_EQ(checked.json().at("valid"), false);
  const HttpAnswer answer = http.post("/reload-config");
  EXPECT_EQ(answer.status, 422);
  EXPECT_EQ(answer.json().at("applied"), false);
  ASSERT_FALSE(answer.json().at("errors").empty());
  EXPECT_NE(answer.json().at("errors").at(0).get<std::string>().find("no_such_table"), std::string::npos)
      << answer.body;
  EXPECT_EQ(http.get("/status").json().at("reloads").at("refused"), 1);
  send_numbered(first_, 100, 300);
  ASSERT_TRUE(drained(first_));
  EXPECT_TRUE(every_one_once("first_rows", 300));
}

TEST_F(ReloadTest, AFileThatIsNoMappingIsRefused) {
  const ServiceHttp http(start_storing({{"LOOM_WATCH_FILES", "false"}}));
  map("  : : [\n");
  const HttpAnswer answer = http.post("/reload-config");
  EXPECT_EQ(answer.status, 422);
  EXPECT_FALSE(answer.json().at("errors").empty());
}

TEST_F(ReloadTest, SighupReloads) {
  ServiceProcess& service = start_storing({{"LOOM_WATCH_FILES", "false"}});
  send_numbered(second_, 0, 200);
  map_both();
  service.send(SIGHUP);
  ASSERT_TRUE(drained(second_));
  EXPECT_TRUE(every_one_once("second_rows", 200));
  EXPECT_TRUE(service.logged("reload (SIGHUP): 1 topic added"));
}

TEST_F(ReloadTest, AChangedFileIsTakenByItself) {
  ServiceProcess& service = start_storing();
  send_numbered(second_, 0, 200);
  map_both();
  ASSERT_TRUE(drained(second_));
  EXPECT_TRUE(every_one_once("second_rows", 200));
  EXPECT_TRUE(service.logged("reload (file changed): 1 topic added"));
}

TEST_F(ReloadTest, ANewColumnIsFilledFromTheReloadOn) {
  const ServiceHttp http(start_storing({{"LOOM_WATCH_FILES", "false"}}));
  database().run("ALTER TABLE first_rows ADD COLUMN again text");
  std::string mapping = numbered_mapping(first_, "first_rows");
  const std::string line = "      checksum: checksum\n";
  mapping.replace(mapping.find(line), line.size(), "      checksum: [checksum, again]\n");
  map(mapping);
  const HttpAnswer answer = http.post("/reload-config");
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(answer.json().at("changed"), nlohmann::json::array({first_}));
  send_numbered(first_, 100, 400);
  ASSERT_TRUE(drained(first_));
  EXPECT_TRUE(every_one_once("first_rows", 400));
  EXPECT_EQ(count("first_rows WHERE again = checksum"), 300);
}

TEST_F(ReloadTest, AMappingEditedBeforeItsAlterTableIsTakenByItselfAfterIt) {
  ServiceProcess& service = start_storing();
  const ServiceHttp http(service);
  std::string mapping = numbered_mapping(first_, "first_rows");
  const std::string line = "      checksum: checksum\n";
  mapping.replace(mapping.find(line), line.size(), "      checksum: [checksum, again]\n");
  map(mapping);
  nlohmann::json status;
  const auto refused = [&] {
    status = http.get("/status").json();
    return !status.at("reloads").at("waiting").is_null();
  };
  ASSERT_TRUE(await(seconds(10), refused)) << status.dump(1);
  EXPECT_EQ(status.at("verdict").at("title"), "RELOAD REFUSED") << status.at("verdict").dump(1);
  EXPECT_NE(status.at("verdict").at("text").get<std::string>().find("no column `again`"), std::string::npos)
      << status.at("verdict").dump(1);
  send_numbered(first_, 100, 200);
  ASSERT_TRUE(drained(first_));

  database().run("ALTER TABLE first_rows ADD COLUMN again text");
  ASSERT_TRUE(await(seconds(20), [&] { return !refused(); })) << status.at("reloads").dump(1);
  EXPECT_EQ(status.at("reloads").at("applied"), 1);
  EXPECT_EQ(status.at("reloads").at("refused"), 1) << "that it is tried again is no further refusal";
  EXPECT_EQ(status.at("verdict").at("title"), "OK") << status.at("verdict").dump(1);
  send_numbered(first_, 200, 400);
  ASSERT_TRUE(drained(first_));
  EXPECT_TRUE(every_one_once("first_rows", 400));
  EXPECT_EQ(count("first_rows WHERE again = checksum"), 200);
}

TEST_F(ReloadTest, WhatOnlyTheFileCanMendIsNotTriedAgain) {
  const ServiceHttp http(start_storing({{"LOOM_WATCH_FILES", "false"}}));
  map("  : : [\n");
  ASSERT_EQ(http.post("/reload-config").status, 422);
  const nlohmann::json waiting = http.get("/status").json().at("reloads").at("waiting");
  EXPECT_EQ(waiting.at("tried_again"), false) << waiting.dump(1);
  map(numbered_mapping(first_, "first_rows"));
  ASSERT_EQ(http.post("/reload-config").status, 200);
  EXPECT_TRUE(http.get("/status").json().at("reloads").at("waiting").is_null());
}

TEST_F(ReloadTest, SettingsOfTheConfigurationFileChangeInPlace) {
  const std::string file = folder().write("config.yml", "loom_kafka_batch_timeout: 0.5\nloom_db_max_pool_size: 6\n");
  Environment told = environment({{"LOOM_WATCH_FILES", "false"}});
  told.erase("LOOM_DB_MAX_POOL_SIZE");
  const ServiceHttp http(start_configured(file, told));
  ASSERT_TRUE(await(seconds(20), [&] { return http.get("/readyz").status == 200; }));
  EXPECT_EQ(http.get("/status").json().at("pool").at("max"), 6);
  folder().write("config.yml",
                 "loom_kafka_batch_timeout: 0.05\nloom_db_max_pool_size: 3\n"
                 "loom_rdkafka_fetch_wait_max_ms: 50\n");
  const HttpAnswer answer = http.post("/reload-config");
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(answer.json().at("client_recreated"), true) << answer.body;
  EXPECT_NE(answer.json().at("settings").dump().find("LOOM_KAFKA_BATCH_TIMEOUT"), std::string::npos) << answer.body;
  EXPECT_EQ(http.get("/status").json().at("pool").at("max"), 3);
  send_numbered(first_, 0, 500);
  ASSERT_TRUE(drained(first_));
  EXPECT_TRUE(every_one_once("first_rows", 500));
}

TEST_F(ReloadTest, FilesOfSettingsAreReadAgainAtEachReloadAndNotBefore) {
  const std::string client_id = folder().write("client-id", "before\n");
  const std::string url = folder().write("url", database().url());
  Environment told = environment({{"LOOM_RDKAFKA_CLIENT_ID_FILE", client_id}, {"LOOM_DATABASE_URL_FILE", url}});
  told.erase("LOOM_DATABASE_URL");
  const std::string file = folder().write("config.yml", "loom_kafka_batch_timeout: 0.5\n");
  ServiceProcess& service = start_configured(file, told);
  const ServiceHttp http(service);
  ASSERT_TRUE(await(seconds(20), [&] { return http.get("/readyz").status == 200; }));

  folder().write("client-id", "after\n");
  folder().write("url",
                 database().url() + (database().url().find('?') == std::string::npos ? "?" : "&") + "keepalives=1");
  // The configuration file is watched, and brings the others along.
  folder().write("config.yml", "loom_kafka_batch_timeout: 0.4\n");
  ASSERT_TRUE(await(seconds(20), [&] { return http.get("/status").json().at("reloads").at("applied") == 1; }));
  EXPECT_TRUE(service.logged("LOOM_RDKAFKA_*"));
  EXPECT_TRUE(service.logged("; a new Kafka client"));
  EXPECT_TRUE(service.logged("LOOM_DATABASE_URL changed: takes effect at the next start"));

  folder().write("client-id", "later\n");
  const HttpAnswer answer = http.post("/reload-config");
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(answer.json().at("client_recreated"), true) << answer.body;
  send_numbered(first_, 0, 100);
  ASSERT_TRUE(drained(first_));
  EXPECT_TRUE(every_one_once("first_rows", 100));
}

TEST_F(ReloadTest, ASettingThatKafkaRefusesIsRefusedAndTheOldOneStays) {
  const std::string file = folder().write("config.yml", "loom_rdkafka_fetch_wait_max_ms: 100\n");
  const ServiceHttp http(start_configured(file, environment({{"LOOM_WATCH_FILES", "false"}})));
  send_numbered(first_, 0, 100);
  ASSERT_TRUE(drained(first_));
  folder().write("config.yml", "loom_rdkafka_fetch_wait_max_ms: soon\n");
  const HttpAnswer answer = http.post("/reload-config");
  EXPECT_EQ(answer.status, 422);
  EXPECT_NE(answer.body.find("fetch.wait.max.ms"), std::string::npos) << answer.body;
  send_numbered(first_, 100, 300);
  ASSERT_TRUE(drained(first_));
  EXPECT_TRUE(every_one_once("first_rows", 300));
}

}  // namespace
}  // namespace loom::testing
