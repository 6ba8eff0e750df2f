#pragma once

#include <yaml-cpp/yaml.h>

#include <optional>
#include <string_view>

#include "mapping/findings.h"

namespace loom::mapping {

/// The first document of a YAML text, a null node for an empty one; nullopt with an error when the text is not YAML.
/// A second document is warned of; text after the first one that no `---` announces is an error, and so are aliases
/// that stand for more than 4 MiB in all, or for what they stand in.
std::optional<YAML::Node> read_yaml(std::string_view text, Findings& findings);

}  // namespace loom::mapping
