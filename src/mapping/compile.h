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

}  // namespace loom::mapping
