#pragma once

#include <string>

#include "mapping/catalog.h"
#include "mapping/mapping_file.h"

namespace loom::mapping {

/// The value type of a column that the mapping gives none.
ValueType natural_type(const ColumnInfo& column);

/// The value type that a mapping asks for, transforms included; `unspecified` when it says nothing.
ValueType asked_type(ValueType data_type, Transform transform);

/// Whether the type takes numbers of one unit and no other text: timestamp_ms, date_days, ...
bool takes_numbers_only(ValueType type);

/// Whether values of this type can be written into this column. What is allowed here may still fail for a single
/// value, which is then that message's fault.
bool can_store(ValueType type, const ColumnInfo& column);

/// The type's own name: `vector` of `public.vector(384)`, `bit varying` of `bit varying(5)`; `text` of `text[]` is not
/// taken apart.
std::string_view bare_type_name(std::string_view type_name);

/// Whether the column holds single numbers.
bool is_number(const ColumnInfo& column);

}  // namespace loom::mapping
