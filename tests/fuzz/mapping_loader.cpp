#include <string>

#include "base/clock.h"
#include "check.h"
#include "encode/row_builder.h"
#include "mapping/compile.h"
#include "mapping/ddl.h"
#include "mapping/loader.h"
#include "mapping/table_names.h"
#include "plan_builder.h"
#include "row_check.h"
#include "targets.h"

namespace loom::fuzz {
namespace {

void check_key(const mapping::TablePlan& table) {
  for (const auto index : table.key) check(index < table.columns.size(), "a key column that the plan does not have");
}

void check_tree(const mapping::PathTree& tree, std::size_t arrays) {
  for (const auto& node : tree.nodes) {
    check(node.slot < static_cast<int>(tree.slots), "a slot that the tree does not have");
    check(node.array < static_cast<int>(arrays), "an array mapping that the plan does not have");
    for (const auto& child : node.children) check(child.node < tree.nodes.size(), "a path that leads nowhere");
    for (const auto& element : node.elements) check(element.node < tree.nodes.size(), "a path that leads nowhere");
  }
}

void check_source(const mapping::TopicPlan& plan, const mapping::ColumnSource& source) {
  check(source.array < static_cast<int>(plan.arrays.size()), "a source in an array mapping that is not there");
  if (source.kind != mapping::SourceKind::field) return;
  const bool of_element = source.scope == mapping::SourceScope::element;
  check(of_element == (source.array >= 0), "an array mapping without its scope, or the other way round");
  const auto& tree = of_element ? plan.arrays[static_cast<std::size_t>(source.array)].element
                     : source.scope == mapping::SourceScope::key ? plan.key
                                                                 : plan.message;
  check(source.slot < tree.slots, "a source without a slot");
}

void check_plan(const mapping::TopicPlan& plan) {
  check(!plan.tables.empty(), "a plan without a table");
  check_tree(plan.message, plan.arrays.size());
  check_tree(plan.key, 0);
  for (const auto& array : plan.arrays) {
    check(array.table < plan.tables.size(), "an array mapping without a table");
    check_tree(array.element, 0);
  }
  for (const auto& table : plan.tables) {
    check(table.columns.size() <= mapping::kMaxColumns, "more columns than a table can have");
    check_key(table);
    for (const auto& column : table.columns) {
      check(column.value_type != mapping::ValueType::unspecified, "a column without a type");
      for (const auto& source : column.sources) check_source(plan, source);
    }
  }
}

/// The plan has to work, whatever it says.
void use_plan(mapping::TopicPlan plan) {
  for (const auto& problem : encode::check_defaults(plan, "fuzz.yml")) {
    // The service stops at these, so that no builder ever sees such a default.
    if (problem.severity == mapping::Severity::error) return;
  }
  static const testing::FixedClock clock;
  const auto shared = std::make_shared<const mapping::TopicPlan>(std::move(plan));
  encode::RowBuilder builder(shared, "fuzz", clock);
  encode::RowSets rows;
  builder.append(testing::message_of("{}"), 0, rows);
  builder.append(testing::message_of(R"({"id":1,"data":{"a":[1,{"b":2}],"words":["x"]},"timestamp":"2024-01-01"})"), 1,
                 rows);
  Message keyed = testing::message_of(R"([{"id":1,"a.b":[2]},"x"])");
  keyed.has_key = true;
  keyed.key = R"({"id":1,"items":["x"]})";
  builder.append(keyed, 2, rows);
  check_rows(*shared, rows);
}

}  // namespace

void mapping_loader(std::string_view bytes) {
  const auto result = mapping::load_mapping_text(bytes, "fuzz.yml");
  check(result.file.has_value() != mapping::has_errors(result.problems), "a file with errors, or none without");
  for (const auto& problem : result.problems) check(!problem.message.empty(), "a problem without words");
  if (!result.file) return;

  std::vector<mapping::Problem> problems;
  const auto definitions = mapping::table_definitions(*result.file, problems, mapping::TablesOf::all_topics);
  for (const auto& definition : definitions) {
    check(!definition.to_sql().empty(), "a table without SQL");
    check(!definition.table.columns.empty() || mapping::has_errors(problems), "a table without columns",
          definition.table.name.display());
  }
  const mapping::DefinedCatalog catalog(definitions);
  for (const auto& topic : result.file->topics) {
    if (mapping::has_open_table_name(topic)) {
      const auto concrete = mapping::for_topic(topic, "topic");
      check(!mapping::has_open_table_name(concrete), "a name that is never settled");
    }
    auto compiled = mapping::compile(topic, catalog, "fuzz.yml");
    check(compiled.plan.has_value() != mapping::has_errors(compiled.problems), "a plan with errors, or none without");
    if (!compiled.plan) continue;
    check_plan(*compiled.plan);
    use_plan(std::move(*compiled.plan));
  }
}

}  // namespace loom::fuzz
