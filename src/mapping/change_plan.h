#pragma once

#include <vector>

#include "mapping/draft.h"
#include "mapping/findings.h"
#include "mapping/mapping_file.h"
#include "mapping/plan.h"

namespace loom::mapping {

/// What the topic's messages do besides being rows: TopicPlan::changes, and in its tables what deletes and versions
/// ask for. `plan` has all tables and keys already; more slots are added to its trees. Nothing where messages are only
/// rows.
void resolve_changes(const TopicMapping& topic, const std::vector<TableDraft>& drafts, TopicPlan& plan,
                     Findings& findings);

}  // namespace loom::mapping
