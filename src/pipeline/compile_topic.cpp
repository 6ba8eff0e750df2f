#include "pipeline/compile_topic.h"

#include <algorithm>
#include <map>
#include <memory>
#include <utility>

#include "encode/row_builder.h"
#include "mapping/findings.h"
#include "mapping/table_names.h"
#include "mapping/variants.h"

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

std::vector<ConcreteTopic> concrete_topics(const mapping::TopicMapping& topic, const std::string& name,
                                           const std::set<mapping::TableValues>& values) {
  std::vector<ConcreteTopic> topics;
  if (mapping::table_headers(topic).empty()) {
    topics.push_back({.values = {}, .mapping = mapping::for_topic(topic, name), .problem = {}});
    return topics;
  }
  for (const mapping::TableValues& given : values) {
    ConcreteTopic& made = topics.emplace_back(
        ConcreteTopic{.values = given, .mapping = mapping::for_topic(topic, name, given), .problem = {}});
    mapping::Findings lengths("");
    if (mapping::check_table_names(made.mapping, lengths)) continue;
    made.problem = lengths.take().front().message;
  }
  return topics;
}

std::vector<mapping::TableName> tables_of(const std::vector<ConcreteTopic>& topics) {
  std::vector<mapping::TableName> tables;
  for (const ConcreteTopic& topic : topics) {
    if (!topic.problem.empty()) continue;
    for (auto& table : tables_of(topic.mapping)) tables.push_back(std::move(table));
  }
  return tables;
}

bool lacks_a_table(const ConcreteTopic& topic, const mapping::Catalog& catalog) {
  const auto tables = tables_of(topic.mapping);
  return std::any_of(tables.begin(), tables.end(),
                     [&catalog](const mapping::TableName& table) { return catalog.find(table) == nullptr; });
}

mapping::CompileResult compile_topic(const mapping::TopicMapping& topic, const std::vector<ConcreteTopic>& concrete,
                                     const mapping::Catalog& catalog, const std::string& file,
                                     const mapping::TopicPlan* grows) {
  if (mapping::table_headers(topic).empty()) return compile_topic(concrete.at(0).mapping, catalog, file);
  mapping::CompileResult result;
  std::vector<mapping::PlanVariant> variants;
  std::map<mapping::TableName, mapping::TableValues> owners;
  if (grows != nullptr) variants = grows->variants;
  for (const mapping::PlanVariant& variant : variants) {
    if (variant.plan == nullptr) continue;
    for (const mapping::TablePlan& table : variant.plan->tables) owners.emplace(table.name, variant.values);
  }
  for (const ConcreteTopic& one : concrete) {
    mapping::PlanVariant& variant = variants.emplace_back();
    variant.values = one.values;
    variant.problem = one.problem;
    if (!one.problem.empty()) continue;
    for (const auto& table : tables_of(one.mapping)) {
      // Rows of one table have to be of one plan: that tells which of two with one key came later.
      const auto [owner, first] = owners.emplace(table, one.values);
      if (!first && owner->second != one.values)
        variant.problem = "the table " + table.display() + " is that of other values";
    }
    if (!variant.problem.empty()) continue;
    mapping::CompileResult compiled = compile_topic(one.mapping, catalog, file);
    if (!compiled.plan && one.is_new && !lacks_a_table(one, catalog)) {
      for (const auto& problem : compiled.problems) {
        if (problem.severity == mapping::Severity::error) variant.problem = problem.message;
      }
      continue;
    }
    for (auto& problem : compiled.problems) result.problems.push_back(std::move(problem));
    if (compiled.plan) variant.plan = std::make_shared<const mapping::TopicPlan>(std::move(*compiled.plan));
  }
  if (!mapping::has_errors(result.problems)) result.plan = mapping::join_variants(topic, std::move(variants));
  return result;
}

}  // namespace loom::pipeline
