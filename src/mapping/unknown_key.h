#pragma once

#include <span>
#include <string_view>

#include "mapping/findings.h"

namespace loom::mapping {

/// Warns of a key that is ignored, with the known one that it may be a misspelling of. `of`: what it is no key of.
void warn_of_unknown_key(std::string_view of, std::string_view key, std::span<const std::string_view> known,
                         const Place& place, Findings& findings);

}  // namespace loom::mapping
