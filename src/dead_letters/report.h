#pragma once

#include <string>
#include <vector>

#include "dead_letters/replay.h"
#include "dead_letters/store.h"

/// What the dead-letter commands print. Pure.
namespace loom::dead_letters {

/// Counts by topic and reason, then the newest ones, a line each.
std::string render_list(const std::vector<DeadLetterCount>& counts, const std::vector<DeadLetter>& newest);
std::string render_list_json(const std::vector<DeadLetterCount>& counts, const std::vector<DeadLetter>& newest);

/// All of one. Bytes that are no text are shown as hexadecimal lines, in JSON as base64.
std::string render_dead_letter(const DeadLetter& dead_letter);
std::string render_dead_letter_json(const DeadLetter& dead_letter);

std::string render_replay(const ReplayReport& report);
std::string render_replay_json(const ReplayReport& report);

}  // namespace loom::dead_letters
