#include "support/service_test.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <iostream>
#include <stdexcept>

namespace loom::testing {

namespace {

constexpr std::size_t kLinesShown = 60;

}  // namespace

// Kafka keeps topics and groups of tests that ran before; nothing of theirs may be met again.
ServiceTest::ServiceTest(std::unique_ptr<PostgresServer> own_server, KafkaServer& kafka)
    : prefix_(unique_name("service")), group_(prefix_ + "-group"), kafka_(kafka), own_server_(std::move(own_server)) {
  if (own_server_ != nullptr) {
    database_.emplace(*own_server_);
  } else {
    database_.emplace();
  }
}

ServiceTest::ServiceTest(const ServerAt& server, KafkaServer& kafka)
    : prefix_(unique_name("service")), group_(prefix_ + "-group"), kafka_(kafka) {
  database_.emplace(server.url);
  // A standby that is asked first may not have it yet, and then libpq asks no other host.
  const bool there = await(seconds(20), [this] {
    try {
      return !database_->value("SELECT 1").empty();
    } catch (const std::runtime_error&) {
      return false;
    }
  });
  if (!there) throw std::runtime_error("the database that was created cannot be connected to: " + database_->url());
}

void ServiceTest::TearDown() {
  if (HasFailure()) show_evidence();
  for (auto& replica : replicas_) {
    if (replica.running()) replica.kill9();
  }
}

// ---- Kafka

std::string ServiceTest::new_topic(const std::string& name, std::int32_t partitions) {
  std::string topic = prefix_ + "." + name;
  kafka_.create_topic(topic, partitions);
  topics_[topic] = partitions;
  return topic;
}

TestProducer& ServiceTest::producer() {
  if (producer_ == nullptr) producer_ = std::make_unique<TestProducer>(bootstrap());
  return *producer_;
}

void ServiceTest::send_numbered(const std::string& topic, std::int64_t from, std::int64_t to) {
  const std::int32_t partitions = topics_.at(topic);
  for (std::int64_t number = from; number < to; ++number) {
    producer().send(topic, {.value = numbered_message(number),
                            .key = std::to_string(number),
                            .partition = static_cast<std::int32_t>(number % partitions),
                            .headers = {}});
  }
  producer().flush();
}

std::vector<std::int64_t> ServiceTest::log_ends(const std::string& topic) {
  std::vector<std::int64_t> ends;
  ends.reserve(static_cast<std::size_t>(topics_.at(topic)));
  for (std::int32_t i = 0; i < topics_.at(topic); ++i) ends.push_back(kafka_.end_offset(topic, i));
  return ends;
}

void ServiceTest::send(const std::string& topic, std::int32_t partition, const std::string& value) {
  producer().send(topic, {.value = value, .key = {}, .partition = partition, .headers = {}});
  producer().flush();
}

// ---- The program

void ServiceTest::map(const std::string& entries) {
  folder_.write("topic_mappings.yml", "schema_version: v1\ntopics:\n" + entries);
}

Environment ServiceTest::environment(const Environment& more) const {
  Environment all{{"LOOM_DATABASE_URL", database_->url()},
                  {"LOOM_KAFKA_BOOTSTRAP_SERVERS", bootstrap()},
                  {"LOOM_KAFKA_GROUP_ID", group_},
                  {"LOOM_TOPIC_MAPPINGS", folder_.path_of("topic_mappings.yml")},
                  {"LOOM_AUTO_MIGRATE", "true"},
                  {"LOOM_HTTP_PORT", "0"},
                  {"LOOM_LOG_FORMAT", "text"},
                  {"LOOM_DB_MIN_POOL_SIZE", "1"},
                  {"LOOM_DB_MAX_POOL_SIZE", "8"},
                  // The shortest that brokers allow: a member that was killed keeps its partitions for so long.
                  {"LOOM_RDKAFKA_SESSION_TIMEOUT_MS", "6000"},
                  {"LOOM_RDKAFKA_HEARTBEAT_INTERVAL_MS", "500"}};
  for (const auto& [name, value] : more) all[name] = value;
  return all;
}

ServiceProcess& ServiceTest::start(const Environment& more) { return start_with(environment(more)); }

ServiceProcess& ServiceTest::start_with(const Environment& exactly) { return start_program(LOOM_PROGRAM, exactly); }

ServiceProcess& ServiceTest::start_program(const std::string& program, const Environment& exactly) {
  return start_replica(program, {"run"}, exactly);
}

ServiceProcess& ServiceTest::start_configured(const std::string& file, const Environment& exactly) {
  return start_replica(LOOM_PROGRAM, {"run", "--config", file}, exactly);
}

ServiceProcess& ServiceTest::start_replica(const std::string& program, std::vector<std::string> arguments,
                                           const Environment& exactly) {
  const std::string log = folder_.path_of(fmt::format("replica-{}.log", replicas_.size() + 1));
  replicas_.emplace_back(program, std::move(arguments), exactly, log);
  replicas_.back().start();
  return replicas_.back();
}

CommandResult ServiceTest::command(const std::vector<std::string>& arguments, const Environment& more) const {
  return run_command(LOOM_PROGRAM, arguments, environment(more));
}

void ServiceTest::migrate() const {
  const CommandResult done = command({"migrate"});
  if (done.exit_code != 0) throw std::runtime_error("migrate failed: " + done.err);
}

// ---- What became of it

std::int64_t ServiceTest::count(const std::string& from_clause) const {
  return std::stoll(database_->value("SELECT count(*) FROM " + from_clause));
}

bool ServiceTest::await_count(const std::string& from_clause, std::int64_t rows, seconds within) const {
  return await(
      within,
      [&] {
        try {
          return count(from_clause) >= rows;
        } catch (const std::runtime_error&) {
          return false;  // the table may not be there yet, or the server may be away
        }
      },
      milliseconds(50));
}

std::vector<std::int64_t> ServiceTest::stored_offsets(const std::string& topic) const {
  std::vector<std::int64_t> offsets(static_cast<std::size_t>(topics_.at(topic)), -1);
  const auto rows =
      database_->rows("SELECT partition, next_offset FROM kafka_consumer_offsets WHERE consumer_group = '" + group_ +
                      "' AND topic = '" + topic + "'");
  for (const auto& row : rows) offsets.at(std::stoul(row[0])) = std::stoll(row[1]);
  return offsets;
}

::testing::AssertionResult ServiceTest::drained(const std::string& topic, seconds within) {
  std::vector<std::int64_t> stored;
  std::vector<std::int64_t> ends = log_ends(topic);
  const bool done = await(
      within,
      [&] {
        try {
          stored = stored_offsets(topic);
        } catch (const std::runtime_error&) {
          return false;  // the table may not be there yet, or the server may be away
        }
        // The records that end a transaction come a moment after its producer was answered.
        if (stored != ends) ends = log_ends(topic);
        return stored == ends;
      },
      milliseconds(50));
  if (done) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << topic << ": stored offsets [" << fmt::format("{}", fmt::join(stored, ", "))
                                       << "], ends of the log [" << fmt::format("{}", fmt::join(ends, ", ")) << "]";
}

::testing::AssertionResult ServiceTest::every_one_once(const std::string& table, std::int64_t expected) const {
  const Verdict verdict = judge(*database_, table, expected);
  if (verdict.clean()) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << table << ": " << verdict.describe();
}

void ServiceTest::show_evidence() {
  int number = 0;
  for (auto& replica : replicas_) {
    std::cout << "---- replica " << ++number << ", process " << replica.pid()
              << (replica.running() ? ", runs" : ", ended") << ", its last lines:\n"
              << last_lines(replica.log(), kLinesShown);
  }
  try {
    for (const auto& [topic, partitions] : topics_) {
      std::cout << fmt::format("---- {}: stored offsets [{}], ends of the log [{}], in Kafka [{}]\n", topic,
                               fmt::join(stored_offsets(topic), ", "), fmt::join(log_ends(topic), ", "),
                               fmt::join(committed_in_kafka(bootstrap(), group_, topic, partitions), ", "));
    }
    for (const auto& row : database_->rows("SELECT topic, reason, sqlstate, count(*), min(message) FROM "
                                           "kafka_dead_letters GROUP BY 1, 2, 3 ORDER BY 1, 2, 3")) {
      std::cout << "---- dead letters: " << fmt::format("{}", fmt::join(row, " | ")) << '\n';
    }
  } catch (const std::exception& error) {
    std::cout << "---- no more evidence: " << error.what() << '\n';
  }
  std::cout << std::flush;
}

}  // namespace loom::testing
