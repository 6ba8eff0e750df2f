#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "formats/protobuf_schema.h"

/// A Protobuf schema laid out for looking up fields and names by the numbers of the wire. Immutable once made.
namespace loom::decode {

struct ProtobufEnumTable {
  bool closed = false;
  std::vector<std::string_view> low;  ///< by number from 0; nullptr data: there is none
  const formats::ProtobufEnum* names = nullptr;

  /// The name of the number; without data: it has none.
  [[nodiscard]] std::string_view name(std::int32_t number) const {
    if (number >= 0 && static_cast<std::size_t>(number) < low.size()) return low[static_cast<std::size_t>(number)];
    const auto found = names->names.find(number);
    return found == names->names.end() ? std::string_view() : std::string_view(found->second);
  }
};

struct ProtobufMessageTable;

/// What one value is: a field's, an element's, a map's.
struct ProtobufContent {
  formats::ProtobufField::Type type = formats::ProtobufField::Type::int32;
  const ProtobufEnumTable* enumeration = nullptr;
  const ProtobufMessageTable* message = nullptr;
  [[nodiscard]] formats::ProtobufMessage::WellKnown known() const;
  /// A message that is nothing but its fields.
  [[nodiscard]] bool plain_message() const;
};

struct ProtobufFieldTable {
  const formats::ProtobufField* field = nullptr;
  ProtobufContent content;
  std::string json_key;  ///< `"name":`
};

struct ProtobufMessageTable {
  const formats::ProtobufMessage* message = nullptr;
  std::vector<ProtobufFieldTable> fields;  ///< in order of their numbers
  std::vector<std::uint16_t> low;          ///< number -> index + 1 into fields; 0: there is none
  bool oneofs = false;

  /// nullptr: there is no such field.
  [[nodiscard]] const ProtobufFieldTable* find(std::uint32_t number) const {
    if (number < low.size()) return low[number] == 0 ? nullptr : &fields[low[number] - 1U];
    return search(number);
  }

 private:
  [[nodiscard]] const ProtobufFieldTable* search(std::uint32_t number) const;
};

class ProtobufTables {
 public:
  explicit ProtobufTables(std::shared_ptr<const formats::ProtobufSchema> schema);
  ProtobufTables(const ProtobufTables&) = delete;
  ProtobufTables& operator=(const ProtobufTables&) = delete;

  /// Of a message of the schema.
  [[nodiscard]] ProtobufContent content_of(const formats::ProtobufMessage& message) const;

 private:
  std::shared_ptr<const formats::ProtobufSchema> schema_;
  std::vector<ProtobufEnumTable> enums_;
  std::vector<ProtobufMessageTable> messages_;
};

}  // namespace loom::decode
