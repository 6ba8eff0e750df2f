#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mapping/mapping_file.h"
#include "mapping/problem.h"

namespace loom::mapping {

/// What loading found. `file` is there only when no problem is an error: a file with any error is refused whole.
struct LoadResult {
  std::optional<MappingFile> file;
  std::vector<Problem> problems;  ///< all of them, in order of line
};

/// Reads a file of schema_version v1. Never throws: an unreadable file is a problem like any other.
LoadResult load_mapping_file(const std::string& path);

/// The same from memory; `path` only names it in problems.
LoadResult load_mapping_text(std::string_view yaml, const std::string& path);

}  // namespace loom::mapping
