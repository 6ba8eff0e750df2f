#pragma once

#include <string>
#include <string_view>

#include "base/reject.h"
#include "decode/value.h"
#include "encode/scalar.h"
#include "mapping/catalog.h"

namespace loom::encode {

/// At most 80 bytes of a value for a person to see: strings in quotes, cut between characters, and without control
/// characters or broken UTF-8, since the message must be storable as text itself.
std::string show_value(const decode::Value& value);

/// The reject for a value that could not become its column's type. `source` is its path.
Reject conversion_reject(const mapping::ColumnInfo& column, std::string_view source, const decode::Value& value,
                         Conversion how);

}  // namespace loom::encode
