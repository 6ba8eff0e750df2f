#include "app/commands.h"

#include <iostream>
#include <optional>

#include "mapping/ddl.h"
#include "mapping/loader.h"
#include "mapping/table_names.h"
#include "pipeline/compile_topic.h"
#include "schema/migrations.h"
#include "schema/table_creator.h"
#include "sink/catalog_reader.h"

namespace loom::app {

namespace {

void print(const std::vector<mapping::Problem>& problems) {
  for (const auto& problem : problems) std::cerr << to_string(problem) << '\n';
}

/// The mapping, or nothing after its problems were printed.
std::optional<mapping::MappingFile> load(const std::string& path) {
  mapping::LoadResult loaded = mapping::load_mapping_file(path);
  print(loaded.problems);
  return std::move(loaded.file);
}

}  // namespace

int validate_mapping(const settings::Config& config, const ValidateOptions& options) {
  const auto file = load(options.file.value_or(config.topic_mappings));
  if (!file) return kWrongConfiguration;
  std::vector<mapping::Problem> problems;
  const mapping::DefinedCatalog defined(mapping::table_definitions(*file, problems));
  std::optional<sink::DatabaseCatalog> real;
  if (options.database) {
    problems.clear();
    real = sink::DatabaseCatalog::read(config.database.url, pipeline::tables_of(mapping::with_known_tables(*file)));
  }
  for (const auto& topic : file->topics) {
    // Which tables a pattern's topics have is not known here: they are taken as create-tables would make them.
    const bool in_database = real && !mapping::has_table_per_topic(topic);
    const mapping::Catalog& catalog = in_database ? static_cast<const mapping::Catalog&>(*real) : defined;
    auto found = pipeline::compile_topic(topic, catalog, file->path).problems;
    std::move(found.begin(), found.end(), std::back_inserter(problems));
  }
  print(problems);
  if (mapping::has_errors(problems)) return kWrongConfiguration;
  std::cout << file->path << ": " << file->topics.size() << " topics, no errors"
            << (options.database ? ", and the tables fit" : "") << '\n';
  return 0;
}

int migrate_database(const settings::Config& config, const MigrateOptions& options) {
  schema::Migrator migrator(config.database.url);
  if (options.status) {
    std::cout << render(migrator.status());
    return 0;
  }
  const auto applied = migrator.apply();
  for (const auto& migration : applied) std::cout << "applied " << migration.version << ' ' << migration.name << '\n';
  if (applied.empty()) std::cout << "nothing to apply: the database has every migration\n";
  return 0;
}

int create_mapped_tables(const settings::Config& config, const CreateTablesOptions& options) {
  const auto file = load(config.topic_mappings);
  if (!file) return kWrongConfiguration;
  std::vector<mapping::Problem> problems;
  const auto definitions = mapping::table_definitions(mapping::with_known_tables(*file), problems);
  print(problems);
  if (mapping::has_errors(problems)) return kWrongConfiguration;
  for (const auto& topic : file->topics) {
    if (!mapping::has_table_per_topic(topic)) continue;
    std::cerr << topic.topic << ": a table for each topic, which the service makes when it first sees the topic "
              << "(LOOM_AUTO_CREATE_TABLES)\n";
  }
  if (options.print) {
    std::cout << schema::render(definitions);
    return 0;
  }
  const auto tables = schema::create_tables(config.database.url, definitions);
  for (const auto& table : tables.created) std::cout << "created " << table << '\n';
  std::cout << tables.created.size() << " created, " << tables.existing.size() << " existed already\n";
  return 0;
}

}  // namespace loom::app
