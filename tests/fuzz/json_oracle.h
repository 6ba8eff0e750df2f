#pragma once

#include <cstdint>
#include <string_view>

namespace loom::fuzz {

enum class Verdict : std::uint8_t {
  accepted,
  object,  ///< accepted, and its root is an object
  refused,
  undecided,  ///< where simdjson's DOM and a message's rules differ by intention
};

/// What simdjson's own document parser says about a text. Undecided: numbers that do not fit into 64 bits (stored
/// exactly here, refused there), escapes of single surrogates (refused here), nesting near the limit.
Verdict json_oracle(std::string_view text);

/// Whether a JSON text holds `\u0000`, a backslash that is itself escaped apart.
bool holds_nul_escape(std::string_view json);

}  // namespace loom::fuzz
