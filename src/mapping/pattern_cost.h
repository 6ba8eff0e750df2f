#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace loom::mapping {

/// What compiling a POSIX extended regular expression costs. regcomp() writes repetitions out (`x{3}` is xxx, `x+` is
/// xx*), so that the size can grow exponentially with the text, and its time grows exponentially with the number of
/// groups that are repeated.
/// An expression that is none has some cost, too: whether it is one is not looked at.
/// Source: POSIX.1-2017, base definitions, 9.4; glibc 2.36, measured: `(a*b*)*` ten times takes 2 ms, twenty times
/// 1.2 s, and each further one doubles it.
struct PatternCost {
  std::size_t size = 0;             ///< single characters, sets, groups and anchors, written out
  std::size_t repeated_groups = 0;  ///< groups with a repetition behind them, written out
  bool misplaced = false;           ///< a repetition of nothing, or of a repetition: POSIX leaves open what that means
};

/// Pure. Numbers stop at kPatternCostMost, which stands for anything larger.
PatternCost pattern_cost(std::string_view pattern);

inline constexpr std::size_t kPatternCostMost = 1'000'000'000;

/// Why regcomp() is not to be asked; nullopt when it may be.
std::optional<std::string> costly_pattern(std::string_view pattern);

}  // namespace loom::mapping
