#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace loom::text {

/// An instant in microseconds since 1970, as the commands' options name one: ISO 8601 (`2026-11-21`,
/// `2026-11-21T12:00:00+01:00`; without a zone it is UTC). Nothing for anything else. Pure.
std::optional<std::int64_t> parse_instant(std::string_view text);

/// `45s`, `30m`, `2h`, `3d`, `1w` in microseconds. Nothing for anything else. Pure.
std::optional<std::int64_t> parse_span(std::string_view text);

/// An instant, or how long before `now_us`.
std::optional<std::int64_t> parse_since(std::string_view text, std::int64_t now_us);

/// `2026-11-21T12:00:00.123Z`
std::string instant_text(std::int64_t us);

}  // namespace loom::text
