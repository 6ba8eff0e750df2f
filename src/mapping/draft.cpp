#include "mapping/draft.h"

#include <algorithm>

#include "base/similar.h"
#include "mapping/change_paths.h"
#include "mapping/paths.h"
#include "mapping/sources.h"

namespace loom::mapping {
namespace {

ColumnDraft& column_of(TableDraft& table, const std::string& name, const Place& place) {
  for (auto& column : table.columns) {
    if (column.name == name) return column;
  }
  table.columns.push_back({name, {}, "", place});
  return table.columns.back();
}

/// Whether the value of `outer` holds that of `inner`.
bool holds(const SourceDraft& outer, const SourceDraft& inner) {
  if (outer.array != inner.array || outer.kind != SourceDraft::Kind::path || inner.kind != SourceDraft::Kind::path) {
    return false;
  }
  const Source out = read_source(outer.text);
  const Source in = read_source(inner.text);
  if (out.kind != SourceKind::field || in.kind != SourceKind::field || out.of_key != in.of_key) return false;
  return is_inside(in.path, out.path);
}

/// An object found at `data` gives way to what `data.audio_data` finds inside it: inner paths are tried right before
/// the path that holds them. Where `data` is no object they find nothing, so that the order of the file stands.
std::vector<SourceDraft> inner_first(const std::vector<SourceDraft>& sources) {
  std::vector<SourceDraft> ordered;
  std::vector<bool> taken(sources.size(), false);
  const auto take = [&](const auto& self, std::size_t at) -> void {
    if (taken[at]) return;
    taken[at] = true;
    for (std::size_t later = at + 1; later < sources.size(); ++later) {
      if (holds(sources[at], sources[later])) self(self, later);
    }
    ordered.push_back(sources[at]);
  };
  for (std::size_t at = 0; at < sources.size(); ++at) take(take, at);
  return ordered;
}

bool marks(const TopicMapping& topic) { return topic.deletes == Deletes::mark && !topic.deleted_at.empty(); }

void add_fields(TableDraft& own, const TopicMapping& topic, const std::vector<std::string>& own_columns) {
  for (const auto& field : topic.field_mappings) {
    const Place place = place_of(topic, "field_mappings").inside(field.source, field.line);
    column_of(own, field.column, place).sources.push_back({SourceDraft::Kind::path, field.source, -1});
  }
  if (!topic.field_mappings.empty()) return;
  for (const auto& name : own_columns) {
    if (marks(topic) && name == topic.deleted_at) continue;
    auto& column = column_of(own, name, place_of(topic, "table"));
    const std::string path = path_to(name);  // a dot in a column's name is one in the field's
    if (topic.changes != Changes::none) {
      column.sources.push_back({SourceDraft::Kind::path, in_event(path), -1});
      continue;
    }
    column.sources.push_back({SourceDraft::Kind::path, path, -1});
    // What stands under `data` is the message's own business once `data` itself is stored.
    if (name != "data") column.sources.push_back({SourceDraft::Kind::path, "data." + path, -1});
  }
}

/// Element values go before the message's in a column that both feed, since those are the same for every element.
void add_elements(TableDraft& table, const ArrayMapping& array, std::int16_t index, const Place& place) {
  for (const auto& element : array.element_mappings) {
    auto& column = column_of(table, element.column, place.inside("element_mappings." + element.key, element.line));
    const bool is_foreign_key = !column.parent.empty();  // it must stay equal to the parent's
    auto at = std::find_if(column.sources.begin(), column.sources.end(),
                           [is_foreign_key](const SourceDraft& source) { return source.array < 0 && !is_foreign_key; });
    at = column.sources.insert(at, {SourceDraft::Kind::path, element.key, index});
    if (element.key == "value") {
      // `value` stands for a scalar element, and is still the field of that name of an object.
      column.sources.insert(std::next(at), {SourceDraft::Kind::path, "", index});
    }
  }
  if (array.sequence_field) {
    auto& column = column_of(table, *array.sequence_field, place.inside("sequence_field", 0));
    column.sources.insert(column.sources.begin(), {SourceDraft::Kind::element_index, "", index});
  }
}

/// The parent's column that a foreign key names: by its name, or by a source that feeds it.
const ColumnDraft* parent_column(const TableDraft& own, const std::string& name) {
  if (const ColumnDraft* column = own.find(name)) return column;
  for (const auto& column : own.columns) {
    for (const auto& source : column.sources) {
      if (source.array < 0 && parse_path(name).problem.empty() && same_source(source.text, name)) return &column;
    }
  }
  return nullptr;
}

void add_foreign_keys(TableDraft& child, const TableDraft& own, const TopicMapping& topic, const ArrayMapping& array,
                      const Place& place, Findings& findings) {
  for (const auto& key : array.foreign_key_mapping) {
    const Place here = place.inside("foreign_key_mapping." + key.child_column, key.line);
    const ColumnDraft* parent = parent_column(own, key.parent_column);
    if (parent == nullptr) {
      std::vector<std::string> known;
      for (const auto& column : own.columns) known.push_back(column.name);
      findings.error(here, "names `" + key.parent_column + "`, which is no mapped column of `" + topic.table.display() +
                               "`; " + did_you_mean(key.parent_column, known) + "these are: " + joined(known));
      continue;
    }
    auto& column = column_of(child, key.child_column, here);
    if (!column.sources.empty()) continue;  // another array of the same child table brought it
    for (const auto& source : parent->sources) {
      if (source.array < 0) column.sources.push_back(source);
    }
    column.parent = parent->name;
  }
}

TableDraft& child_table(std::vector<TableDraft>& tables, const TableName& name) {
  for (std::size_t i = 1; i < tables.size(); ++i) {
    if (tables[i].name == name) return tables[i];
  }
  tables.push_back({name, {}, {}});
  return tables.back();
}

/// A default may stand for a column that nothing else feeds: the column is then always that value.
void add_constants(std::vector<TableDraft>& tables, const TopicMapping& topic) {
  for (const auto& [name, value] : topic.defaults) {
    const bool mapped = std::any_of(tables.begin(), tables.end(),
                                    [&column = name](const TableDraft& t) { return t.find(column) != nullptr; });
    if (!mapped) column_of(tables[0], name, place_of(topic, "defaults").inside(name, 0));
  }
}

}  // namespace

const ColumnDraft* TableDraft::find(const std::string& column) const {
  const auto found =
      std::find_if(columns.begin(), columns.end(), [&column](const ColumnDraft& c) { return c.name == column; });
  return found == columns.end() ? nullptr : &*found;
}

Place place_of(const TopicMapping& topic, const std::string& key) {
  const auto line = topic.key_lines.find(key);
  return {topic.topic, key, line == topic.key_lines.end() ? topic.line : line->second};
}

std::string joined(const std::vector<std::string>& names) {
  std::string list;
  for (const auto& name : names) list += (list.empty() ? "" : ", ") + name;
  return list.empty() ? "none" : list;
}

std::vector<TableDraft> draft_tables(const TopicMapping& topic, const std::vector<std::string>& own_columns,
                                     Findings& findings) {
  std::vector<TableDraft> tables(1);
  tables[0].name = topic.table;
  add_fields(tables[0], topic, own_columns);
  for (std::size_t i = 0; i < topic.array_mappings.size(); ++i) {
    const auto& array = topic.array_mappings[i];
    const auto index = static_cast<std::int16_t>(i);
    const Place place = place_of(topic, "array_mappings").inside(array.path, array.line);
    TableDraft& table = array.table ? child_table(tables, *array.table) : tables[0];
    table.arrays.push_back(index);
    if (array.table) add_foreign_keys(table, tables[0], topic, array, place, findings);
    add_elements(table, array, index, place);
  }
  add_constants(tables, topic);
  if (marks(topic)) column_of(tables[0], topic.deleted_at, place_of(topic, "deleted_at"));
  for (auto& table : tables) {
    for (auto& column : table.columns) column.sources = inner_first(column.sources);
  }
  return tables;
}

}  // namespace loom::mapping
