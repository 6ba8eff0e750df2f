#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "formats/avro_schema.h"
#include "formats/connect_schema.h"
#include "formats/format.h"
#include "formats/json_schema.h"
#include "formats/protobuf_schema.h"

namespace loom::formats {

/// A writer's schema, of whatever kind. Immutable, shared by all workers.
struct Schema {
  Format format = Format::json_schema;             ///< avro, protobuf or json_schema; json of Kafka Connect's
  std::string text;                                ///< as the registry or the file has it
  std::shared_ptr<const AvroSchema> avro;          ///< of avro
  std::shared_ptr<const ProtobufSchema> protobuf;  ///< of protobuf
  std::shared_ptr<const JsonSchema> json;          ///< of json_schema, where its fields matter: decoders do without
  std::shared_ptr<const ConnectSchema> connect;    ///< of json: it stands beside each payload
};

}  // namespace loom::formats
