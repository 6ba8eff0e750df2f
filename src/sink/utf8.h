#pragma once

#include <string>
#include <string_view>

namespace loom::sink {

/// Whether PostgreSQL takes it as text: UTF-8, and no NUL character.
bool is_storable_text(std::string_view bytes);

/// The same text with U+FFFD for what PostgreSQL would not take, and cut at a character when longer than `max_bytes`.
std::string storable_text(std::string_view bytes, std::size_t max_bytes);

}  // namespace loom::sink
