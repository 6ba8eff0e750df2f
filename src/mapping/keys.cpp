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
    plan.key = indices;
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
    plan.key = indices;
    return;
  }
}

}  // namespace loom::mapping
