#pragma once

#include <memory>
#include <vector>

#include "mapping/mapping_file.h"
#include "mapping/problem.h"
#include "pipeline/database_plans.h"
#include "pipeline/group_consumer.h"
#include "settings/config.h"

namespace loom::app {

/// Into the log, at its own severity.
void log_problem(const mapping::Problem& problem);

/// Creates the mapped tables that do not exist. Returns the problems of tables that cannot be defined, or not yet.
/// Fails: std::runtime_error (database).
std::vector<mapping::Problem> create_missing_tables(const settings::Config& config, const mapping::MappingFile& file);

/// Makes the tables of topics that are seen while the service runs; nothing where the configuration does not want that.
pipeline::DatabasePlans::MakeTables table_maker(const settings::Config& config);

/// Adds columns for fields that schemas have added (`evolve: add`), and says so. What the role may not, or the database
/// cannot do, is said once.
pipeline::DatabasePlans::AddColumns column_adder(const settings::Config& config);

/// Applies the migrations, and logs them. Where the database is not there nothing happens: prepare_database() is called
/// until it is.
/// Fails: schema::MigrationError.
void migrate_if_there(const settings::Config& config);

/// The database made ready as the configuration says, and every plan that can be made.
/// Fails: schema::MigrationError where waiting does not help; std::runtime_error while the database cannot be reached
/// or lacks migrations.
void prepare_database(const settings::Config& config, pipeline::DatabasePlans& plans);

/// What the consumer is told by this configuration and mapping.
/// Blocks: while the brokers are asked for the partitions, up to 5 s.
pipeline::ConsumerSettings consumer_settings(const settings::Config& config,
                                             const std::shared_ptr<const mapping::MappingFile>& file);

}  // namespace loom::app
