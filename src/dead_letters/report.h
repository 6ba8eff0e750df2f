#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "dead_letters/replay.h"
#include "dead_letters/store.h"

/// What the dead-letter commands print. Pure.
namespace loom::dead_letters {

/// Those that wait: counts by topic and reason, then the newest ones, a line each. `repaired`: how many wait no more.
std::string render_list(const std::vector<DeadLetterCount>& counts, const std::vector<DeadLetter>& newest,
                        std::uint64_t repaired = 0);
std::string render_list_json(const std::vector<DeadLetterCount>& counts, const std::vector<DeadLetter>& newest,
                             std::uint64_t repaired = 0);

/// The same of those that were repaired.
std::string render_repaired(const std::vector<DeadLetterCount>& counts, const std::vector<DeadLetter>& newest);
std::string render_repaired_json(const std::vector<DeadLetterCount>& counts, const std::vector<DeadLetter>& newest);

/// All of one, also of one that was repaired. Bytes that are no text are shown as hexadecimal lines, in JSON as base64.
std::string render_dead_letter(const DeadLetter& dead_letter);
std::string render_dead_letter_json(const DeadLetter& dead_letter);

std::string render_replay(const ReplayReport& report);
std::string render_replay_json(const ReplayReport& report);

}  // namespace loom::dead_letters
