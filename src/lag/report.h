#pragma once

#include <cstddef>
#include <string>

#include "lag/lag.h"

namespace loom::lag {

/// For a terminal: a line for each partition and one for the sum, numbers aligned. With more partitions than `at_most`,
/// those that ask most for attention, and how many are left out. Pure.
std::string render_table(const GroupLag& lag, std::size_t at_most = static_cast<std::size_t>(-1));

/// One line, described in docs/operations.md. Pure.
std::string render_json(const GroupLag& lag);

}  // namespace loom::lag
