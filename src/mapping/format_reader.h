#pragma once

#include <string>

#include "mapping/findings.h"
#include "mapping/mapping_file.h"
#include "mapping/yaml_tree.h"

namespace loom::mapping {

/// `format` and `key_format`, of a topic or in `defaults`.
void read_format(const YAML::Node& node, const Place& place, Findings& findings, MessageFormat& out);

/// `schema_file`, `descriptor_file`: a path, beside the mapping file where it is not absolute.
void read_schema_file(const YAML::Node& node, const Place& place, Findings& findings, MessageFormat& out);

/// After all keys of the topic were read: the schema of its file, and whether the keys fit together. `mapping_path` is
/// the mapping file's.
void finish_format(TopicMapping& topic, const std::string& mapping_path, Findings& findings);

}  // namespace loom::mapping
