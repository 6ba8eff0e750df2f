#pragma once

#include <string>
#include <vector>

namespace loom::mapping {

enum class Severity { warning, error };

/// One thing wrong with a mapping file, placed so that an editor can jump to it.
struct Problem {
  Severity severity = Severity::error;
  std::string file;
  int line = 0;  ///< from 1; 0 when the problem has no place in the file (a missing table's column, say)
  std::string topic;
  std::string key;      ///< the mapping key, dotted: `array_mappings.data.words.element_mappings`
  std::string message;  ///< what is wrong, and the accepted values or what to do
};

/// `file:line: error: topic "t", key "k": message`, leaving out what is empty.
std::string to_string(const Problem& problem);

bool has_errors(const std::vector<Problem>& problems);

}  // namespace loom::mapping
