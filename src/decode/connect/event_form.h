#pragma once

#include "decode/values.h"
#include "decode/wanted_paths.h"

/// The two forms of a change event: Debezium's envelope, and the row alone as ExtractNewRecordState leaves it, with
/// fields of the envelope beside the row's (`__op`, `__deleted`, `__source_ts_ms`).
/// https://debezium.io/documentation/reference/3.6/transformations/event-flattening.html
namespace loom::decode {

/// What is wanted of the envelope, as it is wanted of the row alone. The slots stay the same.
Wanted row_form(const Wanted& envelope);

/// Whether values that were decoded as an envelope are one.
bool is_envelope(const Values& values, const EventSlots& slots);

/// Whether values that were decoded as a row are an envelope's. Then they mean nothing; else slots that no row fills
/// are absent.
bool is_envelope_in_row_form(Values& values, const EventSlots& slots);

}  // namespace loom::decode
