#include "app/service.h"

#include <malloc.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "app/database_settings.h"
#include "app/dead_letter_route.h"
#include "app/http_routes.h"
#include "app/mapping_input.h"
#include "app/metrics_recorder.h"
#include "app/preparation.h"
#include "app/reload.h"
#include "app/schema_registry.h"
#include "app/signals.h"
#include "app/storage_keeper.h"
#include "app/version.h"
#include "base/backoff.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/plural.h"
#include "http/server.h"
#include "lag/monitor.h"
#include "mapping/topic_pattern.h"
#include "pipeline/context.h"
#include "pipeline/database_plans.h"
#include "pipeline/group_consumer.h"
#include "schema/migrations.h"
#include "settings/processors.h"
#include "sink/database_failure.h"
#include "sink/offset_store.h"
#include "sink/writer_pool.h"
#include "status/health.h"
#include "status/observer.h"

namespace loom::app {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds kLeaveWithin{10};
constexpr seconds kTick{1};
constexpr std::size_t kBatchMemory = std::size_t{64} << 20U;  // bytes that the batches of all topics share

/// What is done each second beside the pipeline. True: told to stop.
bool tick(const Signals& signals, status::Observer& observer, Reloader& reloader, milliseconds time) {
  const auto signal = signals.wait(time);
  if (signal == SIGHUP) reloader.request("SIGHUP");
  observer.tick();
  log::tell_repeats();
  return signal && *signal != SIGHUP;
}

/// Tries until it is done: a database that is away when the service starts is no reason to die. False: told to stop.
bool prepare_until_done(const settings::Config& config, pipeline::DatabasePlans& plans, const Signals& signals,
                        status::Observer& observer, Reloader& reloader) {
  Backoff backoff(milliseconds(500), seconds(3), static_cast<std::uint64_t>(getpid()));
  while (true) {
    try {
      prepare_database(config, plans);
      observer.note_prepared();
      return true;
    } catch (const schema::MigrationError&) {
      throw;  // waiting does not mend a changed migration
    } catch (const std::exception& error) {
      const auto wait = std::chrono::duration_cast<milliseconds>(backoff.next());
      observer.note_unprepared(sink::cause_of_failure(error), error.what());
      log::warn({}, "the database is not ready, again in {} ms: {}", wait.count(), error.what());
      if (tick(signals, observer, reloader, wait)) return false;
    }
  }
}

std::unique_ptr<kafka::KafkaConsumerConfigLoader> make_loader(const settings::Config& config) {
  if (!config.use_database_config) return nullptr;
  return std::make_unique<kafka::KafkaConsumerConfigLoader>(
      kafka::LoaderSettings{.database_url = config.database.url, .cache = config.database_config_cache, .warn = {}});
}

/// The name of this replica among those of its group.
std::string replica_name() {
  std::string host(256, '\0');
  if (gethostname(host.data(), host.size() - 1) != 0) host = "unknown";
  return host.substr(0, host.find('\0')) + "-" + std::to_string(getpid());
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
  using pipeline::TopicCounters;
  std::uint64_t dead = 0;
  for (const auto& [topic, one] : counters.topics()) dead += one->all_dead_letters();
  spdlog::info("stored {} and {} in {} ({} merged, {} tried again, {} refused as stale)",
               plural(counters.total(&TopicCounters::rows), "row"), plural(dead, "dead letter"),
               plural(counters.total(&TopicCounters::batches), "batch", "batches"),
               counters.total(&TopicCounters::merged_batches), counters.total(&TopicCounters::retried_batches),
               counters.total(&TopicCounters::stale_batches));
}

/// Messages are allocated by one thread and freed by another. With an arena for each thread what is free in one is of
/// no use to the others: 5 to 8 % of the memory. No more threads allocate at a time than there are processors.
void share_malloc_arenas() {
#ifdef __GLIBC__
  mallopt(M_ARENA_MAX, static_cast<int>(std::max(2U, settings::usable_processors())));
#endif
}

}  // namespace

int run_service(const settings::Config& config, Failpoints& failpoints) {
  share_malloc_arenas();
  const Signals signals;
  mapping::LoadResult loaded = load_mapping(config);
  for (const auto& problem : loaded.problems) log_problem(problem);
  if (!loaded.file) return 2;
  const auto file = std::make_shared<const mapping::MappingFile>(std::move(*loaded.file));
  if (const auto problem = dead_letter_problem(config, *file)) {
    spdlog::error("{}", *problem);
    return 2;
  }
  if (const auto problem = registry_problem(config, *file)) {
    spdlog::error("{}", *problem);
    return 2;
  }

  // The pipeline, built sink first and ended source first: the consumer flushes into a pool that is still there.
  const SystemClock clock;
  pipeline::Counters counters;
  pipeline::MemoryBudget memory(kBatchMemory);
  const auto schemas = make_schema_cache(config, clock);
  const pipeline::Context context{.clock = clock,
                                  .counters = counters,
                                  .memory = memory,
                                  .failpoints = failpoints,
                                  .registry = {.schemas = schemas.get(), .id_bytes = config.registry.id_bytes}};
  pipeline::DatabasePlans plans(file, config.database.url, table_maker(config), column_adder(config));
  sink::OffsetStore offsets(config.database.url, config.group_id());
  const auto dead_letter_topic = make_dead_letter_topic(config);
  sink::DatabaseSettings database = config.database;
  database.dead_letters = route_of(config, dead_letter_topic.get());
  auto pool = std::make_unique<sink::WriterPool>(std::move(database), failpoints);
  // Settings by the database's row, where that is wanted: they may come later, too, by the reloader.
  const auto loader = make_loader(config);
  if (loader && config.auto_migrate) migrate_if_there(config);  // the row's table is made by a migration
  const kafka::ConsumerConfig row = loader ? loader->load_config(kServiceName) : kafka::ConsumerConfig{};
  std::vector<std::string> warnings;
  const settings::Config in_use = loader ? with_row(config, row, warnings) : config;
  for (const auto& text : warnings) log::warn({}, "{}", text);
  const pipeline::ConsumerSettings settings = consumer_settings(in_use, file);
  pipeline::GroupConsumer consumer(settings, context, *pool, plans, offsets);
  const auto news = schemas ? schemas->subscribe([&consumer] { consumer.schemas_changed(); }) : nullptr;

  // Who looks at it, and who changes it while it runs.
  auto health =
      std::make_unique<status::HealthProbe>(status::ProbeSettings{.database_url = config.database.url,
                                                                  .bootstrap_servers = config.bootstrap_servers,
                                                                  .rdkafka = config.rdkafka},
                                            clock);
  lag::MonitorSettings watched;
  watched.bootstrap_servers = config.bootstrap_servers;
  watched.rdkafka = config.rdkafka;
  watched.group = config.group_id();
  watched.database_url = config.database.url;
  watched.reporter = replica_name();
  watched.covers = [&](const std::string& topic) { return mapping::find_topic(*plans.file(), topic) != nullptr; };
  auto lag = std::make_unique<lag::Monitor>(std::move(watched), clock,
                                            [&] { return status::local_positions(consumer.view().work); });
  status::Observer observer({.context = context,
                             .consumer = consumer,
                             .plans = plans,
                             .pool = *pool,
                             .lag = *lag,
                             .health = *health,
                             .schemas = schemas.get()},
                            kVersion, config.group_id());
  auto reloader =
      std::make_unique<Reloader>(in_use, row, settings, Reloader::Parts{plans, consumer, *pool, loader.get()});
  auto recorder =
      loader ? std::make_unique<MetricsRecorder>(MetricsRecorder::Parts{clock, counters, *lag, *loader}) : nullptr;
  auto server = std::make_unique<http::Server>(http::ServerSettings{.host = config.http_host, .port = config.http_port},
                                               http_routes(observer, *reloader));
  spdlog::info("HTTP on http://{}:{}", config.http_host, server->port());

  if (!prepare_until_done(config, plans, signals, observer, *reloader)) return 0;
  auto storage = std::make_unique<StorageKeeper>(config.database.url, plans);
  consumer.start();
  spdlog::info("consuming {} from {} as group {}, {}", topic_count(*plans.file()), config.bootstrap_servers,
               config.group_id(), plural(settings.workers, "worker"));
  while (!tick(signals, observer, *reloader, kTick)) {
    if (!consumer.stuck() && !consumer.failed()) continue;
    spdlog::critical("{}: ending, so that the service is started anew; nothing is lost by that",
                     consumer.failed() ? "nothing can be read from Kafka any more" : "a worker hangs");
    _exit(1);
  }
  spdlog::info("told to stop: flushing and leaving the group");
  const LeaveWatch watch;
  lag->request_stop();
  server.reset();
  std::thread watchers([&] {  // they may wait for servers that do not answer
    storage.reset();
    recorder.reset();
    reloader.reset();
    lag.reset();
    health.reset();
  });
  consumer.stop();
  watchers.join();
  pool.reset();  // answers what it still holds into workers that are still there
  log::tell_repeats(true);
  log_summary(counters);
  return 0;
}

}  // namespace loom::app
