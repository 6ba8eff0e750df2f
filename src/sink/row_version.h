#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "mapping/plan.h"

namespace loom::sink {

/// The value of the table's version column as a number that grows with it; nothing for a null. `field`: as it is sent.
std::optional<std::int64_t> version_in(const mapping::TablePlan& table, std::string_view field);

/// Whether a row is known to be older than another one. Without a version of both nobody knows: what comes later wins.
inline bool is_older(std::optional<std::int64_t> version, std::optional<std::int64_t> other) {
  return version && other && *version < *other;
}

}  // namespace loom::sink
