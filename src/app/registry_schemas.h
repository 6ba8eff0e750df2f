#pragma once

#include <stdexcept>
#include <vector>

#include "mapping/mapping_file.h"
#include "mapping/problem.h"
#include "mapping/schema_fields.h"
#include "registry/settings.h"

namespace loom::app {

/// The registry is away, or does not let us in.
class RegistryUnavailable : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct LatestSchemas {
  mapping::TopicSchemas schemas;
  std::vector<mapping::Problem> problems;  ///< subjects that are not there, schemas that cannot be used
};

/// Whether schemas of some of the topics are in a registry: those of a pattern have no subject that is known here.
bool has_registry_topics(const mapping::MappingFile& file);

/// The latest schema of each topic's values, of the subject TOPIC-value, where the mapping's format says that a
/// registry has it. A subject that is not there is a warning: messages may name schemas of others.
/// Blocks:  for each topic as long as the registry takes, at most settings.timeout for each request.
/// Fails:   RegistryUnavailable.
LatestSchemas latest_schemas(const registry::RegistrySettings& settings, const mapping::MappingFile& file);

}  // namespace loom::app
