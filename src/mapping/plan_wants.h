#pragma once

#include <map>
#include <set>
#include <string>

#include "mapping/plan.h"
#include "mapping/schema_fields.h"

namespace loom::mapping {

/// Fields of the row that a schema has, by name.
using NewFields = std::map<std::string, SchemaField>;

/// What messages want of their topic's plan that it does not have: they have no rows before it has.
struct PlanWants {
  std::set<TableValues> tables;  ///< the headers that name them say this (TopicPlan::table_headers)
  NewFields fields;              ///< that have no column yet (TopicPlan::known_fields)

  [[nodiscard]] bool empty() const { return tables.empty() && fields.empty(); }
};

}  // namespace loom::mapping
