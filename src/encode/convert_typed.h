#pragma once

#include "encode/convert_rules.h"

namespace loom::encode::rules {

/// The conversion for a value whose type names a unit, or the column type that it is for: timestamp_ms, date_days,
/// uuid, ... nullptr: it is none of these.
Convert typed_conversion(mapping::ColumnType column, mapping::ValueType value);

/// The conversion for `decimal` and `decimal_base64`, and for whatever goes into a numeric column whose modifier
/// (`limited`) may refuse it. nullptr: neither. They read Scratch::parameters and Scratch::numeric_modifier.
Convert decimal_conversion(mapping::ColumnType column, mapping::ValueType value, bool limited);

}  // namespace loom::encode::rules
