#include "capacity/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/plural.h"
#include "capacity/coefficients.h"
#include "capacity/quantity.h"

namespace loom::capacity {
namespace {

constexpr double kMicroseconds = 1e6;
constexpr double kMost = 1e8;  // of whatever is counted: an int takes a dozen times that
constexpr int kMostReplicas = 1'000'000;

/// Rounded up, but not for what only the last digits of a double make more.
int at_least(double number) { return static_cast<int>(std::clamp(std::ceil(number - 1e-9), 0.0, kMost)); }

/// Numbers of partitions that replicas and workers share evenly.
int even_partitions(double lanes) {
  for (const int count : {1, 2, 3, 6, 12}) {
    if (lanes <= count) return count;
  }
  return 12 * at_least(lanes / 12);
}

double cores(double rate, double microseconds) { return rate * microseconds / kMicroseconds; }

/// Bytes that the database's disk writes for a message: WAL, and each page that is touched between two checkpoints
/// once.
double disk_bytes(const Cost& cost) {
  const double pages_anywhere = cost.full_page_bytes / kWal.page_share;
  return cost.wal_bytes + cost.full_page_bytes + cost.table_bytes + std::max(cost.index_bytes, pages_anywhere);
}

/// Which part of what one database may give the whole load takes: above 1 it is passed.
struct Shares {
  double cpu = 0;
  double network = 0;
  double disk = 0;

  Shares(const Load& load, const Cost& cost)
      : cpu(cores(load.rate, cost.database_us) / load.headroom / load.database_cores),
        network(load.rate * cost.sent_bytes * 8 / 1e9 / load.headroom / load.network_gbit),
        disk(load.rate * disk_bytes(cost) / 1e6 / load.headroom / load.disk_megabytes) {}

  [[nodiscard]] int databases() const { return std::max(1, at_least(std::max({cpu, network, disk}))); }
};

std::string over_databases(int databases, int topics) {
  if (databases <= topics) {
    return fmt::format(
        "{} deployments over one mapping, each with its group of topics (LOOM_TOPICS, LOOM_TOPICS_EXCLUDE) "
        "and a database of its own",
        databases);
  }
  return fmt::format(
      "{} databases, for which {} too few: let the producers spread the messages over more topics by "
      "their keys, a deployment and a database for each, or spread the table over machines with Citus",
      databases, topics == 1 ? "one topic is" : plural(topics, "topic") + " are");
}

void add_database_limits(Plan& plan, const Shares& shares) {
  const Load& load = plan.load;
  const std::string more = over_databases(plan.databases, static_cast<int>(load.topics));
  const auto add = [&](double share, std::string limit, const std::string& advice) {
    if (share > 1) plan.passed.push_back({std::move(limit), advice});
  };
  const double used = 100 * load.headroom;
  add(shares.cpu,
      fmt::format("CPU of one database: at {:.0f} % use it takes {} cores, it has {}", used,
                  grouped(std::ceil(shares.cpu * load.database_cores)), grouped(load.database_cores)),
      more);
  add(shares.network,
      fmt::format("network of one database: at {:.0f} % use it takes {} Gbit/s, it has {}", used,
                  grouped(shares.network * load.network_gbit), grouped(load.network_gbit)),
      more);
  const bool full_pages = plan.cost.full_page_bytes > plan.cost.wal_bytes;
  add(shares.disk,
      fmt::format("disk of one database: at {:.0f} % use it takes {} MB/s of WAL and pages, it writes {}", used,
                  grouped(std::ceil(shares.disk * load.disk_megabytes)), grouped(load.disk_megabytes)),
      more + (full_pages
                  ? "; most of it are full pages in the WAL: a longer checkpoint_timeout, wal_compression, or keys "
                    "that come in an order make them fewer"
                  : ""));
}

void add_index_limit(Plan& plan) {
  const Load& load = plan.load;
  const double memory = load.database_memory_gib * 1024 * 1024 * 1024;
  if (load.key == Key::none || !load.random_keys || plan.each.index_in_use <= memory * load.headroom) return;
  plan.passed.push_back(
      {fmt::format("memory of one database: an index has {}, {:.0f} % of {} GiB are for it",
                   bytes_text(plan.each.index_in_use), 100 * load.headroom, grouped(load.database_memory_gib)),
       fmt::format(
           "keys in no order touch all of it: up to {} pages a second are read from the disk. Keys that grow with "
           "time (UUIDv7; device and time), or a table by time whose latest part fits (hypertable of TimescaleDB, "
           "daily partitions: --table-days; the key needs the time column)",
           grouped(load.rate / plan.databases * load.rows))});
}

/// Partitions: what one carries is what the slower side's CPU gives, one worker and one connection.
void plan_partitions(Plan& plan) {
  Deployment& each = plan.each;
  const double slower = std::max(plan.cost.consumer_us, plan.cost.database_us);
  each.partition_rate = kPace.partition * kMicroseconds / slower;
  const double lanes = each.rate / each.topics / each.partition_rate / plan.load.headroom;
  const double busy = each.rate / each.topics / each.partition_rate;
  const int usual = busy > kRules.busy_share ? kRules.partitions_of_busy : kRules.partitions_of_quiet;
  each.partitions_of_topic = std::max(usual, even_partitions(lanes));
  each.partitions = static_cast<int>(
      std::min(kMost, static_cast<double>(each.partitions_of_topic) * static_cast<double>(each.topics)));
  if (each.partitions_of_topic > kRules.partitions_most) {
    plan.passed.push_back({fmt::format("partitions: {} for a topic", grouped(each.partitions_of_topic)),
                           "more topics: let the producers spread the messages over them by their keys"});
  }
}

void plan_replicas(Plan& plan) {
  const Load& load = plan.load;
  Deployment& each = plan.each;
  const double megabits = each.kafka_megabits + each.sent_megabits;
  const int by_cpu = at_least(each.consumer_cores / load.headroom / load.replica_cores);
  const int by_network = at_least(megabits / 1000 / load.headroom / load.network_gbit);
  const int needed = std::max({kRules.replicas_least, by_cpu, by_network});
  const int most = load.replicas_most ? static_cast<int>(*load.replicas_most) : kMostReplicas;
  each.replicas = std::min({needed, each.partitions, most});
  each.replicas_most = std::min({load.replicas_most ? most : 2 * each.replicas, each.partitions});
  if (needed > each.replicas) {
    const bool cpu = by_cpu >= by_network;
    plan.passed.push_back(
        {fmt::format("replicas: {} of {} cores are needed for their {}, there may be {}", needed, each.replica_cores,
                     cpu ? "CPU" : "network", each.replicas),
         cpu ? "more cores for each (--replica-cores), a larger --replicas-max, or several deployments by groups of "
               "topics "
               "(LOOM_TOPICS)"
             : "a faster network, a larger --replicas-max, or several deployments by groups of topics (LOOM_TOPICS)"});
  }
}

/// A worker has one transaction of a topic under way: more connections than that are never used, and a pool that is
/// smaller makes batches wait and grow.
void plan_connections(Plan& plan) {
  Deployment& each = plan.each;
  const int of_partitions = at_least(static_cast<double>(each.partitions) / each.replicas);
  const int lanes = std::min(each.topics * each.replica_cores, of_partitions);
  const int busy = at_least(4 * each.database_cores / plan.load.headroom / each.replicas);
  each.pool = std::clamp(std::min(lanes, std::max(kRules.pool_enough, busy)), kRules.pool_least, kRules.pool_most);
  each.max_connections = each.replicas_most * (each.pool + kRules.beside_pool) + kRules.reserved;
  if (each.max_connections > kRules.connections_most) {
    plan.passed.push_back({fmt::format("connections of one database: {}", grouped(each.max_connections)),
                           "PgBouncer in transaction mode in front of it, or fewer replicas with more cores each "
                           "(--replica-cores, --replicas-max)"});
  }
}

void plan_storage(Plan& plan) {
  const Load& load = plan.load;
  Deployment& each = plan.each;
  const double messages = each.rate * kSecondsOfADay;
  each.wal_day = messages * (plan.cost.wal_bytes + plan.cost.full_page_bytes);
  each.table_day = messages * plan.cost.table_bytes;
  each.index_day = messages * plan.cost.index_bytes;
  each.index_in_use = each.index_day * *load.table_days;
  const double fresh =
      load.compress_ratio > 1 ? std::min(load.retain_days, kRules.uncompressed_days) : load.retain_days;
  each.kept = (each.table_day + each.index_day) * (fresh + (load.retain_days - fresh) / load.compress_ratio);
}

}  // namespace

Plan make_plan(const Load& load) {
  Plan plan;
  plan.load = completed(load);
  plan.cost = cost_of(plan.load);
  const Shares shares(plan.load, plan.cost);
  plan.databases = shares.databases();
  add_database_limits(plan, shares);

  Deployment& each = plan.each;
  each.rate = load.rate / plan.databases;
  each.topics = std::max(1, at_least(load.topics / plan.databases));
  each.replica_cores = static_cast<int>(load.replica_cores);
  // A smaller index is to a larger part in memory.
  Load share = plan.load;
  share.rate = each.rate;
  plan.cost = cost_of(share);
  each.consumer_cores = cores(each.rate, plan.cost.consumer_us);
  each.database_cores = cores(each.rate, plan.cost.database_us);
  each.kafka_megabits = each.rate * plan.cost.kafka_bytes * 8 / 1e6;
  each.sent_megabits = each.rate * plan.cost.sent_bytes * 8 / 1e6;
  each.disk_megabytes = each.rate * disk_bytes(plan.cost) / 1e6;
  plan_partitions(plan);
  plan_replicas(plan);
  plan_connections(plan);
  plan_storage(plan);
  add_index_limit(plan);
  return plan;
}

}  // namespace loom::capacity
