#include "decode/connect/schema_envelope.h"

namespace loom::decode {
namespace {

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

}  // namespace

std::optional<SchemaEnvelope::Split> SchemaEnvelope::split(std::string_view text) {
  text = trimmed(text);
  if (!text.ends_with('}')) return std::nullopt;
  if (known_.empty() || !text.starts_with(known_)) return look(text);
  return Split{.schema = text.substr(schema_begin_, schema_end_ - schema_begin_),
               .payload = text.substr(known_.size(), text.size() - known_.size() - 1)};
}

std::optional<SchemaEnvelope::Split> SchemaEnvelope::look(std::string_view text) {
  if (!text.starts_with("{\"schema\"")) return std::nullopt;
  Split split{.schema = {}, .payload = {}, .is_new_schema = true};
  std::size_t fields = 0;
  const char* payload = nullptr;
  Value schema;
  const auto member = [&](std::string_view key) {
    Value other;
    if (++fields == 1) return key == "schema" && walk_.value(schema);
    if (fields == 2 && key == "payload") payload = walk_.position();
    return walk_.value(other);
  };
  const bool is_one = walk_.open(text) && walk_.members(member) && walk_.at_end() && fields == 2 && payload != nullptr;
  const bool has_schema = schema.kind == Value::Kind::object;
  if (!is_one || (!has_schema && schema.kind != Value::Kind::null)) return std::nullopt;
  if (has_schema) split.schema = schema.text;
  const auto begin = static_cast<std::size_t>(payload - text.data());
  split.payload = text.substr(begin, text.size() - begin - 1);
  known_ = text.substr(0, begin);
  schema_begin_ = has_schema ? static_cast<std::size_t>(split.schema.data() - text.data()) : 0;
  schema_end_ = schema_begin_ + split.schema.size();
  return split;
}

}  // namespace loom::decode
