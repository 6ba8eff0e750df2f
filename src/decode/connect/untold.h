#pragma once

#include "decode/values.h"

namespace loom::decode {

/// Whether the value is Debezium's word for one that it does not know, since the change did not touch it and PostgreSQL
/// keeps it apart (TOAST): `unavailable.value.placeholder` as it stands in texts, bytes, lists and hstore.
/// https://debezium.io/documentation/reference/3.6/connectors/postgresql.html#postgresql-toasted-values
/// Another placeholder than the default is for the mapping's `absent_values`.
bool is_untold(const Value& value, const Values& values);

}  // namespace loom::decode
