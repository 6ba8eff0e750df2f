#include "app/logging.h"

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <memory>

namespace loom::app {

namespace {

/// The message as the inside of a JSON string.
class JsonMessage final : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg& message, const std::tm& /*time*/, spdlog::memory_buf_t& to) override {
    for (const char letter : message.payload) append(letter, to);
  }
  [[nodiscard]] std::unique_ptr<custom_flag_formatter> clone() const override {
    return std::make_unique<JsonMessage>();
  }

 private:
  static void append(char letter, spdlog::memory_buf_t& to) {
    const auto code = static_cast<unsigned char>(letter);
    if (letter == '"' || letter == '\\') {
      to.push_back('\\');
      to.push_back(letter);
    } else if (code < 0x20) {
      fmt::format_to(std::back_inserter(to), "\\u{:04x}", code);
    } else {
      to.push_back(letter);
    }
  }
};

/// The message on one line, whatever a library put into it.
class OneLineMessage final : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg& message, const std::tm& /*time*/, spdlog::memory_buf_t& to) override {
    const std::string_view text(message.payload.data(), message.payload.size());
    const std::size_t length = text.find_last_not_of("\r\n") + 1;
    for (const char letter : text.substr(0, length)) to.push_back(letter == '\n' || letter == '\r' ? ' ' : letter);
  }
  [[nodiscard]] std::unique_ptr<custom_flag_formatter> clone() const override {
    return std::make_unique<OneLineMessage>();
  }
};

spdlog::level::level_enum to_spdlog(control::LogLevel level) {
  switch (level) {
    case control::LogLevel::trace:
      return spdlog::level::trace;
    case control::LogLevel::debug:
      return spdlog::level::debug;
    case control::LogLevel::info:
      return spdlog::level::info;
    case control::LogLevel::warning:
      return spdlog::level::warn;
    case control::LogLevel::error:
      return spdlog::level::err;
    case control::LogLevel::off:
      return spdlog::level::off;
  }
  return spdlog::level::info;
}

}  // namespace

void set_up_logging(control::LogLevel level, control::LogFormat format) {
  const bool json =
      format == control::LogFormat::json || (format == control::LogFormat::automatic && isatty(STDERR_FILENO) == 0);
  auto logger = spdlog::get("kafka-to-db-consumer");
  if (logger == nullptr) logger = spdlog::stderr_color_mt("kafka-to-db-consumer");
  if (json) {
    auto formatter = std::make_unique<spdlog::pattern_formatter>(spdlog::pattern_time_type::utc);
    formatter->add_flag<JsonMessage>('*').set_pattern(
        R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l","thread":%t,"message":"%*"})");
    logger->set_formatter(std::move(formatter));
  } else {
    auto formatter = std::make_unique<spdlog::pattern_formatter>();
    formatter->add_flag<OneLineMessage>('*').set_pattern("%Y-%m-%d %H:%M:%S.%e %^%-7l%$ %*");
    logger->set_formatter(std::move(formatter));
  }
  logger->set_level(to_spdlog(level));
  logger->flush_on(spdlog::level::info);
  spdlog::set_default_logger(logger);
}

}  // namespace loom::app
