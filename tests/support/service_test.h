#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "support/await.h"
#include "support/kafka_server.h"
#include "support/kafka_test_client.h"
#include "support/numbered.h"
#include "support/postgres_server.h"
#include "support/service_process.h"
#include "support/temporary_folder.h"

namespace loom::testing {

/// A story about the running program on real servers, with a database, topics and a consumer group of its own.
/// A test that fails shows what its processes logged, where they stand and what became dead letters.
class ServiceTest : public ::testing::Test {
 protected:
  using seconds = std::chrono::seconds;
  using milliseconds = std::chrono::milliseconds;

  /// A database in the shared server, and the shared broker.
  ServiceTest() : ServiceTest(nullptr, KafkaServer::shared()) {}
  /// With servers that the test may kill.
  ServiceTest(std::unique_ptr<PostgresServer> own_server, KafkaServer& kafka);
  /// With a database in the server behind this connection string.
  struct ServerAt {
    std::string url;
  };
  ServiceTest(const ServerAt& server, KafkaServer& kafka);
  void TearDown() override;

  // Kafka
  /// Creates a topic; the name that it really has begins with this test's own prefix.
  std::string new_topic(const std::string& name, std::int32_t partitions);
  KafkaServer& kafka() { return kafka_; }
  TestProducer& producer();
  /// What is sent from now on comes from another producer, which knows nothing of what was acknowledged.
  void change_producer() { producer_.reset(); }
  /// Sends numbered messages [from, to), one partition after the other in turns, and waits until they are in the log.
  void send_numbered(const std::string& topic, std::int64_t from, std::int64_t to);
  void send(const std::string& topic, std::int32_t partition, const std::string& value);

  // The program
  /// Writes the mapping file: the entries below `topics:`.
  void map(const std::string& entries);
  /// What the program is told, `more` over it.
  [[nodiscard]] Environment environment(const Environment& more = {}) const;
  /// Starts one more replica.
  ServiceProcess& start(const Environment& more = {});
  /// Starts one that is told exactly this.
  ServiceProcess& start_with(const Environment& exactly);
  /// The same with another program than the product's.
  ServiceProcess& start_program(const std::string& program, const Environment& exactly);
  /// The same with all its arguments.
  ServiceProcess& start_replica(const std::string& program, std::vector<std::string> arguments,
                                const Environment& exactly);
  /// The same with a configuration file beside its environment.
  ServiceProcess& start_configured(const std::string& file, const Environment& exactly);
  /// Runs a command to its end.
  [[nodiscard]] CommandResult command(const std::vector<std::string>& arguments, const Environment& more = {}) const;
  /// Applies the migrations, so that the tables of offsets and dead letters can be written before the program runs.
  void migrate() const;

  // What became of it
  [[nodiscard]] std::int64_t count(const std::string& from_clause) const;
  [[nodiscard]] bool await_count(const std::string& from_clause, std::int64_t rows, seconds within = seconds(30)) const;
  /// Stored offsets by partition; -1 where none.
  [[nodiscard]] std::vector<std::int64_t> stored_offsets(const std::string& topic) const;
  /// Waits until the stored offset of each partition is the end of its log.
  ::testing::AssertionResult drained(const std::string& topic, seconds within = seconds(30));
  /// Each of the numbered messages stored once and right.
  [[nodiscard]] ::testing::AssertionResult every_one_once(const std::string& table, std::int64_t expected) const;

  [[nodiscard]] const std::string& group() const { return group_; }
  [[nodiscard]] const std::string& bootstrap() const { return kafka_.bootstrap(); }
  [[nodiscard]] const TestDatabase& database() const { return *database_; }
  /// The end of each partition's log.
  std::vector<std::int64_t> log_ends(const std::string& topic);
  [[nodiscard]] const TemporaryFolder& folder() const { return folder_; }
  [[nodiscard]] const std::string& prefix() const { return prefix_; }
  /// For evidence and drained(), of a topic that something else created.
  void know_topic(const std::string& topic, std::int32_t partitions) { topics_[topic] = partitions; }

 private:
  void show_evidence();

  std::string prefix_;
  std::string group_;
  KafkaServer& kafka_;
  std::map<std::string, std::int32_t> topics_;

 protected:
  std::unique_ptr<PostgresServer> own_server_;

 private:
  std::optional<TestDatabase> database_;
  TemporaryFolder folder_;
  std::unique_ptr<TestProducer> producer_;
  std::deque<ServiceProcess> replicas_;  // ended before the database is dropped
};

}  // namespace loom::testing
