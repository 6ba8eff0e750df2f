#pragma once

#include <string>
#include <vector>

#include "mapping/mapping_file.h"
#include "mapping/plan.h"
#include "mapping/problem.h"
#include "mapping/schema_fields.h"

namespace loom::encode {

/// Whether the messages of a schema become rows: mapping, schema and tables together.
/// Errors:   a required field that the schema has not; a field whose values can never become its column's type.
/// Warnings: a mapped path that the schema has not; a field whose value may or may not become its column's type; one
///           that may be null, in a NOT NULL column without default.
/// `topic`: the mapping that `plan` was compiled from, in the file of that name; `schema`: that of its values.
std::vector<mapping::Problem> check_schema(const mapping::TopicMapping& topic, const mapping::TopicPlan& plan,
                                           const mapping::TopicSchema& schema, const std::string& file);

}  // namespace loom::encode
