#pragma once

#include <regex.h>

#include <optional>
#include <string>

#include "mapping/mapping_file.h"

namespace loom::mapping {

/// A topic name that stands for several: a POSIX extended regular expression that starts with `^`, as librdkafka reads
/// it in a subscription.
/// Threads: matches() from any.
class TopicPattern {
 public:
  explicit TopicPattern(const std::string& pattern);
  TopicPattern(const TopicPattern&) = delete;
  TopicPattern& operator=(const TopicPattern&) = delete;
  ~TopicPattern();

  /// Never, where there is a problem().
  [[nodiscard]] bool matches(const std::string& topic) const;
  /// Why the expression does not compile, or nullopt.
  [[nodiscard]] const std::optional<std::string>& problem() const { return problem_; }

 private:
  regex_t compiled_{};
  std::optional<std::string> problem_;
};

bool is_pattern(const std::string& topic);

/// Why the expression does not compile, or nullopt.
std::optional<std::string> pattern_problem(const std::string& pattern);

/// What in the expression means another thing elsewhere, with what to write instead; nullopt: nothing. POSIX leaves
/// open what a backslash before a letter or digit is: glibc takes `\d` for the letter d, and a broker that matches
/// patterns itself (group.protocol=consumer) for a digit.
std::optional<std::string> pattern_warning(const std::string& pattern);

/// How each topic begins that the pattern matches; empty where that is not certain.
struct PatternStart {
  std::string text;
  bool suffices = false;  ///< whether the pattern matches whatever begins so
};
PatternStart pattern_start(const std::string& pattern);

/// The mapping that a topic goes by: the one of its name, else the first pattern in the file that matches it.
/// nullptr when there is none, or the file's selection leaves the topic to others.
const TopicMapping* find_topic(const MappingFile& file, const std::string& topic);

}  // namespace loom::mapping
