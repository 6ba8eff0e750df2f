#include "samples/schema_file.h"

#include <gtest/gtest.h>

#include <memory>
#include <utility>

#include "formats/schema.h"

namespace loom::samples {
namespace {

using formats::Format;

mapping::TopicMapping orders() {
  mapping::TopicMapping topic;
  topic.field_mappings = {{"device_id", "device_id", 0}, {"data.price", "price", 0}, {"data.seen", "seen_at", 0}};
  topic.data_types = {{"price", mapping::ValueType::floating}, {"seen_at", mapping::ValueType::timestamp}};
  return topic;
}

std::string with(std::string text, const std::string& what, const std::string& instead) {
  const std::size_t at = text.find(what);
  EXPECT_NE(at, std::string::npos) << what;
  return at == std::string::npos ? text : text.replace(at, what.size(), instead);
}

/// A mapping's file with that schema. Of Protobuf it is a descriptor, which says the same as the text.
mapping::MessageFormat file_with(Format format, const std::string& text) {
  auto schema = std::make_shared<formats::Schema>();
  schema->format = format;
  schema->text = text;
  if (format == Format::protobuf) {
    auto parsed = formats::parse_protobuf_schema(text);
    EXPECT_TRUE(parsed.schema) << parsed.problem;
    schema->protobuf = std::make_shared<const formats::ProtobufSchema>(std::move(*parsed.schema));
  }
  return {.format = format, .file = "orders", .message = "samples.Orders", .schema = std::move(schema)};
}

TEST(SchemaFile, IsTheSamplesSchemaHoweverItIsWritten) {
  const SampleSchema avro = sample_schema(orders(), "orders", Format::avro);
  EXPECT_TRUE(is_schema_of_file(avro, file_with(Format::avro, avro.text)));
  EXPECT_TRUE(is_schema_of_file(avro, file_with(Format::avro, with(avro.text, "\n", "   "))));
  const SampleSchema protobuf = sample_schema(orders(), "orders", Format::protobuf);
  EXPECT_TRUE(is_schema_of_file(protobuf, file_with(Format::protobuf, protobuf.text)));
  EXPECT_TRUE(is_schema_of_file(protobuf, file_with(Format::protobuf, with(protobuf.text, "  ", "\n\n"))));
}

TEST(SchemaFile, IsAnotherWhereAFieldIsAnother) {
  const SampleSchema avro = sample_schema(orders(), "orders", Format::avro);
  EXPECT_FALSE(is_schema_of_file(avro, file_with(Format::avro, with(avro.text, "double", "float"))));
  EXPECT_FALSE(is_schema_of_file(avro, file_with(Format::avro, "no schema")));
  const SampleSchema protobuf = sample_schema(orders(), "orders", Format::protobuf);
  const auto differs = [&](const std::string& what, const std::string& instead) {
    return !is_schema_of_file(protobuf, file_with(Format::protobuf, with(protobuf.text, what, instead)));
  };
  EXPECT_TRUE(differs("double price", "float price")) << "in a message inside";
  EXPECT_TRUE(differs("price = 1", "price = 7"));
  EXPECT_TRUE(differs("double price", "double cost"));
  EXPECT_TRUE(differs("optional double", "double"));
  EXPECT_TRUE(differs("  Data data = 2;\n", "  Data data = 2;\n  string more = 3;\n"));
}

TEST(SchemaFile, IsAnotherWhereItsMessageIsAnother) {
  const SampleSchema protobuf = sample_schema(orders(), "orders", Format::protobuf);
  mapping::MessageFormat file = file_with(Format::protobuf, protobuf.text);
  file.message = "samples.Orders.Data";
  EXPECT_FALSE(is_schema_of_file(protobuf, file));
  file.message = "samples.Nothing";
  EXPECT_FALSE(is_schema_of_file(protobuf, file));
}

}  // namespace
}  // namespace loom::samples
