#include <nlohmann/json.hpp>

#include "samples/sample_schema.h"
#include "samples/schema_names.h"

namespace loom::samples {
namespace {
namespace avro_schema_text {

using Json = nlohmann::ordered_json;
using Kind = SampleType::Kind;
using Unit = SampleType::Unit;

Json logical(const char* type, const char* logical_type) { return {{"type", type}, {"logicalType", logical_type}}; }

Json integer_text(Unit unit) {
  switch (unit) {
    case Unit::none:
      return "long";
    case Unit::small:
      return "int";
    case Unit::day:
      return logical("int", "date");
    case Unit::time_ms:
      return logical("int", "time-millis");
    case Unit::time_us:
      return logical("long", "time-micros");
    case Unit::timestamp_ms:
      return logical("long", "timestamp-millis");
    case Unit::timestamp_us:
      return logical("long", "timestamp-micros");
    case Unit::timestamp_ns:
      return logical("long", "timestamp-nanos");
  }
  return "long";
}

Json type_text(const SampleType& type, const std::string& name, SchemaNames& names);

Json record_text(const SampleType& type, const std::string& name, SchemaNames& names) {
  Json record{{"type", "record"}, {"name", names.record(name)}, {"fields", Json::array()}};
  for (const SampleType::Field& field : type.fields) {
    Json entry{{"name", field.name}};
    Json text = type_text(field.type, field.name, names);
    if (field.optional) {
      entry["type"] = Json::array({"null", std::move(text)});
      entry["default"] = nullptr;
    } else {
      entry["type"] = std::move(text);
    }
    record["fields"].push_back(std::move(entry));
  }
  return record;
}

Json type_text(const SampleType& type, const std::string& name, SchemaNames& names) {
  switch (type.kind) {
    case Kind::record:
      return record_text(type, name, names);
    case Kind::list: {
      Json items = type_text(type.element.front(), name + " element", names);
      if (type.gaps) items = Json::array({"null", std::move(items)});
      return {{"type", "array"}, {"items", std::move(items)}};
    }
    case Kind::text:
      return "string";
    case Kind::uuid:
      return logical("string", "uuid");
    case Kind::boolean:
      return "boolean";
    case Kind::integer:
      return integer_text(type.unit);
    case Kind::real:
      return "double";
    case Kind::decimal: {
      Json text = logical("bytes", "decimal");
      text["precision"] = type.precision;
      text["scale"] = type.scale;
      return text;
    }
    case Kind::bytes:
    case Kind::base64:
      return "bytes";
    case Kind::timestamp:
      return logical("long", "timestamp-micros");
    case Kind::date:
      return logical("int", "date");
    case Kind::time:
      return logical("long", "time-micros");
  }
  return "string";
}

}  // namespace avro_schema_text
}  // namespace

std::string avro_text(const SampleType& root, const std::string& topic) {
  SchemaNames names;
  return avro_schema_text::type_text(root, topic, names).dump(2) + "\n";
}

}  // namespace loom::samples
