#include "mapping/keys.h"

#include <algorithm>

namespace loom::mapping {
namespace {

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

void add_sequences(const TopicMapping& topic, const TableDraft& table, std::vector<std::string>& key) {
  for (const std::int16_t array : table.arrays) {
    const auto& sequence = topic.array_mappings[static_cast<std::size_t>(array)].sequence_field;
    if (sequence && !contains(key, *sequence)) key.push_back(*sequence);
  }
}

/// The plan's columns of these names, or fewer where some are not there.
std::vector<std::uint16_t> indices_of(const std::vector<std::string>& names, const TablePlan& plan) {
  std::vector<std::uint16_t> indices;
  for (const auto& name : names) {
    for (std::size_t i = 0; i < plan.columns.size(); ++i) {
      if (plan.columns[i].info.name == name) indices.push_back(static_cast<std::uint16_t>(i));
    }
  }
  return indices;
}

std::string unique_indexes_of(const TableInfo& table) {
  std::vector<std::string> indexes;
  for (const auto& index : table.unique_indexes) indexes.push_back("(" + joined(index.columns) + ")");
  std::string text = joined(indexes);
  for (const auto& index : table.unusable_indexes) {
    text +=
        "; `" + index.name + "` on (" + joined(index.columns) + ") " + index.why + ", and ON CONFLICT cannot use it";
  }
  return text;
}

bool same_columns(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  return a.size() == b.size() &&
         std::all_of(a.begin(), a.end(), [&b](const std::string& column) { return contains(b, column); });
}

/// The table has a key on these columns that nobody can upsert by: rows that repeat would be refused for ever.
bool has_such_a_key_in_vain(const TableInfo& table, const std::vector<std::string>& key) {
  return std::any_of(table.unusable_indexes.begin(), table.unusable_indexes.end(),
                     [&key](const UnusableIndex& index) { return same_columns(index.columns, key); });
}

/// Whether the encoder has one spelling for each value of this column, and the column stores it as it is sent.
bool is_sent_as_stored(const ColumnInfo& column) {
  constexpr std::uint32_t kText = 25;
  constexpr std::uint32_t kVarchar = 1043;
  if (column.is_array || column.type_modifier != -1) return false;  // a modifier rounds, cuts or pads
  switch (column.type) {
    case ColumnType::text:
      return column.type_oid == kText || column.type_oid == kVarchar;
    case ColumnType::boolean:
    case ColumnType::int2:
    case ColumnType::int4:
    case ColumnType::int8:
    case ColumnType::timestamptz:
    case ColumnType::timestamp:
    case ColumnType::date:
    case ColumnType::time:
    case ColumnType::uuid:
    case ColumnType::bytea:
    case ColumnType::inet:
    case ColumnType::cidr:
    case ColumnType::enumeration:
      return true;
    case ColumnType::float4:
    case ColumnType::float8:
    case ColumnType::numeric:
    case ColumnType::json:
    case ColumnType::jsonb:
    case ColumnType::other:
      return false;
  }
  return false;
}

bool compares_by_image(const UniqueIndex& index) {
  return std::all_of(index.comparisons.begin(), index.comparisons.end(),
                     [](const KeyComparison& column) { return column.by_image; });
}

/// Of the indexes on these columns, which ON CONFLICT infers all of, one that holds the most keys to be the same.
const UniqueIndex& loosest(const TableInfo& table, const UniqueIndex& found) {
  for (const auto& index : table.unique_indexes) {
    if (same_columns(index.columns, found.columns) && !compares_by_image(index)) return index;
  }
  return found;
}

void set_key(const std::vector<std::string>& key, const std::vector<std::uint16_t>& columns, const TableInfo& table,
             const UniqueIndex& found, TablePlan& plan) {
  const UniqueIndex& index = loosest(table, found);
  plan.key = columns;
  plan.key_rules.nulls_equal = index.nulls_equal;
  for (std::size_t i = 0; i < key.size() && !index.comparisons.empty(); ++i) {
    const auto place = std::find(index.columns.begin(), index.columns.end(), key[i]) - index.columns.begin();
    const KeyComparison& comparison = index.comparisons.at(static_cast<std::size_t>(place));
    const PlanColumn& column = plan.columns[columns[i]];
    const bool is_given = column.info.repeated_default.empty() || column.default_json.has_value();
    plan.key_rules.columns.push_back(comparison);
    plan.key_rules.bytes_tell &= comparison.by_image && is_given && is_sent_as_stored(column.info);
  }
}

}  // namespace

const UniqueIndex* unique_index_on(const TableInfo& table, const std::vector<std::string>& columns) {
  const UniqueIndex* found = nullptr;
  for (const auto& index : table.unique_indexes) {
    if (same_columns(index.columns, columns) && (found == nullptr || index.primary)) found = &index;
  }
  return found;
}

std::vector<std::string> own_key(const TopicMapping& topic, const TableDraft& own) {
  std::vector<std::string> key = topic.upsert_key;
  if (!key.empty()) add_sequences(topic, own, key);
  return key;
}

std::vector<std::vector<std::string>> child_keys(const TopicMapping& topic, const TableDraft& child) {
  std::vector<std::vector<std::string>> keys;
  std::vector<std::string> parents_key;
  for (const auto& name : topic.upsert_key) {
    for (const auto& column : child.columns) {
      if (column.parent == name) {
        parents_key.push_back(column.name);
        break;
      }
    }
  }
  if (!parents_key.empty() && parents_key.size() == topic.upsert_key.size()) {
    add_sequences(topic, child, parents_key);
    keys.push_back(parents_key);
  }
  std::vector<std::string> foreign_key;
  for (const auto& column : child.columns) {
    if (!column.parent.empty()) foreign_key.push_back(column.name);
  }
  const std::size_t columns = foreign_key.size();
  add_sequences(topic, child, foreign_key);
  const bool numbered = foreign_key.size() > columns;
  if (columns > 0 && numbered) keys.push_back(foreign_key);
  return keys;
}

void resolve_own_key(const TopicMapping& topic, const TableDraft& own, const TableInfo& table, TablePlan& plan,
                     Findings& findings) {
  const auto key = own_key(topic, own);
  if (key.empty()) return;
  const bool inherited = topic.upsert_key_inherited;
  const Place place = place_of(topic, "upsert_key");
  const std::string shown = "(" + joined(key) + ")";
  const auto indices = indices_of(key, plan);
  const UniqueIndex* index = unique_index_on(table, key);
  if (indices.size() == key.size() && index != nullptr) {
    set_key(key, indices, table, *index, plan);
    return;
  }
  std::string why;
  if (indices.size() != key.size()) {
    std::vector<std::string> missing;
    for (const auto& name : key) {
      if (indices_of({name}, plan).empty()) missing.push_back(name);
    }
    why = "no field mapping feeds " + joined(missing);
  } else {
    why = "`" + table.name.display() +
          "` has no unique index on exactly these columns; its unique indexes: " + unique_indexes_of(table);
  }
  if (inherited && !has_such_a_key_in_vain(table, key)) {
    findings.warning(
        place, "the key " + shown + " of the file's defaults is not used: " + why + ". Rows are inserted as they come");
  } else {
    findings.error(place, "the key " + shown + " cannot be used: " + why);
  }
}

void resolve_child_key(const TopicMapping& topic, const TableDraft& child, const TableInfo& table, TablePlan& plan) {
  for (const auto& key : child_keys(topic, child)) {
    const auto indices = indices_of(key, plan);
    const UniqueIndex* index = unique_index_on(table, key);
    if (indices.size() != key.size() || index == nullptr) continue;
    set_key(key, indices, table, *index, plan);
    return;
  }
}

}  // namespace loom::mapping
