#include "decode/protobuf/protobuf_tables.h"

#include <algorithm>
#include <utility>

#include "base/byte_buffer.h"
#include "decode/json/json_text.h"

namespace loom::decode {
namespace {

constexpr std::int32_t kLowNumbers = 256;

std::string json_key_of(const std::string& name) {
  ByteBuffer key;
  append_json_string(name, key);
  return std::string(key.view()) + ":";
}

ProtobufEnumTable enum_table(const formats::ProtobufEnum& from) {
  ProtobufEnumTable made;
  made.closed = from.closed;
  made.names = &from;
  for (const auto& [number, name] : from.names) {
    if (number < 0 || number >= kLowNumbers) continue;
    made.low.resize(static_cast<std::size_t>(number) + 1);
    made.low.back() = name;
  }
  return made;
}

}  // namespace

formats::ProtobufMessage::WellKnown ProtobufContent::known() const {
  return message == nullptr ? formats::ProtobufMessage::WellKnown::none : message->message->known;
}

bool ProtobufContent::plain_message() const {
  using Meaning = formats::ProtobufMessage::WellKnown;
  if (message == nullptr) return false;
  const Meaning it = known();
  return it == Meaning::none || it == Meaning::any || it == Meaning::field_mask || it == Meaning::empty;
}

const ProtobufFieldTable* ProtobufMessageTable::search(std::uint32_t number) const {
  const auto key = static_cast<std::int32_t>(number);
  const auto found = std::ranges::lower_bound(fields, key, {}, [](const auto& field) { return field.field->number; });
  return found != fields.end() && found->field->number == key ? &*found : nullptr;
}

ProtobufTables::ProtobufTables(std::shared_ptr<const formats::ProtobufSchema> schema) : schema_(std::move(schema)) {
  enums_.reserve(schema_->enums.size());
  for (const auto& each : schema_->enums) enums_.push_back(enum_table(each));
  // Tables refer to one another: none may move.
  messages_.resize(schema_->messages.size());
  for (std::size_t i = 0; i < messages_.size(); ++i) {
    ProtobufMessageTable& made = messages_[i];
    made.message = &schema_->messages[i];
    made.fields.reserve(made.message->fields.size());
    for (const auto& field : made.message->fields) {
      ProtobufFieldTable& table = made.fields.emplace_back();
      table.field = &field;
      table.content.type = field.type;
      using ProtoType = formats::ProtobufField::Type;
      if (field.type == ProtoType::enumeration) table.content.enumeration = &enums_[field.type_index];
      if (field.type == ProtoType::message || field.type == ProtoType::group)
        table.content.message = &messages_[field.type_index];
      table.json_key = json_key_of(field.name);
      made.oneofs = made.oneofs || field.oneof >= 0;
      if (field.number < kLowNumbers) {
        made.low.resize(static_cast<std::size_t>(field.number) + 1);
        made.low.back() = static_cast<std::uint16_t>(made.fields.size());
      }
    }
  }
}

ProtobufContent ProtobufTables::content_of(const formats::ProtobufMessage& message) const {
  ProtobufContent made;
  made.type = formats::ProtobufField::Type::message;
  made.message = &messages_[static_cast<std::size_t>(&message - schema_->messages.data())];
  return made;
}

}  // namespace loom::decode
