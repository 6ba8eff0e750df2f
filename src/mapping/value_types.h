#pragma once

#include <optional>
#include <string>

#include "mapping/mapping_file.h"

namespace loom::mapping {

/// A type as `data_types` names it.
struct NamedType {
  ValueType type = ValueType::unspecified;
  TypeParameters parameters;
};

/// `string`, `decimal(12,2)`, `decimal_base64(4)`: any case, blanks around and inside the parentheses. Nothing for what
/// is no type, and for parameters that PostgreSQL would refuse. Pure.
std::optional<NamedType> parse_value_type(const std::string& text);

/// What parse_value_type() accepts, for messages.
std::string value_type_names();

/// Why a text that parse_value_type() knows nothing of is refused; SQL's names for types are told ours.
std::string value_type_refusal(const std::string& text);

/// The type as a mapping has it: `decimal(12,2)`.
std::string type_text(ValueType type, const TypeParameters& parameters);

/// The modifier of a numeric column of that precision and scale, as pg_attribute has it; -1 without a precision.
std::int32_t numeric_modifier(const TypeParameters& parameters);

}  // namespace loom::mapping
