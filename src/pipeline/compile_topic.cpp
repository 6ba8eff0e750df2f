#include "pipeline/compile_topic.h"

#include <utility>

#include "encode/row_builder.h"

namespace loom::pipeline {

std::vector<mapping::TableName> tables_of(const mapping::TopicMapping& topic) {
  std::vector<mapping::TableName> tables{topic.table};
  for (const auto& array : topic.array_mappings) {
    if (array.table) tables.push_back(*array.table);
  }
  return tables;
}

std::vector<mapping::TableName> tables_of(const mapping::MappingFile& file) {
  std::vector<mapping::TableName> tables;
  for (const auto& topic : file.topics) {
    for (auto& table : tables_of(topic)) tables.push_back(std::move(table));
  }
  return tables;
}

mapping::CompileResult compile_topic(const mapping::TopicMapping& topic, const mapping::Catalog& catalog,
                                     const std::string& file) {
  mapping::CompileResult result = mapping::compile(topic, catalog, file);
  if (!result.plan) return result;
  for (auto& problem : encode::check_defaults(*result.plan, file)) result.problems.push_back(std::move(problem));
  if (mapping::has_errors(result.problems)) result.plan.reset();
  return result;
}

}  // namespace loom::pipeline
