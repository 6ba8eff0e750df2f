#include "source/client_log.h"

#include <fmt/format.h>

#include <string>
#include <string_view>

#include "base/log.h"
#include "base/property_secrets.h"

namespace loom::source {

namespace {

// As syslog counts.
constexpr int kError = 3;
constexpr int kWarning = 4;
constexpr int kDebug = 7;

/// `[thrd:localhost:9092/1]`, which librdkafka's lines begin with: one broker's, or `[thrd:main]`.
std::string_view thread_in(std::string_view text) {
  const std::size_t end = text.find("]: ");
  return text.substr(0, 6) == "[thrd:" && end != std::string_view::npos ? text.substr(0, end + 1) : std::string_view();
}

void write(log::Level level, std::string_view prefix, std::string_view facility, std::string_view text) {
  if (!log::enabled(level)) return;
  const std::string kind = fmt::format("{}librdkafka {} {}", prefix, facility, thread_in(text));
  log::write(level, {}, kind, fmt::format("{}librdkafka {}: {}", prefix, facility, without_property_secret(text)));
}

void consumer_line(const rd_kafka_t* /*client*/, int level, const char* facility, const char* text) {
  // The commit's own event is told in words of ours, where there is something to tell.
  if (std::string_view(facility) == "COMMITFAIL") level = kDebug;
  write(level <= kError     ? log::Level::error
        : level <= kWarning ? log::Level::warning
                            : log::Level::debug,
        "", facility, text);
}

void dead_letter_line(const rd_kafka_t* /*client*/, int level, const char* facility, const char* text) {
  // A consumer's properties are ignored by a producer, and librdkafka says so of each.
  if (std::string_view(facility) == "CONFWARN") return;
  write(level <= kError ? log::Level::warning : log::Level::debug, "dead-letter topic: ", facility, text);
}

}  // namespace

void log_to_ours(rd_kafka_conf_t* conf, ClientRole role) {
  rd_kafka_conf_set_log_cb(conf, role == ClientRole::consumer ? consumer_line : dead_letter_line);
}

}  // namespace loom::source
