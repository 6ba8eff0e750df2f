#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "registry/registry_client.h"

namespace loom::registry {

/// The bodies that a registry sends and takes. All are pure, and bounded by simdjson: 1,024 levels, a few bytes for
/// each byte of text.

struct SchemaBody {
  std::string schema;
  std::string type = "AVRO";  ///< `schemaType`; registries leave it out for Avro
  std::vector<Reference> references;
  std::int64_t version = 0;  ///< of the subject that was asked for; 0: a schema was asked for by its id
};
/// Nothing: it is not such a body.
std::optional<SchemaBody> read_schema(std::string_view body);

struct ErrorBody {
  std::int64_t code = 0;  ///< `error_code`; 0: there is none
  std::string message;
};
/// What is no such body, and no JSON either, has code 0 and no message.
ErrorBody read_error(std::string_view body);

/// `{"id":12}`
std::optional<std::uint64_t> read_registered(std::string_view body);

bool is_json_array(std::string_view body);

std::string write_schema(const NewSchema& schema);

/// `PROTOBUF`; nothing for a word that is unknown here.
std::optional<formats::Format> format_of_type(std::string_view type);

}  // namespace loom::registry
