#include "app/preparation.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <set>
#include <stdexcept>
#include <utility>

#include "app/dead_letter_route.h"
#include "mapping/ddl.h"
#include "mapping/table_names.h"
#include "mapping/topic_pattern.h"
#include "schema/database_error.h"
#include "schema/migrations.h"
#include "schema/table_creator.h"
#include "settings/processors.h"
#include "sink/database_failure.h"
#include "source/group_client.h"

namespace loom::app {

namespace {

constexpr std::chrono::milliseconds kBrokerTimeout{5000};
constexpr std::size_t kPartitionsUnknown = 16;  // until the group has assigned some
constexpr unsigned kWorkersMax = 16;

void migrate(const settings::Config& config) {
  for (const auto& done : schema::Migrator(config.database.url).apply()) {
    spdlog::info("migrated: {} {}", done.version, done.name);
  }
}

}  // namespace

void log_problem(const mapping::Problem& problem) {
  if (problem.severity == mapping::Severity::error) {
    spdlog::error("{}", to_string(problem));
  } else {
    spdlog::warn("{}", to_string(problem));
  }
}

std::vector<mapping::Problem> create_missing_tables(const settings::Config& config, const mapping::MappingFile& file) {
  std::vector<mapping::Problem> problems;
  const auto definitions = mapping::table_definitions(mapping::with_known_tables(file), problems);
  for (const auto& table : schema::create_tables(config.database.url, definitions).created) {
    spdlog::info("table created: {}", table);
  }
  return problems;
}

pipeline::DatabasePlans::MakeTables table_maker(const settings::Config& config) {
  if (!config.auto_create_tables) return {};
  // Many tables may be made by one entry of the mapping, and what is to be said about it is said once.
  return [config, told = std::set<std::string>()](const mapping::MappingFile& file) mutable {
    for (const auto& problem : create_missing_tables(config, file)) {
      if (told.insert(to_string(problem)).second) log_problem(problem);
    }
  };
}

void migrate_if_there(const settings::Config& config) {
  try {
    migrate(config);
  } catch (const schema::DatabaseUnavailable&) {
    // prepare_database() will be called until it is there, and says so.
  }
}

void prepare_database(const settings::Config& config, pipeline::DatabasePlans& plans) {
  const std::string& url = config.database.url;
  if (config.auto_migrate) migrate(config);
  const auto file = plans.file();
  if (config.auto_create_tables) {
    for (const auto& problem : create_missing_tables(config, *file)) log_problem(problem);
  }
  for (const auto& status : schema::Migrator(url).status()) {
    if (status.state != schema::MigrationState::pending) continue;
    throw sink::DatabaseFailure(
        "migration " + status.version + " " + status.name +
            " is not applied: run `kafka-to-db-consumer migrate`, or set LOOM_AUTO_MIGRATE=true",
        batch::Cause::schema);
  }
  pipeline::PreparedPlans prepared = plans.prepare(file);
  for (const auto& problem : prepared.problems) log_problem(problem);
  plans.adopt(std::move(prepared));
}

pipeline::ConsumerSettings consumer_settings(const settings::Config& config,
                                             const std::shared_ptr<const mapping::MappingFile>& file) {
  pipeline::ConsumerSettings settings;
  settings.client = {.bootstrap_servers = config.bootstrap_servers,
                     .group_id = config.group_id(),
                     .properties = config.rdkafka,
                     .partitions = kPartitionsUnknown};
  if (auto hidden = hidden_topics(config, *file)) settings.client.properties["topic.blacklist"] = std::move(*hidden);
  settings.mapped = [file](const std::string& topic) { return mapping::find_topic(*file, topic) != nullptr; };
  const auto count = source::count_partitions(settings.client, settings.mapped, kBrokerTimeout);
  settings.client.partitions = count.value_or(0) > 0 ? *count : kPartitionsUnknown;
  for (const auto& topic : file->topics) settings.topics.push_back(topic.topic);
  settings.workers = std::min(settings::usable_processors(), kWorkersMax);
  pipeline::LaneSettings& lane = settings.worker.lane;
  lane.limits.size = config.batch_size;
  lane.limits.timeout = config.batch_timeout;
  lane.limits.rows_max = std::max(config.batch_max, config.batch_size);
  lane.limits.bytes_max = config.batch_max_bytes;
  lane.log = config.log;
  lane.dead_letter_max_ratio = config.dead_letter_max_ratio;
  settings.worker.turn = config.max_poll_records;
  settings.origin = config.consumer_settings_from;
  settings.new_at_end = config.new_at_end;
  return settings;
}

}  // namespace loom::app
