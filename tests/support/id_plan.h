#pragma once

#include <memory>
#include <string>

#include "mapping/plan.h"

namespace loom::test_support {

/// The plan of a table with one BIGINT column, `id`, which takes the message's field of that name.
inline std::shared_ptr<const mapping::TopicPlan> id_plan(const std::string& table_name) {
  mapping::PlanColumn column;
  column.info.name = "id";
  column.info.type = mapping::ColumnType::int8;
  column.info.type_oid = 20;
  column.value_type = mapping::ValueType::integer;
  column.sources.push_back({});
  mapping::TablePlan table;
  table.name.name = table_name;
  table.columns.push_back(column);
  auto made = std::make_shared<mapping::TopicPlan>();
  made->tables.push_back(table);
  made->message.nodes.push_back({});
  made->message.nodes[0].children.push_back({.key = "id", .node = 1});
  made->message.nodes[1].slot = 0;
  made->message.slots = 1;
  made->message.slot_paths = {"id"};
  return made;
}

}  // namespace loom::test_support
