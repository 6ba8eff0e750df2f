#include "mapping/loader.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <exception>
#include <fstream>
#include <sstream>
#include <system_error>

#include "mapping/findings.h"
#include "mapping/topic_reader.h"
#include "mapping/unknown_key.h"
#include "mapping/yaml_document.h"
#include "mapping/yaml_tree.h"

namespace loom::mapping {
namespace {

const YAML::Node* value_of(const std::vector<Entry>& entries, std::string_view key) {
  for (const auto& entry : entries) {
    if (entry.key == key) return &entry.value;
  }
  return nullptr;
}

void check_schema_version(const std::vector<Entry>& entries, Findings& findings) {
  for (const auto& entry : entries) {
    if (entry.key != "schema_version") continue;
    const Place place{"", "schema_version", entry.line};
    const auto version = text_of(entry.value, place, findings);
    if (entry.value.IsNull()) {
      findings.warning(place, "is empty; v1 is assumed");
    } else if (version && *version != "v1") {
      findings.error(place, "is `" + *version + "`; accepted: v1");
    }
    return;
  }
  findings.warning({"", "schema_version", 0}, "is not there; v1 is assumed");
}

void check_top_level_keys(const std::vector<Entry>& entries, Findings& findings) {
  constexpr std::array<std::string_view, 5> kKnown{"schema_version", "defaults", "topics", "transformations",
                                                   "data_type_mappings"};
  for (const auto& entry : entries) {
    if (entry.key.rfind("x-", 0) == 0 || entry.key.rfind('.', 0) == 0) continue;  // the usual homes of anchors
    if (std::find(kKnown.begin(), kKnown.end(), entry.key) != kKnown.end()) continue;
    warn_of_unknown_key("this format", entry.key, kKnown, {"", entry.key, entry.line}, findings);
  }
}

void check_topic_names(const MappingFile& file, Findings& findings) {
  for (const auto& topic : file.topics) {
    if (topic.is_pattern) continue;
    const bool plain = !topic.topic.empty() && topic.topic.size() <= 249 && topic.topic != "." && topic.topic != ".." &&
                       topic.topic.find_first_not_of(
                           "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                           "._-") == std::string::npos;
    if (!plain) {
      findings.warning({topic.topic, "", topic.line},
                       "Kafka has no topic of this name: names have up to 249 letters, digits, `.`, `_` and `-`; a "
                       "pattern starts with `^`");
    }
  }
}

void read_document(const YAML::Node& root, MappingFile& file, Findings& findings) {
  if (!root.IsDefined() || root.IsNull()) {
    findings.error({"", "", 1}, "is empty; it needs at least `topics`");
    return;
  }
  const Place top{"", "", line_of(root)};
  if (!root.IsMap()) {
    findings.error(top, "must be a map with the key `topics`, and is " + kind_of(root));
    return;
  }
  const auto entries = entries_of(root, top, findings);
  check_schema_version(entries, findings);
  check_top_level_keys(entries, findings);

  FileDefaults defaults;
  for (const auto& entry : entries) {
    if (entry.key == "defaults") {
      defaults = read_file_defaults(entry.value, {"", "defaults", entry.line}, findings);
    }
  }
  const YAML::Node* topics = value_of(entries, "topics");
  if (topics == nullptr) {
    findings.error({"", "topics", 0}, "is not there; it is the map of topic names to their tables");
    return;
  }
  Place place{"", "topics", line_of(*topics)};
  for (const auto& entry : entries) {
    if (entry.key == "topics") place.line = entry.line;
  }
  const auto topic_entries = entries_of(*topics, place, findings);
  if (topic_entries.empty() && (topics->IsNull() || topics->IsMap())) {
    findings.warning(place, "names no topic: there is nothing to consume");
  }
  for (const auto& entry : topic_entries) file.topics.push_back(read_topic(entry, defaults, file.path, findings));
  check_topic_names(file, findings);
}

LoadResult finish(MappingFile file, Findings& findings) {
  LoadResult result;
  result.problems = findings.take();
  std::stable_sort(result.problems.begin(), result.problems.end(),
                   [](const Problem& a, const Problem& b) { return a.line < b.line; });
  if (!has_errors(result.problems)) result.file = std::move(file);
  return result;
}

}  // namespace

LoadResult load_mapping_text(std::string_view yaml, const std::string& path) {
  Findings findings(path);
  MappingFile file;
  file.path = path;
  try {
    if (const auto root = read_yaml(yaml, findings)) read_document(*root, file, findings);
  } catch (const std::exception& problem) {
    findings.error({}, std::string("cannot be read: ") + problem.what());
  }
  return finish(std::move(file), findings);
}

LoadResult load_mapping_file(const std::string& path) {
  std::ostringstream text;
  errno = 0;
  std::ifstream input(path, std::ios::binary);
  if (input) text << input.rdbuf();
  if (!input || (!text && errno != 0)) {
    Findings findings(path);
    const std::string why = errno != 0 ? ": " + std::generic_category().message(errno) : "";
    findings.error({}, "cannot be read" + why);
    return finish({}, findings);
  }
  return load_mapping_text(text.str(), path);
}

}  // namespace loom::mapping
