#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "formats/schema.h"
#include "mapping_fixture.h"
#include "support/temporary_folder.h"

namespace loom::mapping::testing {
namespace {

using formats::Format;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(FormatsTest, AFileWithoutThemIsJson) {
  const TopicMapping topic = topic_of(topic_yaml(""));
  EXPECT_EQ(topic.value_format.format, Format::json);
  EXPECT_EQ(topic.key_format.format, Format::json);
  EXPECT_FALSE(topic.value_format.needs_registry());
}

TEST(FormatsTest, EachHasItsName) {
  for (const auto& [name, format] : {std::pair{"json", Format::json},
                                     {"json_schema", Format::json_schema},
                                     {"avro", Format::avro},
                                     {"protobuf", Format::protobuf},
                                     {"auto", Format::automatic},
                                     {"Avro", Format::avro}}) {
    const TopicMapping topic = topic_of(topic_yaml("format: " + std::string(name) + "\nkey_format: " + name));
    EXPECT_EQ(topic.value_format.format, format) << name;
    EXPECT_EQ(topic.key_format.format, format) << name;
  }
  EXPECT_THAT(problems_of(topic_yaml("format: arvo")), ElementsAre(HasSubstr("did you mean `avro`?")));
}

TEST(FormatsTest, DefaultsHoldForTopicsThatSayNothing) {
  const MappingFile file = loaded(R"(schema_version: v1
defaults:
  format: avro
  key_format: text
topics:
  a: {table: a}
  b: {table: b, format: json, key_format: bytes}
)");
  EXPECT_EQ(file.topics[0].value_format.format, Format::avro);
  EXPECT_TRUE(file.topics[0].value_format.needs_registry());
  EXPECT_EQ(file.topics[0].key_format.format, Format::text);
  EXPECT_EQ(file.topics[1].value_format.format, Format::json);
  EXPECT_EQ(file.topics[1].key_format.format, Format::bytes);
}

TEST(FormatsTest, TextHasNoFields) {
  EXPECT_THAT(problems_of(topic_yaml("format: text\nfield_mappings:\n  $value: a\n  $key: b\n  x: c")),
              ElementsAre(HasSubstr("field_mappings.x: can never match")));
  EXPECT_THAT(problems_of(topic_yaml("format: bytes")), ElementsAre(HasSubstr("needs field_mappings")));
}

TEST(FormatsTest, ASchemaFileStandsBesideTheMapping) {
  const loom::testing::TemporaryFolder folder;
  folder.write("a.avsc", R"({"type":"record","name":"R","fields":[{"name":"id","type":"long"}]})");
  folder.write("broken.avsc", R"({"type":"recrod"})");
  const auto load = [&](const std::string& lines) {
    return load_mapping_text(topic_yaml(lines), folder.path_of("topic_mappings.yml"));
  };
  const LoadResult good = load("format: avro\nschema_file: a.avsc");
  ASSERT_TRUE(good.file) << shown(good.problems).at(0);
  const MessageFormat& format = good.file->topics[0].value_format;
  ASSERT_NE(format.schema, nullptr);
  EXPECT_NE(format.schema->avro, nullptr);
  EXPECT_FALSE(format.needs_registry());
  EXPECT_THAT(shown(load("format: avro\nschema_file: b.avsc").problems),
              ElementsAre(HasSubstr("b.avsc cannot be read: No such file or directory")));
  EXPECT_THAT(shown(load("format: avro\nschema_file: broken.avsc").problems),
              ElementsAre(HasSubstr("which is no schema that can be used")));
  EXPECT_THAT(shown(load("format: protobuf\nschema_file: a.avsc").problems),
              ElementsAre(HasSubstr("goes with `format: avro`")));
  EXPECT_THAT(shown(load("schema_file: a.avsc").problems), ElementsAre(HasSubstr("the topic's format is `json`")));
  EXPECT_THAT(shown(load("format: protobuf\nmessage: a.B").problems),
              ElementsAre(HasSubstr("goes with a descriptor_file")));
  EXPECT_THAT(shown(load("format: avro\nschema_file: ''").problems), ElementsAre(HasSubstr("is empty")));
}

TEST(FormatsTest, AnotherSchemaIsAnotherPlan) {
  const auto schema = [](const char* text) {
    auto made = std::make_shared<formats::Schema>();
    made->text = text;
    return made;
  };
  MessageFormat a{.format = Format::avro, .file = "f", .message = "", .schema = schema("1")};
  MessageFormat same{.format = Format::avro, .file = "f", .message = "", .schema = schema("1")};
  MessageFormat other{.format = Format::avro, .file = "f", .message = "", .schema = schema("2")};
  EXPECT_EQ(a, same);
  EXPECT_FALSE(a == other);
  EXPECT_FALSE(a == MessageFormat{});
}

}  // namespace
}  // namespace loom::mapping::testing
