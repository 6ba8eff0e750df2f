#include "infer/names.h"

#include <algorithm>

#include "infer/letters.h"
#include "mapping/table_names.h"

namespace loom::infer {
namespace {

/// At most so many bytes, and no half letter of UTF-8 at the end.
std::string cut(std::string name, std::size_t most) {
  if (name.size() <= most) return name;
  std::size_t end = most;
  while (end > 0 && (static_cast<unsigned char>(name[end]) & 0xC0U) == 0x80U) --end;
  name.resize(end);
  return name;
}

}  // namespace

std::string column_name(std::string_view field) {
  std::string name;
  for (std::size_t i = 0; i < field.size(); ++i) {
    const char c = field[i];
    const bool beyond_ascii = static_cast<unsigned char>(c) >= 0x80U;
    if (!is_upper(c) && !is_lower(c) && !is_digit(c) && !beyond_ascii) {
      if (!name.empty() && name.back() != '_') name += '_';
      continue;
    }
    if (is_upper(c)) {
      // orderId, but also HTTPPort: a word begins behind a small letter, and with the last capital before one.
      const bool after_small = i > 0 && (is_lower(field[i - 1]) || is_digit(field[i - 1]));
      const bool before_small = i > 0 && is_upper(field[i - 1]) && i + 1 < field.size() && is_lower(field[i + 1]);
      if ((after_small || before_small) && !name.empty() && name.back() != '_') name += '_';
    }
    name += is_upper(c) ? static_cast<char>(c + ('a' - 'A')) : c;
  }
  while (!name.empty() && name.back() == '_') name.pop_back();
  if (name.empty()) name = "field";
  return cut(std::move(name), mapping::kMaxNameBytes);
}

std::vector<std::string> words_of(std::string_view name) {
  std::vector<std::string> words(1);
  for (const char c : column_name(name)) {
    if (c == '_') {
      words.emplace_back();
    } else {
      words.back() += c;
    }
  }
  return words;
}

bool has_word(std::string_view name, const std::set<std::string_view>& words) {
  const auto of_name = words_of(name);
  return std::any_of(of_name.begin(), of_name.end(), [&](const std::string& word) { return words.count(word) != 0; });
}

std::string free_name(const std::string& name, const std::set<std::string>& taken) {
  std::string free = name;
  for (int number = 2; taken.count(free) != 0; ++number) {
    const std::string suffix = "_" + std::to_string(number);
    free = cut(name, mapping::kMaxNameBytes - suffix.size()) + suffix;
  }
  return free;
}

}  // namespace loom::infer
