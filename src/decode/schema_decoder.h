#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "decode/decoder.h"
#include "decode/framing.h"
#include "decode/json/json_decoder.h"
#include "decode/make_decoder.h"
#include "decode/program.h"

namespace loom::decode {

/// Messages that are written by a schema: of a registry, or of the mapping's file. Each schema that comes is compiled
/// once; messages of several may alternate.
/// Threads: one at a time.
/// A schema that lacks a required field is said in the log when it is first seen, and each of its messages is rejected.
/// Owns:    the programs of at most 64 schemas; those used longest ago go first.
/// Fails:   a Reject: unknown_schema, schema_mismatch, not_decodable, invalid_text; those of JSON for JSON Schema.
class SchemaDecoder final : public Decoder {
 public:
  SchemaDecoder(const Wanted& wanted, Part part, mapping::MessageFormat format, const Registry& registry);
  /// The same into another decoder's values.
  SchemaDecoder(const Wanted& wanted, Part part, mapping::MessageFormat format, const Registry& registry,
                Values& values);

  std::optional<Reject> decode(std::string_view bytes, const Message& record) override;

 private:
  /// A writer's schema and its programs: of Protobuf one for each of its messages that came.
  struct Known {
    SchemaId id;
    std::shared_ptr<const formats::Schema> schema;
    struct Compiled {
      std::vector<std::int32_t> indexes;
      std::unique_ptr<Program> program;
      std::optional<Reject> refusal;  ///< of all messages: the schema lacks what the mapping requires
      bool of_first = false;          ///< of Protobuf: the first message of the schema
      mapping::NewFields new_fields{};
    };
    std::vector<Compiled> programs{};  ///< the one used last in front
  };

  std::optional<Reject> decode_framed(const Frame& frame, const Message& record);
  std::optional<Reject> decode_unframed(std::string_view bytes, const Message& record);
  std::optional<Reject> decode_json(std::string_view text, const Message& record);
  std::optional<Reject> learn(const SchemaId& id);
  std::optional<Reject> run(Known& known, const Frame& frame, const Message& record);
  std::optional<Reject> run_protobuf(Known& known, const Frame& frame);
  std::optional<Reject> run_other_protobuf(Known& known, const Frame& frame);
  std::optional<Reject> run(Known::Compiled& compiled, std::string_view payload);
  [[nodiscard]] std::optional<Reject> check_required(const Known& known, const std::string& message) const;
  [[nodiscard]] Known* find(const SchemaId& id);
  [[nodiscard]] std::string what() const { return part_ == Part::value ? "value" : "key"; }
  [[nodiscard]] Reject reject(RejectReason reason, const std::string& text) const;

  const Wanted wanted_;
  const Part part_;
  const mapping::MessageFormat format_;
  const Registry registry_;
  std::unique_ptr<JsonDecoder> json_;  ///< made when the first message in JSON comes
  std::vector<Known> known_;           ///< the one used last in front
  std::vector<std::int32_t> indexes_;  ///< of the message at hand
};

}  // namespace loom::decode
