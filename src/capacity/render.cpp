#include "capacity/render.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <vector>

#include "base/plural.h"
#include "capacity/coefficients.h"
#include "capacity/quantity.h"
#include "text/text_table.h"

namespace loom::capacity {
namespace {

std::string head(const Plan& plan) {
  const Load& load = plan.load;
  std::string out = fmt::format(
      "{} messages/s of {} bytes in {}; {} of {} bytes and {} columns each", grouped(load.rate),
      grouped(load.message_bytes), plural(static_cast<int>(load.topics), "topic"),
      load.rows == 1 ? "a row" : grouped(load.rows) + " rows", grouped(*load.row_bytes), grouped(*load.columns));
  if (load.key == Key::none) {
    out += ", no key";
  } else {
    out += fmt::format(", key of {} bytes{} ({})", grouped(*load.key_bytes), load.random_keys ? " in no order" : "",
                       to_string(load.key));
  }
  return out + fmt::format("; planned for {:.0f} % use\n", 100 * load.headroom);
}

std::string busy_and_wanted(double busy, double headroom) {
  return fmt::format("{} busy, {} to have", grouped(busy), grouped(busy / headroom));
}

std::string kept_text(const Plan& plan) {
  const Load& load = plan.load;
  std::string text = fmt::format("table and index of {} days", grouped(load.retain_days));
  if (load.compress_ratio > 1) {
    text += fmt::format(", {} times smaller after {}", grouped(load.compress_ratio), grouped(kRules.uncompressed_days));
  }
  return text;
}

std::string needs(const Plan& plan) {
  const Deployment& each = plan.each;
  const double headroom = plan.load.headroom;
  text::TextTable lines({{plan.databases > 1 ? "EACH OF THEM" : "WHAT"}, {"HOW MUCH"}, {"WHY"}});
  lines.add({"partitions", grouped(each.partitions),
             fmt::format("{} a topic; one carries {} messages/s at full use", each.partitions_of_topic,
                         grouped(each.partition_rate))});
  lines.add({"replicas",
             each.replicas == each.replicas_most ? fmt::format("{}", each.replicas)
                                                 : fmt::format("{} to {}", each.replicas, each.replicas_most),
             fmt::format("of {}, a worker each", plural(each.replica_cores, "core"))});
  lines.add({"pool", fmt::format("{}", each.pool), "connections of a replica (LOOM_DB_MAX_POOL_SIZE)"});
  lines.add({"max_connections", fmt::format("{}", each.max_connections),
             fmt::format("{} x ({} + {}) + {} for others", each.replicas_most, each.pool, kRules.beside_pool,
                         kRules.reserved)});
  lines.add({"cores of the consumer", busy_and_wanted(each.consumer_cores, headroom),
             fmt::format("{} CPU us a message", grouped(plan.cost.consumer_us))});
  lines.add({"cores of the database", busy_and_wanted(each.database_cores, headroom),
             fmt::format("{} CPU us a message", grouped(plan.cost.database_us))});
  lines.add({"network", fmt::format("{} Mbit/s", grouped(each.kafka_megabits)),
             fmt::format("from Kafka, compressed to {:.0f} %", 100 * kPace.lz4)});
  lines.add({"", fmt::format("{} Mbit/s", grouped(each.sent_megabits)), "to the database"});
  lines.add({"disk", fmt::format("{} MB/s", grouped(each.disk_megabytes)), "WAL, and pages once a checkpoint"});
  lines.add({"WAL a day", bytes_text(each.wal_day), "what an archive or a standby takes"});
  lines.add({"table a day", bytes_text(each.table_day), ""});
  lines.add({"index a day", bytes_text(each.index_day), plan.load.key == Key::none ? "no key" : "of the key"});
  lines.add({"kept", bytes_text(each.kept), kept_text(plan)});
  return lines.render();
}

/// What the user did not say.
std::vector<std::string> assumptions(const Load& load) {
  std::vector<std::string> out;
  if (load.key == Key::ignore || load.key == Key::update) {
    out.push_back(fmt::format("{} % of the rows are there already, and are {} (--repeats)",
                              grouped(100 * *load.repeats), load.key == Key::ignore ? "left out" : "overwritten"));
  }
  if (load.key != Key::none && !load.random_keys) {
    out.emplace_back("keys grow, as (device, time) does; UUIDs and hashes do not: --random-keys");
  }
  out.push_back(
      fmt::format("a database of {} cores and {} GiB, whose disk writes {} MB/s (--database-cores, "
                  "--database-memory, --disk); {} Gbit/s (--network)",
                  grouped(load.database_cores), grouped(load.database_memory_gib), grouped(load.disk_megabytes),
                  grouped(load.network_gbit)));
  out.emplace_back("messages in JSON, and cores as fast as those that were measured (docs/capacity.md)");
  return out;
}

nlohmann::ordered_json load_json(const Load& load) {
  nlohmann::ordered_json out{{"rate", load.rate},
                             {"message_bytes", load.message_bytes},
                             {"rows", load.rows},
                             {"columns", *load.columns},
                             {"row_bytes", *load.row_bytes},
                             {"key", to_string(load.key)},
                             {"key_bytes", *load.key_bytes},
                             {"random_keys", load.random_keys},
                             {"repeats", *load.repeats},
                             {"topics", load.topics},
                             {"headroom", load.headroom},
                             {"replica_cores", load.replica_cores},
                             {"database_cores", load.database_cores},
                             {"database_memory_gib", load.database_memory_gib},
                             {"network_gbit", load.network_gbit},
                             {"disk_mb_per_second", load.disk_megabytes},
                             {"retain_days", load.retain_days},
                             {"table_days", *load.table_days},
                             {"compress_ratio", load.compress_ratio}};
  if (load.replicas_most) out["replicas_max"] = *load.replicas_most;
  return out;
}

nlohmann::ordered_json cost_json(const Cost& cost) {
  return {{"consumer_cpu_us", cost.consumer_us}, {"database_cpu_us", cost.database_us},
          {"kafka_bytes", cost.kafka_bytes},     {"sent_bytes", cost.sent_bytes},
          {"wal_bytes", cost.wal_bytes},         {"full_page_bytes", cost.full_page_bytes},
          {"table_bytes", cost.table_bytes},     {"index_bytes", cost.index_bytes}};
}

nlohmann::ordered_json deployment_json(const Deployment& each) {
  return {{"rate", each.rate},
          {"topics", each.topics},
          {"partition_rate", each.partition_rate},
          {"partitions_of_topic", each.partitions_of_topic},
          {"partitions", each.partitions},
          {"replicas", each.replicas},
          {"replicas_max", each.replicas_most},
          {"replica_cores", each.replica_cores},
          {"pool", each.pool},
          {"max_connections", each.max_connections},
          {"consumer_cores", each.consumer_cores},
          {"database_cores", each.database_cores},
          {"kafka_mbit_per_second", each.kafka_megabits},
          {"database_mbit_per_second", each.sent_megabits},
          {"disk_mb_per_second", each.disk_megabytes},
          {"wal_bytes_a_day", each.wal_day},
          {"table_bytes_a_day", each.table_day},
          {"index_bytes_a_day", each.index_day},
          {"kept_bytes", each.kept},
          {"index_bytes_in_use", each.index_in_use}};
}

}  // namespace

std::string render(const Plan& plan) {
  std::string out = head(plan) + "\n";
  if (plan.databases > 1) {
    out += fmt::format("{} deployments with a database each, of {} messages/s and {}\n", plan.databases,
                       grouped(plan.each.rate), plural(plan.each.topics, "topic"));
  }
  out += needs(plan);
  for (const PassedLimit& one : plan.passed) out += "\nLimit passed, " + one.limit + "\n  -> " + one.advice + "\n";
  out += "\nAssumed:\n";
  for (const std::string& line : assumptions(plan.load)) out += "  " + line + "\n";
  return out + "\nHelm values (alone with --values):\n\n" + helm_values(plan);
}

std::string render_json(const Plan& plan) {
  nlohmann::ordered_json limits = nlohmann::ordered_json::array();
  for (const PassedLimit& one : plan.passed) limits.push_back({{"limit", one.limit}, {"advice", one.advice}});
  const nlohmann::ordered_json out{{"load", load_json(plan.load)}, {"message", cost_json(plan.cost)},
                                   {"databases", plan.databases},  {"deployment", deployment_json(plan.each)},
                                   {"limits", std::move(limits)},  {"assumed", assumptions(plan.load)},
                                   {"values", helm_values(plan)}};
  return out.dump(2) + "\n";
}

}  // namespace loom::capacity
