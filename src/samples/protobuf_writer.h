#pragma once

#include <string>

#include "base/byte_buffer.h"
#include "samples/json_scalars.h"
#include "samples/sample_type.h"

namespace loom::samples {

/// Appends the message in Protobuf's wire format; `type` is a record. False: it is not of the type, and `out` holds a
/// part of it. `room`: for values on their way.
bool write_protobuf(const SampleType& type, JsonValue& value, ByteBuffer& room, std::string& out);

}  // namespace loom::samples
