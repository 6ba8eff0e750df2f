#include "decode/schema_decoder.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "decode/avro/avro_program.h"
#include "decode/new_fields.h"
#include "decode/protobuf/message_indexes.h"
#include "decode/protobuf/protobuf_program.h"

namespace loom::decode {
namespace {

using formats::Format;

constexpr std::size_t kMostSchemas = 64;
constexpr std::size_t kMostPrograms = 64;  // of one schema

std::string_view name_of(Format format) {
  switch (format) {
    case Format::avro:
      return "Avro";
    case Format::protobuf:
      return "Protobuf";
    default:
      return "JSON Schema";
  }
}

/// What bytes without a registry's framing look like, and what would read them.
std::string guess(std::string_view bytes) {
  const std::size_t first = bytes.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return "is empty";
  if (bytes[first] == '{' || bytes[first] == '[') return "looks like plain JSON, which `format: json` or `auto` reads";
  if (bytes.starts_with("\xC3\x01"))
    return "begins like an Avro single object, which names its schema by a fingerprint";
  if (bytes.starts_with("Obj\x01")) return "begins like a whole Avro file";
  if (bytes.size() > 18 && bytes[0] == '\x03') return "begins like AWS Glue's framing";
  constexpr std::string_view kHex = "0123456789abcdef";
  const auto byte = static_cast<unsigned char>(bytes[0]);
  return std::string("begins with byte 0x") + kHex[byte >> 4U] + kHex[byte & 0xFU];
}

}  // namespace

SchemaDecoder::SchemaDecoder(const Wanted& wanted, Part part, mapping::MessageFormat format, const Registry& registry)
    : Decoder(wanted), wanted_(wanted), part_(part), format_(std::move(format)), registry_(registry) {
  if (format_.schema != nullptr) known_.push_back({.id = {}, .schema = format_.schema});
}

SchemaDecoder::SchemaDecoder(const Wanted& wanted, Part part, mapping::MessageFormat format, const Registry& registry,
                             Values& values)
    : Decoder(values), wanted_(wanted), part_(part), format_(std::move(format)), registry_(registry) {
  if (format_.schema != nullptr) known_.push_back({.id = {}, .schema = format_.schema});
}

Reject SchemaDecoder::reject(RejectReason reason, const std::string& text) const {
  return {reason, "the " + what() + " " + text, {}};
}

std::optional<Reject> SchemaDecoder::decode(std::string_view bytes, const Message& record) {
  awaits_schema_ = false;
  new_fields_ = nullptr;
  if (part_ == Part::key && (!record.has_key || bytes.empty())) {
    values_.reset();
    values_.root = Value{};
    return std::nullopt;
  }
  if (format_.schema != nullptr) {
    Frame whole;
    whole.payload = bytes;
    return run(known_.front(), whole, record);
  }
  const Frame frame = read_frame(bytes, record, part_, registry_.id_bytes);
  switch (frame.kind) {
    case Frame::Kind::none:
      return decode_unframed(bytes, record);
    case Frame::Kind::malformed:
      return reject(RejectReason::not_decodable,
                    "is not framed as a schema registry's serializers do it: " + frame.problem);
    case Frame::Kind::found:
      break;
  }
  if (format_.format == Format::json_schema) return decode_json(frame.payload, record);
  return decode_framed(frame, record);
}

std::optional<Reject> SchemaDecoder::decode_unframed(std::string_view bytes, const Message& record) {
  if (bytes.empty()) return Reject{RejectReason::tombstone, "the record has no value", {}};
  if (format_.format == Format::automatic) return decode_json(bytes, record);
  return reject(RejectReason::not_decodable,
                "has no schema registry's framing (byte 0 and a schema's id in front, or the id in a header), which "
                "`format: " +
                    std::string(mapping::to_string(format_.format)) + "` asks for; it " + guess(bytes));
}

std::optional<Reject> SchemaDecoder::decode_framed(const Frame& frame, const Message& record) {
  Known* known = find(frame.id);
  if (known == nullptr) [[unlikely]] {
    if (auto refused = learn(frame.id)) return refused;
    if (awaits_schema_) return std::nullopt;
    known = &known_.front();
  }
  return run(*known, frame, record);
}

SchemaDecoder::Known* SchemaDecoder::find(const SchemaId& id) {
  if (!known_.empty() && known_.front().id == id) [[likely]]
    return &known_.front();
  const auto at = std::find_if(known_.begin(), known_.end(), [&](const Known& one) { return one.id == id; });
  if (at == known_.end()) return nullptr;
  if (at != known_.begin()) std::rotate(known_.begin(), at, at + 1);
  return &known_.front();
}

/// Puts the schema in front of those that are known, unless it has to be waited for.
std::optional<Reject> SchemaDecoder::learn(const SchemaId& id) {
  if (registry_.schemas == nullptr) {
    return reject(RejectReason::unknown_schema,
                  "names " + show(id) + ", and there is no registry to ask: LOOM_SCHEMA_REGISTRY_URL is not set");
  }
  SchemaAnswer answer = registry_.schemas->find(id);
  if (answer.wanted) {
    awaits_schema_ = true;
    return std::nullopt;
  }
  if (answer.schema == nullptr) {
    return reject(RejectReason::unknown_schema, "names " + show(id) + ": " + answer.problem);
  }
  const Format found = answer.schema->format;
  if (format_.format != Format::automatic && found != format_.format) {
    return reject(RejectReason::schema_mismatch,
                  "names " + show(id) + ", which is one of " + std::string(name_of(found)) +
                      ", and the mapping says `format: " + std::string(mapping::to_string(format_.format)) + "`");
  }
  if (known_.size() == kMostSchemas) known_.pop_back();
  known_.insert(known_.begin(), {.id = id, .schema = std::move(answer.schema)});
  return std::nullopt;
}

/// Says it, too: once for a schema, since its programs are made once.
std::optional<Reject> SchemaDecoder::check_required(const Known& known, const std::string& message) const {
  const std::string missing = mapping::missing_required(wanted_.required, *known.schema, message);
  if (missing.empty()) return std::nullopt;
  const std::string schema = format_.schema == nullptr ? show(known.id) : format_.file;
  const std::string text = (message.empty() ? "" : "message " + message + " of ") + schema + " has " + missing;
  log::write(log::Level::error, {.reason = to_string(RejectReason::schema_mismatch)}, text,
             text + ": each message of it becomes a dead letter");
  return Reject{RejectReason::schema_mismatch, text, {}};
}

std::optional<Reject> SchemaDecoder::run(Known::Compiled& compiled, std::string_view payload) {
  if (compiled.refusal) [[unlikely]]
    return compiled.refusal;
  if (!compiled.new_fields.empty()) [[unlikely]] {
    new_fields_ = &compiled.new_fields;
    return std::nullopt;
  }
  return compiled.program->run(payload, values_);
}

std::optional<Reject> SchemaDecoder::run(Known& known, const Frame& frame, const Message& record) {
  switch (known.schema->format) {
    case Format::avro:
      break;
    case Format::protobuf:
      return run_protobuf(known, frame);
    default:
      return decode_json(frame.payload, record);
  }
  if (known.programs.empty()) [[unlikely]] {
    // Only serializers of registries leave the length of a root of bytes out.
    const AvroOptions options{.bare_root_bytes = format_.schema == nullptr};
    known.programs.push_back({{},
                              std::make_unique<AvroProgram>(known.schema->avro, wanted_, options),
                              check_required(known, ""),
                              false,
                              fields_beyond_plan(wanted_, *known.schema, "")});
  }
  return run(known.programs.front(), frame.payload);
}

std::optional<Reject> SchemaDecoder::run_protobuf(Known& known, const Frame& frame) {
  // Nearly all messages are of the first one in their schema, whose indexes are a single byte 0.
  const std::string_view payload = frame.payload;
  const bool again =
      !known.programs.empty() && known.programs.front().of_first && frame.indexes.empty() && payload.starts_with('\0');
  if (again) [[likely]]
    return run(known.programs.front(), {payload.data() + 1, payload.size() - 1});
  return run_other_protobuf(known, frame);
}

/// The same for a message of any type.
std::optional<Reject> SchemaDecoder::run_other_protobuf(Known& known, const Frame& frame) {
  const formats::ProtobufSchema& schema = *known.schema->protobuf;
  std::string_view payload = frame.payload;
  indexes_.clear();
  if (format_.schema == nullptr) {
    std::string problem;
    const bool in_header = !frame.indexes.empty();
    const std::size_t size = read_message_indexes(in_header ? frame.indexes : payload, indexes_, problem);
    if (size == 0) {
      return reject(RejectReason::not_decodable,
                    "of " + show(known.id) + " does not say which of its messages it is: " + problem);
    }
    if (!in_header) payload.remove_prefix(size);
  }
  auto& programs = known.programs;
  const auto at =
      std::find_if(programs.begin(), programs.end(), [&](const auto& one) { return one.indexes == indexes_; });
  if (at != programs.end()) {
    if (at != programs.begin()) std::rotate(programs.begin(), at, at + 1);
  } else {
    const formats::ProtobufMessage* const message =
        format_.schema == nullptr ? schema.find(std::span<const std::int32_t>(indexes_)) : schema.find(format_.message);
    if (message == nullptr) {
      return reject(RejectReason::not_decodable, "is of a message that " + show(known.id) + " does not have");
    }
    if (programs.size() == kMostPrograms) programs.pop_back();
    programs.insert(programs.begin(),
                    {indexes_, std::make_unique<ProtobufProgram>(known.schema->protobuf, *message, wanted_),
                     check_required(known, message->full_name), indexes_ == std::vector<std::int32_t>{0},
                     fields_beyond_plan(wanted_, *known.schema, message->full_name)});
  }
  return run(programs.front(), payload);
}

std::optional<Reject> SchemaDecoder::decode_json(std::string_view text, const Message& record) {
  if (json_ == nullptr) {
    json_ = part_ == Part::value ? std::make_unique<JsonDecoder>(wanted_, JsonRoot::object, "value", values_)
                                 : std::make_unique<JsonDecoder>(wanted_, JsonRoot::any, "key", values_);
  }
  return json_->decode(text, record);
}

}  // namespace loom::decode
