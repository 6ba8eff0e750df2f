#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "support/postgres_server.h"

namespace loom::testing {

/// A message that can be told from every other and proves itself: from its number follow all its values, and a
/// checksum over them travels along.
std::string numbered_message(std::int64_t number);

/// The table for numbered messages: `extra` goes behind the columns (a key), "" for a table that would take anything
/// twice without a complaint.
std::string numbered_table(const std::string& table, const std::string& extra = "");

/// The entry of a mapping file that stores numbered messages of `topic` in `table`; further keys can follow it,
/// indented by four blanks.
std::string numbered_mapping(const std::string& topic, const std::string& table);

/// What became of messages 0 to `expected` - 1.
struct Verdict {
  std::int64_t expected = 0;
  std::int64_t rows = 0;
  std::int64_t missing = 0;        ///< numbers without a row
  std::int64_t twice = 0;          ///< rows beyond a number's first
  std::int64_t foreign = 0;        ///< rows with a number that nobody sent
  std::int64_t wrong = 0;          ///< rows whose values are not those that were sent
  std::vector<std::string> first;  ///< the first few of these, for a person

  [[nodiscard]] bool clean() const { return rows == expected && missing + twice + foreign + wrong == 0; }
  [[nodiscard]] std::string describe() const;
};

/// Reads the whole table.
Verdict judge(const TestDatabase& database, const std::string& table, std::int64_t expected);

}  // namespace loom::testing
