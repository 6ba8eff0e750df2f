#pragma once

#include <optional>
#include <string>

#include "mapping/mapping_file.h"

namespace loom::mapping {

/// Why the expression does not compile, or nullopt. Patterns are POSIX extended regular expressions, as librdkafka
/// reads them in a subscription.
std::optional<std::string> pattern_problem(const std::string& pattern);

/// What in the expression means another thing elsewhere, with what to write instead; nullopt: nothing. POSIX leaves
/// open what a backslash before a letter or digit is: glibc takes `\d` for the letter d, and a broker that matches
/// patterns itself (group.protocol=consumer) for a digit.
std::optional<std::string> pattern_warning(const std::string& pattern);

/// The mapping that a topic goes by: the one of its name, else the first pattern in the file that matches it.
/// nullptr when there is none.
const TopicMapping* find_topic(const MappingFile& file, const std::string& topic);

}  // namespace loom::mapping
