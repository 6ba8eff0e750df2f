#include "sink/row_version.h"

#include <charconv>

#include "decode/timestamp.h"

namespace loom::sink {
namespace {

// PostgreSQL's binary forms of integers, days and timestamps are all two's complement, the highest byte first.
std::int64_t from_binary(std::string_view field) {
  auto bits = static_cast<std::uint64_t>(static_cast<std::int64_t>(static_cast<signed char>(field[0])));
  for (const char byte : field.substr(1)) bits = bits << 8U | static_cast<unsigned char>(byte);
  return static_cast<std::int64_t>(bits);
}

std::optional<std::int64_t> from_text(mapping::ColumnType type, std::string_view field) {
  std::int64_t number = 0;
  switch (type) {
    case mapping::ColumnType::timestamp:
    case mapping::ColumnType::timestamptz:
      return decode::parse_timestamp(field, number) == decode::Parsed::ok ? std::optional(number) : std::nullopt;
    case mapping::ColumnType::date:
      return decode::parse_date(field, number) == decode::Parsed::ok ? std::optional(number) : std::nullopt;
    default:
      break;
  }
  const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), number);
  return error == std::errc() && end == field.data() + field.size() ? std::optional(number) : std::nullopt;
}

}  // namespace

std::optional<std::int64_t> version_in(const mapping::TablePlan& table, std::string_view field) {
  if (field.empty()) return std::nullopt;  // null
  return table.binary ? from_binary(field) : from_text(table.columns[*table.version].info.type, field);
}

}  // namespace loom::sink
