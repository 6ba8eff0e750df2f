#include "mapping/topic_reader.h"

#include <cmath>
#include <cstdlib>
#include <map>

#include "mapping/choices.h"
#include "mapping/sources.h"
#include "mapping/table_names.h"
#include "mapping/topic_pattern.h"
#include "mapping/value_types.h"

namespace loom::mapping {
namespace {

constexpr double kMaxBatchTimeoutSeconds = 3600;
constexpr int kMaxBatchSize = 1'000'000;

/// Reads the topic's keys one after the other into a TopicMapping.
class TopicReader {
 public:
  TopicReader(TopicMapping& topic, Place place, Findings& findings)
      : topic_(topic), place_(std::move(place)), findings_(findings) {}

  void read(const YAML::Node& node);

 private:
  void read_key(const Entry& entry);
  void read_field_mappings(const Entry& entry);
  void read_data_types(const Entry& entry);
  void read_defaults(const Entry& entry);
  void read_batch_size(const Entry& entry);
  void read_batch_timeout(const Entry& entry);

  template <typename T, std::size_t N>
  std::optional<T> choice(const Choices<T, N>& choices, const YAML::Node& node, const Place& place);
  template <typename T, std::size_t N>
  std::map<std::string, T> column_choices(const Choices<T, N>& choices, const Entry& entry);

  [[nodiscard]] Place at(const Entry& entry) const { return place_.inside(entry.key, entry.line); }

  TopicMapping& topic_;
  Place place_;
  Findings& findings_;
};

template <typename T, std::size_t N>
std::optional<T> TopicReader::choice(const Choices<T, N>& choices, const YAML::Node& node, const Place& place) {
  if (node.IsNull()) {
    findings_.warning(place, "is empty and is ignored; accepted: " + choices.names());
    return std::nullopt;
  }
  const auto text = text_of(node, place, findings_);
  if (!text) return std::nullopt;
  auto value = choices.find(*text);
  if (!value) findings_.error(place, "is `" + *text + "`; accepted: " + choices.names());
  return value;
}

template <typename T, std::size_t N>
std::map<std::string, T> TopicReader::column_choices(const Choices<T, N>& choices, const Entry& entry) {
  std::map<std::string, T> columns;
  for (const auto& column : entries_of(entry.value, at(entry), findings_)) {
    const Place place = at(entry).inside(column.key, column.line);
    const bool one_in_a_list = column.value.IsSequence() && column.value.size() == 1;
    const auto value = choice(choices, one_in_a_list ? column.value[0] : column.value, place);
    if (value) columns.emplace(column.key, *value);
  }
  return columns;
}

void TopicReader::read(const YAML::Node& node) {
  for (const auto& entry : entries_of(node, place_, findings_)) {
    topic_.key_lines[entry.key] = entry.line;
    read_key(entry);
  }
  if (topic_.key_lines.count("table") == 0 && (node.IsNull() || node.IsMap())) {
    findings_.error(place_.inside("table", 0), "is not there; every topic needs the name of its table");
  }
}

void TopicReader::read_key(const Entry& entry) {
  const std::string& key = entry.key;
  if (key == "table") {
    if (auto table = read_table_name(entry.value, at(entry), findings_)) topic_.table = *table;
  } else if (key == "description") {
    topic_.description = text_of(entry.value, at(entry), findings_).value_or("");
  } else if (key == "field_mappings") {
    read_field_mappings(entry);
  } else if (key == "data_types") {
    read_data_types(entry);
  } else if (key == "transforms") {
    topic_.transforms = column_choices(kTransforms, entry);
  } else if (key == "required_fields") {
    topic_.required_fields = names_of(entry.value, at(entry), findings_);
    for (const auto& name : topic_.required_fields) check_source(name, at(entry), findings_);
  } else if (key == "defaults") {
    read_defaults(entry);
  } else if (key == "upsert_key") {
    topic_.upsert_key = names_of(entry.value, at(entry), findings_);
    topic_.upsert_key_inherited = false;
  } else if (key == "conflict_strategy") {
    const auto strategy = choice(kConflictStrategies, entry.value, at(entry));
    topic_.conflict_strategy = strategy.value_or(topic_.conflict_strategy);
  } else if (key == "array_mappings") {
    topic_.array_mappings = read_array_mappings(entry.value, at(entry), findings_);
  } else if (key == "batch_size") {
    read_batch_size(entry);
  } else if (key == "batch_timeout") {
    read_batch_timeout(entry);
  } else if (key == "create_table") {
    topic_.create_table = choice(kBooleans, entry.value, at(entry));
  } else if (key == "nul") {
    topic_.nul = choice(kNulPolicies, entry.value, at(entry)).value_or(topic_.nul);
  } else if (key == "absent_values") {
    topic_.absent_values = read_absent_values(entry.value, at(entry), findings_);
  } else if (key == "no_partition") {
    topic_.no_partition = choice(kNoPartitions, entry.value, at(entry)).value_or(topic_.no_partition);
  } else if (key == "identity") {
    topic_.identity = choice(kIdentities, entry.value, at(entry)).value_or(topic_.identity);
  } else {
    findings_.warning(at(entry),
                      "is not a key of a topic and is ignored; known: table, description, field_mappings, data_types, "
                      "transforms, required_fields, defaults, upsert_key, conflict_strategy, array_mappings, "
                      "absent_values, batch_size, batch_timeout, create_table, nul, no_partition, identity");
  }
}

void TopicReader::read_field_mappings(const Entry& entry) {
  for (const auto& field : entries_of(entry.value, at(entry), findings_)) {
    const Place place = at(entry).inside(field.key, field.line);
    if (!check_source(field.key, place, findings_)) continue;
    const auto columns = names_of(field.value, place, findings_);  // one source may feed several columns
    if (columns.empty() && !field.value.IsMap()) findings_.warning(place, "names no column and is ignored");
    for (const auto& column : columns) {
      check_column_name(column, place, findings_);
      topic_.field_mappings.push_back({field.key, column, field.line});
    }
  }
}

void TopicReader::read_data_types(const Entry& entry) {
  for (const auto& column : entries_of(entry.value, at(entry), findings_)) {
    const Place place = at(entry).inside(column.key, column.line);
    const bool one_in_a_list = column.value.IsSequence() && column.value.size() == 1;
    const YAML::Node node = one_in_a_list ? column.value[0] : column.value;
    if (node.IsNull()) {
      findings_.warning(place, "is empty and is ignored; accepted: " + value_type_names());
      continue;
    }
    const auto text = text_of(node, place, findings_);
    if (!text) continue;
    const auto type = parse_value_type(*text);
    if (!type) {
      findings_.error(place, "is `" + *text + "`; accepted: " + value_type_names());
      continue;
    }
    topic_.data_types.emplace(column.key, type->type);
    if (type->parameters != TypeParameters()) topic_.type_parameters.emplace(column.key, type->parameters);
  }
}

void TopicReader::read_defaults(const Entry& entry) {
  for (const auto& column : entries_of(entry.value, at(entry), findings_)) {
    check_column_name(column.key, at(entry).inside(column.key, column.line), findings_);
    if (column.value.IsNull()) continue;  // null is what an absent value becomes anyway
    auto json = json_of(column.value);
    if (json) {
      topic_.defaults.emplace(column.key, std::move(*json));
    } else {
      findings_.error(at(entry).inside(column.key, column.line), "is nested too deep or is too large");
    }
  }
}

void TopicReader::read_batch_size(const Entry& entry) {
  const auto text = text_of(entry.value, at(entry), findings_);
  if (!text) return;
  char* end = nullptr;
  const long size = std::strtol(text->c_str(), &end, 10);
  if (text->empty() || *end != '\0' || size < 1 || size > kMaxBatchSize) {
    findings_.error(at(entry), "is `" + *text + "`; accepted: a whole number of rows from 1 to 1000000");
    return;
  }
  topic_.batch_size = static_cast<int>(size);
}

void TopicReader::read_batch_timeout(const Entry& entry) {
  const auto text = text_of(entry.value, at(entry), findings_);
  if (!text) return;
  char* end = nullptr;
  double seconds = std::strtod(text->c_str(), &end);
  const std::string unit(end);
  if (unit == "ms") seconds /= 1000;
  const bool known_unit = unit.empty() || unit == "s" || unit == "ms";
  if (end == text->c_str() || !known_unit || !std::isfinite(seconds) || seconds < 0 ||
      seconds > kMaxBatchTimeoutSeconds) {
    findings_.error(at(entry), "is `" + *text + "`; accepted: seconds from 0 to 3600, like 0.5 (or 500ms)");
    return;
  }
  topic_.batch_timeout = std::chrono::milliseconds(std::llround(seconds * 1000));
}

}  // namespace

std::optional<TableName> read_table_name(const YAML::Node& node, const Place& place, Findings& findings) {
  const auto text = text_of(node, place, findings);
  if (!text) {
    if (node.IsNull()) findings.error(place, "is empty; it takes a table's name, `name` or `schema.name`");
    return std::nullopt;
  }
  return parse_table_name(*text, place, findings);
}

std::vector<std::string> read_absent_values(const YAML::Node& node, const Place& place, Findings& findings) {
  std::vector<std::string> values;
  if (!node.IsDefined() || node.IsNull()) return values;
  if (!node.IsSequence()) {
    findings.error(place, "takes a list of single values, and has " + kind_of(node));
    return values;
  }
  for (const auto& item : node) {
    const Place here{place.topic, place.key, line_of(item) > 0 ? line_of(item) : place.line};
    if (item.IsNull()) {
      findings.warning(here, "names null, which counts as not there in any case");
    } else if (!item.IsScalar()) {
      findings.error(here, "takes texts, numbers and booleans, and has " + kind_of(item));
    } else if (auto json = json_of(item)) {
      values.push_back(std::move(*json));
    } else {
      findings.error(here, "is too large");
    }
  }
  return values;
}

FileDefaults read_file_defaults(const YAML::Node& node, const Place& place, Findings& findings) {
  FileDefaults defaults;
  for (const auto& entry : entries_of(node, place, findings)) {
    const Place here = place.inside(entry.key, entry.line);
    if (entry.key == "upsert_key") {
      defaults.upsert_key = names_of(entry.value, here, findings);
    } else if (entry.key == "conflict_strategy") {
      const auto text = text_of(entry.value, here, findings);
      if (!text) continue;
      const auto strategy = kConflictStrategies.find(*text);
      if (!strategy) findings.error(here, "is `" + *text + "`; accepted: " + kConflictStrategies.names());
      defaults.conflict_strategy = strategy.value_or(defaults.conflict_strategy);
    } else if (entry.key == "absent_values") {
      defaults.absent_values = read_absent_values(entry.value, here, findings);
    } else if (entry.key == "timestamp_field" || entry.key == "device_id_field" ||
               entry.key == "schema_version_field") {
      text_of(entry.value, here, findings);
    } else {
      findings.warning(here,
                       "is not a key of `defaults` and is ignored; known: upsert_key, conflict_strategy, "
                       "absent_values, timestamp_field, device_id_field, schema_version_field");
    }
  }
  return defaults;
}

TopicMapping read_topic(const Entry& entry, const FileDefaults& defaults, Findings& findings) {
  TopicMapping topic;
  topic.topic = entry.key;
  topic.is_pattern = !entry.key.empty() && entry.key[0] == '^';
  topic.line = entry.line;
  topic.upsert_key = defaults.upsert_key;
  topic.upsert_key_inherited = !defaults.upsert_key.empty();
  topic.conflict_strategy = defaults.conflict_strategy;
  topic.absent_values = defaults.absent_values;
  const Place place{entry.key, "", entry.line};
  if (topic.is_pattern) {
    if (const auto problem = pattern_problem(entry.key)) {
      findings.error(place, "the pattern is not a POSIX extended regular expression: " + *problem);
    } else if (const auto warning = pattern_warning(entry.key)) {
      findings.warning(place, *warning);
    }
  }
  TopicReader(topic, place, findings).read(entry.value);
  if (!topic.is_pattern && has_table_per_topic(topic)) {
    topic = for_topic(topic, topic.topic);
    check_table_lengths(topic, findings);
  }
  return topic;
}

}  // namespace loom::mapping
