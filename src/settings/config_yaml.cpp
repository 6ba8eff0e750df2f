// The file of --config: the names of the environment with their values, or, where a setting is a list, with lists.
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <cctype>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "settings/config.h"

namespace loom::settings {
namespace {

bool takes_list(std::string_view name) { return name == "LOOM_TOPICS" || name == "LOOM_TOPICS_EXCLUDE"; }

/// A list of YAML's as the text that the environment would have; nullopt: it holds more than names.
std::optional<std::string> joined(const YAML::Node& list) {
  std::string text;
  for (const auto& item : list) {
    if (!item.IsScalar()) return std::nullopt;
    text += (text.empty() ? "" : ",") + item.Scalar();
  }
  return text;
}

}  // namespace

Entries parse_config_yaml(const std::string& yaml, const std::string& path, std::vector<std::string>& errors) {
  Entries entries;
  try {
    const YAML::Node root = YAML::Load(yaml);
    if (root.IsNull()) return entries;
    if (!root.IsMap()) {
      errors.push_back(path + ": expected a map of settings, such as `loom_kafka_batch_size: 200`");
      return entries;
    }
    for (const auto& entry : root) {
      std::string name = entry.first.as<std::string>();
      const std::string line = path + ":" + std::to_string(entry.first.Mark().line + 1) + ": ";
      std::transform(name.begin(), name.end(), name.begin(),
                     [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
      std::optional<std::string> value;
      if (entry.second.IsNull()) value = "";
      if (entry.second.IsScalar()) value = entry.second.Scalar();
      if (entry.second.IsSequence() && takes_list(name)) value = joined(entry.second);
      if (!value) {
        errors.push_back(line + name + " takes " +
                         (takes_list(name) ? "names or patterns of topics" : "one value, not a list or a map"));
      } else if (!entries.emplace(name, *value).second) {
        errors.push_back(line + name + " is set twice");
      }
    }
  } catch (const YAML::Exception& error) {
    errors.push_back(path + ":" + std::to_string(error.mark.line + 1) + ": not YAML: " + error.msg);
  }
  return entries;
}

}  // namespace loom::settings
