#pragma once

#include <string>
#include <vector>

#include "mapping/findings.h"
#include "mapping/mapping_file.h"
#include "mapping/yaml_tree.h"

namespace loom::mapping {

/// The file's `defaults`: what topics take where they say nothing.
struct FileDefaults {
  std::vector<std::string> upsert_key;
  ConflictStrategy conflict_strategy = ConflictStrategy::ignore;
  std::vector<std::string> absent_values;
  MessageFormat value_format;
  MessageFormat key_format;
};

FileDefaults read_file_defaults(const YAML::Node& node, const Place& place, Findings& findings);

/// One entry of `topics`. What is wrong goes to `findings`; what could be read is returned all the same.
/// `path`: the mapping file's, beside which schema files are looked for.
TopicMapping read_topic(const Entry& entry, const FileDefaults& defaults, const std::string& path, Findings& findings);

/// `array_mappings` of a topic.
std::vector<ArrayMapping> read_array_mappings(const YAML::Node& node, const Place& place, Findings& findings);

/// A table's name (see parse_table_name()); nullopt with an error for anything else.
std::optional<TableName> read_table_name(const YAML::Node& node, const Place& place, Findings& findings);

/// A list of scalars, each as JSON; an error for anything else.
std::vector<std::string> read_absent_values(const YAML::Node& node, const Place& place, Findings& findings);

}  // namespace loom::mapping
