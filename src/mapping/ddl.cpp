#include "mapping/ddl.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <utility>

#include "mapping/built_in_types.h"
#include "mapping/column_schema.h"
#include "mapping/column_types.h"
#include "mapping/draft.h"
#include "mapping/keys.h"
#include "mapping/row_schema.h"
#include "mapping/storage_check.h"
#include "mapping/value_types.h"

namespace loom::mapping {
namespace {

/// What a Loom message has around its data: the columns of a table whose topic maps no fields.
struct EnvelopeColumn {
  const char* name;
  ValueType type;
};
constexpr std::array<EnvelopeColumn, 6> kEnvelope{{{"trace_id", ValueType::string},
                                                   {"device_id", ValueType::string},
                                                   {"timestamp", ValueType::timestamp},
                                                   {"schema_version", ValueType::string},
                                                   {"data", ValueType::json},
                                                   {"metadata", ValueType::json}}};

/// Which topic asked for a column, and with which type.
struct Wish {
  NamedType type;
  std::string topic;
  bool by_schema = false;              ///< the mapping gives none: the type gives way to one that a mapping gives
  std::optional<SchemaField> field{};  ///< of `create_table: from_schema`: the column has the very type of the field

  [[nodiscard]] bool has_type() const { return type.type != ValueType::unspecified; }
  [[nodiscard]] ColumnInfo column(const std::string& name) const {
    return field ? same_column(name, *field) : made_column(name, type);
  }
  /// For people.
  [[nodiscard]] std::string says() const {
    return field ? column({}).type_name : type_text(type.type, type.parameters);
  }
};

struct Key {
  std::vector<std::string> columns;
  std::vector<std::string> sequences;  ///< those of its columns that a row without elements has no value for
  bool inherited = false;
};

/// A table while the topics that share it are gone through.
struct Building {
  TableDefinition definition;
  std::map<std::string, Wish> wishes;
  std::vector<Key> keys;
};

/// The type of a column by the topic's `data_types` and `transforms`, a foreign key's by those of its parent; else by
/// its schema.
Wish wanted_type(const TopicMapping& topic, const ColumnDraft& column, const TopicSchema& schema) {
  bool is_stringified = false;
  for (const std::string& name : {column.name, column.parent}) {
    const auto data_type = topic.data_types.find(name);
    const auto transform = topic.transforms.find(name);
    const ValueType type = data_type == topic.data_types.end() ? ValueType::unspecified : data_type->second;
    const Transform done = transform == topic.transforms.end() ? Transform::none : transform->second;
    // json_stringify makes text, for a text column: JSONB only where data_types asks for it.
    is_stringified = is_stringified || done == Transform::json_stringify;
    const ValueType asked = done == Transform::json_stringify ? type : asked_type(type, done);
    if (asked == ValueType::unspecified) continue;
    const auto parameters = topic.type_parameters.find(name);
    if (asked != type || parameters == topic.type_parameters.end()) return {{asked, {}}, topic.topic};
    return {{asked, parameters->second}, topic.topic};
  }
  const bool is_index = std::any_of(column.sources.begin(), column.sources.end(), [](const SourceDraft& source) {
    return source.kind == SourceDraft::Kind::element_index;
  });
  if (is_index) return {{ValueType::integer, {}}, topic.topic};
  if (is_stringified) return {{}, topic.topic};
  if (schema.schema != nullptr) {
    const auto field = schema_field(topic, column, schema);
    Wish wish{field ? column_type(*field) : NamedType{}, topic.topic, true};
    if (topic.create_table == CreateTable::from_schema && wish.has_type()) wish.field = field;
    return wish;
  }
  if (!topic.field_mappings.empty() || topic.changes != Changes::none) return {{}, topic.topic};
  for (const auto& envelope : kEnvelope) {
    if (column.name == envelope.name || column.parent == envelope.name) return {{envelope.type, {}}, topic.topic};
  }
  return {{}, topic.topic};
}

/// Whether two types make one column: timestamp_ms of one topic and timestamp_s of another do.
bool make_one(const Wish& a, const Wish& b) { return a.column({}) == b.column({}); }

void add_column(Building& building, const TopicMapping& topic, const ColumnDraft& draft, const TopicSchema& schema,
                Findings& findings) {
  const Wish wanted = wanted_type(topic, draft, schema);
  auto& columns = building.definition.table.columns;
  const auto existing = std::find_if(columns.begin(), columns.end(),
                                     [&draft](const ColumnInfo& column) { return column.name == draft.name; });
  Wish& wish = building.wishes[draft.name];
  if (existing == columns.end()) {
    columns.push_back(wanted.column(draft.name));
    wish = wanted;
    return;
  }
  if (!wanted.has_type()) return;
  const bool gives_way = wish.by_schema && !wanted.by_schema;
  if (!wish.has_type() || gives_way) {
    *existing = wanted.column(draft.name);
    wish = wanted;
    return;
  }
  if (make_one(wanted, wish) || (wanted.by_schema && !wish.by_schema)) return;
  findings.error(place_of(topic, "data_types").inside(draft.name, 0),
                 "column `" + draft.name + "` of `" + building.definition.table.name.display() + "` is " +
                     wanted.says() + " here and " + wish.says() + " in topic \"" + wish.topic + "\"" +
                     (wanted.by_schema ? ", as their schemas have it; a type in data_types goes before these" : ""));
}

/// NOT NULL for what each message has a value for.
void forbid_nulls(Building& building, const TopicMapping& topic, const TableDraft& draft, const TopicSchema& schema) {
  // Where columns come from schemas, a later one may lack the field; and a change may not tell each of them.
  if (topic.changes != Changes::none || topic.evolve != Evolve::off) return;
  if (!schema.is_only || !topic.absent_values.empty()) return;
  for (auto& column : building.definition.table.columns) {
    const ColumnDraft* const from = draft.find(column.name);
    if (from == nullptr || topic.transforms.count(column.name) != 0) continue;
    const auto field = schema_field(topic, *from, schema);
    column.not_null = column.not_null || (field && field->is_certain());
  }
}

void add_keys(Building& building, const TopicMapping& topic, const TableDraft& draft, bool own) {
  std::vector<std::vector<std::string>> candidates;
  if (own) {
    candidates.push_back(own_key(topic, draft));
  } else {
    // Without a sequence nothing tells the elements of one message apart.
    const bool numbered = std::any_of(draft.arrays.begin(), draft.arrays.end(), [&topic](std::int16_t array) {
      return topic.array_mappings[static_cast<std::size_t>(array)].sequence_field.has_value();
    });
    if (numbered) candidates = child_keys(topic, draft);
    if (!candidates.empty()) candidates = {candidates.back()};  // all foreign key columns and the sequence
  }
  for (auto& columns : candidates) {
    const bool complete = !columns.empty() && std::all_of(columns.begin(), columns.end(), [&draft](const auto& name) {
      return draft.find(name) != nullptr;
    });
    if (!complete) continue;
    Key key{std::move(columns), {}, own && topic.upsert_key_inherited};
    for (const std::int16_t array : draft.arrays) {
      const auto& sequence = topic.array_mappings[static_cast<std::size_t>(array)].sequence_field;
      if (own && sequence) key.sequences.push_back(*sequence);
    }
    building.keys.push_back(std::move(key));
  }
}

/// -1 in a key's sequence column stands for a row whose message had no elements: a key cannot be null.
void default_to_no_element(ColumnInfo& column) {
  column.default_kind = DefaultKind::constant;
  column.default_text = "-1";
  column.default_binary = std::string(8, '\xff');
}

/// The primary key is the first one that a topic gives itself, else the first inherited one. Other topics' own keys
/// become unique constraints beside it.
void settle_keys(Building& building) {
  auto& table = building.definition.table;
  std::stable_sort(building.keys.begin(), building.keys.end(),
                   [](const Key& a, const Key& b) { return !a.inherited && b.inherited; });
  std::set<std::set<std::string>> seen;
  for (const auto& key : building.keys) {
    const bool primary = table.unique_indexes.empty();
    if (!primary && key.inherited) continue;
    if (!seen.insert({key.columns.begin(), key.columns.end()}).second) continue;
    std::string name = table.name.name;
    if (!primary) {
      for (const auto& column : key.columns) name += "_" + column;
    }
    table.unique_indexes.push_back({name + (primary ? "_pkey" : "_key"), key.columns, primary});
    if (!primary) continue;
    for (auto& column : table.columns) {
      if (std::find(key.columns.begin(), key.columns.end(), column.name) == key.columns.end()) continue;
      column.not_null = true;
      const bool is_sequence =
          std::find(key.sequences.begin(), key.sequences.end(), column.name) != key.sequences.end();
      if (is_sequence && column.type == ColumnType::int8) default_to_no_element(column);
    }
  }
}

/// A column as CREATE TABLE and ADD COLUMN have it.
std::string column_sql(const TableInfo& table, const ColumnInfo& column, bool not_null) {
  const bool in_key = std::any_of(table.unique_indexes.begin(), table.unique_indexes.end(), [&column](const auto& i) {
    return std::find(i.columns.begin(), i.columns.end(), column.name) != i.columns.end();
  });
  std::string sql = quote_identifier(column.name) + " " + type_sql(column);
  if (in_key && column.type == ColumnType::text && !column.is_array) sql += " COLLATE \"C\"";
  if (not_null) sql += " NOT NULL";
  if (column.default_kind == DefaultKind::constant) sql += " DEFAULT " + column.default_text;
  return sql;
}

/// One warning for a topic's columns that are TEXT only because nobody gave them a type.
void warn_of_untyped(const TopicMapping& topic, const std::vector<TableDraft>& drafts, const TopicSchema& schema,
                     const std::vector<Building>& buildings, Findings& findings) {
  if (topic.is_minimal() || topic.create_table == CreateTable::never) return;
  if (topic.create_table == CreateTable::from_schema && schema.schema == nullptr) return;  // which will say
  std::vector<std::string> untyped;
  for (const auto& draft : drafts) {
    const auto building = std::find_if(buildings.begin(), buildings.end(),
                                       [&draft](const Building& b) { return b.definition.table.name == draft.name; });
    for (const auto& column : draft.columns) {
      if (!column.parent.empty()) continue;  // it has its parent's type, and is named there
      const bool typed = wanted_type(topic, column, schema).has_type() || building->wishes.at(column.name).has_type();
      if (!typed && std::find(untyped.begin(), untyped.end(), column.name) == untyped.end()) {
        untyped.push_back(column.name);
      }
    }
  }
  if (untyped.empty()) return;
  const bool has_types = topic.key_lines.count("data_types") != 0;
  findings.warning(place_of(topic, has_types ? "data_types" : "field_mappings"),
                   "columns without a type in data_types become TEXT: " + joined(untyped));
}

Building& building_of(std::vector<Building>& buildings, const TableName& name) {
  for (auto& building : buildings) {
    if (building.definition.table.name == name) return building;
  }
  buildings.emplace_back();
  buildings.back().definition.table.name = name;
  return buildings.back();
}

/// How the table of these topics is divided by time: they have to agree, those that say nothing with all.
void settle_storage(Building& building, const TopicMapping& topic, const TopicSchema& schema, Findings& findings) {
  if (!topic.storage.is_wanted()) return;
  TimeStorage& storage = building.definition.storage;
  if (!storage.is_wanted()) {
    storage = topic.storage;
    const bool by_schema = topic.changes != Changes::none || topic.create_table == CreateTable::from_schema;
    if (by_schema && schema.schema == nullptr) return;  // which columns there will be is not known here
    check_storage(topic, building.definition.table, findings);
  } else if (!(storage == topic.storage)) {
    findings.error(place_of(topic, topic.storage.hypertable ? "hypertable" : "partition"),
                   "is not what another topic of `" + building.definition.table.name.display() +
                       "` has; they have to say the same, or only one of them says it");
  }
}

/// The columns of a table whose topic maps no fields.
std::vector<std::string> own_columns(const TopicMapping& topic, const TopicSchema& schema) {
  std::vector<std::string> names;
  if (schema.schema != nullptr && topic.is_minimal()) names = row_fields(topic.changes, *schema.schema, schema.message);
  if (!names.empty()) return names;
  if (topic.changes != Changes::none || topic.create_table == CreateTable::from_schema) {
    // Its schema is not known here: what the mapping says of its columns.
    names = topic.upsert_key;
    for (const auto& [name, type] : topic.data_types) names.push_back(name);
    names.push_back(topic.version_column);
    std::set<std::string> known{"", topic.deleted_at};
    std::erase_if(names, [&known](const std::string& name) { return !known.insert(name).second; });
    return names;
  }
  for (const auto& column : kEnvelope) names.emplace_back(column.name);
  return names;
}

}  // namespace

std::vector<TableDefinition> table_definitions(const MappingFile& file, std::vector<Problem>& problems, TablesOf which,
                                               const TopicSchemas& schemas) {
  Findings findings(file.path);
  Findings reported_by_compile(file.path);
  struct Drafted {
    const TopicMapping* topic;
    TopicSchema schema;
    std::vector<TableDraft> tables;
  };
  std::vector<Drafted> all;
  for (const auto& topic : file.topics) {
    if (which == TablesOf::creating_topics && topic.create_table == CreateTable::never) continue;
    TopicSchema schema = schema_of(topic, schemas);
    auto tables = draft_tables(topic, own_columns(topic, schema), reported_by_compile);
    all.push_back({&topic, std::move(schema), std::move(tables)});
  }
  std::vector<Building> buildings;
  for (const auto& [topic, schema, tables] : all) {
    for (std::size_t i = 0; i < tables.size(); ++i) {
      Building& building = building_of(buildings, tables[i].name);
      auto& topics = building.definition.source_topics;
      if (std::find(topics.begin(), topics.end(), topic->topic) == topics.end()) topics.push_back(topic->topic);
      for (const auto& column : tables[i].columns) add_column(building, *topic, column, schema, findings);
      add_keys(building, *topic, tables[i], i == 0);
    }
  }
  for (const auto& [topic, schema, tables] : all) {
    warn_of_untyped(*topic, tables, schema, buildings, findings);
    Building& own = building_of(buildings, tables[0].name);
    const bool is_shared = own.definition.source_topics.size() > 1 ||
                           std::any_of(tables.begin() + 1, tables.end(),
                                       [&name = tables[0].name](const auto& child) { return child.name == name; });
    if (!is_shared) forbid_nulls(own, *topic, tables[0], schema);
  }
  std::vector<TableDefinition> definitions;
  definitions.reserve(buildings.size());
  for (auto& building : buildings) settle_keys(building);
  for (const auto& [topic, schema, tables] : all) {
    settle_storage(building_of(buildings, tables[0].name), *topic, schema, findings);
  }
  for (auto& building : buildings) {
    definitions.push_back(std::move(building.definition));
  }
  for (auto& problem : findings.take()) problems.push_back(std::move(problem));
  return definitions;
}

std::string TableDefinition::to_sql(TableForm form) const {
  const auto quoted = [](const std::vector<std::string>& names) {
    std::string list;
    for (const auto& name : names) list += (list.empty() ? "" : ", ") + quote_identifier(name);
    return list;
  };
  std::vector<std::string> lines;
  for (const auto& column : table.columns) {
    lines.push_back(column_sql(table, column, column.not_null));
  }
  for (const auto& index : table.unique_indexes) {
    lines.push_back((index.primary ? "PRIMARY KEY (" : "UNIQUE (") + quoted(index.columns) + ")");
  }
  std::string sql;
  if (!table.name.schema.empty()) {
    sql += "CREATE SCHEMA IF NOT EXISTS " + quote_identifier(table.name.schema) + ";\n";
  }
  sql += "CREATE TABLE IF NOT EXISTS " + table.name.quoted() + " (\n";
  for (std::size_t i = 0; i < lines.size(); ++i) {
    sql += "    " + lines[i] + (i + 1 < lines.size() ? ",\n" : "\n");
  }
  if (form == TableForm::partitioned) {
    return sql + ") PARTITION BY RANGE (" + quote_identifier(storage.partition->time) + ");\n";
  }
  return sql + ");\n";
}

std::string TableDefinition::add_column_sql(const ColumnInfo& column) const {
  return "ALTER TABLE " + table.name.quoted() + " ADD COLUMN IF NOT EXISTS " + column_sql(table, column, false) + ";";
}

DefinedCatalog::DefinedCatalog(const std::vector<TableDefinition>& definitions) {
  for (const auto& definition : definitions) tables_.emplace(definition.table.name, definition.table);
}

const TableInfo* DefinedCatalog::find(const TableName& name) const {
  const auto found = tables_.find(name);
  return found == tables_.end() ? nullptr : &found->second;
}

}  // namespace loom::mapping
