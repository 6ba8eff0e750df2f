#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace loom::formats {

/// One field of a Protobuf message. https://protobuf.dev/programming-guides/encoding/
struct ProtobufField {
  enum class Type : std::uint8_t {
    float64,  ///< double
    float32,  ///< float
    int64,
    uint64,
    int32,
    fixed64,
    fixed32,
    boolean,
    string,
    bytes,
    uint32,
    sfixed32,
    sfixed64,
    sint32,
    sint64,
    enumeration,
    message,  ///< length-prefixed
    group     ///< a message between two tags: proto2's groups, and DELIMITED of editions
  };
  std::string name;
  std::string json_name;
  std::int32_t number = 0;
  Type type = Type::int32;
  std::uint32_t type_index = 0;  ///< of message and group: into messages; of enumeration: into enums
  bool repeated = false;
  bool map = false;           ///< repeated entries that are a map; type_index is the entry's message
  bool has_presence = false;  ///< absent is told from the default: proto2, `optional`, messages, members of a oneof,
                              ///< EXPLICIT of editions
  bool required = false;
  bool checks_utf8 = false;  ///< string: proto3, and VERIFY of editions
  std::int32_t oneof = -1;   ///< which of the message's oneofs it is a member of; synthetic ones are none
};

struct ProtobufMessage {
  /// Messages of google/protobuf/*.proto that stand for something else than their fields.
  enum class WellKnown : std::uint8_t {
    none,
    timestamp,
    duration,
    wrapper,
    structure,
    value,
    list_value,
    any,
    field_mask,
    empty
  };
  std::string full_name;
  WellKnown known = WellKnown::none;
  std::vector<ProtobufField> fields;  ///< in order of their numbers
};

struct ProtobufEnum {
  std::string full_name;
  bool closed = false;                        ///< unknown numbers count as unknown fields (proto2)
  std::map<std::int32_t, std::string> names;  ///< of several names for one number the first
};

/// A file with all that it imports. Immutable.
struct ProtobufSchema {
  std::vector<ProtobufMessage> messages;
  std::vector<ProtobufEnum> enums;
  /// The messages of the file itself, as the wire's indexes count them: each with those nested in it.
  struct Nested {
    std::uint32_t message = 0;  ///< into messages
    std::vector<Nested> nested;
  };
  std::vector<Nested> top;

  /// The message that the wire's indexes lead to; nullptr: there is none.
  [[nodiscard]] const ProtobufMessage* find(std::span<const std::int32_t> indexes) const;
  /// By its full name, with or without a dot in front; nullptr: there is none.
  [[nodiscard]] const ProtobufMessage* find(std::string_view full_name) const;
};

struct ParsedProtobufSchema {
  std::optional<ProtobufSchema> schema;
  std::string problem;  ///< why there is none, for a person
};

/// A file that others import, by the path that they import it by.
struct ProtobufReference {
  std::string path;
  std::string text;
};

/// Reads a schema as registries hold it: .proto text, or the Base64 of a FileDescriptorProto. proto2, proto3 and
/// editions 2023 and 2024. `references`: what it imports, in any order; google/protobuf/* and google/type/* need none.
/// Fails: see ParsedProtobufSchema; never throws but for memory.
ParsedProtobufSchema parse_protobuf_schema(std::string_view text,
                                           const std::vector<ProtobufReference>& references = {});

/// Reads a FileDescriptorSet, as `protoc --include_imports --descriptor_set_out` writes it. `top` is that of its last
/// file; find() by name finds the messages of all.
ParsedProtobufSchema parse_descriptor_set(std::string_view bytes);

}  // namespace loom::formats
