#include "mapping/table_names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "mapping/compile.h"
#include "mapping_fixture.h"

namespace loom::mapping::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// The name in SQL, or what is wrong.
std::string read(const std::string& text) {
  Findings findings("test.yml");
  const auto name = parse_table_name(text, {"t", "table", 1}, findings);
  const auto problems = findings.take();
  return name ? name->quoted() : problems.at(0).message;
}

TEST(TableNames, HeadersGiveThemTheirValues) {
  const auto file = loaded(
      "schema_version: v1\n"
      "topics:\n"
      "  events:\n"
      "    table: ${headers.tenant}.${headers.type}_${topic}\n"
      "    field_mappings: {id: id}\n"
      "    upsert_key: [id]\n"
      "    array_mappings:\n"
      "      items: {table: \"${headers.tenant}_${headers.type}_items\", foreign_key_mapping: {id: id}, "
      "element_mappings: {a: a}}\n");
  const TopicMapping& topic = file.topics[0];
  EXPECT_TRUE(has_open_table_name(topic));
  EXPECT_THAT(table_headers(topic), ElementsAre("tenant", "type"));
  const auto concrete = for_topic(topic, "events", {"acme", "say \"${topic}\""});
  EXPECT_EQ(concrete.table.quoted(), R"("acme"."say ""${topic}""_events")") << "a value is not looked into";
  EXPECT_EQ(concrete.array_mappings[0].table->quoted(), R"("acme_say ""${topic}""_items")");
  EXPECT_FALSE(has_open_table_name(for_topic(topic, "events", {"acme", "click"})));
  EXPECT_TRUE(has_open_table_name(for_topic(topic, "events")));
}

TEST(TableNames, EachTableOfATopicHasAllItsHeaders) {
  EXPECT_THAT(
      problems_of(
          "schema_version: v1\ntopics:\n  t:\n    table: \"a_${headers.x}\"\n    field_mappings: {id: id}\n"
          "    array_mappings:\n      l: {table: b, foreign_key_mapping: {id: id}, element_mappings: {c: c}}\n"),
      ElementsAre(HasSubstr("7 error array_mappings.l.table: is `b`, without the `${headers.x}` that another "
                            "table of this topic has")));
}

TEST(TableNames, PlainOnesAndOnesInQuotes) {
  EXPECT_EQ(read("name"), R"("name")");
  EXPECT_EQ(read("schema.name"), R"("schema"."name")");
  EXPECT_EQ(read(R"("a.b")"), R"("a.b")");
  EXPECT_EQ(read(R"(schema."odd.name")"), R"("schema"."odd.name")");
  EXPECT_EQ(read(R"("s.x"."say ""hi""")"), R"("s.x"."say ""hi""")");
  EXPECT_EQ((TableName{"", "a.b"}.display()), R"("a.b")");
  EXPECT_EQ((TableName{"s", "a"}.display()), "s.a");
  for (const char* text : {"a.b.c", ".a", "a.", "\"a", "\"a\"b", "\"\"", "a.\"\""}) {
    EXPECT_THAT(read(text), HasSubstr("accepted: `name` or `schema.name`")) << text;
  }
}

TEST(TableNames, ATopicsNameMayStandInThem) {
  EXPECT_EQ(read("events_${topic}"), R"("events_${topic}")");
  EXPECT_EQ(read("${topic}.events"), R"("${topic}"."events")");
  EXPECT_EQ(read("events_${headers.tenant}"), R"("events_${headers.tenant}")");
  EXPECT_EQ(read("${headers.a.b}.events"), R"("${headers.a.b}"."events")");
  for (const char* text : {"events_${name}", "events_${headers.}", "events_${headers.x", "${}", "${topic"}) {
    EXPECT_THAT(read(text), HasSubstr("` stands for nothing here; accepted: ${topic}, ${headers.NAME}")) << text;
  }
}

TEST(TableNames, OfAPatternBecomeThoseOfTheTopic) {
  const auto file = loaded(
      "schema_version: v1\n"
      "topics:\n"
      "  ^shop\\..*:\n"
      "    table: events_${topic}\n"
      "    field_mappings: {id: id}\n"
      "    array_mappings:\n"
      "      items: {table: \"${topic}.items\", foreign_key_mapping: {id: id}, element_mappings: {a: a}}\n"
      "  exact: {table: \"x_${topic}\"}\n"
      "  other: {table: o}\n");
  EXPECT_TRUE(has_open_table_name(file.topics[0]));
  EXPECT_FALSE(has_open_table_name(file.topics[1]));
  EXPECT_EQ(file.topics[1].table.name, "x_exact");
  EXPECT_EQ(with_known_tables(file).topics.size(), 2U);
  const TopicMapping concrete = for_topic(file.topics[0], "shop.orders");
  EXPECT_EQ(concrete.table.quoted(), R"("events_shop.orders")");
  EXPECT_EQ(concrete.array_mappings[0].table->quoted(), R"("shop.orders"."items")");
  EXPECT_FALSE(has_open_table_name(concrete));

  FakeCatalog catalog;
  catalog.table("x", {"id text"});
  const auto result = compile(for_topic(file.topics[0], "shop." + std::string(80, 'x')), catalog, "test.yml");
  EXPECT_THAT(shown(result.problems), ElementsAre(HasSubstr("4 error table: the name `events_shop.xxx"),
                                                  HasSubstr("7 error array_mappings.items.table: the name `shop.xxx")));
}

TEST(Names, ThatPostgresWouldCutOffAreErrors) {
  const std::string fits(63, 'n');
  const std::string longer(64, 'n');
  EXPECT_THAT(problems_of("schema_version: v1\ntopics:\n  t:\n    table: " + fits +
                          "\n    field_mappings:\n      a: " + fits + "\n"),
              IsEmpty());
  EXPECT_THAT(
      problems_of("schema_version: v1\ntopics:\n  t:\n    table: s." + longer + "\n    field_mappings:\n      a: [b, " +
                  longer + "]\n    defaults:\n      " + longer + ": 1\n" + "    array_mappings:\n      l:\n" +
                  "        table: " + longer + "\n        foreign_key_mapping: {" + longer + ": b}\n" +
                  "        sequence_field: " + longer + "\n        element_mappings: {x: " + longer + "}\n"),
      ElementsAre(HasSubstr("4 error table: the name"), HasSubstr("6 error field_mappings.a: the name"),
                  HasSubstr("8 error defaults." + longer + ": the name"),
                  HasSubstr("11 error array_mappings.l.table: the name"),
                  HasSubstr("12 error array_mappings.l.foreign_key_mapping." + longer),
                  HasSubstr("13 error array_mappings.l.sequence_field: the name"),
                  HasSubstr("14 error array_mappings.l.element_mappings.x: the name")));
}

}  // namespace
}  // namespace loom::mapping::testing
