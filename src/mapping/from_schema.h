#pragma once

#include "mapping/findings.h"
#include "mapping/mapping_file.h"

namespace loom::mapping {

/// After a topic was read: whether its messages have the schemas that `create_table: from_schema` and `evolve` ask for.
void check_from_schema(const TopicMapping& topic, Findings& findings);

}  // namespace loom::mapping
