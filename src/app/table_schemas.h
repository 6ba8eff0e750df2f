#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "app/registry_schemas.h"
#include "mapping/mapping_file.h"
#include "mapping/problem.h"
#include "mapping/schema_fields.h"
#include "settings/config.h"

namespace loom::app {

/// What the problem of a topic begins with whose table nobody can make yet.
inline constexpr std::string_view kTableNotYet = "its table cannot be made yet";

/// What tables can be made of.
struct TableSchemas {
  mapping::MappingFile file;  ///< without the topics whose tables nobody can make yet
  mapping::TopicSchemas schemas;
  std::vector<mapping::Problem> problems;  ///< an error for each topic that was left out
};

/// The schemas of the file's topics, for making their tables: of a registry the latest, of Kafka Connect's JSON that
/// which stands in one of the topic's first records. Topics whose tables can only be made of a schema that nobody has,
/// or that are to be looked up in a registry that does not answer, are left out.
/// Blocks: for each topic as long as the registry and the brokers take, 10 s each at most.
TableSchemas table_schemas(const settings::Config& config, const mapping::MappingFile& file);

}  // namespace loom::app
