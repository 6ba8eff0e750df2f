#include "drain.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <map>
#include <memory>
#include <stdexcept>
#include <thread>

#include "child_process.h"
#include "control/progress_bar.h"
#include "database.h"
#include "machine.h"
#include "profiler.h"

namespace loom::bench {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

// Often enough to be right within 1 % of a drain of three seconds, seldom enough to cost half a percent of a core.
constexpr milliseconds kLookEvery{20};
constexpr seconds kPatience{60};

/// Everything that is read at the begin and at the end of a measurement.
struct Snapshot {
  steady_clock::time_point time;
  MachineCpu machine;
  double consumer = 0;
  double postgres = 0;
  double kafka = 0;
  double ourselves = 0;
};

Snapshot take_snapshot(const Options& options, pid_t consumer) {
  Snapshot now{.time = steady_clock::now(),
               .machine = machine_cpu(),
               .consumer = process_cpu(consumer),
               .ourselves = process_cpu(getpid())};
  if (options.postgres_pid != 0) now.postgres = family_cpu(options.postgres_pid);
  if (options.kafka_pid != 0) now.kafka = process_cpu(options.kafka_pid);
  return now;
}

double seconds_between(steady_clock::time_point from, steady_clock::time_point to) {
  return std::chrono::duration<double>(to - from).count();
}

std::map<std::string, std::string> consumer_environment(const Options& options, const std::string& group) {
  return {{"LOOM_DATABASE_URL", options.way_to_database},
          {"LOOM_KAFKA_BOOTSTRAP_SERVERS", options.bootstrap_servers},
          {"LOOM_KAFKA_GROUP_ID", group},
          {"LOOM_TOPIC_MAPPINGS", options.mapping},
          {"LOOM_HTTP_HOST", "127.0.0.1"}};
}

/// Polls the stored offsets until they are the topic's end.
class Watch {
 public:
  Watch(const Options& options, const std::string& group)
      : options_(options),
        database_(options.database_url),
        query_("SELECT coalesce(sum(next_offset), 0) FROM kafka_consumer_offsets WHERE consumer_group = '" + group +
               "'") {}

  std::int64_t stored() {
    ++looks_;
    return database_.number(query_);
  }

  /// Transactions that the database committed so far, without the watch's own.
  std::int64_t commits() {
    database_.execute("SELECT pg_stat_force_next_flush()");
    ++looks_;
    return database_.number(
               "SELECT pg_stat_get_db_xact_commit(oid) FROM pg_database WHERE datname = current_database()") -
           looks_;
  }

  /// True: drained. `first` and `last` are then the snapshots before the first row and after the last one.
  void until_drained(ChildProcess& consumer, const std::string& log) {
    control::ProgressBar bar(stderr, "draining", options_.messages);
    std::int64_t before = 0;
    auto changed = steady_clock::now();
    first = take_snapshot(options_, consumer.pid());
    while (true) {
      // Only the one before the first row counts; later ones would be work for nothing.
      const Snapshot looked = before == 0 ? take_snapshot(options_, consumer.pid()) : Snapshot{};
      const std::int64_t now = stored();
      if (now == 0) first = looked;
      bar.update(static_cast<std::uint64_t>(now));
      if (now >= static_cast<std::int64_t>(options_.messages)) break;
      if (now != before) changed = steady_clock::now();
      before = now;
      if (!consumer.running()) throw std::runtime_error("the consumer ended early; its log: " + log);
      if (steady_clock::now() - changed > kPatience) {
        throw std::runtime_error(fmt::format("no progress for a minute at {} rows; its log: {}", now, log));
      }
      std::this_thread::sleep_for(kLookEvery);
    }
    last = take_snapshot(options_, consumer.pid());
  }

  Snapshot first;
  Snapshot last;

 private:
  const Options& options_;
  Database database_;
  std::string query_;
  std::int64_t looks_ = 0;
};

}  // namespace

void migrate(const Options& options) {
  const std::string log = options.work_dir + "/migrate.log";
  ChildProcess process({options.consumer, "migrate"}, consumer_environment(options, "drain-benchmark"), log);
  if (process.wait() != 0) throw std::runtime_error("migrate failed; its log: " + log);
}

DrainRun drain_topic(const Options& options, const std::string& name) {
  // Servers that were kept know the groups of the runs before.
  const std::string group = fmt::format("drain-{}-{}", name, getpid());
  const std::string log = options.work_dir + "/drain-" + name + ".log";
  Watch watch(options, group);
  const std::int64_t commits_before = watch.commits();
  Profiler profiler(options, name);
  const auto started = steady_clock::now();
  ChildProcess consumer({options.consumer, "run"}, consumer_environment(options, group), log);
  watch.until_drained(consumer, log);

  DrainRun run;
  run.consumer_cpu = process_cpu(consumer.pid());
  run.peak_megabytes = static_cast<double>(peak_memory(consumer.pid())) / 1e6;
  run.seconds = seconds_between(watch.first.time, watch.last.time);
  run.rows_per_second = static_cast<double>(options.messages) / run.seconds;
  run.seconds_to_first = seconds_between(started, watch.first.time);
  const MachineCpu& from = watch.first.machine;
  const MachineCpu& to = watch.last.machine;
  const double idle = to.idle - from.idle;
  const double disk_wait = to.disk_wait - from.disk_wait;
  const double stolen = to.stolen - from.stolen;
  const double all = to.all() - from.all();
  run.idle_share = idle / all;
  run.disk_wait_share = disk_wait / all;
  run.stolen_share = stolen / all;
  run.postgres_cpu = watch.last.postgres - watch.first.postgres;
  run.kafka_cpu = watch.last.kafka - watch.first.kafka;
  const double ours = watch.last.consumer - watch.first.consumer + watch.last.ourselves - watch.first.ourselves +
                      run.postgres_cpu + run.kafka_cpu;
  run.others_share = std::max(0.0, to.busy - from.busy - ours) / all;

  profiler.stop();
  if (const int status = consumer.stop(SIGTERM, seconds(15)); status != 0) {
    throw std::runtime_error(fmt::format("the consumer ended with status {}; its log: {}", status, log));
  }
  // Sessions report what they did when they end, so not before this.
  run.rows_a_transaction =
      static_cast<double>(options.messages) / static_cast<double>(watch.commits() - commits_before);
  return run;
}

}  // namespace loom::bench
