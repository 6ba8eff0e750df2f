#pragma once

#include <cstdint>
#include <optional>

#include "mapping/draft.h"
#include "mapping/findings.h"
#include "mapping/mapping_file.h"
#include "mapping/plan.h"

namespace loom::mapping {

/// Whether a child table's rows beyond the end of a shorter list are deleted, and how they are told: `surplus: delete`,
/// or by default where a conflict overwrites the parent's row (`update`, `replace`). It takes a table that one list
/// feeds, whose elements are numbered (`sequence_field`), and whose key is the parent's otherwise.
/// `index`: the table's in TopicPlan::tables; `plan` has its key.
/// Fails: a warning where rows that would go by default cannot be told, an error where `surplus: delete` cannot be.
std::optional<SurplusPlan> resolve_surplus(const TopicMapping& topic, const TableDraft& child, std::uint16_t index,
                                           const TablePlan& plan, Findings& findings);

}  // namespace loom::mapping
