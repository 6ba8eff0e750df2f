#pragma once

#include <string>
#include <utility>
#include <vector>

#include "mapping/problem.h"

namespace loom::mapping {

/// Where something stands in a mapping file.
struct Place {
  std::string topic;
  std::string key;  ///< dotted
  int line = 0;

  [[nodiscard]] Place inside(const std::string& name, int at) const {
    return {topic, key.empty() ? name : key + "." + name, at > 0 ? at : line};
  }
};

/// Collects what is wrong with one file, so that a reader can go on past the first problem.
/// Threads: one at a time.
class Findings {
 public:
  explicit Findings(std::string file) : file_(std::move(file)) {}

  void error(const Place& place, std::string message) { add(Severity::error, place, std::move(message)); }
  void warning(const Place& place, std::string message) { add(Severity::warning, place, std::move(message)); }

  [[nodiscard]] bool failed() const { return has_errors(problems_); }
  std::vector<Problem> take() { return std::move(problems_); }

 private:
  void add(Severity severity, const Place& place, std::string message) {
    problems_.push_back({severity, file_, place.line, place.topic, place.key, std::move(message)});
  }

  std::string file_;
  std::vector<Problem> problems_;
};

}  // namespace loom::mapping
