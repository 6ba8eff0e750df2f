#include "encode/numeric.h"

#include <algorithm>
#include <cstdint>

#include "decode/number.h"

namespace loom::encode {
namespace {

using decode::NumberParts;
using decode::Parsed;
using decode::SpecialNumber;

// Of PostgreSQL's utils/adt/numeric.c.
constexpr std::uint16_t kNegative = 0x4000;
constexpr std::uint16_t kNan = 0xC000;
constexpr std::uint16_t kPositiveInfinity = 0xD000;
constexpr std::uint16_t kNegativeInfinity = 0xF000;
constexpr std::int64_t kDigitsBeforePoint = 131'072;
constexpr std::int64_t kMaxScale = 16'383;

/// The digits of a number as one row, its point somewhere among or beside them.
class Digits {
 public:
  explicit Digits(const NumberParts& parts)
      : parts_(parts), point_(static_cast<std::int64_t>(parts.integer.size()) + parts.exponent) {
    const std::int64_t count = static_cast<std::int64_t>(parts.integer.size() + parts.fraction.size());
    first_ = 0;
    while (first_ < count && digit(first_) == 0) ++first_;
    end_ = count;
    while (end_ > first_ && digit(end_ - 1) == 0) --end_;
    scale_ = std::max<std::int64_t>(0, count - point_);
  }

  [[nodiscard]] bool zero() const { return first_ == end_; }
  /// Digits before the point, leading zeros aside; negative where zeros follow the point.
  [[nodiscard]] std::int64_t before_point() const { return point_ - first_; }
  [[nodiscard]] std::int64_t scale() const { return scale_; }
  /// The digit of weight 10^power.
  [[nodiscard]] int at_power(std::int64_t power) const {
    const std::int64_t at = point_ - 1 - power;
    return at >= first_ && at < end_ ? digit(at) : 0;
  }
  /// The least power of ten with a digit that is not 0.
  [[nodiscard]] std::int64_t lowest_power() const { return point_ - end_; }

 private:
  [[nodiscard]] int digit(std::int64_t at) const {
    const auto i = static_cast<std::size_t>(at);
    const std::size_t size = parts_.integer.size();
    return (i < size ? parts_.integer[i] : parts_.fraction[i - size]) - '0';
  }

  const NumberParts& parts_;
  std::int64_t point_;
  std::int64_t first_ = 0;
  std::int64_t end_ = 0;
  std::int64_t scale_ = 0;
};

/// Rounds towards minus infinity, which / does not.
std::int64_t floor_div4(std::int64_t value) { return (value >= 0 ? value : value - 3) / 4; }

void append_header(std::uint16_t digits, std::int16_t weight, std::uint16_t sign, std::uint16_t scale,
                   ByteBuffer& out) {
  out.append_be16(digits);
  out.append_be16(static_cast<std::uint16_t>(weight));
  out.append_be16(sign);
  out.append_be16(scale);
}

}  // namespace

Parsed check_numeric(std::string_view text) {
  NumberParts parts;
  if (!decode::split_number(text, parts)) {
    return decode::special_number(text) == SpecialNumber::none ? Parsed::invalid : Parsed::ok;
  }
  const Digits digits(parts);
  if (digits.scale() > kMaxScale) return Parsed::out_of_range;
  return digits.zero() || digits.before_point() <= kDigitsBeforePoint ? Parsed::ok : Parsed::out_of_range;
}

// A value of `before` digits before the point fills 10^(before - 1) up to 10^before. Below 10^(precision - scale) it
// fits, unless it is rounded up to just that: where all digits that the column keeps are nines.
bool fits_modifier(std::string_view text, std::int32_t modifier) {
  constexpr std::int32_t kHeader = 4;  // VARHDRSZ, which the modifier is counted from
  if (modifier < kHeader) return true;
  const std::int32_t packed = modifier - kHeader;
  const std::int64_t precision = packed >> 16;
  const std::int64_t scale = ((packed & 0x7FF) ^ 0x400) - 0x400;  // 11 bits with a sign
  NumberParts parts;
  if (!decode::split_number(text, parts)) return decode::special_number(text) == SpecialNumber::nan;
  const Digits digits(parts);
  const std::int64_t most = precision - scale;
  if (digits.zero() || digits.before_point() < most) return true;
  if (digits.before_point() > most) return false;
  if (digits.at_power(-scale - 1) < 5) return true;
  for (std::int64_t power = most - 1; power >= -scale; --power) {
    if (digits.at_power(power) != 9) return true;
  }
  return false;
}

void append_numeric(std::string_view text, ByteBuffer& out) {
  NumberParts parts;
  if (!decode::split_number(text, parts)) {
    switch (decode::special_number(text)) {
      case SpecialNumber::infinity:
        return append_header(0, 0, kPositiveInfinity, 0, out);
      case SpecialNumber::negative_infinity:
        return append_header(0, 0, kNegativeInfinity, 0, out);
      case SpecialNumber::nan:
      case SpecialNumber::none:
        return append_header(0, 0, kNan, 0, out);
    }
  }
  const Digits digits(parts);
  const auto scale = static_cast<std::uint16_t>(digits.scale());
  if (digits.zero()) return append_header(0, 0, 0, scale, out);
  // A group of four digits has weight w when it stands for 10,000^w.
  const std::int64_t first = floor_div4(digits.before_point() - 1);
  const std::int64_t last = floor_div4(digits.lowest_power());
  append_header(static_cast<std::uint16_t>(first - last + 1), static_cast<std::int16_t>(first),
                parts.negative ? kNegative : std::uint16_t{0}, scale, out);
  for (std::int64_t weight = first; weight >= last; --weight) {
    int group = 0;
    for (std::int64_t power = weight * 4 + 3; power >= weight * 4; --power) group = group * 10 + digits.at_power(power);
    out.append_be16(static_cast<std::uint16_t>(group));
  }
}

}  // namespace loom::encode
