#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "decode/connect/connect_types.h"
#include "decode/connect/schema_envelope.h"
#include "decode/decoder.h"
#include "decode/json/json_decoder.h"

namespace loom::decode {

/// Keys that name a row and are JSON: Kafka Connect's with or without a schema around them; a text that is no JSON is
/// the value of the root's slot itself.
/// Threads: one at a time.  Owns: what was made of the last schema.
/// Fails:   a Reject: invalid_json where no single value is wanted.
class RowKeyDecoder final : public Decoder {
 public:
  explicit RowKeyDecoder(const Wanted& wanted);

  std::optional<Reject> decode(std::string_view bytes, const Message& record) override;

 private:
  const Wanted wanted_;
  JsonDecoder json_;
  SchemaEnvelope envelope_;
  std::unique_ptr<ConnectTypes> types_;  ///< of the last schema
};

}  // namespace loom::decode
