#include "samples/sample_type.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "samples/fields.h"
#include "samples/tree.h"
#include "text/json_text.h"

namespace loom::samples {
namespace {

using formats::Format;
using mapping::ValueType;
using TypeKind = SampleType::Kind;
using Unit = SampleType::Unit;
using ValueKind = SampleValue::Kind;

// Avro asks for one; this is what 16 bytes hold.
constexpr int kAnyPrecision = 38;

SampleType plain(TypeKind kind) { return {.kind = kind, .fields = {}}; }

SampleType counted(Unit unit) { return {.kind = TypeKind::integer, .unit = unit, .fields = {}}; }

SampleType decimal_of(const SampleField& field) {
  const int scale = field.value.kind == ValueKind::decimal ? static_cast<int>(field.value.digits) : 0;
  const int precision = field.parameters.precision == 0 ? kAnyPrecision : field.parameters.precision;
  return {.kind = TypeKind::decimal, .precision = std::max(precision, scale), .scale = scale, .fields = {}};
}

SampleType list_of(SampleType element) {
  SampleType list{.kind = TypeKind::list, .fields = {}};
  list.element.push_back(std::move(element));
  return list;
}

SampleType::Field field_of(const std::string& name, bool optional, SampleType type) {
  const std::string quoted = text::json_text(name);
  return {name, quoted.substr(1, quoted.size() - 2), optional, std::move(type)};
}

/// The object that values of SampleValue::Kind::object are.
SampleType document(Format format) {
  SampleType type{.kind = TypeKind::record, .fields = {}};
  type.fields.push_back(field_of("source", true, plain(TypeKind::text)));
  type.fields.push_back(field_of("version", true, counted(Unit::small)));
  // As JSON it is 0.500, whose zeros only a decimal keeps. Protobuf has none that is a number.
  SampleType score{.kind = TypeKind::decimal, .precision = 4, .scale = 3, .fields = {}};
  type.fields.push_back(field_of("score", true, format == Format::avro ? score : plain(TypeKind::real)));
  return type;
}

Unit unit_of(ValueType type) {
  switch (type) {
    case ValueType::date_days:
      return Unit::day;
    case ValueType::time_ms:
      return Unit::time_ms;
    case ValueType::time_us:
      return Unit::time_us;
    case ValueType::timestamp_ms:
      return Unit::timestamp_ms;
    case ValueType::timestamp_us:
      return Unit::timestamp_us;
    case ValueType::timestamp_ns:
      return Unit::timestamp_ns;
    default:
      return Unit::none;
  }
}

TypeKind text_kind(const SampleField& field) {
  if (field.value.kind == ValueKind::base64) {
    const bool decoded =
        field.transform == mapping::Transform::base64_decode || field.type == ValueType::decimal_base64;
    return decoded ? TypeKind::base64 : TypeKind::text;
  }
  switch (field.type) {
    case ValueType::bytes:
      return TypeKind::bytes;
    case ValueType::uuid:
      return TypeKind::uuid;
    case ValueType::time:
      return TypeKind::time;
    default:
      return TypeKind::text;
  }
}

SampleType value_type(const SampleField& field, Format format) {
  switch (field.value.kind) {
    case ValueKind::boolean:
      return plain(TypeKind::boolean);
    case ValueKind::counter:
    case ValueKind::integer:
    case ValueKind::unix_time:
      return field.type == ValueType::decimal ? decimal_of(field) : counted(unit_of(field.type));
    case ValueKind::decimal:
      return field.type == ValueType::decimal ? decimal_of(field) : plain(TypeKind::real);
    case ValueKind::iso_time:
      if (field.type == ValueType::string) return plain(TypeKind::text);
      return plain(field.type == ValueType::date ? TypeKind::date : TypeKind::timestamp);
    case ValueKind::object:
      return document(format);
    case ValueKind::text_list:
      return list_of(plain(TypeKind::text));
    case ValueKind::number_list:
      return list_of(plain(TypeKind::real));
    case ValueKind::device:
    case ValueKind::uuid:
    case ValueKind::word:
    case ValueKind::sentence:
    case ValueKind::url:
    case ValueKind::email:
    case ValueKind::base64:
      break;
  }
  return plain(text_kind(field));
}

bool is_container(const SampleType& type) { return type.kind == TypeKind::record || type.kind == TypeKind::list; }

/// One type for both: elements of a list have one.
SampleType both(SampleType a, const SampleType& b) {
  if (a.kind == TypeKind::record && b.kind == TypeKind::record) {
    for (const SampleType::Field& field : b.fields) {
      const auto same =
          std::find_if(a.fields.begin(), a.fields.end(), [&](const auto& other) { return other.name == field.name; });
      if (same == a.fields.end()) {
        a.fields.push_back(field);
      } else {
        same->type = both(std::move(same->type), field.type);
      }
    }
    return a;
  }
  if (a.kind == TypeKind::list && b.kind == TypeKind::list) {
    a.gaps = a.gaps || b.gaps;
    a.element.front() = both(std::move(a.element.front()), b.element.front());
    return a;
  }
  if (is_container(a) || is_container(b)) {
    throw std::runtime_error("a list whose elements are objects, lists and values has no type in a schema");
  }
  const bool same = a.kind == b.kind && a.unit == b.unit && a.precision == b.precision && a.scale == b.scale;
  return same ? a : plain(TypeKind::text);
}

class TypeMaker {
 public:
  TypeMaker(const mapping::TopicMapping& topic, Format format) : topic_(topic), format_(format) {}

  SampleType of(const SampleNode& node, bool in_element) const {
    if (!node.element.empty()) return list_of(of(node.element.front(), true));
    if (node.is_value()) return value_type(*node.field, format_);
    if (node.is_list()) return of_places(node, in_element);
    SampleType type{.kind = TypeKind::record, .fields = {}};
    for (const SampleNode& child : node.children) {
      type.fields.push_back(field_of(child.step.name, in_element || !is_required(child), of(child, in_element)));
    }
    return type;
  }

 private:
  SampleType of_places(const SampleNode& node, bool in_element) const {
    SampleType list = list_of(of(node.children.front(), in_element));
    SampleType& element = list.element.front();
    for (const SampleNode& child : node.children) element = both(std::move(element), of(child, in_element));
    for (SampleType::Field& field : element.fields) field.optional = true;
    const std::int32_t size = node.list_size();
    for (std::int32_t i = 0; i < size; ++i) list.gaps = list.gaps || node.at(i, size) == nullptr;
    return list;
  }

  [[nodiscard]] bool is_required(const SampleNode& node) const {
    if (!node.is_value()) return false;
    return std::any_of(topic_.required_fields.begin(), topic_.required_fields.end(),
                       [&](const std::string& name) { return node.field->path == name || node.field->column == name; });
  }

  const mapping::TopicMapping& topic_;
  const Format format_;
};

}  // namespace

SampleType sample_type(const mapping::TopicMapping& topic, Format format) {
  return TypeMaker(topic, format).of(message_tree(topic, sample_fields(topic)), false);
}

}  // namespace loom::samples
