#pragma once

#include "mapping/catalog.h"
#include "mapping/draft.h"

namespace loom::mapping {

/// Whether a table, as create-tables would make it, can be divided by time as its topic says: an error for each reason
/// why not. Its time column gets NOT NULL, which TimescaleDB asks for and a partition cannot do without.
/// Pure.
void check_storage(const TopicMapping& topic, TableInfo& table, Findings& findings);

}  // namespace loom::mapping
