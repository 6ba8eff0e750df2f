#include "cases.h"

#include <fmt/format.h>
#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <stdexcept>

#include "backlog.h"
#include "ceiling.h"
#include "drain.h"
#include "kafka_only.h"
#include "machine.h"
#include "prepared_rows.h"
#include "steady.h"
#include "tables.h"

namespace loom::bench {
namespace {

using nlohmann::json;

json to_json(const DrainRun& run) {
  return {{"messages_per_second", run.rows_per_second},
          {"seconds", run.seconds},
          {"seconds_to_first", run.seconds_to_first},
          {"idle_share", run.idle_share},
          {"disk_wait_share", run.disk_wait_share},
          {"stolen_share", run.stolen_share},
          {"others_share", run.others_share},
          {"consumer_cpu", run.consumer_cpu},
          {"postgres_cpu", run.postgres_cpu},
          {"kafka_cpu", run.kafka_cpu},
          {"peak_megabytes", run.peak_megabytes},
          {"rows_a_transaction", run.rows_a_transaction},
          {"dead_letters", run.dead_letters}};
}

json to_json(const CeilingRun& run) {
  return {{"connections", run.connections},         {"rows_each", run.rows_each},       {"seconds", run.seconds},
          {"rows_per_second", run.rows_per_second}, {"postgres_cpu", run.postgres_cpu}, {"sender_cpu", run.sender_cpu},
          {"others_share", run.others_share}};
}

json to_json(const SteadyRun& run) {
  return {{"messages", run.messages},
          {"sent_per_second", run.sent_per_second},
          {"p50_ms", run.p50},
          {"p90_ms", run.p90},
          {"p99_ms", run.p99},
          {"p999_ms", run.p999},
          {"longest_ms", run.longest},
          {"producer_late_p99_ms", run.late_p99},
          {"seconds", run.spent.seconds},
          {"idle_share", run.spent.idle_share},
          {"disk_wait_share", run.spent.disk_wait_share},
          {"stolen_share", run.spent.stolen_share},
          {"others_share", run.spent.others_share},
          {"consumer_cpu", run.spent.consumer_cpu},
          {"postgres_cpu", run.spent.postgres_cpu},
          {"kafka_cpu", run.spent.kafka_cpu},
          {"producer_cpu", run.spent.our_cpu},
          {"peak_megabytes", run.peak_megabytes},
          {"rows_a_transaction", run.rows_a_transaction}};
}

/// What is being done, for whoever shows how far it is: the last line of this program's log.
void now_doing(const std::string& what) { fmt::print(stderr, "now: {}\n", what); }

json kafka_alone(const Options& options) {
  // The first time warms the broker up.
  KafkaRun best;
  for (int i = 0; i < 2; ++i) {
    now_doing("Kafka alone");
    const KafkaRun run = drain_without_work(options);
    if (run.messages_per_second > best.messages_per_second) best = run;
  }
  return {{"messages_per_second", best.messages_per_second},
          {"consumer_cpu", best.consumer_cpu},
          {"kafka_cpu", best.kafka_cpu}};
}

/// The drains of one variant so far; after its first failure nothing more is asked of it.
struct Drains {
  Variant variant;
  json runs = json::array();
  std::string error{};
};

json to_json(const Drains& drains) {
  json out{{"name", drains.variant.name},
           {"replicas", drains.variant.replicas},
           {"environment", drains.variant.environment},
           {"runs", drains.runs}};
  if (!drains.error.empty()) out["error"] = drains.error;
  return out;
}

class BacklogCase {
 public:
  explicit BacklogCase(const Options& options) : options_(options), database_(options.database_url) {}

  json measure() {
    now_doing("filling the topic");
    produce_backlog(options_);
    create_tables(database_, options_, options_.with_key);
    json out{{"kafka_only", kafka_alone(options_)}};
    now_doing("reading and encoding for the ceiling");
    const PreparedRows rows(options_);
    wanted_refused_ = static_cast<std::int64_t>(rows.refused());
    write_prepared(options_, rows, 2, 5'000);
    wanted_ = checksums_of_ceiling(database_, options_);
    for (std::size_t i = 0; i < wanted_.size(); ++i) {
      if (wanted_[i].rows != static_cast<std::int64_t>(rows.rows(i))) throw std::runtime_error("the ceiling lost rows");
    }
    std::vector<Drains> all;
    for (const Variant& variant : options_.variants) all.push_back({.variant = variant});
    if (options_.warm_up) warm_up();
    json ceilings = json::array();
    for (int i = 1; i <= options_.repeat; ++i) {
      for (Drains& drains : all) drain(drains, i);
      now_doing("the ceiling");
      json ways = json::array();
      for (const CeilingRun& run : measure_ceiling(options_, rows)) ways.push_back(to_json(run));
      ceilings.push_back(std::move(ways));
    }
    out["rows"] = rows.rows();
    out["message_bytes"] = static_cast<double>(rows.message_bytes()) / static_cast<double>(options_.messages);
    out["encoded_per_second_and_core"] = rows.encoded_per_second();
    out["ceilings"] = std::move(ceilings);
    out["drains"] = json::array();
    for (const Drains& drains : all) out["drains"].push_back(to_json(drains));
    return out;
  }

 private:
  void warm_up() {
    now_doing("a drain that does not count");
    empty_tables(database_, options_, options_.with_key);
    drain_topic(options_, "warm-up");
  }

  void drain(Drains& drains, int repetition) {
    if (!drains.error.empty()) return;
    now_doing("drain: " + drains.variant.name);
    const std::string name = fmt::format("{}-{}", drains.variant.name, repetition);
    try {
      empty_tables(database_, options_, options_.with_key);
      if (options_.read_again) fill_from_ceiling(database_, options_);
      const DrainRun run = drain_topic(options_, name, drains.variant);
      must_hold_the_same(database_, options_, wanted_);
      if (run.dead_letters != wanted_refused_) {
        throw std::runtime_error(fmt::format("{} dead letters instead of {}", run.dead_letters, wanted_refused_));
      }
      drains.runs.push_back(to_json(run));
    } catch (const std::exception& error) {
      drains.error = error.what();
      fmt::print(stderr, "error: {}: {}\n", name, error.what());
    }
  }

  const Options& options_;
  Database database_;
  std::vector<Checksum> wanted_;
  std::int64_t wanted_refused_ = 0;
};

json steady_case(const Options& options) {
  const Variant& variant = options.variants.at(0);
  now_doing(fmt::format("{:.0f} messages a second", options.steady_rate));
  json out{{"steady", to_json(measure_steady(options, variant))}};
  out["steady"]["environment"] = variant.environment;
  return out;
}

}  // namespace

Variant parse_variant(const std::string& text) {
  Variant variant;
  std::istringstream pieces(text);
  std::getline(pieces, variant.name, ';');
  if (variant.name.empty()) throw std::runtime_error("a variant needs a name");
  for (std::string piece; std::getline(pieces, piece, ';');) {
    const std::size_t equals = piece.find('=');
    if (equals == std::string::npos) throw std::runtime_error(fmt::format("variant {}: \"{}\" has no =", text, piece));
    const std::string name = piece.substr(0, equals);
    const std::string value = piece.substr(equals + 1);
    if (name == "replicas") {
      variant.replicas = std::stoi(value);
    } else if (name == "program") {
      variant.program = value;
    } else {
      variant.environment[name] = value;
    }
  }
  return variant;
}

void run_case(const Options& options) {
  migrate(options);
  json out = options.steady_rate > 0 ? steady_case(options) : BacklogCase(options).measure();
  out["machine"] = machine_name();
  out["librdkafka"] = rd_kafka_version_str();
  out["messages"] = options.messages;
  std::ofstream file(options.results);
  file << out.dump(2) << '\n';
  if (!file.flush()) throw std::runtime_error("cannot write " + options.results);
}

}  // namespace loom::bench
