#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "formats/schema.h"

namespace loom::decode {

/// How a message names the schema that it was written with.
struct SchemaId {
  std::uint64_t number = 0;             ///< an id of four or eight bytes; 0 where a GUID is meant
  std::array<std::uint8_t, 16> guid{};  ///< all zero where a number is meant
  // NOLINTNEXTLINE(modernize-use-nullptr): a false alarm of clang-tidy 14
  auto operator<=>(const SchemaId&) const = default;
};

/// Its GUID, with hyphens.
std::string guid_text(const SchemaId& id);

/// `schema 12`, `schema e5906709-...` for people.
std::string show(const SchemaId& id);

/// What is known of a schema.
struct SchemaAnswer {
  std::shared_ptr<const formats::Schema> schema;
  std::string problem;  ///< why there will be none: the registry does not know it, or it cannot be read
  bool wanted = false;  ///< nothing is known yet, and it has been asked for
};

/// Why schemas that are wanted do not come.
struct SchemaTrouble {
  bool refused = false;  ///< the registry answers, and does not let us in; else it is away
  std::string says;
};

/// Where decoders have schemas from.
/// Threads: any.  Blocks: never; what is not known is fetched meanwhile.
class SchemaSource {
 public:
  virtual ~SchemaSource() = default;
  virtual SchemaAnswer find(const SchemaId& id) = 0;
  /// Nothing while the registry answers.
  [[nodiscard]] virtual std::optional<SchemaTrouble> trouble() const = 0;
};

}  // namespace loom::decode
