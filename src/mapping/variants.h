#pragma once

#include <set>
#include <string>
#include <vector>

#include "mapping/mapping_file.h"
#include "mapping/plan.h"

namespace loom::mapping {

/// How many sets of tables one topic may have where headers name them. It is the producers who name them: one that puts
/// an id into the header would have a table for each message.
inline constexpr std::size_t kMostVariants = 1000;

/// What a message is told whose values are one set too many.
std::string too_many_variants(const TableValues& values);

/// The plan of a topic whose tables headers name: its variants' tables one after the other. Pure.
TopicPlan join_variants(const TopicMapping& topic, std::vector<PlanVariant> variants);

/// The values that a plan knows: those that it has tables for, and those that can have none.
std::set<TableValues> known_values(const TopicPlan& plan);
/// The values that it has tables for.
std::set<TableValues> stored_values(const TopicPlan& plan);

}  // namespace loom::mapping
