#include <fmt/format.h>

#include <cstdlib>

#include "base/clock.h"
#include "encode/row_builder.h"
#include "shapes.h"

namespace loom::benchmarks {
namespace {

using mapping::ColumnType;

/// Whether a field of text COPY says what the same field of binary COPY does. Instants are left to the tests.
bool same_in_text(const mapping::PlanColumn& column, std::string_view field, const std::string& binary) {
  switch (column.info.type) {
    case ColumnType::text:
      return binary.find_first_of("\"\\\t\n") != std::string::npos || field == binary;
    case ColumnType::float8:
      return bits_of(std::strtod(std::string(field).c_str(), nullptr)) == binary;
    case ColumnType::int8:
      return big_endian(std::strtoull(std::string(field).c_str(), nullptr, 10), 8) == binary;
    case ColumnType::boolean:
      return field == (binary[0] == '\1' ? "t" : "f");
    default:
      return !field.empty();
  }
}

std::optional<std::string> wrong_row(const mapping::TablePlan& table, std::string_view row,
                                     const ExpectedRow& expected) {
  const auto fields = encode::split_row(row, table.binary);
  if (fields.size() != table.columns.size() || fields.size() != expected.size()) {
    return fmt::format("{} fields, {} expected", fields.size(), expected.size());
  }
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const auto& column = table.columns[i];
    const auto wanted = expected.find(column.info.name);
    if (wanted == expected.end()) return fmt::format("nothing is known of column {}", column.info.name);
    const bool right = table.binary ? fields[i] == wanted->second : same_in_text(column, fields[i], wanted->second);
    if (!right) return fmt::format("column {} is wrong", column.info.name);
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> wrong_rows(const Shape& shape) {
  const SystemClock clock;
  encode::RowBuilder builder(shape.plan, shape.name, clock, shape.registry());
  encode::RowSets rows;
  for (std::size_t i = 0; i < shape.messages.size(); ++i) {
    if (const auto reject = builder.append(shape.message(i), static_cast<std::uint32_t>(i), rows)) {
      return fmt::format("{}: message {}: {}", shape.name, i, reject->message);
    }
  }
  if (rows.all().size() != shape.rows.size()) return shape.name + ": not as many row sets as tables";
  for (const auto& set : rows.all()) {
    const auto& expected = shape.rows.at(set.table);
    if (set.rows.size() != expected.size()) return fmt::format("{}: {} rows", shape.name, set.rows.size());
    for (std::size_t i = 0; i < expected.size(); ++i) {
      const auto wrong = wrong_row(shape.plan->tables[set.table], set.row(i), expected[i]);
      if (wrong) return fmt::format("{}: row {} of table {}: {}", shape.name, i, set.table, *wrong);
    }
  }
  return std::nullopt;
}

}  // namespace loom::benchmarks
