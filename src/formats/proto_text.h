#pragma once

#include <string>
#include <string_view>

namespace loom::formats {

/// A .proto text that a parser of proto2 and proto3 takes, whatever its edition.
struct PlainProtoText {
  std::string text;     ///< with as many lines as the original
  std::string edition;  ///< `2023`; empty: it has none
  std::string problem;  ///< why there is no text, for a person
};

/// Rewrites what editions have and proto3 has not: the edition's own statement, names that are reserved without quotes,
/// `export` and `local`, imports of options. A text that says neither edition nor syntax becomes proto2 by name.
/// Bounded: texts of 10 MB, braces in braces 100 deep.
PlainProtoText plain_proto_text(std::string_view text);

}  // namespace loom::formats
