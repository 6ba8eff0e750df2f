#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace loom::decode {

/// Reads which message of its schema a payload is of: what a registry's framing has between the schema's id and the
/// message. `indexes`: the way down from the file's messages; reused.
/// The number of bytes that it took, or 0 and a problem for a person.
/// Bounds: 100 indexes.
std::size_t read_message_indexes(std::string_view bytes, std::vector<std::int32_t>& indexes, std::string& problem);

}  // namespace loom::decode
