#pragma once

#include <optional>

#include "mapping/draft.h"
#include "mapping/mapping_file.h"
#include "mapping/schema_fields.h"

namespace loom::mapping {

/// What the topic's schema says of the values that the column gets: of the kinds of all its sources that the schema
/// has, and certain if one of them is. Nothing where the schema has none of them, or something else than the message
/// may feed the column.
std::optional<SchemaField> schema_field(const TopicMapping& topic, const ColumnDraft& column,
                                        const TopicSchema& schema);

}  // namespace loom::mapping
