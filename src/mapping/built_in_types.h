#pragma once

#include <string>

#include "mapping/catalog.h"
#include "mapping/schema_fields.h"
#include "mapping/value_types.h"

namespace loom::mapping {

/// The column that create-tables makes for values of the type: the widest that takes them all (`integer` is BIGINT,
/// `timestamp` TIMESTAMPTZ), TEXT where the type is not known.
ColumnInfo made_column(const std::string& name, const NamedType& type);

/// The column that has the very type of a schema's field (`create_table: from_schema`): a local time is TIMESTAMP, 16
/// bits are SMALLINT, a list of either is an array of it. TEXT where the schema leaves the field open.
ColumnInfo same_column(const std::string& name, const SchemaField& field);

/// The column for a field of the topic's row: of the type that its `data_types` give, else of the field's own.
ColumnInfo column_for(const TopicMapping& topic, const std::string& name, const SchemaField& field);

/// Its type for SQL: `TIMESTAMPTZ`, `NUMERIC(12,2)`.
std::string type_sql(const ColumnInfo& column);

}  // namespace loom::mapping
