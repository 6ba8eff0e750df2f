#pragma once

#include <cstdint>
#include <optional>

#include "formats/format.h"
#include "mapping/plan.h"
#include "mapping/schema_fields.h"

namespace loom::encode {

/// Whether values of a schema's field become a column's type.
enum class Fit : std::uint8_t {
  never,      ///< each such message would be a dead letter
  sometimes,  ///< it depends on the value
  always,
};

/// Found by trying: the column's own conversion is given ordinary values of the field's kind, and those at the ends of
/// its range. Nothing for kinds of which any value may come. `format`: the schema's, since the same kind comes typed or
/// as JSON.
std::optional<Fit> fit(const mapping::PlanColumn& column, const mapping::SchemaField& field, formats::Format format);

}  // namespace loom::encode
