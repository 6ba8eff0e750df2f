#include "fault_test.h"

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <thread>

namespace loom::testing {

namespace {

/// Room for the WAL of the seconds in which nobody writes it.
std::vector<std::string> roomy() { return {"wal_buffers=64MB", "shared_buffers=256MB", "max_wal_size=4GB"}; }

unsigned seed_of_the_day() {
  const char* given = std::getenv("LOOM_FAULT_SEED");
  return given != nullptr && *given != '\0' ? static_cast<unsigned>(std::stoul(given)) : std::random_device()();
}

}  // namespace

FaultTest::FaultTest(KafkaServer& kafka)
    : ServiceTest(std::make_unique<PostgresServer>(roomy()), kafka), topic_(new_topic("numbers", 6)) {
  const unsigned seed = seed_of_the_day();
  random_.seed(seed);
  std::cout << "LOOM_FAULT_SEED=" << seed << std::endl;
  RecordProperty("LOOM_FAULT_SEED", std::to_string(seed));
  map(numbered_mapping(topic_, "numbers"));
  database().run(numbered_table("numbers"));
}

void FaultTest::pass(milliseconds time) const { std::this_thread::sleep_for(time); }

ServiceProcess& FaultTest::start_with_name() { return start({{"LOOM_RDKAFKA_GROUP_INSTANCE_ID", prefix()}}); }

std::int64_t FaultTest::kill_and_start(ServiceProcess& service) {
  const std::int64_t rows = count("numbers");
  const pid_t before = service.pid();
  EXPECT_TRUE(service.running()) << "it ended by itself";
  const ProcessEnd end = service.kill9();
  EXPECT_EQ(end.signal, SIGKILL);
  service.start();
  EXPECT_NE(service.pid(), before);
  return rows;
}

std::int64_t FaultTest::kill_and_start_database(milliseconds away) {
  // Without synchronous_commit a commit waits for nothing; what the WAL writer has not written by then dies with the
  // server. Stopped, it makes sure that there is such a commit: what is written survives a process.
  const pid_t wal_writer =
      std::stoi(database().value("SELECT pid FROM pg_stat_activity WHERE backend_type = 'walwriter'"));
  kill(wal_writer, SIGSTOP);
  pass(milliseconds(700));
  const std::int64_t before = count("numbers");
  own_server_->kill9();
  pass(away);
  own_server_->restart();
  const std::int64_t after = count("numbers");
  std::cout << "PostgreSQL killed at " << before << " rows, back with " << after << std::endl;
  return std::max<std::int64_t>(0, before - after);
}

void FaultTest::settle(Flow& flow, std::int64_t expected) {
  flow.finish();
  EXPECT_TRUE(drained(topic_, seconds(90)));
  EXPECT_TRUE(every_one_once("numbers", expected));
  EXPECT_EQ(count("kafka_dead_letters"), 0);
}

}  // namespace loom::testing
