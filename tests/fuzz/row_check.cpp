#include "row_check.h"

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "check.h"
#include "decode/json/structural_index.h"
#include "decode/timestamp.h"
#include "encode/row_builder.h"
#include "json_oracle.h"

namespace loom::fuzz {
namespace {

using mapping::ColumnType;

/// A cursor over a binary row that never looks beyond its end.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : left_(bytes) {}

  std::string_view bytes(std::size_t count) {
    check(left_.size() >= count, "a binary row ends inside a field");
    const std::string_view taken = left_.substr(0, count);
    left_.remove_prefix(count);
    return taken;
  }
  std::uint64_t number(std::size_t count) {
    std::uint64_t value = 0;
    for (const char c : bytes(count)) value = value << 8U | static_cast<unsigned char>(c);
    return value;
  }
  std::int32_t int4() { return static_cast<std::int32_t>(static_cast<std::uint32_t>(number(4))); }
  [[nodiscard]] bool done() const { return left_.empty(); }

 private:
  std::string_view left_;
};

void check_text(std::string_view text) {
  check(decode::is_utf8(text), "stored text is not UTF-8", std::string(text));
  check(text.find('\0') == std::string_view::npos, "stored text holds a NUL");
}

void check_json(std::string_view text) {
  check_text(text);
  check(json_oracle(text) != Verdict::refused, "stored JSON is not JSON", std::string(text));
  check(!holds_nul_escape(text), "stored JSON holds a NUL escape", std::string(text));
}

void check_instant(std::int64_t us) {
  constexpr std::int64_t kFirst = -211'813'488'000'000'000;
  constexpr std::int64_t kEnd = 9'223'371'331'200'000'000;
  if (us == decode::kLatest || us == decode::kEarliest) return;  // infinity
  check(us >= kFirst && us < kEnd, "a timestamp that PostgreSQL cannot hold", std::to_string(us));
}

void check_numeric(std::string_view field) {
  Reader reader(field);
  const std::uint64_t digits = reader.number(2);
  reader.number(2);  // weight
  const std::uint64_t sign = reader.number(2);
  const std::uint64_t scale = reader.number(2);
  const bool special = sign == 0xC000 || sign == 0xD000 || sign == 0xF000;
  check(special || sign == 0 || sign == 0x4000, "a numeric's sign");
  check(scale <= 16'383, "a numeric's scale");
  check(!special || digits == 0, "a special numeric with digits");
  for (std::uint64_t i = 0; i < digits; ++i) check(reader.number(2) <= 9999, "a numeric's digit");
  check(reader.done(), "a numeric's length");
}

void check_address(std::string_view field, bool network) {
  Reader reader(field);
  const std::uint64_t family = reader.number(1);
  const std::uint64_t bits = reader.number(1);
  check(family == 2 || family == 3, "an address's family");
  check(reader.number(1) == (network ? 1U : 0U), "an address's kind");
  const std::uint64_t size = reader.number(1);
  check(size == (family == 2 ? 4U : 16U) && bits <= size * 8, "an address's size");
  reader.bytes(size);
  check(reader.done(), "an address's length");
}

void check_size(std::string_view field, std::size_t size) {
  check(field.size() == size, "a field of the wrong size", std::to_string(field.size()));
}

void check_scalar(ColumnType type, std::string_view field) {
  switch (type) {
    case ColumnType::text:
    case ColumnType::enumeration:
    case ColumnType::other:
      return check_text(field);
    case ColumnType::boolean:
      check_size(field, 1);
      return check(Reader(field).number(1) <= 1, "a boolean that is neither");
    case ColumnType::int2:
      return check_size(field, 2);
    case ColumnType::int4:
    case ColumnType::float4:
    case ColumnType::date:
      return check_size(field, 4);
    case ColumnType::int8:
    case ColumnType::float8:
      return check_size(field, 8);
    case ColumnType::timestamptz:
    case ColumnType::timestamp:
      check_size(field, 8);
      return check_instant(static_cast<std::int64_t>(Reader(field).number(8)));
    case ColumnType::time:
      check_size(field, 8);
      return check(Reader(field).number(8) <= static_cast<std::uint64_t>(decode::kMicrosPerDay), "a time of day");
    case ColumnType::numeric:
      return check_numeric(field);
    case ColumnType::uuid:
      return check_size(field, 16);
    case ColumnType::bytea:
      return;
    case ColumnType::json:
      return check_json(field);
    case ColumnType::jsonb:
      check(!field.empty() && field.front() == 1, "jsonb's version");
      return check_json(field.substr(1));
    case ColumnType::inet:
    case ColumnType::cidr:
      return check_address(field, type == ColumnType::cidr);
  }
}

void check_array(const mapping::ColumnInfo& column, std::string_view field) {
  Reader reader(field);
  const std::int32_t dimensions = reader.int4();
  const std::uint64_t has_null = reader.number(4);
  check(dimensions == 0 || dimensions == 1, "an array's dimensions");
  check(has_null <= 1, "an array's flag");
  check(reader.number(4) == column.element_oid, "an array's element type");
  if (dimensions == 1) {
    const std::int32_t count = reader.int4();
    check(count > 0, "an array's size");
    check(reader.int4() == 1, "an array's lower bound");
    bool null_seen = false;
    for (std::int32_t i = 0; i < count; ++i) {
      const std::int32_t size = reader.int4();
      null_seen = null_seen || size == -1;
      if (size != -1) check_scalar(column.type, reader.bytes(static_cast<std::uint32_t>(size)));
    }
    check(!null_seen || has_null == 1, "an array's flag says that it has no null");
  }
  check(reader.done(), "an array's length");
}

void check_binary(const std::vector<const mapping::PlanColumn*>& columns, std::string_view row) {
  Reader reader(row);
  check(reader.number(2) == columns.size(), "a row's number of fields");
  for (const mapping::PlanColumn* column : columns) {
    const std::int32_t size = reader.int4();
    if (size == -1) continue;
    check(size >= 0, "a field's length");
    const std::string_view field = reader.bytes(static_cast<std::uint32_t>(size));
    column->info.is_array ? check_array(column->info, field) : check_scalar(column->info.type, field);
  }
  check(reader.done(), "a row goes on behind its last field");
}

void check_text_row(std::size_t columns, std::string_view row) {
  check(row.ends_with('\n'), "a text row does not end with a newline");
  check(row.find('\n') == row.size() - 1, "a text row holds a newline");
  check(row.find('\r') == std::string_view::npos, "a text row holds a carriage return");
  check_text(row);
  for (std::size_t i = row.find('\\'); i != std::string_view::npos; i = row.find('\\', i + 2)) {
    check(std::strchr("\\tnrN", row[i + 1]) != nullptr, "an escape that text COPY does not know", std::string(row));
  }
  check(encode::split_row(row, false).size() == columns, "a text row's number of fields", std::string(row));
}

}  // namespace

void check_rows(const mapping::TopicPlan& plan, const encode::RowSets& rows) {
  for (const encode::RowSet& set : rows.all()) {
    const mapping::TablePlan& table = plan.tables.at(set.table);
    std::vector<const mapping::PlanColumn*> columns;
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
      if (!set.omitted.test(i)) columns.push_back(&table.columns[i]);
    }
    for (std::size_t i = 0; i < set.rows.size(); ++i) {
      table.binary ? check_binary(columns, set.row(i)) : check_text_row(columns.size(), set.row(i));
    }
  }
}

}  // namespace loom::fuzz
