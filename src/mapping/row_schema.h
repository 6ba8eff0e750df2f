#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "mapping/mapping_file.h"
#include "mapping/paths.h"
#include "mapping/schema_fields.h"

namespace loom::mapping {

/// The path to the row in messages of a schema: of a change topic `after`, or, where its events come unwrapped, the
/// message itself, which it also is in any other topic. `message`: of Protobuf, by its full name.
std::vector<PathStep> row_path(Changes changes, const formats::Schema& schema, std::string_view message);

/// The path, in messages of the schema, of what stands there in Debezium's envelope, which sources of a change topic
/// always name; as it is in any other topic. Empty where the events are rows alone, and have no such place.
std::vector<PathStep> path_in_schema(Changes changes, const TopicSchema& schema, std::vector<PathStep> path);

/// The row's fields that can be columns of their names, in the schema's order: not what ExtractNewRecordState adds to
/// the row (`__op`, `__source_lsn`), nor names that no column can have: `xmin`, and those of more than 63 bytes.
std::vector<std::string> row_fields(Changes changes, const formats::Schema& schema, std::string_view message);

}  // namespace loom::mapping
