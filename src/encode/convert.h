#pragma once

#include "encode/scalar.h"
#include "mapping/catalog.h"
#include "mapping/mapping_file.h"

namespace loom::encode {

/// Turns a value that is there (neither absent nor null) into a Scalar of one column type. Views in the Scalar hold
/// until the value or the scratch changes.
using Convert = Conversion (*)(const decode::Value& value, Scratch& scratch, Scalar& out);

/// The conversion for a column, or for the elements of an array column. The column's type says what comes out; the
/// value type and the transform say how a message's value is to be read where there is a choice. `limited`: a numeric
/// column has a precision that values may overflow.
Convert choose_conversion(mapping::ColumnType column, mapping::ValueType value, mapping::Transform transform,
                          bool limited = false);

/// How a type that we know only by name takes objects, lists and booleans; nullptr: as their JSON text.
Convert other_conversion(const mapping::ColumnInfo& column);

}  // namespace loom::encode
