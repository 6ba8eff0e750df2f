#include "samples/values.h"

#include <array>
#include <charconv>

#include "samples/names.h"

namespace loom::samples {
namespace {

using Kind = SampleValue::Kind;

constexpr std::int64_t kSecond = 1'000'000;

void append_two(std::string& out, unsigned value) {
  out.push_back(static_cast<char>('0' + value / 10));
  out.push_back(static_cast<char>('0' + value % 10));
}

void append_padded(std::string& out, std::uint64_t value, std::size_t digits) {
  std::array<char, 20> text{};
  for (std::size_t i = digits; i > 0; --i) {
    text[i - 1] = static_cast<char>('0' + value % 10);
    value /= 10;
  }
  out.append(text.data(), digits);
}

void append_decimal(std::string& out, std::int64_t scaled, std::uint32_t digits) {
  if (scaled < 0) out.push_back('-');
  const auto magnitude = static_cast<std::uint64_t>(scaled < 0 ? -scaled : scaled);
  std::uint64_t scale = 1;
  for (std::uint32_t i = 0; i < digits; ++i) scale *= 10;
  append_integer(out, static_cast<std::int64_t>(magnitude / scale));
  out.push_back('.');
  append_padded(out, magnitude % scale, digits);
}

/// Microseconds since 1970 in the unit of which a second has 10^digits.
void append_unix_time(std::string& out, std::int64_t time_us, std::uint32_t digits) {
  for (std::uint32_t i = digits; i < 6; ++i) time_us /= 10;
  append_integer(out, time_us);
  if (digits > 6) out.append(digits - 6, '0');
}

std::int64_t between(SampleRandom& random, std::int64_t low, std::int64_t high) {
  return low + static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(high - low) + 1));
}

void append_uuid(std::string& out, SampleRandom& random) {
  constexpr std::string_view kHex = "0123456789abcdef";
  const std::array<std::uint64_t, 2> bits{random.next(), random.next()};
  for (unsigned i = 0; i < 32; ++i) {
    if (i == 8 || i == 12 || i == 16 || i == 20) out.push_back('-');
    unsigned digit = (bits[i / 16] >> (4U * (i % 16))) & 15U;
    if (i == 12) digit = 4;                  // version 4
    if (i == 16) digit = 8U | (digit & 3U);  // and its variant
    out.push_back(kHex[digit]);
  }
}

void append_base64(std::string& out, std::uint32_t groups, SampleRandom& random) {
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (std::uint32_t i = 0; i < groups; ++i) {
    const std::uint64_t bits = random.next();
    for (unsigned j = 0; j < 4; ++j) out.push_back(kAlphabet[(bits >> (6U * j)) & 63U]);
  }
}

std::string_view pick(const std::vector<std::string_view>& words, SampleRandom& random) {
  return words[random.below(words.size())];
}

void append_sentence(std::string& out, SampleRandom& random) {
  const std::uint64_t words = 4 + random.below(8);
  for (std::uint64_t i = 0; i < words; ++i) {
    if (i > 0) out.push_back(' ');
    out.append(pick(sample_words(), random));
  }
}

void append_object(std::string& out, SampleRandom& random) {
  out.append(R"({"source":")").append(pick(sample_words(), random)).append(R"(","version":)");
  append_integer(out, between(random, 1, 9));
  out.append(R"(,"score":)");
  append_decimal(out, between(random, 0, 1000), 3);
  out.push_back('}');
}

void append_list(std::string& out, const SampleValue& value, SampleRandom& random) {
  out.push_back('[');
  for (std::uint32_t i = 0; i < value.digits; ++i) {
    if (i > 0) out.push_back(',');
    if (value.kind == Kind::number_list) {
      append_decimal(out, between(random, -999'999, 999'999), 6);
    } else {
      out.append("\"").append(pick(sample_words(), random)).append("\"");
    }
  }
  out.push_back(']');
}

void append_quoted(std::string& out, const SampleValue& value, const SampleContext& context, SampleRandom& random) {
  out.push_back('"');
  switch (value.kind) {
    case Kind::device:
      out.append(context.device);
      break;
    case Kind::iso_time:
      append_iso_time(out, context.time_us + value.low * kSecond);
      break;
    case Kind::uuid:
      append_uuid(out, random);
      break;
    case Kind::word:
      out.append(pick(*value.words, random));
      break;
    case Kind::sentence:
      append_sentence(out, random);
      break;
    case Kind::url:
      out.append("https://example.org/").append(pick(sample_words(), random)).push_back('/');
      append_integer(out, static_cast<std::int64_t>(context.index));
      break;
    case Kind::email:
      out.append(pick(sample_words(), random)).append("@example.org");
      break;
    case Kind::base64:
      append_base64(out, value.digits, random);
      break;
    default:
      break;
  }
  out.push_back('"');
}

}  // namespace

void append_integer(std::string& out, std::int64_t value) {
  std::array<char, 24> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
  out.append(text.data(), static_cast<std::size_t>(end - text.data()));
}

void append_iso_time(std::string& out, std::int64_t time_us) {
  // Days to civil date after Howard Hinnant's `civil_from_days`; times before 1970 do not occur here.
  const std::int64_t seconds = time_us / kSecond;
  const std::int64_t z = seconds / 86'400 + 719'468;
  const auto of_day = static_cast<unsigned>(seconds % 86'400);
  const std::int64_t era = z / 146'097;
  const auto doe = static_cast<unsigned>(z - era * 146'097);
  const unsigned yoe = (doe - doe / 1460 + doe / 36'524 - doe / 146'096) / 365;
  const unsigned doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
  const unsigned mp = (5 * doy + 2) / 153;
  const unsigned month = mp < 10 ? mp + 3 : mp - 9;
  append_padded(out, static_cast<std::uint64_t>(yoe + era * 400 + (month <= 2 ? 1 : 0)), 4);
  out.push_back('-');
  append_two(out, month);
  out.push_back('-');
  append_two(out, doy - (153 * mp + 2) / 5 + 1);
  out.push_back('T');
  append_two(out, of_day / 3600);
  out.push_back(':');
  append_two(out, of_day / 60 % 60);
  out.push_back(':');
  append_two(out, of_day % 60);
  out.push_back('.');
  append_padded(out, static_cast<std::uint64_t>(time_us % kSecond), 6);
  out.push_back('Z');
}

void SampleValue::append(std::string& out, const SampleContext& context, SampleRandom& random) const {
  switch (kind) {
    case Kind::counter:
      append_integer(out, static_cast<std::int64_t>(context.index * 16 + context.element));
      break;
    case Kind::integer:
      append_integer(out, between(random, low, high));
      break;
    case Kind::unix_time:
      append_unix_time(out, context.time_us, digits);
      break;
    case Kind::decimal:
      append_decimal(out, between(random, low, high), digits);
      break;
    case Kind::boolean:
      out.append((random.next() >> 63U) != 0 ? "true" : "false");
      break;
    case Kind::object:
      append_object(out, random);
      break;
    case Kind::text_list:
    case Kind::number_list:
      append_list(out, *this, random);
      break;
    case Kind::device:
    case Kind::iso_time:
    case Kind::uuid:
    case Kind::word:
    case Kind::sentence:
    case Kind::url:
    case Kind::email:
    case Kind::base64:
      append_quoted(out, *this, context, random);
      break;
  }
}

}  // namespace loom::samples
