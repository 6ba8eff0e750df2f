#include "sink/marks_text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <span>
#include <vector>

namespace loom::sink {

namespace {

std::vector<std::int64_t> numbers_in(std::string_view text) {
  std::vector<std::int64_t> numbers;
  const char* at = text.data();
  const char* const end = at + text.size();
  while (at < end) {
    std::int64_t number = 0;
    const auto [after, error] = std::from_chars(at, end, number);
    if (error != std::errc{}) return {};
    numbers.push_back(number);
    at = after < end && *after == ',' ? after + 1 : end;
  }
  return numbers;
}

}  // namespace

std::string marks_literal(std::int64_t epoch, std::int64_t next_offset, const RecordMarks& marks) {
  const auto numbers = marks.numbers();
  if (numbers.empty()) return {};
  // marks_in() tells by the position whether the newest is the last.
  const std::int64_t of = marks.newest_is_last() ? next_offset : std::min(next_offset, marks.newest().offset + 1);
  return fmt::format("{{{},{},{}}}", epoch, of, fmt::join(numbers, ","));
}

std::optional<RecordMarks> marks_in(std::string_view text, std::int64_t epoch, std::int64_t next_offset) {
  const auto numbers = numbers_in(text);
  if (numbers.size() < 3 || numbers[0] != epoch || numbers[1] > next_offset) return std::nullopt;
  RecordMarks marks = RecordMarks::from(std::span(numbers).subspan(2));
  // A replica of an older version has stored more since.
  if (numbers[1] != next_offset) marks.newest_is_not_the_last();
  return marks;
}

}  // namespace loom::sink
