#include "mapping/built_in_types.h"

#include <algorithm>
#include <cstdint>

namespace loom::mapping {
namespace built_in_types {
namespace {

using Kind = SchemaField::Kind;

/// PostgreSQL's own numbers and names of a type, of https://www.postgresql.org/docs/15/catalog-pg-type.html and
/// src/include/catalog/pg_type.dat.
struct BuiltIn {
  ColumnType type;
  std::uint32_t oid;
  std::uint32_t array_oid;
  const char* name;  ///< as format_type() gives it
};
constexpr BuiltIn kText{ColumnType::text, 25, 1009, "text"};
constexpr BuiltIn kSmallint{ColumnType::int2, 21, 1005, "smallint"};
constexpr BuiltIn kInteger{ColumnType::int4, 23, 1007, "integer"};
constexpr BuiltIn kBigint{ColumnType::int8, 20, 1016, "bigint"};
constexpr BuiltIn kReal{ColumnType::float4, 700, 1021, "real"};
constexpr BuiltIn kDouble{ColumnType::float8, 701, 1022, "double precision"};
constexpr BuiltIn kBoolean{ColumnType::boolean, 16, 1000, "boolean"};
constexpr BuiltIn kTimestamptz{ColumnType::timestamptz, 1184, 1185, "timestamp with time zone"};
constexpr BuiltIn kTimestamp{ColumnType::timestamp, 1114, 1115, "timestamp without time zone"};
constexpr BuiltIn kBytea{ColumnType::bytea, 17, 1001, "bytea"};
constexpr BuiltIn kJsonb{ColumnType::jsonb, 3802, 3807, "jsonb"};
constexpr BuiltIn kDate{ColumnType::date, 1082, 1182, "date"};
constexpr BuiltIn kTime{ColumnType::time, 1083, 1183, "time without time zone"};
constexpr BuiltIn kInterval{ColumnType::other, 1186, 1187, "interval"};
constexpr BuiltIn kNumeric{ColumnType::numeric, 1700, 1231, "numeric"};
constexpr BuiltIn kUuid{ColumnType::uuid, 2950, 2951, "uuid"};
constexpr BuiltIn kInet{ColumnType::inet, 869, 1041, "inet"};
constexpr BuiltIn kBits{ColumnType::other, 1562, 1563, "bit varying"};

ColumnInfo column_of(const std::string& name, const BuiltIn& type, bool is_array = false) {
  ColumnInfo column;
  column.name = name;
  column.type = type.type;
  column.is_array = is_array;
  column.type_oid = is_array ? type.array_oid : type.oid;
  column.element_oid = is_array ? type.oid : 0;
  column.type_name = type.name;
  if (is_array) column.type_name += "[]";
  return column;
}

ColumnInfo numeric_column(const std::string& name, const TypeParameters& parameters) {
  ColumnInfo column = column_of(name, kNumeric);
  if (parameters.precision == 0) return column;
  column.type_modifier = numeric_modifier(parameters);
  column.type_name += "(" + std::to_string(parameters.precision) + "," + std::to_string(parameters.scale) + ")";
  return column;
}

const BuiltIn& integer_of(const SchemaField& field) {
  // An unsigned one needs a bit more.
  const int bits = field.bits + (field.is_signed ? 0 : 1);
  if (bits <= 16) return kSmallint;
  if (bits <= 32) return kInteger;
  return bits <= 64 ? kBigint : kNumeric;
}

const BuiltIn& type_of(Kind kind, const SchemaField& field) {
  switch (kind) {
    case Kind::boolean:
      return kBoolean;
    case Kind::integer:
      return integer_of(field);
    case Kind::real:
      return kDouble;
    case Kind::single:
      return kReal;
    case Kind::decimal:
      return kNumeric;
    case Kind::bytes:
      return kBytea;
    case Kind::bits:
      return kBits;
    case Kind::instant:
      return kTimestamptz;
    case Kind::local_time:
      return kTimestamp;
    case Kind::date:
      return kDate;
    case Kind::time:
      return kTime;
    case Kind::uuid:
      return kUuid;
    case Kind::duration:
      return kInterval;
    case Kind::address:
      return kInet;
    case Kind::list:
    case Kind::object:
    case Kind::varied:
      return kJsonb;
    case Kind::text:
    case Kind::enumeration:
    case Kind::unknown:
      return kText;
  }
  return kText;
}

}  // namespace
}  // namespace built_in_types

ColumnInfo made_column(const std::string& name, const NamedType& type) {
  using namespace built_in_types;
  switch (type.type) {
    case ValueType::unspecified:
    case ValueType::string:
      return column_of(name, kText);
    case ValueType::integer:
      return column_of(name, kBigint);
    case ValueType::floating:
      return column_of(name, kDouble);
    case ValueType::boolean:
      return column_of(name, kBoolean);
    case ValueType::timestamp:
    case ValueType::timestamp_s:
    case ValueType::timestamp_ms:
    case ValueType::timestamp_us:
    case ValueType::timestamp_ns:
      return column_of(name, kTimestamptz);
    case ValueType::date:
    case ValueType::date_days:
      return column_of(name, kDate);
    case ValueType::time:
    case ValueType::time_ms:
    case ValueType::time_us:
    case ValueType::time_ns:
      return column_of(name, kTime);
    case ValueType::interval:
    case ValueType::interval_us:
      return column_of(name, kInterval);
    case ValueType::decimal:
      return numeric_column(name, type.parameters);
    case ValueType::decimal_base64:
      return column_of(name, kNumeric);
    case ValueType::uuid:
      return column_of(name, kUuid);
    case ValueType::inet:
      return column_of(name, kInet);
    case ValueType::array:
      return column_of(name, kText, true);
    case ValueType::float_array:
      return column_of(name, kReal, true);
    case ValueType::json:
      return column_of(name, kJsonb);
    case ValueType::bytes:
      return column_of(name, kBytea);
  }
  return column_of(name, kText);
}

ColumnInfo same_column(const std::string& name, const SchemaField& field) {
  using namespace built_in_types;
  if (field.kind == Kind::decimal) return numeric_column(name, column_type(field).parameters);
  if (field.kind != Kind::list) return column_of(name, type_of(field.kind, field));
  const bool of_scalars = field.element != Kind::list && field.element != Kind::object &&
                          field.element != Kind::varied && field.element != Kind::unknown;
  return of_scalars ? column_of(name, type_of(field.element, field), true) : column_of(name, kJsonb);
}

ColumnInfo column_for(const TopicMapping& topic, const std::string& name, const SchemaField& field) {
  const auto type = topic.data_types.find(name);
  if (type == topic.data_types.end()) return same_column(name, field);
  const auto parameters = topic.type_parameters.find(name);
  return made_column(name,
                     {type->second, parameters == topic.type_parameters.end() ? TypeParameters() : parameters->second});
}

std::string type_sql(const ColumnInfo& column) {
  if (column.type == ColumnType::timestamptz && !column.is_array) return "TIMESTAMPTZ";
  if (column.type == ColumnType::timestamp && !column.is_array) return "TIMESTAMP";
  if (column.type == ColumnType::time && !column.is_array) return "TIME";
  std::string text = column.type_name;
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - ('a' - 'A')) : c; });
  return text;
}

}  // namespace loom::mapping
