#include "text/instant.h"

#include <charconv>
#include <limits>

#include "decode/timestamp.h"
#include "text/values.h"

namespace loom::text {
namespace {

constexpr std::int64_t kSecond = 1'000'000;

std::optional<std::int64_t> unit_us(std::string_view unit) {
  if (unit == "s") return kSecond;
  if (unit == "m") return 60 * kSecond;
  if (unit == "h") return 3600 * kSecond;
  if (unit == "d") return 86'400 * kSecond;
  if (unit == "w") return 604'800 * kSecond;
  return std::nullopt;
}

}  // namespace

std::optional<std::int64_t> parse_instant(std::string_view text) {
  std::int64_t us = 0;
  // A number would be taken for a year, or for seconds: here it would be a mistake.
  if (text.find('-') == std::string_view::npos) return std::nullopt;
  if (decode::parse_timestamp(trim(text), us) != decode::Parsed::ok) return std::nullopt;
  return us + decode::kPostgresEpochUs;
}

std::optional<std::int64_t> parse_span(std::string_view text) {
  text = trim(text);
  std::int64_t amount = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), amount);
  if (parsed.ec != std::errc() || amount < 0) return std::nullopt;
  const auto unit = unit_us(text.substr(static_cast<std::size_t>(parsed.ptr - text.data())));
  if (!unit || amount > std::numeric_limits<std::int64_t>::max() / *unit) return std::nullopt;
  return amount * *unit;
}

std::optional<std::int64_t> parse_since(std::string_view text, std::int64_t now_us) {
  if (const auto span = parse_span(text)) return now_us - *span;
  return parse_instant(text);
}

std::string instant_text(std::int64_t us) {
  ByteBuffer out;
  decode::append_timestamp(us - decode::kPostgresEpochUs, 'T', "Z", out);
  return std::string(out.view());
}

}  // namespace loom::text
