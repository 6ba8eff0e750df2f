#pragma once

#include <yaml-cpp/yaml.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mapping/findings.h"

namespace loom::mapping {

/// One `key: value` of a YAML map, in file order.
struct Entry {
  std::string key;
  int line = 0;  ///< of the key, from 1
  YAML::Node value;
};

int line_of(const YAML::Node& node);

/// "a map", "a list", "a single value" or "nothing", for messages.
std::string kind_of(const YAML::Node& node);

/// The map's entries with merge keys (`<<`) resolved: the map's own entries come first, merged ones fill what they
/// leave open. A key that stands twice in one map is an error, save when both say the same. Anything but a map is an
/// error too; null is an empty map.
std::vector<Entry> entries_of(const YAML::Node& node, const Place& place, Findings& findings);

/// The scalar's text whatever its type; nullopt with an error for lists and maps, without one for null.
std::optional<std::string> text_of(const YAML::Node& node, const Place& place, Findings& findings);

/// Names given as a YAML list or as one comma-separated text, where a step of a path in quotes may hold commas; empty
/// ones are warned of and dropped.
std::vector<std::string> names_of(const YAML::Node& node, const Place& place, Findings& findings);

/// Without blanks at either end.
std::string_view trimmed(std::string_view text);

/// The node as JSON text, scalars typed by YAML 1.2's core schema: `false` is false, `yes` and `"5"` are strings.
/// nullopt when it is nested too deep or grows too large (an anchor that contains itself, for one).
std::optional<std::string> json_of(const YAML::Node& node);

}  // namespace loom::mapping
