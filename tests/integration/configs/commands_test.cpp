// The commands that the users' documents show, as they are written there, in a shell in a project folder: make, psql,
// python and kafka-topics do their work on real servers; docker-compose, kubectl and helm, and the compiler's cmake,
// are recorded.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <csignal>
#include <filesystem>

#include "support/service_test.h"

namespace loom::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Not;

class Commands : public ServiceTest {
 protected:
  explicit Commands(KafkaServer& kafka = KafkaServer::shared()) : ServiceTest(nullptr, kafka) {
    fs::create_directories(at("build/release"));
    fs::create_directories(at("bin"));
    fs::create_symlink(LOOM_PROGRAM, at("build/release/kafka-to-db-consumer"));
    fs::create_symlink(LOOM_SOURCE_DIR "/Makefile", at("Makefile"));
    fs::create_symlink(LOOM_SOURCE_DIR "/scripts", at("scripts"));
    fs::create_symlink(LOOM_SOURCE_DIR "/scripts/kafka-topics", at("bin/kafka-topics"));
    executable("python", "exec python3 \"$@\"");
    for (const char* name : {"docker-compose", "kubectl", "helm", "cmake"}) recorder(name);
  }

  [[nodiscard]] std::string at(const std::string& name) const { return folder().path_of(name); }
  /// A command that writes its arguments down, and prints this.
  void recorder(const std::string& name, const std::string& prints = "") const {
    executable(name, fmt::format("{{ printf '%s' {}; printf ' [%s]' \"$@\"; echo; }} >>\"$RECORDED\"\nprintf '%s' '{}'",
                                 name, prints));
  }
  [[nodiscard]] std::string recorded() const { return read_text(at("recorded")); }

  [[nodiscard]] std::string shell_line(const std::string& line) const {
    return fmt::format("set -eo pipefail; cd '{0}'; export PATH='{0}/bin':\"$PATH\" RECORDED='{0}/recorded'; {1}",
                       at(""), line);
  }
  [[nodiscard]] Environment surroundings() const {
    Environment all = environment();
    all["PGHOST"] = "127.0.0.1";
    all["PGPORT"] = database().value("SHOW port");
    all["PGUSER"] = database().value("SELECT current_user");
    all["PGDATABASE"] = database().value("SELECT current_database()");
    return all;
  }
  [[nodiscard]] CommandResult shell(const std::string& line) const {
    CommandResult done = run_command("/bin/bash", {"-c", shell_line(line)}, surroundings(), seconds(60));
    EXPECT_EQ(done.exit_code, 0) << line << '\n' << done.out << done.err;
    return done;
  }

 private:
  void executable(const std::string& name, const std::string& body) const {
    const std::string path = folder().write("bin/" + name, "#!/bin/sh\n" + body + '\n');
    fs::permissions(path, fs::perms::owner_exec, fs::perm_options::add);
  }
};

TEST_F(Commands, MakeMigratesTheDatabase) {
  const CommandResult done = shell("make db-migrate");
  EXPECT_THAT(done.out, HasSubstr("applied 042 add_client_functions"));
  EXPECT_THAT(recorded(), HasSubstr("[--target] [kafka-to-db-consumer]")) << "it builds the program first";
  EXPECT_THAT(shell("make db-migrate").out, HasSubstr("nothing to apply"));
}

TEST_F(Commands, PsqlPrintsThePartitionScriptUntilItIsMarked) {
  migrate();
  EXPECT_THAT(
      shell(R"(psql -c "SELECT generate_partition_update_script();")").out,
      ::testing::AllOf(HasSubstr("kafka-topics --alter --topic device.sensor.accelerometer.raw --partitions 10\n"),
                       HasSubstr("kafka-topics --alter --topic device.audio.raw --partitions 6\n")));
  EXPECT_THAT(shell(R"(psql -c "SELECT mark_partition_changes_applied();")").out, HasSubstr("(1 row)"));
  EXPECT_THAT(shell(R"(psql -c "SELECT generate_partition_update_script();")").out, HasSubstr("(0 rows)"));
}

TEST_F(Commands, PythonPopulatesTheServicesSettings) {
  migrate();
  const CommandResult done = shell("python scripts/populate_consumer_configs.py");
  EXPECT_THAT(done.out, HasSubstr("silero-vad"));
  EXPECT_EQ(count("pipeline_consumer_configs"), 15);
  database().run("UPDATE pipeline_consumer_configs SET max_poll_records = 3");
  EXPECT_THAT(shell("python scripts/populate_consumer_configs.py").out, Not(HasSubstr("overwritten")));
  EXPECT_EQ(count("pipeline_consumer_configs WHERE max_poll_records = 3"), 15);
  EXPECT_THAT(shell("python scripts/populate_consumer_configs.py --overwrite").out, HasSubstr("overwritten"));
  EXPECT_EQ(count("pipeline_consumer_configs WHERE max_poll_records = 3"), 0);
}

class Optimizations : public Commands {
 protected:
  /// A service that is 2,000 messages behind with polls of 10.
  void fall_behind() {
    migrate();
    topic_ = new_topic("behind", 1);
    for (int i = 0; i < 2000; ++i) {
      producer().send(topic_, {.value = "x", .key = {}, .partition = 0, .headers = {}});
    }
    producer().flush();
    commit_in_kafka(bootstrap(), group(), topic_, {0});
    database().run(
        fmt::format("INSERT INTO pipeline_consumer_configs (service_name, consumer_group_id, max_poll_records) "
                    "VALUES ('slow', '{}', 10)",
                    group()));
    database().run(
        "INSERT INTO consumer_processing_metrics (service_name, messages_processed, processing_time_ms) VALUES "
        "('slow', 10, 5)");
    database().run("INSERT INTO consumer_lag_history (service_name, topic, lag) VALUES ('slow', 't', 2000)");
  }
  [[nodiscard]] std::string records() const {
    return database().value("SELECT max_poll_records FROM pipeline_consumer_configs WHERE service_name = 'slow'");
  }
  std::string topic_;
};

TEST_F(Optimizations, AreShownWithoutBeingAppliedWhenAskedSo) {
  fall_behind();
  const CommandResult done = shell("python scripts/apply_consumer_optimizations.py --dry-run");
  EXPECT_THAT(done.out, HasSubstr("Would change:"));
  EXPECT_EQ(records(), "10");
}

TEST_F(Optimizations, ArePrintedBeforeAndAfterAndWatchedUntilInterrupted) {
  fall_behind();
  ServiceProcess script("/bin/bash", {"-c", shell_line("exec python scripts/apply_consumer_optimizations.py")},
                        surroundings(), at("log"));
  script.start();
  ASSERT_TRUE(await(seconds(30), [&] { return script.logged("Watching the lag") || !script.running(); }));
  EXPECT_EQ(records(), "50") << script.log();
  commit_in_kafka(bootstrap(), group(), topic_, {1990});
  script.send(SIGINT);
  const auto end = script.await_end(seconds(20));
  ASSERT_TRUE(end && end->exit_code) << script.log();
  EXPECT_EQ(*end->exit_code, 0);
  std::string flat;
  for (const char c : script.log()) {
    if (c != ' ' || flat.empty() || flat.back() != ' ') flat += c;
  }
  EXPECT_THAT(flat, HasSubstr("high: slow: lag of 2000 messages is over 1000"));
  EXPECT_THAT(flat, HasSubstr("slow max_poll_records 10 50"));
  EXPECT_THAT(flat, HasSubstr("slow " + group() + " 2000 10 less")) << script.log();
}

TEST_F(Optimizations, AreNoneWhenNothingAsksForThem) {
  migrate();
  EXPECT_THAT(shell("python scripts/apply_consumer_optimizations.py").out, HasSubstr("nothing to change"));
}

class PartitionCommands : public Commands {
 protected:
  /// The topics have the users' own names, so the broker is this test's.
  PartitionCommands() : Commands(broker()) {}
  static KafkaServer& broker() {
    static KafkaServer server;
    return server;
  }
};

TEST_F(PartitionCommands, GiveTheTopicsTheirPartitions) {
  migrate();
  kafka().create_topic("device.sensor.accelerometer.raw", 3);
  kafka().create_topic("device.audio.raw", 3);
  (void)shell("kafka-topics --alter --topic device.sensor.accelerometer.raw --partitions 10");
  (void)shell("kafka-topics --alter --topic device.audio.raw --partitions 6");
  const std::string now = shell("kafka-topics --describe").out;
  EXPECT_THAT(now, HasSubstr("PartitionCount: 10"));
  EXPECT_THAT(now, HasSubstr("PartitionCount: 6"));
}

TEST_F(Commands, OfTheDeploymentReachTheirToolsAsWritten) {
  (void)shell("docker-compose restart silero-vad minicpm-vision kyutai-stt");
  (void)shell("helm upgrade --install kafka-to-db-consumer ../../deploy/helm/kafka-to-db-consumer/ -n loom-dev");
  (void)shell(R"(# Consumer lag should decrease
kubectl exec -n loom-dev deployment/kafka -- kafka-consumer-groups.sh \
    --bootstrap-server localhost:9092 \
    --group kafka-to-db-consumer \
    --describe)");
  (void)shell(R"(# Database connections should increase
kubectl exec -n loom-dev deployment/timescaledb -- psql -U loom -d loom -c \
    "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE '%kafka%'")");
  recorder("kubectl", "kafka-to-db-consumer-0   900m   700Mi");
  EXPECT_THAT(shell(R"(# CPU/Memory usage should be higher but stable
kubectl top pods -n loom-dev | grep kafka-to-db-consumer)")
                  .out,
              HasSubstr("700Mi"));
  EXPECT_EQ(
      recorded(),
      "docker-compose [restart] [silero-vad] [minicpm-vision] [kyutai-stt]\n"
      "helm [upgrade] [--install] [kafka-to-db-consumer] [../../deploy/helm/kafka-to-db-consumer/] [-n] [loom-dev]\n"
      "kubectl [exec] [-n] [loom-dev] [deployment/kafka] [--] [kafka-consumer-groups.sh] [--bootstrap-server] "
      "[localhost:9092] [--group] [kafka-to-db-consumer] [--describe]\n"
      "kubectl [exec] [-n] [loom-dev] [deployment/timescaledb] [--] [psql] [-U] [loom] [-d] [loom] [-c] [SELECT "
      "count(*) "
      "FROM pg_stat_activity WHERE application_name LIKE '%kafka%']\n"
      "kubectl [top] [pods] [-n] [loom-dev]\n");
}

}  // namespace
}  // namespace loom::testing
