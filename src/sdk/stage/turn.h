#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "loom/kafka/base_consumer.h"

namespace loom::kafka::stage {

/// A message that a stage makes of another one.
struct Output {
  std::string topic;
  std::optional<std::string> value;
  std::optional<std::string> key;
  Headers headers;
  std::int32_t partition = -1;  ///< -1: by key, or any
  std::size_t record = 0;       ///< of which record of the turn
  bool dead_letter = false;
  bool suspect = false;  ///< refused, perhaps only for the company that it travelled in: to be sent alone
  bool dropped = false;  ///< not to be sent: its record has become a dead letter after all
};

/// What became of an output.
enum class OutputState : std::uint8_t {
  unsent,
  pending,
  acknowledged,
  refused,  ///< no broker will ever take it: too large
  failed,   ///< it may be sent again
};

/// The records that are taken, processed and delivered together.
struct Turn {
  std::vector<Record> records;
  std::size_t finished = 0;  ///< the first so many are processed
  std::vector<Output> outputs;
};

}  // namespace loom::kafka::stage
