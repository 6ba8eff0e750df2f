#include "mapping/schema_fields.h"

#include <algorithm>

#include "base/similar.h"
#include "mapping/schema_walk.h"
#include "mapping/sources.h"

namespace loom::mapping {
namespace schema_fields {
namespace {

using Kind = SchemaField::Kind;
using formats::Format;

bool is_number(Kind kind) {
  return kind == Kind::integer || kind == Kind::real || kind == Kind::single || kind == Kind::decimal;
}

bool is_text(Kind kind) { return kind == Kind::text || kind == Kind::enumeration; }

/// nullptr: there is none of that name, or none at all.
const formats::ProtobufMessage* message_of(const formats::ProtobufSchema& schema, std::string_view name) {
  if (!name.empty()) return schema.find(name);
  return schema.top.empty() ? nullptr : &schema.messages[schema.top.front().message];
}

const char* name_of(Kind kind) {
  switch (kind) {
    case Kind::boolean:
      return "boolean";
    case Kind::integer:
      return "integer";
    case Kind::real:
      return "double";
    case Kind::single:
      return "float";
    case Kind::decimal:
      return "decimal";
    case Kind::text:
      return "text";
    case Kind::bytes:
      return "run of bytes";
    case Kind::bits:
      return "run of bits";
    case Kind::instant:
      return "timestamp";
    case Kind::local_time:
      return "local timestamp";
    case Kind::date:
      return "date";
    case Kind::time:
      return "time of day";
    case Kind::uuid:
      return "UUID";
    case Kind::duration:
      return "duration";
    case Kind::address:
      return "network address";
    case Kind::enumeration:
      return "name of an enumeration";
    case Kind::list:
      return "list";
    case Kind::object:
      return "record";
    case Kind::varied:
      return "value of several types";
    case Kind::unknown:
      return "value of any type";
  }
  return "value";
}

std::string text_of(const std::vector<PathStep>& path) {
  std::string text;
  for (const PathStep& step : path) {
    if (step.index) {
      text += "[" + std::to_string(*step.index) + "]";
    } else {
      text += (text.empty() ? "" : ".") + path_to(step.name);
    }
  }
  return text;
}

std::string with_article(const std::string& name) { return (name.find_first_of("aeiou") == 0 ? "an " : "a ") + name; }

ValueType type_of(Kind kind) {
  switch (kind) {
    case Kind::boolean:
      return ValueType::boolean;
    case Kind::integer:
      return ValueType::integer;
    case Kind::real:
    case Kind::single:
      return ValueType::floating;
    case Kind::decimal:
      return ValueType::decimal;
    case Kind::text:
    case Kind::enumeration:
    case Kind::bits:
      return ValueType::string;
    case Kind::bytes:
      return ValueType::bytes;
    case Kind::instant:
    case Kind::local_time:
      return ValueType::timestamp;
    case Kind::date:
      return ValueType::date;
    case Kind::time:
      return ValueType::time;
    case Kind::uuid:
      return ValueType::uuid;
    case Kind::duration:
      return ValueType::interval;
    case Kind::address:
      return ValueType::inet;
    case Kind::list:
    case Kind::object:
    case Kind::varied:
      return ValueType::json;
    case Kind::unknown:
      return ValueType::unspecified;
  }
  return ValueType::unspecified;
}

}  // namespace
}  // namespace schema_fields

TopicSchema schema_of(const TopicMapping& topic, const TopicSchemas& known) {
  const MessageFormat& format = topic.value_format;
  if (format.schema != nullptr) return {format.schema, format.message, format.file, true};
  const auto found = known.find(topic.topic);
  return found == known.end() ? TopicSchema{} : found->second;
}

std::optional<SchemaField> field_at(const formats::Schema& schema, std::string_view message,
                                    const std::vector<PathStep>& path) {
  if (schema.avro != nullptr) return avro_field(*schema.avro, path);
  if (schema.json != nullptr) return json_field(*schema.json, path);
  if (schema.connect != nullptr) return connect_field(*schema.connect, path);
  if (schema.protobuf == nullptr) return SchemaField{.nullable = true, .required = false};
  const auto* const meant = schema_fields::message_of(*schema.protobuf, message);
  return meant == nullptr ? std::nullopt : protobuf_field(*schema.protobuf, *meant, path);
}

std::vector<PathStep> path_in_element(const std::string& array, const std::string& path) {
  std::vector<PathStep> steps = split_path(array_root(array));
  steps.push_back({.name = {}, .index = 0});
  for (PathStep& step : split_path(path)) steps.push_back(std::move(step));
  return steps;
}

std::vector<std::string> names_at(const formats::Schema& schema, std::string_view message,
                                  const std::vector<PathStep>& path) {
  if (schema.avro != nullptr) return avro_names(*schema.avro, path);
  if (schema.json != nullptr) return json_names(*schema.json, path);
  if (schema.connect != nullptr) return connect_names(*schema.connect, path);
  if (schema.protobuf == nullptr) return {};
  const auto* const meant = schema_fields::message_of(*schema.protobuf, message);
  return meant == nullptr ? std::vector<std::string>{} : protobuf_names(*schema.protobuf, *meant, path);
}

SchemaField either(const SchemaField& a, const SchemaField& b) {
  using Kind = SchemaField::Kind;
  SchemaField both = a;
  both.nullable = a.nullable || b.nullable;
  both.required = a.required && b.required;
  if (a.kind == b.kind) {
    const bool of_integers = a.kind == Kind::list && a.element == Kind::integer && b.element == Kind::integer;
    if (a.kind == Kind::integer || of_integers) {
      both.bits = std::max(a.bits, b.bits);
      // One bit more than the unsigned one has.
      if (a.is_signed != b.is_signed) {
        const int unsigned_bits = a.is_signed ? b.bits : a.bits;
        both.is_signed = unsigned_bits < 64;
        if (both.bits == unsigned_bits) both.bits = 64;
      }
    }
    if (a.kind == Kind::decimal && (a.precision != b.precision || a.scale != b.scale)) both.precision = both.scale = 0;
    if (a.kind == Kind::list && a.element != b.element) both.element = Kind::varied;
    return both;
  }
  both.bits = 64;
  both.is_signed = true;
  both.precision = both.scale = 0;
  if (a.kind == Kind::unknown || b.kind == Kind::unknown) {
    both.kind = Kind::unknown;
  } else if (schema_fields::is_number(a.kind) && schema_fields::is_number(b.kind)) {
    const bool floats =
        a.kind != Kind::integer && a.kind != Kind::decimal && b.kind != Kind::integer && b.kind != Kind::decimal;
    both.kind = floats ? Kind::real : Kind::decimal;  // which holds the others exactly
  } else {
    both.kind = schema_fields::is_text(a.kind) && schema_fields::is_text(b.kind) ? Kind::text : Kind::varied;
  }
  return both;
}

NamedType column_type(const SchemaField& field) {
  using Kind = SchemaField::Kind;
  constexpr int kNumericMax = 1000;  // PostgreSQL's NUMERIC_MAX_PRECISION
  if (field.kind == Kind::integer && field.bits == 64 && !field.is_signed) return {ValueType::decimal, {20, 0}};
  if (field.kind == Kind::decimal && field.precision > 0 && field.precision <= kNumericMax &&
      field.scale >= -kNumericMax && field.scale <= kNumericMax) {
    return {ValueType::decimal, {field.precision, field.scale}};
  }
  if (field.kind == Kind::list && schema_fields::is_text(field.element)) return {ValueType::array, {}};
  if (field.kind == Kind::list && field.element == Kind::single) return {ValueType::float_array, {}};
  return {schema_fields::type_of(field.kind), {}};
}

std::string describe(const SchemaField& field) {
  using Kind = SchemaField::Kind;
  if (field.kind == Kind::integer) {
    return std::string(field.is_signed ? "a " : "an unsigned ") + std::to_string(field.bits) + "-bit integer";
  }
  const std::string name = schema_fields::name_of(field.kind);
  if (field.kind == Kind::decimal && field.precision > 0) {
    return "a decimal of " + std::to_string(field.precision) + " digits, " + std::to_string(field.scale) +
           " of them behind the point";
  }
  if (field.kind == Kind::list && field.element != Kind::unknown) {
    return "a list, each element of which is " + schema_fields::with_article(schema_fields::name_of(field.element));
  }
  return schema_fields::with_article(name);
}

std::string meant_path(const formats::Schema& schema, std::string_view message, const std::vector<PathStep>& path) {
  std::vector<PathStep> good;
  for (std::size_t i = 0; i < path.size(); ++i) {
    good.push_back(path[i]);
    if (field_at(schema, message, good)) continue;
    if (path[i].index) return {};
    good.pop_back();
    const auto names = names_at(schema, message, good);
    const std::string_view similar = similar_name(path[i].name, names);
    if (similar.empty()) return {};
    good.push_back({.name = std::string(similar), .index = {}});
    // What follows may be right.
    std::vector<PathStep> whole = good;
    whole.insert(whole.end(), path.begin() + static_cast<std::ptrdiff_t>(i) + 1, path.end());
    return schema_fields::text_of(field_at(schema, message, whole) ? whole : good);
  }
  return {};
}

}  // namespace loom::mapping
