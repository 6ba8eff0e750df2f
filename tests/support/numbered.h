#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "support/postgres_server.h"

namespace loom::testing {

/// A message that can be told from every other and proves itself: from its number follow all its values, and a
/// checksum over them travels along.
std::string numbered_message(std::int64_t number);

/// A message that must not become a row.
struct BadMessage {
  std::optional<std::string> value;
  std::string reason;  ///< of its dead letter
};
/// What is sent instead of every so-manyth numbered message; nothing for the others, and with `every` 0 for all. From
/// the number follow kind and content. That of one kind is seen only by the table that bad_numbered_check() is in.
std::optional<BadMessage> bad_message(std::int64_t number, std::int64_t every);
std::string bad_numbered_check();

/// The table for numbered messages: `extra` goes behind the columns (a key), "" for a table that would take anything
/// twice without a complaint.
std::string numbered_table(const std::string& table, const std::string& extra = "");

/// The entry of a mapping file that stores numbered messages of `topic` in `table`; further keys can follow it,
/// indented by four blanks.
std::string numbered_mapping(const std::string& topic, const std::string& table);

/// What became of messages 0 to `expected` - 1.
struct Verdict {
  std::int64_t expected = 0;
  std::int64_t bad = 0;  ///< of these, those that had to become dead letters
  std::int64_t rows = 0;
  std::int64_t dead_letters = 0;
  std::int64_t dead_wrong = 0;     ///< dead letters of good messages, or with another reason or content
  std::int64_t missing = 0;        ///< numbers without a row, or without a dead letter
  std::int64_t twice = 0;          ///< rows, or dead letters, beyond a number's first
  std::int64_t foreign = 0;        ///< rows with a number that nobody sent, or that of a bad message
  std::int64_t wrong = 0;          ///< rows whose values are not those that were sent
  std::vector<std::string> first;  ///< the first few of these, for a person

  [[nodiscard]] bool clean() const {
    return rows == expected - bad && missing + twice + foreign + wrong + dead_wrong == 0;
  }
  [[nodiscard]] std::string describe() const;
};

/// Reads the whole table, and with bad messages among them all dead letters, whose key has the number. Tens of millions
/// of rows are some minutes and a few megabytes.
Verdict judge(const TestDatabase& database, const std::string& table, std::int64_t expected,
              std::int64_t bad_every = 0);

}  // namespace loom::testing
