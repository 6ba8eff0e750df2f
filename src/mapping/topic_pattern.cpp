#include "mapping/topic_pattern.h"

#include <regex.h>

#include <array>
#include <cctype>

#include "mapping/pattern_cost.h"

namespace loom::mapping {
namespace {

/// regcomp()'s expression, freed with its owner.
class Expression {
 public:
  explicit Expression(const std::string& pattern) : problem_(costly_pattern(pattern)) {
    if (problem_) return;
    const int error = regcomp(&compiled_, pattern.c_str(), REG_EXTENDED | REG_NOSUB);
    if (error == 0) return;
    std::array<char, 256> text{};
    regerror(error, &compiled_, text.data(), text.size());
    problem_ = text.data();
  }
  Expression(const Expression&) = delete;
  Expression& operator=(const Expression&) = delete;
  ~Expression() {
    if (!problem_) regfree(&compiled_);
  }

  [[nodiscard]] bool matches(const std::string& text) const {
    return !problem_ && regexec(&compiled_, text.c_str(), 0, nullptr, 0) == 0;
  }
  [[nodiscard]] const std::optional<std::string>& problem() const { return problem_; }

 private:
  regex_t compiled_{};
  std::optional<std::string> problem_;
};

}  // namespace

std::optional<std::string> pattern_problem(const std::string& pattern) {
  auto problem = Expression(pattern).problem();
  if (problem && pattern.find("(?") != std::string::npos) {
    return "groups that begin with `?`, such as `(?i)`, are of other kinds of expressions; write both letters where "
           "case does not matter: `[Oo]rders`";
  }
  return problem;
}

std::optional<std::string> pattern_warning(const std::string& pattern) {
  for (std::size_t at = pattern.find('\\'); at != std::string::npos; at = pattern.find('\\', at + 2)) {
    if (at + 1 == pattern.size() || std::isalnum(static_cast<unsigned char>(pattern[at + 1])) == 0) continue;
    const std::string escape = pattern.substr(at, 2);
    return "`" + escape + "` is not what it looks like: in a POSIX expression it may be the character `" + escape[1] +
           "` alone; write `[0-9]` for a digit, `[A-Za-z0-9_]` for a letter of a word, `[[:space:]]` for white space";
  }
  return std::nullopt;
}

const TopicMapping* find_topic(const MappingFile& file, const std::string& topic) {
  const TopicMapping* by_pattern = nullptr;
  for (const auto& mapping : file.topics) {
    if (mapping.topic == topic) return &mapping;
    if (by_pattern == nullptr && mapping.is_pattern && Expression(mapping.topic).matches(topic)) by_pattern = &mapping;
  }
  return by_pattern;
}

}  // namespace loom::mapping
