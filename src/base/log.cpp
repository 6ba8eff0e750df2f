#include "base/log.h"

#include <spdlog/spdlog.h>

#include "base/clock.h"
#include "base/log_event.h"
#include "base/log_recent.h"
#include "base/log_repeats.h"
#include "base/mutex.h"

namespace loom::log {

namespace {

static_assert(static_cast<int>(Level::trace) == spdlog::level::trace);
static_assert(static_cast<int>(Level::warning) == spdlog::level::warn);
static_assert(static_cast<int>(Level::critical) == spdlog::level::critical);

spdlog::level::level_enum to_spdlog(Level level) { return static_cast<spdlog::level::level_enum>(level); }

/// What the process remembers of its warnings and errors. There is one, as there is one default logger that it stands
/// before; it is never destroyed, since threads may log until the end.
struct Journal {
  const SystemClock clock{};

  Mutex mutex;
  Repeats repeats LOOM_GUARDED_BY(mutex);
  RecentEvents recent LOOM_GUARDED_BY(mutex);
};

Journal& journal() {
  static Journal& one = *new Journal;
  return one;
}

const About*& current_of_thread() noexcept {
  thread_local const About* about = nullptr;
  return about;
}

/// `topic gps.raw partition 3 offset 17: message`
std::string text_of(const About& about, const std::string& message) {
  std::string text;
  const auto add = [&](std::string_view name, std::string_view value) {
    if (!text.empty()) text += ' ';
    text.append(name).append(" ").append(value);
  };
  if (!about.topic.empty()) add("topic", about.topic);
  if (about.partition) add("partition", std::to_string(*about.partition));
  if (about.offset) add("offset", std::to_string(*about.offset));
  return text.empty() ? message : text + ": " + message;
}

void write_line(Level level, const About& about, const std::string& message) {
  const std::string text = text_of(about, message);
  current_of_thread() = &about;
  spdlog::default_logger_raw()->log(to_spdlog(level), spdlog::string_view_t(text.data(), text.size()));
  current_of_thread() = nullptr;
}

void write_lines(const std::vector<Event>& lines) {
  for (const Event& line : lines) write_line(line.level, line.about(), line.message);
}

Event event_of(Level level, const About& about, std::string message) {
  return {.level = level,
          .topic = std::string(about.topic),
          .partition = about.partition,
          .offset = about.offset,
          .batch = about.batch,
          .reason = std::string(about.reason),
          .trace_id = std::string(about.trace_id),
          .message = std::move(message)};
}

}  // namespace

void write(Level level, const About& about, std::string_view event, std::string message) noexcept {
  try {
    if (level < Level::warning) {
      if (enabled(level)) write_line(level, about, message);
      return;
    }
    Journal& all = journal();
    std::vector<Event> lines;
    {
      const MutexLock lock(all.mutex);
      all.recent.add(all.clock.wall_us(), event, level, about.topic, message);
      if (!enabled(level)) return;
      all.repeats.take(all.clock.now(), event, event_of(level, about, std::move(message)), lines);
    }
    write_lines(lines);
  } catch (...) {
    // Out of memory, most likely: whoever logs must not fail by it.
    current_of_thread() = nullptr;
  }
}

void write_at_once(Level level, const About& about, std::string_view event, const std::string& message) noexcept {
  try {
    {
      Journal& all = journal();
      const MutexLock lock(all.mutex);
      if (level >= Level::warning) all.recent.add(all.clock.wall_us(), event, level, about.topic, message);
    }
    if (enabled(level)) write_line(level, about, message);
  } catch (...) {
    current_of_thread() = nullptr;  // as in write()
  }
}

bool enabled(Level level) noexcept { return spdlog::default_logger_raw()->should_log(to_spdlog(level)); }

void tell_repeats(bool all) noexcept {
  try {
    Journal& ours = journal();
    std::vector<Event> lines;
    {
      const MutexLock lock(ours.mutex);
      ours.repeats.tell(ours.clock.now(), all, lines);
    }
    write_lines(lines);
  } catch (...) {
    current_of_thread() = nullptr;
  }
}

std::vector<Recent> recent() {
  Journal& all = journal();
  const MutexLock lock(all.mutex);
  return all.recent.list();
}

const About* current() noexcept { return current_of_thread(); }

void remember(Level level, std::string_view message) noexcept {
  try {
    Journal& all = journal();
    const MutexLock lock(all.mutex);
    all.recent.add(all.clock.wall_us(), message, level, {}, message);
  } catch (...) {
    return;  // as in write()
  }
}

std::string_view to_string(Level level) {
  switch (level) {
    case Level::trace:
      return "trace";
    case Level::debug:
      return "debug";
    case Level::info:
      return "info";
    case Level::warning:
      return "warning";
    case Level::error:
      return "error";
    case Level::critical:
      return "critical";
  }
  return "unknown";
}

}  // namespace loom::log
