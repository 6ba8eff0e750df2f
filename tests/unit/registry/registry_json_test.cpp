#include "registry/registry_json.h"

#include <gtest/gtest.h>

#include "registry/registry_client.h"

namespace loom::registry {
namespace {

TEST(RegistryJson, ASchemaWithoutATypeIsAvro) {
  const auto schema = read_schema(R"({"schema":"\"string\""})");
  ASSERT_TRUE(schema);
  EXPECT_EQ(schema->schema, "\"string\"");
  EXPECT_EQ(schema->type, "AVRO");
  EXPECT_TRUE(schema->references.empty());
}

TEST(RegistryJson, ReferencesAreReadInTheirOrder) {
  const auto schema = read_schema(
      R"({"subject":"s","schemaType":"PROTOBUF","schema":"x","references":[
          {"name":"a.proto","subject":"a","version":3},{"name":"b.proto","subject":"b/ü","version":1}]})");
  ASSERT_TRUE(schema);
  ASSERT_EQ(schema->references.size(), 2U);
  EXPECT_EQ(schema->references[0].name, "a.proto");
  EXPECT_EQ(schema->references[0].version, 3);
  EXPECT_EQ(schema->references[1].subject, "b/ü");
  EXPECT_TRUE(read_schema(R"({"schema":"x","references":null})"));
}

TEST(RegistryJson, WhatIsNoSchemaIsNone) {
  for (const char* body : {"", "<html>", "[]", "1", "{}", R"({"schema":1})", R"({"schema":"x","references":[{}]})",
                           R"({"schema":"x","references":1})", R"({"schema":"x")"}) {
    EXPECT_FALSE(read_schema(body)) << body;
  }
  const std::string deep(5000, '[');
  EXPECT_FALSE(read_schema(deep));
}

TEST(RegistryJson, ErrorsHaveACodeWhereARegistryAnswers) {
  EXPECT_EQ(read_error(R"({"error_code":40403,"message":"Schema not found"})").code, 40403);
  EXPECT_EQ(read_error(R"({"error_code":40403,"message":"Schema not found"})").message, "Schema not found");
  EXPECT_EQ(read_error(R"({"status":404,"title":"no such path"})").code, 0);
  EXPECT_EQ(read_error("").code, 0);
}

TEST(RegistryJson, WhatIsRegisteredIsEscaped) {
  const NewSchema schema{formats::Format::protobuf, "a \"b\"\n", {{"x.proto", "s", 2}}};
  EXPECT_EQ(
      write_schema(schema),
      R"({"schemaType":"PROTOBUF","schema":"a \"b\"\n","references":[{"name":"x.proto","subject":"s","version":2}]})");
  EXPECT_EQ(write_schema({formats::Format::avro, "\"int\"", {}}), R"({"schemaType":"AVRO","schema":"\"int\""})");
}

TEST(RegistryJson, IdsAreWrittenAsTheApiHasThem) {
  decode::SchemaId guid;
  for (std::size_t i = 0; i < guid.guid.size(); ++i) guid.guid[i] = static_cast<std::uint8_t>(i * 17);
  EXPECT_EQ(id_text(guid), "00112233-4455-6677-8899-aabbccddeeff");
  EXPECT_EQ(id_text({.number = 4294967296, .guid = {}}), "4294967296");
}

TEST(RegistryJson, PartsOfAPathArePercentEncoded) {
  EXPECT_EQ(percent_encoded("a/b c?ü-._~9"), "a%2Fb%20c%3F%C3%BC-._~9");
}

}  // namespace
}  // namespace loom::registry
