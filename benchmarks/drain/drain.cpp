#include "drain.h"

#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <map>
#include <memory>
#include <stdexcept>

#include "profiler.h"
#include "schemas.h"

namespace loom::bench {
namespace {

std::map<std::string, std::string> consumer_environment(const Options& options, const std::string& group) {
  std::map<std::string, std::string> environment{{"LOOM_DATABASE_URL", options.way_to_database},
                                                 {"LOOM_KAFKA_BOOTSTRAP_SERVERS", options.bootstrap_servers},
                                                 {"LOOM_KAFKA_GROUP_ID", group},
                                                 {"LOOM_TOPIC_MAPPINGS", options.mapping},
                                                 {"LOOM_HTTP_HOST", "127.0.0.1"}};
  if (const std::string url = options.schemas->url(); !url.empty()) environment["LOOM_SCHEMA_REGISTRY_URL"] = url;
  return environment;
}

}  // namespace

void migrate(const Options& options) {
  const std::string log = options.work_dir + "/migrate.log";
  ChildProcess process({options.consumer, "migrate"}, consumer_environment(options, "drain-benchmark"), log);
  if (process.wait() != 0) throw std::runtime_error("migrate failed; its log: " + log);
}

Consumers start_consumers(const Options& options, const Variant& variant, const std::string& group,
                          const std::string& log) {
  std::map<std::string, std::string> environment = consumer_environment(options, group);
  for (const auto& [name, value] : variant.environment) environment[name] = value;
  Consumers consumers;
  for (int i = 0; i < variant.replicas; ++i) {
    // One port cannot be had twice.
    if (variant.replicas > 1) environment["LOOM_HTTP_PORT"] = "0";
    const std::vector<std::string> command{variant.program.empty() ? options.consumer : variant.program, "run"};
    consumers.push_back(std::make_unique<ChildProcess>(command, environment, log));
  }
  return consumers;
}

void stop_consumers(Consumers& consumers, const std::string& log) {
  for (const auto& one : consumers) {
    if (const int status = one->stop(SIGTERM, std::chrono::seconds(15)); status != 0) {
      throw std::runtime_error(fmt::format("the consumer ended with status {}; its log: {}", status, log));
    }
  }
}

DrainRun drain_topic(const Options& options, const std::string& name, const Variant& variant) {
  // Servers that were kept know the groups of the runs before.
  const std::string group = fmt::format("drain-{}-{}", name, getpid());
  const std::string log = options.work_dir + "/drain-" + name + ".log";
  Watch watch(options, group);
  const std::int64_t commits_before = watch.commits();
  Profiler profiler(options, name);
  const auto started = std::chrono::steady_clock::now();
  Consumers consumers = start_consumers(options, variant, group, log);
  watch.until_drained(consumers, log);

  DrainRun run;
  run.consumer_cpu = cpu_of(consumers);
  run.peak_megabytes = peak_megabytes_of(consumers);
  const Spent spent = spent_between(watch.first, watch.last);
  run.seconds = spent.seconds;
  run.rows_per_second = static_cast<double>(options.messages) / run.seconds;
  run.seconds_to_first = std::chrono::duration<double>(watch.first.time - started).count();
  run.idle_share = spent.idle_share;
  run.disk_wait_share = spent.disk_wait_share;
  run.stolen_share = spent.stolen_share;
  run.others_share = spent.others_share;
  run.postgres_cpu = spent.postgres_cpu;
  run.kafka_cpu = spent.kafka_cpu;

  profiler.stop();
  stop_consumers(consumers, log);
  // Sessions report what they did when they end, so not before this.
  run.rows_a_transaction =
      static_cast<double>(options.messages) / static_cast<double>(watch.commits() - commits_before);
  run.dead_letters = watch.dead_letters();
  return run;
}

}  // namespace loom::bench
