#include "mapping/topic_pattern.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>

#include "mapping/pattern_cost.h"
#include "mapping/topic_selection.h"

namespace loom::mapping {
namespace {

bool is_alnum(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; }

/// Whether it has alternatives that no group encloses: `^a|b` is not bound to the start.
bool has_alternatives(const std::string& pattern) {
  int depth = 0;
  for (std::size_t at = 0; at < pattern.size(); ++at) {
    const char c = pattern[at];
    if (c == '\\') {
      ++at;
    } else if (c == '[') {
      at += pattern.compare(at + 1, 1, "^") == 0 ? 2 : 1;  // a `]` that stands first is one of the set's characters
      at = std::min(pattern.find(']', at + 1), pattern.size());
    } else if (c == '(' || c == ')') {
      depth += c == '(' ? 1 : -1;
    } else if (c == '|' && depth == 0) {
      return true;
    }
  }
  return false;
}

}  // namespace

TopicPattern::TopicPattern(const std::string& pattern) : problem_(costly_pattern(pattern)) {
  if (problem_) return;
  const int error = regcomp(&compiled_, pattern.c_str(), REG_EXTENDED | REG_NOSUB);
  if (error == 0) return;
  std::array<char, 256> text{};
  regerror(error, &compiled_, text.data(), text.size());
  problem_ = text.data();
}

TopicPattern::~TopicPattern() {
  if (!problem_) regfree(&compiled_);
}

bool TopicPattern::matches(const std::string& topic) const {
  return !problem_ && regexec(&compiled_, topic.c_str(), 0, nullptr, 0) == 0;
}

bool is_pattern(const std::string& topic) { return topic.starts_with('^'); }

std::optional<std::string> pattern_problem(const std::string& pattern) {
  auto problem = TopicPattern(pattern).problem();
  if (problem && pattern.find("(?") != std::string::npos) {
    return "groups that begin with `?`, such as `(?i)`, are of other kinds of expressions; write both letters where "
           "case does not matter: `[Oo]rders`";
  }
  return problem;
}

std::optional<std::string> pattern_warning(const std::string& pattern) {
  for (std::size_t at = pattern.find('\\'); at != std::string::npos; at = pattern.find('\\', at + 2)) {
    if (at + 1 == pattern.size() || !is_alnum(pattern[at + 1])) continue;
    const std::string escape = pattern.substr(at, 2);
    return "`" + escape + "` is not what it looks like: in a POSIX expression it may be the character `" + escape[1] +
           "` alone; write `[0-9]` for a digit, `[A-Za-z0-9_]` for a letter of a word, `[[:space:]]` for white space";
  }
  return std::nullopt;
}

PatternStart pattern_start(const std::string& pattern) {
  PatternStart start;
  if (!is_pattern(pattern) || has_alternatives(pattern)) return start;
  std::size_t at = 1;
  while (at < pattern.size()) {
    const bool escaped = pattern[at] == '\\' && at + 1 < pattern.size() && !is_alnum(pattern[at + 1]);
    const std::size_t next = at + (escaped ? 2 : 1);
    if (!escaped && std::string_view(".[]()*+?{}^$|\\").find(pattern[at]) != std::string_view::npos) break;
    if (next < pattern.size() && std::string_view("*?{").find(pattern[next]) != std::string_view::npos) break;
    start.text += pattern[next - 1];
    at = next;
  }
  const std::string rest = pattern.substr(at);
  start.suffices = rest.empty() || rest == ".*" || rest == ".*$";
  return start;
}

const TopicMapping* find_topic(const MappingFile& file, const std::string& topic) {
  if (file.selection != nullptr && !file.selection->takes(topic)) return nullptr;
  const TopicMapping* by_pattern = nullptr;
  for (const auto& mapping : file.topics) {
    if (mapping.topic == topic) return &mapping;
    if (by_pattern != nullptr || !mapping.is_pattern) continue;
    if (TopicPattern(mapping.topic).matches(topic)) by_pattern = &mapping;
  }
  return by_pattern;
}

}  // namespace loom::mapping
