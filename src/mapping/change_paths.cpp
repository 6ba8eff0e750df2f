#include "mapping/change_paths.h"

#include <algorithm>
#include <utility>

#include "mapping/draft.h"
#include "mapping/paths.h"
#include "mapping/sources.h"

namespace loom::mapping {
namespace {

constexpr std::string_view kBeforeSource = "$before";
constexpr std::string_view kSourceSource = "$source";

bool is_below(std::string_view text, std::string_view name) {
  return text.starts_with(name) && text.size() > name.size() && (text[name.size()] == '.' || text[name.size()] == '[');
}

bool has(const TopicMapping& topic, const char* key) { return topic.key_lines.count(key) != 0; }

bool is_column(const TopicMapping& topic, const std::string& name) {
  return std::any_of(topic.field_mappings.begin(), topic.field_mappings.end(),
                     [&name](const FieldMapping& field) { return field.column == name; });
}

void check_deletes(const TopicMapping& topic, Findings& findings) {
  if (!topic.removes()) {
    for (const char* key : {"deletes", "deleted_at"}) {
      if (!has(topic, key)) continue;
      findings.error(place_of(topic, key), "is for messages that delete: `changes: debezium` or `tombstones: delete`");
    }
    return;
  }
  const bool marks = topic.deletes == Deletes::mark;
  if (marks && topic.deleted_at.empty()) {
    findings.error(place_of(topic, "deletes"), "is `mark`, which needs `deleted_at`: the column that takes the time");
  } else if (!marks && !topic.deleted_at.empty()) {
    findings.error(place_of(topic, "deleted_at"), "goes with `deletes: mark`; rows that go need no mark");
  } else if (marks && std::count(topic.upsert_key.begin(), topic.upsert_key.end(), topic.deleted_at) != 0) {
    findings.error(place_of(topic, "deleted_at"), "is a column of the upsert_key, which no change may touch");
  } else if (marks && is_column(topic, topic.deleted_at)) {
    findings.error(place_of(topic, "deleted_at"), "takes the time of the delete, and field_mappings feed it too");
  }
}

void check_keys(const TopicMapping& topic, Findings& findings) {
  const bool changes = topic.changes != Changes::none;
  const char* const why = changes ? "changes" : topic.removes() ? "tombstones" : "version_column";
  if ((topic.removes() || !topic.version_column.empty()) && topic.upsert_key.empty()) {
    findings.error(place_of(topic, why), "needs `upsert_key`: the columns that tell which row is meant");
  }
  const bool ignores = topic.conflict_strategy == ConflictStrategy::ignore;
  if (changes && topic.conflict_strategy != ConflictStrategy::update) {
    findings.error(place_of(topic, "conflict_strategy"),
                   "is `" + std::string(to_string(topic.conflict_strategy)) +
                       "`, and changes only go with `update`: an event may leave out what did not change");
  } else if (ignores && !topic.version_column.empty()) {
    findings.error(place_of(topic, "version_column"),
                   "needs `conflict_strategy: update` or `replace`: `ignore` leaves each row as it came first");
  } else if (ignores && topic.removes()) {
    findings.warning(place_of(topic, why),
                     "goes with `conflict_strategy: update` or `replace`: under `ignore` a key's later messages change "
                     "nothing until it is deleted");
  }
  const auto& version = topic.version_column;
  if (!version.empty() && std::count(topic.upsert_key.begin(), topic.upsert_key.end(), version) != 0) {
    findings.error(place_of(topic, "version_column"),
                   "is a column of the upsert_key, which is the same in each version");
  }
}

void check_form(const TopicMapping& topic, Findings& findings) {
  if (topic.changes == Changes::none) return;
  const auto format = topic.value_format.format;
  if (format == formats::Format::text || format == formats::Format::bytes) {
    findings.error(place_of(topic, "changes"),
                   "needs messages with fields, and the topic's format is `" + std::string(to_string(format)) + "`");
  }
  for (const auto& array : topic.array_mappings) {
    if (!array_root(array.path).empty()) continue;
    findings.error(place_of(topic, "array_mappings").inside(array.path, array.line),
                   "says that the message is a list, and a change event is none");
  }
}

void check_elements(const TopicMapping& topic, Findings& findings) {
  if (!topic.removes()) return;
  for (const auto& array : topic.array_mappings) {
    if (array.table) continue;
    findings.error(place_of(topic, "array_mappings").inside(array.path, array.line),
                   "makes several rows of one message in the topic's own table, and a delete names one: give the "
                   "elements a `table` of their own");
  }
}

void move_into_event(TopicMapping& topic) {
  const auto rename = [&topic](std::string& name) {
    if (!is_column(topic, name)) name = in_event(name);
  };
  for (auto& name : topic.required_fields) rename(name);
  for (auto& array : topic.array_mappings) {
    for (auto& key : array.foreign_key_mapping) rename(key.parent_column);
    array.path = in_event(array.path);
  }
  for (auto& field : topic.field_mappings) field.source = in_event(field.source);
}

/// What the envelope's own fields are, where the mapping names no type: create-tables makes their columns by it.
void name_known_types(TopicMapping& topic) {
  const auto name = [&topic](const std::string& column, ValueType type) { topic.data_types.try_emplace(column, type); };
  for (const auto& field : topic.field_mappings) {
    const std::string& path = field.source;
    if (path == kOperation) name(field.column, ValueType::string);
    if (path == "source.lsn" || path == "source.txId" || path == "source.pos") name(field.column, ValueType::integer);
    const bool is_time =
        path == kEventTime || path == "source.ts_ms" || path == "source.ts_us" || path == "source.ts_ns";
    if (is_time) name(field.column, ValueType::timestamp);
  }
}

}  // namespace

bool is_change_source(std::string_view text) {
  return text == "$op" || text == "$ts" || is_below(text, kBeforeSource) || is_below(text, kSourceSource);
}

std::string in_event(const std::string& source) {
  const auto below = [](std::string_view name, std::string_view rest) {
    std::string path(name);
    if (!rest.starts_with('[') && !rest.starts_with('.')) path += '.';
    return path.append(rest);
  };
  const std::string_view text = source;
  if (text == "$op") return std::string(kOperation);
  if (text == "$ts") return std::string(kEventTime);
  if (is_below(text, kBeforeSource)) return below(kBefore, text.substr(kBeforeSource.size()));
  if (is_below(text, kSourceSource)) return below(kEventSource, text.substr(kSourceSource.size()));
  const Source meant = read_source(source);
  if (meant.kind != SourceKind::field || meant.of_key) return source;
  return below(kAfter, text);
}

void finish_changes(TopicMapping& topic, Findings& findings) {
  const bool changes = topic.changes != Changes::none;
  // A change is never ignored, whatever the file's defaults say of other topics.
  if (changes && !has(topic, "conflict_strategy")) topic.conflict_strategy = ConflictStrategy::update;
  if (changes && !has(topic, "tombstones")) topic.tombstones = Tombstones::remove;
  // A connector writes both by converters of one kind.
  const bool tells_format = has(topic, "key_format") || topic.key_format.format != formats::Format::json;
  if (changes && !tells_format && topic.value_format.needs_registry()) {
    topic.key_format.format = formats::Format::automatic;
  }
  check_keys(topic, findings);
  check_deletes(topic, findings);
  check_form(topic, findings);
  check_elements(topic, findings);
  if (topic.deletes == Deletes::mark && !topic.deleted_at.empty()) {
    topic.data_types.try_emplace(topic.deleted_at, ValueType::timestamp);
  }
  if (!changes) return;
  move_into_event(topic);
  name_known_types(topic);
}

}  // namespace loom::mapping
