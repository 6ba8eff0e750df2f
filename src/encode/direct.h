#pragma once

#include <array>

#include "encode/scalar.h"
#include "mapping/catalog.h"
#include "mapping/mapping_file.h"

namespace loom::encode {

/// The way of a typed value into a column of its own kind, without a text between. `out` as in Convert.
using Direct = Conversion (*)(const decode::Value& value, Scalar& out);

/// By decode::Value::Kind; nullptr: there is no such way, and the value takes that of its plain form.
using DirectTable = std::array<Direct, decode::Value::kKinds>;

/// The ways into columns of this type, as this type of data_types asks for (the column's own where none is named).
const DirectTable& direct_conversions(mapping::ColumnType column, mapping::ValueType value, bool named);

}  // namespace loom::encode
