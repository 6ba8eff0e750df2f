#pragma once

#include <optional>
#include <string>
#include <vector>

#include "mapping/mapping_file.h"
#include "mapping/problem.h"

namespace loom::app {

/// A line on stderr for each.
void print(const std::vector<mapping::Problem>& problems);

/// The mapping file, or nothing after its problems were printed; warnings are printed in any case, and counted into
/// `problems` where that is wanted.
std::optional<mapping::MappingFile> load_or_complain(const std::string& path,
                                                     std::vector<mapping::Problem>* problems = nullptr);

/// The names of the file's topics, patterns as they stand there: for what a person may have meant.
std::vector<std::string> topic_names(const mapping::MappingFile& file);

}  // namespace loom::app
