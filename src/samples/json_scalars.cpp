#include "samples/json_scalars.h"

#include <algorithm>

#include "decode/base64.h"
#include "decode/calendar.h"
#include "decode/timestamp.h"

namespace loom::samples {
namespace {
namespace json_scalars {

/// The token as it is written, without the white space behind it.
std::string_view token_of(JsonValue& value) {
  std::string_view token = value.raw_json_token();
  while (!token.empty() && (token.back() == ' ' || token.back() == '\n' || token.back() == '\t')) {
    token.remove_suffix(1);
  }
  return token;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace json_scalars
}  // namespace

std::optional<std::string_view> text_in(JsonValue& value) {
  std::string_view text;
  if (value.get_string().get(text) != simdjson::SUCCESS) return std::nullopt;
  return text;
}

std::optional<std::string_view> any_text_in(JsonValue& value) {
  simdjson::ondemand::json_type type{};
  if (value.type().get(type) != simdjson::SUCCESS) return std::nullopt;
  switch (type) {
    case simdjson::ondemand::json_type::string:
      return text_in(value);
    case simdjson::ondemand::json_type::number:
    case simdjson::ondemand::json_type::boolean:
      return json_scalars::token_of(value);
    default:
      return std::nullopt;
  }
}

std::optional<std::string_view> uuid_in(JsonValue& value) {
  const auto text = text_in(value);
  if (!text || text->size() != 36) return std::nullopt;
  for (std::size_t i = 0; i < text->size(); ++i) {
    const char c = (*text)[i];
    const bool hyphen = i == 8 || i == 13 || i == 18 || i == 23;
    const bool fits = hyphen ? c == '-' : json_scalars::is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    if (!fits) return std::nullopt;
  }
  return text;
}

std::optional<bool> boolean_in(JsonValue& value) {
  bool truth = false;
  if (value.get_bool().get(truth) != simdjson::SUCCESS) return std::nullopt;
  return truth;
}

std::optional<std::int64_t> integer_in(JsonValue& value) {
  std::int64_t number = 0;
  if (value.get_int64().get(number) != simdjson::SUCCESS) return std::nullopt;
  return number;
}

std::optional<double> real_in(JsonValue& value) {
  double number = 0;
  if (value.get_double().get(number) != simdjson::SUCCESS) return std::nullopt;
  return number;
}

std::optional<std::int64_t> unscaled_in(JsonValue& value, int scale) {
  constexpr std::size_t kMostDigits = 18;
  std::string_view token = json_scalars::token_of(value);
  const bool negative = token.starts_with('-');
  if (negative) token.remove_prefix(1);
  const std::size_t point = std::min(token.find('.'), token.size());
  const std::size_t decimals = point == token.size() ? 0 : token.size() - point - 1;
  const auto wanted = static_cast<std::size_t>(scale);
  if (token.empty() || decimals > wanted || point + wanted > kMostDigits) return std::nullopt;
  std::int64_t number = 0;
  for (std::size_t i = 0; i < token.size(); ++i) {
    if (i == point) continue;
    if (!json_scalars::is_digit(token[i])) return std::nullopt;
    number = number * 10 + (token[i] - '0');
  }
  for (std::size_t i = decimals; i < wanted; ++i) number *= 10;
  return negative ? -number : number;
}

std::optional<std::string_view> base64_in(JsonValue& value, ByteBuffer& room) {
  const auto text = text_in(value);
  room.clear();
  if (!text || !decode::decode_base64(*text, room)) return std::nullopt;
  return room.view();
}

std::optional<std::int64_t> timestamp_in(JsonValue& value) {
  const auto text = text_in(value);
  std::int64_t us = 0;
  if (!text || decode::parse_timestamp(*text, us) != decode::Parsed::ok) return std::nullopt;
  return us + decode::kPostgresEpochUs;
}

std::optional<std::int64_t> date_in(JsonValue& value) {
  const auto text = text_in(value);
  std::int64_t day = 0;
  if (!text || decode::parse_date(*text, day) != decode::Parsed::ok) return std::nullopt;
  return day - decode::days_since_2000(1970, 1, 1);
}

std::optional<std::int64_t> time_in(JsonValue& value) {
  const auto text = text_in(value);
  std::int64_t us = 0;
  if (!text || decode::parse_time(*text, us) != decode::Parsed::ok) return std::nullopt;
  return us;
}

std::optional<JsonValue> field_in(simdjson::ondemand::object& object, std::string_view name) {
  JsonValue value;
  if (object.find_field_unordered(name).get(value) != simdjson::SUCCESS || is_null(value)) return std::nullopt;
  return value;
}

bool is_null(JsonValue& value) {
  simdjson::ondemand::json_type type{};
  return value.type().get(type) == simdjson::SUCCESS && type == simdjson::ondemand::json_type::null;
}

}  // namespace loom::samples
