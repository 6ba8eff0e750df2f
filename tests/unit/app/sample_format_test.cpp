#include "app/sample_format.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>
#include <utility>

#include "formats/schema.h"
#include "samples/sample_schema.h"

namespace loom::app {
namespace {

using formats::Format;
using ::testing::AllOf;
using ::testing::HasSubstr;

mapping::TopicMapping orders(Format format) {
  mapping::TopicMapping topic;
  topic.field_mappings = {{"order_id", "order_id", 0}, {"total", "total", 0}};
  topic.data_types = {{"total", mapping::ValueType::floating}};
  topic.value_format.format = format;
  return topic;
}

/// With a schema_file that holds this.
mapping::TopicMapping orders_with_file(std::string schema) {
  mapping::TopicMapping topic = orders(Format::avro);
  topic.value_format.file = "orders.avsc";
  auto made = std::make_shared<formats::Schema>();
  made->format = Format::avro;
  made->text = std::move(schema);
  topic.value_format.schema = std::move(made);
  return topic;
}

std::string problem_of(const mapping::TopicMapping& topic, Format format) {
  try {
    sample_encoder(topic, "shop.orders", format, {});
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return {};
}

TEST(SampleFormat, IsTheOneAskedForElseTheMappingsElseJson) {
  EXPECT_EQ(format_of_samples(orders(Format::avro), std::nullopt), Format::avro);
  EXPECT_EQ(format_of_samples(orders(Format::avro), Format::protobuf), Format::protobuf);
  EXPECT_EQ(format_of_samples(orders(Format::avro), Format::json), Format::json);
  EXPECT_EQ(format_of_samples(orders(Format::automatic), std::nullopt), Format::json);
  EXPECT_EQ(format_of_samples(orders(Format::json), std::nullopt), Format::json);
}

TEST(SampleFormat, IsWarnedOfWhereTheServiceReadsAnother) {
  EXPECT_FALSE(format_warning(orders(Format::avro), Format::avro));
  EXPECT_FALSE(format_warning(orders(Format::automatic), Format::protobuf));
  EXPECT_THAT(format_warning(orders(Format::json), Format::avro).value_or(""),
              AllOf(HasSubstr("samples are in avro"), HasSubstr("`format: json`")));
}

TEST(SampleFormat, OfASchemaNeedsARegistry) {
  EXPECT_THAT(problem_of(orders(Format::protobuf), Format::protobuf), HasSubstr("LOOM_SCHEMA_REGISTRY_URL"));
}

TEST(SampleFormat, NeedsNoRegistryWhereTheMappingHasTheSchema) {
  const std::string schema = samples::sample_schema(orders(Format::avro), "shop.orders", Format::avro).text;
  const auto encoder = sample_encoder(orders_with_file(schema), "shop.orders", Format::avro, {});
  EXPECT_FALSE(encoder->is_framed());
}

TEST(SampleFormat, SaysHowTheMappingsSchemaBecomesTheSamples) {
  EXPECT_THAT(problem_of(orders_with_file(R"("string")"), Format::avro),
              AllOf(HasSubstr("orders.avsc has another schema"),
                    HasSubstr("--print-schema > samples.avsc && mv samples.avsc orders.avsc")));
}

TEST(SampleFormat, RefusesKeysThatItCannotMake) {
  mapping::TopicMapping topic = orders(Format::avro);
  topic.key_format.format = Format::avro;
  EXPECT_THAT(problem_of(topic, Format::avro), HasSubstr("LOOM_SCHEMA_REGISTRY_URL")) << "nothing of the key is taken";
  topic.field_mappings.push_back({"$key.id", "id", 0});
  EXPECT_THAT(problem_of(topic, Format::avro), AllOf(HasSubstr("$key.id"), HasSubstr("avro")));
}

}  // namespace
}  // namespace loom::app
