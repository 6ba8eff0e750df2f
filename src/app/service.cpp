#include "app/service.h"

#include <pthread.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <optional>
#include <thread>

#include "app/dead_letter_route.h"
#include "base/backoff.h"
#include "base/clock.h"
#include "control/migrations.h"
#include "control/table_creator.h"
#include "mapping/ddl.h"
#include "mapping/loader.h"
#include "mapping/topic_pattern.h"
#include "pipeline/context.h"
#include "pipeline/database_plans.h"
#include "pipeline/group_consumer.h"
#include "sink/offset_store.h"
#include "sink/writer_pool.h"

namespace loom::app {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds kLeaveWithin{10};
constexpr milliseconds kBrokerTimeout{5000};
constexpr std::size_t kPartitionsUnknown = 64;
constexpr std::size_t kBatchMemory = std::size_t{64} << 20U;  // bytes that the batches of all topics share

/// SIGTERM and SIGINT, waited for instead of handled.
class StopSignals {
 public:
  StopSignals() {
    sigemptyset(&signals_);
    for (const int signal : {SIGTERM, SIGINT}) sigaddset(&signals_, signal);
    pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
  }
  /// Whether one came within this time.
  [[nodiscard]] bool wait(milliseconds time) const {
    const timespec limit{.tv_sec = time.count() / 1000, .tv_nsec = (time.count() % 1000) * 1'000'000};
    return sigtimedwait(&signals_, nullptr, &limit) > 0;
  }

 private:
  sigset_t signals_{};
};

void log_problem(const mapping::Problem& problem) {
  if (problem.severity == mapping::Severity::error) {
    spdlog::error("{}", to_string(problem));
  } else {
    spdlog::warn("{}", to_string(problem));
  }
}

/// The database made ready, and every plan that can be made. Throws while the database cannot be reached.
void prepare_database(const control::Config& config, const mapping::MappingFile& file, pipeline::DatabasePlans& plans) {
  const std::string& url = config.database.url;
  if (config.auto_migrate) {
    for (const auto& done : control::Migrator(url).apply()) spdlog::info("migrated: {} {}", done.version, done.name);
  }
  if (config.auto_create_tables) {
    std::vector<mapping::Problem> problems;
    const auto definitions = mapping::table_definitions(file, problems);
    for (const auto& problem : problems) log_problem(problem);
    for (const auto& table : control::create_tables(url, definitions).created) spdlog::info("table created: {}", table);
  }
  for (const auto& status : control::Migrator(url).status()) {
    if (status.state != control::MigrationState::pending) continue;
    throw std::runtime_error("migration " + status.version + " " + status.name +
                             " is not applied: run `kafka-to-db-consumer migrate`, or set LOOM_AUTO_MIGRATE=true");
  }
  for (const auto& problem : plans.preload()) log_problem(problem);
}

/// Tries until it is done: a database that is away when the service starts is no reason to die. False: told to stop.
bool prepare_until_done(const control::Config& config, const mapping::MappingFile& file, pipeline::DatabasePlans& plans,
                        const StopSignals& signals) {
  Backoff backoff(milliseconds(500), seconds(3), static_cast<std::uint64_t>(getpid()));
  while (true) {
    try {
      prepare_database(config, file, plans);
      return true;
    } catch (const control::MigrationError&) {
      throw;  // waiting does not mend a changed migration
    } catch (const std::exception& error) {
      const auto wait = std::chrono::duration_cast<milliseconds>(backoff.next());
      spdlog::warn("the database is not ready, again in {} ms: {}", wait.count(), error.what());
      if (signals.wait(wait)) return false;
    }
  }
}

pipeline::ConsumerSettings consumer_settings(const control::Config& config, const mapping::MappingFile& file,
                                             const std::vector<std::string>& topics) {
  pipeline::ConsumerSettings settings;
  settings.client = {.bootstrap_servers = config.bootstrap_servers,
                     .group_id = config.group_id(),
                     .properties = config.rdkafka,
                     .partitions = kPartitionsUnknown};
  if (auto hidden = hidden_topics(config, file)) settings.client.properties["topic.blacklist"] = std::move(*hidden);
  const auto mapped = [&](const std::string& topic) { return mapping::find_topic(file, topic) != nullptr; };
  if (const auto count = source::count_partitions(settings.client, mapped, kBrokerTimeout)) {
    settings.client.partitions = *count;
  }
  settings.topics = topics;
  settings.workers = std::clamp(std::thread::hardware_concurrency(), 1U, 16U);
  pipeline::LaneSettings& lane = settings.worker.lane;
  lane.limits.size = config.batch_size;
  lane.limits.timeout = config.batch_timeout;
  lane.limits.rows_max = std::max(config.batch_max, config.batch_size);
  lane.limits.bytes_max = config.batch_max_bytes;
  lane.out_of_range = config.out_of_range;
  lane.dead_letter_max_ratio = config.dead_letter_max_ratio;
  settings.new_at_end = config.new_at_end;
  return settings;
}

/// Ends the process when leaving takes too long. What is stored is stored; what is not will be consumed again.
class LeaveWatch {
 public:
  LeaveWatch()
      : thread_([] {
          std::this_thread::sleep_for(kLeaveWithin - milliseconds(300));
          spdlog::warn("leaving took too long: ending without waiting; nothing is lost by that");
          _exit(0);
        }) {
    thread_.detach();
  }

 private:
  std::thread thread_;
};

void log_summary(const pipeline::Counters& counters) {
  std::uint64_t dead = 0;
  for (const auto& count : counters.dead_letters) dead += count;
  spdlog::info("stored {} rows and {} dead letters in {} batches ({} merged, {} tried again, {} refused as stale)",
               counters.rows.load(), dead, counters.batches.load(), counters.merged_batches.load(),
               counters.retried_batches.load(), counters.stale_batches.load());
}

}  // namespace

int run_service(const control::Config& config, Failpoints& failpoints) {
  const StopSignals signals;
  mapping::LoadResult loaded = mapping::load_mapping_file(config.topic_mappings);
  for (const auto& problem : loaded.problems) log_problem(problem);
  if (!loaded.file) return 2;
  if (const auto problem = dead_letter_problem(config, *loaded.file)) {
    spdlog::error("{}", *problem);
    return 2;
  }

  // Built sink first, ended source first: the consumer flushes into a pool that is still there.
  const SystemClock clock;
  pipeline::Counters counters;
  pipeline::DatabasePlans plans(*loaded.file, config.database.url);
  if (!prepare_until_done(config, *loaded.file, plans, signals)) return 0;
  sink::OffsetStore offsets(config.database.url, config.group_id());
  const auto dead_letter_topic = make_dead_letter_topic(config);
  sink::DatabaseSettings database = config.database;
  database.dead_letters = route_of(config, dead_letter_topic.get());
  auto pool = std::make_unique<sink::WriterPool>(std::move(database), failpoints);
  pipeline::MemoryBudget memory(kBatchMemory);
  pipeline::GroupConsumer consumer(consumer_settings(config, *loaded.file, plans.topics()),
                                   {.clock = clock, .counters = counters, .memory = memory, .failpoints = failpoints},
                                   *pool, plans, offsets);

  consumer.start();
  spdlog::info("consuming {} topics from {} as group {}", plans.topics().size(), config.bootstrap_servers,
               config.group_id());
  while (!signals.wait(seconds(1))) {
    if (!consumer.stuck()) continue;
    spdlog::critical("a worker hangs: ending, so that it is started anew; nothing is lost by that");
    _exit(1);
  }
  spdlog::info("told to stop: flushing and leaving the group");
  const LeaveWatch watch;
  consumer.stop();
  pool.reset();  // answers what it still holds into workers that are still there
  log_summary(counters);
  return 0;
}

}  // namespace loom::app
