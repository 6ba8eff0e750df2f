#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "formats/avro_schema.h"

namespace loom::formats {

/// The names that Avro's specification gives to types, and its rules for full names. Pure.

std::optional<AvroType::Kind> primitive_kind(std::string_view name);

/// The logical type of this name where it fits the type; else none. A decimal's numbers: see is_decimal().
AvroType::Logical logical_type(std::string_view name, const AvroType& type);

/// Whether a decimal may have these numbers.
bool is_decimal(bool has_precision, std::int64_t precision, std::int64_t scale);

/// `b.R` for R in the namespace b; a name with a dot is full already.
std::string full_name(std::string_view name, std::string_view space);
std::string namespace_of(const std::string& full_name);

}  // namespace loom::formats
