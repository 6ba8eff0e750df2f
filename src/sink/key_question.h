#pragma once

#include <cstdint>
#include <optional>
#include <set>

#include "sink/attempt.h"
#include "sink/row_keys.h"

namespace loom::sink {

/// What the database said of the rows' keys, or why it said nothing.
struct NumberedKeys {
  KeyNumbers numbers;
  std::optional<Attempt> failure;
  std::optional<std::uint32_t> message;  ///< of the row that the failure blames
  std::set<std::uint16_t> tables;        ///< those that were asked for
};

/// Asks the database which rows of these messages have one key, for each table whose keys cannot be told apart by
/// their bytes (mapping::KeyRules::bytes_tell): citext, numeric, a column that rounds, and so on. One more round trip
/// and a sort of the keys; no query where there is no such table.
/// `inside`: the transaction of the batch is open and stays so; else it is asked in one of its own.
/// Blocks: as Script::run().
NumberedKeys number_keys(const Job& job, MessageRange messages, bool inside);

}  // namespace loom::sink
