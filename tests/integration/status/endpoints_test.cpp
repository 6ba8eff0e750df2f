// What the running program answers over HTTP, held against its pages.
#include <gmock/gmock.h>

#include <fstream>
#include <iostream>
#include <string>

#include "support/http.h"
#include "support/metric_names.h"
#include "support/service_test.h"

namespace loom::testing {
namespace {

using ::testing::HasSubstr;

class EndpointsTest : public ServiceTest {
 protected:
  EndpointsTest() : EndpointsTest(KafkaServer::shared()) {}
  explicit EndpointsTest(KafkaServer& kafka) : ServiceTest(std::make_unique<PostgresServer>(), kafka) {}

  /// A replica that has stored some messages, one of them bad, and reports the group's lag.
  ServiceHttp start_and_store() {
    topic_ = new_topic("readings", 2);
    map(numbered_mapping(topic_, "readings"));
    database().run(numbered_table("readings"));
    send_numbered(topic_, 0, 1000);
    send(topic_, 0, "not JSON");
    ServiceHttp http(start({{"LOOM_RDKAFKA_SESSION_TIMEOUT_MS", "45000"}}));
    EXPECT_TRUE(await_count("readings", 1000));
    EXPECT_TRUE(await_count("kafka_dead_letters", 1));
    EXPECT_TRUE(await(seconds(15), [&] { return http.get("/status").json()["group"]["reports_lag"] == true; }))
        << http.get("/status").body;
    const auto all_known_and_stored = [&] {
      const auto lag = http.get("/status").json()["lag"];
      return lag["messages"] == 0 && lag["partitions"].size() == 2;
    };
    EXPECT_TRUE(await(seconds(15), all_known_and_stored)) << http.get("/status").body;
    return http;
  }

  /// Waits for what was promised: known within five seconds.
  void expect_ready(const ServiceHttp& http, int status, const std::string& what) {
    const auto since = std::chrono::steady_clock::now();
    EXPECT_TRUE(await(seconds(5), [&] { return http.get("/readyz").status == status; })) << http.get("/readyz").body;
    const auto took = std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - since);
    const HttpAnswer answer = http.get("/readyz");
    std::cout << what << ": /readyz is " << answer.status << " after " << took.count() << " ms: " << answer.body
              << "\n";
    EXPECT_EQ(http.get("/healthz").status, 200);
    EXPECT_EQ(http.get("/status").json()["ready"], status == 200);
  }

  std::string topic_;
};

/// With a broker that may be killed.
class OwnBrokerTest : public EndpointsTest {
 protected:
  OwnBrokerTest() : EndpointsTest(own_broker()) {}
  static KafkaServer& own_broker() {
    static KafkaServer broker;
    return broker;
  }
};

TEST_F(EndpointsTest, EachMetricIsDocumentedAndEachDocumentedIsThere) {
  const ServiceHttp http = start_and_store();
  const HttpAnswer answer = http.get("/metrics");
  ASSERT_EQ(answer.status, 200);
  EXPECT_EQ(answer.content_type, "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_EQ(differences(documented_metrics(), exported_metrics(answer.body)), "") << answer.body;

  const auto series = exported_series(answer.body);
  const auto value = [&](const std::string& one) { return series.contains(one) ? series.at(one) : "none"; };
  const std::string label = "{topic=\"" + topic_ + "\"}";
  EXPECT_EQ(value("kafka_to_db_rows_total{topic=\"" + topic_ + "\",operation=\"insert\"}"), "1000");
  EXPECT_EQ(value("kafka_to_db_stored_messages_total" + label), "1001");
  EXPECT_EQ(value("kafka_to_db_assigned_partitions" + label), "2");
  EXPECT_EQ(value("kafka_to_db_dead_letters_total{reason=\"invalid_json\"}"), "1");
  EXPECT_EQ(value("kafka_to_db_end_to_end_latency_seconds_count"), "1001");
  EXPECT_EQ(value("kafka_to_db_database_up"), "1");
  EXPECT_EQ(value("kafka_to_db_kafka_up"), "1");
  EXPECT_EQ(value("kafka_to_db_pool_max_connections"), "8");
  EXPECT_EQ(value("kafka_consumergroup_lag{group=\"" + group() + "\",topic=\"" + topic_ + "\",partition=\"0\"}"), "0");
}

TEST_F(EndpointsTest, PrometheusOwnCheckerHasNothingToSay) {
  const ServiceHttp http = start_and_store();
  folder().write("metrics.txt", http.get("/metrics").body);
  const std::string command = std::string(LOOM_SOURCE_DIR) + "/scripts/promtool.sh check metrics <" +
                              folder().path_of("metrics.txt") + " >" + folder().path_of("complaints.txt") + " 2>&1";
  const int end = std::system(command.c_str());
  std::ifstream file(folder().path_of("complaints.txt"));
  const std::string complaints{std::istreambuf_iterator<char>(file), {}};
  EXPECT_EQ(end, 0) << complaints;
  EXPECT_THAT(complaints, ::testing::Not(HasSubstr("kafka"))) << complaints;
}

TEST_F(EndpointsTest, ReadinessFollowsTheDatabaseAndTheProcessStaysAlive) {
  const ServiceHttp http = start_and_store();
  ASSERT_TRUE(await(seconds(10), [&] { return http.get("/readyz").status == 200; })) << http.get("/readyz").body;
  own_server_->kill9();
  expect_ready(http, 503, "PostgreSQL killed");
  EXPECT_EQ(http.get("/readyz").json()["database"]["reachable"], false);
  own_server_->restart();
  expect_ready(http, 200, "PostgreSQL back");
  own_server_->freeze();
  expect_ready(http, 503, "PostgreSQL frozen");
  own_server_->thaw();
  expect_ready(http, 200, "PostgreSQL goes on");
}

// The session outlives the outage, as the default of 60 s would: else the partitions have to be dealt out anew first.
TEST_F(OwnBrokerTest, ReadinessFollowsTheBrokerAndTheProcessStaysAlive) {
  const ServiceHttp http = start_and_store();
  ASSERT_TRUE(await(seconds(10), [&] { return http.get("/readyz").status == 200; })) << http.get("/readyz").body;
  own_broker().kill9();
  expect_ready(http, 503, "Kafka killed");
  EXPECT_EQ(http.get("/readyz").json()["kafka"]["reachable"], false);
  own_broker().restart();
  expect_ready(http, 200, "Kafka back");
  own_broker().freeze();
  expect_ready(http, 503, "Kafka frozen");
  own_broker().thaw();
  expect_ready(http, 200, "Kafka goes on");
}

TEST_F(EndpointsTest, EachPathOfThePageAnswers) {
  const ServiceHttp http = start_and_store();
  for (const char* path :
       {"/", "/healthz", "/readyz", "/status", "/topics", "/history", "/validate-config", "/metrics"}) {
    const HttpAnswer answer = http.get(path);
    EXPECT_EQ(answer.status, 200) << path << ": " << answer.body;
    EXPECT_FALSE(answer.body.empty()) << path;
  }
  EXPECT_EQ(http.post("/reload-config").status, 200);
  EXPECT_EQ(http.get("/reload-config").status, 405);
  const HttpAnswer unknown = http.get("/metric");
  EXPECT_EQ(unknown.status, 404);
  EXPECT_THAT(unknown.body, HasSubstr("GET /metrics"));

  const auto status = http.get("/status").json();
  EXPECT_EQ(status["totals"]["rows"], 1000);
  EXPECT_EQ(status["pool"]["max"], 8);
  EXPECT_EQ(status["dead_letters"]["by_reason"]["invalid_json"], 1);
  const auto waiting = [&] { return http.get("/status").json()["dead_letters"]["waiting"]; };
  EXPECT_TRUE(await(seconds(15), [&] { return waiting().is_object() && waiting()["total"] == 1; })) << waiting();
  ASSERT_EQ(command({"dead-letters", "purge", "--all", "--yes"}).exit_code, 0);
  EXPECT_TRUE(await(seconds(15), [&] { return waiting()["total"] == 0; })) << waiting();
  const auto topic = http.get("/topics").json()["topics"][0];
  EXPECT_EQ(topic["dead_letters"], 1) << "since the start";
  EXPECT_EQ(topic["dead_letters_waiting"]["total"], 0);
  EXPECT_EQ(status["topics"][0]["topic"], topic_);
  EXPECT_EQ(status["topics"][0]["state"], "running");
  EXPECT_EQ(status["database"]["reachable"], true);
}

TEST_F(EndpointsTest, APortInUseIsSaid) {
  map(numbered_mapping(new_topic("readings", 1), "readings"));
  const ServiceHttp http(start());
  const std::string port = http.url().substr(http.url().rfind(':') + 1);
  auto& second = start({{"LOOM_HTTP_PORT", port}});
  const auto end = second.await_end(seconds(20));
  ASSERT_TRUE(end) << second.log();
  EXPECT_EQ(end->exit_code, 1) << second.log();
  EXPECT_THAT(second.log(), HasSubstr("cannot listen for HTTP on 0.0.0.0:" + port + ": Address already in use"));
}

}  // namespace
}  // namespace loom::testing
