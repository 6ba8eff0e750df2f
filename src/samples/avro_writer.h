#pragma once

#include <string>

#include "base/byte_buffer.h"
#include "samples/json_scalars.h"
#include "samples/sample_type.h"

namespace loom::samples {

/// Appends the value in Avro's binary encoding. False: it is not of the type, and `out` holds a part of it.
/// `room`: for values on their way.
bool write_avro(const SampleType& type, JsonValue& value, ByteBuffer& room, std::string& out);

}  // namespace loom::samples
