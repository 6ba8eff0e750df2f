#include "app/preparation.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <set>
#include <stdexcept>
#include <utility>

#include "app/dead_letter_route.h"
#include "app/table_schemas.h"
#include "mapping/built_in_types.h"
#include "mapping/ddl.h"
#include "mapping/table_names.h"
#include "mapping/topic_pattern.h"
#include "mapping/topic_selection.h"
#include "schema/database_error.h"
#include "schema/migrations.h"
#include "schema/table_creator.h"
#include "settings/processors.h"
#include "sink/catalog_reader.h"
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
  const mapping::MappingFile known = mapping::with_known_tables(file);
  // Those that are there are not asked about: a registry may be away, and a topic long.
  const auto catalog = sink::DatabaseCatalog::read(config.database.url, pipeline::tables_of(known));
  mapping::MappingFile lacking{.path = file.path, .topics = {}};
  for (const auto& topic : known.topics) {
    const auto tables = pipeline::tables_of(topic);
    const bool complete = std::all_of(tables.begin(), tables.end(),
                                      [&catalog](const auto& table) { return catalog.find(table) != nullptr; });
    if (!complete && topic.create_table != mapping::CreateTable::never) lacking.topics.push_back(topic);
  }
  TableSchemas schemas = table_schemas(config, lacking);
  std::vector<mapping::Problem> problems = std::move(schemas.problems);
  std::set<std::string> left_out;
  for (const auto& topic : lacking.topics) left_out.insert(topic.topic);
  for (const auto& topic : schemas.file.topics) left_out.erase(topic.topic);
  mapping::MappingFile making{.path = file.path, .topics = {}};
  // All others, since topics may share a table.
  for (const auto& topic : known.topics) {
    if (left_out.count(topic.topic) == 0) making.topics.push_back(topic);
  }
  const auto definitions =
      mapping::table_definitions(making, problems, mapping::TablesOf::creating_topics, schemas.schemas);
  const schema::CreatedTables tables = schema::create_tables(config.database.url, definitions);
  for (const auto& table : tables.created) spdlog::info("table created: {}", table);
  for (const auto& line : tables.storage.done) spdlog::info("{}", line);
  for (const auto& line : tables.storage.warnings) spdlog::warn("{}", line);
  if (!tables.lack_of_timescaledb.empty()) spdlog::info("{}", tables.lack_of_timescaledb);
  return problems;
}

pipeline::DatabasePlans::MakeTables table_maker(const settings::Config& config) {
  if (!config.auto_create_tables) return {};
  // Many tables may be made by one entry of the mapping, and what is to be said about it is said once.
  return [config, told = std::set<std::string>()](const mapping::MappingFile& file) mutable {
    std::string error;
    for (const auto& problem : create_missing_tables(config, file)) {
      const bool is_error = problem.severity == mapping::Severity::error;
      if (is_error) error = problem.message;
      if (!is_error && told.insert(to_string(problem)).second) log_problem(problem);
    }
    if (!error.empty()) throw sink::DatabaseFailure(error, batch::Cause::schema);
  };
}

pipeline::DatabasePlans::AddColumns column_adder(const settings::Config& config) {
  return [url = config.database.url](const mapping::TopicMapping& topic, const mapping::NewFields& fields) {
    const mapping::TableName& table = topic.table;
    std::vector<mapping::ColumnInfo> columns;
    for (const auto& [name, field] : fields) columns.push_back(mapping::column_for(topic, name, field));
    for (const schema::AddedColumn& column : schema::add_columns(url, table, columns)) {
      if (column.problem.empty()) {
        spdlog::info("column added: {}.{} {}", table.display(), column.name, column.type);
      } else {
        spdlog::warn(
            "{} gets no column {} for a field that its topic's schema has: {}. The field is passed over until "
            "the mapping is read again",
            table.display(), column.name, column.problem);
      }
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
  if (file->selection != nullptr) settings.narrowed_by = file->selection->text();
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
