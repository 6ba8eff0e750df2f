#pragma once

#include <spdlog/formatter.h>

#include <memory>

namespace loom::app {

/// One line for a person: `2026-11-21 15:00:00.000 warning topic gps.raw partition 3 offset 17: message`.
/// Control characters of the message are shown, not obeyed.
std::unique_ptr<spdlog::formatter> text_lines();

/// One JSON object a line: time, level, thread, message, and what log::About says of it as fields of their own (topic,
/// partition, offset, batch, reason, trace_id). Valid JSON whatever bytes the message holds.
std::unique_ptr<spdlog::formatter> json_lines();

}  // namespace loom::app
