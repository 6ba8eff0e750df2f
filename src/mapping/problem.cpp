#include "mapping/problem.h"

#include <algorithm>

namespace loom::mapping {

std::string to_string(const Problem& problem) {
  std::string text = problem.file;
  if (problem.line > 0) text += (text.empty() ? "line " : ":") + std::to_string(problem.line);
  if (!text.empty()) text += ": ";
  text += problem.severity == Severity::error ? "error: " : "warning: ";
  if (!problem.topic.empty()) text += "topic \"" + problem.topic + "\"";
  if (!problem.key.empty()) text += (problem.topic.empty() ? "key \"" : ", key \"") + problem.key + "\"";
  if (!problem.topic.empty() || !problem.key.empty()) text += ": ";
  return text + problem.message;
}

bool has_errors(const std::vector<Problem>& problems) {
  return std::any_of(problems.begin(), problems.end(),
                     [](const Problem& problem) { return problem.severity == Severity::error; });
}

}  // namespace loom::mapping
