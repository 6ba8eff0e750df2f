#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace loom::samples {

// Readers of their own for what the encoder writes: they know only the schema's text and the bytes.

/// Reads one message of the Avro schema and compares it with the JSON that it was made from. Empty: it holds the same.
std::string avro_differs(const std::string& schema, std::string_view bytes, const nlohmann::json& message);

/// The same of the first message of the .proto file.
std::string protobuf_differs(const std::string& schema, std::string_view bytes, const nlohmann::json& message);

}  // namespace loom::samples
