#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace loom::benchmarks {

/// A row as binary COPY must have it: column -> the field's bytes, without their length.
using ExpectedRow = std::map<std::string, std::string>;

/// An instant and its usual spelling.
struct Instant {
  std::string iso;      ///< 2024-05-06T07:08:09.123456Z
  std::int64_t us = 0;  ///< since 2000-01-01, as PostgreSQL stores it
};
/// `seed` spreads them over 2024; two seeds less than 2^44 apart are two instants.
Instant instant(std::uint64_t seed);

std::string big_endian(std::uint64_t value, std::size_t bytes);
std::string bits_of(double value);
std::string base64(std::string_view bytes);

/// Writes a message's JSON and, beside it and by other means than the service's own, the row that it must become.
class MessageWriter {
 public:
  /// `column` may be empty: a field that no column takes.
  void text(std::string_view key, std::string_view value, const std::string& column);
  void escaped(std::string_view key, std::string_view json, std::string_view value, const std::string& column);
  void number(std::string_view key, double value, const std::string& column);  ///< with six decimals
  void integer(std::string_view key, std::int64_t value, const std::string& column);
  void boolean(std::string_view key, bool value, const std::string& column);
  void timestamp(std::string_view key, const Instant& value, const std::string& column);
  void bytes(std::string_view key, std::string value, const std::string& column);

  void open(std::string_view key, char bracket = '{');
  void close(char bracket = '}');
  /// An element of a list.
  void open_element();

  std::string json{"{"};
  ExpectedRow row;  ///< of what was written since it was last taken

 private:
  void name(std::string_view key);
  void expect(const std::string& column, std::string value);
};

}  // namespace loom::benchmarks
