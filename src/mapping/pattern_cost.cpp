#include "mapping/pattern_cost.h"

#include <algorithm>
#include <charconv>
#include <system_error>
#include <vector>

namespace loom::mapping {
namespace {

constexpr std::size_t kSizeMost = 2'000;
constexpr std::size_t kRepeatedGroupsMost = 8;

std::size_t plus(std::size_t a, std::size_t b) { return std::min(a + b, kPatternCostMost); }
std::size_t times(std::size_t a, std::size_t b) {
  return b != 0 && a > kPatternCostMost / b ? kPatternCostMost : a * b;
}

/// Where a set that begins at `at` ends, behind its `]`: one right after `[` or `[^` belongs to the set, and so do
/// those of `[:alpha:]`, `[.a.]` and `[=a=]`.
std::size_t behind_set(std::string_view text, std::size_t at) {
  ++at;
  if (at < text.size() && text[at] == '^') ++at;
  if (at < text.size() && text[at] == ']') ++at;
  while (at < text.size() && text[at] != ']') {
    const char kind = at + 1 < text.size() && text[at] == '[' ? text[at + 1] : '\0';
    const std::size_t close =
        kind == ':' || kind == '.' || kind == '=' ? text.find(std::string{kind, ']'}, at + 2) : std::string_view::npos;
    at = close == std::string_view::npos ? at + 1 : close + 2;
  }
  return std::min(at + 1, text.size());
}

struct Repetition {
  std::size_t copies = 0;  ///< that regcomp() makes of what is repeated
  std::size_t behind = 0;  ///< where the pattern goes on
};

/// `{3}`, `{3,}`, `{,5}` or `{3,5}`.
std::optional<Repetition> counted_at(std::string_view text, std::size_t at) {
  const std::size_t close = text.find('}', at);
  if (close == std::string_view::npos) return std::nullopt;
  Repetition found{1, close + 1};
  const char* next = text.data() + at + 1;
  const char* const end = text.data() + close;
  while (next != end) {
    std::size_t number = 0;
    const auto [behind, error] = std::from_chars(next, end, number);
    if (error == std::errc::result_out_of_range) number = kPatternCostMost;
    if (behind == next && *next != ',') return std::nullopt;
    found.copies = std::max(found.copies, number);
    next = behind == next ? next + 1 : behind;
  }
  if (text[close - 1] == ',') found.copies = plus(found.copies, 1);
  return found;
}

std::optional<Repetition> repetition_at(std::string_view text, std::size_t at) {
  switch (text[at]) {
    case '*':
    case '?':
      return Repetition{1, at + 1};
    case '+':
      return Repetition{2, at + 1};
    case '{':
      return counted_at(text, at);
    default:
      return std::nullopt;
  }
}

struct Cost {
  std::size_t size = 0;
  std::size_t groups = 0;

  void add(const Cost& more) {
    size = plus(size, more.size);
    groups = plus(groups, more.groups);
  }
};

/// What was read of an expression or of a group in it.
struct Part {
  Cost before;  ///< everything but the last piece, which a repetition would belong to
  Cost last;
  bool repeatable = false;  ///< whether one may
  bool is_group = false;    ///< the last piece

  void add(const Cost& piece, bool may_be_repeated, bool group = false) {
    before.add(last);
    last = piece;
    repeatable = may_be_repeated;
    is_group = group;
  }
  void repeat(std::size_t copies) {
    if (is_group) last.groups = plus(last.groups, 1);
    last = {times(last.size, copies), times(last.groups, copies)};
    repeatable = false;
  }
  [[nodiscard]] Cost all() const {
    Cost sum = before;
    sum.add(last);
    return sum;
  }
};

}  // namespace

PatternCost pattern_cost(std::string_view pattern) {
  PatternCost cost;
  std::vector<Part> open(1);
  std::size_t at = 0;
  while (at < pattern.size()) {
    const char c = pattern[at];
    std::size_t next = at + 1;
    if (const auto repetition = repetition_at(pattern, at)) {
      cost.misplaced = cost.misplaced || !open.back().repeatable;
      open.back().repeat(repetition->copies);
      next = repetition->behind;
    } else if (c == '(') {
      open.emplace_back();
    } else if (c == ')' && open.size() > 1) {
      Cost group = open.back().all();
      group.size = plus(group.size, 1);
      open.pop_back();
      open.back().add(group, true, true);
    } else {
      open.back().add({1, 0}, c != '^' && c != '$' && c != '|');
      if (c == '[') next = behind_set(pattern, at);
      if (c == '\\') next = std::min(at + 2, pattern.size());
    }
    at = next;
  }
  Cost sum;
  for (const Part& part : open) sum.add(part.all());
  cost.size = sum.size;
  cost.repeated_groups = sum.groups;
  return cost;
}

std::optional<std::string> costly_pattern(std::string_view pattern) {
  const PatternCost cost = pattern_cost(pattern);
  if (cost.misplaced) return "`*`, `+`, `?` or `{}` repeats nothing, or what is repeated already";
  if (cost.size > kSizeMost) {
    return "it is too large: with its repetitions written out it may have " + std::to_string(kSizeMost) + " characters";
  }
  if (cost.repeated_groups > kRepeatedGroupsMost) {
    return "it repeats too many groups: with its repetitions written out it may repeat " +
           std::to_string(kRepeatedGroupsMost);
  }
  return std::nullopt;
}

}  // namespace loom::mapping
