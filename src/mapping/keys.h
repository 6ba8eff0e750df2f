#pragma once

#include <string>
#include <vector>

#include "mapping/catalog.h"
#include "mapping/draft.h"
#include "mapping/mapping_file.h"
#include "mapping/plan.h"

namespace loom::mapping {

/// The index on exactly these columns, in any order; the primary key before others. nullptr when there is none.
const UniqueIndex* unique_index_on(const TableInfo& table, const std::vector<std::string>& columns);

/// The upsert key of the topic's own table: `upsert_key`, and the sequence fields where elements become its rows.
std::vector<std::string> own_key(const TopicMapping& topic, const TableDraft& own);

/// The keys that a child table may have, the likelier first; none when the mapping gives its rows no identity.
std::vector<std::vector<std::string>> child_keys(const TopicMapping& topic, const TableDraft& child);

/// Sets the plan's key. A key of the topic's own that no unique index stands behind is an error; an
/// inherited one is left out with a warning.
void resolve_own_key(const TopicMapping& topic, const TableDraft& own, const TableInfo& table, TablePlan& plan,
                     Findings& findings);
void resolve_child_key(const TopicMapping& topic, const TableDraft& child, const TableInfo& table, TablePlan& plan);

}  // namespace loom::mapping
