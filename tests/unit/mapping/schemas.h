#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "formats/schema.h"

namespace loom::mapping::testing {

/// Schemas from texts that are right.
inline formats::Schema avro(const std::string& text) {
  auto parsed = formats::parse_avro_schema(text);
  EXPECT_EQ(parsed.problem, "");
  formats::Schema schema;
  schema.format = formats::Format::avro;
  schema.text = text;
  schema.avro = std::make_shared<const formats::AvroSchema>(std::move(parsed.schema).value());
  return schema;
}

inline formats::Schema protobuf(const std::string& text) {
  auto parsed = formats::parse_protobuf_schema(text);
  EXPECT_EQ(parsed.problem, "");
  formats::Schema schema;
  schema.format = formats::Format::protobuf;
  schema.text = text;
  schema.protobuf = std::make_shared<const formats::ProtobufSchema>(std::move(parsed.schema).value());
  return schema;
}

inline formats::Schema json(const std::string& text) {
  auto parsed = formats::parse_json_schema(text);
  EXPECT_EQ(parsed.problem, "");
  formats::Schema schema;
  schema.text = text;
  schema.json = std::make_shared<const formats::JsonSchema>(std::move(parsed.schema).value());
  return schema;
}

}  // namespace loom::mapping::testing
