#include <iostream>
#include <utility>

#include "app/commands.h"
#include "app/mapping_input.h"
#include "app/table_schemas.h"
#include "mapping/ddl.h"
#include "mapping/table_names.h"
#include "schema/migrations.h"
#include "schema/table_creator.h"

namespace loom::app {

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
  const auto file = load_or_complain(config, options.file);
  if (!file) return kWrongConfiguration;
  const mapping::MappingFile known = mapping::with_known_tables(*file);
  TableSchemas known_of = table_schemas(config, known);
  std::vector<mapping::Problem> problems;
  const auto definitions =
      mapping::table_definitions(known_of.file, problems, mapping::TablesOf::creating_topics, known_of.schemas);
  // A table that cannot be made yet keeps nobody else's from being made.
  const bool some_wait = mapping::has_errors(known_of.problems);
  print(known_of.problems);
  print(problems);
  if (mapping::has_errors(problems)) return kWrongConfiguration;
  for (const auto& topic : file->topics) {
    if (!mapping::has_open_table_name(topic)) continue;
    const bool by_header = !mapping::table_headers(topic).empty();
    std::cerr << topic.topic << ": a table for each " << (by_header ? "value of a header" : "topic")
              << ", which the service makes when it first sees it (LOOM_AUTO_CREATE_TABLES)\n";
  }
  if (options.print) {
    std::cout << schema::render(definitions);
    return some_wait ? kWrongConfiguration : 0;
  }
  const auto alter = options.alter ? schema::Alter::add_columns : schema::Alter::name_columns;
  const auto tables = schema::create_tables(config.database.url, definitions, alter);
  for (const auto& table : tables.created) std::cout << "created " << table << '\n';
  for (const auto& column : tables.lacking) {
    std::cout << (options.alter ? "added " : "lacking ") << column.table << '.' << column.column << ": "
              << column.statement << '\n';
  }
  for (const auto& line : tables.storage.done) std::cout << line << '\n';
  for (const auto& line : tables.storage.warnings) std::cerr << "warning: " << line << '\n';
  if (!tables.lack_of_timescaledb.empty()) std::cerr << tables.lack_of_timescaledb << '\n';
  std::cout << tables.created.size() << " created, " << tables.existing.size() << " existed already\n";
  if (!options.alter && !tables.lacking.empty()) {
    std::cerr << "Tables lack columns that the mapping feeds: run the statements, or create-tables --alter\n";
  }
  return some_wait ? kWrongConfiguration : 0;
}

}  // namespace loom::app
