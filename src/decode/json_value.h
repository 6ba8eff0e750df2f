#pragma once

#include <cstdint>
#include <string_view>

namespace loom::decode {

/// One value found in a message, not yet converted: a view into the message or into the decoder's string buffer.
/// Valid until the decoder's next message.
struct JsonValue {
  enum class Kind : std::uint8_t { absent, null, boolean, number, string, array, object };

  Kind kind = Kind::absent;
  bool boolean = false;
  bool nul = false;            ///< string: it holds a NUL character; array and object: `\u0000` stands somewhere inside
  std::string_view text;       ///< string: unescaped; number: its token; array and object: their JSON text
  std::uint32_t elements = 0;  ///< array: index of its first element in JsonDecoder::elements(), when collected
  std::uint32_t count = 0;     ///< array: how many elements were collected

  [[nodiscard]] bool present() const { return kind != Kind::absent && kind != Kind::null; }
};

}  // namespace loom::decode
