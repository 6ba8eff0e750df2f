#include "decode/connect/unnamed_units.h"

#include <algorithm>
#include <string_view>

#include "decode/base64.h"
#include "decode/connect/infinities.h"

namespace loom::decode {
namespace {

using Kind = Value::Kind;

Reject without_unit(const std::string& path, const Value& value, std::string_view why, std::string_view names) {
  std::string shown(value.kind == Kind::integer ? std::to_string(value.integer())
                                                : std::string(value.text.substr(0, 40)));
  return {RejectReason::conversion_failed,
          "source \"" + path + "\": " + shown + " " + std::string(why) +
              ", and the event has no schema that tells: name in "
              "data_types " +
              std::string(names),
          {}};
}

bool is_number(const Value& value) { return value.kind == Kind::number || value.kind == Kind::integer; }

}  // namespace

void UnnamedUnits::begin(std::size_t message_bytes) {
  room_.clear();
  bits_.clear();
  // Nothing is moved below, since values are views: Base64 becomes shorter, and a number's text is as long as ten.
  room_.reserve(message_bytes * 10 + 64);
}

std::optional<Reject> UnnamedUnits::read(const Wish& wish, const std::string& path, Value& value, Values& values) {
  if (value.kind != Kind::array) return read_one(wish, path, value, false);
  for (std::uint32_t i = 0; i < value.count; ++i) {
    Value& element = values.elements[value.elements + i];
    read_decimal(element);
    if (auto reject = read_one(wish, path, element, true)) return reject;
  }
  return std::nullopt;
}

void UnnamedUnits::read_decimal(Value& value) {
  int scale = 0;
  std::string_view unscaled;
  if (value.kind != Kind::object || !read_variable_decimal(value.text, walk_, scale, unscaled)) return;
  const std::size_t begin = room_.size();
  if (!decode_base64(unscaled, room_) || room_.size() == begin) return;
  value.kind = Kind::decimal;
  value.text = room_.view(begin, room_.size());
  value.set_integer(scale);
}

std::optional<Reject> UnnamedUnits::read_one(const Wish& wish, const std::string& path, Value& value, bool is_element) {
  std::int64_t number = 0;
  switch (wish.unit) {
    case Unit::known:
      return std::nullopt;
    case Unit::of_instant:
      if (!is_number(value)) return std::nullopt;
      return without_unit(path, value, "is a number without a unit", "timestamp_us, timestamp_ms or timestamp_ns");
    case Unit::of_time:
      if (!is_number(value)) return std::nullopt;
      return without_unit(path, value, "is a number without a unit", "time_us, time_ms or time_ns");
    case Unit::of_decimal:
      if (value.kind != Kind::string) return std::nullopt;
      return without_unit(path, value, "may be Base64 or a decimal number",
                          is_element ? "array for numbers; Base64 in lists takes events with schemas, and is not named"
                                     : "decimal_base64(SCALE) for Base64, decimal for numbers");
    case Unit::days:
      if (!whole_number(value, number)) return std::nullopt;
      if (const auto infinite = infinite_date(number); !infinite.empty()) {
        value.kind = Kind::string;
        value.text = infinite;
      } else {
        value.kind = Kind::date;
        value.set_integer(number);
      }
      return std::nullopt;
    case Unit::microseconds:
      if (whole_number(value, number)) value = duration_of(number, room_);
      return std::nullopt;
    case Unit::bits:
      if (value.kind == Kind::string) value = bits_.of(value, wish.bits);
      return std::nullopt;
    case Unit::base64:
      if (value.kind == Kind::string) value = bytes_of(value, room_);
      return std::nullopt;
    case Unit::json:
      if (value.kind == Kind::string) value = json_of(value, walk_);
      return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace loom::decode
