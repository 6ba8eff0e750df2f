#pragma once

#include <simdjson.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/byte_buffer.h"

namespace loom::samples {

// Values of a sample's JSON as the types of a schema ask for them. Each says nothing where the JSON is of another type.

using JsonValue = simdjson::ondemand::value;

std::optional<std::string_view> text_in(JsonValue& value);
/// Of a scalar of any type.
std::optional<std::string_view> any_text_in(JsonValue& value);
std::optional<std::string_view> uuid_in(JsonValue& value);
std::optional<bool> boolean_in(JsonValue& value);
std::optional<std::int64_t> integer_in(JsonValue& value);
std::optional<double> real_in(JsonValue& value);
/// A number as the whole number that it is when its last `scale` digits stand behind the point.
std::optional<std::int64_t> unscaled_in(JsonValue& value, int scale);
/// The bytes that a text in Base64 encodes; `room` is where they stand.
std::optional<std::string_view> base64_in(JsonValue& value, ByteBuffer& room);
/// Microseconds since 1970-01-01 00:00 UTC.
std::optional<std::int64_t> timestamp_in(JsonValue& value);
/// Days since 1970-01-01.
std::optional<std::int64_t> date_in(JsonValue& value);
/// Microseconds since midnight.
std::optional<std::int64_t> time_in(JsonValue& value);

/// The field of that name; nothing where it is not there or null.
std::optional<JsonValue> field_in(simdjson::ondemand::object& object, std::string_view name);
bool is_null(JsonValue& value);

}  // namespace loom::samples
