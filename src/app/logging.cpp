#include "app/logging.h"

#include <spdlog/sinks/sink.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <memory>
#include <string>

#include "app/log_format.h"
#include "base/log.h"

namespace loom::app {

namespace {

/// Lets warnings and errors that come past log::write(), from plain spdlog calls, be seen on status pages, too.
class RecentSink final : public spdlog::sinks::sink {
 public:
  RecentSink() { set_level(spdlog::level::warn); }
  void log(const spdlog::details::log_msg& message) override {
    if (log::current() != nullptr) return;
    log::remember(static_cast<log::Level>(message.level), {message.payload.data(), message.payload.size()});
  }
  void flush() override {}
  void set_pattern(const std::string& /*pattern*/) override {}
  void set_formatter(std::unique_ptr<spdlog::formatter> /*formatter*/) override {}
};

spdlog::level::level_enum to_spdlog(settings::LogLevel level) {
  switch (level) {
    case settings::LogLevel::trace:
      return spdlog::level::trace;
    case settings::LogLevel::debug:
      return spdlog::level::debug;
    case settings::LogLevel::info:
      return spdlog::level::info;
    case settings::LogLevel::warning:
      return spdlog::level::warn;
    case settings::LogLevel::error:
      return spdlog::level::err;
    case settings::LogLevel::off:
      return spdlog::level::off;
  }
  return spdlog::level::info;
}

}  // namespace

void set_up_logging(settings::LogLevel level, settings::LogFormat format) {
  const bool json =
      format == settings::LogFormat::json || (format == settings::LogFormat::automatic && isatty(STDERR_FILENO) == 0);
  auto logger = spdlog::get("kafka-to-db-consumer");
  if (logger == nullptr) {
    logger = spdlog::stderr_color_mt("kafka-to-db-consumer");
    logger->sinks().push_back(std::make_shared<RecentSink>());
  }
  logger->set_formatter(json ? json_lines() : text_lines());
  logger->set_level(to_spdlog(level));
  logger->flush_on(spdlog::level::info);
  spdlog::set_default_logger(logger);
}

}  // namespace loom::app
