#pragma once

#include <cstdint>
#include <istream>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/message.h"

namespace loom::preview {

/// A message as a line of text has it.
struct InputLine {
  std::uint64_t number = 0;  ///< of the line, from 1
  std::string value;
  std::optional<std::string> key;
};

/// Messages from a text, one on a line, as kcat and Kafka's console consumer print them. Empty lines are passed over.
/// Threads: one at a time.  Blocks: on the stream.
class InputLines {
 public:
  /// With a separator, what stands before its first occurrence on a line is the message's key.
  InputLines(std::istream& in, std::optional<std::string> key_separator)
      : in_(in), key_separator_(std::move(key_separator)) {}

  /// The next one; nothing at the end.
  std::optional<InputLine> next();

 private:
  std::istream& in_;
  std::optional<std::string> key_separator_;
  std::uint64_t number_ = 0;
};

/// Headers that all messages get.
using InputHeaders = std::vector<std::pair<std::string, std::string>>;

/// The line as a record of Kafka: of partition 0, at the offset of its line from 0 on, with this time.
/// The result looks into `line` and `headers`, which have to live as long.
Message record_of(const InputLine& line, std::int64_t timestamp_ms, const InputHeaders* headers = nullptr);

}  // namespace loom::preview
