#include "mapping_fixture.h"

#include <gtest/gtest.h>

#include <sstream>
#include <stdexcept>

namespace loom::mapping::testing {
namespace {

struct NamedType {
  const char* name;
  ColumnType type;
  bool is_array;
};
constexpr NamedType kTypes[] = {{"text", ColumnType::text, false},
                                {"boolean", ColumnType::boolean, false},
                                {"int2", ColumnType::int2, false},
                                {"int4", ColumnType::int4, false},
                                {"int8", ColumnType::int8, false},
                                {"float4", ColumnType::float4, false},
                                {"float8", ColumnType::float8, false},
                                {"numeric", ColumnType::numeric, false},
                                {"timestamptz", ColumnType::timestamptz, false},
                                {"timestamp", ColumnType::timestamp, false},
                                {"date", ColumnType::date, false},
                                {"time", ColumnType::time, false},
                                {"uuid", ColumnType::uuid, false},
                                {"bytea", ColumnType::bytea, false},
                                {"json", ColumnType::json, false},
                                {"jsonb", ColumnType::jsonb, false},
                                {"inet", ColumnType::inet, false},
                                {"mood", ColumnType::enumeration, false},
                                {"text[]", ColumnType::text, true},
                                {"int4[]", ColumnType::int4, true},
                                {"float4[]", ColumnType::float4, true},
                                {"float8[]", ColumnType::float8, true}};

ColumnInfo column_from(const std::string& description) {
  std::istringstream words(description);
  ColumnInfo column;
  words >> column.name >> column.type_name;
  column.type = ColumnType::other;
  for (const auto& known : kTypes) {
    if (column.type_name != known.name) continue;
    column.type = known.type;
    column.is_array = known.is_array;
  }
  for (std::string word; words >> word;) {
    if (word == "!") column.not_null = true;
    if (word == "=") column.default_kind = DefaultKind::constant;
    if (word == "=now()") column.default_kind = DefaultKind::computed;
    if (word == "generated") column.generated = true;
  }
  return column;
}

TableName table_name(const std::string& name) {
  const auto dot = name.find('.');
  return dot == std::string::npos ? TableName{"", name} : TableName{name.substr(0, dot), name.substr(dot + 1)};
}

}  // namespace

std::vector<std::string> shown(const std::vector<Problem>& problems) {
  std::vector<std::string> lines;
  lines.reserve(problems.size());
  for (const auto& problem : problems) {
    lines.push_back(std::to_string(problem.line) + (problem.severity == Severity::error ? " error " : " warning ") +
                    problem.key + ": " + problem.message);
  }
  return lines;
}

std::vector<std::string> problems_of(const std::string& yaml) {
  const auto result = load_mapping_text(yaml, "test.yml");
  EXPECT_EQ(result.file.has_value(), !has_errors(result.problems));
  return shown(result.problems);
}

MappingFile loaded(const std::string& yaml) {
  auto result = load_mapping_text(yaml, "test.yml");
  for (const auto& problem : result.problems) {
    if (problem.severity == Severity::error) ADD_FAILURE() << to_string(problem);
  }
  if (!result.file) throw std::runtime_error("the mapping did not load");
  return std::move(*result.file);
}

TopicMapping topic_of(const std::string& yaml) { return loaded(yaml).topics.at(0); }

std::string topic_yaml(const std::string& lines) {
  std::string yaml = "schema_version: v1\ntopics:\n  t:\n    table: t\n";
  std::istringstream input(lines);
  for (std::string line; std::getline(input, line);) yaml += "    " + line + "\n";
  return yaml;
}

FakeCatalog& FakeCatalog::table(const std::string& name, std::initializer_list<const char*> columns,
                                std::vector<std::vector<std::string>> unique) {
  TableInfo table;
  table.name = table_name(name);
  for (const char* description : columns) table.columns.push_back(column_from(description));
  for (auto& index : unique) {
    const bool primary = table.unique_indexes.empty();
    table.unique_indexes.push_back({name + (primary ? "_pkey" : "_key"), std::move(index), primary});
  }
  tables_[table.name] = table;
  return *this;
}

const TableInfo* FakeCatalog::find(const TableName& name) const {
  const auto found = tables_.find(name);
  return found == tables_.end() ? nullptr : &found->second;
}

TopicPlan compiled(const std::string& yaml, const Catalog& catalog) {
  auto result = compile(topic_of(yaml), catalog, "test.yml");
  for (const auto& problem : result.problems) {
    if (problem.severity == Severity::error) ADD_FAILURE() << to_string(problem);
  }
  if (!result.plan) throw std::runtime_error("the mapping did not compile");
  return std::move(*result.plan);
}

std::vector<std::string> compile_problems(const std::string& yaml, const Catalog& catalog) {
  const auto result = compile(topic_of(yaml), catalog, "test.yml");
  EXPECT_EQ(result.plan.has_value(), !has_errors(result.problems));
  return shown(result.problems);
}

const PlanColumn& column(const TablePlan& table, const std::string& name) {
  for (const auto& candidate : table.columns) {
    if (candidate.info.name == name) return candidate;
  }
  throw std::runtime_error("the plan has no column " + name);
}

bool has_column(const TablePlan& table, const std::string& name) {
  for (const auto& candidate : table.columns) {
    if (candidate.info.name == name) return true;
  }
  return false;
}

std::vector<std::string> sources(const TopicPlan& plan, const std::vector<ColumnSource>& of) {
  std::vector<std::string> paths;
  for (const auto& source : of) {
    const std::string element = source.array < 0 ? "" : "[" + std::to_string(source.array) + "]";
    switch (source.kind) {
      case SourceKind::field: {
        const auto& tree = source.scope == SourceScope::key ? plan.key
                           : source.array < 0               ? plan.message
                                              : plan.arrays.at(static_cast<std::size_t>(source.array)).element;
        const auto& path = tree.slot_paths.at(source.slot);
        paths.push_back(element);
        if (!element.empty() && !path.empty()) paths.back() += ".";
        paths.back() += path;
        break;
      }
      case SourceKind::element_index:
        paths.push_back(element + "#");
        break;
      case SourceKind::key:
        paths.emplace_back("$key");
        break;
      case SourceKind::topic:
        paths.emplace_back("$topic");
        break;
      case SourceKind::partition:
        paths.emplace_back("$partition");
        break;
      case SourceKind::offset:
        paths.emplace_back("$offset");
        break;
      case SourceKind::timestamp:
        paths.emplace_back("$timestamp");
        break;
      case SourceKind::header:
        paths.push_back("$headers." + source.header);
        break;
      case SourceKind::value:
        paths.emplace_back("$value");
        break;
    }
  }
  return paths;
}

std::vector<std::string> key(const TablePlan& table) {
  std::vector<std::string> names;
  for (const auto index : table.key) names.push_back(table.columns.at(index).info.name);
  return names;
}

}  // namespace loom::mapping::testing
