#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace loom::log {

enum class Level : std::uint8_t { trace, debug, info, warning, error, critical };

/// What an event is about. In JSON each that is set is a field of its own; in text topic, partition and offset stand
/// before the message (`topic gps.raw partition 3 offset 17: ...`), so a message need not repeat them.
struct About {
  std::string_view topic{};
  std::optional<std::int32_t> partition{};
  std::optional<std::int64_t> offset{};
  std::optional<std::size_t> batch{};  ///< messages in it
  std::string_view reason{};           ///< an SQLSTATE, a RejectReason, an outcome
  std::string_view trace_id{};
};

/// One event. `event` tells its kind: the format, or what else is the same each time that it happens. At warning and
/// above the same event (kind and topic) is written once, then counted: every 10 s a line says how many more there
/// were; and one kind of event has at most 20 lines in 10 s. Below warning nothing is held back.
/// Threads: any.  Fails: never.
void write(Level level, const About& about, std::string_view event, std::string message) noexcept;

/// The same, written whatever was written before: for what happens once, or seldom.
void write_at_once(Level level, const About& about, std::string_view event, const std::string& message) noexcept;

/// Whether a line of this level would be written.
bool enabled(Level level) noexcept;

template <typename... T>
void debug(const About& about, fmt::format_string<T...> format, T&&... values) {
  if (!enabled(Level::debug)) return;
  const fmt::string_view text = format;
  write(Level::debug, about, {text.data(), text.size()}, fmt::format(format, std::forward<T>(values)...));
}
template <typename... T>
void info(const About& about, fmt::format_string<T...> format, T&&... values) {
  if (!enabled(Level::info)) return;
  const fmt::string_view text = format;
  write(Level::info, about, {text.data(), text.size()}, fmt::format(format, std::forward<T>(values)...));
}
template <typename... T>
void warn(const About& about, fmt::format_string<T...> format, T&&... values) {
  const fmt::string_view text = format;
  write(Level::warning, about, {text.data(), text.size()}, fmt::format(format, std::forward<T>(values)...));
}
template <typename... T>
void warn_at_once(const About& about, fmt::format_string<T...> format, T&&... values) {
  const fmt::string_view text = format;
  write_at_once(Level::warning, about, {text.data(), text.size()}, fmt::format(format, std::forward<T>(values)...));
}
template <typename... T>
void error(const About& about, fmt::format_string<T...> format, T&&... values) {
  const fmt::string_view text = format;
  write(Level::error, about, {text.data(), text.size()}, fmt::format(format, std::forward<T>(values)...));
}

/// Writes the counts of held-back events whose time is up. To be called now and then (once a second, say) by the main
/// thread, and at the end with `all`.
void tell_repeats(bool all = false) noexcept;

/// An event at warning or above, for status pages.
struct Recent {
  std::int64_t wall_us = 0;  ///< of the last time that it happened
  Level level = Level::warning;
  std::string topic;    ///< may be empty
  std::string message;  ///< of the last time, without the words about topic and partition
  std::uint64_t times = 1;
};
/// The last different ones, newest first, at most 50.
std::vector<Recent> recent();

std::string_view to_string(Level level);

// For the logger's own parts (app/logging.cpp)

/// What the line is about that this thread is writing just now; nullptr for a line that did not come from write().
/// A formatter may ask because our sinks run on the thread that writes.
const About* current() noexcept;
/// Adds a line that did not come from write() to recent().
void remember(Level level, std::string_view message) noexcept;

}  // namespace loom::log
