#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "formats/protobuf_schema.h"

/// Files of Protobuf definitions as they stand, before the names in them are looked up.
namespace loom::formats {

struct SourceField {
  ProtobufField field;    ///< all but type_index; of a named type also without its type
  std::string type_name;  ///< of a message, group or enumeration, as the file has it
  bool named = false;     ///< the name alone tells whether it is a message or an enumeration
  bool delimited = false;
};

struct SourceMessage {
  std::string full_name;
  bool map_entry = false;
  std::vector<SourceField> fields;
  std::vector<SourceMessage> nested;
};

struct SourceFile {
  std::string path;
  std::string package;
  std::vector<std::string> imports;
  std::vector<std::string> public_imports;  ///< those of `imports` that whoever imports this file sees, too
  std::vector<SourceMessage> messages;
  std::vector<ProtobufEnum> enums;  ///< those inside of messages, too
};

struct ReadSource {
  std::optional<SourceFile> file;
  std::string problem;  ///< why there is none, for a person
};

struct ReadSources {
  std::vector<SourceFile> files;
  std::string problem;  ///< why there are none
};

/// .proto text, or the Base64 of a FileDescriptorProto.
ReadSource read_protobuf_source(std::string_view path, std::string_view text);

/// A FileDescriptorSet.
ReadSources read_protobuf_sources(std::string_view bytes);

/// The files that every schema may import without anyone handing them over; none: it is not one of them.
std::optional<SourceFile> built_in_protobuf_source(std::string_view path);

/// The text of one of google/type/*.proto; empty: it is not there.
std::string_view google_type_text(std::string_view path);

}  // namespace loom::formats
