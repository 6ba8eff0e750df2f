#pragma once

#include <optional>
#include <string>
#include <vector>

#include "mapping/catalog.h"
#include "mapping/mapping_file.h"
#include "mapping/plan.h"
#include "mapping/problem.h"

namespace loom::mapping {

struct CompileResult {
  std::optional<TopicPlan> plan;  ///< there only when no problem is an error
  std::vector<Problem> problems;
};

/// Joins one topic's mapping with its tables. Pure: no I/O. `file` only names the mapping in problems.
CompileResult compile(const TopicMapping& topic, const Catalog& catalog, const std::string& file);

/// What of the table's rows need not be written, since nobody would notice: TablePlan::ignored_may_be_left_out and
/// those beside it. Pure.
void note_listeners(const TableInfo& table, TablePlan& plan);

}  // namespace loom::mapping
