#include "base/similar.h"

#include <algorithm>

namespace loom {
namespace {

/// Longer ones are not what somebody mistyped.
constexpr std::size_t kLongest = 100;

std::string folded(std::string_view name) {
  std::string plain;
  for (const char c : name) {
    if (c == '_' || c == '-' || c == ' ') continue;
    plain += c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
  }
  return plain;
}

/// How many letters have to be added, left out, changed or exchanged with their neighbour (optimal string alignment).
std::size_t edits_between(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1);
  std::vector<std::size_t> above(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) above[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const bool same = a[i - 1] == b[j - 1];
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + (same ? 0 : 1)});
      const bool exchanged = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (exchanged) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    before.swap(above);
    above.swap(row);
  }
  return above[b.size()];
}

/// The one that goes on where `wanted` ends, such as base64_decode for base64; empty when there are several.
std::string_view the_only_longer(const std::string& wanted, std::span<const std::string_view> known) {
  constexpr std::size_t kShortest = 4;
  std::string_view only;
  for (const std::string_view candidate : known) {
    if (wanted.size() < kShortest || !folded(candidate).starts_with(wanted)) continue;
    if (!only.empty()) return {};
    only = candidate;
  }
  return only;
}

}  // namespace

std::string_view similar_name(std::string_view name, std::span<const std::string_view> known) {
  const std::string wanted = folded(name);
  if (wanted.empty() || wanted.size() > kLongest) return {};
  std::string_view best;
  std::size_t fewest = std::clamp<std::size_t>(wanted.size() / 3, 1, 3) + 1;
  for (const std::string_view candidate : known) {
    const std::string other = folded(candidate);
    if (other.size() > kLongest) continue;
    const std::size_t edits = edits_between(wanted, other);
    // A word of three letters is near to too many others.
    if (edits >= fewest || edits >= other.size() || (edits != 0 && wanted.size() < 3)) continue;
    fewest = edits;
    best = candidate;
  }
  return best.empty() ? the_only_longer(wanted, known) : best;
}

std::string_view similar_name(std::string_view name, const std::vector<std::string>& known) {
  return similar_name(name, std::vector<std::string_view>(known.begin(), known.end()));
}

std::string did_you_mean(std::string_view name, std::span<const std::string_view> known) {
  const std::string_view similar = similar_name(name, known);
  return similar.empty() ? std::string() : "did you mean `" + std::string(similar) + "`? ";
}

std::string did_you_mean(std::string_view name, const std::vector<std::string>& known) {
  return did_you_mean(name, std::vector<std::string_view>(known.begin(), known.end()));
}

}  // namespace loom
