#include "decode/written_time.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "decode/calendar.h"
#include "decode/number.h"
#include "decode/time_names.h"
#include "decode/time_reader.h"
#include "decode/timestamp.h"

namespace loom::decode {
namespace {

bool is_letter(char c) { return (c | 0x20) >= 'a' && (c | 0x20) <= 'z'; }
bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

/// Reads one text from left to right; what stands where is found out on the way, each part at most once.
class Parser {
 public:
  explicit Parser(std::string_view text) : r_{text.data(), text.data() + text.size()} {}

  /// Digits first: `2024-05-06`, `20240506`, `2024-127`, and what may follow.
  Parsed numeric();
  /// A month by its name, and the other parts around it.
  Parsed worded();
  /// A time without a date.
  Parsed time_of_day();

  [[nodiscard]] std::int64_t days() const { return days_; }
  [[nodiscard]] std::int64_t micros() const { return micros_; }
  [[nodiscard]] std::int64_t offset() const { return offset_; }
  [[nodiscard]] bool has_time() const { return has_time_; }

 private:
  bool numeric_date();
  bool hyphenated_date(bool negative);
  bool basic_date(std::string_view digits);
  bool time_behind_date();
  bool clock(bool four_digits);
  bool set_time(int hour, int minute, int second);
  bool tail();
  bool tail_part();
  bool word_in_tail(std::string_view word);
  bool meridiem(bool afternoon);
  bool zone_offset();
  bool skip_until(char close);
  bool worded_part();
  bool worded_number();
  bool worded_word();
  Parsed finish();

  std::string_view take_digits() {
    const char* const begin = r_.at;
    while (r_.at_digit()) ++r_.at;
    return {begin, static_cast<std::size_t>(r_.at - begin)};
  }
  std::string_view take_word() {
    const char* const begin = r_.at;
    while (r_.at != r_.end && is_letter(*r_.at)) ++r_.at;
    return {begin, static_cast<std::size_t>(r_.at - begin)};
  }
  void skip_blanks() {
    while (r_.at != r_.end && is_blank(*r_.at)) ++r_.at;
  }
  static std::int64_t number(std::string_view digits) {
    std::int64_t value = 0;
    for (const char c : digits) value = std::min<std::int64_t>(value * 10 + (c - '0'), kYearClamp);
    return value;
  }

  TimeReader r_;
  std::optional<std::int64_t> year_;
  bool negative_year_ = false;
  int month_ = 0;
  int day_ = 0;
  int day_of_year_ = 0;
  bool basic_ = false;
  bool worded_ = false;
  bool weekday_ = false;
  bool has_time_ = false;
  bool has_meridiem_ = false;
  bool has_zone_ = false;
  bool has_era_ = false;
  bool before_christ_ = false;
  std::int64_t days_ = 0;
  std::int64_t micros_ = 0;
  std::int64_t offset_ = 0;
};

bool Parser::basic_date(std::string_view digits) {
  basic_ = true;
  year_ = number(digits.substr(0, 4));
  month_ = static_cast<int>(number(digits.substr(4, 2)));
  day_ = static_cast<int>(number(digits.substr(6, 2)));
  if (*year_ == 0) return false;  // such a number is more likely a number
  if (digits.size() == 8) return true;
  return set_time(static_cast<int>(number(digits.substr(8, 2))), static_cast<int>(number(digits.substr(10, 2))),
                  static_cast<int>(number(digits.substr(12, 2))));
}

bool Parser::hyphenated_date(bool negative) {
  negative_year_ = negative;
  const std::string_view part = take_digits();
  if (part.size() == 3) {
    day_of_year_ = static_cast<int>(number(part));
    return day_of_year_ >= 1;
  }
  if (part.size() != 2 || !r_.take('-')) return false;
  month_ = static_cast<int>(number(part));
  return r_.two_digits(day_);
}

bool Parser::numeric_date() {
  const bool negative = r_.take('-');
  const bool sign = negative || r_.take('+');
  const std::string_view digits = take_digits();
  if (!sign && (digits.size() == 8 || digits.size() == 14) && (r_.at == r_.end || *r_.at != '-')) {
    return basic_date(digits);
  }
  if (digits.size() < 4 || !r_.take('-')) return false;
  year_ = number(digits);
  return hyphenated_date(negative);
}

bool Parser::set_time(int hour, int minute, int second) {
  if (hour > 24 || minute > 59 || second > 60) return false;
  has_time_ = true;
  micros_ = ((std::int64_t{hour} * 60 + minute) * 60 + second) * kMicrosPerSecond;
  return hour < 24 || micros_ == kMicrosPerDay;
}

bool Parser::clock(bool four_digits) {
  if (has_time_) return false;
  const std::string_view digits = take_digits();
  int minute = 0;
  int second = 0;
  bool may_have_fraction = digits.size() == 6;
  if (r_.take(':')) {
    if (digits.empty() || digits.size() > 2 || !r_.two_digits(minute)) return false;
    if (r_.take(':')) {
      if (!r_.two_digits(second)) return false;
      may_have_fraction = true;
    }
    if (!set_time(static_cast<int>(number(digits)), minute, second)) return false;
  } else {
    if (digits.size() != 6 && (digits.size() != 4 || !four_digits)) return false;
    minute = static_cast<int>(number(digits.substr(2, 2)));
    if (digits.size() == 6) second = static_cast<int>(number(digits.substr(4, 2)));
    if (!set_time(static_cast<int>(number(digits.substr(0, 2))), minute, second)) return false;
  }
  if (!may_have_fraction || r_.at == r_.end || (*r_.at != '.' && *r_.at != ',')) return true;
  const bool is_midnight = micros_ == kMicrosPerDay;
  ++r_.at;
  std::int64_t fraction = 0;
  if (!r_.micros(fraction)) return false;
  micros_ += fraction;
  return !is_midnight || fraction == 0;
}

bool Parser::time_behind_date() {
  if (r_.left() == 0 || has_time_) return true;
  if (r_.take('T') || r_.take('t')) return clock(true);
  if (!is_blank(*r_.at)) return true;
  skip_blanks();
  return !r_.at_digit() || clock(basic_);
}

bool Parser::meridiem(bool afternoon) {
  constexpr std::int64_t kHour = 3600 * kMicrosPerSecond;
  if (!has_time_ || has_meridiem_ || has_zone_) return false;
  has_meridiem_ = true;
  const std::int64_t hour = micros_ / kHour;
  if (hour > 12) return false;
  if (afternoon && hour < 12) micros_ += 12 * kHour;
  if (!afternoon && hour == 12) micros_ -= 12 * kHour;
  return true;
}

/// `+2`, `+02`, `+200`, `+0200`, `+02:00`, `+02:00:30`
bool Parser::zone_offset() {
  if (has_zone_) return false;
  has_zone_ = true;
  const bool west = *r_.at == '-';
  ++r_.at;
  const std::string_view digits = take_digits();
  int minutes = 0;
  int seconds = 0;
  const bool joined = digits.size() == 3 || digits.size() == 4;
  if (joined) {
    minutes = static_cast<int>(number(digits.substr(digits.size() - 2)));
  } else if (digits.empty() || digits.size() > 2) {
    return false;
  } else if (r_.take(':')) {
    if (!r_.two_digits(minutes)) return false;
    if (r_.take(':') && !r_.two_digits(seconds)) return false;
  }
  const std::int64_t hours = number(joined ? digits.substr(0, digits.size() - 2) : digits);
  if (hours > 15 || minutes > 59 || seconds > 59) return false;
  offset_ = (hours * 60 + minutes) * 60 + seconds;
  if (west) offset_ = -offset_;
  return true;
}

bool Parser::skip_until(char close) {
  const char* const found = std::find(r_.at, r_.end, close);
  if (found == r_.end) return false;
  r_.at = found + 1;
  return true;
}

bool Parser::word_in_tail(std::string_view word) {
  if (r_.at != r_.end && (*r_.at == '+' || *r_.at == '-')) {
    // GMT+0200 is two hours east where browsers and Java print it, beside a month's name. POSIX, and PostgreSQL with
    // it, has it two hours west: elsewhere it stays a dead letter, as do other words right before an offset.
    return worded_ && is_universal(word) && zone_offset();
  }
  if (same_word(word, "am") || same_word(word, "pm")) return meridiem((word[0] | 0x20) == 'p');
  if (same_word(word, "bc") || same_word(word, "ad")) {
    before_christ_ = (word[0] | 0x20) == 'b';
    return !std::exchange(has_era_, true);
  }
  const auto hours = zone_hours(word);
  if (!hours || has_zone_) return false;
  has_zone_ = true;
  offset_ = std::int64_t{*hours} * 3600;
  return true;
}

/// One of the parts that may stand behind a date or a time.
bool Parser::tail_part() {
  switch (*r_.at) {
    case '[':
      return has_zone_ && skip_until(']');
    case '(':
      return has_zone_ && skip_until(')');
    case '+':
    case '-':
      return zone_offset();
    default:
      break;
  }
  const std::string_view word = take_word();
  return !word.empty() && word_in_tail(word);
}

bool Parser::tail() {
  for (skip_blanks(); r_.at != r_.end; skip_blanks()) {
    if (!tail_part()) return false;
  }
  return true;
}

bool Parser::worded_number() {
  const char* const begin = r_.at;
  const std::string_view digits = take_digits();
  if (r_.at != r_.end && *r_.at == ':') {
    r_.at = begin;
    return clock(false);
  }
  const bool is_day = digits.size() <= 2;
  if (is_day ? day_ != 0 : year_.has_value()) return false;
  if (is_day) {
    day_ = static_cast<int>(number(digits));
    return day_ != 0;
  }
  year_ = number(digits);
  return digits.size() <= 7 && *year_ > 0;
}

bool Parser::worded_word() {
  const char* const begin = r_.at;
  const std::string_view word = take_word();
  if (const int month = month_of(word); month != 0) {
    return std::exchange(month_, month) == 0;
  }
  if (same_word(word, "t") && r_.at_digit()) return clock(false);
  if (is_weekday(word)) return !std::exchange(weekday_, true);
  r_.at = begin;
  return tail_part();
}

bool Parser::worded_part() {
  const char c = *r_.at;
  if (r_.at_digit()) return worded_number();
  if (is_letter(c)) return worded_word();
  const bool between = (day_ != 0 || year_.has_value() || month_ != 0) && !has_time_ && r_.left() > 1;
  if (c == ',' || (c == '-' && between && !is_blank(r_.at[1]))) {
    ++r_.at;
    return true;
  }
  return tail_part();
}

/// Puts the date together.
Parsed Parser::finish() {
  std::int64_t year = *year_;
  if (before_christ_) {
    if (negative_year_ || year == 0) return Parsed::invalid;
    year = 1 - year;
  } else if (negative_year_) {
    year = -year;
  }
  if (day_of_year_ != 0) {
    if (day_of_year_ > (is_leap_year(year) ? 366 : 365)) return Parsed::invalid;
    if (year < kFirstYear) return Parsed::out_of_range;
    days_ = days_since_2000(year, 1, 1) + day_of_year_ - 1;
    return Parsed::ok;
  }
  if (!is_day(year, month_, day_)) return Parsed::invalid;
  if (year < kFirstYear) return Parsed::out_of_range;
  days_ = days_since_2000(year, month_, day_);
  return Parsed::ok;
}

Parsed Parser::numeric() { return numeric_date() && time_behind_date() && tail() ? finish() : Parsed::invalid; }

Parsed Parser::worded() {
  worded_ = true;
  for (skip_blanks(); r_.at != r_.end; skip_blanks()) {
    if (!worded_part()) return Parsed::invalid;
  }
  return year_ && month_ != 0 && day_ != 0 ? finish() : Parsed::invalid;
}

Parsed Parser::time_of_day() {
  if (!r_.take('T')) r_.take('t');
  return clock(true) && tail() && !has_era_ && micros_ <= kMicrosPerDay ? Parsed::ok : Parsed::invalid;
}

/// 1 for infinity, -1 for -infinity, else 0.
int infinity(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  if (!same_word(text, "infinity")) return 0;
  return negative ? -1 : 1;
}

/// Whichever way of the two leads through the text.
Parsed read(std::string_view text, Parser& parser) {
  Parsed parsed = parser.numeric();
  if (parsed != Parsed::invalid) return parsed;
  parser = Parser(text);
  return parser.worded();
}

}  // namespace

bool is_basic_form(std::string_view text) {
  return (text.size() == 8 || text.size() == 14) && text.find_first_not_of("0123456789") == std::string_view::npos;
}

Parsed parse_written_timestamp(std::string_view text, std::int64_t& us) {
  text = trim(text);
  if (const int sign = infinity(text); sign != 0) {
    us = sign > 0 ? kLatest : kEarliest;
    return Parsed::ok;
  }
  Parser parser(text);
  const Parsed parsed = read(text, parser);
  if (parsed != Parsed::ok) return parsed;
  return join_instant(parser.days() * 86'400 - parser.offset(), parser.micros(), us);
}

Parsed parse_written_date(std::string_view text, std::int64_t& day) {
  text = trim(text);
  if (const int sign = infinity(text); sign != 0) {
    day = sign > 0 ? kLatestDay : kEarliestDay;
    return Parsed::ok;
  }
  Parser parser(text);
  const Parsed parsed = read(text, parser);
  return parsed == Parsed::ok ? check_day(parser.days(), day) : parsed;
}

Parsed parse_written_time(std::string_view text, std::int64_t& us) {
  text = trim(text);
  Parser alone(text);
  if (alone.time_of_day() == Parsed::ok) {
    us = alone.micros();
    return Parsed::ok;
  }
  Parser dated(text);
  if (read(text, dated) != Parsed::ok || !dated.has_time() || dated.micros() > kMicrosPerDay) return Parsed::invalid;
  us = dated.micros();
  return Parsed::ok;
}

}  // namespace loom::decode
