#include "watch.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <stdexcept>
#include <thread>

#include "text/progress_bar.h"

namespace loom::bench {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

// Often enough to be right within 1 % of a drain of three seconds, seldom enough to cost half a percent of a core.
constexpr milliseconds kLookEvery{20};
constexpr seconds kPatience{60};

}  // namespace

double cpu_of(const Consumers& consumers) {
  double seconds = 0;
  for (const auto& one : consumers) seconds += process_cpu(one->pid());
  return seconds;
}

double peak_megabytes_of(const Consumers& consumers) {
  std::uint64_t bytes = 0;
  for (const auto& one : consumers) bytes = std::max(bytes, peak_memory(one->pid()));
  return static_cast<double>(bytes) / 1e6;
}

Snapshot take_snapshot(const Options& options, const Consumers& consumers) {
  Snapshot now{.time = steady_clock::now(),
               .machine = machine_cpu(),
               .consumer = cpu_of(consumers),
               .ourselves = process_cpu(getpid())};
  if (options.postgres_pid != 0) now.postgres = family_cpu(options.postgres_pid);
  if (options.kafka_pid != 0) now.kafka = process_cpu(options.kafka_pid);
  return now;
}

Spent spent_between(const Snapshot& from, const Snapshot& to) {
  Spent spent;
  const double all = to.machine.all() - from.machine.all();
  spent.seconds = std::chrono::duration<double>(to.time - from.time).count();
  spent.idle_share = (to.machine.idle - from.machine.idle) / all;
  spent.disk_wait_share = (to.machine.disk_wait - from.machine.disk_wait) / all;
  spent.stolen_share = (to.machine.stolen - from.machine.stolen) / all;
  spent.consumer_cpu = to.consumer - from.consumer;
  spent.postgres_cpu = to.postgres - from.postgres;
  spent.kafka_cpu = to.kafka - from.kafka;
  spent.our_cpu = to.ourselves - from.ourselves;
  const double ours = spent.consumer_cpu + spent.postgres_cpu + spent.kafka_cpu + spent.our_cpu;
  spent.others_share = std::max(0.0, to.machine.busy - from.machine.busy - ours) / all;
  return spent;
}

Watch::Watch(const Options& options, const std::string& group)
    : options_(options), database_(options.database_url), where_(" WHERE consumer_group = '" + group + "'") {}

std::int64_t Watch::stored() {
  ++looks_;
  return database_.number("SELECT coalesce(sum(next_offset), 0) FROM kafka_consumer_offsets" + where_);
}

std::int64_t Watch::claimed() {
  ++looks_;
  return database_.number("SELECT count(*) FROM kafka_consumer_offsets" + where_);
}

std::int64_t Watch::dead_letters() {
  ++looks_;
  return database_.number("SELECT count(*) FROM kafka_dead_letters" + where_);
}

std::int64_t Watch::commits() {
  database_.execute("SELECT pg_stat_force_next_flush()");
  ++looks_;
  return database_.number(
             "SELECT pg_stat_get_db_xact_commit(oid) FROM pg_database WHERE datname = current_database()") -
         looks_;
}

void Watch::until_drained(const Consumers& consumers, const std::string& log) {
  text::ProgressBar bar(stderr, "draining", options_.messages);
  std::int64_t before = 0;
  auto changed = steady_clock::now();
  first = take_snapshot(options_, consumers);
  while (true) {
    // Only the one before the first row counts; later ones would be work for nothing.
    const Snapshot looked = before == 0 ? take_snapshot(options_, consumers) : Snapshot{};
    const std::int64_t now = stored();
    if (now == 0) first = looked;
    bar.update(static_cast<std::uint64_t>(now));
    if (now >= static_cast<std::int64_t>(options_.messages)) break;
    if (now != before) changed = steady_clock::now();
    before = now;
    for (const auto& one : consumers) {
      if (!one->running()) throw std::runtime_error("the consumer ended early; its log: " + log);
    }
    if (steady_clock::now() - changed > kPatience) {
      throw std::runtime_error(fmt::format("no progress for a minute at {} rows; its log: {}", now, log));
    }
    std::this_thread::sleep_for(kLookEvery);
  }
  last = take_snapshot(options_, consumers);
}

}  // namespace loom::bench
