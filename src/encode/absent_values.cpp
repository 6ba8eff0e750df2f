#include "encode/absent_values.h"

#include <algorithm>
#include <cstdint>

#include "decode/json/json_text.h"
#include "decode/plain_form.h"

namespace loom::encode {
namespace {

using Kind = decode::Value::Kind;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// A JSON number taken apart without copying it: its significant digits, and how far the first stands before the
/// point. Zero has no digits.
struct Decimal {
  std::string_view digits;  ///< from the first that is not 0 to the last such one; a point may stand among them
  std::int64_t magnitude = 0;
  bool negative = false;
};

std::int64_t exponent_of(std::string_view text) {
  constexpr std::int64_t kFar = 1'000'000'000'000;  // what does not fit is equal to nothing that does
  const bool negative = text.starts_with('-');
  std::int64_t value = 0;
  for (const char c : text) {
    if (is_digit(c)) value = std::min(value * 10 + (c - '0'), kFar);
  }
  return negative ? -value : value;
}

Decimal decimal_of(std::string_view number) {
  Decimal made;
  made.negative = number.starts_with('-');
  const std::size_t e = number.find_first_of("eE");
  const std::string_view mantissa =
      number.substr(made.negative ? 1 : 0, e == std::string_view::npos ? e : e - (made.negative ? 1 : 0));
  const std::size_t first = mantissa.find_first_of("123456789");
  if (first == std::string_view::npos) return Decimal{};
  const std::size_t last = mantissa.find_last_of("123456789");
  made.digits = mantissa.substr(first, last - first + 1);
  const std::size_t point = std::min(mantissa.find('.'), mantissa.size());
  made.magnitude = static_cast<std::int64_t>(point) - static_cast<std::int64_t>(first);
  if (first > point) ++made.magnitude;
  if (e != std::string_view::npos) made.magnitude += exponent_of(number.substr(e + 1));
  return made;
}

bool same_digits(std::string_view a, std::string_view b) {
  std::size_t i = 0;
  std::size_t j = 0;
  while (i < a.size() && j < b.size()) {
    if (a[i] == '.') {
      ++i;
    } else if (b[j] == '.') {
      ++j;
    } else if (a[i++] != b[j++]) {
      return false;
    }
  }
  return i == a.size() && j == b.size();
}

}  // namespace

bool same_number(std::string_view a, std::string_view b) {
  const Decimal first = decimal_of(a);
  const Decimal second = decimal_of(b);
  return first.negative == second.negative && first.magnitude == second.magnitude &&
         same_digits(first.digits, second.digits);
}

AbsentValues::AbsentValues(const std::vector<std::string>& json) : empty_(json.empty()) {
  for (const auto& value : json) {
    if (value == "true") {
      on_true_ = true;
    } else if (value == "false") {
      on_false_ = true;
    } else if (value.starts_with('"')) {
      const std::string_view raw = std::string_view(value).substr(1, value.size() - 2);
      std::string text(raw.size(), '\0');
      const auto done = decode::unescape(raw, text.data());
      text.resize(done ? done->size : 0);
      strings_.push_back(std::move(text));
    } else {
      numbers_.push_back(value);
    }
  }
}

bool AbsentValues::operator()(const decode::Value& value) const {
  switch (value.kind) {
    case Kind::string:
      return std::any_of(strings_.begin(), strings_.end(), [&](const auto& text) { return value.text == text; });
    case Kind::number:
      return std::any_of(numbers_.begin(), numbers_.end(), [&](const auto& n) { return same_number(value.text, n); });
    case Kind::boolean:
      return value.boolean ? on_true_ : on_false_;
    case Kind::absent:
    case Kind::null:
    case Kind::array:
    case Kind::object:
      return false;
    default:
      break;
  }
  decode::PlainRoom room;
  return (*this)(decode::plain_form(value, {}, room));
}

}  // namespace loom::encode
