#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <memory>
#include <string>

#include "formats/schema.h"

namespace loom::decode {

/// How a message names the schema that it was written with.
struct SchemaId {
  std::uint64_t number = 0;             ///< an id of four or eight bytes; 0 where a GUID is meant
  std::array<std::uint8_t, 16> guid{};  ///< all zero where a number is meant
  auto operator<=>(const SchemaId&) const = default;
};

/// `schema 12`, `schema 0190...` for people.
std::string show(const SchemaId& id);

/// What is known of a schema.
struct SchemaAnswer {
  std::shared_ptr<const formats::Schema> schema;
  std::string problem;  ///< why there will be none: the registry does not know it, or it cannot be read
  bool wanted = false;  ///< nothing is known yet, and it has been asked for
};

/// Where decoders have schemas from.
/// Threads: any.  Blocks: never; what is not known is fetched meanwhile.
class SchemaSource {
 public:
  virtual ~SchemaSource() = default;
  virtual SchemaAnswer find(const SchemaId& id) = 0;
};

}  // namespace loom::decode
