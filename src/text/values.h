#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace loom::text {

/// How text becomes a setting's value; nothing when it cannot. Surrounding spaces do not count. Pure.
std::optional<std::uint64_t> parse_count(std::string_view text);
std::optional<bool> parse_switch(std::string_view text);  ///< true, yes, on, 1 / false, no, off, 0; any case

/// Seconds with an optional fraction, or a number with the unit `ms`, `s` or `m`.
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);

/// Bytes, or a number with the unit KiB, MiB or GiB (also K, M, G; KB, MB, GB mean the same).
std::optional<std::size_t> parse_bytes(std::string_view text);

/// A number with an optional fraction, 0.25, or a percentage, 25%.
std::optional<double> parse_ratio(std::string_view text);

std::string_view trim(std::string_view text);
std::string lower(std::string_view text);

}  // namespace loom::text
