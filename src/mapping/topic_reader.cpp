#include "mapping/topic_reader.h"

#include <array>
#include <cmath>
#include <cstdlib>
#include <map>
#include <string_view>
#include <vector>

#include "mapping/change_paths.h"
#include "mapping/choices.h"
#include "mapping/format_reader.h"
#include "mapping/from_schema.h"
#include "mapping/sources.h"
#include "mapping/table_names.h"
#include "mapping/time_storage_reader.h"
#include "mapping/topic_pattern.h"
#include "mapping/unknown_key.h"
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
  /// A key of a topic, and what it does.
  struct Key {
    std::string_view name;
    void (*read)(TopicReader& self, const Entry& entry);
  };
  static const std::vector<Key>& keys();
  void read_key(const Entry& entry);
  void read_field_mappings(const Entry& entry);
  void read_data_types(const Entry& entry);
  void read_defaults(const Entry& entry);
  void read_batch_size(const Entry& entry);
  void read_batch_timeout(const Entry& entry);

  template <typename T, std::size_t N>
  std::optional<T> choice(const Choices<T, N>& choices, const YAML::Node& node, const Place& place);
  /// Leaves `out` as it is where the value is no choice.
  template <typename T, std::size_t N>
  void take_choice(const Choices<T, N>& choices, const Entry& entry, T& out) {
    out = choice(choices, entry.value, at(entry)).value_or(out);
  }
  template <typename T, std::size_t N>
  std::map<std::string, T> column_choices(const Choices<T, N>& choices, const Entry& entry);

  /// Whether the text is a source.
  bool check(const std::string& text, const Place& place) {
    const bool of_change = topic_.changes != Changes::none && is_change_source(text);
    return of_change ? check_path(text, place, findings_) : check_source(text, place, findings_);
  }
  std::string column_name(const Entry& entry);

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
  if (!value) findings_.error(place, choices.refusal(*text));
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
  const auto entries = entries_of(node, place_, findings_);
  // First, since it says what the names of sources mean.
  for (const auto& entry : entries) {
    if (entry.key == "changes") take_choice(kChanges, entry, topic_.changes);
  }
  for (const auto& entry : entries) {
    topic_.key_lines[entry.key] = entry.line;
    read_key(entry);
  }
  if (topic_.key_lines.count("table") == 0 && (node.IsNull() || node.IsMap())) {
    findings_.error(place_.inside("table", 0), "is not there; every topic needs the name of its table");
  }
}

const std::vector<TopicReader::Key>& TopicReader::keys() {
  using Self = TopicReader;
  static const std::vector<Key> kKeys{
      {"table",
       [](Self& self, const Entry& entry) {
         if (auto table = read_table_name(entry.value, self.at(entry), self.findings_)) self.topic_.table = *table;
       }},
      {"description",
       [](Self& self, const Entry& entry) {
         self.topic_.description = text_of(entry.value, self.at(entry), self.findings_).value_or("");
       }},
      {"field_mappings", [](Self& self, const Entry& entry) { self.read_field_mappings(entry); }},
      {"data_types", [](Self& self, const Entry& entry) { self.read_data_types(entry); }},
      {"transforms",
       [](Self& self, const Entry& entry) { self.topic_.transforms = self.column_choices(kTransforms, entry); }},
      {"required_fields",
       [](Self& self, const Entry& entry) {
         self.topic_.required_fields = names_of(entry.value, self.at(entry), self.findings_);
         for (const auto& name : self.topic_.required_fields) self.check(name, self.at(entry));
       }},
      {"defaults", [](Self& self, const Entry& entry) { self.read_defaults(entry); }},
      {"upsert_key",
       [](Self& self, const Entry& entry) {
         self.topic_.upsert_key = names_of(entry.value, self.at(entry), self.findings_);
         self.topic_.upsert_key_inherited = false;
       }},
      {"conflict_strategy",
       [](Self& self, const Entry& entry) {
         self.take_choice(kConflictStrategies, entry, self.topic_.conflict_strategy);
       }},
      {"array_mappings",
       [](Self& self, const Entry& entry) {
         self.topic_.array_mappings = read_array_mappings(entry.value, self.at(entry), self.findings_);
       }},
      {"absent_values",
       [](Self& self, const Entry& entry) {
         self.topic_.absent_values = read_absent_values(entry.value, self.at(entry), self.findings_);
       }},
      {"batch_size", [](Self& self, const Entry& entry) { self.read_batch_size(entry); }},
      {"batch_timeout", [](Self& self, const Entry& entry) { self.read_batch_timeout(entry); }},
      {"create_table",
       [](Self& self, const Entry& entry) { self.take_choice(kCreateTables, entry, self.topic_.create_table); }},
      {"evolve", [](Self& self, const Entry& entry) { self.take_choice(kEvolve, entry, self.topic_.evolve); }},
      {"hypertable",
       [](Self& self, const Entry& entry) { read_hypertable(entry, self.at(entry), self.findings_, self.topic_); }},
      {"partition",
       [](Self& self, const Entry& entry) { read_partition(entry, self.at(entry), self.findings_, self.topic_); }},
      {"nul", [](Self& self, const Entry& entry) { self.take_choice(kNulPolicies, entry, self.topic_.nul); }},
      {"no_partition",
       [](Self& self, const Entry& entry) { self.take_choice(kNoPartitions, entry, self.topic_.no_partition); }},
      {"identity", [](Self& self, const Entry& entry) { self.take_choice(kIdentities, entry, self.topic_.identity); }},
      {"changes", [](Self& /*self*/, const Entry& /*read before all others*/) {}},
      {"tombstones",
       [](Self& self, const Entry& entry) { self.take_choice(kTombstones, entry, self.topic_.tombstones); }},
      {"deletes", [](Self& self, const Entry& entry) { self.take_choice(kDeletes, entry, self.topic_.deletes); }},
      {"deleted_at", [](Self& self, const Entry& entry) { self.topic_.deleted_at = self.column_name(entry); }},
      {"version_column", [](Self& self, const Entry& entry) { self.topic_.version_column = self.column_name(entry); }},
      {"format",
       [](Self& self, const Entry& entry) {
         read_format(entry.value, self.at(entry), self.findings_, self.topic_.value_format);
       }},
      {"key_format",
       [](Self& self, const Entry& entry) {
         read_format(entry.value, self.at(entry), self.findings_, self.topic_.key_format);
       }},
      {"schema_file",
       [](Self& self, const Entry& entry) {
         read_schema_file(entry.value, self.at(entry), self.findings_, self.topic_.value_format);
       }},
      {"descriptor_file",
       [](Self& self, const Entry& entry) {
         read_schema_file(entry.value, self.at(entry), self.findings_, self.topic_.value_format);
       }},
      {"message", [](Self& self, const Entry& entry) {
         self.topic_.value_format.message = text_of(entry.value, self.at(entry), self.findings_).value_or("");
       }}};
  return kKeys;
}

void TopicReader::read_key(const Entry& entry) {
  std::vector<std::string_view> known;
  for (const Key& key : keys()) {
    if (key.name == entry.key) return key.read(*this, entry);
    known.push_back(key.name);
  }
  warn_of_unknown_key("a topic", entry.key, known, at(entry), findings_);
}

void TopicReader::read_field_mappings(const Entry& entry) {
  for (const auto& field : entries_of(entry.value, at(entry), findings_)) {
    const Place place = at(entry).inside(field.key, field.line);
    if (!check(field.key, place)) continue;
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
      findings_.error(place, value_type_refusal(*text));
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

std::string TopicReader::column_name(const Entry& entry) {
  std::string name = text_of(entry.value, at(entry), findings_).value_or("");
  if (!name.empty()) check_column_name(name, at(entry), findings_);
  return name;
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
      if (!strategy) findings.error(here, kConflictStrategies.refusal(*text));
      defaults.conflict_strategy = strategy.value_or(defaults.conflict_strategy);
    } else if (entry.key == "absent_values") {
      defaults.absent_values = read_absent_values(entry.value, here, findings);
    } else if (entry.key == "format") {
      read_format(entry.value, here, findings, defaults.value_format);
    } else if (entry.key == "key_format") {
      read_format(entry.value, here, findings, defaults.key_format);
    } else if (entry.key == "timestamp_field" || entry.key == "device_id_field" ||
               entry.key == "schema_version_field") {
      text_of(entry.value, here, findings);
    } else {
      constexpr std::array<std::string_view, 8> kKnown{"upsert_key",      "conflict_strategy",   "absent_values",
                                                       "format",          "key_format",          "timestamp_field",
                                                       "device_id_field", "schema_version_field"};
      warn_of_unknown_key("`defaults`", entry.key, kKnown, here, findings);
    }
  }
  return defaults;
}

TopicMapping read_topic(const Entry& entry, const FileDefaults& defaults, const std::string& path, Findings& findings) {
  TopicMapping topic;
  topic.topic = entry.key;
  topic.is_pattern = !entry.key.empty() && entry.key[0] == '^';
  topic.line = entry.line;
  topic.upsert_key = defaults.upsert_key;
  topic.upsert_key_inherited = !defaults.upsert_key.empty();
  topic.conflict_strategy = defaults.conflict_strategy;
  topic.absent_values = defaults.absent_values;
  topic.value_format = defaults.value_format;
  topic.key_format = defaults.key_format;
  const Place place{entry.key, "", entry.line};
  if (topic.is_pattern) {
    if (const auto problem = pattern_problem(entry.key)) {
      findings.error(place, "the pattern is not a POSIX extended regular expression: " + *problem);
    } else if (const auto warning = pattern_warning(entry.key)) {
      findings.warning(place, *warning);
    }
  }
  TopicReader(topic, place, findings).read(entry.value);
  finish_format(topic, path, findings);
  finish_changes(topic, findings);
  check_from_schema(topic, findings);
  finish_time_storage(topic, findings);
  check_table_headers(topic, findings);
  if (!topic.is_pattern && has_open_table_name(topic)) {
    topic = for_topic(topic, topic.topic);
    check_table_names(topic, findings);
  }
  return topic;
}

}  // namespace loom::mapping
