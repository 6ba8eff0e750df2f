#include "app/log_format.h"

#include <fmt/format.h>
#include <spdlog/pattern_formatter.h>

#include <string>
#include <string_view>

#include "base/log.h"
#include "sink/utf8.h"
#include "text/json_text.h"
#include "text/text_table.h"

namespace loom::app {

namespace {

void append(std::string_view text, spdlog::memory_buf_t& to) { to.append(text.data(), text.data() + text.size()); }

/// A JSON string. U+FFFD for what is no text; no tool that reads logs likes NUL either.
std::string json_string(std::string_view bytes) {
  return text::json_text(sink::storable_text(bytes, bytes.size() * 3));
}

void append_field(std::string_view name, std::string_view text, spdlog::memory_buf_t& to) {
  if (!text.empty()) append(fmt::format(",\"{}\":{}", name, json_string(text)), to);
}

template <typename Number>
void append_field(std::string_view name, const std::optional<Number>& number, spdlog::memory_buf_t& to) {
  if (number) append(fmt::format(",\"{}\":{}", name, *number), to);
}

/// The message as a JSON string, and the fields behind it.
class JsonMessage final : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg& message, const std::tm& /*time*/, spdlog::memory_buf_t& to) override {
    append(json_string({message.payload.data(), message.payload.size()}), to);
    const log::About* about = log::current();
    if (about == nullptr) return;
    append_field("topic", about->topic, to);
    append_field("partition", about->partition, to);
    append_field("offset", about->offset, to);
    append_field("batch", about->batch, to);
    append_field("reason", about->reason, to);
    append_field("trace_id", about->trace_id, to);
  }
  [[nodiscard]] std::unique_ptr<custom_flag_formatter> clone() const override {
    return std::make_unique<JsonMessage>();
  }
};

/// The message on one line, whatever a library or a producer put into it.
class OneLineMessage final : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg& message, const std::tm& /*time*/, spdlog::memory_buf_t& to) override {
    std::string text(message.payload.data(), message.payload.size());
    text.resize(text.find_last_not_of("\r\n") + 1);
    for (char& one : text) {
      if (one == '\n' || one == '\r' || one == '\t') one = ' ';
    }
    append(text::printable(text), to);
  }
  [[nodiscard]] std::unique_ptr<custom_flag_formatter> clone() const override {
    return std::make_unique<OneLineMessage>();
  }
};

}  // namespace

std::unique_ptr<spdlog::formatter> text_lines() {
  auto formatter = std::make_unique<spdlog::pattern_formatter>();
  formatter->add_flag<OneLineMessage>('*').set_pattern("%Y-%m-%d %H:%M:%S.%e %^%-7l%$ %*");
  return formatter;
}

std::unique_ptr<spdlog::formatter> json_lines() {
  auto formatter = std::make_unique<spdlog::pattern_formatter>(spdlog::pattern_time_type::utc);
  formatter->add_flag<JsonMessage>('*').set_pattern(
      R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l","thread":%t,"message":%*})");
  return formatter;
}

}  // namespace loom::app
